"""Points made to break a bound: tiny, huge and rotating weights, and climbing from the worst.

A bound that is too tight fails where it is nearly reached: for a recurrent network where the slopes
are largest, at pre-activations near 0, and where the weights stretch all directions alike. So such
points are among those tried, and from the one that comes closest the search climbs on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from derivations.matrix import Expression, substitute
from derivations.network import Network, Range
from derivations.nudging import FloatNumbers, Numbers
from derivations.sizes import Sizes
from derivations.step import NotVerified
from derivations.truth import Truth

ROUNDED_TO_ZERO = 1e-12  # a saturated slope 1 - h² has lost all its digits
MARGIN = 1e-9  # rounding of float64 in some thousand operations, with plenty to spare
SCALES = (0.3, 1.0, 3.0)
COLUMNS = {"random": 1.0, "isometric": 1e-3, "saturated": 10.0}
MANNERS = tuple(COLUMNS)
CLIMBS = 6
SIZES = Sizes({"1": 1, "n": 2, "m": 3, "k": 4, "T": 3, "K": 2})

Array = Any


class Extreme(FloatNumbers):
    """Random numbers of one manner and scale.

    ``isometric``: square matrices are rotations times the scale and columns are tiny, so that all
    slopes are at their largest. ``saturated``: columns are huge. ``random``: neither.
    """

    def __init__(self, manner: str, scale: float) -> None:
        super().__init__(MANNERS.index(manner))
        self.manner, self.scale = manner, scale

    def draw(self, label: tuple[object, ...], shape: tuple[int, ...]) -> Array:
        """Return a matrix of the scale, or a column of the manner's."""
        drawn = super().draw(label, shape)
        if shape[1] == 1:
            return drawn * COLUMNS[self.manner]
        if self.manner == "isometric":
            drawn = np.linalg.qr(drawn if shape[0] >= shape[1] else drawn.T)[0]
            drawn = drawn if drawn.shape == shape else drawn.T
        return drawn * self.scale


class Near(FloatNumbers):
    """The numbers of another point, each a little off."""

    def __init__(self, point: Numbers, seed: int) -> None:
        super().__init__(1000 + seed)
        self.point = point

    def draw(self, label: tuple[object, ...], shape: tuple[int, ...]) -> Array:
        """Return what the other point draws, moved by about a tenth of its size."""
        drawn = self.point.draw(label, shape)
        return drawn + 0.1 * np.abs(drawn) * super().draw(label, shape)


@dataclass(frozen=True, eq=False)
class Adversary:
    """Tries to refute bounds about a network at extreme points, for all values of the indices.

    Names in `names` stand for the expressions there. Where a scalar `below_one` is given, only
    points at which it is less than 1 are tried.
    """

    network: Network
    indices: Mapping[str, Range]
    sizes: Sizes = SIZES
    names: Mapping[Expression, Expression] = field(default_factory=dict)
    below_one: Expression | None = None

    @cached_property
    def points(self) -> list[Truth]:
        """The network at every manner and scale; `refute` adds those to which it climbs."""
        return [self._at(Extreme(manner, scale)) for manner in MANNERS for scale in SCALES]

    def _at(self, numbers: FloatNumbers) -> Truth:
        return Truth(self.network, self.sizes, numbers, self.indices)

    def refute(self, left: Expression, relation: str, right: Expression) -> int:
        """Return how many points did not refute the claim.

        Raises `NotVerified` where it is false, even with the margin for rounding.
        """
        left, right = (substitute(side, self.names.get) for side in (left, right))
        tightness = {
            point: self._tightness(point, left, relation, right)
            for point in self.points
            if self._meant(point)
        }
        if len(self.points) == len(MANNERS) * len(SCALES):
            self._climb(tightness, left, relation, right)
        return len(tightness)

    def _climb(
        self, tightness: dict[Truth, float], left: Expression, relation: str, right: Expression
    ) -> None:
        """Add points near the one at which the two sides are closest, each time they are closer."""
        for seed in range(CLIMBS):
            worst = max(tightness, key=lambda point: tightness[point])
            near = self._at(Near(worst.numbers, seed))
            self.points.append(near)
            if self._meant(near):
                tightness[near] = self._tightness(near, left, relation, right)

    def _meant(self, point: Truth) -> bool:
        return self.below_one is None or bool(np.all(point.value(self.below_one) < 1))

    def _tightness(self, point: Truth, left: Expression, relation: str, right: Expression) -> float:
        """Return the largest quotient of the two sides."""
        return max(
            _quotient(one, other, relation, f"{left.text()} {relation} {right.text()}")
            for one, other in self._values(point, left, right)
        )

    @staticmethod
    def _values(point: Truth, left: Expression, right: Expression) -> Iterator[tuple[Array, Array]]:
        for case in point.cases(left, right):
            yield point.value(left, **case), point.value(right, **case)


def _quotient(one: Array, other: Array, relation: str, claim: str) -> float:
    size = float(np.max(np.abs(other)))
    room = MARGIN * size + ROUNDED_TO_ZERO
    broken = one > other + room if relation == "≤" else np.abs(one - other) > room
    if np.any(broken):
        raise NotVerified(f"{claim} is refuted: {np.max(one):.6g} and {np.max(other):.6g}")
    return float(np.max(np.abs(one))) / max(size, 1e-300)

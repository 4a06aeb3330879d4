"""How wires run through the grid of a step: in channels between rows and columns, never in a cell.

A channel H[r] runs below row r, a channel V[c] to the left of column c; one more of each closes the
grid. Boxes stand in cells only and wires turn in channels only, apart from straight runs through
empty cells. So no wire can pass through a box. In a channel every net, that is all that leads away
from one source, has one track: its branches lie on each other until they part.

Here wires are *symbolic*: a place is a pin, a track or a centre line. `routes` finds their ways,
`measure` gives them numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple, TypeVar

from autograd_rnn.diagrams.lanes.grid import Placing
from autograd_rnn.diagrams.scene.template import Role

Key = TypeVar("Key")
# What a wire leads away from: ("role", role), ("rail", rail), or ("sky", name) from elsewhere.
Net = tuple[str, object]
End = tuple[str, object]  # ("role", role), ("out", rail) or ("sky", "")


class X(NamedTuple):
    """A horizontal place.

    A ``pin`` of a net at a side of a role, a ``v`` track, the ``centre`` of a column, the
    ``border`` of a role, or a ``side`` of the step.
    """

    kind: str
    at: object = None
    side: str = ""
    net: Net | None = None


class Y(NamedTuple):
    """A vertical place: ``h`` track, ``row`` centre line, ``border`` of a role."""

    kind: str
    at: object = None
    side: str = ""


Place = tuple[X, Y]


@dataclass
class Wiring:
    """The wires of a step, symbolic.

    Attributes:
        paths: for each net and end, the places that the wire passes.
        pins: for each role and side, the nets that end or start there, the straight one first.

    """

    placing: Placing
    paths: dict[tuple[Net, End], list[Place]] = field(default_factory=dict)
    pins: dict[tuple[Role, str], list[Net]] = field(default_factory=dict)
    straight: set[tuple[Role, str, Net]] = field(default_factory=set)

    def tracks(self, channel: str) -> dict[int, dict[Net, int]]:
        """Give every net a track in each channel, `h` or `v`, so that no two lie on each other."""
        runs: dict[int, dict[Net, tuple[float, float]]] = {}
        for (net, _), path in self.paths.items():
            for number, low, high in self._runs(path, channel):
                known = runs.setdefault(number, {}).get(net, (low, high))
                runs[number][net] = (min(low, *known), max(high, *known))
        return {number: packed(nets) for number, nets in sorted(runs.items())}

    def _runs(self, path: list[Place], channel: str) -> Iterator[tuple[int, float, float]]:
        """Yield the stretches of a path in channels of a kind, in the order of the grid."""
        for kind, number, low, high in self.runs(path):
            if kind == channel:
                yield number, low, high

    def runs(self, path: list[Place]) -> Iterator[tuple[str, int, float, float]]:
        """Yield the stretches of a path: in which channel, row or column, from where to where."""
        for (x1, y1), (x2, y2) in pairwise(path):
            if y1 == y2 and y1.kind in ("h", "row"):
                low, high = sorted((self._across(x1), self._across(x2)))
                yield y1.kind, int(str(y1.at)), low, high
            elif x1 == x2 and x1.kind in ("v", "centre"):
                low, high = sorted((self._up(y1), self._up(y2)))
                yield x1.kind, int(str(x1.at)), low, high

    def _across(self, x: X) -> float:
        """Return where a place lies in the order of columns: V[c] at 2c, column c at 2c + 1."""
        if x.kind == "v":
            return 2.0 * int(str(x.at))
        if x.kind == "centre":
            return 2.0 * int(str(x.at)) + 1
        if x.kind in ("pin", "border"):
            column, _ = self.placing.cells[x.at]  # type: ignore[index]
            return 2.0 * column + 1
        return -1.0 if x.at == "left" else 2.0 * self.placing.columns + 1

    def _up(self, y: Y) -> float:
        """Return where a place lies in the order of rows: H[r] at 2r, row r at 2r + 1."""
        if y.kind == "h":
            return 2.0 * int(str(y.at))
        if y.kind == "row":
            return 2.0 * int(str(y.at)) + 1
        _, row = self.placing.cells[y.at]  # type: ignore[index]
        return 2.0 * row + 1


def mirror(path: list[Place], columns: int) -> list[Place]:
    """Return a path as it is when columns go from right to left."""
    return [(_mirrored(x, columns), y) for x, y in path]


def _mirrored(x: X, columns: int) -> X:
    other = {"left": "right", "right": "left"}
    if x.kind == "v":
        return X("v", columns - int(str(x.at)))
    if x.kind == "centre":
        return X("centre", columns - 1 - int(str(x.at)))
    if x.kind == "side":
        return X("side", other[str(x.at)])
    return x._replace(side=other[x.side]) if x.kind == "border" else x


def packed(nets: dict[Key, tuple[float, float]]) -> dict[Key, int]:
    """Return the track of each net: the first in which it meets no other (left-edge algorithm)."""
    ends: list[float] = []
    found: dict[Key, int] = {}
    for net, (low, high) in sorted(nets.items(), key=lambda item: (item[1], repr(item[0]))):
        free = next((i for i, end in enumerate(ends) if end < low), len(ends))
        ends[free:] = [high, *ends[free + 1 :]]
        found[net] = free
    return found

"""Are two formulas the same? Equal, different with a point that shows it, or undecided.

Two judges. The first computes both sides in a prime field, derivatives included, at several random
points, each modulo a prime of its own that nobody knows beforehand: in a fixed field a + p b would
pass for a. What agrees there is equal, up to the error bound that is stated.

The field has no values of exp or log, only random ones that respect what is said in
`derivations.field`; exp(a + b) = exp(a) exp(b) is not among it. So what differs there goes to the
second judge, who computes with real numbers, to 50 digits, each enclosed in a ball. Balls that do
not meet are different numbers, and the point at which they were found is the witness. When no point
separates the two sides they stay undecided, which is not the same as wrong.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from derivations.balls import DIGITS, BallNumbers, Unbounded
from derivations.degrees import power_of_two
from derivations.field import PrimeField
from derivations.matrix import (
    SCALAR,
    Expression,
    Moment,
    at,
    immediate,
    moving,
    name_of,
    symbol,
)
from derivations.nudging import Array, FieldNumbers, Place
from derivations.truth import Truth

POINTS = 3  # at which the field must agree
TRIES = 60  # for them: a square root exists at half of all points
SEEDS = range(4)  # of the points at which balls may separate
NOT_TOLD_APART = (
    f"some {DIGITS} digits cannot tell them apart at any point tried, and algebra alone, "
    "without the laws of exp, log and relu, cannot make them the same"
)
NO_VALUE = "at none of the points tried do both have a value that can be written down"
SHOWN = 8  # digits of a number, and more where the difference is further behind


class NoPoint(ArithmeticError):  # noqa: N818 - it says what was met
    """No point of a field was found at which the formulas have values."""


Case = Mapping[str, int]  # what the free indices stand for


@dataclass(frozen=True)
class Witness:
    """A point at which two formulas differ, and by how much: enough to compute it again.

    `sizes` and `indices` say where, such as n = 2 and t = 1; `element` is the place in the matrix,
    counted from 1; `left` and `right` are the two numbers there. `given` has every number that was
    drawn for the point, by the name of what is given.
    """

    sizes: Mapping[str, int]
    indices: Mapping[str, int]
    element: tuple[int, int]
    left: str
    right: str
    given: Mapping[str, Any]

    @property
    def place(self) -> str:
        """Where it is, such as ``n = 2, m = 3, T = 3, t = 1``."""
        return ", ".join(f"{letter} = {i}" for letter, i in {**self.sizes, **self.indices}.items())


@dataclass(frozen=True)
class Equal:
    """The formulas are equal; at the points tried a difference goes unseen with this probability.

    `by` names who says so where it is not the judges here.
    """

    bound: str
    by: str = ""


@dataclass(frozen=True)
class Different:
    """The formulas are different numbers at the point of the witness."""

    witness: Witness


@dataclass(frozen=True)
class Undecided:
    """Neither judge could tell, for this reason."""

    why: str


Finding = Equal | Different | Undecided


def equivalent(left: Expression, right: Expression, truth: Truth) -> Finding:
    """Say whether two formulas about the network of `truth` have the same value.

    They are compared at its sizes, for all values of their free indices. Raises TypeError for
    formulas of different shapes; a number fits every shape.
    """
    if left.shape != right.shape and SCALAR not in (left.shape, right.shape):
        raise TypeError(f"the shapes differ: {left!r} and {right!r}")
    try:
        primes, cases = _field_judges(left, right, truth)
    except NoPoint:
        return _by_balls(left, right, truth, truth.cases(left, right))
    if cases:
        return _by_balls(left, right, truth, cases)
    worst = max(truth.degree([(left, right)]), 1)
    return Equal(power_of_two(worst ** len(primes), min(primes) ** len(primes)))


# ------------------------------------------------------------------------ the judge in the field


def _field_judges(
    left: Expression, right: Expression, truth: Truth
) -> tuple[list[int], list[dict[str, int]]]:
    """Return the primes that were tried, and the cases in which the sides differ for the last."""
    primes: list[int] = []
    for _ in range(TRIES):
        field = PrimeField(_fresh_prime(), seed=secrets.randbits(64))
        judge = Truth(truth.network, truth.sizes, FieldNumbers(field), truth.indices)
        try:
            cases = list(judge.differences(left, right))
        except ValueError:  # a zero that has no inverse, a residue that has no root
            continue
        primes.append(field.prime)
        if cases or len(primes) == POINTS:
            return primes, cases
    raise NoPoint


def _fresh_prime() -> int:
    """Return a random prime between 2⁶⁰ and 2⁶¹, there being some 10¹⁶, that is 3 modulo 4."""
    from sympy import nextprime

    prime = int(nextprime(2**60 + secrets.randbelow(2**60)))
    return prime if prime % 4 == 3 else _fresh_prime()


# -------------------------------------------------------------------------- the judge with balls


def _by_balls(
    left: Expression, right: Expression, truth: Truth, cases: Iterable[Case]
) -> Different | Undecided:
    """Return the first point that separates the formulas."""
    compared = 0
    for seed in SEEDS:
        judge = Truth(truth.network, truth.sizes, BallNumbers(seed), truth.indices)
        for case in cases:
            try:
                one, other = (judge.value(side, **case) for side in (left, right))
            except Unbounded:
                continue
            place = _furthest_apart(*np.broadcast_arrays(one, other))
            if place is not None:
                return Different(_witness(judge, case, place, (left, right)))
            compared += 1
    return Undecided(NOT_TOLD_APART if compared else NO_VALUE)


def _furthest_apart(one: Array, other: Array) -> Place | None:
    """Return where two matrices of balls differ most, among the places where they certainly do."""
    gaps = {
        place: abs(one[place].value.mid - other[place].value.mid).b
        for place in np.ndindex(*one.shape)
        if one[place].apart(other[place])
    }
    return max(gaps, key=lambda place: gaps[place], default=None)


def _witness(
    judge: Truth, case: Case, place: Place, sides: tuple[Expression, Expression]
) -> Witness:
    arrays = np.broadcast_arrays(*(judge.value(side, **case) for side in sides))
    one, other = (array[place] for array in arrays)
    digits = next(d for d in range(SHOWN, DIGITS) if one.digits(d) != other.digits(d))
    i, j = place
    return Witness(
        sizes={letter: judge.sizes.dimensions[letter] for letter in judge.letters(sides)},
        indices=case,
        element=(i + 1, j + 1),
        left=one.digits(digits),
        right=other.digits(digits),
        given=dict(_given(judge)),
    )


def _given(judge: Truth) -> Iterator[tuple[str, Any]]:
    """Yield the name and the numbers of everything that was drawn, rows as lists."""
    assert isinstance(judge.numbers, BallNumbers)
    symbols = {name_of(one).letter: one for one in judge.network.vocabulary}
    for (kind, letter, t), drawn in judge.numbers.drawn.items():
        array = judge.base.values.get((letter, t), drawn) if kind == "value" else drawn
        named = _KINDS[kind](symbols.get(letter, symbol(letter, SCALAR)))
        named = named if t is None else at(named, Moment("", t))
        yield named.text(), np.vectorize(lambda ball: float(ball.digits(SHOWN)))(array).tolist()


# What is drawn for a value, for an immediate derivative that is given, and for a differential.
_KINDS: Mapping[str, Callable[[Expression], Expression]] = {
    "value": lambda one: one,
    "immediate": immediate,
    "direction": moving,
}

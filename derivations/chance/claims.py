"""What makes a line about chance believed: its claim, computed with the facts it may use.

A check can be asked again of any other line in its place, and answers with a verdict or with
`NotVerified`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from derivations.chance.facts import Above, Below, Fact, Gaussian, Identical, Uniform
from derivations.chance.moments import World, difference, typical_families, vanishes
from derivations.chance.scalars import Bindings, Decimal, Scalar, scalar
from derivations.chance.spelling import spell, spell_sum
from derivations.step import Equation, Formula, Lines, NotVerified, Verdict

SIZES = (1, 2, 3)  # a sum over pairs of indices has every kind of pair from 2 on
ZERO, ONE = scalar(0), scalar(1)

# What else took part in a check, by the facts that call for it.
_HELP = {
    Uniform: "SymPy's integral over the interval",
    Gaussian: "SymPy's integrals over the normal density",
    Below: "SymPy's limit",
    Above: "SymPy's limit",
}


@dataclass(frozen=True)
class Range:
    """What the indices of a claim run over: sums to `upper`, or single members where it is None.

    Where `upper` is l, an index may also be ``l`` itself or ``l-1``.
    """

    indices: tuple[str, ...] = ()
    upper: Scalar | None = None

    def worlds(self, facts: frozenset[Fact]) -> Iterator[tuple[World, Bindings]]:
        """Yield a world for each size that is tried, and what the indices stand for in it."""
        at = {index: i for i, index in enumerate(self.indices, start=1)}
        if self.upper is None:
            yield _world(facts), at
            return
        end = self.upper.text()
        for size in SIZES:
            yield _world(facts, end, size), {**at, end: size, f"{end}-1": size - 1}

    def verdict(self, facts: frozenset[Fact]) -> Verdict:
        """Return the verdict on a claim that held in all these worlds."""
        help_ = dict.fromkeys(_HELP[type(fact)] for fact in facts if type(fact) in _HELP)
        by = " and ".join(["moment algebra", *sorted(help_)])
        if self.upper is not None:
            sizes = ", ".join(map(str, SIZES))
            return Verdict("exact", by=by, sizes=f"{self.upper.text()} = {sizes}")
        if self.indices:
            by += f", for any {' ≠ '.join(self.indices)}"
        return Verdict("derived", by=by)


NO_INDEX = Range()


@lru_cache(maxsize=64)
def _world(facts: frozenset[Fact], end: str = "", size: int = 0) -> World:
    """Return the world, with what it has worked out already."""
    return World(facts, {end: size} if end else {})


# ------------------------------------------------------------------------------- following from


@dataclass(frozen=True)
class Follows:
    """Checks that an equation is the sum of those before, each times its multiplier.

    Where a single formula stands before, the equation must say what that formula equals.
    """

    facts: frozenset[Fact] = frozenset()
    over: Range = NO_INDEX
    multipliers: tuple[Scalar, ...] = (ONE,)

    def __call__(self, before: Formula, after: Formula) -> Verdict:
        """Return the verdict; raises `NotVerified` where `after` does not follow from `before`."""
        if not isinstance(after, Equation) or after.relation != "=":
            raise NotVerified(f"not an equation: {after.text()}")
        for world, at in self.over.worlds(self.facts):
            if isinstance(before, Scalar):
                sides = _scalar(after.left), _scalar(after.right)
                holds = all(_equal(before, side, world, at) for side in sides)
            else:
                holds = _equal(self._combined(before), _gap(after), world, at)
                if holds and _equal(_gap(after), ZERO, world, at) and not _idle(before, world, at):
                    raise NotVerified(f"says nothing: {after.text()}")
            if not holds:
                raise NotVerified(f"does not follow: {after.text()}")
        return self.over.verdict(self.facts)

    def _combined(self, before: Formula) -> Scalar:
        """Return the difference of the sides of the sum of the equations before."""
        given = zip(self.multipliers, _lines(before), strict=True)
        first, *rest = (factor * _gap(line) for factor, line in given)
        return sum(rest, start=first)


def _equal(one: Scalar, other: Scalar, world: World, at: Bindings) -> bool:
    try:
        return vanishes(one.value(world, at) - other.value(world, at))
    except (KeyError, TypeError, ValueError):  # it speaks of indices or sizes that are not there
        return False


def _idle(before: Formula, world: World, at: Bindings) -> bool:
    """Say whether the equations are true whatever the variables are, as definitions are."""
    return all(_equal(_gap(line), ZERO, world, at) for line in _lines(before))


def _lines(before: Formula) -> tuple[Formula, ...]:
    return before.lines if isinstance(before, Lines) else (before,)


def _gap(equation: Formula) -> Scalar:
    if not isinstance(equation, Equation):
        raise NotVerified(f"not an equation: {equation.text()}")
    return _scalar(equation.left) - _scalar(equation.right)


def _scalar(formula: Formula) -> Scalar:
    if not isinstance(formula, Scalar):
        raise NotVerified(f"not a formula about chance: {formula.text()}")
    return formula


# ------------------------------------------------------------------------------------- rounding


@dataclass(frozen=True)
class Rounds:
    """Checks that ``v ≈ 1.2345`` rounds ``v = formula``: an enclosure lies within half a unit."""

    facts: frozenset[Fact] = frozenset()

    def __call__(self, before: Formula, after: Formula) -> Verdict:
        """Return the verdict; raises `NotVerified` where the rounding is wrong or undecided."""
        from derivations.chance.quadrature import BY, enclosed

        if not isinstance(before, Equation) or not isinstance(after, Equation):
            raise NotVerified(f"not an equation: {after.text()}")
        decimal, world = after.right, World(self.facts)
        if after.relation != "≈" or not isinstance(decimal, Decimal):
            raise NotVerified(f"not a rounded number: {after.text()}")
        if not _equal(_scalar(before.left), _scalar(after.left), world, {}):
            raise NotVerified(f"the left side changed: {after.text()}")
        low, high = enclosed(_scalar(before.right).value(world, {}), world)
        if not (abs(low - decimal.exactly) <= decimal.tolerance >= abs(high - decimal.exactly)):
            raise NotVerified(f"between {float(low)} and {float(high)}, not {decimal.digits}")
        error = float(decimal.tolerance)
        return Verdict("tested", BY, sizes="to the digits shown", error_bound=f"{error:.0e}")


# ------------------------------------------------------------------------------ what is left over


def remainders(before: Scalar, after: Scalar, over: Range, facts: frozenset[Fact]) -> list[Any]:
    """Return ``before - after``, which is 0 where the claim holds, at each size that is tried."""
    return [difference(before, after, world, at) for world, at in over.worlds(facts)]


def remainder(before: Scalar, after: Scalar, over: Range, facts: frozenset[Fact]) -> Scalar | None:
    """Return ``before - after`` as a formula for all sizes, or None when there is none.

    The formula is read off the largest size and then verified at every size. There is none when
    `after` speaks of a typical member of a family whose members are not known to be alike.
    """
    largest = remainders(before, after, over, facts)[-1]
    spoken_of = typical_families(remainders(before, ZERO, over, facts)[-1])
    alike = {fact.family for fact in facts if isinstance(fact, Identical)}
    if not typical_families(largest) <= spoken_of | alike:
        return None
    try:
        found = _spelled(largest, over)
    except ValueError:
        return None
    return None if any(remainders(before, after + found, over, facts)) else found


def _spelled(value: Any, over: Range) -> Scalar:
    if over.upper is None:
        names: Mapping[int, str] = dict(enumerate(over.indices, start=1))
        return spell(value, names)
    return spell_sum(value, SIZES[-1], over.upper, over.indices)

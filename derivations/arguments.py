"""Arguments about chance: chains of equal formulas under named assumptions that can be dropped.

The catalogue writes an argument down as data: lines that each claim to equal the line before, and
conclusions drawn from equations. Here every claim is verified with nothing but the assumptions that
it names. A claim that fails with all of them is a `FalseClaim`. A claim that fails because one was
dropped is replaced by what is true without it: its remainder is added and carried along.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy

from derivations.moments import (
    Fact,
    Identical,
    World,
    difference,
    spell,
    spell_sum,
    typical_families,
)
from derivations.scalars import Scalar, scalar
from derivations.step import Equation, Formula, Lines, Step, Verdict

SIZES = (1, 2, 3)  # a sum over pairs of indices has every kind of pair from 2 on
NOTHING = scalar(0)


class FalseClaim(AssertionError):  # noqa: N818 - it says what was met
    """A line of an argument does not follow from the assumptions that it names."""


# ------------------------------------------------------------------------ what an author writes


@dataclass(frozen=True)
class Range:
    """What the indices of a chain run over: sums to `upper`, or single members where it is None."""

    indices: tuple[str, ...]
    upper: Scalar | None = None


@dataclass(frozen=True)
class Line:
    """The claim that the formula before equals `after`, for the reason `why`.

    `details`, where there are some, work out the part that the line changes.
    """

    rule: str
    after: Scalar
    why: str
    assumptions: tuple[str, ...] = ()
    details: Chain | None = None


@dataclass(frozen=True)
class Chain:
    """``left = start``, and then line by line what `start` equals."""

    left: Scalar
    start: Scalar
    lines: tuple[Line, ...]
    range: Range


@dataclass(frozen=True)
class Conclusion:
    """The claim that `after` is the sum of the equations before, each times its multiplier."""

    rule: str
    before: tuple[Equation, ...]
    multipliers: tuple[Scalar, ...]
    after: Equation
    why: str
    assumptions: tuple[str, ...] = ()


# ---------------------------------------------------------------------- what is true of a claim


def remainders(before: Scalar, after: Scalar, over: Range, facts: frozenset[Fact]) -> list[Any]:
    """Return ``before - after``, which is 0 where the claim holds, at each size that is tried."""
    at = {index: i for i, index in enumerate(over.indices, start=1)}
    worlds = [World(facts, sizes) for sizes in _sizes(over)]
    return [difference(before, after, world, at) for world in worlds]


def _sizes(over: Range) -> Sequence[Mapping[str, int]]:
    return [{over.upper.text(): size} for size in SIZES] if over.upper else [{}]


def remainder(before: Scalar, after: Scalar, over: Range, facts: frozenset[Fact]) -> Scalar | None:
    """Return ``before - after`` as a formula for all sizes, or None when there is none.

    The formula is read off the largest size and then verified at every size. There is none when
    `after` speaks of a typical member of a family whose members are not known to be alike.
    """
    largest = remainders(before, after, over, facts)[-1]
    spoken_of = typical_families(remainders(before, NOTHING, over, facts)[-1])
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
        return spell(value, dict(enumerate(over.indices, start=1)))
    return spell_sum(value, SIZES[-1], over.upper, over.indices)


def _verdict(over: Range) -> Verdict:
    if over.upper is None:
        return Verdict("derived", by=f"moment algebra, for any {' ≠ '.join(over.indices)}")
    sizes = ", ".join(map(str, SIZES))
    return Verdict("exact", by="moment algebra", sizes=f"{over.upper.text()} = {sizes}")


# -------------------------------------------------------------------------- following arguments


@dataclass(frozen=True)
class Knowledge:
    """The facts behind the named assumptions, less those that were dropped."""

    facts: Mapping[str, Fact]
    dropped: frozenset[str] = frozenset()

    def of(self, assumptions: Sequence[str]) -> frozenset[Fact]:
        """Return the facts that these assumptions still stand for."""
        return frozenset(self.facts[name] for name in self.kept(assumptions))

    def kept(self, assumptions: Sequence[str]) -> tuple[str, ...]:
        """Return those of the assumptions that are still made."""
        return tuple(name for name in assumptions if name not in self.dropped)

    def missing(self, assumptions: Sequence[str]) -> tuple[str, ...]:
        """Return those of the assumptions that were dropped."""
        return tuple(name for name in assumptions if name in self.dropped)


@dataclass
class Walk:
    """An argument followed: where it has come to, and how.

    `broken` are the rules that stopped holding, `stuck` the one among them that nothing replaces.
    """

    end: Formula
    steps: list[Step] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    stuck: str = ""


def follow(chain: Chain, knowledge: Knowledge) -> Walk:
    """Verify a chain line by line.

    From the first line that fails without a dropped assumption, every line carries what is left
    over. A line that nothing can replace ends the walk.

    Raises `FalseClaim` for a line that fails with all the assumptions that it names.
    """
    walk = Walk(chain.start if chain.left == chain.start else Equation(chain.left, chain.start))
    before, carried = chain.start, scalar(0)
    for line in chain.lines:
        left_over = _left_over(before, line, chain.range, knowledge)
        if left_over != NOTHING:
            walk.broken.append(line.rule)
        if left_over is None:
            walk.stuck = line.rule
            break
        carried = _plus(carried, left_over)
        after = Equation(chain.left, _plus(line.after, carried))
        if after != walk.end:  # a line whose whole work is undone is no step
            walk.steps.append(_step(line, left_over, (walk.end, after), chain.range, knowledge))
        before, walk.end = line.after, after
    return walk


def _left_over(before: Scalar, line: Line, over: Range, knowledge: Knowledge) -> Scalar | None:
    """Return `NOTHING` for a line that holds, what it leaves over, or None when none is found."""
    facts = knowledge.of(line.assumptions)
    if not any(remainders(before, line.after, over, facts)):
        return NOTHING
    if not knowledge.missing(line.assumptions):
        raise FalseClaim(f"{line.rule}: {before} is not {line.after}")
    return remainder(before, line.after, over, facts)


def _plus(first: Scalar, second: Scalar) -> Scalar:
    return second if first == NOTHING else first if second == NOTHING else first + second


def _step(
    line: Line, left_over: Scalar, ends: tuple[Formula, Formula], over: Range, knowledge: Knowledge
) -> Step:
    rule, why = line.rule, line.why
    changed = line.details.start if line.details else None
    if left_over != NOTHING:
        rule, changed = f"{rule}: no longer", left_over
        names = " and ".join(knowledge.missing(line.assumptions))
        why = f"Without {names} this stops holding, and what it used to remove stays."
    return Step(
        rule,
        *ends,
        why,
        _verdict(over),
        changed=changed,
        substeps=tuple(follow(line.details, knowledge).steps) if line.details else (),
        assumptions=knowledge.kept(line.assumptions),
    )


def conclude(conclusions: Sequence[Conclusion], knowledge: Knowledge) -> Walk:
    """Verify conclusions in a row, as far as one that needs a dropped assumption.

    Raises `FalseClaim` for one that does not follow, or that says nothing.
    """
    walk = Walk(_together(conclusions[0].before))
    for conclusion in conclusions:
        if knowledge.missing(conclusion.assumptions):
            walk.broken.append(conclusion.rule)
            walk.stuck = conclusion.rule
            break
        _refuse_if_false(conclusion, World(knowledge.of(conclusion.assumptions)))
        before, after = _together(conclusion.before), conclusion.after
        verdict = Verdict("derived", by="exact algebra: the difference of the two sides cancels")
        assumptions = conclusion.assumptions
        step = Step(
            conclusion.rule, before, after, conclusion.why, verdict, assumptions=assumptions
        )
        walk.steps.append(step)
        walk.end = after
    return walk


def _together(equations: tuple[Equation, ...]) -> Formula:
    return equations[0] if len(equations) == 1 else Lines(*equations)


def _refuse_if_false(conclusion: Conclusion, world: World) -> None:
    given = zip(conclusion.multipliers, conclusion.before, strict=True)
    total = sum(factor.value(world, {}) * _gap(equation, world) for factor, equation in given)
    claimed = _gap(conclusion.after, world)
    if sympy.simplify(claimed) == 0:
        raise FalseClaim(f"{conclusion.rule}: {conclusion.after} says nothing")
    if sympy.simplify(total - claimed) != 0:
        raise FalseClaim(f"{conclusion.rule}: {conclusion.after} does not follow")


def _gap(equation: Equation, world: World) -> Any:
    """Return ``left - right``; the sides of an equation about chance are scalars."""
    assert isinstance(equation.left, Scalar)
    assert isinstance(equation.right, Scalar)
    return equation.left.value(world, {}) - equation.right.value(world, {})

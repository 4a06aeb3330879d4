"""What a student's line may be: the next line, a later or an earlier one, a detail, a result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from derivations.matrix import Expression, free_indices, is_a, name_of, shifted
from derivations.notation import house_form
from derivations.show.layout import lines_of, results_of
from derivations.step import Derivation, Equation, Formula, Step, numbered


@dataclass(frozen=True)
class Target:
    """A formula of a line, in the letters of the house; the results have no number.

    `left` is None for a line without left side; `alone` says whether it is the whole of its line.
    """

    number: str
    left: Formula | None
    relation: str
    right: Formula
    alone: bool
    step: Step | None = None

    def is_like(self, other: Target) -> bool:
        """Say whether it says the same."""
        return (self.left, self.relation, self.right) == (other.left, other.relation, other.right)

    @cached_property
    def spellings(self) -> set[str]:
        """How the formula is written, as text and in LaTeX, without spaces."""
        sides = [self.right] if self.left is None else [self.left, self.right]
        ways = ([side.text() for side in sides], [side.latex() for side in sides])
        whole = {plain(self.relation.join(way)) for way in ways}
        return whole | ({plain(way[-1]) for way in ways} if self.relation == "=" else set())

    def is_named(self, left: str) -> bool:
        """Say whether the left side is written so."""
        return self.left is not None and plain(left) in map(
            plain, (self.left.text(), self.left.latex())
        )


def targets_of(number: str, formula: Formula, step: Step | None = None) -> Iterator[Target]:
    """Yield the equations of a line, and what has no left side."""
    lines = lines_of(formula)
    for line in lines:
        house = house_form(line)
        if isinstance(house, Equation):
            yield Target(number, house.left, house.relation, house.right, len(lines) == 1, step)
        else:
            yield Target(number, None, "=", house, len(lines) == 1, step)


@dataclass(frozen=True)
class Board:
    """All that a derivation says, and which lines of it are still to come."""

    derivation: Derivation
    ahead: Mapping[str, Step]

    @cached_property
    def results(self) -> list[Target]:
        """What the derivation comes to."""
        return [t for line in results_of(self.derivation.statement) for t in targets_of("", line)]

    @cached_property
    def coming(self) -> list[Target]:
        """The lines to come, in their order."""
        return [t for n, step in self.ahead.items() for t in targets_of(n, step.after, step)]

    @cached_property
    def all(self) -> list[Target]:
        """The lines to come, then all others, then what the derivation comes to."""
        steps = numbered(self.derivation.steps)
        others = [t for n, s in steps if n not in self.ahead for t in targets_of(n, s.after, s)]
        return [*self.coming, *others, *targets_of("", self.derivation.statement)]

    def about(self, left: Formula, relation: str = "=") -> list[Target]:
        """Return what is said about a left side, perhaps at another step; what comes is first."""
        alike = (t for t in self.all if t.relation == relation)
        return [t for t in alike if left in _at_other_steps(t.left)]

    def as_written(self, text: str) -> Target | None:
        """Return what is written so, letter for letter but for spaces."""
        return next((t for t in self.all if plain(text) in t.spellings), None)

    def named(self, left: str) -> list[Target]:
        """Return what is said about a left side that is written so."""
        return [t for t in self.all if t.left is not None and t.is_named(left)]

    def is_next(self, target: Target) -> bool:
        """Say whether this stands in the next line."""
        return bool(target.number) and target.number == next(iter(self.ahead), None)

    def is_result(self, target: Target) -> bool:
        """Say whether this is one of the results."""
        return any(target.is_like(result) for result in self.results)

    def where(self, target: Target) -> str:
        """Say which line this is."""
        if not target.number:
            return "a result" if self.is_result(target) else "part of the result"
        parent, _, _ = target.number.rpartition(".")
        line = f"line {target.number}"
        if self.is_next(target):
            line = "the next line"
        elif target.number not in self.ahead:
            line = f"a detail of line {parent}" if parent else f"{line}, which stands there already"
        line = line if target.alone else f"one of the equations of {line}"
        return f"{line}, and a result" if self.is_result(target) else line


def plain(text: str) -> str:
    """Return the text without spaces."""
    return "".join(text.split())


def _at_other_steps(left: Formula | None) -> Sequence[Formula | None]:
    if isinstance(left, Expression) and is_a(left, "symbol") and name_of(left).moment:
        steps = range(-3, 4) if "t" in free_indices(left) else (0,)
        return [shifted(left, step) for step in steps]
    return [left]

"""What every format must decide alike: which lines of a step to show, and where to break them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from derivations.step import Equation, Formula, Lines, Step


def lines_of(formula: Formula) -> tuple[Formula, ...]:
    """Return the lines of a formula of several, or the formula itself."""
    return formula.lines if isinstance(formula, Lines) else (formula,)


def siblings(steps: Sequence[Step]) -> Iterator[tuple[Step, bool]]:
    """Pair each step with whether its `before` is news: not what the step before it came to."""
    reached: Formula | None = None
    for step in steps:
        yield step, reached is None or step.before.text() != reached.text()
        reached = step.after


def columns(text: str) -> int:
    """Return how many columns of a terminal a line takes: combining marks take none."""
    return sum(not unicodedata.combining(character) for character in text)


def sides(formula: Formula) -> tuple[Formula | None, str, Formula]:
    """Return left side, relation and right side; a bare formula is a right side."""
    if isinstance(formula, Equation):
        return formula.left, formula.relation, formula.right
    return None, "", formula

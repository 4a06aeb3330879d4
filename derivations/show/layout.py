"""What every format must decide alike: which lines of a step to show, and where to break them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence

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


def packed(terms: Sequence[str], width_of: Callable[[str], int], width: int) -> list[str]:
    """Join the terms of a sum into as few lines as their widths allow."""
    lines = list(terms[:1])
    for term in terms[1:]:
        if width_of(lines[-1]) + width_of(term) <= width:
            lines[-1] += term
        else:
            lines.append(term)
    return lines


def columns(text: str) -> int:
    """Return how many columns of a terminal a line takes: combining marks take none."""
    return sum(not unicodedata.combining(character) for character in text)


def sides(formula: Formula) -> tuple[Formula | None, str, Formula]:
    """Return left side, relation and right side; a bare formula is a right side."""
    if isinstance(formula, Equation):
        return formula.left, formula.relation, formula.right
    return None, "", formula

"""What every format must decide alike: which lines of a step to show, and where to break them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from derivations.step import Equation, Formula, Lines, Step

# A name with a subscript in a sentence: w_j, n_in, h_{t-1}.
_NAME = re.compile(r"([A-Za-zα-ωΑ-Ωℓ]+)_(?:\{([^}]*)\}|([A-Za-z0-9]+))")


@dataclass(frozen=True)
class Name:
    """A letter with a subscript, met in a sentence."""

    letter: str
    subscript: str


def pieces(sentence: str) -> Iterator[str | Name]:
    """Split a sentence into words and the names with subscripts among them."""
    start = 0
    for match in _NAME.finditer(sentence):
        yield sentence[start : match.start()]
        yield Name(match[1], match[2] or match[3])
        start = match.end()
    yield sentence[start:]


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

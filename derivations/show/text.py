"""A derivation for a terminal of 100 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from derivations.show.layout import siblings
from derivations.step import RELATIONS, Derivation, Formula, Step, Symbol
from derivations.typography.characters import columns

WIDTH = 100
_OPENING, _CLOSING = "([{", ")]}"
# Where a formula may be broken, the best place first: a relation, a sum, a product, a space.
_BREAKS = (set(RELATIONS), {"+", "-", "−"}, {"⊙", "∘", "*", "·", "×", "@", "/"})


def document(derivation: Derivation) -> str:
    """Return the whole derivation as text."""
    return "\n".join(_document(derivation)) + "\n"


def _document(derivation: Derivation) -> Iterator[str]:
    yield from (derivation.title, "=" * columns(derivation.title), "")
    if derivation.summary:
        yield from (*prose_lines(derivation.summary, 0), "")
    yield from formula_lines(derivation.statement, 4)
    yield ""
    if derivation.symbols:
        yield from _symbols(derivation.symbols)
        yield ""
    yield from _steps(derivation.steps, "", 0)
    if derivation.source:
        yield from prose_lines(f"Source: {derivation.source}.", 0)


def _symbols(symbols: Sequence[Symbol]) -> Iterator[str]:
    name = max(columns(symbol.name.text()) for symbol in symbols)
    shape = max(columns(symbol.shape) for symbol in symbols)
    for symbol in symbols:
        start = f"    {_padded(symbol.name.text(), name)}  {_padded(symbol.shape, shape)}  "
        yield from textwrap.wrap(
            symbol.meaning, WIDTH, initial_indent=start, subsequent_indent=" " * len(start)
        )


def _padded(text: str, width: int) -> str:
    return text + " " * (width - columns(text))


def _steps(steps: Sequence[Step], prefix: str, indent: int) -> Iterator[str]:
    for i, (step, news) in enumerate(siblings(steps), start=1):
        number = f"{prefix}{i}"
        yield from step_lines(step, f"{number}. ", indent, news)
        yield ""
        yield from _steps(step.substeps, f"{number}.", indent + 4)


def step_lines(step: Step, number: str = "", indent: int = 0, news: bool = True) -> Iterator[str]:
    """Yield the lines of one step, its `before` only where it is news."""
    pad = " " * indent
    inner = indent + max(4, len(number))
    yield f"{pad}{number}{step.rule}"
    if news:
        yield from formula_lines(step.before, inner + 4)
    yield from formula_lines(step.after, inner + 4, mark="→ ")
    yield from prose_lines(step.why, inner)
    if step.assumptions:
        yield from prose_lines(f"Assumes {', '.join(step.assumptions)}.", inner)
    if step.source:
        yield from prose_lines(f"Source: {step.source}.", inner)
    yield from prose_lines(f"✓ {step.verdict}", inner)


def prose_lines(words: str, indent: int, width: int = WIDTH) -> Iterator[str]:
    """Yield the lines of a paragraph."""
    pad = " " * indent
    yield from textwrap.wrap(words, width, initial_indent=pad, subsequent_indent=pad)


def formula_lines(
    formula: Formula, indent: int, mark: str = "", width: int = WIDTH
) -> Iterator[str]:
    """Yield the formula's lines, broken where too long; `mark` hangs before the first."""
    hang = " " * (indent - columns(mark)) + mark
    for line in formula.text().split("\n"):
        first, *rest = broken(line, width - indent)
        yield hang + first
        yield from (" " * indent + more for more in rest)
        hang = " " * indent


def broken(line: str, width: int) -> list[str]:
    """Break a line before an operator so that every part fits, as far as it can be.

    The parts after the first are indented to stand behind the relation of the first.
    """
    relation = line.find(" = ")
    hang = " " * (relation + 3 if 0 <= relation <= width // 3 else 4)
    parts = []
    while columns(line) > width:
        place = _best_break(line, width, start=len(hang) + 1)
        if place is None:
            break
        parts.append(line[:place].rstrip())
        line = hang + line[place:].lstrip()
    return [*parts, line]


def _best_break(line: str, width: int, start: int) -> int | None:
    """Return where to break: least deep in brackets, then at the loosest operator, then latest."""
    depth, best = 0, None
    for i, character in enumerate(line[: width + 1]):
        depth += (character in _OPENING) - (character in _CLOSING)
        if character == " " and i >= start:
            rank = (depth, _looseness(line[i + 1 : i + 3].strip()), -i)
            best = min(best, rank) if best else rank
    return -best[2] if best else None


def _looseness(word: str) -> int:
    ranks = (rank for rank, signs in enumerate(_BREAKS) if word in signs)
    return next(ranks, len(_BREAKS))

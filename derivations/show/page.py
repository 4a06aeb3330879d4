"""A few lines that show themselves: what every question of a REPL is answered with.

Plain Python and IPython show a `Page` as text, a notebook as HTML with MathML.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from derivations.prose import to_html
from derivations.show.text import WIDTH, formula_lines, prose_lines
from derivations.step import Formula, Lines
from derivations.typography.characters import columns


@dataclass(frozen=True)
class Heading:
    """What a page is about, in a few words."""

    words: str


@dataclass(frozen=True)
class Note:
    """A sentence that stands back, such as a source or what can be done next."""

    words: str


@dataclass(frozen=True)
class Follows:
    """A formula that follows from the one above it."""

    formula: Formula


@dataclass(frozen=True)
class Table:
    """Rows of cells; all rows have the same number."""

    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Exactly:
    """Characters that stay where they are, such as a line with a caret below it."""

    text: str


Part = str | Heading | Note | Formula | Follows | Table | Exactly
"""A string is a paragraph."""


@dataclass(frozen=True, init=False, repr=False)
class Page:
    """Paragraphs, formulas and tables, one below the other."""

    parts: tuple[Part, ...]

    def __init__(self, *parts: Part) -> None:
        object.__setattr__(self, "parts", parts)

    def text(self) -> str:
        """Return the page for a terminal of 100 columns."""
        return "\n".join(line for part in self.parts for line in text_lines(part))

    def html(self) -> str:
        """Return the page for inside a notebook."""
        from derivations.show.html import article

        return article("".join(map(_html, self.parts)))

    def latex(self) -> str | None:
        """Return the formulas of the page as LaTeX for inside math mode, if there are any."""
        formulas = list(_formulas(self.parts))
        return Lines(*formulas).latex() if formulas else None

    def __repr__(self) -> str:
        return self.text()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(self.text())

    def _repr_html_(self) -> str:
        return self.html()

    def _repr_latex_(self) -> str | None:
        latex = self.latex()
        return latex and f"$\\displaystyle {latex}$"


def _formulas(parts: Iterable[Part]) -> Iterator[Formula]:
    for part in parts:
        formula = part.formula if isinstance(part, Follows) else part
        if isinstance(formula, Formula):
            yield from formula.lines if isinstance(formula, Lines) else (formula,)


def text_lines(part: Part, width: int = WIDTH) -> Iterator[str]:
    """Yield the lines of a part in a terminal of this width."""
    match part:
        case str() | Note():
            yield from prose_lines(part if isinstance(part, str) else part.words, 4, width)
        case Heading():
            yield from prose_lines(part.words, 0, width)
        case Table():
            yield from _aligned(part.rows)
        case Exactly():
            yield from (f"    {line}" for line in part.text.split("\n"))
        case Follows():
            yield from formula_lines(part.formula, 8, "→ ", width)
        case _:
            yield from formula_lines(part, 8, width=width)


def _aligned(rows: tuple[tuple[str, ...], ...]) -> Iterator[str]:
    widths = [max(map(columns, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            cell + " " * (width - columns(cell)) for cell, width in zip(row, widths, strict=True)
        )
        yield f"    {'  '.join(cells)}".rstrip()


def _html(part: Part) -> str:
    from derivations.show.html import display

    match part:
        case str():
            return f"<p>{to_html(part)}</p>\n"
        case Note():
            return f'<p class="notes">{to_html(part.words)}</p>\n'
        case Heading():
            return f"<h3>{to_html(part.words)}</h3>\n"
        case Table():
            rows = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in part.rows)
            return f'<div class="scroll"><table>{rows}</table></div>\n'
        case Exactly():
            return f"<pre>{escape(part.text)}</pre>\n"
        case Follows():
            return display(part.formula, arrow=True)
        case _:
            return display(part)


def _cell(cell: str) -> str:
    return f"<td>{to_html(cell)}</td>"

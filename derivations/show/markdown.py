"""A derivation as Markdown, for GitHub and for Sphinx with MyST: `$` and `$$` hold the mathematics.

Details of a step stand in a quotation below it. There is no HTML in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from derivations.prose import Name, latex_of, pieces
from derivations.show.latex import rows
from derivations.show.layout import MEANINGS, kinds, lines_of, siblings
from derivations.step import Derivation, Formula, Step, Symbol

# Characters that would start something in Markdown, wherever they stand.
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>$|~#])")


def document(derivation: Derivation) -> str:
    """Return the whole derivation as a page."""
    return "\n".join(_document(derivation)).rstrip() + "\n"


def _document(derivation: Derivation) -> Iterator[str]:
    yield f"# {prose(derivation.title)}\n"
    if derivation.summary:
        yield f"{prose(derivation.summary)}\n"
    yield f"## Result\n\n{display(derivation.statement)}\n"
    if derivation.symbols:
        yield from _symbols(derivation.symbols)
    yield "## Steps\n"
    for i, (step, news) in enumerate(siblings(derivation.steps), start=1):
        yield f"### {i}. {prose(step.rule)}\n"
        yield from _step(step, f"{i}.", news)
    yield from _footer(derivation)


def _symbols(symbols: Sequence[Symbol]) -> Iterator[str]:
    yield "## Symbols\n\n| Symbol | Meaning | Shape |\n|---|---|---|"
    for symbol in symbols:
        name = symbol.name.latex().replace("|", r"\vert ")
        yield f"| ${name}$ | {prose(symbol.meaning)} | {prose(symbol.shape)} |"
    yield ""


def _step(step: Step, number: str, news: bool) -> Iterator[str]:
    yield f"{prose(step.why)}\n"
    if news:
        yield f"From\n\n{display(step.before)}\n\nfollows\n"
    yield f"{display(step.after)}\n"
    yield f"{_notes(step)}\n"
    for i, (substep, fresh) in enumerate(siblings(step.substeps), start=1):
        own = f"{number}{i}"
        lines = [f"**{own} {prose(substep.rule)}.**\n", *_step(substep, f"{own}.", fresh)]
        yield _quoted("\n".join(lines)) + "\n"


def _notes(step: Step) -> str:
    kind, _, details = str(step.verdict).partition(": ")
    notes = [f"✓ **{kind}**: {prose(details)}."]
    if step.assumptions:
        notes.append(f"Assumes {prose(', '.join(step.assumptions))}.")
    if step.source:
        notes.append(f"Source: {prose(step.source)}.")
    return " ".join(notes)


def _quoted(block: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in block.rstrip().split("\n"))


def _footer(derivation: Derivation) -> Iterator[str]:
    yield "## What the verdicts mean\n"
    yield from (f"- **{kind}**: {MEANINGS[kind]}." for kind in kinds(derivation))
    if derivation.source:
        yield f"\nSource: {prose(derivation.source)}."


def display(formula: Formula) -> str:
    r"""Return the formula as a display, its long lines broken before a + or -."""
    body = " \\\\\n".join(row for line in lines_of(formula) for row in rows(line))
    return f"$$\n\\begin{{aligned}}\n{body}\n\\end{{aligned}}\n$$"


def prose(words: str) -> str:
    """Return a sentence as Markdown, its names with subscripts as mathematics."""
    return "".join(
        f"${latex_of(p)}$" if isinstance(p, Name) else _SPECIAL.sub(r"\\\1", p)
        for p in pieces(words)
    )

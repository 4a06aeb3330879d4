r"""A derivation as a LaTeX document: pdflatex, the article class and amsmath, nothing else.

The document is plain ASCII, so that it compiles under any input encoding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from derivations.prose import to_latex as prose
from derivations.show.layout import lines_of, packed, siblings, sides
from derivations.step import RELATIONS, Derivation, Formula, Step, Symbol

WIDTH = 80  # characters of mathematics that fit on a line of the page

_PREAMBLE = r"""\documentclass[11pt]{article}
\usepackage{amsmath}
\setlength{\textwidth}{16.5cm}
\setlength{\oddsidemargin}{0cm}
\setlength{\textheight}{23cm}
\setlength{\topmargin}{-1cm}
\setlength{\parindent}{0pt}
\setlength{\parskip}{4pt}
\setlength{\emergencystretch}{3em}
\allowdisplaybreaks
"""


def document(derivation: Derivation) -> str:
    """Return the whole derivation as a document."""
    return "\n".join(_document(derivation)) + "\n"


def _document(derivation: Derivation) -> Iterator[str]:
    yield _PREAMBLE
    yield rf"\title{{{prose(derivation.title)}}}" + "\n\\author{}\n\\date{}"
    yield "\\begin{document}\n\\maketitle\n"
    yield from _body(derivation)
    yield r"\end{document}"


def body(derivation: Derivation) -> str:
    """Return the derivation for inside another document, which must load amsmath."""
    return "\n".join(_body(derivation)) + "\n"


def _body(derivation: Derivation) -> Iterator[str]:
    yield prose(derivation.summary)
    yield display(derivation.statement)
    if derivation.symbols:
        yield from _symbols(derivation.symbols)
    yield from _steps(derivation.steps, "")
    if derivation.source:
        yield rf"\bigskip\noindent\textit{{Source: {prose(derivation.source)}.}}"


def _symbols(symbols: Sequence[Symbol]) -> Iterator[str]:
    yield "\\section*{Symbols}\n\\begin{tabular}{lp{9cm}l}"
    for symbol in symbols:
        meaning, shape = prose(symbol.meaning), prose(symbol.shape)
        yield rf"\(\displaystyle {symbol.name.latex()}\) & {meaning} & {shape} \\[2pt]"
    yield "\\end{tabular}\n\n\\section*{Steps}"


def _steps(steps: Sequence[Step], prefix: str) -> Iterator[str]:
    for i, (step, news) in enumerate(siblings(steps), start=1):
        number = f"{prefix}{i}"
        # An item of a list starts with text: a heading of LaTeX's own would leave it empty.
        yield r"\item[]" if prefix else r"\bigskip"
        yield from _step(step, number, news)
        if step.substeps:
            yield r"\begin{list}{}{\leftmargin=1.5em}"
            yield from _steps(step.substeps, f"{number}.")
            yield r"\end{list}"


def _step(step: Step, number: str, news: bool) -> Iterator[str]:
    yield rf"\textbf{{{number}\quad {prose(step.rule)}.}} {prose(step.why)}"
    if news:
        yield f"\nFrom{display(step.before)}follows"
    yield display(step.after)
    notes = [str(step.verdict)]
    if step.assumptions:
        notes.append(f"assumes {', '.join(step.assumptions)}")
    if step.source:
        notes.append(f"source: {step.source}")
    yield rf"{{\small\textit{{{prose('; '.join(notes))}.}}\par}}"


def display(formula: Formula) -> str:
    r"""Return the formula as a display, its long lines broken before a + or -."""
    body = " \\\\\n".join(row for line in lines_of(formula) for row in rows(line))
    return f"\n\\begin{{align*}}\n{body}\n\\end{{align*}}\n"


def rows(line: Formula) -> Iterator[str]:
    """Yield a line of a formula as rows of an alignment, broken before a + or - where too long."""
    left, relation, right = sides(line)
    room = WIDTH - (_visible(left.latex()) if left else 0)
    parts = packed(_terms(right.latex()), _visible, room)
    start = f"{left.latex()} &{RELATIONS[relation]}" if left else "&"
    yield f"{start} {parts[0]}"
    yield from (rf"&\quad {part.strip()}" for part in parts[1:])


def _terms(latex: str) -> list[str]:
    """Split a sum before its + and - signs, those within braces or fences left alone."""
    parts, depth, start = [], 0, 0
    for match in re.finditer(r"\\left|\\right|\\begin|\\end|(?<!\\)[{}]| [+-] ", latex):
        token = match[0]
        depth += token in (r"\left", r"\begin", "{")
        depth -= token in (r"\right", r"\end", "}")
        if depth == 0 and token in (" + ", " - "):
            parts.append(latex[start : match.start()])
            start = match.start()
    return [*parts, latex[start:]]


def _visible(latex: str) -> int:
    """Count, roughly, the characters that a piece of mathematics shows: a command is one.

    A sign between two others counts three times, for the space around it; in words a space counts.
    """
    words = re.sub(r"\\text\{([^{}]*)\}", lambda m: m[1].replace(" ", "x"), latex)
    spaced = re.sub(r" (?:[-+*=]|\\odot|\\cdot|\\circ|\\times) ", "xxx", words)
    shown = re.sub(r"\\(left|right|mathrm|operatorname|[^a-zA-Z])", "", spaced)
    return len(re.sub(r"[{}_^&\s]", "", re.sub(r"\\[a-zA-Z]+", "x", shown)))

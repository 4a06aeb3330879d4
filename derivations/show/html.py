"""A derivation as one self-contained web page: native MathML, no script, no network.

The page keeps to MathML Core, which browsers draw by themselves. All its colours but two are mixed
from the text colour, so the same markup sits well on paper, in the dark and inside a notebook.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from itertools import chain, repeat
from xml.etree import ElementTree

from derivations.prose import to_html as prose
from derivations.show.layout import MEANINGS, kinds, lines_of, packed, siblings, sides
from derivations.step import Derivation, Formula, Step, Symbol, Verdict

WIDTH = 64  # characters of mathematics that fit on a line of the page
MANY_STEPS = 8  # from here on a page has a table of contents

_STYLE = """
.derivation {
  --soft: color-mix(in srgb, currentColor 68%, transparent);
  --line: color-mix(in srgb, currentColor 18%, transparent);
  --wash: color-mix(in srgb, currentColor 4%, transparent);
  max-width: 46rem; line-height: 1.55;
  font-family: "Iowan Old Style", "Palatino Linotype", Palatino, "URW Palladio L", Georgia, serif;
}
.derivation math { font-family: "TeX Gyre Pagella Math", "STIX Two Math", "Latin Modern Math",
  "Cambria Math", math; }
.derivation h1 { font-size: 1.9em; font-weight: 600; line-height: 1.2; margin: 0 0 .4em; }
.derivation h2 { font-size: 1.15em; font-weight: 600; margin: 2.2em 0 .6em; padding: 0; }
.derivation :is(h3, h4, h5, h6) { font-size: 1em; font-weight: 600; margin: 0; padding: 0; }
.derivation p { margin: .3em 0; }
.derivation .lead, .derivation .notes { color: var(--soft); }
.derivation .notes { font-size: .85em; }
.derivation .formula { overflow-x: auto; padding: .5em 0; }
.derivation .result .formula { background: var(--wash); padding: .9em 0; border-radius: .4em; }
.derivation .formula math { margin: 0; width: max-content; }
.derivation .formula mtable { margin: 0; }
.derivation .formula mtable mtd { padding: .22em 0; text-align: left; text-align: -webkit-left; }
.derivation .formula mtable mtable mtd + mtd { padding-inline-start: .8em; }
.derivation .formula mtable mtd.left { text-align: right; text-align: -webkit-right; }
.derivation .formula mtable mtd.relation { padding-inline: .3em; }
.derivation .before { color: var(--soft); }
.derivation .formula mtable mtd.mark { width: 1.6em; color: var(--soft); }
.derivation ol { list-style: none; margin: 0; padding: 0; }
.derivation .steps > li { padding: 1.1em 0; border-top: 1px solid var(--line); }
.derivation .steps .steps { margin: .2em 0 0 .2em; padding-inline-start: 1.1em;
  border-inline-start: 1px solid var(--line); }
.derivation .steps .steps > li { border: 0; padding: .5em 0; }
.derivation .number { color: var(--soft); font-weight: 400; margin-inline-end: .5em; }
.derivation summary { cursor: pointer; color: var(--soft); font-size: .9em; margin-top: .5em; }
.derivation .verdict { display: inline-block; border: 1px solid; border-radius: 1em;
  padding: 0 .6em; margin-inline-end: .5em; }
.derivation .exact { background: var(--wash); }
.derivation .tested { border-style: dashed; }
.derivation .scroll { overflow-x: auto; }
.derivation table { border-collapse: collapse; margin: 0; }
.derivation th, .derivation td { text-align: start; vertical-align: baseline; font-weight: 400;
  border: 0; border-bottom: 1px solid var(--line); padding: .35em 1.2em .35em 0; background: none; }
.derivation thead th { color: var(--soft); font-size: .85em; }
.derivation nav ol { columns: 2 16rem; }
.derivation nav li { padding-inline-start: 1.7em; text-indent: -1.7em; break-inside: avoid; }
.derivation nav .number { display: inline-block; min-width: 1.2em; text-indent: 0; }
.derivation nav a { color: inherit; text-decoration-color: var(--line); }
.derivation nav a:hover { text-decoration-color: currentColor; }
.derivation :focus-visible { outline: 2px solid; outline-offset: 2px; }
@media print {
  .derivation { max-width: none; font-size: 10pt; }
  .derivation .formula { overflow: visible; }
  .derivation li { break-inside: avoid-page; }
  .derivation nav, .derivation summary { display: none; }
  .derivation details::details-content { content-visibility: visible; block-size: auto; }
}
"""

_PAGE_STYLE = """
:root { color-scheme: light dark; }
main { margin-inline: auto; }
body { margin: 0; padding: 3rem 1.25rem 5rem; background: #fdfcf9; color: #22211e; }
@media (prefers-color-scheme: dark) { body { background: #181917; color: #e4e1da; } }
@media print { body { background: none; color: #000; padding: 0; } }
"""


def document(derivation: Derivation) -> str:
    """Return the whole derivation as a page of its own."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(derivation.title)}</title>
<style>{_PAGE_STYLE}{_STYLE}</style>
</head>
<body>
<main class="derivation">
{"".join(_parts(derivation, contents=len(derivation) >= MANY_STEPS))}</main>
</body>
</html>
"""


def fragment(derivation: Derivation, titled: bool = True) -> str:
    """Return the derivation for inside another page, such as a notebook.

    A page that has its own title wants it not `titled`.
    """
    return article("".join(_parts(derivation, contents=False, titled=titled)))


def step_fragment(step: Step) -> str:
    """Return one step for inside another page."""
    return article("".join(_step_body(step, "", news=True)))


def article(body: str) -> str:
    """Return what stands inside another page with the style that it needs."""
    return f'<style>{_STYLE}</style>\n<article class="derivation">\n{body}</article>\n'


def _parts(derivation: Derivation, contents: bool, titled: bool = True) -> Iterator[str]:
    yield "<header>\n"
    if titled:
        yield f"<h1>{prose(derivation.title)}</h1>\n"
    if derivation.summary:
        yield f'<p class="lead">{prose(derivation.summary)}</p>\n'
    yield "</header>\n"
    yield f'<section class="result">\n<h2>Result</h2>\n{display(derivation.statement)}</section>\n'
    if derivation.symbols:
        yield _symbols(derivation.symbols)
    if contents:
        yield _contents(derivation)
    yield f"<section>\n<h2>Steps</h2>\n{_steps(derivation.topic, derivation.steps, '')}</section>\n"
    yield _footer(derivation)


def _symbols(symbols: Sequence[Symbol]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{inline(symbol.name)}</th><td>{prose(symbol.meaning)}</td>'
        f"<td>{prose(symbol.shape)}</td></tr>\n"
        for symbol in symbols
    )
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("Symbol", "Meaning", "Shape"))
    return (
        '<section>\n<h2>Symbols</h2>\n<div class="scroll"><table>\n'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n</section>\n"
    )


def _contents(derivation: Derivation) -> str:
    items = "".join(
        f'<li><a href="#{_id(derivation.topic, str(i))}"><span class="number">{i}</span>'
        f"{prose(step.rule)}</a></li>\n"
        for i, step in enumerate(derivation.steps, start=1)
    )
    return f'<nav aria-label="Steps">\n<h2>Contents</h2>\n<ol>\n{items}</ol>\n</nav>\n'


def _id(topic: str, number: str) -> str:
    return f"{topic}-step-{number}"


def _steps(topic: str, steps: Sequence[Step], prefix: str) -> str:
    items = []
    for i, (step, news) in enumerate(siblings(steps), start=1):
        number = f"{prefix}{i}"
        body = "".join(_step_body(step, number, news))
        details = _details(topic, step, number) if step.substeps else ""
        items.append(f'<li id="{_id(topic, number)}">\n{body}{details}</li>\n')
    return f'<ol class="steps">\n{"".join(items)}</ol>\n'


def _details(topic: str, step: Step, number: str) -> str:
    count = len(step.substeps)
    label = f"In detail, {count} {'step' if count == 1 else 'steps'}"
    inner = _steps(topic, step.substeps, f"{number}.")
    state = " open" if "." not in number else ""  # details of details are for who wants them
    return f"<details{state}>\n<summary>{label}</summary>\n{inner}</details>\n"


def _step_body(step: Step, number: str, news: bool) -> Iterator[str]:
    label = f'<span class="number">{number}</span>' if number else ""
    heading = f"h{min(3 + number.count('.'), 6)}"
    yield f"<{heading}>{label}{prose(step.rule)}</{heading}>\n<p>{prose(step.why)}</p>\n"
    if news:
        yield display(step.before, "before")
    yield display(step.after, arrow=news)
    yield f'<p class="notes">{_notes(step)}</p>\n'


def _notes(step: Step) -> str:
    notes = [_verdict(step.verdict)] if step.verdict else []
    if step.assumptions:
        notes.append(f"Assumes {', '.join(step.assumptions)}.")
    if step.source:
        notes.append(f"Source: {step.source}.")
    return " ".join(note if note.startswith("<") else prose(note) for note in notes)


def _verdict(verdict: Verdict) -> str:
    _, _, details = str(verdict).partition(": ")
    return f'<span class="verdict {verdict.kind}">✓ {verdict.kind}</span>{prose(details)}.'


def _footer(derivation: Derivation) -> str:
    legend = "; ".join(f"<b>{kind}</b>: {MEANINGS[kind]}" for kind in kinds(derivation))
    source = f"<p>Source: {prose(derivation.source)}.</p>\n" if derivation.source else ""
    heading = "<h2>What the verdicts mean</h2>"
    return f'<footer class="notes">\n{heading}\n<p>{legend}.</p>\n{source}</footer>\n'


# ----------------------------------------------------------------------------------- mathematics


def inline(formula: Formula) -> str:
    """Return a formula for a cell of a table."""
    return f'<math displaystyle="true">{formula.mathml()}</math>'


def display(formula: Formula, role: str = "", arrow: bool = False) -> str:
    """Return a formula on lines of its own, in a box that scrolls where the page must not."""
    marks = chain(["<mtext>→</mtext>"] if arrow else [], repeat(""))
    rows = [cells for line in lines_of(formula) for cells in _rows(line)]
    table = "".join(
        f'<mtr><mtd class="mark">{mark}</mtd>{cells}</mtr>'
        for mark, cells in zip(marks, rows, strict=False)
    )
    classes = f"formula {role}".strip()
    math = f'<math display="block"><mtable displaystyle="true">{table}</mtable></math>'
    return f'<div class="{classes}">{math}</div>\n'


def _rows(line: Formula) -> Iterator[str]:
    """Yield the cells of left side, relation, right side; a long right side takes several rows."""
    left, relation, right = sides(line)
    if left is None:
        yield f'<mtd columnspan="3">{right.mathml()}</mtd>'
        return
    room = WIDTH - _visible(left.mathml())
    fits = _visible(right.mathml()) <= room
    parts = [right.mathml()] if fits else packed(_terms(right.mathml()), _visible, room)
    head = f'<mtd class="left">{left.mathml()}</mtd><mtd class="relation"><mo>{relation}</mo></mtd>'
    for part in parts:
        yield f"{head}<mtd><mrow>{part}</mrow></mtd>"
        head = "<mtd></mtd><mtd></mtd>"


def _visible(mathml: str) -> int:
    """Count the characters that a piece of mathematics shows."""
    return len(re.sub("<[^>]*>|[\u2061\u2062]|&#x206[12];", "", mathml))


def _terms(mathml: str) -> list[str]:
    """Split a sum, an ``<mrow>`` of terms, before its + and - signs."""
    row = ElementTree.fromstring(mathml)
    parts = [""]
    for child in row if row.tag == "mrow" else [row]:
        if child.tag == "mo" and child.text in ("+", "−") and parts[-1]:
            child.set("form", "infix")
            parts.append("")
        parts[-1] += ElementTree.tostring(child, encoding="unicode")
    return parts

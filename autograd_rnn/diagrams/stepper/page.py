"""The page of a stepper: picture, controls, the event that is shown, and the table of all.

The table is the content of the page and reads without JavaScript; the script points at its rows
one after the other, and at their boxes and wires in the picture.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

from autograd_rnn.diagrams.formats.svg import Colours
from autograd_rnn.diagrams.stepper.events import Event, Received
from autograd_rnn.diagrams.stepper.pullbacks import DELTA
from autograd_rnn.diagrams.typography.letters import Letter, Text, plain, printable
from autograd_rnn.diagrams.typography.palette import Theme

ASSETS = Path(__file__).parent / "assets"
PLAYBACK = (
    ("first", "First", "Home"),
    ("back", "Back", "←"),
    ("play", "Play", "space"),
    ("next", "Next", "→"),
    ("last", "Last", "End"),
)
WAYS = (("grain", "Whole time steps", "t"), ("fit", "Whole picture", "w"))
PACES = (("slow", 1800), ("normal", 900), ("fast", 300))  # milliseconds an event
COLUMNS = ("Event", "Where", "What it computes", "Value, or gradient", "What its inputs receive")


@dataclass(frozen=True)
class Page:
    """Everything that is on the page.

    Attributes:
        title: of the page. theme: "auto", "light", "dark" or "print".
        themes: its colours, by day and by night. picture: the SVG.
        colours: the variables of the picture, with what they are by day and by night.
        events: what is played. still: the wires along which no gradient flows.

    """

    title: str
    theme: str
    themes: tuple[Theme, Theme]
    picture: str
    colours: Colours
    events: tuple[Event, ...]
    still: frozenset[tuple[str, str]]

    def html(self) -> str:
        """Return the page."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        style, script = ((ASSETS / f"stepper.{kind}").read_text("utf-8") for kind in ("css", "js"))
        first = self.events[0]
        marked = ", ".join(f'[data-item="{box}"] > rect' for box in first.boxes)
        yield f'<!doctype html>\n<html lang="en" data-theme="{self.theme}">\n<head>'
        yield '<meta charset="utf-8">'
        yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
        yield f"<title>{_text(self.title)}</title>\n<style>\n{self._palette()}\n{style}</style>"
        if marked:
            yield f"<noscript><style>{marked} {{ stroke-width: 3.5; }}</style></noscript>"
        yield f"</head>\n<body>\n<main>\n<h1>{_text(self.title)}</h1>"
        yield '<section class="player" aria-label="Player">'
        yield (
            '<div class="picture" tabindex="0" role="group" aria-label="The graph">'
            f"{self.picture}</div>"
        )
        yield from _controls(len(self.events))
        yield f'<div class="panel">{_panel(first, len(self.events), self._loss)}</div>'
        yield '<p class="now-said" aria-live="polite"></p>\n</section>'
        yield from _table(self.events, self._loss)
        still = json.dumps(sorted(map(list, self.still))).replace("<", "\\u003c")
        yield f'</main>\n<script type="application/json" id="still">{still}</script>'
        yield f"<script>\n{script}</script>\n</body>\n</html>"

    @property
    def _loss(self) -> Text:
        """What the loss is called: the backward pass begins there."""
        name = next(event.name for event in self.events if event.kind == "backward")
        return name if len(name) == 1 else (Letter("L"),)

    def _palette(self) -> str:
        """Write the colours as variables, the ones by day where a browser knows no others."""
        day, night = self.themes
        own = {(getattr(day, n), getattr(night, n)): f"--{n}" for n in ("paper", "ink", "accent")}
        pairs = [*((name, pair) for pair, name in own.items())]
        pairs += [(name, pair) for pair, name in self.colours.items()]
        plain_ones = " ".join(f"{name}: {light};" for name, (light, _) in pairs)
        both = " ".join(
            f"{name}: light-dark({light}, {dark});"
            for name, (light, dark) in pairs
            if light != dark
        )
        schemes = {"auto": "light dark", "dark": "dark"}
        rule = f":root {{ color-scheme: {schemes.get(self.theme, 'light')}; {plain_ones} }}"
        if not both:
            return rule
        return f"{rule}\n@supports (color: light-dark(red, red)) {{ :root {{ {both} }} }}"


def _controls(count: int) -> Iterator[str]:
    yield '<div class="controls" role="group" aria-label="Playback" hidden>'
    for action, words, key in PLAYBACK:
        yield f'<button type="button" data-do="{action}" title="key: {key}">{words}</button>'
    yield (
        f'<label class="scrubber">Event <input type="range" min="0" max="{count - 1}" value="0">'
        "</label>"
    )
    options = "".join(
        f'<option value="{pace}"{" selected" if pace == 900 else ""}>{words}</option>'
        for words, pace in PACES
    )
    yield f"<label>Speed <select>{options}</select></label>"
    for action, words, key in WAYS:
        yield (
            f'<button type="button" data-do="{action}" aria-pressed="false" title="key: {key}">'
            f"{words}</button>"
        )
    yield "</div>"


# --- the table of events, and the one that is shown ----------------------------------------------


def _table(events: tuple[Event, ...], loss: Text) -> Iterator[str]:
    yield '<div class="wide" tabindex="0" role="group" aria-label="All events"><table>'
    yield (
        "<caption>All events: first the forward pass, then the backward pass. "
        f"{DELTA} is the gradient of {_typeset(loss)} with respect to the node of its row."
        "</caption>"
    )
    heads = "".join(f'<th scope="col">{head}</th>' for head in COLUMNS)
    yield f"<thead><tr>{heads}</tr></thead>\n<tbody>"
    for number, (event, step) in enumerate(zip(events, _steps(events), strict=True), start=1):
        yield _row(number, event, step, loss)
    yield "</tbody></table></div>"


def _steps(events: Iterable[Event]) -> Iterator[int]:
    """Number the whole time steps; a parameter's complete gradient belongs to where it comes."""
    number, here = 0, None
    for event in events:
        complete = event.kind == "backward" and event.number and not event.received
        key = event.kind, event.when
        if here is None or (key != here and (event.when or not complete)):
            number, here = number + 1, key
        yield number


def _row(number: int, event: Event, step: int, loss: Text) -> str:
    current = ' aria-current="step"' if number == 1 else ""
    about = (
        f'id="event-{number}" data-boxes="{" ".join(event.boxes)}" '
        f'data-kind="{event.kind}" data-step="{step}" '
        f'data-name="{_attribute(plain(event.name))}" '
        f'data-said="{_attribute(event.sentence)}"'
    )
    cells = "".join(f'<td class="{name}">{inside}</td>' for name, inside in _parts(event, loss))
    head = f'<th scope="row"><button type="button">{number}</button></th>'
    return f"<tr {about}{current}>{head}{cells}</tr>"


def _panel(event: Event, count: int, loss: Text) -> str:
    parts = "".join(f'<div class="{name}">{inside}</div>' for name, inside in _parts(event, loss))
    return f'<p class="count">1 of {count}</p>{parts}'


def _parts(event: Event, loss: Text) -> Iterator[tuple[str, str]]:
    """Yield what is said of an event, as the table and the panel have it."""
    yield "where", _text(event.place)
    given = "".join(f"<li>{_typeset(name)} = {_matrix(is_)}</li>" for name, is_ in event.operands)
    listed = f'<ul class="given">{given}</ul>' if given else ""
    yield "what", f'<div class="equation">{_typeset(event.equation)}</div>{listed}'
    yield "result", _result(event, loss)
    received = "".join(f"<li>{_received(one)}</li>" for one in event.received)
    yield "received", f"<ul>{received}</ul>" if received else ""


def _result(event: Event, loss: Text) -> str:
    if not event.number:
        return ""
    name = _typeset(event.name)
    below = name if len(event.name) == 1 else f"({name})"
    named = name if event.kind == "forward" else f"{DELTA} = ∂{_typeset(loss)}/∂{below}"
    return f"{named} = {_matrix(event.number)}"


def _received(one: Received) -> str:
    parts = [f"<b>{_typeset(one.name)}</b>"]
    if one.local:
        parts.append(_part("local derivative", _matrix(one.local)))
    if one.rule:
        parts.append(_part("by the rule", _typeset(one.rule)))
    parts.append(_part("receives", _matrix(one.amount)))
    parts.append(_part("so far", _matrix(one.total)))
    parts.append(_path(one, (), f"Path to the loss, of what {plain(one.name)} receives"))
    by_loss = "".join(
        f"<li>{_part(f'by {_typeset(p.name)}', _matrix(p.amount))}"
        f"{_path(one, p.goals, f'Path of the term by {plain(p.name)}')}</li>"
        for p in one.parts
    )
    return "".join(parts) + (f"<ul>{by_loss}</ul>" if by_loss else "")


def _part(label: str, inside: str) -> str:
    return f'<span class="part"><span class="label">{label}</span> {inside}</span>'


def _path(one: Received, goals: tuple[str, ...], words: str) -> str:
    """Return the button that leads from a term to its path; without a script it is not shown."""
    return (
        f'<button type="button" class="path" hidden data-from="{" ".join(one.boxes)}" '
        f'data-goals="{" ".join(goals)}" aria-label="{_attribute(words)}">Path</button>'
    )


# --- typesetting ----------------------------------------------------------------------------------


def _typeset(text: Text) -> str:
    return "".join(_text(part) if isinstance(part, str) else _letter(part) for part in text)


def _letter(letter: Letter) -> str:
    below = f"<sub>{','.join(map(_italic, letter.sub.split(',')))}</sub>" if letter.sub else ""
    above = f"<sup>{_italic(letter.sup)}</sup>" if letter.sup else ""
    return f"{_italic(letter.base)}{below}{above}"


def _italic(word: str) -> str:
    """Set a letter in italics; numbers, functions and Σ stand upright."""
    alone = len(word) == 1 and word.isalpha() and word != "Σ"
    return f"<i>{_text(word)}</i>" if alone else _text(word)


def _matrix(written: str) -> str:
    """Set an array that was written on one line, ``[1 2 ; 3 4]``, as rows in brackets."""
    if not written.startswith("["):
        return f'<span class="number">{_text(written)}</span>'
    rows = [row.split(" ") for row in written[1:-1].split(" ; ")]
    widths = [
        max(len(row[i]) for row in rows if i < len(row)) for i in range(len(max(rows, key=len)))
    ]
    lines = (" ".join(cell.rjust(width) for cell, width in zip(row, widths)) for row in rows)  # noqa: B905 - the row of dots is short
    return '<span class="matrix">' + "".join(f"<span>{line}</span>" for line in lines) + "</span>"


def _text(words: str) -> str:
    return escape(printable(words), quote=False)


def _attribute(words: str) -> str:
    return escape(printable(words))

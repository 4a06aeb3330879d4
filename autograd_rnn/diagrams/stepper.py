"""The stepper: one page, without a network, that plays a pass over a graph, node by node.

The table of all events is the content of the page, and reads without JavaScript; the script points
at its rows one after the other, and at their boxes and wires in the picture.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path

from autograd_rnn.diagrams.accessible import describe
from autograd_rnn.diagrams.drawing import Drawing, draw
from autograd_rnn.diagrams.events import Event, Received, events_of
from autograd_rnn.diagrams.letters import printable
from autograd_rnn.diagrams.reading import Reading
from autograd_rnn.diagrams.svg import svg_source
from autograd_rnn.diagrams.timeline import read_time
from autograd_rnn.engine import Graph, Tensor

ASSETS = Path(__file__).parent / "assets"
BUTTONS = (
    ("first", "First", "Home"),
    ("back", "Back", "←"),
    ("play", "Play", "space"),
    ("next", "Next", "→"),
    ("last", "Last", "End"),
)
WAY = '<button type="button" class="way-of" hidden>Way to the loss</button>'
PACES = (("slow", 1800), ("normal", 900), ("fast", 300))  # milliseconds an event
FRAME = (
    '<iframe srcdoc="{page}" title="{title}" width="100%" height="760" '
    'style="border: 0" loading="lazy"></iframe>'
)


@dataclass(frozen=True)
class Stepper:
    """A pass over a graph as a page: `html()`, `save(file)`, and a frame of its own in notebooks.

    Attributes:
        drawing: the picture. events: what happens, in order. title: what it is called.

    """

    drawing: Drawing = field(repr=False)
    events: tuple[Event, ...] = field(repr=False)
    title: str

    def html(self) -> str:
        """Return the page; the same bytes for the same graph."""
        return self._page

    @cached_property
    def _page(self) -> str:
        return "\n".join(_page(self.title, self.drawing, self.events)) + "\n"

    def save(self, file: str | os.PathLike[str]) -> Path:
        """Write the page; raises ValueError for a suffix other than .html, and OSError."""
        path = Path(file)
        if path.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"{path.name!r}: a stepper is a page, so the suffix must be .html")
        path.write_text(self.html(), encoding="utf-8")
        return path

    def _repr_html_(self) -> str:
        # A frame keeps ids, styles and keys apart from the notebook's and from another stepper's.
        return FRAME.format(page=escape(self.html()), title=escape(self.title))


def stepper(
    loss: Tensor, file: str | os.PathLike[str] | None = None, *, title: str | None = None
) -> Stepper:
    """Return a page that plays the forward and the backward pass of a scalar loss, with numbers.

    Args:
        loss: a scalar with everything it was computed from, over data.
        file: where to write it, an .html file; None writes nothing.
        title: a heading; by default what the graph is.

    Raises:
        ValueError: the loss is no scalar, or has no numbers; another suffix.
        OSError: the file cannot be written.

    """
    graph = Graph(loss)
    reading = Reading(graph, read_time(graph, steps="all"))
    events = tuple(events_of(loss, reading.sentence))
    drawing = draw(loss, view="op", steps="all")
    made = Stepper(drawing, events, title or f"{drawing.title}, step by step")
    if file is not None:
        made.save(file)
    return made


# --- the page -----------------------------------------------------------------------------------


def _page(title: str, drawing: Drawing, events: Sequence[Event]) -> Iterator[str]:
    style, script = ((ASSETS / f"stepper.{kind}").read_text("utf-8") for kind in ("css", "js"))
    told = describe(drawing.scene)
    picture = svg_source(drawing.layout, drawing.look, drawing.title, told, named=True)
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{_text(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>"
    yield f"<h1>{_text(title)}</h1>"
    yield f'<div class="picture" tabindex="0" role="group" aria-label="The graph">{picture}</div>'
    yield from _controls(len(events))
    yield '<p class="now-said" aria-live="polite"></p>'
    yield from _table(events)
    yield f"</main>\n<script>\n{script}</script>\n</body>\n</html>"


def _controls(count: int) -> Iterator[str]:
    yield '<div class="controls" role="group" aria-label="Playback" hidden>'
    for action, words, key in BUTTONS:
        yield f'<button type="button" data-do="{action}" title="key: {key}">{words}</button>'
    yield (
        '<button type="button" data-do="grain" aria-pressed="false" title="key: t">'
        "By time steps</button>"
    )
    options = "".join(
        f'<option value="{pace}"{" selected" if pace == 900 else ""}>{words}</option>'
        for words, pace in PACES
    )
    yield f"<label>Speed <select>{options}</select></label>"
    yield (
        f'<label>Event <input type="range" min="0" max="{max(count - 1, 0)}" value="0"></label>'
        "</div>"
    )


def _table(events: Sequence[Event]) -> Iterator[str]:
    yield '<div class="wide" tabindex="0" role="group" aria-label="All events"><table>'
    yield "<caption>All events: first the forward pass, then the backward pass.</caption>"
    heads = ("", "t", "What", "Value, or gradient so far", "What its inputs receive")
    cells = "".join(f'<th scope="col">{head}</th>' for head in ("Event", *heads[1:]))
    yield f"<thead><tr>{cells}</tr></thead>\n<tbody>"
    for number, event in enumerate(events, start=1):
        yield _row(number, event)
    yield "</tbody></table></div>"


def _row(number: int, event: Event) -> str:
    when = f"{event.kind} {event.t}"
    received = "".join(f"<li>{_told(r)}</li>" for r in event.received)
    cells = (
        f'<th scope="row"><button type="button">{number}</button> {event.kind}</th>',
        f"<td>{'' if event.t is None else event.t}</td>",
        f"<td>{_text(event.formula)}{_given(event)}</td>",
        f"<td>{_text(event.number)}</td>",
        f"<td>{f'<ul>{received}</ul>{WAY}' if received else ''}</td>",
    )
    about = f'data-node="{event.node}" data-when="{when}" data-said="{escape(event.sentence)}"'
    return f"<tr {about}>{''.join(cells)}</tr>"


def _given(event: Event) -> str:
    """Write the numbers that a formula is computed of, in the forward pass."""
    if event.kind == "backward" or not event.operands:
        return ""
    return f'<div class="given">with {_text(", ".join(event.operands))}</div>'


def _told(received: Received) -> str:
    local = f"local derivative {received.local}, " if received.local else ""
    return _text(f"{received.name}: {local}receives {received.amount}; so far {received.total}")


def _text(words: str) -> str:
    return escape(printable(words), quote=False)

"""The stepper: one page, without a network, that plays a pass over a graph, node by node."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from autograd_rnn.diagrams.drawing import Drawing, draw, write_whole
from autograd_rnn.diagrams.formats.svg import svg_to_point_at
from autograd_rnn.diagrams.gradients.backward import Backward
from autograd_rnn.diagrams.scene.accessible import describe
from autograd_rnn.diagrams.stepper.events import Event
from autograd_rnn.diagrams.stepper.page import Page
from autograd_rnn.diagrams.stepper.telling import events_of, refuse_what_is_no_pass
from autograd_rnn.diagrams.typography.palette import THEMES
from autograd_rnn.engine import Tensor

VIEWS = ("op", "unrolled")  # those with every step that is played
AUTO = "auto"
SUFFIXES = (".html", ".htm")
FRAME = (
    '<iframe srcdoc="{page}" title="{title}" width="100%" height="820" '
    'style="border: 0" loading="lazy"></iframe>'
)


@dataclass(frozen=True)
class Stepper:
    """A pass over a graph as a page: `html()`, `save(file)`, and a frame of its own in notebooks.

    Attributes:
        drawing: the picture. events: what happens, in order. title: what it is called.
        theme: "auto", or that of the picture.
        still: the wires along which no gradient flows, by the ids of their ends.

    """

    drawing: Drawing = field(repr=False)
    events: tuple[Event, ...] = field(repr=False)
    title: str
    theme: str = AUTO
    still: frozenset[tuple[str, str]] = field(default=frozenset(), repr=False)

    def html(self) -> str:
        """Return the page; the same bytes for the same graph."""
        return self._html

    @cached_property
    def _html(self) -> str:
        drawing = self.drawing
        dark = THEMES["dark"] if self.theme == AUTO else drawing.look.theme
        looks = drawing.look, replace(drawing.look, theme=dark)
        told = describe(drawing.scene)
        picture, colours = svg_to_point_at(drawing.layout, looks, drawing.title, told)
        themes = drawing.look.theme, dark
        return Page(
            self.title, self.theme, themes, picture, colours, self.events, self.still
        ).html()

    def save(self, file: str | os.PathLike[str]) -> Path:
        """Write the page, whole or not at all.

        Raises:
            ValueError: a suffix other than .html.
            OSError: the file cannot be written there; nothing is left behind.

        """
        path = _checked(file)
        write_whole(path, lambda: self.html().encode())
        return path

    def _repr_html_(self) -> str:
        # A frame keeps ids, styles and keys apart from the notebook's and from another stepper's.
        return FRAME.format(page=escape(self.html()), title=escape(self.title))


def stepper(
    loss: Tensor,
    file: str | os.PathLike[str] | None = None,
    *,
    view: str = "op",
    steps: str | Iterable[int] = "elide",
    notation: Any = None,
    theme: str = AUTO,
    title: str | None = None,
) -> Stepper:
    """Return a page that plays the forward and the backward pass of a scalar loss, with numbers.

    Args:
        loss: a scalar with everything it was computed from, over data.
        file: where to write it, an .html file; None writes nothing.
        view: "op", a box for every operation; "unrolled", a box a gate, which its events share.
        steps: which are drawn and played one by one, as in `draw`; what happens in the others is
            one event, with what they add to each gradient.
        notation: whose letters, as in `draw`.
        theme: "light", "dark", "print"; "auto" is light or dark as the reader's system says, or
            the page or notebook around it.
        title: a heading; by default what the graph is.

    Raises:
        ValueError: the loss is no scalar, has no numbers or is computed of nothing; an option that
            does not exist; another suffix; too many events for a page.
        OSError: the file cannot be written.

    """
    if file is not None:
        _checked(file)
    if view not in VIEWS:
        raise ValueError(
            f"view={view!r}: choose 'op' or 'unrolled'; the others show one step for all"
        )
    if theme not in (AUTO, *THEMES):
        raise ValueError(f"theme={theme!r}: choose one of {', '.join((AUTO, *THEMES))}")
    refuse_what_is_no_pass(loss)
    drawn = "light" if theme == AUTO else theme
    drawing = draw(loss, view=view, steps=steps, notation=notation, theme=drawn)
    events = events_of(loss, drawing.reading, drawing.scene)
    flows = Backward(drawing.reading, drawing.scene, {loss.node: np.ones((), loss.dtype)}).flows
    still = frozenset(ends for ends, flow in flows.items() if flow.norm is None)
    made = Stepper(drawing, events, title or f"{drawing.title}, step by step", theme, still)
    if file is not None:
        made.save(file)
    return made


def _checked(file: str | os.PathLike[str]) -> Path:
    path = Path(file)
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"{path.name!r}: a stepper is a page, so the suffix must be .html")
    return path

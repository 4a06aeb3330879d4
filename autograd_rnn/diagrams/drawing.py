"""`draw`: any graph, run, loss or cell as a picture, in a file or in a notebook."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

from autograd_rnn.cells import Cell
from autograd_rnn.diagrams.formats.shapes import Look
from autograd_rnn.diagrams.formats.svg import svg_source
from autograd_rnn.diagrams.formats.tikz import tex_source, tikz_source
from autograd_rnn.diagrams.formats.xdot import xdot_source
from autograd_rnn.diagrams.gradients.overlay import BARE, Overlay, overlay_of
from autograd_rnn.diagrams.graphviz.cost import advice, refuse_if_hopeless
from autograd_rnn.diagrams.graphviz.dot import dot_source
from autograd_rnn.diagrams.graphviz.layout import graphviz_layout
from autograd_rnn.diagrams.graphviz.render import DrawingError, DrawingTimeout, render
from autograd_rnn.diagrams.lanes.captions import caption
from autograd_rnn.diagrams.lanes.fitting import fit
from autograd_rnn.diagrams.lanes.layout import Layout
from autograd_rnn.diagrams.lanes.network import NoLanes, lay_out
from autograd_rnn.diagrams.mime import bundle
from autograd_rnn.diagrams.scene.accessible import describe
from autograd_rnn.diagrams.scene.annotate import FORMULAS, annotator, words_of
from autograd_rnn.diagrams.scene.compose import compose
from autograd_rnn.diagrams.scene.formulas import with_formulas
from autograd_rnn.diagrams.scene.items import Scene
from autograd_rnn.diagrams.scene.reading import Reading
from autograd_rnn.diagrams.scene.views import view_of
from autograd_rnn.diagrams.typography.letters import printable
from autograd_rnn.diagrams.typography.palette import THEMES
from autograd_rnn.diagrams.typography.spelling import speller
from autograd_rnn.diagrams.uncollected import uncollected
from autograd_rnn.engine import Graph, Tensor
from autograd_rnn.engine.rules.recurrence import Recurrence
from autograd_rnn.sequence import Run, unroll

CELL_STEPS = 3  # over which a cell alone is unrolled
DOTS_AN_INCH = 96  # at scale 1, as in CSS
WIDEST, MOST_PIXELS = 32_767, 4 * 10**8  # of a PNG


@dataclass(frozen=True)
class Drawing:
    """A picture: what it shows at once, where everything is and the formats when asked for.

    Attributes:
        reading: the graph as it is read. scene: what of it is shown. look: how.
        title: what it is called. overlay: what is laid over it.
        heading: what is written above it, "" for nothing.
        timeout: seconds that Graphviz may take.
        scale: how many pixels of a PNG make one of the SVG.

    """

    reading: Reading = field(repr=False)
    scene: Scene = field(repr=False)
    look: Look = field(repr=False)
    title: str
    heading: str = field(default="", repr=False)
    timeout: float = 60.0
    scale: float = 2.0
    overlay: Overlay = field(default=BARE, repr=False)

    @cached_property
    @uncollected()
    def layout(self) -> Layout:
        """Where everything is: on lanes where there is time, else where Graphviz puts it."""
        try:
            return lay_out(self.scene, self.heading, self.overlay)
        except NoLanes:
            return caption(self.overlay(self._by_graphviz()), self.scene, self.heading)

    def _by_graphviz(self) -> Layout:
        refuse_if_hopeless(self.scene, self.timeout)
        try:
            return graphviz_layout(self.scene, self.timeout)
        except DrawingTimeout as error:
            raise DrawingTimeout(f"{error}; {advice(self.scene)}") from None

    @cached_property
    def dot(self) -> str:
        """The DOT source, the same bytes for the same call."""
        return dot_source(self.scene, self.look.theme, self.heading)

    def svg(self) -> str:
        """Return the picture as SVG, with a title and a description for screen readers."""
        return self._svg

    @cached_property
    @uncollected()
    def _svg(self) -> str:
        told = " ".join([describe(self.scene), *self.overlay.told])
        return svg_source(self.layout, self.look, self.title, told)

    def png(self) -> bytes:
        """Return the picture as PNG; raises ValueError for one too large for the format."""
        width, height = self.layout.width * self.scale, self.layout.height * self.scale
        if max(width, height) > WIDEST or width * height > MOST_PIXELS:
            raise ValueError(
                f"a PNG of {width:,.0f} by {height:,.0f} pixels is more than programs can show: "
                "draw fewer steps, choose a smaller scale=, or write an SVG"
            )
        return self._page("png", f"-Gdpi={DOTS_AN_INCH * self.scale:g}")

    def pdf(self) -> bytes:
        """Return the picture as PDF."""
        return self._page("pdf")

    def _page(self, kind: str, *options: str) -> bytes:
        source = xdot_source(self.layout, self.look)
        try:
            return render(source, "neato", [f"-T{kind}", "-n2", *options], self.timeout)
        except DrawingTimeout as error:
            instead = "an SVG takes no Graphviz; draw fewer steps, or choose timeout=..."
            raise DrawingTimeout(f"{error}; {instead} for more time") from None

    def tikz(self) -> str:
        r"""Return the picture as a `tikzpicture`, to be read by ``\input``."""
        return tikz_source(self.layout, self.look)

    def tex(self) -> str:
        """Return a LaTeX document of one page that is the picture."""
        return tex_source(self.layout, self.look)

    def save(self, file: str | os.PathLike[str]) -> Path:
        """Write the picture; the suffix chooses the format.

        Args:
            file: ends in .svg, .html, .png, .pdf, .tikz, .tex, .dot or .gv.

        Raises:
            ValueError: another suffix, or a picture that the format cannot hold.
            OSError: the file cannot be written there; nothing is left behind.
            DrawingTimeout, DrawingError: the time ran out, or Graphviz failed; the source is
                beside the file, in `file`.dot.

        """
        path = Path(file)
        content = FORMATS[_format_of(path)]
        try:
            write_whole(path, lambda: content(self))
        except (DrawingTimeout, DrawingError) as error:
            source = path.with_name(f"{path.name}.dot")
            write_whole(source, self.dot.encode)
            raise type(error)(f"{error}. The DOT source is in {source}") from None
        return path

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return bundle(self, self.svg)


PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>body {{ margin: 1rem; background: {paper}; }} svg {{ display: block; margin: auto; }}</style>
</head>
<body>
<main>
{picture}</main>
</body>
</html>
"""


def _page(drawing: Drawing) -> bytes:
    """Return a page of its own with the picture in it, which reads nothing else."""
    title, paper = escape(printable(drawing.title)), drawing.look.theme.paper
    return PAGE.format(title=title, paper=paper, picture=drawing.svg()).encode()


FORMATS: dict[str, Callable[[Drawing], bytes]] = {
    ".svg": lambda drawing: drawing.svg().encode(),
    ".html": _page,
    ".png": Drawing.png,
    ".pdf": Drawing.pdf,
    ".tikz": lambda drawing: drawing.tikz().encode(),
    ".tex": lambda drawing: drawing.tex().encode(),
    ".dot": lambda drawing: drawing.dot.encode(),
    ".gv": lambda drawing: drawing.dot.encode(),
}


@uncollected()
def draw(
    thing: Graph | Run | Tensor | Cell,
    file: str | os.PathLike[str] | None = None,
    *,
    view: str = "unrolled",
    show: str | Iterable[str] = (),
    steps: str | Iterable[int] = "elide",
    highlight: Any = None,
    notation: Any = None,
    theme: str = "light",
    scale: float = 2.0,
    collapse: str | Iterable[str] = (),
    expand: str | Iterable[str] = (),
    title: str | None = None,
    timeout: float = 60.0,
) -> Drawing:
    """Draw a graph: a column for each time step, a frame for each gate, a legend of parameters.

    Args:
        thing: a `Graph`; a `Run`; a `Tensor` or `Value`, with everything it was computed from;
            or a cell, which is unrolled over 3 steps of symbols.
        file: where to write it; .svg, .html, .png, .pdf, .tikz, .tex, .dot or .gv; None writes
            nothing.
        view: "unrolled", a box a gate at every step; "op", every operation at every step; "cell",
            every operation of one step; "rolled", one step, a box a gate. Graphs without time
            are drawn whole.
        show: any of "formulas", "values", "shapes", "grads", "norms" (of gradients), which adds
            lines to the boxes; "flow", which shows by width and colour how large a gradient flows
            back along each wire. Gradients are those of a scalar: draw the loss.
        steps: "elide" draws more than 4 steps as t = 1, 2, ..., T, and fewer where the picture
            could not be read on a slide: t = 1, ..., T, or the last alone; "all" draws each; or
            their numbers, such as range(3, 6).
        highlight: a path to point out: Tensors, nodes, or letters such as "c_1"; what lies between
            two of them is found. A shared weight, "W_f": the sum over time that is its gradient.
            ("W_f", 2, 5): its term by the use at step 2 and the loss of step 5.
        notation: whose letters: a notation of the derivations or its name, such as "ng".
        theme: "light", "dark" or "print".
        scale: how many pixels of a PNG make one of the SVG.
        collapse, expand: what is drawn with less or with more detail than `view` says: "gate" for
            all gates, the name of one, or a step, "t=2".
        title: a heading in the picture.
        timeout: seconds that Graphviz may take, which lays out graphs without time and draws PNG
            and PDF.

    Raises:
        TypeError: `thing` is none of these.
        ValueError: an option that does not exist, or `show` asks for what the graph has not.
        OSError: the file cannot be written.
        DrawingTimeout: the time ran out, or would; with a file, the source is saved beside it.
        DrawingError: Graphviz failed.

    """
    if file is not None:
        _format_of(Path(file))
    _known("theme", theme, THEMES)
    graph, recurrences = _graph_of(thing)
    words = words_of(show)
    spell = speller(graph, notation)
    fitted = fit(graph, recurrences, steps, view, spell, title or "")
    timeline = fitted.timeline
    scene = compose(graph, timeline, *annotator(graph, words), spell=spell)
    scene = view_of(scene, view if scene.columns else "op", collapse, expand)
    scene = replace(scene, low=fitted.low)
    reading = Reading(graph, timeline, spell)
    if FORMULAS in words:
        scene = with_formulas(scene, reading)
    overlay = overlay_of(reading, scene, words, highlight)
    colours = THEMES[theme].calm if overlay.calm else THEMES[theme]
    look = Look(colours, scene.groups, overlay.lit)
    named = title or scene.title
    drawing = Drawing(reading, scene, look, named, title or "", timeout, scale, overlay)
    if file is not None:
        drawing.save(file)
    return drawing


def _graph_of(thing: object) -> tuple[Graph, tuple[Recurrence, ...]]:
    """Return the graph of a thing, and the recurrences that it comes from, where it knows them."""
    if isinstance(thing, Cell):
        thing = unroll(thing, steps=CELL_STEPS)
    if isinstance(thing, Run):
        return thing.graph, (thing.recurrence,)
    if isinstance(thing, Tensor):
        return Graph(thing), ()
    if isinstance(thing, type) and issubclass(thing, Cell):
        name = thing.__name__
        raise TypeError(f"cannot draw the class {name}: draw {name}.init(inputs=3, hidden=2)")
    if not isinstance(thing, Graph):
        raise TypeError(
            f"cannot draw {type(thing).__name__}: draw a Graph, a Run, a Tensor, a Value or a cell"
        )
    if not thing.outputs:
        raise ValueError("this Graph has no outputs, so there is nothing to draw")
    return thing, ()


def _known(option: str, given: str, choices: Iterable[str]) -> None:
    if given not in choices:
        raise ValueError(f"{option}={given!r}: choose one of {', '.join(choices)}")


def _format_of(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise ValueError(f"{path.name!r}: the suffix must be one of {', '.join(FORMATS)}")
    return suffix


def write_whole(path: Path, content: Callable[[], bytes]) -> None:
    """Write a file whole or not at all; whether it can be written shows before it is drawn."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        try:
            with part.open("xb") as stream:
                stream.write(content())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except DrawingTimeout:
        raise
    except OSError as error:
        reason = f"cannot write the drawing ({error.strerror}): choose another file"
        raise OSError(error.errno, reason, str(path)) from None

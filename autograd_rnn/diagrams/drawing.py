"""`draw`: any graph, run, loss or cell as a picture, in a file or in a notebook."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from autograd_rnn.cells import Cell
from autograd_rnn.diagrams.accessible import accessible_svg
from autograd_rnn.diagrams.annotate import annotator
from autograd_rnn.diagrams.compose import compose
from autograd_rnn.diagrams.dot import dot_source
from autograd_rnn.diagrams.palette import THEMES
from autograd_rnn.diagrams.render import DrawingError, DrawingTimeout, render
from autograd_rnn.diagrams.scene import Scene
from autograd_rnn.diagrams.timeline import read_time
from autograd_rnn.engine import Graph, Tensor
from autograd_rnn.engine.rules.recurrence import Recurrence
from autograd_rnn.sequence import Run, unroll

CELL_STEPS = 3  # over which a cell alone is unrolled
STEPS = ("elide", "all")


@dataclass(frozen=True)
class Drawing:
    """A picture: its DOT source at once, the rendered formats when asked for.

    Attributes:
        scene: what it shows.
        dot: the source, the same bytes for the same call.
        title: what it is called.
        timeout: seconds that Graphviz may take for a format.

    """

    scene: Scene = field(repr=False)
    dot: str = field(repr=False)
    title: str
    timeout: float

    def svg(self) -> str:
        """Return the picture as SVG, with a title and a description for screen readers."""
        return self._svg

    @cached_property
    def _svg(self) -> str:
        return accessible_svg(self._rendered("svg"), self.scene, self.title)

    def png(self) -> bytes:
        """Return the picture as PNG, 192 pixels an inch."""
        return self._rendered("png")

    def pdf(self) -> bytes:
        """Return the picture as PDF."""
        return self._rendered("pdf")

    def _rendered(self, kind: str) -> bytes:
        return render(self.dot, kind, self.timeout)

    def save(self, file: str | os.PathLike[str]) -> Path:
        """Write the picture; the suffix chooses the format.

        Args:
            file: ends in .svg, .png, .pdf, .dot or .gv.

        Raises:
            ValueError: another suffix.
            OSError: the file cannot be written there; nothing is left behind.
            DrawingTimeout, DrawingError: the time ran out, or Graphviz failed; the source is
                beside the file, in `file`.dot.

        """
        path = Path(file)
        content = FORMATS[_format_of(path)]
        try:
            _write(path, lambda: content(self))
        except (DrawingTimeout, DrawingError) as error:
            source = path.with_name(f"{path.name}.dot")
            _write(source, self.dot.encode)
            raise type(error)(f"{error}. The DOT source is in {source}") from None
        return path

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        from autograd_rnn.diagrams.notebook import mimebundle

        return mimebundle(self)


FORMATS: dict[str, Callable[[Drawing], bytes]] = {
    ".svg": lambda drawing: drawing.svg().encode(),
    ".png": Drawing.png,
    ".pdf": Drawing.pdf,
    ".dot": lambda drawing: drawing.dot.encode(),
    ".gv": lambda drawing: drawing.dot.encode(),
}


def draw(
    thing: Graph | Run | Tensor | Cell,
    file: str | os.PathLike[str] | None = None,
    *,
    show: str | Iterable[str] = (),
    title: str | None = None,
    theme: str = "light",
    steps: str = "elide",
    timeout: float = 60.0,
) -> Drawing:
    """Draw a graph: a column for each time step, a frame for each gate, a legend of parameters.

    Args:
        thing: a `Graph`; a `Run`; a `Tensor` or `Value`, with everything it was computed from;
            or a cell, which is unrolled over 3 steps of symbols.
        file: where to write it; .svg, .png, .pdf, .dot or .gv. None writes nothing.
        show: any of "values", "shapes", "grads", which adds lines to the nodes. Gradients are
            those of a scalar: draw the loss.
        title: a heading in the picture.
        theme: "light", "dark" or "print".
        steps: "elide" draws more than 4 steps as t = 1, 2, ..., T; "all" draws each.
        timeout: seconds that Graphviz may take.

    Raises:
        TypeError: `thing` is none of these.
        ValueError: an option that does not exist, or `show` asks for what the graph has not.
        OSError: the file cannot be written.
        DrawingTimeout: the time ran out; with a file, the source is saved beside it.
        DrawingError: Graphviz failed.

    """
    if file is not None:
        _format_of(Path(file))
    _known("theme", theme, THEMES)
    _known("steps", steps, STEPS)
    graph, recurrences = _graph_of(thing)
    timeline = read_time(graph, recurrences, elide=steps == "elide")
    scene = compose(graph, timeline, *annotator(graph, show))
    source = dot_source(scene, THEMES[theme], title or "")
    drawing = Drawing(scene, source, title or scene.title, timeout)
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


def _write(path: Path, content: Callable[[], bytes]) -> None:
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

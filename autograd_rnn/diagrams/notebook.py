"""How graphs, runs and drawings show themselves in a notebook: as a picture, or as a sentence."""

from __future__ import annotations

from typing import Any

from autograd_rnn.diagrams.drawing import Drawing, draw
from autograd_rnn.engine import Graph
from autograd_rnn.sequence import Run

MOST_NODES = 50_000  # of a graph that is looked through at all
MOST_ITEMS = 500  # of a picture that is drawn unasked
PATIENCE = 10.0  # seconds, as nobody asked for the picture


def mimebundle(thing: Graph | Run | Drawing) -> dict[str, Any]:
    """Return the MIME bundle of a graph, a run or a drawing: SVG, and text for terminals.

    Where there is no picture, the text says why: nothing is ever raised in a notebook.
    """
    try:
        drawing = thing if isinstance(thing, Drawing) else _unasked(thing)
        return {"image/svg+xml": drawing.svg(), "text/plain": repr(thing)}
    except Exception as error:  # a notebook would print a traceback over the user's own result
        return {"text/plain": f"{thing!r}\n(no picture: {error})"}


def _unasked(thing: Graph | Run) -> Drawing:
    graph = thing.graph if isinstance(thing, Run) else thing
    if len(graph) > MOST_NODES:
        raise ValueError(f"{len(graph)} nodes are too many to draw unasked: draw(...) a part")
    drawing = draw(thing, timeout=PATIENCE)
    boxes = len(drawing.scene.items)
    if boxes > MOST_ITEMS:
        raise ValueError(f"{boxes} boxes are too many to draw unasked: draw(...)")
    return drawing

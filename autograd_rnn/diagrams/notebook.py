"""How graphs and runs show themselves in a notebook: as a picture, or as a sentence."""

from __future__ import annotations

from typing import Any

from autograd_rnn.diagrams.drawing import draw
from autograd_rnn.diagrams.mime import bundle
from autograd_rnn.engine import Graph
from autograd_rnn.sequence import Run

MOST_NODES = 50_000  # of a graph that is looked through at all
MOST_ITEMS = 500  # of a picture that is drawn unasked
PATIENCE = 10.0  # seconds, as nobody asked for the picture


def mimebundle(thing: Graph | Run) -> dict[str, Any]:
    """Return the MIME bundle of a graph or a run; a sentence where it is too large."""
    return bundle(thing, lambda: _unasked(thing))


def _unasked(thing: Graph | Run) -> str:
    graph = thing.graph if isinstance(thing, Run) else thing
    if len(graph) > MOST_NODES:
        raise ValueError(f"{len(graph)} nodes are too many to draw unasked: draw(...) a part")
    drawing = draw(thing, timeout=PATIENCE)
    boxes = len(drawing.scene.items)
    if boxes > MOST_ITEMS:
        raise ValueError(f"{boxes} boxes are too many to draw unasked: draw(...)")
    return drawing.svg()

"""How long Graphviz will take: a graph that it has no chance with is refused, with advice."""

from __future__ import annotations

from autograd_rnn.diagrams.graphviz.render import DrawingTimeout
from autograd_rnn.diagrams.scene.items import Kind, Scene
from autograd_rnn.diagrams.typography.letters import count_of

# Measured on random graphs of 300 to 3000 nodes, right within a factor of three. Graphviz swaps
# neighbours in a rank to cross fewer edges; an edge has a piece in every rank that it passes.
SECONDS_A_PIECE, SECONDS_A_SWAP = 2e-4, 3e-6
HOPELESS = 3.0  # times as long as there is


def estimated_seconds(scene: Scene) -> float:
    """Return about how long Graphviz needs to lay a scene out."""
    ranks = {item.id: 0 for item in scene.items}
    for edge in scene.edges:  # in the order of reading, so that a source is done before its reader
        if not edge.crosses:
            ranks[edge.target] = max(ranks[edge.target], ranks[edge.source] + 1)
    pieces = sum(max(1, ranks[edge.target] - ranks[edge.source]) for edge in scene.edges)
    beside = pieces / max(1, *ranks.values())
    return pieces * (SECONDS_A_PIECE + SECONDS_A_SWAP * beside)


def refuse_if_hopeless(scene: Scene, timeout: float) -> None:
    """Raise DrawingTimeout, with advice, for what Graphviz will not lay out in time."""
    seconds = estimated_seconds(scene)
    if seconds > HOPELESS * timeout:
        raise DrawingTimeout(
            f"Graphviz would need about {_spoken(seconds)} for this, and has {timeout:g} s; "
            f"{advice(scene)}"
        )


def advice(scene: Scene) -> str:
    """Say how large a scene is, and which option makes it smaller."""
    boxes = sum(item.kind is not Kind.ALIAS for item in scene.items)
    size = f"it has {count_of(boxes, 'box', 'boxes')} and {count_of(len(scene.edges), 'arrow')}"
    options = ["view='cell' or collapse='gate'"] if scene.groups else []
    options += ["fewer steps (steps='elide')"] if scene.columns else []
    options += ["a part of it, draw(x) for an inner Tensor x", "timeout=... for more time"]
    return f"{size}: choose {', or '.join(options)}"


def _spoken(seconds: float) -> str:
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return count_of(round(seconds / size), unit)
    return count_of(round(seconds), "second")

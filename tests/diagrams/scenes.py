"""Networks to draw: distinct sizes, random unequal weights, seeded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

import autograd_rnn as ar
from autograd_rnn.diagrams.lanes.fitting import fit
from autograd_rnn.diagrams.scene.compose import compose
from autograd_rnn.diagrams.scene.items import Item, Scene
from autograd_rnn.diagrams.scene.timeline import Timeline, read_time
from autograd_rnn.diagrams.scene.views import view_of

BATCH, INPUTS, HIDDEN, CLASSES = 2, 3, 4, 5
CELLS = {"rnn": ar.RNNCell, "lstm": ar.LSTMCell, "gru": ar.GRUCell}


def cell_of(kind: str) -> ar.Cell:
    return CELLS[kind].init(inputs=INPUTS, hidden=HIDDEN, rng=7)


def run_of(kind: str, steps: int) -> ar.Run:
    xs = np.random.default_rng(8).normal(size=(BATCH, steps, INPUTS))
    return ar.unroll(cell_of(kind), xs)


def loss_of(run: ar.Run) -> ar.Tensor:
    """Cross-entropy at every step, each at its step, summed as anyone would."""
    rng = np.random.default_rng(9)
    readout = ar.Dense.init(HIDDEN, CLASSES, rng=10)
    losses = []
    for t, h in enumerate(run.outputs, start=1):
        with ar.at(t=t):
            y = ar.Tensor(np.eye(CLASSES)[rng.integers(CLASSES, size=BATCH)], name="y")
            losses.append(ar.cross_entropy(readout(h), y))
    return sum(losses).named("L")


def scene_of(thing: Any, elide: bool = True) -> tuple[Scene, ar.Graph, Timeline]:
    graph = thing.graph if isinstance(thing, ar.Run) else ar.Graph(thing)
    timeline = read_time(graph, steps="elide" if elide else "all")
    return compose(graph, timeline), graph, timeline


def items_by_letter(scene: Scene, letter: str) -> list[Item]:
    return [item for item in scene.items if str(item.letter) == letter]


def scene_from(thing: Any, view: str = "op", steps: Any = "elide", **options: Any) -> Scene:
    """Return a view of a graph, a run or a loss."""
    known = (thing.recurrence,) if isinstance(thing, ar.Run) else ()
    if isinstance(thing, ar.Run):
        thing = thing.graph
    graph = thing if isinstance(thing, ar.Graph) else ar.Graph(thing)
    fitted = fit(graph, known, steps, view)
    return replace(view_of(compose(graph, fitted.timeline), view, **options), low=fitted.low)

"""The work that is timed, ours and the peers'."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

import autograd_rnn as ar
from autograd_rnn.diagrams.graphviz.render import render
from derivations import closed_form

Job = Callable[[], Any]
SIZES = {"S0": (1, 10, 8, 8), "S1": (1, 50, 16, 16), "S2": (16, 50, 32, 32)}
GATES = "figo"


def tensor_rows() -> dict[str, dict[str, Job]]:
    """Loss = Σ h_T² of an LSTM; ours first, then every peer that is installed."""
    rows = {}
    for label, (batch, steps, inputs, hidden) in SIZES.items():
        xs = np.random.default_rng(0).normal(size=(batch, steps, inputs))
        cell = ar.LSTMCell.init(inputs, hidden, rng=0)
        jobs = {"ours, backward()": lambda cell=cell, xs=xs: _ours(cell, xs)}
        jobs["ours, recorded backward"] = lambda cell=cell, xs=xs: _ours_recorded(cell, xs)
        if find_spec("autograd"):
            jobs["HIPS autograd"] = _hips(cell, xs)
        if find_spec("torch"):
            jobs["torch LSTMCell loop"] = _torch(cell, xs)
        rows[f"{label} {(batch, steps, inputs, hidden)}"] = jobs
    return rows


def _loss(cell: Any, xs: Any) -> Any:
    last = ar.unroll(cell, xs).outputs[-1]
    return (last * last).sum()


def _ours(cell: Any, xs: Any) -> Any:
    _loss(cell, xs).backward()


def _ours_recorded(cell: Any, xs: Any) -> Any:
    return ar.value_and_grad(_loss)(cell, xs)


def _hips(cell: Any, xs: Any) -> Job:
    import autograd.numpy as anp
    from autograd import value_and_grad

    parameters = {name: np.array(p.data) for name, p in cell.parameters.items()}

    def sigma(a: Any) -> Any:
        return 1.0 / (1.0 + anp.exp(-a))

    def loss(p: Any) -> Any:
        h = c = np.zeros((len(xs), cell.hidden))
        for t in range(xs.shape[1]):
            hx = anp.concatenate([h, xs[:, t]], axis=1)
            a = {q: anp.dot(hx, p[f"W_{q}"].T) + p[f"b_{q}"] for q in GATES}
            c = sigma(a["f"]) * c + sigma(a["i"]) * anp.tanh(a["g"])
            h = sigma(a["o"]) * anp.tanh(c)
        return anp.sum(h * h)

    return lambda: value_and_grad(loss)(parameters)


def _torch(cell: Any, xs: Any) -> Job:
    import torch

    peer = torch.nn.LSTMCell(cell.inputs, cell.hidden, dtype=torch.float64)
    data = torch.tensor(xs)

    def job() -> None:
        state = None
        for t in range(data.shape[1]):
            state = peer(data[:, t], state)
        (state[0] ** 2).sum().backward()

    return job


# --- scalars -------------------------------------------------------------------------------------


def scalar_rows() -> dict[str, dict[str, Job]]:
    """An RNN with relu (all that micrograd has), every number a node of its own."""
    jobs = {"ours, Value": lambda: _scalar_rnn(ar.Value)}
    if find_spec("micrograd"):
        from micrograd.engine import Value as Peer

        jobs["micrograd"] = lambda: _scalar_rnn(Peer)
    return {"RNN, 8 units, 20 steps": jobs}


def _scalar_rnn(number: Any, size: int = 8, steps: int = 20) -> None:
    rng = np.random.default_rng(0)
    shape = (size, 2 * size)
    weights = [[number(float(w)) for w in row] for row in rng.normal(0.0, 0.3, size=shape)]
    h = [number(0.0)] * size
    for x in rng.normal(size=(steps, size)):
        hx = [*h, *map(float, x)]
        h = [_dot(row, hx).relu() for row in weights]
    _dot(h, h).backward()


def _dot(row: Any, column: Any) -> Any:
    total = row[0] * column[0]
    for a, b in zip(row[1:], column[1:], strict=True):
        total = total + a * b
    return total


# --- drawing -------------------------------------------------------------------------------------


def drawing_rows() -> dict[str, dict[str, Job]]:
    """An unrolled LSTM at op level to SVG; as a peer `dot`, of the same graph as tracers write it.

    Tracers (torchviz, micrograd's notebook) write a node for each operation and for each weight,
    which all steps share, and leave the rest to `dot`.
    """
    rows = {}
    for steps in (2, 4, 8):
        run = ar.unroll(ar.LSTMCell.init(3, 2, rng=0), steps=steps)
        traced = _traced(run.graph)
        rows[f"LSTM, {steps} steps"] = {
            "ours": lambda run=run: ar.draw(run, view="op", steps="all").svg(),
            "dot": lambda traced=traced: render(traced, "dot", ["-Tsvg"], 600.0),
        }
    return rows


def _traced(graph: ar.Graph) -> str:
    lines = [f'{number} [label="{node.name or node.op}"]' for node, number in graph.ids.items()]
    lines += [f"{graph.ids[b]} -> {graph.ids[n]}" for n in graph.nodes for b in n.inputs]
    return "digraph { rankdir=LR; " + "; ".join(lines) + " }"


def unrolled_drawing(steps: int) -> None:
    """an LSTM unrolled over symbols and drawn to SVG, every operation of every step"""
    ar.draw(ar.unroll(ar.LSTMCell.init(3, 2, rng=0), steps=steps), view="op", steps="all").svg()


# --- what must grow linearly ---------------------------------------------------------------------


def scalar_lstm_program(steps: int) -> None:
    """all gradients of a scalar LSTM, derived as SymPy equations"""
    form = closed_form("lstm").on_elements(1, 1, steps)
    assert len(form.equations) >= 12 * steps


def matrix_closed_form(steps: int) -> None:
    """the matrix closed form of an LSTM, n = 32, m = 16, B = 4, evaluated"""
    _evaluated(steps)


def _evaluated(steps: int) -> None:
    rng = np.random.default_rng(0)
    cell = ar.LSTMCell.init(16, 32, rng=rng)
    closed_form("lstm").evaluate(
        {name: np.asarray(p.data) for name, p in cell.parameters.items()},
        rng.normal(size=(4, steps, 16)),
        rng.normal(size=(4, steps, 32)),
    )


def unrolled_backward(steps: int) -> None:
    """an LSTM unrolled and differentiated, (batch, inputs, hidden) = (4, 16, 32)"""
    xs = np.random.default_rng(0).normal(size=(4, steps, 16))
    _ours(ar.LSTMCell.init(16, 32, rng=0), xs)

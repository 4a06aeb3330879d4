"""An LSTM worked by hand and printed: states, deltas of the gates, weights after a step."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from autograd_rnn.cells import LSTMCell
from autograd_rnn.engine import Graph, backward_steps
from autograd_rnn.layers import squared_error
from autograd_rnn.sequence import unroll

PRINTED = json.loads((Path(__file__).parents[1] / "data" / "gomez_lstm.json").read_text())
EXPECTED = PRINTED["expected"]
ROW = {"g": 0, "i": 1, "f": 2, "o": 3}  # his rows are a (our g), i, f, o


def stored(W, U, b):
    """Our layout: W_q acts on [h, x], so his U comes first."""
    return {f"W_{q}": np.array([[U[r], *W[r]]]) for q, r in ROW.items()} | {
        f"b_{q}": np.array([b[r]]) for q, r in ROW.items()
    }


@pytest.fixture
def cell():
    given = PRINTED["inputs"]
    return LSTMCell(**stored(given["W_aifo"], given["U_aifo"], given["b_aifo"]))


@pytest.fixture
def run(cell):
    return unroll(cell, np.array(PRINTED["inputs"]["x"])[None])


@pytest.fixture
def loss(run):
    return sum(
        squared_error(h, np.array([[y]]))
        for h, y in zip(run.outputs, PRINTED["inputs"]["y"], strict=True)
    )


@pytest.mark.parametrize("t", [1, 2])
def test_states_and_gates(run, t):
    named = {n.name: n.value.item() for n in run.graph if n.place.t == t and n.name}
    printed = dict(zip("gifoch", EXPECTED[f"t{t - 1}"], strict=True))
    assert {letter: named[letter] for letter in printed} == pytest.approx(printed, rel=1e-15)


@pytest.mark.parametrize("t", [1, 2])
def test_deltas_of_the_gates(loss, t):
    upstream = {
        (step.node.name, step.node.place.t): step.upstream
        for step in backward_steps(loss)
        if step.node.name
    }
    printed = EXPECTED[f"delta_gates_t{t - 1}_aifo"]
    for q, row in ROW.items():
        assert upstream[f"a_{q}", t].item() == pytest.approx(printed[row], rel=1e-13, abs=1e-17)


def test_backward_leaves_the_same_deltas(loss):
    loss.backward()
    for node in Graph(loss):
        if node.name.startswith("a_"):
            printed = EXPECTED[f"delta_gates_t{node.place.t - 1}_aifo"][ROW[node.name[2:]]]
            assert node.box.grad.item() == pytest.approx(printed, rel=1e-13, abs=1e-17)


def test_the_weights_after_one_step_of_gradient_descent(cell, loss):
    loss.backward()
    for p in cell.parameters.values():
        p.data -= 0.1 * p.grad
    after = stored(EXPECTED["W_after_sgd_0.1"], EXPECTED["U_after"], EXPECTED["b_after"])
    for name, printed in after.items():
        updated = cell.parameters[name].data
        np.testing.assert_allclose(updated, printed, rtol=0, atol=5.1e-9)  # eight digits

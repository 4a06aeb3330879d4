"""Counts of the catalogue against those of the engine, and bounds against real networks."""

import numpy as np
import pytest

import autograd_rnn as ar
from derivations import derive


def test_the_census_of_the_equations_is_that_of_the_graph():
    graph = ar.census(ar.LSTMCell.init(3, 2, rng=0))
    for line in derive("census").statement.lines:
        assert graph[line.left.text()] == int(line.right.text())


COUNTS = {
    "RNN": (ar.RNNCell, {}),
    "LSTM": (ar.LSTMCell, {}),
    "LSTM, diagonal peepholes": (ar.LSTMCell, {"peepholes": "diagonal"}),
    "LSTM, matrix peepholes": (ar.LSTMCell, {"peepholes": "matrix"}),
    "GRU": (ar.GRUCell, {}),
    "GRU, no bias": (ar.GRUCell, {"bias": False}),
    "GRU, reset after": (ar.GRUCell, {"reset": "after"}),
    "GRU, simplified": (ar.GRUCell, {"reset": "none"}),
}


@pytest.mark.parametrize("name", COUNTS)
def test_parameter_counts_are_those_of_the_cells(name):
    make, settings = COUNTS[name]
    m, n = 3, 5
    cell = make.init(m, n, rng=0, **settings)
    (line,) = (x for x in derive("parameter-counts").statement.lines if x.left.text() == name)
    counted = line.right.text().replace("²", "**2").replace("n m", "n*m").replace("m n", "n*m")
    for spaced in ("2 n", "3 n", "4 (", "3 (", "2 ("):
        counted = counted.replace(spaced, spaced.replace(" ", "*"))
    total = sum(int(np.prod(p.shape)) for p in cell.parameters.values())
    assert eval(counted, {"n": n, "m": m}) == total


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
def test_the_norm_bound_holds_for_a_network_of_the_engine(scale):
    rng = np.random.default_rng(3)
    cell = ar.RNNCell.init(inputs=3, hidden=5, rng=rng)
    cell.W.data = scale * rng.normal(size=cell.W.shape) / np.sqrt(5)
    xs = rng.normal(size=(1, 6, 3))
    largest = np.linalg.svd(cell.W.data[:, :5])[1][0]

    def last_state(h_0):
        return ar.unroll(cell, xs, state=(h_0.reshape(1, 5),)).outputs[6].reshape(5)

    jacobian = ar.jacobian(last_state)(ar.Tensor(rng.normal(size=5)))
    assert np.linalg.norm(np.asarray(jacobian.data), 2) <= largest**6

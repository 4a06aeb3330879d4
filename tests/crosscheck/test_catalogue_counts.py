"""Counts of the catalogue against those of the engine, and bounds against real networks."""

import numpy as np
import pytest
from sympy import Symbol

import autograd_rnn as ar
from derivations import derive
from derivations.catalogue import VARIANTS
from derivations.chance.scalar_algebra import as_sympy
from derivations.counting import SORTS

CELLS = {"rnn": ar.RNNCell, "lstm": ar.LSTMCell, "gru": ar.GRUCell}


@pytest.mark.parametrize(
    ("cell", "variant"),
    [
        (cell, variant)
        for cell in CELLS
        for variant in (None, *VARIANTS[cell])
        if variant != "linear"  # nothing but an affine map: there is nothing to count
    ],
)
def test_the_census_of_the_equations_is_that_of_the_graph(cell, variant):
    settings = VARIANTS[cell][variant] if variant else {}
    graph = ar.census(CELLS[cell].init(3, 2, rng=0, **settings))
    statement = derive("census", cell=cell, variant=variant).statement
    counted = {line.left.text(): int(line.right.text()) for line in statement.lines}
    assert counted == {sort: graph[sort] for sort in SORTS if graph.get(sort)}


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
    polynomial = as_sympy(line.right)
    counted = polynomial.subs(
        {size: {"n": n, "m": m}[size.name] for size in polynomial.atoms(Symbol)}
    )
    assert counted == sum(int(np.prod(p.shape)) for p in cell.parameters.values())


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

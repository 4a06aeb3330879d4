"""The census of a step: operations counted on the graph, by sort."""

from __future__ import annotations

import pytest

from autograd_rnn.cells import GRUCell, LSTMCell, RNNCell, census

LSTM = {"activations": 5, "elementwise products": 3, "additions": 1, "matrix products": 4}
GRU = {"activations": 3, "elementwise products": 3, "additions": 1, "subtractions": 1}


@pytest.mark.parametrize(
    ("cell", "settings", "counts"),
    [
        (LSTMCell, {}, {**LSTM, "biases": 4, "concatenations": 1}),  # the lecture's statement
        (LSTMCell, {"bias": False}, {**LSTM, "biases": 0}),
        (LSTMCell, {"output_activation": "identity"}, {**LSTM, "activations": 4}),
        (
            LSTMCell,
            {"coupled": True},
            {**LSTM, "activations": 4, "matrix products": 3, "subtractions": 1},
        ),
        (
            LSTMCell,
            {"peepholes": "diagonal"},
            {**LSTM, "elementwise products": 6, "additions": 4},
        ),
        (LSTMCell, {"peepholes": "matrix"}, {**LSTM, "matrix products": 7, "additions": 4}),
        (LSTMCell, {"projection": 2}, {**LSTM, "matrix products": 5}),
        (LSTMCell, {"clip": 1.0}, {**LSTM, "maximum": 4, "minimum": 4}),
        (GRUCell, {}, {**GRU, "matrix products": 3, "biases": 3, "concatenations": 2}),
        (GRUCell, {"reset": "none"}, {**GRU, "activations": 2, "elementwise products": 2}),
        (GRUCell, {"reset": "after"}, {**GRU, "matrix products": 4, "additions": 2, "biases": 4}),
        (RNNCell, {}, {"activations": 1, "matrix products": 1, "biases": 1}),
        (RNNCell, {"activation": "identity"}, {"activations": 0, "matrix products": 1}),
    ],
)
def test_counts(cell, settings, counts):
    found = census(cell.init(inputs=3, hidden=2, **settings))
    assert {sort: found.get(sort, 0) for sort in counts} == counts


def test_it_is_of_the_graph_and_not_of_the_name():
    class Doubled(LSTMCell):
        def __call__(self, x, state):
            h, c = super().__call__(x, state)
            return h + h * h, c

    found = census(Doubled.init(inputs=3, hidden=2))
    assert (found["elementwise products"], found["additions"]) == (4, 2)

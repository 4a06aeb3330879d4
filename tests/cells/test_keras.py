"""The same functions in Keras, on PyTorch: outputs, states and gradients, with a mask and without.

In float32: on PyTorch, Keras casts what it multiplies to float32, whatever it is told to use.
"""

from __future__ import annotations

import os

import numpy as np
import pytest

from autograd_rnn.cells import CELLS
from autograd_rnn.cells.conventions import gradients_to_convention, to_convention
from autograd_rnn.engine import grad
from autograd_rnn.sequence import unroll
from tests.engine.numerics import close

pytestmark = pytest.mark.oracles
REASON = "Keras is not installed: pip install .[oracles]"
torch = pytest.importorskip("torch", reason=REASON)
os.environ.setdefault("KERAS_BACKEND", "torch")  # read when Keras is imported
keras = pytest.importorskip("keras", reason=REASON)

BATCH, T, M, N = 2, 6, 3, 5
TOLERANCE = 16 * np.finfo(np.float32).eps
MASK = np.array([[1, 1, 0, 1, 1, 0], [0, 1, 1, 1, 0, 1]], dtype=bool)
LAYERS = {"rnn": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}
BEFORE = {"reset": "before", "keeps": "z"}
AFTER = {"reset": "after", "keeps": "z"}

CASES = [
    pytest.param("rnn", {}, {}, id="rnn"),
    pytest.param("rnn", {"activation": "relu"}, {"activation": "relu"}, id="rnn-relu"),
    pytest.param("lstm", {}, {}, id="lstm"),
    pytest.param("lstm", {"bias": False}, {"use_bias": False}, id="lstm-no-bias"),
    pytest.param(
        "lstm", {"gate_activation": "tanh"}, {"recurrent_activation": "tanh"}, id="lstm-gates-tanh"
    ),
    pytest.param("gru", AFTER, {"reset_after": True}, id="gru-after"),
    pytest.param("gru", BEFORE, {"reset_after": False}, id="gru-before"),
    pytest.param("gru", AFTER | {"bias": False}, {"use_bias": False}, id="gru-no-bias"),
]


def single(array):
    return torch.tensor(array, dtype=torch.float32)


def layer_with(kind, arrays, options):
    """Keras's layer with these weights, all of them, in its own order."""
    layer = LAYERS[kind](
        N,
        return_sequences=True,
        return_state=True,
        zero_output_for_mask=True,
        **options,
    )
    layer.build((BATCH, T, M))
    assert [weight.name for weight in layer.weights] == list(arrays)
    layer.set_weights(list(arrays.values()))
    return layer


@pytest.mark.parametrize("mask", [None, MASK], ids=["all-steps", "mask"])
@pytest.mark.parametrize(("kind", "settings", "options"), CASES)
def test_outputs_states_and_gradients(kind, settings, options, mask):
    rng = np.random.default_rng(51)
    shapes = CELLS[kind].shapes(M, N, **settings)
    cell = CELLS[kind](**{k: rng.normal(size=s) / 2 for k, s in shapes.items()}, **settings)
    xs = rng.normal(size=(BATCH, T, M))
    initial = [rng.normal(size=(BATCH, N)) for _ in cell.slots]
    shapes_of_found = [(BATCH, T, N), *[(BATCH, N) for _ in cell.slots]]
    weights = [rng.normal(size=shape) for shape in shapes_of_found]

    def outputs(cell):
        run = unroll(cell, xs, state=tuple(initial), mask=mask)
        return [run.stacked, *run.states[-1]]

    def total(found, weights):
        return sum((w * y).sum() for w, y in zip(weights, found, strict=True))

    layer = layer_with(kind, to_convention(cell, "keras"), options)
    given = {} if mask is None else {"mask": torch.tensor(mask)}
    expected = layer(single(xs), initial_state=[single(state) for state in initial], **given)
    for y, wanted in zip(outputs(cell), expected, strict=True):
        close(y.data, wanted.detach().numpy(), TOLERANCE)

    total(expected, [single(w) for w in weights]).backward()
    gradients = grad(lambda cell: total(outputs(cell), weights))(cell)
    found = gradients_to_convention(gradients, "keras")
    assert len(layer.weights) == len(found)
    for weight in layer.weights:
        close(found[weight.name], weight.value.grad.numpy(), TOLERANCE)

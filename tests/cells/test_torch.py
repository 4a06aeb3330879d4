"""The same functions in PyTorch, in float64: outputs, states, and every gradient."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_rnn.cells import GRUCell, LSTMCell, RNNCell
from autograd_rnn.engine import Tensor
from autograd_rnn.sequence import unroll
from tests.engine.numerics import close

pytestmark = pytest.mark.oracles
torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install .[oracles]")

BATCH, T, M, N = 2, 6, 3, 5
GATES = {"rnn": ("",), "lstm": ("i", "f", "g", "o")}  # the order of PyTorch's rows


def parameters_of(kind, rng):
    """Random weights by our names; no two gates alike."""
    found = {}
    for q in GATES[kind]:
        suffix = f"_{q}" if q else ""
        found[f"W{suffix}"] = rng.normal(size=(N, N + M)) / 2
        found[f"b{suffix}"] = rng.normal(size=N)
    return found


def rows_of(kind, parameters):
    """The same as PyTorch stores it: all gates' rows, input and recurrent weights apart."""
    suffixes = [f"_{q}" if q else "" for q in GATES[kind]]
    W = np.concatenate([np.asarray(parameters[f"W{s}"]) for s in suffixes])
    b = np.concatenate([np.asarray(parameters[f"b{s}"]) for s in suffixes])
    return {"weight_hh_l0": W[:, :N], "weight_ih_l0": W[:, N:], "bias_ih_l0": b}


CASES = [
    pytest.param("rnn", {"activation": "tanh"}, {"nonlinearity": "tanh"}, id="rnn-tanh"),
    pytest.param("rnn", {"activation": "relu"}, {"nonlinearity": "relu"}, id="rnn-relu"),
    pytest.param("lstm", {}, {}, id="lstm"),
]


@pytest.mark.parametrize(("kind", "ours", "theirs"), CASES)
def test_outputs_states_and_gradients(kind, ours, theirs):
    rng = np.random.default_rng(31)
    parameters = parameters_of(kind, rng)
    xs = rng.normal(size=(BATCH, T, M))
    slots = ("h", "c") if kind == "lstm" else ("h",)
    initial = [rng.normal(size=(BATCH, N)) for _ in slots]
    weights = [rng.normal(size=(BATCH, T, N)), *[rng.normal(size=(BATCH, N)) for _ in slots]]

    cell = {"rnn": RNNCell, "lstm": LSTMCell}[kind](**parameters, **ours)
    inputs, state = Tensor(xs), tuple(Tensor(s) for s in initial)
    run = unroll(cell, inputs, state=state)
    found = [run.stacked, *run.states[-1]]
    sum((w * y).sum() for w, y in zip(weights, found, strict=True)).backward()

    module = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM}[kind](M, N, batch_first=True, **theirs)
    module = module.double()
    with torch.no_grad():
        module.bias_hh_l0.zero_()
        for name, array in rows_of(kind, parameters).items():
            getattr(module, name).copy_(torch.tensor(array))
    held_xs = torch.tensor(xs, requires_grad=True)
    held = [torch.tensor(s, requires_grad=True) for s in initial]
    given = [s[None] for s in held]
    outputs, last = module(held_xs, tuple(given) if kind == "lstm" else given[0])
    expected = [outputs, *[s[0] for s in (last if kind == "lstm" else [last])]]
    sum((torch.tensor(w) * y).sum() for w, y in zip(weights, expected, strict=True)).backward()

    for y, wanted in zip(found, expected, strict=True):
        close(y.data, wanted.detach().numpy(), 1e-12)
    gradients = rows_of(kind, {name: p.grad for name, p in cell.parameters.items()})
    for name, gradient in gradients.items():
        close(gradient, getattr(module, name).grad.numpy(), 1e-12)
    close(inputs.grad, held_xs.grad.numpy(), 1e-12)
    for s, wanted in zip(state, held, strict=True):
        close(s.grad, wanted.grad.numpy(), 1e-12)


# torch.nn.GRU resets after the product, with a second bias, and its z keeps the past: another
# function. Where the candidate reads no past, r * (0 h) = 0 (r * h), and the two are one, once z's
# rows are negated, which turns z into 1 - z.


def test_a_gru_whose_candidate_reads_no_past_is_pytorchs_with_z_negated():
    rng = np.random.default_rng(32)
    parameters = {}
    for q in "rzg":
        parameters[f"W_{q}"] = rng.normal(size=(N, N + M)) / 2
        parameters[f"b_{q}"] = rng.normal(size=N)
    parameters["W_g"][:, :N] = 0.0
    xs, initial = rng.normal(size=(BATCH, T, M)), rng.normal(size=(BATCH, N))
    weights = rng.normal(size=(BATCH, T, N))

    cell = GRUCell(**parameters)
    inputs, state = Tensor(xs), Tensor(initial)
    run = unroll(cell, inputs, state=(state,))
    (run.stacked * weights).sum().backward()

    sign = {"r": 1.0, "z": -1.0, "g": 1.0}  # PyTorch's order of rows
    W = np.concatenate([sign[q] * parameters[f"W_{q}"] for q in sign])
    b = np.concatenate([sign[q] * parameters[f"b_{q}"] for q in sign])
    module = torch.nn.GRU(M, N, batch_first=True).double()
    with torch.no_grad():
        module.bias_hh_l0.zero_()
        module.weight_hh_l0.copy_(torch.tensor(W[:, :N]))
        module.weight_ih_l0.copy_(torch.tensor(W[:, N:]))
        module.bias_ih_l0.copy_(torch.tensor(b))
    held_xs = torch.tensor(xs, requires_grad=True)
    held = torch.tensor(initial[None], requires_grad=True)
    outputs, _ = module(held_xs, held)
    (outputs * torch.tensor(weights)).sum().backward()

    close(run.stacked.data, outputs.detach().numpy(), 1e-12)
    close(inputs.grad, held_xs.grad.numpy(), 1e-12)
    close(state.grad, held.grad[0].numpy(), 1e-12)
    rows = [slice(0, N), slice(N, 2 * N), slice(2 * N, 3 * N)]
    for q, part in zip(sign, rows, strict=True):
        ours = getattr(cell, f"W_{q}").grad
        close(ours[:, N:], sign[q] * module.weight_ih_l0.grad.numpy()[part], 1e-12)
        close(getattr(cell, f"b_{q}").grad, sign[q] * module.bias_ih_l0.grad.numpy()[part], 1e-12)
        if q != "g":  # there r * (R_g h) and R_g (r * h) have different slopes in R_g
            close(ours[:, :N], sign[q] * module.weight_hh_l0.grad.numpy()[part], 1e-12)

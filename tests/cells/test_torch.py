"""The same functions in PyTorch, through its convention: outputs, states, and every gradient."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_rnn.cells import CELLS
from autograd_rnn.cells.conventions import (
    from_convention,
    gradients_from_convention,
    gradients_to_convention,
    to_convention,
)
from autograd_rnn.engine import Tensor, grad
from autograd_rnn.sequence import unroll
from tests.engine.numerics import close

pytestmark = pytest.mark.oracles
torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install .[oracles]")

BATCH, T, M, N = 2, 6, 3, 5
SPLIT = 0.3  # of a bias that PyTorch has twice
MODULES = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
RESET_AFTER = {"reset": "after", "keeps": "z"}

CASES = [
    pytest.param("rnn", {"activation": "tanh"}, {"nonlinearity": "tanh"}, id="rnn-tanh"),
    pytest.param("rnn", {"activation": "relu"}, {"nonlinearity": "relu"}, id="rnn-relu"),
    pytest.param("rnn", {"bias": False}, {"bias": False}, id="rnn-no-bias"),
    pytest.param("lstm", {}, {}, id="lstm"),
    pytest.param("lstm", {"bias": False}, {"bias": False}, id="lstm-no-bias"),
    pytest.param("gru", RESET_AFTER, {}, id="gru"),
    pytest.param("gru", RESET_AFTER | {"bias": False}, {"bias": False}, id="gru-no-bias"),
]


class Problem:
    """A random cell, data, initial states, and weights that make a loss of all outputs."""

    def __init__(self, kind, settings):
        rng = np.random.default_rng(31)
        shapes = CELLS[kind].shapes(M, N, **settings)
        parameters = {name: rng.normal(size=shape) / 2 for name, shape in shapes.items()}
        self.cell = CELLS[kind](**parameters, **settings)
        self.xs = rng.normal(size=(BATCH, T, M))
        self.initial = [rng.normal(size=(BATCH, N)) for _ in self.cell.slots]
        self.weights = [
            rng.normal(size=(BATCH, T, N)),
            *[rng.normal(size=(BATCH, N)) for _ in self.cell.slots],
        ]

    def ours(self, cell, xs, *initial):
        """All outputs and the last state, and the loss."""
        run = unroll(cell, xs, state=initial)
        found = [run.stacked, *run.states[-1]]
        return found, sum((w * y).sum() for w, y in zip(self.weights, found, strict=True))

    def theirs(self, module, xs, *initial):
        """The same by PyTorch, whose states have an axis for layers."""
        given = tuple(state[None] for state in initial)
        outputs, last = module(xs, given if len(given) > 1 else given[0])
        found = [outputs, *[state[0] for state in (last if len(given) > 1 else [last])]]
        weighted = zip(self.weights, found, strict=True)
        return found, sum((torch.tensor(w) * y).sum() for w, y in weighted)


def module_with(kind, arrays, options):
    """PyTorch's layer in float64 with these parameters, all of them."""
    module = MODULES[kind](M, N, batch_first=True, dtype=torch.float64, **options)
    module.load_state_dict({name: torch.tensor(array) for name, array in arrays.items()})
    return module


@pytest.mark.parametrize(("kind", "settings", "options"), CASES)
def test_outputs_states_and_gradients(kind, settings, options):
    problem = Problem(kind, settings)
    cell, inputs = problem.cell, [Tensor(array) for array in (problem.xs, *problem.initial)]
    found, loss = problem.ours(cell, *inputs)
    loss.backward()
    gradients = grad(lambda cell: problem.ours(cell, problem.xs, *problem.initial)[1])(cell)

    module = module_with(kind, to_convention(cell, "pytorch", split=SPLIT), options)
    held = [torch.tensor(array, requires_grad=True) for array in (problem.xs, *problem.initial)]
    expected, their_loss = problem.theirs(module, *held)
    their_loss.backward()
    their_gradients = {name: p.grad.numpy() for name, p in module.named_parameters()}

    for y, wanted in zip(found, expected, strict=True):
        close(y.data, wanted.detach().numpy(), 1e-12)
    for x, wanted in zip(inputs, held, strict=True):
        close(x.grad, wanted.grad.numpy(), 1e-12)
    in_their_form = gradients_to_convention(gradients, "pytorch")
    assert in_their_form.keys() == their_gradients.keys()
    for name, wanted in their_gradients.items():
        close(in_their_form[name], wanted, 1e-12)
    in_our_form = gradients_from_convention("pytorch", their_gradients, kind=kind)
    for name, p in cell.parameters.items():
        close(in_our_form.parameters[name].data, p.grad, 1e-12)


@pytest.mark.parametrize(("kind", "settings", "options"), CASES)
def test_a_layer_of_pytorchs_becomes_our_cell(kind, settings, options):
    torch.manual_seed(32)
    problem = Problem(kind, settings)
    module = MODULES[kind](M, N, batch_first=True, dtype=torch.float64, **options)
    arrays = {name: tensor.numpy() for name, tensor in module.state_dict().items()}
    activation = {"activation": settings["activation"]} if "activation" in settings else {}
    cell = from_convention("pytorch", arrays, kind=kind, **activation)
    assert cell.settings == problem.cell.settings
    found, _ = problem.ours(cell, problem.xs, *problem.initial)
    expected, _ = problem.theirs(module, *map(torch.tensor, (problem.xs, *problem.initial)))
    for y, wanted in zip(found, expected, strict=True):
        close(y.data, wanted.detach().numpy(), 1e-12)


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_two_gates_exchanged_are_caught(kind):
    problem = Problem(kind, RESET_AFTER if kind == "gru" else {})
    arrays = to_convention(problem.cell, "pytorch", split=SPLIT)
    order = np.r_[N : 2 * N, :N, 2 * N : len(arrays["bias_ih_l0"])]
    module = module_with(kind, {name: array[order] for name, array in arrays.items()}, {})
    found, _ = problem.ours(problem.cell, problem.xs, *problem.initial)
    expected, _ = problem.theirs(module, *map(torch.tensor, (problem.xs, *problem.initial)))
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        close(found[0].data, expected[0].detach().numpy(), 1e-12)

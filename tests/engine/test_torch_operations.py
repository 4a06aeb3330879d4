"""What NumPy lacks and PyTorch has: activations, convolution, pooling, in float64 to 1e-12."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_rnn.engine as ar
from autograd_rnn.engine import Tensor
from tests.engine.numerics import close

pytestmark = pytest.mark.oracles
torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install .[oracles]")
functional = torch.nn.functional

rng = np.random.default_rng(41)
A, SEQUENCE, PICTURE = (rng.normal(size=shape) for shape in [(2, 3), (2, 3, 8), (2, 3, 5, 7)])
WEIGHT_1D, WEIGHT_2D, BIAS = (rng.normal(size=shape) for shape in [(4, 3, 2), (4, 3, 3, 2), (4,)])

# What it is called: ours, theirs, the inputs.
SHARED = {
    "softplus": (ar.softplus, functional.softplus, A),
    "elu": (lambda x: ar.elu(x, 0.6), lambda x: functional.elu(x, 0.6), A),
    "leaky_relu": (lambda x: ar.leaky_relu(x, 0.2), lambda x: functional.leaky_relu(x, 0.2), A),
    "log_softmax": (ar.log_softmax, lambda x: functional.log_softmax(x, -1), A),
    "logsumexp": (
        lambda x: ar.logsumexp(x, (0, 2)),
        lambda x: torch.logsumexp(x, (0, 2)),
        SEQUENCE,
    ),
    "max, with ties": (
        lambda x: ar.max(ar.sin(x), axis=(1, 2)),
        lambda x: torch.amax(torch.sin(x), (1, 2)),
        np.concatenate([SEQUENCE, SEQUENCE], axis=1),
    ),
    "conv1d": (
        lambda *given: ar.conv1d(*given, stride=3, padding=2),
        lambda *given: functional.conv1d(*given, stride=3, padding=2),
        SEQUENCE,
        WEIGHT_1D,
        BIAS,
    ),
    "conv2d": (
        lambda *given: ar.conv2d(*given, stride=(2, 1), padding=(0, 1)),
        lambda *given: functional.conv2d(*given, stride=(2, 1), padding=(0, 1)),
        PICTURE,
        WEIGHT_2D,
        BIAS,
    ),
    "max_pool1d": (
        lambda x: ar.max_pool1d(x, 3, 2, 1),
        lambda x: functional.max_pool1d(x, 3, 2, 1),
        SEQUENCE,
    ),
    "max_pool2d": (
        lambda x: ar.max_pool2d(x, (2, 3)),
        lambda x: functional.max_pool2d(x, (2, 3)),
        PICTURE,
    ),
    "mean_pool1d": (
        lambda x: ar.mean_pool1d(x, 3, 2, 1),
        lambda x: functional.avg_pool1d(x, 3, 2, 1),
        SEQUENCE,
    ),
    "mean_pool2d": (
        lambda x: ar.mean_pool2d(x, (2, 3), 1, 1),
        lambda x: functional.avg_pool2d(x, (2, 3), 1, 1),
        PICTURE,
    ),
}


@pytest.mark.parametrize("name", SHARED)
def test_values_and_gradients(name):
    ours, theirs, *inputs = SHARED[name]
    check(ours, theirs, inputs)


def check(ours, theirs, inputs):
    held = [Tensor(x) for x in inputs]
    given = [torch.tensor(x, requires_grad=True) for x in inputs]
    y, expected = ours(*held), theirs(*given)
    close(y.data, expected.detach().numpy(), 1e-12)
    g = np.random.default_rng(42).normal(size=y.shape)
    y.backward(g)
    expected.backward(torch.tensor(g))
    for x, t in zip(held, given, strict=True):
        close(x.grad, t.grad.numpy(), 1e-12)


def test_a_convolution_that_flips_its_weights_is_caught():
    _, theirs, *inputs = SHARED["conv1d"]
    with pytest.raises(AssertionError):
        check(lambda x, w, b: ar.conv1d(x, ar.flip(w, -1), b, stride=3, padding=2), theirs, inputs)

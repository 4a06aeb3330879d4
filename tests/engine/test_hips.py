"""Random expressions against HIPS autograd: values, gradients, gradients of gradients."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_rnn.engine as ar
from tests.engine.numerics import close

hips = pytest.importorskip("autograd", reason="HIPS autograd is not installed")
hips_numpy = pytest.importorskip("autograd.numpy", reason="HIPS autograd is not installed")

# Every expression starts from these and every step keeps (2, 3), so that any two can meet.
INPUTS = ((2, 3), (3,), (2, 1), (3, 4), (4, 3))


def logsumexp(ns: Any, x: Any, axis: int) -> Any:
    """HIPS autograd takes it from SciPy: written out, it needs none."""
    if ns is ar:
        return ar.logsumexp(x, axis, keepdims=True)
    return ns.log(ns.sum(ns.exp(x), axis=axis, keepdims=True))


UNARY = {
    "tanh": lambda ns, x: ns.tanh(x),
    "exp": lambda ns, x: ns.exp(ns.tanh(x)),
    "log": lambda ns, x: ns.log(1.5 + x * x),
    "square": lambda ns, x: 0.1 * x**2,
    "cube": lambda ns, x: 0.01 * x**3,
    "root": lambda ns, x: (1.0 + x * x) ** 0.5,
    "power": lambda ns, x: 2.0 ** ns.tanh(x),
    "negative": lambda ns, x: 1 - x,
    "reciprocal": lambda ns, x: 1.0 / (2.0 + x * x),
    "absolute": lambda ns, x: ns.abs(x - 0.1),
    "square root": lambda ns, x: ns.sqrt(1.0 + x * x),
    "logarithm": lambda ns, x: ns.log1p(x * x),
    "exponential": lambda ns, x: ns.expm1(ns.tanh(x)),
    "sine and cosine": lambda ns, x: ns.sin(x) * ns.cos(2.0 * x),
    "clipped": lambda ns, x: ns.clip(x, -0.7, 0.9),
    "row maxima": lambda ns, x: x - ns.max(x, axis=1, keepdims=True),
    "column minima": lambda ns, x: x * ns.min(x, axis=0),
    "variance": lambda ns, x: x / (1.0 + ns.var(x, axis=1, keepdims=True)),
    "normalized": lambda ns, x: x - logsumexp(ns, ns.tanh(x), 1),
    "running sums": lambda ns, x: ns.cumsum(x, axis=1) - 0.1 * ns.cumsum(x).reshape((2, 3)),
    "swapped": lambda ns, x: ns.squeeze(ns.swapaxes(ns.expand_dims(x, 0), 0, 1), axis=1),
    "stretched": lambda ns, x: x * ns.broadcast_to(x[:, :1], (2, 3)),
    "split": lambda ns, x: ns.concatenate(ns.split(x, [2], axis=1)[::-1], axis=1),
    "framed": lambda ns, x: ns.pad(x, ((1, 0), (0, 2)), "constant")[:2, 2:] + x[:, 1:2],
    "repeated": lambda ns, x: ns.repeat(x, 2, axis=1)[:, 1:4],
    "a trace": lambda ns, x: x * ns.einsum("ij,ij->", x, x) / (1.0 + ns.sum(x * x)),
    "row sums": lambda ns, x: x - ns.sum(x, axis=1, keepdims=True),
    "column means": lambda ns, x: x * ns.mean(x, axis=0),
    "normal": lambda ns, x: x / (1.0 + ns.sum(x * x)),
    "turned": lambda ns, x: ns.transpose(ns.reshape(x, (3, 2))),
    "taken twice": lambda ns, x: x[np.array([1, 1])] + x[::-1],
    "taken apart": lambda ns, x: ns.concatenate([x[:, 1:], x[:, :1]], axis=1),
    "stacked": lambda ns, x: ns.sum(ns.stack([x, x * x], axis=1), axis=1),
    "masked": lambda ns, x: x[:, np.array([True, False, True])] @ np.full((2, 3), 0.3) + x,
}
BINARY = {
    "add": lambda ns, x, y: x + y,
    "subtract": lambda ns, x, y: x - y,
    "multiply": lambda ns, x, y: 0.5 * x * y,
    "divide": lambda ns, x, y: x / (1.0 + y * y),
    "larger": lambda ns, x, y: ns.maximum(x, y),
    "where": lambda ns, x, y: ns.where(np.arange(3) > 0, x, y),
    "product": lambda ns, x, y: 0.2 * (x @ ns.transpose(y)) @ y,
    "smaller": lambda ns, x, y: ns.minimum(x, y),
    "bilinear": lambda ns, x, y: 0.2 * ns.einsum("ij,kj,kl->il", x, y, x),
    "tensordot": lambda ns, x, y: 0.2 * ns.tensordot(ns.tensordot(x, y, axes=((1,), (1,))), x, 1),
    "dot": lambda ns, x, y: 0.2 * ns.dot(x, ns.dot(y.T, x)),
    "outer": lambda ns, x, y: 0.3 * ns.outer(x[:, 0], y[1]),
    "attention": lambda ns, x, y: ns.tanh(0.1 * x @ y.T) @ x,
}


@dataclass(frozen=True)
class Program:
    """A list of operations on what the earlier ones gave; the last is summed with weights."""

    steps: tuple[tuple[str, int, int], ...]

    def __call__(self, ns: Any, *inputs: Any) -> Any:
        a, v, column, left, right = inputs
        found = [a, a * v, a + column, ns.tanh(a @ left) @ right]
        for name, i, j in self.steps:
            x, y = found[i % len(found)], found[j % len(found)]
            found.append(UNARY[name](ns, x) if name in UNARY else BINARY[name](ns, x, y))
        weights = np.arange(1.0, 7.0).reshape(2, 3) / 6.0
        return ns.sum(weights * found[-1]) + 0.1 * ns.sum(found[-1] * found[3])


steps = st.tuples(st.sampled_from([*UNARY, *BINARY]), st.integers(0, 20), st.integers(0, 20))
programs = st.lists(steps, min_size=3, max_size=9).map(tuple).map(Program)


def inputs_of(seed: int) -> list[Any]:
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) for shape in INPUTS]


def check_gradients(program, seed):
    inputs = inputs_of(seed)
    every = tuple(range(len(inputs)))
    y, ours = ar.value_and_grad(lambda *xs: program(ar, *xs), every)(*inputs)
    theirs = hips.grad(lambda *xs: program(hips_numpy, *xs), every)(*inputs)
    close(y.data, program(np, *inputs), 1e-12)
    for found, expected, x in zip(ours, theirs, inputs, strict=True):
        close(np.zeros_like(x) if found is None else found.data, expected, 1e-11)


@settings(max_examples=150)
@given(programs, st.integers(0, 100))
def test_values_and_gradients(program, seed):
    check_gradients(program, seed)


@pytest.mark.parametrize("name", [*UNARY, *BINARY])
def test_every_operation_by_itself(name):
    check_gradients(Program(((name, 0, 3),)), 1)


@settings(max_examples=150)
@given(programs, st.integers(0, 100))
def test_second_order(program, seed):
    inputs = inputs_of(seed)
    every = tuple(range(len(inputs)))
    along = inputs_of(seed + 1)

    def slope(grad, ns, *xs):
        gradients = grad(lambda *xs: program(ns, *xs), every)(*xs)
        return sum(ns.sum(v * g) for v, g in zip(along, gradients, strict=True) if g is not None)

    ours = ar.grad(lambda *xs: slope(ar.grad, ar, *xs), every)(*inputs)
    theirs = hips.grad(lambda *xs: slope(hips.grad, hips_numpy, *xs), every)(*inputs)
    for found, expected, x in zip(ours, theirs, inputs, strict=True):
        close(np.zeros_like(x) if found is None else found.data, expected, 1e-10)


@settings(max_examples=150)
@given(programs, st.integers(0, 100))
def test_forward_mode_is_backward_mode(program, seed):
    inputs = inputs_of(seed)
    every = tuple(range(len(inputs)))
    along = inputs_of(seed + 1)
    gradients = ar.grad(lambda *xs: program(ar, *xs), every)(*inputs)
    _, tangent = ar.jvp(lambda *xs: program(ar, *xs), inputs, along)
    reached = [(v, g.data) for v, g in zip(along, gradients, strict=True) if g is not None]
    expected = sum(np.vdot(v, g) for v, g in reached)
    close(tangent.data, expected, 1e-11)


def test_a_wrong_rule_is_caught(monkeypatch):
    program = Program((("attention", 0, 1),))
    check_gradients(program, 1)
    wrong = replace(ar.PRIMITIVES["tanh"], vjp=(lambda g, y, x: g * (1.0 - y),))
    monkeypatch.setitem(ar.PRIMITIVES, "tanh", wrong)
    with pytest.raises(AssertionError):
        check_gradients(program, 1)

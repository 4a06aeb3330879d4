"""Derivatives without rules: differences and the complex step, and checks of rules against them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_rnn.engine import Tensor
from autograd_rnn.engine.differentiate import pull_back, unbroadcast
from autograd_rnn.engine.primitive import PRIMITIVES
from autograd_rnn.engine.record import apply

Array = np.ndarray[Any, Any]

# Nothing is subtracted, so the step can be as small as products of it stay above underflow.
TINY = 1e-30


def jacobian_by_complex_step(f: Callable[..., Array], inputs: Sequence[Array], i: int) -> Array:
    """dy/dx_i as a matrix (y.size, x_i.size); f must be analytic. Exact to rounding."""
    return _jacobian(f, inputs, i, lambda f, e: np.imag(f(1j * TINY * e)) / TINY)


def jacobian_by_differences(
    f: Callable[..., Array], inputs: Sequence[Array], i: int, step: float = 1e-5
) -> Array:
    """The same by central differences: about 1e-10 relative, and no complex numbers."""
    return _jacobian(f, inputs, i, lambda f, e: (f(step * e) - f(-step * e)) / (2 * step))


def _jacobian(f: Callable[..., Array], inputs: Sequence[Array], i: int, slope: Any) -> Array:
    x = np.asarray(inputs[i])

    def moved_by(dx: Array) -> Array:
        return np.asarray(f(*inputs[:i], x + dx, *inputs[i + 1 :]))

    unit_moves = np.eye(x.size).reshape(x.size, *x.shape)
    columns = [slope(moved_by, e).ravel() for e in unit_moves]
    rows = np.asarray(f(*inputs)).size
    return np.stack(columns, axis=1) if columns else np.zeros((rows, 0))


def close(actual: Any, expected: Any, tolerance: float) -> None:
    """Assert equality of shape, and of numbers relative to the largest."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape
    scale = max(1.0, float(np.max(np.abs(expected), initial=0.0)))
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * scale)


# --- one primitive against its own kernel -----------------------------------------------------


def check_shape_rule(name: str, inputs: Sequence[Array], attrs: dict[str, Any]) -> None:
    primitive = PRIMITIVES[name]
    y = np.asarray(primitive.kernel(*inputs, **attrs))
    assert primitive.shape(*[np.shape(x) for x in inputs], **attrs) == y.shape


def check_rules(
    name: str, inputs: Sequence[Array], attrs: dict[str, Any], positions: Sequence[int]
) -> None:
    """VJP and JVP of each input against the complex step, differences, and each other."""
    primitive = PRIMITIVES[name]
    rng = np.random.default_rng(5)

    def kernel(*xs: Array) -> Array:
        return np.asarray(primitive.kernel(*xs, **attrs))

    y = kernel(*inputs)
    for i in positions:
        x = np.asarray(inputs[i])
        J = jacobian_by_complex_step(kernel, inputs, i)
        close(J, jacobian_by_differences(kernel, inputs, i), 1e-8)
        g, dx = rng.normal(size=y.shape), rng.normal(size=x.shape)
        pushed = np.asarray(primitive.push(i, dx, y, inputs, attrs))
        pushed = np.broadcast_to(pushed, y.shape)
        close(pushed.ravel(), J @ dx.ravel(), 1e-12)
        if primitive.assembles:
            continue  # no rule of its own: what it took is assembled, see `pulled_back`
        pulled = unbroadcast(np.asarray(primitive.pull(i, g, y, inputs, attrs)), x.shape)
        close(pulled.ravel(), J.T @ g.ravel(), 1e-12)
        close(np.vdot(pulled, dx), np.vdot(g, pushed), 1e-12)


def check_slopes(name: str, inputs: Sequence[Array], positions: Sequence[int]) -> None:
    """The slopes of an elementwise operation against the complex step in all inputs' elements."""
    primitive = PRIMITIVES[name]
    y = np.asarray(primitive.kernel(*inputs))
    wide = [np.broadcast_to(x, y.shape) for x in inputs]
    for i in positions:
        moved = [x + 1j * TINY * (k == i) for k, x in enumerate(wide)]
        expected = np.imag(primitive.kernel(*moved)) / TINY
        slope = np.asarray(primitive.slopes[i](y, *inputs))
        close(np.broadcast_to(slope, y.shape), expected, 1e-12)


def pulled_back(
    name: str,
    inputs: Sequence[Array],
    attrs: dict[str, Any],
    positions: Sequence[int],
    record: bool = False,
) -> list[Any]:
    """The engine's gradient of Σ w y for some inputs, w random and the same every time."""
    held = [Tensor(x) if i in positions else x for i, x in enumerate(inputs)]
    y = apply(name, *held, **attrs)
    w = np.random.default_rng(6).normal(size=y.shape)
    seed = Tensor(w) if record else w
    leaves = [held[i].node for i in positions]
    found = pull_back({y.node: seed}, leaves, record=record)
    return [found[leaf] for leaf in leaves]


def check_recorded_is_raw(
    name: str, inputs: Sequence[Array], attrs: dict[str, Any], positions: Sequence[int]
) -> None:
    """The recorded backward pass computes the very numbers of the raw one."""
    raw = pulled_back(name, inputs, attrs, positions)
    recorded = pulled_back(name, inputs, attrs, positions, record=True)
    for a, b, i in zip(raw, recorded, positions, strict=True):
        assert a.shape == b.shape == np.shape(inputs[i])
        assert np.array_equal(a, b.data)


def check_second_order(
    name: str, inputs: Sequence[Array], attrs: dict[str, Any], positions: Sequence[int]
) -> None:
    """The gradient of a direction of the gradient, against differences of the gradient."""
    rng = np.random.default_rng(7)
    along = [rng.normal(size=np.shape(inputs[i])) for i in positions]

    def slope(*moving: Array) -> Array:
        given = list(inputs)
        for i, x in zip(positions, moving, strict=True):
            given[i] = x
        gradients = pulled_back(name, given, attrs, positions)
        return np.asarray(sum(np.vdot(v, g) for v, g in zip(along, gradients, strict=True)))

    moving = [np.asarray(inputs[i]) for i in positions]
    for k, found in enumerate(_gradient_of_slope(name, inputs, attrs, positions, along)):
        expected = jacobian_by_differences(slope, moving, k).reshape(moving[k].shape)
        close(np.zeros(moving[k].shape) if found is None else found, expected, 1e-7)


def _gradient_of_slope(
    name: str,
    inputs: Sequence[Array],
    attrs: dict[str, Any],
    positions: Sequence[int],
    along: Sequence[Array],
) -> list[Any]:
    held = [Tensor(x) if i in positions else x for i, x in enumerate(inputs)]
    y = apply(name, *held, **attrs)
    w = Tensor(np.random.default_rng(6).normal(size=y.shape))
    leaves = [held[i].node for i in positions]
    found = pull_back({y.node: w}, leaves, record=True)
    total = sum(
        ((v * found[leaf]).sum() for v, leaf in zip(along, leaves, strict=True)), start=Tensor(0.0)
    )
    second = pull_back({total.node: np.ones(())}, leaves)
    return [second.get(leaf) for leaf in leaves]

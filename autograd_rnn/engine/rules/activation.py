"""Activations: what a cell's gates and a readout are made of."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_rnn.engine.primitive import define, define_elementwise
from autograd_rnn.engine.record import apply, axes_of
from autograd_rnn.engine.rules.comparison import greater
from autograd_rnn.engine.rules.elementwise import exp, expm1, where
from autograd_rnn.engine.rules.reduction import sum as total


def _sigmoid(x: Any) -> Any:
    # exp of a number whose real part is never positive cannot overflow.
    positive = np.real(x) >= 0
    e = np.exp(np.where(positive, -1.0 * x, x))
    return np.where(positive, 1.0, e) / (1.0 + e)


define_elementwise("tanh", np.tanh, lambda y, x: 1.0 - y * y, latex=r"\tanh({0})")
define_elementwise("sigmoid", _sigmoid, lambda y, x: y * (1.0 - y), latex=r"\sigma({0})")
define_elementwise(
    "relu",
    lambda x: np.where(np.real(x) <= 0, 0.0, x),  # so that nan stays nan
    lambda y, x: greater(x, 0.0),
    latex=r"\operatorname{{relu}}({0})",
)


def _softplus(x: Any) -> Any:
    # max(x, 0) + ln(1 + exp(-|x|)): again an exp that cannot overflow.
    positive = np.real(x) >= 0
    return np.where(positive, x, 0.0) + np.log1p(np.exp(np.where(positive, -1.0 * x, x)))


define_elementwise("softplus", _softplus, lambda y, x: sigmoid(x), latex=r"\ln(1 + e^{{{0}}})")


def _shifted(x: Any, axis: int) -> Any:
    # Softmax does not change when all scores shift alike; the largest becomes 0.
    return x - 1.0 * np.real(x).max(axis=axis, keepdims=True)


def _softmax(x: Any, axis: int) -> Any:
    e = np.exp(_shifted(x, axis))
    return e / e.sum(axis=axis, keepdims=True)


def _log_softmax(x: Any, axis: int) -> Any:
    shifted = _shifted(x, axis)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


define(
    "softmax",
    kernel=_softmax,
    shape=lambda x, axis: x,
    vjp=(lambda g, p, x, axis: p * (g - total(g * p, axis, keepdims=True)),),
    jvp=(lambda dx, p, x, axis: p * (dx - total(p * dx, axis, keepdims=True)),),
    latex=r"\operatorname{{softmax}}({0})",
)
define(
    "log_softmax",
    kernel=_log_softmax,
    shape=lambda x, axis: x,
    vjp=(lambda g, y, x, axis: g - exp(y) * total(g, axis, keepdims=True),),
    jvp=(lambda dx, y, x, axis: dx - total(exp(y) * dx, axis, keepdims=True),),
    latex=r"\ln\operatorname{{softmax}}({0})",
)


def tanh(x: Any) -> Any:
    """Hyperbolic tangent, as `numpy.tanh`; slope 1 - y²."""
    return apply("tanh", x)


def sigmoid(x: Any) -> Any:
    """The logistic function 1/(1 + exp(-x)), without overflow; slope y(1 - y)."""
    return apply("sigmoid", x)


def relu(x: Any) -> Any:
    """max(0, x); its slope at 0 is taken to be 0."""
    return apply("relu", x)


def leaky_relu(x: Any, slope: float = 0.01) -> Any:
    """The larger of x and `slope` x, for slopes below 1 (Maas et al. 2013); `slope` at 0."""
    return where(greater(x, 0.0), x, slope * x)


def elu(x: Any, alpha: float = 1.0) -> Any:
    """X where it is positive, else `alpha` (exp(x) - 1); `alpha` at 0 (Clevert et al. 2016)."""
    positive = greater(x, 0.0)
    # The exp of a large x would be infinite, though not taken, and infinity times 0 is nan.
    return where(positive, x, alpha * expm1(where(positive, 0.0, x)))


def softplus(x: Any) -> Any:
    """ln(1 + exp(x)), without overflow; its slope is the sigmoid."""
    return apply("softplus", x)


def softmax(x: Any, axis: int = -1) -> Any:
    """exp(x) / Σ exp(x) along `axis`, without overflow."""
    return _along("softmax", x, axis)


def log_softmax(x: Any, axis: int = -1) -> Any:
    """Ln softmax(x) along `axis`, without overflow or ln 0."""
    return _along("log_softmax", x, axis)


def _along(name: str, x: Any, axis: int) -> Any:
    (counted,) = axes_of(name, axis, np.ndim(x), x)
    return apply(name, x, axis=counted)

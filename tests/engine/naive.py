"""The oldest oracle: the chain rule by plain recursion over every path of a scalar graph.

Exponential in depth and good for a dozen nodes. It shares nothing with the engine.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, eq=False)
class Scalar:
    """A number, what it was made from, and its slope in each of those."""

    value: float
    inputs: tuple[Scalar, ...] = ()
    slopes: tuple[float, ...] = ()


def slope(y: Scalar, x: Scalar) -> float:
    """dy/dx: over all paths from y down to x, the sum of the products of slopes."""
    if y is x:
        return 1.0
    return sum(s * slope(below, x) for s, below in zip(y.slopes, y.inputs, strict=True))


def add(a: Scalar, b: Scalar) -> Scalar:
    return Scalar(a.value + b.value, (a, b), (1.0, 1.0))


def subtract(a: Scalar, b: Scalar) -> Scalar:
    return Scalar(a.value - b.value, (a, b), (1.0, -1.0))


def multiply(a: Scalar, b: Scalar) -> Scalar:
    return Scalar(a.value * b.value, (a, b), (b.value, a.value))


def tanh(a: Scalar, _: Scalar) -> Scalar:
    return Scalar(math.tanh(a.value), (a,), (1.0 / math.cosh(a.value) ** 2,))


def exp_of_tanh(a: Scalar, _: Scalar) -> Scalar:
    y = math.exp(math.tanh(a.value))
    return Scalar(y, (a,), (y / math.cosh(a.value) ** 2,))


def relu(a: Scalar, _: Scalar) -> Scalar:
    return Scalar(max(a.value, 0.0), (a,), (1.0 if a.value > 0 else 0.0,))


OPERATIONS: tuple[Callable[[Scalar, Scalar], Scalar], ...] = (
    add,
    subtract,
    multiply,
    tanh,
    exp_of_tanh,
    relu,
)

"""Exact rationals: nothing is rounded, so equal formulas have equal values, digit for digit.

An activation has no rational value. It is opaque: the float it has there, taken as exact. The
rules of differentiation only ever combine such values by + - * /, and do that exactly.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from autograd_rnn.algebras.algebra import ORDERED, Algebra


def _opaque(function: Callable[..., float]) -> Callable[..., Fraction]:
    return lambda *x: Fraction(function(*map(float, x)))


def _sigmoid(x: float) -> float:
    e = math.exp(-abs(x))  # at most 1, so nothing overflows
    return 1 / (1 + e) if x >= 0 else e / (1 + e)


def _softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def _power(base: Fraction, exponent: Fraction) -> Any:
    if exponent.denominator == 1:
        return base**exponent.numerator
    return _opaque(math.pow)(base, exponent)


OPAQUE: dict[str, Callable[..., float]] = {
    "tanh": math.tanh,
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "exp": math.exp,
    "expm1": math.expm1,
    "log": math.log,
    "log1p": math.log1p,
    "sqrt": math.sqrt,
    "sin": math.sin,
    "cos": math.cos,
}

RATIONALS = Algebra(
    name="exact rationals",
    number=Fraction,
    holds=lambda value: isinstance(value, Fraction),
    functions={
        **ORDERED,
        "power": _power,
        **{name: _opaque(function) for name, function in OPAQUE.items()},
    },
)
"""Fractions. A float becomes the rational that it is: 0.5 is 1/2, but 0.1 is not 1/10."""

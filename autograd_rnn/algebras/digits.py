"""Floats of any length, by mpmath: what float64 would say if it had fifty digits."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any

from mpmath import MPContext

from autograd_rnn.algebras.algebra import ORDERED, Algebra

# What mpmath has under the operation's own name.
OF_MPMATH = ("tanh", "exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "power")


@lru_cache
def digits(count: int = 50) -> Algebra:
    """Return the algebra of floats with `count` decimal digits.

    Its precision is its own: mpmath's global `mp.dps` is neither read nor set.

    Raises:
        ValueError: `count` is below 1.

    """
    if count < 1:
        raise ValueError(f"{count} digits: a number has at least 1")
    context = MPContext()
    context.dps = count
    return Algebra(
        name=f"{count} digits",
        number=lambda value: _number(context, value),
        holds=lambda value: isinstance(value, context.mpf),
        functions={
            **ORDERED,
            **{name: getattr(context, name) for name in OF_MPMATH},
            "sigmoid": lambda x: 1 / (1 + context.exp(-x)),
            "softplus": lambda x: context.log1p(context.exp(x)),
        },
    )


def _number(context: Any, value: Any) -> Any:
    if isinstance(value, Fraction):
        return context.mpf(value.numerator) / value.denominator
    return context.mpf(value)

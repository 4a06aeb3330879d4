"""Number systems: the same formula evaluated in floats, in arrays of them, or in exact fractions.

An interpreter of expressions asks a `NumberSystem` for three things only: what a number is, how
to add many, and what the named functions are. `derivations.field` adds dual numbers over a prime
field, `derivations.bptt.elements` adds expressions, and `derivations.symbolic` SymPy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from operator import add, mul
from typing import Any

import numpy as np


def add_up(terms: Sequence[Any]) -> Any:
    """Return the sum of one or more scalars."""
    return reduce(add, terms)


def multiplied(factors: Sequence[Any]) -> Any:
    """Return the product of one or more scalars, or elementwise of arrays."""
    return reduce(mul, factors)


@dataclass(frozen=True)
class NumberSystem:
    """What an interpreter needs to know about the numbers it works with.

    `number` makes a constant, `total` adds a list of scalars, `functions` maps the name of a
    function to its values. ``softmax`` takes and returns the list of a column's scalars (in the
    array system an array of columns), every other function takes and returns one scalar (an array).
    """

    number: Callable[[Fraction], Any]
    functions: Mapping[str, Callable[[Any], Any]]
    total: Callable[[Sequence[Any]], Any] = add_up


# ------------------------------------------------------------------------------------- arrays


def _logistic(a: Any) -> Any:
    # The exponent's real part is never positive, so nothing overflows.
    negative = np.real(a) < 0
    e = np.exp(np.where(negative, a, -a))
    return np.where(negative, e, 1) / (1 + e)


def _softmax(s: Any) -> Any:
    e = np.exp(s - np.max(np.real(s), axis=0))
    return e / np.sum(e, axis=0)


ARRAYS = NumberSystem(
    number=float,
    functions={
        "σ": _logistic,
        "tanh": np.tanh,
        "relu": lambda a: np.where(np.real(a) > 0, a, 0),
        "relu′": lambda a: (np.real(a) > 0).astype(np.real(a).dtype),
        "log": np.log,
        "exp": np.exp,
        "√": np.sqrt,
        "softmax": _softmax,
    },
)
"""Real or complex NumPy arrays whose columns are the examples of a batch."""


# -------------------------------------------------------------------------------- Python floats


def logistic(a: float) -> float:
    """Return 1 / (1 + exp(-a)) without overflow."""
    e = math.exp(-abs(a))
    return 1 / (1 + e) if a >= 0 else e / (1 + e)


def softmax(s: Sequence[float]) -> list[float]:
    """Return exp(s_i) / Σ_j exp(s_j) without overflow."""
    largest = max(s)
    e = [math.exp(a - largest) for a in s]
    total = math.fsum(e)
    return [a / total for a in e]


FLOATS = NumberSystem(
    number=float,
    functions={
        "σ": logistic,
        "tanh": math.tanh,
        "relu": lambda a: a if a > 0 else 0.0,
        "relu′": lambda a: 1.0 if a > 0 else 0.0,
        "log": math.log,
        "exp": math.exp,
        "√": math.sqrt,
        "softmax": softmax,
    },
    total=math.fsum,
)
"""Python's floats, one scalar at a time."""


# ----------------------------------------------------------------------------- exact fractions


def _opaque(function: Callable[[float], float]) -> Callable[[Any], Fraction]:
    """Return the function with its float value taken as if it were exact."""
    return lambda a: Fraction(function(float(a)))


def _opaque_softmax(s: Sequence[Any]) -> list[Fraction]:
    return [Fraction(p) for p in softmax([float(a) for a in s])]


FRACTIONS = NumberSystem(
    number=Fraction,
    functions={
        "σ": _opaque(logistic),
        "tanh": _opaque(math.tanh),
        "relu": lambda a: a if a > 0 else Fraction(0),
        "relu′": lambda a: Fraction(1 if a > 0 else 0),
        "log": _opaque(math.log),
        "exp": _opaque(math.exp),
        "√": _opaque(math.sqrt),
        "softmax": _opaque_softmax,
    },
)
"""Exact rationals. An activation's value is a float taken as exact; everything else is exact, so
two ways of computing the same gradient must agree to the last digit."""


def over_arrays(system: NumberSystem) -> NumberSystem:
    """Return the system for object arrays whose entries are scalars of the given one."""

    def columns(s: Any) -> Any:
        return np.array([system.functions["softmax"](list(column)) for column in s.T]).T

    functions = {name: np.frompyfunc(f, 1, 1) for name, f in system.functions.items()}
    return NumberSystem(system.number, functions | {"softmax": columns}, system.total)

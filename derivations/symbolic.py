"""The bridge to SymPy: scalar expressions as SymPy's, activations known only by their slopes.

The functions here have a derivative (`fdiff`) and no `eval`, so that SymPy neither simplifies nor
evaluates them: what it proves holds for any function with that slope.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy

from derivations.arithmetic import NumberSystem


class Logistic(sympy.Function):  # type: ignore[misc]  # SymPy has no types
    """σ, whose slope is σ (1 - σ)."""

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the slope."""
        return self * (1 - self)


class Tanh(sympy.Function):  # type: ignore[misc]  # SymPy has no types
    """The hyperbolic tangent, whose slope is 1 - tanh²."""

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the slope."""
        return 1 - self**2


class ReluSlope(sympy.Function):  # type: ignore[misc]  # SymPy has no types
    """The slope of relu, 1 or 0, itself without slope."""

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the slope."""
        return sympy.Integer(0)


class Relu(sympy.Function):  # type: ignore[misc]  # SymPy has no types
    """relu, whose slope is another function."""

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the slope."""
        return ReluSlope(self.args[0])


class Log(sympy.Function):  # type: ignore[misc]  # SymPy has no types
    """The natural logarithm, whose slope is 1/x."""

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the slope."""
        return 1 / self.args[0]


class Exp(sympy.Function):  # type: ignore[misc]  # SymPy has no types
    """The exponential, its own slope."""

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the slope."""
        return self


class Softmax(sympy.Function):  # type: ignore[misc]  # SymPy has no types
    """Softmax(i, s_1, ..., s_k): element i, from 1, of the softmax of k logits."""

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the slope with respect to s_j, at argument j + 1: p_i ([i = j] - p_j)."""
        index, *logits = self.args
        j = argindex - 1
        return self * (int(index == j) - Softmax(j, *logits))


def _softmax(logits: list[Any]) -> list[Any]:
    return [Softmax(i, *logits) for i in range(1, len(logits) + 1)]


def _number(value: Fraction) -> Any:
    return sympy.Rational(value.numerator, value.denominator)


FUNCTIONS = {Logistic: "σ", Tanh: "tanh", Relu: "relu", ReluSlope: "relu′", Log: "log", Exp: "exp"}
"""The names of these functions in an expression."""

SYMPY = NumberSystem(
    number=_number,
    functions={name: function for function, name in FUNCTIONS.items()}
    | {"softmax": _softmax, "√": sympy.sqrt},
    total=lambda terms: sympy.Add(*terms),
)
"""SymPy expressions."""

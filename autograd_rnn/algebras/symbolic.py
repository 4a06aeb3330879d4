"""SymPy: leaves can be symbols, and values are formulas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy

from autograd_rnn.algebras.algebra import Algebra


def _number(value: Any) -> sympy.Expr:
    """Read a number or a formula; its floats become the rationals that they are."""
    formula = sympy.sympify(int(value) if isinstance(value, bool) else value)
    return formula.xreplace({x: sympy.Rational(x) for x in formula.atoms(sympy.Float)})


def _holds(value: Any) -> bool:
    return isinstance(value, sympy.Expr) and not value.has(sympy.Float)


def _if(condition: Any, a: Any, b: Any) -> sympy.Expr:
    return sympy.Piecewise((a, condition), (b, True))


def _mask(relation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], sympy.Expr]:
    return lambda a, b: _if(relation(a, b), 1, 0)


COMPARISONS = {
    "less": sympy.Lt,
    "less_equal": sympy.Le,
    "greater": sympy.Gt,
    "greater_equal": sympy.Ge,
    "equal": sympy.Eq,
    "not_equal": sympy.Ne,
}

SYMPY = Algebra(
    name="SymPy",
    number=_number,
    holds=_holds,
    functions={
        "tanh": sympy.tanh,
        "sigmoid": lambda x: 1 / (1 + sympy.exp(-x)),
        "softplus": lambda x: sympy.log(1 + sympy.exp(x)),
        "exp": sympy.exp,
        "expm1": lambda x: sympy.exp(x) - 1,
        "log": sympy.log,
        "log1p": lambda x: sympy.log(1 + x),
        "sqrt": sympy.sqrt,
        "sin": sympy.sin,
        "cos": sympy.cos,
        "power": sympy.Pow,
        "maximum": sympy.Max,
        "minimum": sympy.Min,
        "relu": lambda x: sympy.Max(x, 0),
        "where": lambda mask, a, b: _if(sympy.Ne(mask, 0), a, b),
        **{name: _mask(relation) for name, relation in COMPARISONS.items()},
    },
)
"""Formulas in SymPy. A comparison of symbols becomes a `Piecewise`."""

"""The activations that a cell of the catalogue can be given, and their slopes."""

from __future__ import annotations

from fractions import Fraction

from derivations.matrix import Expression, add, apply, number, pull_back, substitute

FUNCTIONS = {"tanh": "tanh", "logistic": "σ", "relu": "relu"}
LEAK = Fraction(1, 100)
"""The slope of the leaky ReLU below zero."""

ACTIVATIONS = (*FUNCTIONS, "leaky relu", "identity")


def activated(activation: str, a: Expression) -> Expression:
    """Return φ(a), which is a itself for the identity."""
    if activation == "leaky relu":
        return LEAK * a + (1 - LEAK) * apply("relu", a)
    return apply(FUNCTIONS[activation], a) if activation in FUNCTIONS else a


def slope(activation: str, a: Expression, h: Expression) -> Expression:
    """Return φ′(a), in terms of h = φ(a) where a person writes it so: 1 - h² for tanh."""
    terms = pull_back(activated(activation, a), number(1), a)
    return substitute(add(*terms), {activated(activation, a): h}.get)

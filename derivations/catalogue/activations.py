"""The activations that a cell of the catalogue can be given."""

from __future__ import annotations

from derivations.matrix import Expression, apply

FUNCTIONS = {"tanh": "tanh", "logistic": "σ", "relu": "relu"}
ACTIVATIONS = (*FUNCTIONS, "identity")


def activated(activation: str, a: Expression) -> Expression:
    """Return φ(a), which is a itself for the identity."""
    return apply(FUNCTIONS[activation], a) if activation in FUNCTIONS else a

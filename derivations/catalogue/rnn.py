"""The plain recurrent network: a_t = W_h h_{t-1} + W_x x_t + b, h_t = φ(a_t)."""

from __future__ import annotations

from derivations.matrix import PREVIOUS, apply, at
from derivations.template import (
    Definition,
    Parameter,
    Template,
    column,
    stacked_weight,
    weight,
)

ACTIVATIONS = {"tanh": "tanh", "logistic": "σ", "relu": "relu"}


def template(activation: str = "tanh") -> Template:
    """Return the equations for one step, with φ = tanh, logistic or relu."""
    h, x, a = column("h", "n"), column("x", "m"), column("a", "n")
    W = stacked_weight("W", "n", (h, x), "weights on [h; x]")
    W_h, W_x = W.blocks
    b = weight("b", "n", "1")
    return Template(
        name="rnn",
        title="The plain recurrent network",
        cell=(
            Definition(a, W_h @ at(h, PREVIOUS) + W_x @ x + b, meaning="pre-activation"),
            Definition(h, apply(ACTIVATIONS[activation], a), meaning="hidden state"),
        ),
        weights=(W, Parameter("b", (b,), "bias")),
        states=(h,),
        inputs=x,
        source="Werbos 1990, Backpropagation through time: what it does and how to do it",
    )

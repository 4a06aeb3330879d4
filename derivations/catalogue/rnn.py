"""The plain recurrent network: a_t = W_h h_{t-1} + W_x x_t + b, h_t = φ(a_t)."""

from __future__ import annotations

from typing import Any

from derivations.catalogue.activations import ACTIVATIONS, activated
from derivations.matrix import PREVIOUS, at
from derivations.template import (
    Definition,
    Parameter,
    Template,
    column,
    stacked_weight,
    weight,
)
from derivations.topics import TOPICS

SETTINGS = {"activation": ACTIVATIONS, "bias": (True, False)}
VARIANTS: dict[str, dict[str, Any]] = {
    "bias-free": {"bias": False},
    "linear": {"activation": "identity"},
}


def template(*, activation: str = "tanh", bias: bool = True) -> Template:
    """Return the equations for one step, with φ = tanh, logistic, relu or the identity."""
    h, x, a = column("h", "n"), column("x", "m"), column("a", "n")
    W = stacked_weight("W", "n", (h, x), "weights on [h; x]")
    W_h, W_x = W.blocks
    b = weight("b", "n", "1")
    product = W_h @ at(h, PREVIOUS) + W_x @ x
    return Template(
        name="rnn",
        title=TOPICS["rnn"].title,
        cell=(
            Definition(a, product + b if bias else product, meaning="pre-activation"),
            Definition(h, activated(activation, a), meaning="hidden state"),
        ),
        weights=(W, Parameter("b", (b,), "bias")) if bias else (W,),
        states=(h,),
        inputs=x,
        source="Werbos 1990, Backpropagation through time: what it does and how to do it",
    )

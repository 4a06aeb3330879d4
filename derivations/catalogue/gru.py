"""The GRU: reset before the product, after it or not at all, and both signs of the update gate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from derivations.matrix import PREVIOUS, Expression, apply, at
from derivations.template import (
    Definition,
    Parameter,
    Template,
    column,
    stacked_weight,
    weight,
)
from derivations.topics import TOPICS

GATES = {
    "z": ("update gate", "σ"),
    "r": ("reset gate", "σ"),
    "g": ("candidate", "tanh"),
}
SETTINGS = {
    "reset": ("before", "after", "none"),
    "keeps": ("1-z", "z"),
    "bias": (True, False),
}
VARIANTS: dict[str, dict[str, Any]] = {
    "reset-before": {"reset": "before"},
    "reset-after": {"reset": "after"},
    "simplified": {"reset": "none"},
    "update-keeps": {"keeps": "z"},
    "bias-free": {"bias": False},
}
SOURCES = {
    "before": "Cho et al. 2014, Learning phrase representations using RNN encoder-decoder; "
    "Chung et al. 2014, for the sign of z",
    "after": "Cho et al. 2014, Learning phrase representations using RNN encoder-decoder, "
    "in its first version",
    "none": "the GRU of the lectures without its reset gate",
}

h, x, q = column("h", "n"), column("x", "m"), column("q", "n")
z, r, g = column("z", "n"), column("r", "n"), column("g", "n")
past = at(h, PREVIOUS)
B_GH = Parameter("b_gh", (weight("b_gh", "n", "1"),), "bias of the candidate, inside the reset")

HIDDEN_STATES = {"1-z": z * g + (1 - z) * past, "z": (1 - z) * g + z * past}
# What of the past the candidate reads, given its weights on it.
RECURRENT_PARTS: dict[str, Callable[[Expression], Expression]] = {
    "before": lambda W_gh: W_gh @ (r * past),
    "after": lambda W_gh: r * q,
    "none": lambda W_gh: W_gh @ past,
}


def template(*, reset: str = "before", keeps: str = "1-z", bias: bool = True) -> Template:
    """Return the equations for one step: two gates, a candidate, h_t = z*g + (1-z)*h_{t-1}.

    With reset "after" the candidate's recurrent part q_t = W_gh h_{t-1} + b_gh is reset, with
    "none" there is no reset gate; keeps="z" is the other sign, h_t = (1-z)*g + z*h_{t-1}.
    """
    equations, parameters = [], []
    for gate, (meaning, function) in GATES.items():
        if gate == "r" and reset == "none":
            continue
        W = stacked_weight(f"W_{gate}", "n", (h, x), f"weights of the {meaning}")
        b = Parameter(f"b_{gate}", (weight(f"b_{gate}", "n", "1"),), f"bias of the {meaning}")
        parameters += [W, b] if bias else [W]
        W_h, W_x = W.blocks
        if gate == "g" and reset == "after":
            inside = W_h @ past + B_GH.symbol if bias else W_h @ past
            equations.append(Definition(q, inside, meaning="recurrent part of the candidate"))
        recurrent = RECURRENT_PARTS[reset](W_h) if gate == "g" else W_h @ past
        a = column(f"a_{gate}", "n")
        right = recurrent + W_x @ x + b.symbol if bias else recurrent + W_x @ x
        equations.append(Definition(a, right, meaning=f"pre-activation of the {meaning}"))
        equations.append(Definition(column(gate, "n"), apply(function, a), meaning=meaning))
    equations.append(Definition(h, HIDDEN_STATES[keeps], meaning="hidden state"))
    return Template(
        name="gru",
        title=TOPICS["gru"].title,
        cell=tuple(equations),
        weights=(*parameters, B_GH) if reset == "after" and bias else tuple(parameters),
        states=(h,),
        inputs=x,
        source=SOURCES[reset],
    )

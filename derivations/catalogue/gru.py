"""The GRU with the reset gate before the product, in the lectures' sign: z keeps the candidate."""

from __future__ import annotations

from derivations.matrix import PREVIOUS, Expression, apply, at
from derivations.template import (
    Definition,
    Parameter,
    Template,
    column,
    stacked_weight,
    weight,
)

GATES = {
    "z": ("update gate", "σ"),
    "r": ("reset gate", "σ"),
    "g": ("candidate", "tanh"),
}


def template() -> Template:
    """Return the equations for one step: two gates, a candidate, h_t = z*g + (1-z)*h_{t-1}."""
    h, x, r = column("h", "n"), column("x", "m"), column("r", "n")
    previous = at(h, PREVIOUS)
    reads: dict[str, Expression] = {"z": previous, "r": previous, "g": r * previous}
    equations, parameters = [], []
    for q, (meaning, function) in GATES.items():
        W = stacked_weight(f"W_{q}", "n", (h, x), f"weights of the {meaning}")
        W_h, W_x = W.blocks
        a, b, gate = column(f"a_{q}", "n"), weight(f"b_{q}", "n", "1"), column(q, "n")
        pre_activation = W_h @ reads[q] + W_x @ x + b
        equations.append(Definition(a, pre_activation, meaning=f"pre-activation of the {meaning}"))
        equations.append(Definition(gate, apply(function, a), meaning=meaning))
        parameters += [W, Parameter(f"b_{q}", (b,), f"bias of the {meaning}")]
    z, g = column("z", "n"), column("g", "n")
    equations.append(Definition(h, z * g + (1 - z) * previous, meaning="hidden state"))
    return Template(
        name="gru",
        title="The GRU",
        cell=tuple(equations),
        weights=tuple(parameters),
        states=(h,),
        inputs=x,
        source="Cho et al. 2014, Learning phrase representations using RNN encoder-decoder; "
        "Chung et al. 2014, for the sign of z",
    )

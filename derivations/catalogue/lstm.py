"""The LSTM with a forget gate, without peepholes."""

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

GATES = {
    "f": ("forget gate", "σ"),
    "i": ("input gate", "σ"),
    "g": ("candidate", "tanh"),
    "o": ("output gate", "σ"),
}


def template() -> Template:
    """Return the equations for one step: four gates, c_t = f*c_{t-1} + i*g, h_t = o*tanh(c_t)."""
    h, c, x = column("h", "n"), column("c", "n"), column("x", "m")
    previous = at(h, PREVIOUS)
    equations, parameters = [], []
    for q, (meaning, function) in GATES.items():
        W = stacked_weight(f"W_{q}", "n", (h, x), f"weights of the {meaning}")
        W_h, W_x = W.blocks
        a, b, gate = column(f"a_{q}", "n"), weight(f"b_{q}", "n", "1"), column(q, "n")
        pre_activation = W_h @ previous + W_x @ x + b
        equations.append(Definition(a, pre_activation, meaning=f"pre-activation of the {meaning}"))
        equations.append(Definition(gate, apply(function, a), meaning=meaning))
        parameters += [W, Parameter(f"b_{q}", (b,), f"bias of the {meaning}")]
    f, i, g, o = (column(q, "n") for q in GATES)
    equations.append(Definition(c, f * at(c, PREVIOUS) + i * g, meaning="cell state"))
    equations.append(Definition(h, o * apply("tanh", c), meaning="hidden state"))
    return Template(
        name="lstm",
        title="The LSTM",
        cell=tuple(equations),
        weights=tuple(parameters),
        states=(h, c),
        inputs=x,
        source="Gers, Schmidhuber and Cummins 2000, Learning to forget; "
        "Greff et al. 2017, LSTM: a search space odyssey, without peepholes",
    )

"""The LSTM with a forget gate: with and without peepholes, and the seminar's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from derivations.catalogue.activations import ACTIVATIONS, activated
from derivations.matrix import NOW, PREVIOUS, Expression, at
from derivations.template import (
    Definition,
    Parameter,
    Template,
    column,
    stacked_weight,
    weight,
)
from derivations.topics import TOPICS

GATES = {"f": "forget gate", "i": "input gate", "g": "candidate", "o": "output gate"}
SETTINGS = {
    "peepholes": ("none", "diagonal", "matrix"),
    "gates_read": ("h", "c"),
    "coupled": (False, True),
    "gate_activation": ("logistic", "tanh", "relu", "identity"),
    "candidate_activation": ACTIVATIONS,
    "output_activation": ACTIVATIONS,
    "bias": (True, False),
}
VARIANTS: dict[str, dict[str, Any]] = {
    "peepholes": {"peepholes": "diagonal"},
    "matrix-peepholes": {"peepholes": "matrix"},
    "no-output-tanh": {"output_activation": "identity"},
    "seminar": {"gates_read": "c", "output_activation": "identity"},
    "coupled": {"coupled": True},
    "bias-free": {"bias": False},
}
SOURCE = (
    "Gers, Schmidhuber and Cummins 2000, Learning to forget; "
    "Greff et al. 2017, LSTM: a search space odyssey"
)

h, c, x = column("h", "n"), column("c", "n"), column("x", "m")
f, i, g, o = (column(q, "n") for q in GATES)
# How many columns a peephole has, and what a gate sees of the cell state through it.
PEEPHOLES: dict[str, tuple[str, Callable[[Expression, Expression], Expression]]] = {
    "diagonal": ("1", lambda P, seen: P * seen),
    "matrix": ("n", lambda P, seen: P @ seen),
}


def template(
    *,
    peepholes: str = "none",
    gates_read: str = "h",
    coupled: bool = False,
    gate_activation: str = "logistic",
    candidate_activation: str = "tanh",
    output_activation: str = "tanh",
    bias: bool = True,
) -> Template:
    """Return the equations for one step: four gates, c_t = f*c_{t-1} + i*g, h_t = o*φ(c_t).

    With peepholes the forget and input gate see c_{t-1} and the output gate sees c_t; gates that
    read c are the seminar's, where only the candidate reads h; coupled gates have f_t = 1 - i_t.
    """
    activations = dict.fromkeys("fio", gate_activation) | {"g": candidate_activation}
    parts = {
        q: _gate(q, gates_read if q != "g" else "h", peepholes, activations[q], bias) for q in GATES
    }
    if coupled:
        parts["f"] = ([Definition(f, 1 - i, meaning="forget gate")], [])
    cell_state = Definition(c, f * at(c, PREVIOUS) + i * g, meaning="cell state")
    # The forget gate may need the input gate, and the output gate the new cell state.
    gates = [*("if" if coupled else "fi"), "g"]
    early, late = ([*gates, "o"], []) if peepholes == "none" else (gates, ["o"])
    return Template(
        name="lstm",
        title=TOPICS["lstm"].title,
        cell=(
            *(equation for q in early for equation in parts[q][0]),
            cell_state,
            *(equation for q in late for equation in parts[q][0]),
            Definition(h, o * activated(output_activation, c), meaning="hidden state"),
        ),
        weights=tuple(parameter for q in GATES for parameter in parts[q][1]),
        states=(h, c),
        inputs=x,
        source=SOURCE if peepholes != "none" else f"{SOURCE}, without peepholes",
    )


def _gate(
    q: str, read: str, peepholes: str, activation: str, bias: bool
) -> tuple[list[Definition], list[Parameter]]:
    """Return the two equations of a gate and its parameters."""
    meaning, state = GATES[q], {"h": h, "c": c}[read]
    W = stacked_weight(f"W_{q}", "n", (state, x), f"weights of the {meaning}")
    W_state, W_x = W.blocks
    right, parameters = W_state @ at(state, PREVIOUS) + W_x @ x, [W]
    if peepholes != "none" and q != "g":
        columns, seen = PEEPHOLES[peepholes]
        P = weight(f"P_{q}", "n", columns)
        right = right + seen(P, at(c, NOW if q == "o" else PREVIOUS))
        parameters.append(Parameter(f"P_{q}", (P,), f"peephole of the {meaning}"))
    if bias:
        b = weight(f"b_{q}", "n", "1")
        right = right + b
        parameters.append(Parameter(f"b_{q}", (b,), f"bias of the {meaning}"))
    a = column(f"a_{q}", "n")
    return [
        Definition(a, right, meaning=f"pre-activation of the {meaning}"),
        Definition(column(q, "n"), activated(activation, a), meaning=meaning),
    ], parameters

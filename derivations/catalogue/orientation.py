"""How weights are stored: rows or columns first, and one bias or two.

The same function under another convention: values and gradients are rearranged alike, except where
two parameters are added, where gradients are copied.
"""

from __future__ import annotations

from derivations.blackboard import Blackboard, row, table_of_symbols
from derivations.catalogue import gru
from derivations.chance.scalar_algebra import ByAlgebra
from derivations.matrix import (
    PREVIOUS,
    Expression,
    apply,
    at,
    immediate,
    inner,
    over_time,
    symbol,
    total,
)
from derivations.network import TOTAL_LOSS, Network, of_template
from derivations.step import Derivation, Equation, Lines
from derivations.template import Definition, column, weight
from derivations.topics import TOPICS

a, h, x = column("a", "n"), column("h", "n"), column("x", "m")
W, U, b = weight("W", "n", "m"), weight("U", "n", "n"), weight("b", "n", "1")
LOSS = Definition(TOTAL_LOSS, over_time(inner(immediate(h), h)), meaning="loss, the sum of the ℓ_t")
MEANINGS = {"x": "input", "U": "recurrent weights"}
BIASES = {
    **MEANINGS,
    "W": "weights on the input",
    "b_x": "bias at the input",
    "b_h": "bias at the recurrent part",
}


def _cell(pre_activation: Expression) -> tuple[Definition, ...]:
    return (
        Definition(a, pre_activation, meaning="pre-activation"),
        Definition(h, apply("tanh", a), meaning="hidden state"),
        LOSS,
    )


def orientation() -> Derivation:
    """Derive that storing (in, out) for (out, in) transposes weights and gradients alike."""
    V = weight("V", "m", "n")
    equations = (
        Definition(W, V.T, meaning="weights as they are stored (out, in)"),
        *_cell(W @ x + U @ at(h, PREVIOUS) + b),
    )
    board = Blackboard(Network(equations, loss=TOTAL_LOSS), start=Equation(W, V.T))
    board.line(
        "The same pre-activation",
        Equation((W @ x).T, x.T @ V),
        "A row of outputs is a row of inputs times V: the layout of frameworks that store (in, "
        "out).",
    )
    board.line(
        "Gradient, stored (out, in)",
        Equation(total(W), over_time(total(a) @ x.T)),
        "Every step reads W at its own input.",
    )
    board.line(
        "Gradient, stored (in, out)",
        Equation(total(V), over_time(x @ total(a).T)),
        "V moves the same pre-activations, with rows and columns exchanged.",
    )
    board.line(
        "Transposed alike",
        Equation(total(V), total(W).T),
        "(δ xᵀ)ᵀ is x δᵀ: whoever converts the weights converts the gradients in the same way.",
    )
    return board.derivation(
        "orientation",
        meanings={**MEANINGS, "V": "weights as they are stored (in, out)", "b": "bias"},
        summary="The two layouts are transposes of each other, in values and in gradients.",
        source="conventions of PyTorch (out, in) and Keras (in, out)",
    )


def two_biases() -> Derivation:
    """Derive how one bias and two convert: values add, gradients copy; and when they cannot."""
    b_x, b_h = weight("b_x", "n", "1"), weight("b_h", "n", "1")
    equations = (
        Definition(b, b_x + b_h, meaning="the one bias"),
        *_cell(W @ x + U @ at(h, PREVIOUS) + b),
    )
    board = Blackboard(Network(equations, loss=TOTAL_LOSS), start=Equation(b, b_x + b_h))
    board.line(
        "Values add",
        Equation(a, (W @ x + b_x) + (U @ at(h, PREVIOUS) + b_h)),
        "One bias at the input and one at the recurrent part make one sum.",
    )
    copied = [Equation(total(one), total(b)) for one in (b_x, b_h)]
    board.line(
        "Gradients copy",
        Lines(*copied),
        "A step of either moves the sum by as much; so with both, plain gradient descent takes "
        "steps of the sum that are twice as long.",
    )
    c = symbol("c", ("n", "1"))
    board.line(
        "Back to two, by a stated split",
        Equation(b, (b - c) + c),
        "Every c gives the same function, so a conversion must say which: often c = 0.",
        check=ByAlgebra(holds=True),
    )
    apart, own = _reset_after()
    return Derivation(
        topic="two-biases",
        title=TOPICS["two-biases"].title,
        statement=Lines(Equation(b, b_x + b_h), *copied, *own.lines),
        steps=(*board.steps, *apart.steps),
        symbols=(
            *table_of_symbols(board.truth.network, BIASES),
            row(column("r", "n"), "reset gate of a GRU that resets after the product"),
            row(symbol("b_g", ("n", "1")), "bias of its candidate, outside the reset"),
            row(symbol("b_gh", ("n", "1")), "bias of its candidate, inside the reset"),
        ),
        summary="Two biases that meet in one sum are one; the two of a GRU's candidate are not.",
        source="conventions of PyTorch and cuDNN (two biases) and Keras (one, or reset_after)",
        truth=board.truth,
    )


def _reset_after() -> tuple[Blackboard, Lines]:
    """Write that the two biases of a candidate that is reset after the product stay apart."""
    template = gru.template(reset="after")
    network = of_template(template)
    found = {p.name: p.symbol for p in template.parameters}
    inside, outside = found["b_gh"], found["b_g"]
    W_gh, W_gx = next(p.blocks for p in template.parameters if p.name == "W_g")
    r, a_g, past = column("r", "n"), column("a_g", "n"), at(gru.h, PREVIOUS)
    written = next(d for d in template.cell if d.left is a_g)
    board = Blackboard(network, start=Equation(a_g, written.right))
    board.line(
        "Reset after the product",
        Equation(a_g, r * (W_gh @ past) + W_gx @ gru.x + (outside + r * inside)),
        "One of the candidate's biases is reset with the recurrent part; their sum changes with t, "
        "so no single bias can stand for them.",
    )
    own = Lines(
        Equation(total(outside), over_time(total(a_g))),
        Equation(total(inside), over_time(r * total(a_g))),
    )
    board.line(
        "Their gradients differ",
        own,
        "What is reset learns only through an open reset gate.",
    )
    return board, own

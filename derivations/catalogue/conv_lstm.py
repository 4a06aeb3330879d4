"""The ConvLSTM: the LSTM without peepholes in which every product is a convolution.

A state is a map: a column for each of P positions. A kernel has taps W_j, and S_j is the matrix
that shifts the positions by tap j, so that the convolution of W with x_t is Σ_j W_j x_t S_j. No
line uses anything of S_j: it may pad with zeros, wrap around or skip positions, in one dimension or
in two.

Source: X. Shi et al., "Convolutional LSTM network", NeurIPS 2015, equation 3, without peepholes.
"""

from __future__ import annotations

from derivations.blackboard import Blackboard
from derivations.catalogue.upstream import LOSS, any_loss, lines_of
from derivations.matrix import (
    NEXT,
    NOW,
    PREVIOUS,
    Expression,
    Moment,
    add,
    apply,
    at,
    immediate,
    ones,
    over,
    over_time,
    symbol,
    total,
)
from derivations.network import STEPS, Network
from derivations.step import Derivation, Equation, Lines
from derivations.template import Definition

SOURCE = "Shi et al. 2015, equation 3"
J = Moment("j")
TAPS = (Moment("", 0), Moment("J", -1))
GATES = {"f": "forget gate", "i": "input gate", "o": "output gate", "g": "candidate"}

x, h, c = (symbol(letter, (rows, "P"), NOW) for letter, rows in zip("xhc", "mnn", strict=True))
S = symbol("S", ("P", "P"), J)
one = ones("P")
gates = {q: symbol(q, ("n", "P"), NOW) for q in GATES}
a = {q: symbol(f"a_{q}", ("n", "P"), NOW) for q in GATES}
W = {q: symbol(f"W_{q}", ("n", "m"), J) for q in GATES}
R = {q: symbol(f"R_{q}", ("n", "n"), J) for q in GATES}
b = {q: symbol(f"b_{q}", ("n", "1")) for q in GATES}
f, i, o, g = gates.values()


def over_taps(body: Expression) -> Expression:
    """Return Σ_j of the body, over the taps of a kernel."""
    return over("j", *TAPS, body)


def _gate(q: str) -> tuple[Definition, Definition]:
    before = over_taps((W[q] @ x + R[q] @ at(h, PREVIOUS)) @ S) + b[q] @ one.T
    activation = "tanh" if q == "g" else "σ"
    return (
        Definition(a[q], before, meaning=f"pre-activation of the {GATES[q]}"),
        Definition(gates[q], apply(activation, a[q]), meaning=GATES[q]),
    )


PRE_ACTIVATIONS = tuple(_gate(q)[0] for q in GATES)
ACTIVATIONS = tuple(_gate(q)[1] for q in GATES)
CELL = Definition(c, f * at(c, PREVIOUS) + i * g, meaning="cell state")
OUTPUT = Definition(h, o * apply("tanh", c), meaning="hidden state")
NETWORK = Network((*PRE_ACTIVATIONS, *ACTIVATIONS, CELL, OUTPUT, any_loss(h)), loss=LOSS)
MEANINGS = {
    "x": "input maps, a column for each position",
    "S": "shift of the positions by tap j",
    **{f"W_{q}": f"input kernel of the {what}, tap j" for q, what in GATES.items()},
    **{f"R_{q}": f"recurrent kernel of the {what}, tap j" for q, what in GATES.items()},
    **{f"b_{q}": f"bias of the {what}" for q, what in GATES.items()},
}


def conv_lstm() -> Derivation:
    """Derive BPTT for the ConvLSTM: that of the LSTM, with convolutions for products."""
    board = Blackboard(
        NETWORK,
        start=Lines(*PRE_ACTIVATIONS, *ACTIVATIONS, CELL, OUTPUT),
        sizes={"P": 5, "J": 2, "T": 2},  # t = 1 has a step before it and one after
        indices={"t": STEPS, "j": TAPS},
    )
    _states(board)
    _gates(board)
    _kernels(board)
    return board.derivation(
        "conv-lstm",
        statement=lines_of(board),
        meanings=MEANINGS,
        summary="The LSTM's backward pass, position by position, with convolutions for products.",
        source=SOURCE,
    )


def _states(board: Blackboard) -> None:
    back = add(*(R[q].T @ at(total(a[q]), NEXT) for q in GATES)) @ S.T
    board.line(
        "Hidden state",
        Equation(total(h), immediate(h) + over_taps(back)),
        "The gates of the next step read h_t through their kernels: back through transposed taps, "
        "shifted the other way.",
        before=Lines(*PRE_ACTIVATIONS),
        source=SOURCE,
    )
    slope = 1 - apply("tanh", c) ** 2
    board.line(
        "Cell state",
        Equation(total(c), total(h) * o * slope + at(total(c), NEXT) * at(f, NEXT)),
        "No convolution comes between: c_t is read at its own position, by h_t and by c_{t+1}.",
        before=Lines(CELL, OUTPUT),
    )


def _gates(board: Blackboard) -> None:
    of = {"f": at(c, PREVIOUS), "i": g, "g": i}
    lines = [Equation(total(a["o"]), total(h) * apply("tanh", c) * o * (1 - o))]
    for q in "fig":
        slope = 1 - g**2 if q == "g" else gates[q] * (1 - gates[q])
        lines.append(Equation(total(a[q]), total(c) * of[q] * slope))
    board.line(
        "Gates",
        Lines(*lines),
        "Each gate's neighbour in its product, times the slope of its activation.",
        before=Lines(*ACTIVATIONS, CELL, OUTPUT),
    )


def _kernels(board: Blackboard) -> None:
    board.line(
        "Input kernels",
        Lines(*(Equation(total(W[q]), over_time(total(a[q]) @ (x @ S).T)) for q in GATES)),
        "Tap j meets the shifted input at every position and step, and their products add up.",
        before=Lines(*PRE_ACTIVATIONS),
    )
    shifted = at(h, PREVIOUS) @ S
    board.line(
        "Recurrent kernels",
        Lines(*(Equation(total(R[q]), over_time(total(a[q]) @ shifted.T)) for q in GATES)),
        "The same with the hidden state of the step before in the place of the input.",
    )
    board.line(
        "Biases",
        Lines(*(Equation(total(b[q]), over_time(total(a[q]) @ one)) for q in GATES)),
        "A bias is added at every position of every step, so it gathers all of δ.",
        before=Lines(*PRE_ACTIVATIONS),
    )

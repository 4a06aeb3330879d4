"""Convolution over time, max pooling, and an LSTM in which every product is a convolution.

Sources: A. Waibel et al., "Phoneme recognition using time-delay neural networks", IEEE Transactions
on Acoustics, Speech and Signal Processing 37 (1989); X. Shi et al., "Convolutional LSTM network",
NeurIPS 2015, equation 3.
"""

from __future__ import annotations

from derivations.blackboard import Blackboard
from derivations.catalogue.upstream import LOSS, any_loss
from derivations.matrix import (
    NOW,
    Moment,
    apply,
    at,
    moving,
    over,
    over_time,
    symbol,
    total,
)
from derivations.network import STEPS, Network
from derivations.step import Derivation, Equation, Lines
from derivations.template import Definition

ZERO = Moment("", 0)
J, LAST_J = Moment("j"), Moment("J", -1)

x, y = symbol("x", ("m", "1"), NOW), symbol("y", ("n", "1"), NOW)
K = symbol("K", ("n", "m"), J)
ahead = at(x, Moment("t+j"))

CONVOLUTION = Definition(y, over("j", ZERO, LAST_J, K @ ahead), meaning="output")
NETWORK = Network((CONVOLUTION, any_loss(y)), loss=LOSS, moving=frozenset("x"))
# The window at the last step t = T reaches up to x_{T+J-1}.
INDICES = {"t": STEPS, "j": (ZERO, LAST_J), "s": (Moment("", 1), Moment("T+J", -1))}


def convolution() -> Derivation:
    """Derive ``dK_j = Σ_t dy_t x_{t+j}ᵀ`` and ``dx_s = Σ_j K_jᵀ dy_{s-j}``."""
    board = Blackboard(NETWORK, start=CONVOLUTION, sizes={"J": 2}, indices=INDICES)
    board.line(
        "One tap of the kernel",
        Equation(total(K), over_time(total(y) @ ahead.T)),
        "K_j is read at every step, there beside x_{t+j}: what it receives adds up.",
    )
    reader = at(y, Moment("s-j"))
    board.line(
        "Who reads x_s",
        Equation(moving(y), over("j", ZERO, LAST_J, K @ moving(ahead))),
        "The output at t moves with the J inputs in its window; so x_s moves y_{s-j} through K_j.",
        before=CONVOLUTION,
    )
    board.line(
        "Gather at x_s",
        Equation(total(at(x, Moment("s"))), over("j", ZERO, LAST_J, K.T @ total(reader))),
        "Each reader passes back its gradient through K_jᵀ; there is none before 1 and past T.",
    )
    return board.derivation(
        "convolution",
        statement=Lines(board.steps[0].after, board.steps[2].after),
        meanings={"x": "input of step t", "K": "tap j of the kernel"},
        summary="Backwards the kernel runs the other way: a convolution with its transposed taps.",
        source="Waibel et al. 1989",
    )


# --------------------------------------------------------------------------------- max pooling

u, v, p = (symbol(letter, ("n", "1"), NOW) for letter in "uvp")
signal = symbol("x", ("n", "1"), NOW)
S, BACK, NEXT_S = Moment("s"), Moment("s", -1), Moment("s", 1)

PAIR = (
    Definition(u, signal, meaning="first of the window"),
    Definition(v, at(signal, Moment("t", 1)), meaning="second of the window"),
)
POOL = Definition(p, v + apply("relu", u - v), meaning="the larger of u_t and v_t")


def max_pooling() -> Derivation:
    """Derive that the gradient of a maximum goes to the winner, and adds up where windows meet."""
    network = Network((*PAIR, POOL, any_loss(p)), loss=LOSS)
    board = Blackboard(
        network, start=POOL, indices={"t": STEPS, "s": (Moment("", 1), Moment("T", 1))}
    )
    won = apply("relu′", u - v)
    board.line(
        "Differentiate the maximum",
        Equation(moving(p), won * moving(u) + (1 - won) * moving(v)),
        "The slope of relu is 1 where u_t is larger and 0 where v_t is: the maximum is the winner.",
    )
    board.line(
        "The gradient goes to the winner",
        Lines(Equation(total(u), won * total(p)), Equation(total(v), (1 - won) * total(p))),
        "The winner gets all of it and the other nothing, entry by entry.",
    )
    here, before = at(signal, S), at(signal, BACK)
    board.line(
        "Windows that overlap",
        Equation(
            total(here),
            apply("relu′", here - at(signal, NEXT_S)) * total(at(p, S))
            + (1 - apply("relu′", before - here)) * total(at(p, BACK)),
        ),
        "x_s is the first of window s and the second of window s-1, and both pass gradient on.",
        before=Lines(*PAIR),
    )
    return board.derivation(
        "max-pooling",
        statement=board.steps[1].after,
        meanings={"x": "signal at step t"},
        summary="Pooling routes: each gradient goes where the maximum came from.",
    )

"""Where the recursion starts: h_0 given, h_0 = 0, or the first input, each with its gradient.

Source: P. J. Werbos, "Backpropagation through time: what it does and how to do it", Proceedings of
the IEEE 78(10), 1990; for the first input as the state, S. Varma, Lecture 13: Recurrent Neural
Networks, part 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from derivations.blackboard import Blackboard
from derivations.catalogue.recurrent import (
    MEANINGS,
    ZERO,
    W_h,
    W_x,
    a,
    h,
    past,
    plain,
    state_equations,
    x,
)
from derivations.matrix import (
    FIRST,
    LAST,
    Moment,
    at,
    immediate,
    inner,
    instance,
    jacobian,
    number,
    over,
    over_time,
    substitute,
    symbol,
    total,
)
from derivations.network import TOTAL_LOSS, Network
from derivations.show.layout import lines_of
from derivations.step import Derivation, Equation, Lines
from derivations.template import Definition, column

SOURCE = "Werbos 1990, Backpropagation through time: what it does and how to do it"
h_0, a_1 = at(h, ZERO), at(a, FIRST)
SECOND = Moment("", 2)
x_wide, W_wide = column("x", "n"), symbol("W_x", ("n", "n"))
x_0 = at(x_wide, ZERO)


def initial_state(start: str = "given", activation: str = "tanh") -> Derivation:
    """Derive the gradient at the start, when h_0 is "given", "zero" or the "first input".

    Raises ValueError for a start that is not there, naming those that are.
    """
    if start not in STARTS:
        raise ValueError(f"no start {start!r}; there are: {', '.join(STARTS)}")
    return STARTS[start](activation)


def _given(activation: str) -> Derivation:
    pre, _ = state_equations(plain(activation))
    first = Equation(a_1, instance(pre.right, 1))
    board = Blackboard(plain(activation), first)
    _through_first_step(board)
    return _finished(
        board,
        "A given h_0 is a parameter like any other: only the first step reads it, so its gradient "
        "takes one product.",
    )


def _through_first_step(board: Blackboard) -> None:
    board.line(
        "Who reads h_0",
        Equation(total(h_0), jacobian(a_1, h_0).T @ total(a_1)),
        "Only the first step reads the initial state, and no loss of its own stands there.",
    )
    board.line(
        "Through the weights",
        Equation(total(h_0), W_h.T @ total(a_1)),
        "In W_h u a small du moves the result by W_h du.",
    )


def _zero(activation: str) -> Derivation:
    zero = Definition(h_0, number(0), meaning="hidden state")
    board = Blackboard(plain(activation, zero), start=zero)
    every = over_time(total(a) @ past.T)
    first = total(a_1) @ h_0.T
    later = over("t", SECOND, LAST, total(a) @ past.T)
    gradient = total(W_h)
    board.line(
        "Set the first step apart",
        Equation(gradient, first + later),
        "The gradient adds up over the steps; only the first one reads h_0.",
        before=Equation(gradient, every),
        source=SOURCE,
        check=Blackboard(plain(activation), zero).truth.check,  # so it is for any h_0
    )
    board.line(
        "Nothing is read",
        Equation(gradient, later),
        "A weight that multiplies 0 has no effect, so W_h learns nothing at the first step.",
    )
    board.line(
        "The state itself",
        Lines(board.at, Equation(total(h_0), W_h.T @ total(a_1))),
        "The derivative at h_0 = 0 is the same as for any other h_0, but 0 is a constant: nothing "
        "is there to be moved along it.",
    )
    return _finished(
        board,
        "Started from zeros, a network has no initial state to learn, and its first step teaches "
        "the recurrent weights nothing.",
    )


def _first_input(activation: str) -> Derivation:
    network = _started_by_input(activation)
    board = Blackboard(network, Lines(*network.equations[:3]))
    board.line(
        "Who reads x_0",
        Equation(total(x_0), total(h_0)),
        "The first input is the state: whatever moves one moves the other.",
    )
    board.line(
        "Who reads h_0",
        Equation(total(x_0), immediate(h_0) + jacobian(a_1, h_0).T @ total(a_1)),
        "Here the state of step 0 has an output, so a loss reads it, and then the first step.",
        source="Subir Varma, Lecture 13: Recurrent Neural Networks, part 1: Y_0 = h(Z_0)",
    )
    board.line(
        "Through the weights",
        Equation(total(x_0), immediate(h_0) + W_h.T @ total(a_1)),
        "In W_h u a small du moves the result by W_h du: the recurrent weights, not those of the "
        "inputs.",
    )
    board.line(
        "Later inputs",
        Lines(board.at, Equation(total(x_wide), W_wide.T @ total(a))),
        "From t = 1 on an input enters through its own weights.",
    )
    board.line(
        "The weights",
        Lines(*lines_of(board.at), Equation(total(W_h), over_time(total(a) @ past.T))),
        "At the first step the recurrent weights read x_0, so that it teaches them too.",
    )
    return _finished(
        board,
        "With Z_0 = X_0 the first input enters through the recurrent weights only; it must have "
        "as many entries as the state.",
    )


def _started_by_input(activation: str) -> Network:
    """Return the network with h_0 = x_0 and a loss at step 0 too."""
    without = plain(activation, loss=False)
    pre, state = state_equations(without)
    same_size = {x: x_wide, W_x: W_wide}
    pre = replace(pre, right=substitute(pre.right, same_size.get))
    start = Definition(h_0, x_0, meaning="hidden state")
    losses = over("t", ZERO, LAST, inner(immediate(h), h))
    equations = (pre, state, start, Definition(TOTAL_LOSS, losses), *without.equations[2:])
    return replace(without, equations=equations, loss=TOTAL_LOSS)


def _finished(board: Blackboard, summary: str) -> Derivation:
    return board.derivation("initial-state", meanings=MEANINGS, summary=summary, source=SOURCE)


STARTS: dict[str, Callable[[str], Derivation]] = {
    "given": _given,
    "zero": _zero,
    "first input": _first_input,
}

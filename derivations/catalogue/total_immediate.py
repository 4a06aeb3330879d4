"""Total against immediate derivative: dh_t/dθ = ∂⁺h_t/∂θ + J_t dh_{t-1}/dθ.

Source: R. Pascanu, T. Mikolov and Y. Bengio, "On the difficulty of training recurrent neural
networks", ICML 2013, for the two kinds of derivative.
"""

from __future__ import annotations

from dataclasses import replace

from derivations.blackboard import Blackboard
from derivations.catalogue.recurrent import (
    COLUMNS,
    MEANINGS,
    ZERO,
    I,
    J,
    W_h,
    W_x,
    a,
    b,
    h,
    h_slope,
    past,
    recurrent,
    state_equations,
    x,
)
from derivations.matrix import (
    FIRST,
    Expression,
    Moment,
    at,
    diag,
    element,
    identity,
    jacobian,
    number,
    substitute,
    total_jacobian,
)
from derivations.network import STEPS, Network
from derivations.show.layout import lines_of
from derivations.step import Derivation, Equation, Lines, Step
from derivations.template import Definition

# A parameter θ by the name it is asked for, and what the equation of a step reads beside it.
PARAMETERS: dict[str, tuple[Expression, Expression]] = {
    "W_h": (element(W_h, ("i", "j")), element(past, ("j",))),
    "W_x": (element(W_x, ("i", "j")), element(x, ("j",))),
    "b": (b, number(1)),
}
SOURCE = "Pascanu, Mikolov and Bengio 2013, On the difficulty of training recurrent neural networks"


def total_immediate(wrt: str = "W_h", activation: str = "tanh") -> Derivation:
    """Derive the recursion of the total derivative, for an entry of a weight or for the bias.

    Raises ValueError for a name that is not there, naming those that are.
    """
    if wrt not in PARAMETERS:
        raise ValueError(f"the rnn has no {wrt!r}; there are: {', '.join(PARAMETERS)}")
    theta, beside = PARAMETERS[wrt]
    network = _in_one_equation(activation)
    columns = "m" if wrt == "W_x" else "n"
    indices = {"t": STEPS, "i": COLUMNS, "j": (FIRST, Moment(columns)), "k": COLUMNS}
    board = Blackboard(network, start=network.equations[1], indices=indices)
    read, passed = jacobian(h, theta), total_jacobian(past, theta)
    board.line(
        "Two ways to move",
        Equation(total_jacobian(h, theta), read + jacobian(h, past) @ passed),
        "The equation reads the parameter itself, with h_{t-1} held still, and it reads h_{t-1}, "
        "which the same parameter has moved at all the steps before.",
        source=SOURCE,
    )
    board.line(
        "The Jacobian of one step",
        Lines(
            Equation(J, diag(h_slope) @ W_h),
            Equation(total_jacobian(h, theta), read + J @ passed),
        ),
        "In φ(W_h u) a small du moves the argument by W_h du, and each unit then by its slope.",
        details=_jacobian_of_a_step(board),
    )
    board.line(
        "What is read at the step itself",
        Lines(*lines_of(board.at), _immediate(wrt, theta, beside)),
        "With h_{t-1} held still, the weight in row i moves only unit i, by what it multiplies."
        if wrt != "b"
        else "With h_{t-1} held still, each bias moves its own unit, by the slope.",
    )
    board.line(
        "Where it starts",
        Lines(*lines_of(board.at), Equation(total_jacobian(at(h, ZERO), theta), number(0))),
        "No parameter moves a state that is given.",
    )
    return board.derivation(
        "total-immediate",
        meanings=MEANINGS,
        summary="What a parameter does to the state: at the step itself, and through the past.",
        source=SOURCE,
    )


def _jacobian_of_a_step(board: Blackboard) -> list[Step]:
    aside = board.aside(jacobian(h, past))
    aside.line(
        "Slope times weights",
        diag(h_slope) @ W_h,
        "Row i of W_h, which makes a_t[i], is scaled by the slope of unit i.",
    )
    aside.line("Give it a name", J, "This matrix is met at every step.")
    return aside.steps


def _immediate(wrt: str, theta: Expression, beside: Expression) -> Equation:
    if wrt == "b":
        return Equation(jacobian(h, theta), diag(h_slope))
    moved, unit = element(h_slope, ("k",)), element(I, ("i", "k"))
    return Equation(jacobian(element(h, ("k",)), theta), unit * moved * beside)


def _in_one_equation(activation: str) -> Network:
    """Return the network with h_t = φ(W_h h_{t-1} + W_x x_t + b) in one equation."""
    unit = Definition(I, identity("n"), meaning="identity: I[i,k] is 1 where i = k, 0 elsewhere")
    network = recurrent(activation, unit, loss=False)
    pre, state = state_equations(network)
    inserted = substitute(state.right, {a: pre.right}.get)
    whole = replace(state, right=inserted)
    return replace(network, equations=(pre, whole, *network.equations[2:]))

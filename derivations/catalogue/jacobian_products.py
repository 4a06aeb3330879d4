"""Products of Jacobians: how h_t moves with h_k, and the two ways in which it is misprinted.

Source: R. Pascanu, T. Mikolov and Y. Bengio, "On the difficulty of training recurrent neural
networks", ICML 2013, equation 5.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from derivations.blackboard import Blackboard
from derivations.catalogue.activations import activated, slope
from derivations.catalogue.recurrent import (
    EARLIER,
    MEANINGS,
    ZERO,
    J,
    W_h,
    W_x,
    b,
    h,
    h_slope,
    past,
    recurrent,
    x,
)
from derivations.errata import Counterexample
from derivations.matrix import (
    NOW,
    PREVIOUS,
    Expression,
    Moment,
    at,
    diag,
    identity,
    product_over,
    total_jacobian,
)
from derivations.network import STEPS, Network
from derivations.step import Derivation, Equation, Lines
from derivations.template import Definition, column
from derivations.verify import by_rule

SOURCE = "Pascanu, Mikolov and Bengio 2013, On the difficulty of training recurrent neural networks"
EARLIEST, STEP = Moment("k"), Moment("s")
INDICES = {"t": STEPS, "k": EARLIER}  # k = 0 .. t-1

v = column("v", "n")  # the state of the network whose activation comes before the weights
FORMS = ("after", "before")


def jacobian_product(activated: str = "after", activation: str = "tanh") -> Derivation:
    """Derive dh_t/dh_k = J_t J_{t-1} ... J_{k+1}.

    The plain network activates after the weights, h_t = φ(W_h h_{t-1} + ...). With `activated`
    "before" the recurrence is v_t = W_h φ(v_{t-1}) + ..., as in the paper of 2013.

    Raises ValueError for a name that is not there, naming those that are.
    """
    if activated not in FORMS:
        raise ValueError(f"activated must be one of: {', '.join(FORMS)}; not {activated!r}")
    network = (
        recurrent(activation, loss=False) if activated == "after" else _activated_before(activation)
    )
    state, factor = (h, diag(h_slope) @ W_h) if activated == "after" else (v, _factor_before())
    board = Blackboard(network, Lines(*network.equations[:2]), indices=INDICES)
    _one_step(board, state, factor)
    _induction(board, state)
    return board.derivation(
        "jacobian-product",
        meanings=MEANINGS,
        summary="How a state moves with an earlier one: a factor for every step between them, "
        "the latest first.",
        source=SOURCE,
    )


def _one_step(board: Blackboard, state: Expression, factor: Expression) -> None:
    before, start = at(state, PREVIOUS), at(state, EARLIEST)
    after_weights = state is h
    board.line(
        "One step",
        Equation(total_jacobian(state, before), factor),
        "The weights come first, so they stand on the right, and the slopes scale their rows."
        if after_weights
        else "The activation comes first, so its slopes stand on the right and scale the columns.",
    )
    board.line(
        "Name it",
        Lines(Equation(J, factor), Equation(total_jacobian(state, before), J)),
        "Every step has such a factor, with its own slopes and the same weights.",
    )
    board.line(
        "One step later",
        Equation(total_jacobian(state, start), J @ total_jacobian(before, start)),
        "Earlier states reach step t only through step t-1; what is done last stands first.",
    )


def _induction(board: Blackboard, state: Expression) -> None:
    start = at(state, EARLIEST)
    step = board.at
    board.line(
        "Induction starts at k",
        Equation(total_jacobian(start, start), identity("n")),
        "A state moves with itself; this is the product of no factors.",
    )
    board.line(
        "Induction on t",
        Equation(
            total_jacobian(state, start),
            product_over("s", EARLIEST.later(1), NOW, at(J, STEP)),
        ),
        "Each step puts its own factor in front, so Π is J_t J_{t-1} ... J_{k+1}: descending.",
        before=Lines(step, board.at),
        check=by_rule("induction on t, from k up", board.truth.check),
    )


def _activated_before(activation: str) -> Network:
    """Return v_t = W_h φ(v_{t-1}) + W_x x_t + b, with the slopes and Jacobians named."""
    first, slopes = at(v, ZERO), slope(activation, v, h)
    meaning = f"slope of the activation, φ′(v_t) = {slopes.text()}"
    activated_first = activated(activation, first)
    slope_first = slope(activation, first, at(h, ZERO))
    return Network(
        (
            Definition(v, W_h @ past + W_x @ x + b, meaning="state, before the activation"),
            Definition(h, activated(activation, v), meaning="activated state"),
            Definition(h_slope, slopes, meaning=meaning),
            Definition(J, _factor_before(), meaning="Jacobian of one step"),
            Definition(at(h, ZERO), activated_first, meaning="activated state"),
            Definition(at(h_slope, ZERO), slope_first, meaning=meaning),
        )
    )


def _factor_before() -> Expression:
    return W_h @ diag(at(h_slope, PREVIOUS))


# ------------------------------------------------------------------------------------ the erratum

WEIGHTS = ((1, 2), (3, 4))
START = (Fraction(1, 2), Fraction(1, 3))


def misprinted_factor() -> Counterexample:
    """Return equation 5 of the paper at a point, and the Jacobian that it should be.

    The paper has x_t = W σ(x_{t-1}) + ... and prints Π Wᵀ diag(σ′(x_{t-1})). Here one step with
    σ(x) = x², whose central differences are exact slopes, is taken in fractions.
    """
    weights = np.array([[Fraction(w) for w in row] for row in WEIGHTS])
    x_0 = np.array(START)
    slopes = ((x_0 + 1) ** 2 - (x_0 - 1) ** 2) / 2
    moved = [weights @ (x_0 + e) ** 2 - weights @ (x_0 - e) ** 2 for e in np.eye(2, dtype=int)]
    right = np.stack(moved, axis=1) / 2
    wrong = weights.T @ np.diag(slopes)
    return Counterexample("dx_1/dx_0, W = [1 2; 3 4], x_0 = (1/2, 1/3)", _rows(wrong), _rows(right))


def _rows(matrix: np.ndarray) -> list[list[str]]:
    return [[str(entry) for entry in row] for row in matrix]

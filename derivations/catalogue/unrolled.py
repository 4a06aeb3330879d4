"""The unrolled gradient: a double sum over the step of a loss and the step of a weight's use.

Source: R. Pascanu, T. Mikolov and Y. Bengio, "On the difficulty of training recurrent neural
networks", ICML 2013, equations 3 to 5.
"""

from __future__ import annotations

from derivations.blackboard import Blackboard
from derivations.catalogue.recurrent import (
    MEANINGS,
    J,
    W_h,
    a,
    h,
    h_slope,
    past,
    recurrent,
)
from derivations.matrix import (
    FIRST,
    LAST,
    NEXT,
    NOW,
    Expression,
    Moment,
    at,
    diag,
    immediate,
    over,
    product_over,
    total,
)
from derivations.network import STEPS
from derivations.step import Derivation, Equation, Lines
from derivations.verify import by_rule

SOURCE = "Pascanu, Mikolov and Bengio 2013, On the difficulty of training recurrent neural networks"
STEP = Moment("s")
USE, AFTER_USE = Moment("k"), Moment("k", 1)
use_state, use_slope, use_past = at(h, USE), at(h_slope, USE), at(h, Moment("k", -1))


def unrolled(activation: str = "tanh") -> Derivation:
    """Derive dL/dW_h as a sum over the steps t of the losses and the steps k <= t of the uses."""
    recursion = Lines(
        Equation(total(h), immediate(h) + W_h.T @ total(at(a, NEXT))),
        Equation(total(a), h_slope * total(h)),
    )
    board = Blackboard(recurrent(activation), recursion, indices={"t": STEPS, "k": (FIRST, LAST)})
    _without_deltas(board)
    _solved(board)
    _double_sum(board)
    return board.derivation(
        "unrolled",
        meanings=MEANINGS,
        summary="The recursion of backpropagation through time, solved: every pair of a step t "
        "with a loss and an earlier step k with a use of the weights adds a term.",
        source=SOURCE,
    )


def _without_deltas(board: Blackboard) -> None:
    later = at(h, NEXT)
    through = W_h.T @ (at(h_slope, NEXT) * total(later))
    board.line(
        "Put δ_{t+1} in",
        Equation(total(h), immediate(h) + through),
        "The second equation, a step later, says what the first one reads.",
        source="Werbos 1990, for the recursion",
    )
    board.line(
        "Recognize the Jacobian",
        Equation(total(h), immediate(h) + at(J, NEXT).T @ total(later)),
        "Slope, then transposed weights: together this is J_{t+1} = diag(h′) W_h, transposed.",
    )


def _solved(board: Blackboard) -> None:
    """Solve the recursion for dL/dh_k, by induction from T down."""
    last = at(h, LAST)
    board.line(
        "Induction starts at T",
        Equation(total(last), immediate(last)),
        "Nothing reads h_T but the loss of its own step.",
    )
    board.line(
        "Induction from k+1 to k",
        Equation(
            total(use_state),
            immediate(use_state) + at(J, AFTER_USE).T @ losses_after(Moment("k", 1)),
        ),
        "What is claimed of h_{k+1} is put into the recursion at k.",
        before=Lines(
            Equation(total(use_state), immediate(use_state) + at(J, AFTER_USE).T @ total(_next())),
            Equation(total(_next()), losses_after(Moment("k", 1))),
        ),
    )
    board.line(
        "Solved",
        Equation(total(use_state), losses_after(USE)),
        "J_{k+1} becomes the last factor of every product, and the loss of step k joins the sum, "
        "with a product of no factors.",
        check=by_rule("induction on k, from T down", board.truth.check),
    )


def _next() -> Expression:
    return at(h, AFTER_USE)


def losses_after(k: Moment) -> Expression:
    """Return Σ_{t=k}^T (J_t ... J_{k+1})ᵀ ∂⁺ℓ_t/∂h_t."""
    return over("t", k, LAST, _passed_back(k.later(1)) @ immediate(h))


def _passed_back(first: Moment) -> Expression:
    return product_over("s", first, NOW, at(J, STEP)).T


def _double_sum(board: Blackboard) -> None:
    gradient = total(W_h)
    by_uses = over("k", FIRST, LAST, (use_slope * total(use_state)) @ use_past.T)
    board.line(
        "Gather the uses of W_h",
        Equation(gradient, by_uses),
        "Step k uses W_h once, where δ_k meets h_{k-1}.",
        before=Equation(gradient, over("t", FIRST, LAST, total(a) @ past.T)),
    )
    board.line(
        "Put the solution in",
        Equation(gradient, over("k", FIRST, LAST, (use_slope * losses_after(USE)) @ use_past.T)),
        "So every use meets all the losses that come after it.",
    )
    term = (diag(use_slope) @ (_passed_back(AFTER_USE) @ immediate(h))) @ use_past.T
    board.line(
        "Exchange the sums",
        Equation(gradient, over("t", FIRST, LAST, over("k", FIRST, NOW, term))),
        "The pairs with k at most t are the same, whichever of the two is counted first.",
    )

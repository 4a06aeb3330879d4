"""Losses by themselves: the squared error, and a total over steps, masked or not."""

from __future__ import annotations

from fractions import Fraction

from derivations.blackboard import Blackboard
from derivations.catalogue.softmax import DISTRIBUTIONS
from derivations.catalogue.upstream import LOSS
from derivations.errata import Counterexample
from derivations.matrix import (
    NOW,
    SCALAR,
    Expression,
    Moment,
    apply,
    at,
    inner,
    moving,
    number,
    over_time,
    squared_norm,
    symbol,
    total,
    total_jacobian,
)
from derivations.network import Network
from derivations.nudging import FloatNumbers
from derivations.sizes import Sizes
from derivations.step import Derivation, Equation, Lines
from derivations.template import Definition
from derivations.truth import SMALL, Truth

# --------------------------------------------------------------------------------- squared error

h, y, e = (symbol(letter, ("n", "1")) for letter in "hye")
ERROR = Definition(e, y - h, meaning="error")
SQUARED = Definition(LOSS, Fraction(1, 2) * squared_norm(e), meaning="squared error")


def squared_error() -> Derivation:
    """Derive ``dL/dh = -(y - h)`` for L = ½ ‖y - h‖²."""
    board = Blackboard(
        Network((ERROR, SQUARED), loss=LOSS, moving=frozenset("h")), start=Lines(ERROR, SQUARED)
    )
    board.line(
        "Differentiate the square",
        Equation(moving(LOSS), inner(e, moving(e))),
        "The two of the square cancels the half.",
        before=SQUARED,
    )
    board.line(
        "Differentiate the error",
        Equation(moving(e), -moving(h)),
        "The target stays where it is, and the output counts with a minus.",
        before=ERROR,
    )
    board.line(
        "Insert",
        Equation(moving(LOSS), -inner(y - h, moving(h))),
        "The minus comes in front, and the error is y - h.",
        before=Equation(moving(LOSS), inner(e, moving(e))),
    )
    board.line(
        "Read off the gradient",
        Equation(total(h), -(y - h)),
        "What multiplies dh in dL is the gradient, whatever dh is.",
    )
    return board.derivation(
        "squared-error",
        meanings={"h": "output", "y": "target"},
        summary="The gradient is the error itself, with a minus.",
    )


def cross_entropy_at_the_output() -> Counterexample:
    """Differentiate the cross-entropy at its probabilities: it is -y / p there, not -(y - p)."""
    z, p, targets = (symbol(letter, ("k", "1")) for letter in "zpy")
    truth = Truth(DISTRIBUTIONS, Sizes(dict(SMALL.dimensions)), FloatNumbers(seed=1))
    wrong, right = (truth.value(side)[0, 0] for side in (p - targets, total(p)))
    at_logits = truth.value(total(z) - (p - targets))
    assert abs(at_logits).max() < 1e-12  # there, and only there, the formula holds
    numbers = (round(float(side), 4) for side in (wrong, right))
    return Counterexample("dL/dp, its first class, at random logits", *numbers)


# ----------------------------------------------------------------------------- a total over steps

ℓ, m = symbol("ℓ", SCALAR, NOW), symbol("m", SCALAR, NOW)
x, θ = symbol("x", ("n", "1"), NOW), symbol("θ", ("n", "1"))
M, N = symbol("M", SCALAR), symbol("N", SCALAR)

OF_A_STEP = Definition(ℓ, inner(x, apply("tanh", θ)), meaning="loss of step t")
TOTAL = Definition(LOSS, over_time(ℓ), meaning="total loss")
COUNT = Definition(N, over_time(m), meaning="number of steps that count")
MEAN = Definition(M, over_time(m * ℓ) / N, meaning="mean over the steps that count")
EQUATIONS = (OF_A_STEP, TOTAL, COUNT, MEAN)


def total_loss() -> Derivation:
    """Derive ``dL/dℓ_t = 1`` for L = Σ_t ℓ_t, and ``m_t / N`` for a mean over unmasked steps."""
    by_θ = total_jacobian(ℓ, θ).T
    board = Blackboard(Network(EQUATIONS, loss=LOSS), start=TOTAL)
    board.line(
        "Every step counts once",
        Equation(total(ℓ), number(1)),
        "The loss of a step stands in the sum once, with the factor 1.",
        before=TOTAL,
    )
    board.line(
        "Gradients add up",
        Equation(total(θ), over_time(by_θ)),
        "A parameter acts through the loss of each step, and each passes its gradient on times 1.",
    )
    board.line(
        "Mean over the unmasked steps",
        Equation(total_jacobian(M, ℓ), m / N),
        "The mask m_t is 1 where a step counts and 0 where it does not, and N does not move.",
        before=Lines(COUNT, MEAN),
    )
    board.line(
        "Its gradients",
        Equation(total_jacobian(M, θ).T, over_time(m * by_θ) / N),
        "As before, but the loss of each step now passes its gradient on times m_t / N.",
    )
    board.line(
        "Three steps, the second masked",
        Lines(*(Equation(total_jacobian(M, _at(t)), number(share)) for t, share in _SHARES)),
        "Two steps share the mean, so each counts half; a masked step contributes nothing.",
        check=Truth(Network((*EQUATIONS, *_MASK))).check,
    )
    return board.derivation(
        "total-loss",
        statement=Lines(
            Equation(total(ℓ), number(1)),
            Equation(total(θ), over_time(by_θ)),
            Equation(total_jacobian(M, ℓ), m / N),
        ),
        meanings={"x": "data of step t", "θ": "parameters", "m": "mask of step t, 1 or 0"},
        summary="A sum passes 1 to every step, a masked mean passes 1/N to those that count.",
    )


def _at(t: int) -> Expression:
    return at(ℓ, Moment("", t))


_SHARES = ((1, Fraction(1, 2)), (2, 0), (3, Fraction(1, 2)))
_MASK = tuple(
    Definition(at(m, Moment("", t)), number(value), meaning="mask")
    for t, value in ((1, 1), (2, 0), (3, 1))
)

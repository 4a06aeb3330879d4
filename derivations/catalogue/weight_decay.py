"""Weight decay and the penalty (λ/2) ‖w‖²: the same for gradient descent, not for Adam.

Source: I. Loshchilov and F. Hutter, "Decoupled weight decay regularization", ICLR 2019.
"""

from __future__ import annotations

from fractions import Fraction

from derivations.arithmetic import FRACTIONS
from derivations.blackboard import Blackboard
from derivations.catalogue.upstream import LOSS
from derivations.matrix import (
    SCALAR,
    Expression,
    Moment,
    apply,
    at,
    elements_of,
    in_order,
    inner,
    number,
    squared_norm,
    symbol,
    total,
)
from derivations.network import Network
from derivations.step import Check, Derivation, Equation, Formula, Lines, NotVerified, Verdict
from derivations.template import Definition

SOURCE = "Loshchilov & Hutter 2019"

BEFORE, AFTER = Moment("", 0), Moment("", 1)
w, g = symbol("w", ("n", "1"), BEFORE), symbol("g", ("n", "1"))
λ, η = symbol("λ", SCALAR), symbol("η", SCALAR)
ℓ = symbol("ℓ", SCALAR)
after = at(w, AFTER)

DATA = Definition(ℓ, inner(g, w), meaning="loss without the penalty")
PENALIZED = Definition(
    LOSS, ℓ + Fraction(1, 2) * (λ * squared_norm(w)), meaning="loss with the penalty"
)
DESCENT = Definition(after, w - η * (g + λ * w), meaning="weights")

# Adam's moments after its first step; they start at 0.
G = g + λ * w
m, v = (symbol(letter, ("n", "1")) for letter in "mv")
β_1, β_2 = (symbol(letter, SCALAR) for letter in ("β_1", "β_2"))
MOMENTS = (
    Definition(m, (1 - β_1) * G, meaning="first moment of Adam"),
    Definition(v, (1 - β_2) * G**2, meaning="second moment of Adam"),
)
MEANINGS = {
    "w": "weights",
    "g": "gradient of the loss without the penalty, dℓ/dw_0",
    "λ": "how strong the penalty is",
    "η": "learning rate",
    "β_1": "decay of the first moment",
    "β_2": "decay of the second moment",
}


def weight_decay() -> Derivation:
    """Derive ``w_1 = (1 - ηλ) w_0 - η g`` for gradient descent, and that Adam's step differs."""
    board = Blackboard(
        Network((DATA, PENALIZED, DESCENT, *MOMENTS), loss=LOSS), start=Lines(PENALIZED, DATA)
    )
    _gradient_descent(board)
    _adam(board)
    return board.derivation(
        "weight-decay",
        statement=Equation(after, (1 - η * λ) * w - η * g),
        meanings=MEANINGS,
        summary="A quadratic penalty shrinks the weights by a factor a step, but not under Adam.",
        source=SOURCE,
    )


def _gradient_descent(board: Blackboard) -> None:
    board.line(
        "Differentiate the penalty",
        Equation(total(w), g + λ * w),
        "The half cancels the two of the square; with λ ‖w‖² it would be 2 λ w.",
    )
    board.line(
        "A step of gradient descent",
        Equation(after, w - η * (g + λ * w)),
        "Go against the gradient, by the learning rate.",
    )
    board.line(
        "Group before the weights",
        Equation(after, (1 - η * λ) * w - η * g),
        "The penalty only scales the old weights: they decay, by the same factor at every step.",
        source=SOURCE,
    )


# ------------------------------------------------------------------------------ the same in Adam


def _direction(gradient: Expression) -> Expression:
    """Return Adam's first direction, from moments that start at 0 and are freed of that bias."""
    return gradient / apply("√", gradient**2)


def _adam(board: Blackboard) -> None:
    board.line(
        "Adam's first step: its moments",
        Lines(Equation(m / (1 - β_1), G), Equation(v / (1 - β_2), G**2)),
        "They start at 0, and the corrections divide by what that cost: β_1 and β_2 cancel.",
        before=Lines(*MOMENTS),
        source="Kingma & Ba 2015, algorithm 1",
    )
    board.line(
        "With the penalty, in numbers",
        Equation(after, number(Fraction(9, 10))),
        "With w_0 = 1, g = ½, λ = ½, η = 1/10 and no ε, Adam divides 1 by √1: λ is gone.",
        before=Equation(after, w - η * _direction(G)),
        check=_in_numbers(w - η * _direction(G)),
    )
    board.line(
        "With decay apart, in numbers",
        Equation(after, number(Fraction(17, 20))),
        "Decayed apart from the gradient the weight gets smaller: under Adam the two differ.",
        before=Equation(after, (1 - η * λ) * w - η * _direction(g)),
        check=_in_numbers((1 - η * λ) * w - η * _direction(g)),
        source=SOURCE,
    )


NUMBERS = {w: Fraction(1), g: Fraction(1, 2), λ: Fraction(1, 2), η: Fraction(1, 10)}


def _in_numbers(step: Expression) -> Check:
    """Return the check of a line on the numbers of the example, a single weight, in fractions."""

    def value(expression: Expression) -> Fraction:
        grid = elements_of(list(in_order(expression)), lambda s: [[NUMBERS[s]]], FRACTIONS)
        return Fraction(grid[0][0])

    def check(_: Formula, after: Formula) -> Verdict:
        assert isinstance(after, Equation)
        assert isinstance(after.right, Expression)
        if value(after.right) != value(step):
            raise NotVerified(f"{step.text()} is {value(step)}, not {after.right.text()}")
        return Verdict("exact", "arithmetic in fractions", "n = 1")

    return check

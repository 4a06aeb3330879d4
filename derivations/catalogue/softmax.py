"""Softmax and cross-entropy: their derivatives, and what they owe to targets that sum to one.

Source: J. S. Bridle, "Probabilistic interpretation of feedforward classification network outputs",
in Neurocomputing, 1990.
"""

from __future__ import annotations

from collections.abc import Callable

from derivations.blackboard import Blackboard
from derivations.catalogue.upstream import LOSS
from derivations.matrix import (
    SCALAR,
    Expression,
    Moment,
    apply,
    diag,
    element,
    inner,
    moving,
    ones,
    softmax,
    symbol,
    total,
    total_jacobian,
)
from derivations.network import Network
from derivations.step import Derivation, Equation, Lines
from derivations.template import Definition
from derivations.truth import Truth

SOURCE = "Bridle 1990"
SUM_TO_ONE = "the targets sum to one"

z, e, p, y = (symbol(letter, ("k", "1")) for letter in "zepy")
s = symbol("s", SCALAR)
dz = moving(z)

EXPONENTIALS = Definition(e, apply("exp", z), meaning="exponentials of the logits")
SUM = Definition(s, inner(ones("k"), e), meaning="their sum")
PROBABILITIES = Definition(p, e / s, meaning="predicted distribution")


def softmax_jacobian() -> Derivation:
    """Derive ``dp/dz = diag(p) - p pᵀ`` for p = softmax(z)."""
    first, one = Moment("", 1), Moment("i", -1)
    board = Blackboard(
        Network((EXPONENTIALS, SUM, PROBABILITIES)),
        start=Lines(EXPONENTIALS, SUM, PROBABILITIES),
        indices={"i": (first, Moment("k")), "j": (first, one)},
    )
    board.line(
        "Differentiate the exponentials",
        Equation(moving(e), e * dz),
        "The exponential is its own slope, and it acts on every logit alone.",
        before=EXPONENTIALS,
    )
    board.line(
        "Differentiate their sum",
        Equation(moving(s), inner(e, dz)),
        "A sum moves by the sum of what its terms move by: 𝟏ᵀ (e ⊙ dz) is eᵀ dz.",
        before=SUM,
    )
    board.line(
        "Quotient rule",
        Equation(moving(p), moving(e) / s - p * (moving(s) / s)),
        "Both parts of the quotient move; in the second term e / s is p again.",
        before=PROBABILITIES,
    )
    board.line(
        "Insert both",
        Equation(moving(p), p * dz - p @ (p.T @ dz)),
        "Divided by s, e ⊙ dz becomes p ⊙ dz, and eᵀ dz becomes pᵀ dz.",
    )
    board.line(
        "Factor out dz",
        Equation(moving(p), (diag(p) - p @ p.T) @ dz),
        "An elementwise product with p is a product with the matrix that has p on its diagonal.",
    )
    board.line(
        "Read off the Jacobian",
        Equation(total_jacobian(p, z), diag(p) - p @ p.T),
        "This holds for every dz, so what multiplies it is the Jacobian.",
        source=SOURCE,
    )
    p_i, p_j = (element(p, (index,)) for index in "ij")
    z_i, z_j = (element(z, (index,)) for index in "ij")
    board.line(
        "Element by element",
        Lines(
            Equation(total_jacobian(p_i, z_i), p_i * (1 - p_i)),
            Equation(total_jacobian(p_i, z_j), -(p_i * p_j)),
        ),
        "On the diagonal both terms count, beside it (j ≠ i) only the product: logits compete.",
    )
    return board.derivation(
        "softmax",
        statement=Equation(total_jacobian(p, z), diag(p) - p @ p.T),
        meanings={"z": "logits"},
        summary="Raising one logit raises its own probability and lowers all others.",
        source=SOURCE,
    )


# ------------------------------------------------------------------------------ cross-entropy

SOFTMAX = Definition(p, softmax(z), meaning="predicted distribution")
CROSS_ENTROPY = Definition(LOSS, -inner(y, apply("log", p)), meaning="cross-entropy")
ANY_TARGETS = Network((SOFTMAX, CROSS_ENTROPY), loss=LOSS, moving=frozenset("z"))
DISTRIBUTIONS = Network(
    (SOFTMAX, CROSS_ENTROPY), loss=LOSS, moving=frozenset("z"), normalized=frozenset("y")
)


def cross_entropy(sum_to_one: bool = True) -> Derivation:
    """Derive ``dL/dz = p - y`` for L = -yᵀ log p, p = softmax(z), and targets that sum to one.

    Without that assumption it is ``(𝟏ᵀ y) p - y``.
    """
    board = Blackboard(ANY_TARGETS, start=Lines(SOFTMAX, CROSS_ENTROPY))
    for line in (_at_the_probabilities, _at_the_logits):
        line(board)
    if sum_to_one:
        board.line(
            "The targets sum to one",
            Equation(total(z), p - y),
            "A distribution over the classes, such as a one-hot column, has 𝟏ᵀ y = 1.",
            check=Truth(DISTRIBUTIONS).check,
            source=SOURCE,
            assumptions=(SUM_TO_ONE,),
        )
    return board.derivation(
        "cross-entropy",
        meanings={"z": "logits", "y": "targets, a distribution" if sum_to_one else "targets"},
        summary="Behind a softmax the gradient is the difference of prediction and target.",
        source=SOURCE,
        weakened=weaker(cross_entropy) if sum_to_one else None,
    )


def weaker(derive: Callable[[bool], Derivation]) -> Callable[[str], Derivation]:
    """Return what derives the same for targets with any sum, given the name of the assumption."""

    def without(assumption: str) -> Derivation:
        if assumption != SUM_TO_ONE:
            raise ValueError(f"the assumption here is {SUM_TO_ONE!r}, not {assumption!r}")
        return derive(False)

    return without


def _at_the_probabilities(board: Blackboard) -> None:
    moved = Equation(moving(LOSS), -inner(y, moving(p) / p))
    board.line(
        "Differentiate the logarithm",
        moved,
        "The slope of log is one over its argument, and the targets stay where they are.",
        before=CROSS_ENTROPY,
    )
    board.line(
        "At the probabilities",
        Equation(total(p), -(y / p)),
        "What multiplies dp; it is not -(y - p), a form that holds at the logits only, see below.",
    )
    aside = board.aside(moved)
    aside.line(
        "Jacobian of the softmax",
        Equation(moving(p), p * (dz - inner(p, dz))),
        "It is diag(p) - p pᵀ, here with p taken out in front.",
        before=SOFTMAX,
    )
    board.line(
        "Insert the softmax",
        Equation(moving(LOSS), -inner(y, dz - ones("k") @ (p.T @ dz))),
        "The division by p cancels the p in front of the softmax's differential.",
        before=moved,
        details=aside.steps,
    )


def _at_the_logits(board: Blackboard) -> None:
    weight: Expression = inner(ones("k"), y)
    board.line(
        "Multiply out",
        Equation(moving(LOSS), weight * inner(p, dz) - inner(y, dz)),
        "The number pᵀ dz is the same for every class, so its weights yᵀ 𝟏 add up.",
    )
    board.line(
        "Group before dz",
        Equation(moving(LOSS), inner(weight * p - y, dz)),
        "Both terms are a column times dz.",
    )
    board.line(
        "Read off the gradient",
        Equation(total(z), weight * p - y),
        "What multiplies dz in dL is the gradient, whatever dz is.",
    )

"""Orthogonal recurrent weights: products of linear Jacobians keep every length.

Source: A. Saxe, J. McClelland and S. Ganguli 2014, Exact solutions to the nonlinear dynamics of
learning in deep linear neural networks; Arjovsky, Shah and Bengio 2016, Unitary evolution recurrent
neural networks.
"""

from __future__ import annotations

from derivations.blackboard import Blackboard, row
from derivations.bounds import ByLemmas, Lemma, Recalled
from derivations.catalogue.stability import AFTER_K, INDICES, STEP_K, norm_bound
from derivations.matrix import (
    NOW,
    PREVIOUS,
    Expression,
    at,
    divide,
    identity,
    inner,
    is_a,
    largest_singular_value,
    norm,
    number,
    product_over,
    squared_norm,
    total_jacobian,
)
from derivations.network import Network
from derivations.step import Derivation, Equation, Lines
from derivations.template import Definition, column, weight
from derivations.topics import TOPICS

SOURCE = "Saxe, McClelland and Ganguli 2014, Exact solutions to the nonlinear dynamics of learning"
ORTHOGONAL = "W_hᵀ W_h = I"
W, v, h, x = weight("W_h", "n", "n"), weight("v", "n", "1"), column("h", "n"), column("x", "n")


def _reflection(along: Expression) -> Expression:
    """Return I - 2 u uᵀ/‖u‖²: the reflection that turns u around."""
    return identity("n") - divide(2 * (along @ along.T), squared_norm(along))


def linear() -> Network:
    """Return h_t = W_h h_{t-1} + x_t with W_h a product of two reflections.

    With n = 2 these are all rotations; all orthogonal matrices are products of n reflections.
    """
    mirrors = (weight(letter, "n", "1") for letter in ("p", "q"))
    first, second = map(_reflection, mirrors)
    return Network((Definition(W, first @ second), Definition(h, W @ at(h, PREVIOUS) + x)))


def orthogonal() -> Derivation:
    """Derive that orthogonal weights keep lengths in a linear network and lengthen none in tanh."""
    start = Equation(h, W @ at(h, PREVIOUS) + x)
    board = Blackboard(linear(), start=start, indices=INDICES)
    isometry = _isometry(board)
    bound = norm_bound("tanh").steps[-1]
    board.line(
        "With tanh there are slopes",
        bound.after,
        "Slopes of at most 1 shorten what the weights alone would keep.",
        check=Recalled("norm-bound", bound.after),
    )
    limit = board.line(
        "No gradient grows",
        Equation(norm(_jacobian()), number(1), "≤"),
        "σ_max(W_h) = 1, since W_h stretches no vector and shortens none; its powers are 1.",
        check=ByLemmas((_ONE, _POWER)),
        assumptions=(ORTHOGONAL,),
    ).after
    return Derivation(
        topic="orthogonal",
        title=TOPICS["orthogonal"].title,
        statement=Lines(isometry, limit),
        steps=tuple(board.steps),
        symbols=(
            row(W, "recurrent weights, orthogonal"),
            row(v, "any vector"),
            row(x, "what the input adds"),
            row(h, "hidden state"),
        ),
        summary="Nothing explodes; in a linear network nothing vanishes either.",
        source=SOURCE,
        truth=board.truth,
    )


def _jacobian() -> Expression:
    return total_jacobian(h, at(h, STEP_K))


def _is_one(node: Expression) -> Expression | None:
    return number(1) if node is largest_singular_value(W) else None


def _power_of_one(node: Expression) -> Expression | None:
    one = is_a(node, "power over") and node.arguments[0] is number(1)
    return number(1) if one else None


_ONE = Lemma("σ_max of an orthogonal matrix is 1", "=", _is_one)
_POWER = Lemma("powers of 1 are 1", "=", _power_of_one)


def _isometry(board: Blackboard) -> Equation:
    """Write that the linear Jacobian keeps the length of every vector."""
    moved = _jacobian() @ v
    board.line(
        "Only weights in the product",
        Equation(_jacobian(), product_over("s", AFTER_K, NOW, W)),
        "A linear recurrence has no slopes.",
    )
    board.line(
        "One step keeps inner products",
        Equation(squared_norm(W @ v), inner(v, W.T @ (W @ v))),
        "Transposing moves W_h from one side of an inner product to the other.",
    )
    board.line(
        "One step keeps lengths",
        Equation(squared_norm(W @ v), squared_norm(v)),
        "W_hᵀ W_h = I stands in the middle.",
        assumptions=(ORTHOGONAL,),
    )
    after = Equation(squared_norm(moved), squared_norm(v))
    board.line(
        "All steps do",
        after,
        "By induction over the factors: each one keeps the length that it is given.",
        assumptions=(ORTHOGONAL,),
    )
    return after

"""Batch normalization: the gradient of one feature over the N examples of a batch.

A feature is a column with an element an example. The variance is the biased one, divided by N, and
σ = √(v + ε). A finite field has the root of only half of its numbers, so the point at which the
lines are tested is drawn the other way round: r at random, and ε = r⁴ - v, so that σ = r². That
is as random as drawing ε, and ε stays a constant whatever else moves.

Source: S. Ioffe and C. Szegedy, "Batch normalization: accelerating deep network training by
reducing internal covariate shift", ICML 2015, section 3.
"""

from __future__ import annotations

from derivations.blackboard import Blackboard
from derivations.catalogue.upstream import LOSS, any_loss
from derivations.matrix import (
    SCALAR,
    apply,
    identity,
    inner,
    moving,
    ones,
    squared_norm,
    symbol,
    total,
    total_jacobian,
)
from derivations.network import Network
from derivations.step import Derivation, Equation, Lines
from derivations.template import Definition

SOURCE = "Ioffe & Szegedy 2015, section 3"

x, x̂, y = (symbol(letter, ("N", "1")) for letter in ("x", "x̂", "y"))
N, μ, v, ε, σ, γ, β = (symbol(letter, SCALAR) for letter in "Nμvεσγβ")
one = ones("N")
dx, dμ, dv, dσ = (moving(of) for of in (x, μ, v, σ))

FORWARD = (
    Definition(N, inner(one, one), meaning="number of examples"),
    Definition(μ, inner(one, x) / N, meaning="mean"),
    Definition(v, squared_norm(x - μ) / N, meaning="variance, the biased one"),
    Definition(σ, apply("√", v + ε), meaning="standard deviation"),
    Definition(x̂, (x - μ) / σ, meaning="normalized feature"),
    Definition(y, γ * x̂ + β, meaning="output"),
)
NETWORK = Network(
    (*FORWARD, any_loss(y)),
    loss=LOSS,
    moving=frozenset("x"),
    chosen={"ε": symbol("r", SCALAR) ** 4 - v},
)
SIZES = {"N": 5}
MEANINGS = {
    "x": "one feature of the examples",
    "ε": "a small number, so that σ is not 0",
    "γ": "scale",
    "β": "shift",
}


def batch_normalization() -> Derivation:
    """Derive ``dx = γ/(Nσ) [N dy - Σ dy - x̂ Σ(dy ⊙ x̂)]`` and the gradients of γ and β."""
    board = Blackboard(NETWORK, start=Lines(*FORWARD), sizes=SIZES)
    for part in (_scale_and_shift, _moments, _jacobian, _gradient):
        part(board)
    return board.derivation(
        "batch-normalization",
        Lines(
            Equation(total(x), (γ / (N * σ)) * BRACKET),
            Equation(total(γ), inner(x̂, total(y))),
            Equation(total(β), inner(one, total(y))),
        ),
        meanings=MEANINGS,
        summary="What reaches x has neither a mean nor a part along x̂: both were normalized away.",
        source=SOURCE,
    )


BRACKET = N * total(y) - one @ inner(one, total(y)) - x̂ @ inner(x̂, total(y))


def _scale_and_shift(board: Blackboard) -> None:
    board.line(
        "Shift, scale and what is scaled",
        Lines(
            Equation(total(β), inner(one, total(y))),
            Equation(total(γ), inner(x̂, total(y))),
            Equation(total(x̂), γ * total(y)),
        ),
        "All examples share β and γ, so their gradients add up over the batch.",
        before=FORWARD[5],
    )


def _moments(board: Blackboard) -> None:
    board.line(
        "The mean moves",
        Equation(dμ, inner(one, dx) / N),
        "The mean is linear in x.",
        before=FORWARD[1],
    )
    board.line(
        "The variance moves",
        Equation(dv, 2 * inner(x - μ, dx) / N),
        "The square brings 2 (x - μ)ᵀ (dx - dμ), and the deviations x - μ add up to 0 with dμ.",
        before=FORWARD[2],
    )
    aside = board.aside(FORWARD[3])
    aside.line(
        "Slope of the root",
        Equation(dσ, dv / (2 * σ)),
        "The root of v + ε has the slope 1/(2σ), and ε is constant.",
    )
    board.line(
        "The standard deviation moves",
        Equation(dσ, inner(x̂, dx) / N),
        "dσ is dv / (2σ), the twos cancel, and (x - μ) / σ is x̂.",
        details=aside.steps,
    )


def _jacobian(board: Blackboard) -> None:
    board.line(
        "Quotient rule",
        Equation(moving(x̂), (dx - one @ dμ) / σ - x̂ @ (dσ / σ)),
        "Numerator and denominator both move, and (x - μ) / σ² is x̂ / σ.",
        before=FORWARD[4],
    )
    board.line(
        "Insert both moments",
        Equation(moving(x̂), (dx - one @ (inner(one, dx) / N) - x̂ @ (inner(x̂, dx) / N)) / σ),
        "Each is a row times dx, divided by N.",
    )
    board.line(
        "Read off the Jacobian",
        Equation(total_jacobian(x̂, x), (N * identity("N") - one @ one.T - x̂ @ x̂.T) / (N * σ)),
        "With 1/N taken out, dx is multiplied by this matrix, whatever it is.",
    )


def _gradient(board: Blackboard) -> None:
    jacobian = (N * identity("N") - one @ one.T - x̂ @ x̂.T) / (N * σ)
    board.line(
        "Pull the gradient back",
        Equation(total(x), jacobian @ (γ * total(y))),
        "The Jacobian is its own transpose, and dL/dx̂ is γ dL/dy.",
    )
    board.line(
        "Multiply out",
        Equation(total(x), (γ / (N * σ)) * BRACKET),
        "The number γ/(Nσ) comes in front; each product with a row is a sum over the batch.",
        source=SOURCE,
    )
    board.line(
        "Sums by their names",
        Equation(total(x), (γ / (N * σ)) * (N * total(y) - one @ total(β) - x̂ @ total(γ))),
        "The two sums are the gradients of shift and scale, already computed.",
    )

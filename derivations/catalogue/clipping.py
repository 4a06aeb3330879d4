"""Gradient clipping: by the global norm it keeps the direction, by value or tensor by tensor not.

Source: Pascanu, Mikolov and Bengio 2013, On the difficulty of training recurrent neural networks,
section 3.2, for clipping by the norm.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import isqrt

from derivations.blackboard import Blackboard, row
from derivations.bounds import Abbreviated, ByLemmas, scaled
from derivations.chance.scalar_algebra import ByAlgebra, Known
from derivations.concrete import Concrete
from derivations.matrix import (
    SCALAR,
    Expression,
    below,
    divide,
    hadamard,
    inner,
    norm,
    number,
    smaller,
    squared_norm,
    symbol,
)
from derivations.network import Network
from derivations.show.layout import lines_of
from derivations.step import Derivation, Equation, Formula, Lines
from derivations.template import Definition
from derivations.topics import TOPICS

SOURCE = "Pascanu, Mikolov and Bengio 2013, On the difficulty of training recurrent neural networks"
g, c, θ = symbol("g", ("n", "1")), symbol("c", ("n", "1")), symbol("θ", SCALAR)
FACTOR = smaller(number(1), divide(θ, norm(g)))

Numbers = Sequence[Fraction]
EXAMPLE: Numbers = (Fraction(3), Fraction(4), Fraction(1))
TENSORS = (slice(0, 2), slice(2, 3))  # the example's gradient is that of two tensors
u, v, w = (symbol(letter, ("3", "1")) for letter in "uvw")


def by_value(gradient: Numbers, threshold: int) -> Numbers:
    """Return the gradient with every element cut to the threshold."""
    return [max(min(element, Fraction(threshold)), -Fraction(threshold)) for element in gradient]


def by_tensor(gradient: Numbers, threshold: int) -> Numbers:
    """Return the gradient with every tensor scaled to a norm of at most the threshold.

    The norms must be whole numbers.
    """
    clipped: list[Fraction] = []
    for tensor in (gradient[part] for part in TENSORS):
        length = isqrt(int(sum(element**2 for element in tensor)))
        clipped += [element * min(Fraction(1), Fraction(threshold, length)) for element in tensor]
    return clipped


def clipping() -> Derivation:
    """Derive that clipping by the global norm keeps the direction, and that other ways do not."""
    clipped = Definition(c, hadamard(FACTOR, g), meaning="the clipped gradient")
    board = Blackboard(Network((clipped,)), start=Equation(c, clipped.right))
    ends = [*_by_norm(board), *_other_ways(board)]
    return Derivation(
        topic="clipping",
        title=TOPICS["clipping"].title,
        statement=Lines(*(line for end in ends for line in lines_of(end))),
        steps=tuple(board.steps),
        symbols=(
            row(g, "all gradients of a step, one below the other"),
            row(c, "what clipping by the global norm makes of g"),
            row(θ, "the threshold, positive"),
            row(u, "a gradient, of a tensor with two elements and one with one"),
            row(v, "what clipping by value makes of u, with the threshold 1"),
            row(w, "what clipping tensor by tensor makes of u, with the threshold 1"),
        ),
        summary="Only a common factor for all tensors keeps the direction of descent.",
        source=SOURCE,
        truth=board.truth,
    )


def _by_norm(board: Blackboard) -> tuple[Formula, Formula]:
    """Write the length and the direction of the clipped gradient."""
    start = board.at
    board.line(
        "Norm of a multiple",
        Equation(norm(c), hadamard(FACTOR, norm(g))),
        "The factor is one number, never negative, for all elements.",
        check=ByLemmas((scaled(θ),), of_norms=True),
    )
    length = board.line(
        "The length is cut to θ",
        Equation(norm(c), smaller(norm(g), θ)),
        "Multiply both candidates of the minimum by ‖g‖.",
        check=ByAlgebra(),
    ).after
    board.line(
        "Short gradients stay",
        Equation(norm(c), norm(g)),
        "Where ‖g‖ ≤ θ the factor is 1.",
        check=ByAlgebra((Known(norm(g), "≤", θ),)),
        assumptions=("‖g‖ ≤ θ",),
    )
    board.line(
        "Long ones have the length θ",
        Equation(norm(c), θ),
        "Where ‖g‖ > θ the factor is θ/‖g‖.",
        before=length,
        check=ByAlgebra((Known(norm(g), ">", θ),)),
        assumptions=("‖g‖ > θ",),
    )
    known = {c: hadamard(FACTOR, g), norm(c): hadamard(FACTOR, norm(g))}
    direction = board.line(
        "The direction stays",
        Equation(divide(c, norm(c)), divide(g, norm(g))),
        "The factor stands above and below, so it cancels.",
        before=start,
        check=Abbreviated(ByAlgebra(holds=True), known),
    ).after
    return length, direction


def _other_ways(board: Blackboard) -> list[Formula]:
    """Write what two other ways of clipping make of an example."""
    numbers = {u: EXAMPLE, v: by_value(EXAMPLE, 1), w: by_tensor(EXAMPLE, 1)}
    check = Concrete({name: [[one] for one in column] for name, column in numbers.items()})
    whys = {
        v: ("Cut by value", "Every element is cut to 1, whatever the others are."),
        w: ("Cut tensor by tensor", "The norms are 5 and 1, so only the first tensor is scaled."),
    }
    ends = []
    for name, (rule, why) in whys.items():
        columns = (Equation(one, _column(numbers[one])) for one in (u, name))
        board.line(rule, Lines(*columns), why, check=check)
        sides = inner(u, name) ** 2, squared_norm(u) * squared_norm(name)
        values = [Fraction(int(check.value(side, {}).item())) for side in sides]
        turned = Lines(*(Equation(side, number(v)) for side, v in zip(sides, values, strict=True)))
        why = "The two are equal for parallel columns and for no others (Cauchy and Schwarz)."
        ends.append(board.line("Another direction", turned, why, check=check).after)
    return ends


def _column(numbers: Numbers) -> Expression:
    return below(*map(number, numbers))

"""How steep activations are: logistic, tanh, ReLU and leaky ReLU."""

from __future__ import annotations

from fractions import Fraction

from derivations.blackboard import Blackboard
from derivations.chance.scalar_algebra import ByAlgebra
from derivations.matrix import SCALAR, Expression, apply, number, symbol, total_jacobian
from derivations.network import Network
from derivations.ranges import Fills, Span, Takes, Values
from derivations.step import Derivation, Equation, Formula, Lines
from derivations.template import Definition

a, s, h, r, l, α = (symbol(letter, SCALAR) for letter in ("a", "s", "h", "r", "l", "α"))
SWITCH = apply("relu′", a)
RELU = apply("relu", a)
NETWORK = Network(
    (
        Definition(s, apply("σ", a), meaning="logistic function of a"),
        Definition(h, apply("tanh", a), meaning="hyperbolic tangent of a"),
        Definition(r, RELU, meaning="ReLU of a"),
        Definition(l, α * a + (1 - α) * RELU, meaning="leaky ReLU of a"),
    )
)


def activation_slopes() -> Derivation:
    """Derive the ranges of the slopes: (0, 1/4], (0, 1], {0, 1} and {α, 1}."""
    board = Blackboard(NETWORK, start=Equation(s, apply("σ", a)))
    ranges = (_logistic(board), _tanh(board), *_relus(board))
    return board.derivation(
        "activation-slopes",
        Lines(*ranges),
        meanings={"a": "pre-activation, a scalar", "α": "slope of the leaky ReLU below 0"},
        summary="What each step back, in time or in depth, multiplies a gradient by.",
        source="Glorot and Bengio 2010; Maas, Hannun and Ng 2013 for the leaky ReLU",
    )


def _logistic(board: Blackboard) -> Formula:
    slope, half, quarter = total_jacobian(s, a), Fraction(1, 2), Fraction(1, 4)
    board.line(
        "Slope of the logistic function",
        Equation(slope, s * (1 - s)),
        "s = 1/(1 + exp(-a)) has the derivative exp(-a)/(1 + exp(-a))², which is s (1 - s).",
    )
    board.line(
        "Complete the square",
        Equation(slope, number(quarter) - (number(half) - s) ** 2),
        "s - s² is 1/4 less the square of the distance from 1/2.",
        check=ByAlgebra(),
    )
    return board.line(
        "Range of the slope",
        Equation(slope, Span(Fraction(0), quarter), "∈"),
        "A square is never negative, and 0 only at s = 1/2, where a = 0; s never reaches 0 or 1.",
        check=Fills(a, (s, apply("σ", a))),
    ).after


def _tanh(board: Blackboard) -> Formula:
    slope = total_jacobian(h, a)
    board.line(
        "Slope of tanh",
        Equation(slope, 1 - h**2),
        "tanh is a quotient of sinh and cosh, each the derivative of the other.",
    )
    return board.line(
        "Range of its slope",
        Equation(slope, Span(Fraction(0), Fraction(1)), "∈"),
        "h² is 0 only at a = 0, and tanh never reaches 1 or -1.",
        check=Fills(a, (h, apply("tanh", a))),
    ).after


def _relus(board: Blackboard) -> tuple[Formula, Formula]:
    found = []
    for name, unit, slope, low in (
        ("ReLU", r, SWITCH, number(0)),
        ("leaky ReLU", l, α + (1 - α) * SWITCH, α),
    ):
        steep: Expression = total_jacobian(unit, a)
        board.line(
            f"Slope of the {name}",
            Equation(steep, slope),
            f"Two straight lines meet at 0, where the slope is said to be {low.text()}.",
        )
        values = board.line(
            f"Values of the slope of the {name}",
            Equation(steep, Values((low, number(1))), "∈"),
            "Below 0 the switch relu′ is 0, above it is 1.",
            check=Takes(SWITCH),
        )
        found.append(values.after)
    return found[0], found[1]

"""Xavier initialization: how large random weights should be when training starts.

Source: X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural
networks", AISTATS 2010, section 4.2.1 (equations 2 to 16).
"""

from __future__ import annotations

from collections.abc import Mapping

from derivations.catalogue.weighted_sums import GRADIENTS, INPUTS, the_same, variance_of_sum
from derivations.chance.arguments import Argument, Chain, Conclusion, Line, Part
from derivations.chance.facts import Certain, Fact, Identical, Independent, Uniform, ZeroMean
from derivations.chance.scalars import Adjoint, Constant, Number, Root, Slope, Var, Variable
from derivations.step import Derivation, Equation, Symbol

ASSUMPTIONS: Mapping[str, Fact] = {
    "zero-mean weights": ZeroMean("w"),
    "independent weights": Independent("w", "w"),
    "identically distributed weights": Identical("w"),
    "weights independent of inputs": Independent("w", "x"),
    "zero-mean inputs": ZeroMean("x"),
    "identically distributed inputs": Identical("x"),
    "linear regime": Certain("φ′(u)", 1),
    "weights independent of gradients": Independent("w", "δ"),
    "zero-mean gradients": ZeroMean("δ"),
    "identically distributed gradients": Identical("δ"),
    "uniform weights": Uniform("w", "a"),
}

w, x, δ, y = Variable("w"), Variable("x"), Variable("δ"), Variable("y")
n_in, n_out, a = Constant("n", "in"), Constant("n", "out"), Constant("a")
back = Adjoint("u")  # the total derivative dL/du that leaves the unit backwards

FORWARD = Part(
    "forward",
    variance_of_sum(INPUTS, Var(y)),
    (
        Conclusion(
            "Keep the variance forward",
            (Equation(Var(y), n_in * Var(w) * Var(x)), Equation(Var(y), Var(x))),
            (Number(-1) / Var(x), 1 / Var(x)),
            Equation(n_in * Var(w), Number(1)),
            "A layer that neither amplifies nor damps its signal varies as much as its inputs; "
            "divide by Var(x), which is not 0 for inputs that vary.",
        ),
    ),
)

LINEAR = Part(
    "linear",
    Chain(
        back,
        Slope("u") * GRADIENTS.sum,
        (
            Line(
                "Slope 1 near the origin",
                GRADIENTS.sum,
                "At the start pre-activations are small, where φ′(u) is φ′(0) = 1, as for tanh.",
                ("linear regime",),
            ),
        ),
        GRADIENTS.range,
    ),
)

_BACK_VARIANCE = variance_of_sum(GRADIENTS, Var(back))
BACKWARD = Part(
    "backward",
    Chain(
        Var(back),
        Var(GRADIENTS.sum),
        (
            the_same(
                _BACK_VARIANCE,
                "The same argument backward",
                "The lines of the forward pass hold with gradients for inputs and n_out for n_in, "
                "under assumptions of their own.",
            ),
        ),
        GRADIENTS.range,
    ),
    (
        Conclusion(
            "Keep the variance backward",
            (Equation(Var(back), n_out * Var(w) * Var(δ)), Equation(Var(back), Var(δ))),
            (Number(-1) / Var(δ), 1 / Var(δ)),
            Equation(n_out * Var(w), Number(1)),
            "Gradients should neither grow nor shrink on their way back; divide by Var(δ).",
        ),
    ),
    needs=("linear",),
    uses_up=("linear",),
)

compromise = 2 / (n_in + n_out)
COMPROMISE = Part(
    "compromise",
    conclusions=(
        Conclusion(
            "Meet in the middle",
            (Equation(n_in * Var(w), Number(1)), Equation(n_out * Var(w), Number(1))),
            (Number(1) / 2, Number(1) / 2),
            Equation((n_in + n_out) / 2 * Var(w), Number(1)),
            "Both hold at once only when n_in = n_out; otherwise ask that they hold on average.",
        ),
        Conclusion(
            "Solve for the variance",
            (Equation((n_in + n_out) / 2 * Var(w), Number(1)),),
            (compromise,),
            Equation(Var(w), 2 / ((1 / n_in) ** -1 + (1 / n_out) ** -1)),
            "The reciprocal of the average of n_in and n_out is the harmonic mean of 1/n_in and "
            "1/n_out, the two variances that the conditions ask for.",
        ),
        Conclusion(
            "Simplify",
            (Equation(Var(w), 2 / ((1 / n_in) ** -1 + (1 / n_out) ** -1)),),
            (Number(1),),
            Equation(Var(w), compromise),
            "The reciprocal of a reciprocal is the number itself.",
        ),
    ),
    needs=("forward", "backward"),
    uses_up=("forward", "backward"),
)

UNIFORM = Part(
    "uniform",
    conclusions=(
        Conclusion(
            "Variance of the uniform distribution",
            (Equation(Var(w), compromise),),
            (Number(1),),
            Equation(a**2 / 3, compromise),
            "Between -a and a the mean is 0 and the mean square is the integral of w²/(2a), a²/3.",
            ("uniform weights",),
        ),
        Conclusion(
            "Solve for the limit",
            (Equation(a**2 / 3, compromise),),
            (3 / (a + Root(6 / (n_in + n_out))),),
            Equation(a, Root(6 / (n_in + n_out))),
            "Multiply by 3 and take the root; a is positive.",
        ),
    ),
    needs=("compromise",),
)

XAVIER = Argument(
    topic="xavier",
    summary="How large random weights may be so that neither signals nor gradients grow or shrink.",
    source="Glorot & Bengio 2010",
    assumptions=ASSUMPTIONS,
    parts=(FORWARD, LINEAR, BACKWARD, COMPROMISE, UNIFORM),
    symbols=(
        Symbol(y, "a unit's pre-activation on the way forward; the bias starts at 0", "1"),
        Symbol(Variable("w", "j"), "the weights that enter the unit", "n_in of them"),
        Symbol(Variable("x", "j"), "its inputs", "n_in of them"),
        Symbol(Adjoint("u"), "what comes back to a unit φ(u) from the units that it feeds", "1"),
        Symbol(Variable("w", "i"), "the weights that leave that unit", "n_out of them"),
        Symbol(Variable("δ", "i"), "the gradients of the units that they enter", "n_out of them"),
        Symbol(w, "any one of the weights; likewise x and δ", "1"),
        Symbol(a, "the limit of weights drawn uniformly between -a and a", "1"),
    ),
)


def xavier() -> Derivation:
    """Derive ``Var(w) = 2/(n_in + n_out)`` and the limit of the uniform distribution."""
    return XAVIER.derive()

"""He initialization: how large random weights should be where a ReLU comes before them.

Source: K. He, X. Zhang, S. Ren and J. Sun, "Delving deep into rectifiers: surpassing human-level
performance on ImageNet classification", ICCV 2015, section 2.2 (equations 6 to 14).
"""

from __future__ import annotations

from collections.abc import Mapping

from derivations.catalogue.weighted_sums import GRADIENTS, Kind, second_moment_of_sum, the_same
from derivations.chance.arguments import Argument, Chain, Conclusion, Line, Part
from derivations.chance.facts import (
    Bernoulli,
    Fact,
    Gaussian,
    Identical,
    Independent,
    Symmetric,
    ZeroMean,
)
from derivations.chance.moments import World
from derivations.chance.scalars import (
    HALF,
    Adjoint,
    Applied,
    Constant,
    E,
    Number,
    Slope,
    Var,
    Variable,
)
from derivations.errata import Counterexample
from derivations.step import Derivation, Equation, Symbol

n, n_out, s, π = Constant("n"), Constant("n", "out"), Constant("s"), Constant("π")
w, x, y, z, δ = (Variable(letter) for letter in "wxyzδ")
back = Adjoint("u")
relu = Applied("relu", z)

ASSUMPTIONS: Mapping[str, Fact] = {
    "zero-mean weights": ZeroMean("w"),
    "independent weights": Independent("w", "w"),
    "identically distributed weights": Identical("w"),
    "weights independent of inputs": Independent("w", "x"),
    "identically distributed inputs": Identical("x"),
    "symmetric pre-activations": Symmetric("z"),
    "Gaussian pre-activations": Gaussian("z", s),
    "slope 1 half of the time": Bernoulli("φ′(u)", HALF),
    "weights independent of slopes": Independent("w", "φ′(u)"),
    "gradients independent of slopes": Independent("δ", "φ′(u)"),
    "weights independent of gradients": Independent("w", "δ"),
    "identically distributed gradients": Identical("δ"),
}

INPUTS = Kind("x", "inputs", n, ("j", "k"))

FORWARD = Part("forward", second_moment_of_sum(INPUTS, Var(y)))

SECOND_MOMENT = Part(
    "half",
    Chain(
        E(relu**2),
        E(relu**2),
        (
            Line(
                "Average over both signs",
                HALF * (E(relu**2) + E(Applied("relu", -z) ** 2)),
                "-z is distributed as z is: weights with as much right as left of 0, and no bias, "
                "make it so.",
                ("symmetric pre-activations",),
            ),
            Line(
                "One of the two is 0",
                HALF * E(z**2),
                "Of relu(z) and relu(-z) one is |z| and the other 0, so that their squares add up "
                "to z².",
            ),
            Line(
                "No mean on either side",
                HALF * Var(z),
                "A symmetric distribution has mean 0, and then E[z²] is the variance.",
                ("symmetric pre-activations",),
            ),
        ),
    ),
)

_LAYER = Equation(Var(y), HALF * n * Var(w) * Var(z))
KEEP = Part(
    "keep",
    conclusions=(
        Conclusion(
            "Put the half in",
            (
                Equation(Var(y), n * Var(w) * E(x**2)),
                Equation(E(x**2), E(relu**2)),
                Equation(E(relu**2), HALF * Var(z)),
            ),
            (Number(1), n * Var(w), n * Var(w)),
            _LAYER,
            "The inputs are x = relu(z), and what the layer asks for is their second moment.",
        ),
        Conclusion(
            "Keep the variance",
            (_LAYER, Equation(Var(y), Var(z))),
            (Number(-1) / Var(z), 1 / Var(z)),
            Equation(HALF * n * Var(w), Number(1)),
            "From one pre-activation to the next the variance should stay; divide by Var(z).",
        ),
        Conclusion(
            "Solve for the variance",
            (Equation(HALF * n * Var(w), Number(1)),),
            (2 / n,),
            Equation(Var(w), 2 / n),
            "Twice Xavier's 1/n, because the ReLU drops half of the second moment.",
        ),
    ),
    needs=("forward", "half"),
    uses_up=("forward", "half"),
)

_φ = Slope("u")
_MASKED = Var(_φ * GRADIENTS.sum)
BACKWARD = Part(
    "backward",
    Chain(
        Var(back),
        _MASKED,
        (
            Line(
                "Half of the slopes are 1",
                HALF * Var(GRADIENTS.sum),
                "The slope of a ReLU is 0 or 1, each half of the time, so φ′(u)² has mean ½; and "
                "the sum that it multiplies has mean 0.",
                (
                    "slope 1 half of the time",
                    "weights independent of slopes",
                    "gradients independent of slopes",
                    "weights independent of gradients",
                    "zero-mean weights",
                ),
            ),
            the_same(
                second_moment_of_sum(GRADIENTS, Var(GRADIENTS.sum)),
                "The same argument backward",
                "The lines of the forward pass hold with gradients for inputs and n_out for n.",
                HALF,
            ),
        ),
        GRADIENTS.range,
    ),
    (
        Conclusion(
            "Keep the second moment backward",
            (
                Equation(Var(back), HALF * n_out * Var(w) * E(δ**2)),
                Equation(Var(back), E(δ**2)),
            ),
            (Number(-1) / E(δ**2), 1 / E(δ**2)),
            Equation(HALF * n_out * Var(w), Number(1)),
            "Either condition will do for a deep network: under one of them the other side is off "
            "by the ratio of its first size to its last, and not by a power.",
        ),
    ),
)

_MEAN = E(relu)
GAUSSIAN = Part(
    "Gaussian",
    Chain(
        Var(relu),
        Var(relu),
        (
            Line(
                "Definition of variance",
                E(relu**2) - _MEAN**2,
                "What a ReLU gives is never negative: its mean is not 0, and its variance is not "
                "its second moment.",
            ),
            Line(
                "Integrate over the normal density",
                HALF * s**2 - s**2 / (2 * π),
                "The integral of z over the right half is s/√(2π), that of z² is s²/2.",
                ("Gaussian pre-activations",),
            ),
            Line(
                "A ReLU does not halve the variance",
                (HALF - 1 / (2 * π)) * Var(z),
                "About 0.34 of the variance is left, not half of it: it is the second moment that "
                "is halved, and the second moment is what the next layer sees.",
                ("Gaussian pre-activations",),
            ),
        ),
    ),
)

HE = Argument(
    topic="he",
    summary="After a ReLU a weight starts with variance 2/n: half of the second moment is lost.",
    source="He, Zhang, Ren & Sun 2015",
    assumptions=ASSUMPTIONS,
    parts=(FORWARD, SECOND_MOMENT, KEEP, BACKWARD, GAUSSIAN),
    symbols=(
        Symbol(y, "a unit's pre-activation; the bias starts at 0", "1"),
        Symbol(Variable("w", "j"), "the weights that enter the unit", "n of them"),
        Symbol(Variable("x", "j"), "its inputs, each the ReLU of a pre-activation", "n of them"),
        Symbol(z, "any one of those pre-activations, such that x = relu(z)", "1"),
        Symbol(back, "what comes back to a unit φ(u) from the units that it feeds", "1"),
        Symbol(Variable("w", "i"), "the weights that leave that unit", "n_out of them"),
        Symbol(Variable("δ", "i"), "the gradients of the units that they enter", "n_out of them"),
        Symbol(s, "the standard deviation of z, where z is Gaussian", "1"),
    ),
)


def he() -> Derivation:
    """Derive ``Var(w) = 2/n``, and what a ReLU really leaves of a Gaussian's variance."""
    return HE.derive()


def halved_variance() -> Counterexample:
    """Return what "a ReLU halves the variance" says of a standard normal z, and what is true."""
    world = World(frozenset({Gaussian("z", Number(1))}))
    wrong, right = (HALF * Var(z)).value(world, {}), Var(relu).value(world, {})
    return Counterexample("Var(relu(z)) of a standard normal z", float(wrong), float(right))

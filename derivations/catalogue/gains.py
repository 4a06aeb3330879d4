"""Gains: how much larger weights must be to make up for what an activation function takes away.

Sources: X. Glorot and Y. Bengio, AISTATS 2010, for the slope at 0; K. He et al., ICCV 2015, for the
second moment of rectifiers; PyTorch's `torch.nn.init.calculate_gain` for what frameworks use.
"""

from __future__ import annotations

from collections.abc import Mapping

from derivations.chance.arguments import Argument, Chain, Conclusion, Line, Part, Rounding
from derivations.chance.facts import Fact, Gaussian, Linear, Symmetric
from derivations.chance.scalars import (
    HALF,
    Applied,
    Constant,
    Decimal,
    E,
    Number,
    Root,
    Scalar,
    SlopeAtZero,
    Var,
    Variable,
)
from derivations.step import Derivation, Equation, Symbol

z, α = Variable("z"), Constant("α")
one = Number(1)

ASSUMPTIONS: Mapping[str, Fact] = {
    "small pre-activations of tanh": Linear("tanh"),
    "small pre-activations of σ": Linear("σ"),
    "symmetric pre-activations": Symmetric("z"),
    "standard normal pre-activations": Gaussian("z", one),
}
NORMAL = ("standard normal pre-activations",)
SYMMETRIC = ("symmetric pre-activations",)


def by_slope(function: str, slope: Scalar, squared: Scalar, gain: int, why: str) -> Part:
    """Return the part that finds the gain ``1/φ′(0)``, which makes up for the slope at 0."""
    k, φ = Constant("k", function), Applied(function, z)
    kept = Equation(k**2 * Var(φ), Var(z))
    chain = Chain(
        Var(φ),
        Var(φ),
        (
            Line(
                f"Tangent of {function} at 0",
                SlopeAtZero(function) ** 2 * Var(z),
                "Small pre-activations see only the tangent, and its constant term does not vary.",
                (f"small pre-activations of {function}",),
            ),
            Line(f"Slope of {function} at 0", squared, why),
        ),
    )
    conclusion = Conclusion(
        f"Gain of {function} by its slope",
        (kept, Equation(Var(φ), squared)),
        (1 / (slope**2 * Var(z) * (k + gain)), -(k**2) / (slope**2 * Var(z) * (k + gain))),
        Equation(k, Number(gain)),
        "Weights k times as large leave the variance as it was; k is positive.",
    )
    return Part(f"slope of {function}", chain, (conclusion,))


SLOPES = (
    by_slope("tanh", one, Var(z), 1, "The derivative 1 - tanh² is 1 there."),
    by_slope("σ", one / 4, Var(z) / 16, 4, "The derivative σ (1 - σ) is 1/4 there."),
)


def by_moment(function: str, moment: Scalar, gain: Scalar, why: str) -> Part:
    """Return the part that finds the gain ``g`` with ``g² E[φ(z)²] = 1``, in closed form."""
    g, squared = Constant("g", function), Applied(function, z) ** 2
    chain = Chain(
        E(squared), E(squared), (Line(f"Second moment of {function}", moment, why, NORMAL),)
    )
    conclusions = (
        Conclusion(
            f"Gain of {function} by its second moment",
            (Equation(g**2 * E(squared), one), Equation(E(squared), moment)),
            (1 / (moment * (g + gain)), -(g**2) / (moment * (g + gain))),
            Equation(g, gain),
            "Ask that the next pre-activation has variance 1 again, and take the root; g is "
            "positive.",
        ),
    )
    return Part(f"moment of {function}", chain, conclusions)


MOMENTS = (
    by_moment(
        "relu", HALF, Root(Number(2)), "The integral of z² over the right half is half of it all."
    ),
    by_moment(
        "leaky",
        (one + α**2) / 2,
        Root(2 / (one + α**2)),
        "The left half counts with α², since the function is α z there.",
    ),
)


def by_integral(function: str, digits: str) -> Part:
    """Return the part that encloses the gain where the second moment has no closed form."""
    g, second = Constant("g", function), E(Applied(function, z) ** 2)
    asked = Equation(g**2 * second, one)
    found = Equation(g, 1 / Root(second))
    conclusions = (
        Conclusion(
            f"Gain of {function} by its second moment",
            (asked,),
            (1 / (second * (g + 1 / Root(second))),),
            found,
            "Ask that the next pre-activation has variance 1 again, and take the root; g is "
            "positive.",
        ),
        Rounding(
            f"Integrate for {function}",
            (found,),
            Equation(g, Decimal(digits), "≈"),
            "The integral has no closed form, so it is enclosed between two numbers.",
            NORMAL,
        ),
    )
    return Part(f"integral of {function}", conclusions=conclusions)


def in_use(name: str, v: Constant, function: str, gain: Scalar, digits: str, why: str) -> Part:
    """Return the part that says what a gain that is in use makes of variance 1."""
    second = E(Applied(function, z) ** 2)
    squared = second if gain == one else gain**2 * second
    rounding = Rounding(
        name, (Equation(v, squared),), Equation(v, Decimal(digits), "≈"), why, NORMAL
    )
    return Part(name, conclusions=(rounding,))


_σ = Applied("σ", z)
MEAN = Part(
    "mean of σ",
    Chain(
        E(_σ),
        E(_σ),
        (
            Line(
                "Average over both signs",
                HALF * (E(_σ) + E(Applied("σ", -z))),
                "-z is distributed as z is.",
                SYMMETRIC,
            ),
            Line(
                "The two add up to 1",
                HALF,
                "σ(-z) is 1 - σ(z): the mean is ½ and not 0, whatever the weights are.",
            ),
        ),
    ),
)

BROKEN = Part(
    "σ is not centred",
    Chain(
        E(_σ**2),
        E(_σ**2),
        (
            Line(
                "Variance and mean",
                Var(_σ) + E(_σ) ** 2,
                "For every quantity, E[v²] = Var(v) + E[v]².",
            ),
            Line(
                "The zero-mean step breaks",
                Var(_σ) + one / 4,
                "“Inputs average to zero” of Xavier would drop this 1/4, which Var(σ(z)) never "
                "reaches, since σ is between 0 and 1.",
                SYMMETRIC,
            ),
        ),
    ),
)

PARTS = (
    *SLOPES,
    *MOMENTS,
    by_integral("tanh", "1.592537"),
    in_use(
        "PyTorch's 5/3 for tanh",
        Constant("v", "tanh"),
        "tanh",
        Number(5) / 3,
        "1.095262",
        "5/3 is a little more than the second moment asks for: variance 1 becomes about 1.1.",
    ),
    MEAN,
    BROKEN,
    by_integral("σ", "1.846229"),
    in_use(
        "The slope's 4 for σ",
        Constant("u", "σ"),
        "σ",
        Number(4),
        "4.694065",
        "Gain 4 counts on small pre-activations and on inputs of mean 0; here neither is so.",
    ),
    in_use(
        "PyTorch's 1 for σ",
        Constant("v", "σ"),
        "σ",
        one,
        "0.293379",
        "Gain 1 lets the signal shrink, and most of what is left is the mean ½.",
    ),
)

GAINS = Argument(
    topic="gains",
    summary="A gain multiplies the weights: by the slope at 0, by the second moment, and in use.",
    source="Glorot & Bengio 2010; He, Zhang, Ren & Sun 2015",
    assumptions=ASSUMPTIONS,
    parts=PARTS,
    symbols=(
        Symbol(z, "a pre-activation", "1"),
        Symbol(Constant("k", "tanh"), "the gain that makes up for the slope at 0", "1"),
        Symbol(Constant("g", "tanh"), "the gain that makes up for the second moment", "1"),
        Symbol(Applied("leaky", z), "the leaky ReLU: z where z > 0 and α z elsewhere", "1"),
        Symbol(Constant("v", "tanh"), "the variance that PyTorch's gain makes of 1", "1"),
        Symbol(Constant("u", "σ"), "the variance that the gain k makes of 1", "1"),
    ),
)


def gains() -> Derivation:
    """Derive the gains of tanh, σ, ReLU and leaky ReLU, and judge those in use."""
    return GAINS.derive()

"""Inverted dropout: what it does to mean, variance and gradient, for one mask and for many.

Sources: N. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting",
JMLR 2014; Y. Gal and Z. Ghahramani, "A theoretically grounded application of dropout in recurrent
neural networks", NeurIPS 2016, for one mask at all steps.
"""

from __future__ import annotations

from collections.abc import Mapping

from derivations.chance.arguments import Argument, Chain, Line, Part
from derivations.chance.claims import Range
from derivations.chance.facts import Bernoulli, Definition, Fact, Given, Identical, Independent
from derivations.chance.scalars import (
    Adjoint,
    Constant,
    Derivative,
    E,
    Number,
    Scalar,
    Sum,
    Var,
    Variable,
)
from derivations.step import Derivation, Symbol

p, q, T = Constant("p"), Constant("q"), Constant("T")
m, x, y = Variable("m"), Variable("x"), Variable("y")
m_t, x_t, y_t = Variable("m", "t"), Variable("x", "t"), Variable("y", "t")

ASSUMPTIONS: Mapping[str, Fact] = {
    "mask independent of input": Independent("m", "x"),
    "keep probability p": Bernoulli("m", p),
    "input held fixed": Given(("x",)),
    "drop rate q": Definition("p", Number(1) - q),
    "a fresh mask every step": Independent("m", "m"),
    "the same input every step": Identical("x"),
}


def over_time(body: Scalar) -> Scalar:
    """Return ``Σ_t body``."""
    return Sum("t", T, body)


MEAN = Part(
    "mean",
    Chain(
        E(y),
        E(m * x / p),
        (
            Line(
                "Independent factors part",
                E(m) * E(x) / p,
                "The mask is drawn without a look at the input.",
                ("mask independent of input",),
            ),
            Line(
                "Dividing by p repairs the mean",
                E(x),
                "E[m] is p: the mask keeps a unit that often, and the division makes up for it, so "
                "that nothing has to be rescaled when the network is used.",
                ("keep probability p",),
            ),
            Line(
                "Hold the input fixed",
                x,
                "For one given input only the mask is random.",
                ("input held fixed",),
            ),
        ),
    ),
)

_FIXED = x**2 * (Number(1) - p) / p
VARIANCE = Part(
    "variance",
    Chain(
        Var(y),
        Var(m * x / p),
        (
            Line(
                "Definition of variance",
                E(m**2 * x**2) / p**2 - (E(m * x) / p) ** 2,
                "The variance is the mean of the square less the square of the mean.",
            ),
            Line(
                "Independent factors part",
                E(m**2) * E(x**2) / p**2 - (E(m) * E(x) / p) ** 2,
                "Squares of independent quantities are independent too.",
                ("mask independent of input",),
            ),
            Line(
                "A mask is its own square",
                E(x**2) / p - E(x) ** 2,
                "m is 0 or 1, so m² = m, and both have mean p.",
                ("keep probability p",),
            ),
            Line(
                "Input and mask apart",
                Var(x) + E(x**2) * (Number(1) - p) / p,
                "Add and subtract E[x²]: the first part is there without dropout, the second is "
                "what dropout adds.",
            ),
            Line(
                "Hold the input fixed",
                _FIXED,
                "For one given input only the mask is random: Var(x) is 0 and E[x²] is x².",
                ("input held fixed",),
            ),
        ),
    ),
)

DROP_RATE = Part(
    "drop rate",
    Chain(
        Var(y),
        _FIXED,
        (
            Line(
                "In the letters of the frameworks",
                x**2 * q / (Number(1) - q),
                "The p of PyTorch and the rate of Keras say how often a unit is dropped.",
                ("drop rate q",),
            ),
        ),
    ),
    needs=("variance",),
)

BACKWARD = Part(
    "backward",
    Chain(
        Adjoint("x"),
        Adjoint("y") * Derivative(m * x / p, x),
        (
            Line(
                "The same mask backward",
                m / p * Adjoint("y"),
                "Given the mask, dropout is a product with the number m/p, and so is its gradient: "
                "what was dropped learns nothing from this example.",
            ),
        ),
    ),
)

_STEPS = Range(("t", "s"), T)
FRESH = Part(
    "fresh masks",
    Chain(
        Var(over_time(y_t)),
        Var(over_time(m_t * x_t / p)),
        (
            Line(
                "Independent masks: variances add up",
                over_time(Var(m_t * x_t / p)),
                "Masks of different steps have no covariance, and given inputs bring none.",
                ("input held fixed", "a fresh mask every step"),
            ),
            Line(
                "Each step as before",
                over_time(x_t**2) * (Number(1) - p) / p,
                "This is the variance of one step, for the input of that step.",
                ("keep probability p", "input held fixed"),
            ),
            Line(
                "Count equal steps",
                T * _FIXED,
                "The noise of T steps has T times the variance: it averages out.",
                ("input held fixed", "the same input every step"),
            ),
        ),
        _STEPS,
    ),
)

ONE_MASK = Part(
    "one mask",
    Chain(
        Var(over_time(y_t)),
        Var(over_time(m * x_t / p)),
        (
            Line(
                "One mask for all steps",
                over_time(x_t) ** 2 * Var(m) / p**2,
                "The mask stands in front of the whole sum, and its square in front of the "
                "variance.",
                ("input held fixed",),
                source="Gal & Ghahramani 2016",
            ),
            Line(
                "Variance of a mask",
                over_time(x_t) ** 2 * (Number(1) - p) / p,
                "Var(m) is E[m²] - E[m]² = p - p².",
                ("keep probability p", "input held fixed"),
            ),
            Line(
                "Count equal steps",
                T**2 * _FIXED,
                "T² and not T: noise that is the same at every step does not average out, and a "
                "unit that is dropped is dropped for the whole sequence.",
                ("input held fixed", "the same input every step"),
            ),
        ),
        _STEPS,
    ),
)

DROPOUT = Argument(
    topic="dropout",
    summary="Dropout leaves the mean as it is, adds variance, and masks the gradient the same way.",
    source="Srivastava et al. 2014; Gal & Ghahramani 2016 for one mask at all steps",
    assumptions=ASSUMPTIONS,
    parts=(MEAN, VARIANCE, DROP_RATE, BACKWARD, FRESH, ONE_MASK),
    symbols=(
        Symbol(x, "what enters; x_t at step t", "1"),
        Symbol(m, "the mask: 1 where the unit is kept and 0 where it is dropped", "1"),
        Symbol(p, "the probability that a unit is kept", "1"),
        Symbol(q, "the probability that it is dropped, 1 - p", "1"),
        Symbol(y, "what leaves, m x / p", "1"),
    ),
)


def dropout() -> Derivation:
    """Derive mean, variance and gradient of inverted dropout, and the sums over time steps."""
    return DROPOUT.derive()

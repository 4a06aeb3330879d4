"""Truncating backpropagation through time at random places, without a bias.

Source: C. Tallec and Y. Ollivier, "Unbiasing truncated backpropagation through time", 2017
(section 4, "Anticipated reweighted truncated backpropagation").
"""

from __future__ import annotations

from collections.abc import Mapping

from derivations.chance.arguments import Argument, Chain, Conclusion, Line, Part
from derivations.chance.claims import Range
from derivations.chance.facts import Bernoulli, Fact, Given, Independent, Mean
from derivations.chance.scalars import Constant, E, Number, Scalar, Sum, Var, Variable
from derivations.step import Derivation, Equation, Symbol

n, c = Constant("n"), Constant("c", "t")
m = Variable("m", time="t")
e = Variable("e", time="t")
g, ĝ, b = (Variable(letter, time="t") for letter in ("g", "ĝ", "b"))
J_j = Variable("J", "j", "t+1")
g_j, ĝ_j, b_j = (Variable(letter, "j", "t+1") for letter in ("g", "ĝ", "b"))

ASSUMPTIONS: Mapping[str, Fact] = {
    "states and losses given": Given(("e@t", "J@t+1")),
    "truncation drawn apart": Independent("m@t", "ĝ@t+1"),
    "truncation drawn apart from what is cut": Independent("m@t", "b@t+1"),
    "kept with probability 1 - c_t": Bernoulli("m@t", Number(1) - c),
    "unbiased at the step after": Mean("ĝ@t+1", "g@t+1"),
}


def through(next_step: Scalar) -> Scalar:
    """Return ``Σ_j J_j next_j``: what comes back from the units of the next step."""
    return Sum("j", n, J_j * next_step)


_KEPT = Number(1) - c
_UNITS = Range(("j",), n)
ESTIMATE = Part(
    "estimate",
    Chain(
        E(ĝ),
        E(e + m / _KEPT * through(ĝ_j)),
        (
            Line(
                "Expectation is linear",
                e + through(E(m * ĝ_j)) / _KEPT,
                "States, weights and losses are what they are; only the cuts are drawn, and "
                "numbers come out of an expectation.",
                ("states and losses given",),
            ),
            Line(
                "Independent factors part",
                e + E(m) * through(E(ĝ_j)) / _KEPT,
                "ĝ_{t+1} hangs on the cuts after step t, and this cut is drawn apart from them.",
                ("truncation drawn apart",),
            ),
            Line(
                "The correction repairs the mean",
                e + through(E(ĝ_j)),
                "E[m_t] is 1 - c_t, the number that the estimate divides by.",
                ("kept with probability 1 - c_t",),
            ),
            Line(
                "Unbiased at the step after",
                e + through(g_j),
                "This is the induction hypothesis, for every unit of step t+1.",
                ("unbiased at the step after",),
            ),
        ),
        _UNITS,
    ),
)

_ĝ_end, _g_end, _e_end = (Variable(letter, time="T") for letter in ("ĝ", "g", "e"))
INDUCTION = Part(
    "induction",
    conclusions=(
        Conclusion(
            "Induction starts at T",
            (Equation(E(_ĝ_end), _e_end), Equation(_g_end, _e_end)),
            (Number(1), Number(-1)),
            Equation(E(_ĝ_end), _g_end),
            "Nothing comes after step T, so there is nothing to cut.",
        ),
        Conclusion(
            "Induction from t+1 to t",
            (Equation(E(ĝ), e + through(g_j)), Equation(g, e + through(g_j))),
            (Number(1), Number(-1)),
            Equation(E(ĝ), g),
            "The right side is backpropagation through time itself, without a cut.",
            range=_UNITS,
        ),
    ),
    needs=("estimate",),
    uses_up=("estimate",),
)

PRICE = Part(
    "price",
    Chain(
        Var(m / _KEPT),
        Var(m / _KEPT),
        (
            Line(
                "The price is variance",
                c / _KEPT,
                "The less often a step is let through, the more weight it carries when it is: "
                "there is no bias, and there is noise.",
                ("kept with probability 1 - c_t",),
            ),
        ),
    ),
)

UNCORRECTED = Part(
    "uncorrected",
    Chain(
        E(b),
        E(e + m * through(b_j)),
        (
            Line(
                "Cut without a correction",
                e + _KEPT * through(E(b_j)),
                "Every step back costs the factor 1 - c_t, so that what is k steps away is "
                "weighted down by k such factors: a bias towards the short term.",
                (
                    "states and losses given",
                    "truncation drawn apart from what is cut",
                    "kept with probability 1 - c_t",
                ),
            ),
        ),
        _UNITS,
    ),
)

RANDOMIZED_TRUNCATION = Argument(
    topic="randomized-truncation",
    summary="Cut at random, divide by the probability of no cut, and the mean is the gradient.",
    source="Tallec & Ollivier 2017",
    assumptions=ASSUMPTIONS,
    parts=(ESTIMATE, INDUCTION, PRICE, UNCORRECTED),
    symbols=(
        Symbol(g, "dL/dh_t of one unit, by backpropagation through time without a cut", "1"),
        Symbol(ĝ, "its estimate, e_t + m_t/(1 - c_t) Σ_j J_{j,t+1} ĝ_{j,t+1}", "1"),
        Symbol(b, "the estimate without the correction, e_t + m_t Σ_j J_{j,t+1} b_{j,t+1}", "1"),
        Symbol(e, "∂⁺ℓ_t/∂h_t, what the loss of step t says itself", "1"),
        Symbol(J_j, "how unit j follows this one a step later, ∂⁺h_{j,t+1}/∂h_t", "n of them"),
        Symbol(m, "0 where the gradient is cut between t+1 and t, and 1 elsewhere", "1"),
        Symbol(c, "the probability of a cut there", "1"),
    ),
)


def randomized_truncation() -> Derivation:
    """Derive ``E[ĝ_t] = dL/dh_t`` for truncation at random with the correction 1/(1 - c_t)."""
    return RANDOMIZED_TRUNCATION.derive()

"""Xavier initialization: how large random weights should be when training starts.

Source: X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural
networks", AISTATS 2010, section 4.2.1 (equations 2 to 16).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import partial

from derivations.arguments import Chain, Conclusion, Knowledge, Line, Range, Walk, conclude, follow
from derivations.moments import Certain, Fact, Identical, Independent, Uniform, ZeroMean
from derivations.scalars import (
    Adjoint,
    Constant,
    Cov,
    E,
    Number,
    Root,
    Scalar,
    Slope,
    Sum,
    Var,
    Variable,
)
from derivations.step import Derivation, Equation, Formula, Lines, Symbol

SOURCE = "Glorot & Bengio 2010"

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


@dataclass(frozen=True)
class Kind:
    """What is summed with the weights: inputs on the way forward, gradients on the way back."""

    letter: str
    plural: str
    size: Scalar
    indices: tuple[str, str]
    caveat: str = ""


INPUTS = Kind(
    "x",
    "inputs",
    n_in,
    ("j", "k"),
    ", which it is not after a ReLU or a logistic function: there the line before is as far as one "
    "may go",
)
GRADIENTS = Kind("δ", "gradients", n_out, ("i", "k"))


# ----------------------------------------------------------------- the variance of a weighted sum


def weighted_sum(kind: Kind) -> Scalar:
    """Return ``Σ_j w_j x_j``."""
    j, _ = kind.indices
    return Sum(j, kind.size, Variable("w", j) * Variable(kind.letter, j))


def variance_of_sum(kind: Kind, left: Scalar) -> Chain:
    """Return the chain from ``Var(Σ_j w_j x_j)`` to ``n Var(w) Var(x)``."""
    j, k = kind.indices
    w_j, x_j = Variable("w", j), Variable(kind.letter, j)
    w_k, x_k = Variable("w", k), Variable(kind.letter, k)
    typical = Variable(kind.letter)
    independent = f"weights independent of {kind.plural}"
    alike = ("identically distributed weights", f"identically distributed {kind.plural}")
    pairs = Sum(j, kind.size, Sum(k, kind.size, Cov(w_j * x_j, w_k * x_k), but=j))

    def over(body: Scalar) -> Scalar:
        return Sum(j, kind.size, body)

    lines = (
        Line(
            "Variance of a sum",
            over(Var(w_j * x_j)) + pairs,
            "Variance is bilinear: a sum has the variances of its terms and every covariance.",
        ),
        Line(
            "Cross terms vanish",
            over(Var(w_j * x_j)),
            f"Each covariance has the factor E[w_{j}] E[w_{k}], and both are 0; "
            f"the {kind.plural} need not be independent of each other.",
            ("independent weights", independent, "zero-mean weights"),
            _covariance(kind),
        ),
        Line(
            "Variance of a product",
            over(Var(w_j) * Var(x_j) + E(w_j) ** 2 * Var(x_j) + E(x_j) ** 2 * Var(w_j)),
            f"A weight is independent of its {kind.plural[:-1]}, so moments of the product split.",
            (independent,),
            _variance_of_product(kind),
        ),
        Line(
            "Weights average to zero",
            over(Var(w_j) * Var(x_j) + E(x_j) ** 2 * Var(w_j)),
            f"The middle term has the factor E[w_{j}]², which is 0.",
            ("zero-mean weights",),
        ),
        Line(
            "Collect the second moment",
            over(Var(w_j) * E(x_j**2)),
            f"What stands beside Var(w_{j}) is Var + E² = E[{x_j**2}].",
        ),
        Line(
            "Count equal terms",
            kind.size * Var(w) * E(typical**2),
            f"All {kind.size} terms are equal when all weights and all {kind.plural} are alike.",
            alike,
        ),
        Line(
            f"{kind.plural.capitalize()} average to zero",
            kind.size * Var(w) * Var(typical),
            f"E[{typical**2}] is the variance exactly when the mean is 0{kind.caveat}.",
            (f"zero-mean {kind.plural}",),
        ),
    )
    return Chain(left, Var(weighted_sum(kind)), lines, Range(kind.indices, kind.size))


def _covariance(kind: Kind) -> Chain:
    j, k = kind.indices
    w_j, x_j = Variable("w", j), Variable(kind.letter, j)
    w_k, x_k = Variable("w", k), Variable(kind.letter, k)
    start = Cov(w_j * x_j, w_k * x_k)
    lines = (
        Line(
            "Definition of covariance",
            E(w_j * x_j * w_k * x_k) - E(w_j * x_j) * E(w_k * x_k),
            "The covariance is the mean of the product less the product of the means.",
        ),
        Line(
            "Independent factors part",
            E(w_j) * E(w_k) * E(x_j * x_k) - E(w_j) * E(x_j) * E(w_k) * E(x_k),
            f"The two weights are independent of each other and of the {kind.plural}.",
            ("independent weights", f"weights independent of {kind.plural}"),
        ),
        Line(
            "Factor",
            E(w_j) * E(w_k) * Cov(x_j, x_k),
            "What stands beside the two means of the weights is again a covariance.",
        ),
        Line(
            "Weights average to zero",
            Number(0),
            "One factor that is 0 is enough, whatever the covariance is.",
            ("zero-mean weights",),
        ),
    )
    return Chain(start, start, lines, Range(kind.indices))


def _variance_of_product(kind: Kind) -> Chain:
    j, _ = kind.indices
    w_j, x_j = Variable("w", j), Variable(kind.letter, j)
    start = Var(w_j * x_j)
    squared = E(w_j) ** 2 * E(x_j) ** 2
    lines = (
        Line(
            "Definition of variance",
            E(w_j**2 * x_j**2) - E(w_j * x_j) ** 2,
            "The variance is the mean of the square less the square of the mean.",
        ),
        Line(
            "Independent factors part",
            E(w_j**2) * E(x_j**2) - squared,
            "Squares of independent quantities are independent too.",
            (f"weights independent of {kind.plural}",),
        ),
        Line(
            "Second moments as variances",
            (Var(w_j) + E(w_j) ** 2) * (Var(x_j) + E(x_j) ** 2) - squared,
            "For every quantity, E[v²] = Var(v) + E[v]².",
        ),
        Line(
            "Multiply out",
            Var(w_j) * Var(x_j) + E(w_j) ** 2 * Var(x_j) + E(x_j) ** 2 * Var(w_j),
            "The product of the squared means cancels, three terms stay.",
        ),
    )
    return Chain(start, start, lines, Range((j,)))


# ---------------------------------------------------------------------------- the whole argument


@dataclass(frozen=True)
class Part:
    """A piece of the argument that starts once the parts that it `needs` have come to their end.

    Its own end is a result of the derivation unless a later part `uses_up` it.
    """

    name: str
    chain: Chain | None = None
    conclusions: tuple[Conclusion, ...] = ()
    needs: tuple[str, ...] = ()
    uses_up: tuple[str, ...] = ()


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
        Slope("u") * weighted_sum(GRADIENTS),
        (
            Line(
                "Slope 1 near the origin",
                weighted_sum(GRADIENTS),
                "At the start pre-activations are small, where φ′(u) is φ′(0) = 1, as for tanh.",
                ("linear regime",),
            ),
        ),
        Range(GRADIENTS.indices, n_out),
    ),
)


def _same_argument(back_variance: Chain) -> Chain:
    """Return the whole chain as one line whose details are its lines, without theirs."""
    lines = tuple(replace(line, details=None) for line in back_variance.lines)
    line = Line(
        "The same argument backward",
        lines[-1].after,
        "The lines of the forward pass hold with gradients for inputs and n_out for n_in, "
        "under assumptions of their own.",
        tuple(dict.fromkeys(name for line in lines for name in line.assumptions)),
        replace(back_variance, lines=lines),
    )
    return replace(back_variance, lines=(line,))


BACKWARD = Part(
    "backward",
    _same_argument(variance_of_sum(GRADIENTS, Var(back))),
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

PARTS = (FORWARD, LINEAR, BACKWARD, COMPROMISE, UNIFORM)

SYMBOLS = (
    Symbol(y, "a unit's pre-activation on the way forward; the bias starts at 0", "1"),
    Symbol(Variable("w", "j"), "the weights that enter the unit", "n_in of them"),
    Symbol(Variable("x", "j"), "its inputs", "n_in of them"),
    Symbol(Adjoint("u"), "what comes back to a unit φ(u) from the units that it feeds", "1"),
    Symbol(Variable("w", "i"), "the weights that leave that unit", "n_out of them"),
    Symbol(Variable("δ", "i"), "the gradients of the units that they enter", "n_out of them"),
    Symbol(w, "any one of the weights; likewise x and δ", "1"),
    Symbol(a, "the limit of weights drawn uniformly between -a and a", "1"),
)


def xavier(dropped: frozenset[str] = frozenset()) -> Derivation:
    """Derive ``Var(w) = 2/(n_in + n_out)``, without the assumptions dropped.

    Raises ValueError for an assumption that the argument does not make.
    """
    _refuse_unknown(dropped)
    knowledge = Knowledge(ASSUMPTIONS, dropped)
    walks: dict[str, Walk] = {}
    for part in PARTS:
        if all(name in walks and not walks[name].broken for name in part.needs):
            walks[part.name] = _walk(part, knowledge)
    names = " and ".join(sorted(dropped))
    return Derivation(
        topic="xavier",
        title="Xavier initialization" + (f" without {names}" if dropped else ""),
        statement=_results(walks),
        steps=tuple(step for walk in walks.values() for step in walk.steps),
        symbols=SYMBOLS,
        source=SOURCE,
        summary=_summary(walks, names) if dropped else SUMMARY,
        weakened=partial(_weakened, dropped),
    )


SUMMARY = "How large random weights may be so that neither signals nor gradients grow or shrink."


def _weakened(dropped: frozenset[str], name: str) -> Derivation:
    return xavier(dropped | {name})


def _refuse_unknown(dropped: frozenset[str]) -> None:
    for name in dropped - set(ASSUMPTIONS):
        nearest = get_close_matches(name, ASSUMPTIONS, n=1, cutoff=0)
        known = ", ".join(ASSUMPTIONS)
        raise ValueError(f"no assumption {name!r} (nearest: {nearest[0]!r}); there are: {known}")


def _walk(part: Part, knowledge: Knowledge) -> Walk:
    """Follow the part's chain and, when it comes to its end, draw the conclusions."""
    walk = follow(part.chain, knowledge) if part.chain else None
    if walk and (walk.broken or not part.conclusions):
        return walk
    drawn = conclude(part.conclusions, knowledge)
    return Walk(drawn.end, (walk.steps if walk else []) + drawn.steps, drawn.broken)


def _results(walks: Mapping[str, Walk]) -> Formula:
    """Return where the argument has come to: the ends that no later part used up."""
    used = {name for part in PARTS if part.name in walks for name in part.uses_up}
    ends = dict.fromkeys(walk.end for name, walk in walks.items() if name not in used)
    return Lines(*ends) if len(ends) > 1 else next(iter(ends))


def _summary(walks: Mapping[str, Walk], names: str) -> str:
    """Say which rules stopped holding, and where nothing takes their place."""
    broken = [f"“{rule}”" for walk in walks.values() for rule in walk.broken]
    stuck = [f"“{walk.stuck}”" for walk in walks.values() if walk.stuck]
    said = f"Without {names} this no longer holds: {', '.join(broken)}."
    if stuck:
        return f"{said} Nothing takes the place of {' and '.join(stuck)}: there the argument ends."
    return f"{said} What it used to remove is carried along, and what needs it is not concluded."

"""The variance of a sum of products with random weights: what all initializations start from."""

from __future__ import annotations

from dataclasses import dataclass, replace

from derivations.chance.arguments import Chain, Line
from derivations.chance.claims import Range
from derivations.chance.scalars import Constant, Cov, E, Number, Scalar, Sum, Var, Variable


@dataclass(frozen=True)
class Kind:
    """What is summed: weights, and what they multiply, of which there are `size`.

    `weight_time` and `time` tell the families of one layer from those of another.
    """

    letter: str
    plural: str
    size: Constant
    indices: tuple[str, str]
    caveat: str = ""
    weight_letter: str = "w"
    weight_time: str = ""
    time: str = ""

    def weight(self, index: str = "") -> Variable:
        """Return ``w_j``, or w for any one of them."""
        return Variable(self.weight_letter, index, self.weight_time)

    def other(self, index: str = "") -> Variable:
        """Return ``x_j``, or x for any one of them."""
        return Variable(self.letter, index, self.time)

    def term(self, index: str) -> Scalar:
        """Return ``w_j x_j``."""
        return self.weight(index) * self.other(index)

    def over(self, body: Scalar) -> Scalar:
        """Return ``Σ_j body``."""
        return Sum(self.indices[0], self.size, body)

    @property
    def sum(self) -> Scalar:
        """``Σ_j w_j x_j``."""
        return self.over(self.term(self.indices[0]))

    @property
    def independent(self) -> str:
        """The name of the assumption that weights and others are independent."""
        return f"weights independent of {self.plural}"

    @property
    def range(self) -> Range:
        """What the indices run over."""
        return Range(self.indices, self.size)


INPUTS = Kind(
    "x",
    "inputs",
    Constant("n", "in"),
    ("j", "k"),
    ", which it is not after a ReLU or a logistic function: there the line before is as far as one "
    "may go",
)
GRADIENTS = Kind("δ", "gradients", Constant("n", "out"), ("i", "k"))


def second_moment_of_sum(kind: Kind, left: Scalar) -> Chain:
    """Return the chain from ``Var(Σ_j w_j x_j)`` to ``n Var(w) E[x²]``."""
    j, k = kind.indices
    w, w_j, x_j = kind.weight(), kind.weight(j), kind.other(j)
    pairs = Sum(j, kind.size, Sum(k, kind.size, Cov(kind.term(j), kind.term(k)), but=j))
    lines = (
        Line(
            "Variance of a sum",
            kind.over(Var(kind.term(j))) + pairs,
            "Variance is bilinear: a sum has the variances of its terms and every covariance.",
        ),
        Line(
            "Cross terms vanish",
            kind.over(Var(kind.term(j))),
            f"Each covariance has the factor E[{w_j}] E[{kind.weight(k)}], and both are 0; "
            f"the {kind.plural} need not be independent of each other.",
            ("independent weights", kind.independent, "zero-mean weights"),
            _covariance(kind),
        ),
        Line(
            "Variance of a product",
            kind.over(Var(w_j) * Var(x_j) + E(w_j) ** 2 * Var(x_j) + E(x_j) ** 2 * Var(w_j)),
            f"A weight is independent of its {kind.plural[:-1]}, so moments of the product split.",
            (kind.independent,),
            _variance_of_product(kind),
        ),
        Line(
            "Weights average to zero",
            kind.over(Var(w_j) * Var(x_j) + E(x_j) ** 2 * Var(w_j)),
            f"The middle term has the factor E[{w_j}]², which is 0.",
            ("zero-mean weights",),
        ),
        Line(
            "Collect the second moment",
            kind.over(Var(w_j) * E(x_j**2)),
            f"What stands beside Var({w_j}) is Var + E² = E[{x_j**2}].",
        ),
        Line(
            "Count equal terms",
            kind.size * Var(w) * E(kind.other() ** 2),
            f"All {kind.size} terms are equal when all weights and all {kind.plural} are alike.",
            ("identically distributed weights", f"identically distributed {kind.plural}"),
        ),
    )
    return Chain(left, Var(kind.sum), lines, kind.range)


def variance_of_sum(kind: Kind, left: Scalar) -> Chain:
    """Return the chain from ``Var(Σ_j w_j x_j)`` to ``n Var(w) Var(x)``."""
    chain = second_moment_of_sum(kind, left)
    x = kind.other()
    last = Line(
        f"{kind.plural.capitalize()} average to zero",
        kind.size * Var(kind.weight()) * Var(x),
        f"E[{x**2}] is the variance exactly when the mean is 0{kind.caveat}.",
        (f"zero-mean {kind.plural}",),
    )
    return replace(chain, lines=(*chain.lines, last))


def the_same(chain: Chain, rule: str, why: str, factor: Scalar | None = None) -> Line:
    """Return a whole chain as one line whose details are its lines, without theirs.

    A `factor` in front of what the chain is about stays in front.
    """
    lines = tuple(replace(line, details=None) for line in chain.lines)
    after = lines[-1].after if factor is None else factor * lines[-1].after
    assumptions = tuple(dict.fromkeys(name for line in lines for name in line.assumptions))
    return Line(rule, after, why, assumptions, replace(chain, lines=lines))


def _covariance(kind: Kind) -> Chain:
    j, k = kind.indices
    w_j, x_j, w_k, x_k = kind.weight(j), kind.other(j), kind.weight(k), kind.other(k)
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
            ("independent weights", kind.independent),
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
    w_j, x_j = kind.weight(j), kind.other(j)
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
            (kind.independent,),
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

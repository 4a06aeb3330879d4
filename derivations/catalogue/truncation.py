"""Truncated backpropagation through time: which terms it keeps, and what it leaves out.

Source: R. Williams and J. Peng 1990, An efficient gradient-based algorithm for on-line training of
recurrent network trajectories.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from derivations.adversary import Adversary
from derivations.blackboard import Blackboard
from derivations.bounds import (
    CONSTANT_FACTORS,
    DIAGONAL,
    SUBMULTIPLICATIVE,
    TRANSPOSE,
    TRIANGLE,
    Abbreviated,
    ByLemmas,
    Lemma,
    at_most,
    geometric_tail,
)
from derivations.catalogue import rnn
from derivations.catalogue.activations import slope
from derivations.catalogue.stability import AFTER_K, MEANINGS, STEEPEST, STEP_K, γ
from derivations.chance.scalar_algebra import ByAlgebra, Known
from derivations.matrix import (
    FIRST,
    LAST,
    NOW,
    PREVIOUS,
    SCALAR,
    Expression,
    Moment,
    at,
    diag,
    divide,
    hadamard,
    immediate,
    instance,
    largest_entry,
    largest_over,
    largest_singular_value,
    norm,
    number,
    over,
    over_time,
    repeated,
    symbol,
    total,
    total_jacobian,
)
from derivations.network import Network, of_template
from derivations.step import Derivation, Equation, Lines, Step
from derivations.template import Definition, Template

SOURCE = "Williams and Peng 1990, An efficient gradient-based algorithm for on-line training"
KEPT_FROM, LEFT_OUT_TO = Moment("t-K", 1), Moment("t-K")  # the earliest kept, the latest left out
LONGER = {"K": 2, "T": 4}  # so long that some step leaves out more than one
K, ρ, M = symbol("K", SCALAR), symbol("ρ", SCALAR), symbol("M", SCALAR)
WEIGHTS = symbol("W_h", ("n", "n"))
GRADIENT, TRUNCATED = total(WEIGHTS), symbol("G_K", ("n", "n"))


@dataclass(frozen=True, eq=False)
class Truncation:
    """A plain recurrent network whose gradient of W_h is cut off after K steps."""

    activation: str

    @cached_property
    def template(self) -> Template:
        """The network under an abstract loss."""
        return rnn.template(activation=self.activation)

    @cached_property
    def network(self) -> Network:
        """The network with γ, ρ and M; nothing lies before h_0."""
        plain, h = of_template(self.template), self.template.output
        size = largest_over("k", FIRST, LAST, norm(at(h, Moment("k", -1))))
        extra = (
            Definition(at(h, Moment("", -1)), number(0), meaning="nothing"),
            Definition(γ, number(STEEPEST[self.activation]), meaning="steepest slope of φ"),
            Definition(ρ, hadamard(γ, largest_singular_value(WEIGHTS)), meaning="γ σ_max(W_h)"),
            Definition(M, size, meaning="largest ‖h_{k-1}‖ of all steps"),
        )
        return Network((*plain.equations, *extra), loss=plain.loss, stored=plain.stored)

    @cached_property
    def slope(self) -> Expression:
        """φ′(a_t)."""
        a, h = (equation.left for equation in self.template.cell)
        return slope(self.activation, a, h)

    @property
    def jacobian(self) -> Expression:
        """dh_t/dh_k."""
        h = self.template.output
        return total_jacobian(h, at(h, STEP_K))

    @property
    def term(self) -> Expression:
        """What the loss of step t contributes to the gradient through step k."""
        h = self.template.output
        carried = self.jacobian.T @ immediate(h)
        return (diag(instance(self.slope, STEP_K)) @ carried) @ at(h, Moment("k", -1)).T

    @cached_property
    def left_out(self) -> Expression:
        """The terms with t - k ≥ K."""
        return over_time(over("k", FIRST, LEFT_OUT_TO, self.term))

    @cached_property
    def kept(self) -> Expression:
        """The terms with t - k < K; those before step 1 are 0, as nothing lies before h_0."""
        return over_time(over("k", KEPT_FROM, NOW, self.term))


def truncated_bptt(activation: str = "tanh") -> Derivation:
    """Derive what truncation after K steps keeps, its bias, and a bound on the bias.

    Raises ValueError for an activation whose slopes are not bounded here.
    """
    if activation not in STEEPEST:
        raise ValueError(f"no activation {activation!r}; there are: {', '.join(STEEPEST)}")
    its = Truncation(activation)
    start = Equation(its.template.cell[0].left, its.template.cell[0].right)
    board = Blackboard(its.network, start=start, sizes=LONGER, indices={"t": (FIRST, LAST)})
    bias = _terms(board, its)
    bound = _bound(board, its)
    _extremes(board, its)
    return board.derivation(
        "truncated-bptt",
        Lines(Equation(TRUNCATED, its.kept), bias, bound),
        meanings={
            **MEANINGS,
            "W": "weights on [h; x], of which W_h are the recurrent ones",
            "L": "loss, the sum of the ℓ_t",
        },
        summary="Cutting the past off after K steps costs a bias that shrinks like ρ^K.",
        source=SOURCE,
    )


def _terms(board: Blackboard, its: Truncation) -> Equation:
    """Write which terms are kept, and return what the bias is."""
    written_out = Abbreviated(board.truth.check, {TRUNCATED: its.kept})
    board.line(
        "A sum over pairs of steps",
        Equation(GRADIENT, over_time(over("k", FIRST, NOW, its.term))),
        "The loss of step t depends on W_h through every step k ≤ t.",
    )
    board.line(
        "Split by age",
        Equation(GRADIENT, its.kept + its.left_out),
        "Either t - k < K or not; terms before step 1 are 0, as nothing lies before h_0.",
    )
    board.line(
        "What truncation keeps",
        Equation(TRUNCATED, its.kept),
        "Walking back K steps from t, itself included, ends at step t - K + 1.",
        check=written_out,
    )
    bias = Equation(TRUNCATED - GRADIENT, -its.left_out)
    board.line(
        "The bias",
        bias,
        "What is left out is missing: the bias is minus the sum of the rest.",
        check=written_out,
    )
    return bias


def _bound(board: Blackboard, its: Truncation) -> Equation:
    """Write how large the bias can be."""
    h = its.template.output
    indices, left = {"t": (FIRST, LAST)}, norm(TRUNCATED - GRADIENT)
    tries = Adversary(its.network, indices, names={TRUNCATED: its.kept}, below_one=ρ)
    slopes, error = largest_entry(instance(its.slope, STEP_K)), norm(immediate(h))
    past, power = norm(at(h, Moment("k", -1))), repeated("s", AFTER_K, NOW, ρ)

    def line(rule: str, right: Expression, why: str, *lemmas: Lemma, **more: object) -> Equation:
        of_norms = bool(more.pop("of_norms", False))
        check = ByLemmas(lemmas, tries, of_norms, frozenset({γ, ρ, M, 1 - ρ}))
        after = Equation(left, right, "≤")
        board.line(rule, after, why, check=check, **more)  # type: ignore[arg-type]
        return after

    def summed(inside: Expression) -> Expression:
        return over_time(over("k", FIRST, LEFT_OUT_TO, inside))

    line(
        "Norm of a sum",
        summed(norm(its.term)),
        "A sum is at most as long as its terms end to end.",
        *(TRIANGLE,) * 3,
        of_norms=True,
    )
    line(
        "Norms of the factors",
        summed(hadamard(slopes, norm(its.jacobian), error, past)),
        "Each term is a product: slopes, Jacobian, error and state.",
        *(*(SUBMULTIPLICATIVE,) * 3, DIAGONAL, TRANSPOSE),
    )
    line(
        "Bound the factors",
        summed(hadamard(γ, power, error, M)),
        "Slopes are at most γ, states at most M, and the Jacobian at most ρ^{t-k}: see norm-bound.",
        at_most(largest_entry(its.slope), γ, "φ′ ≤ γ"),
        at_most(norm(its.jacobian), power, "the norm bound"),
        at_most(norm(at(h, PREVIOUS)), M, "‖h_{t-1}‖ ≤ M"),
    )
    ages = over("k", FIRST, LEFT_OUT_TO, power)
    line(
        "Factors leave the sums",
        hadamard(γ, M, over_time(hadamard(error, ages))),
        "What does not depend on k leaves the inner sum, what does not depend on t the outer.",
        *(CONSTANT_FACTORS,) * 2,
    )
    tail = divide(repeated("s", FIRST, Moment("K"), ρ), 1 - ρ)
    line(
        "Geometric series",
        hadamard(γ, M, over_time(hadamard(error, tail))),
        "The ages t - k run from K up, and ρ^K + ρ^{K+1} + ... is ρ^K/(1 - ρ).",
        geometric_tail(ρ),
        details=_series(ages),
        assumptions=("ρ < 1",),
    )
    return line(
        "The bound",
        hadamard(γ, M, tail, over_time(error)),
        "The tail is the same for every step t.",
        CONSTANT_FACTORS,
        assumptions=("ρ < 1",),
    )


def _series(ages: Expression) -> list[Step]:
    """Return the details of the geometric series."""
    finite = divide(
        repeated("s", FIRST, Moment("K"), ρ) - repeated("s", FIRST, NOW, ρ),
        1 - ρ,
    )
    known = (Known(ρ, "<", number(1)),)
    return [
        Step.checked(
            "Finite geometric sum",
            ages,
            Equation(ages, finite),
            "Multiply by 1 - ρ: all powers cancel but ρ^K and, with a minus, ρ^t. It needs t ≥ K.",
            ByAlgebra(known),
            changed=ages,
            assumptions=("ρ < 1",),
        ),
    ]


def _extremes(board: Blackboard, its: Truncation) -> None:
    """Write that K = T is exact, and how many terms there are."""
    board.line(
        "Nothing is left out when K reaches T",
        Equation(GRADIENT, instance(its.kept, LAST, "K")),
        "No step is T or more steps older than another, so with K ≥ T the gradient is exact.",
    )
    one, counted = number(1), ByAlgebra(holds=True)
    board.line(
        "K terms for every step",
        Equation(over("k", KEPT_FROM, NOW, one), K),
        "Far enough from the start, the steps t - K + 1, ..., t are K.",
        check=counted,
    )
    board.line(
        "Back to t - K is one more",
        Equation(over("k", LEFT_OUT_TO, NOW, one), K + 1),
        "A lecture that goes back to t - T keeps T + 1 terms: it counts the links, not the steps.",
        check=counted,
    )

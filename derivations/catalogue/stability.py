"""Vanishing and exploding gradients: what bounds the product of Jacobians, and what does not.

Sources: Y. Bengio, P. Simard and P. Frasconi 1994, Learning long-term dependencies with gradient
descent is difficult; R. Pascanu, T. Mikolov and Y. Bengio 2013, On the difficulty of training
recurrent neural networks.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import NamedTuple

from derivations.adversary import Adversary
from derivations.blackboard import Blackboard
from derivations.bounds import (
    DIAGONAL,
    EQUAL_FACTORS,
    POWER_OF_NUMBER,
    SINGULAR_VALUE,
    SUBMULTIPLICATIVE,
    ByLemmas,
    Recalled,
    at_most,
    powers_at_most_one,
    provided,
    stands_for,
)
from derivations.catalogue import rnn
from derivations.catalogue.activations import slope
from derivations.chance.scalar_algebra import INFINITY, InTheLimit, Known
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
    instance,
    largest_entry,
    largest_singular_value,
    limit,
    norm,
    number,
    product_over,
    repeated,
    symbol,
    total_jacobian,
)
from derivations.network import Network
from derivations.step import Derivation, Equation, Lines
from derivations.template import Definition, Template, column

SOURCE = "Pascanu, Mikolov and Bengio 2013, On the difficulty of training recurrent neural networks"
STEEPEST = {
    "tanh": Fraction(1),
    "logistic": Fraction(1, 4),
    "relu": Fraction(1),
    "leaky relu": Fraction(1),
}
MEANINGS = {
    "W_h": "recurrent weights",
    "W_x": "weights on the input",
    "b": "bias",
    "x": "input",
    "h": "hidden state",
}

BEGIN, STEP_K, STEP_S, AFTER_K = Moment("", 0), Moment("k"), Moment("s"), Moment("k", 1)
INDICES = {"t": (FIRST, LAST), "k": (BEGIN, PREVIOUS)}
γ = symbol("γ", SCALAR)


class Setting(NamedTuple):
    """A plain recurrent network and what its bounds speak of."""

    template: Template
    network: Network
    slope: Expression
    """φ′(a_t), written with h_t where a person does so."""
    adversary: Adversary

    @property
    def weights(self) -> Expression:
        """The recurrent weights W_h."""
        return self.template.weights[0].blocks[0]

    @property
    def jacobian(self) -> Expression:
        """dh_t/dh_k."""
        h = self.template.output
        return total_jacobian(h, at(h, STEP_K))

    def through(self, step: Expression) -> Expression:
        """Return the product over the steps from t down to k+1."""
        return product_over("s", AFTER_K, NOW, step)


@cache
def setting(activation: str) -> Setting:
    """Return the network with γ, the steepest slope of its activation, among its symbols.

    Raises ValueError for an activation whose slopes are not bounded here.
    """
    if activation not in STEEPEST:
        raise ValueError(f"no activation {activation!r}; there are: {', '.join(STEEPEST)}")
    template = rnn.template(activation=activation)
    steepest = Definition(γ, number(STEEPEST[activation]), meaning="steepest slope of φ")
    network = Network((*template.cell, steepest))
    pre_activation, hidden = template.cell
    slopes = slope(activation, pre_activation.left, hidden.left)
    return Setting(template, network, slopes, Adversary(network, INDICES))


def norm_bound(activation: str = "tanh") -> Derivation:
    """Derive ‖dh_t/dh_k‖ ≤ (γ σ_max(W_h))^{t-k}, with γ the steepest slope of the activation."""
    its = setting(activation)
    board = Blackboard(its.network, start=its.jacobian, indices=INDICES)
    _up_to_γ(board, its)
    γ_is = stands_for(γ, number(STEEPEST[activation]))
    left, bound = norm(its.jacobian), largest_singular_value(its.weights)
    board.line(
        "Insert the steepest slope",
        Equation(left, _power(hadamard(STEEPEST[activation], bound)), "≤"),
        f"No slope of {activation} is larger than {STEEPEST[activation]}: see activation-slopes.",
        check=ByLemmas((γ_is,), its.adversary),
    )
    return board.derivation(
        "norm-bound",
        meanings=MEANINGS,
        summary="How much a gradient can grow or shrink on its way back from step t to step k.",
        source=SOURCE,
    )


def _power(base: Expression) -> Expression:
    return repeated("s", AFTER_K, NOW, base)


def _up_to_γ(board: Blackboard, its: Setting) -> None:
    """Write the lines from the product form to the power of γ σ_max(W_h)."""
    adversary = its.adversary
    slopes, W = instance(its.slope, STEP_S), its.weights
    left, σ = norm(its.jacobian), largest_singular_value(W)
    steepest = at_most(largest_entry(its.slope), γ, "φ′ ≤ γ")
    board.line(
        "Product of Jacobians",
        Equation(its.jacobian, its.through(diag(slopes) @ W)),
        "Each step multiplies by its own Jacobian, diag(φ′(a_s)) W_h, the latest first.",
    )
    board.line(
        "Norm of a product",
        Equation(left, its.through(norm(diag(slopes) @ W)), "≤"),
        "A product stretches a vector by no more than its factors do one after the other.",
        check=ByLemmas((SUBMULTIPLICATIVE,), adversary, of_norms=True),
    )
    board.line(
        "Slopes apart from weights",
        Equation(left, its.through(hadamard(norm(diag(slopes)), norm(W))), "≤"),
        "The Jacobian of a step is a product itself.",
        check=ByLemmas((SUBMULTIPLICATIVE,), adversary),
    )
    board.line(
        "What the two norms are",
        Equation(left, its.through(hadamard(largest_entry(slopes), σ)), "≤"),
        "A diagonal matrix stretches by its largest entry at most, and W_h by σ_max(W_h).",
        check=ByLemmas((DIAGONAL, SINGULAR_VALUE), adversary),
    )
    board.line(
        "Steepest slope",
        Equation(left, its.through(hadamard(γ, σ)), "≤"),
        "No unit can have a larger slope than γ, wherever it works.",
        check=ByLemmas((steepest,), adversary),
    )
    board.line(
        "Count the factors",
        Equation(left, _power(hadamard(γ, σ)), "≤"),
        "There are t - k steps from k+1 to t, each with the same factor now.",
        check=ByLemmas((EQUAL_FACTORS,), adversary),
    )


def vanishing(activation: str = "tanh") -> Derivation:
    """Derive when gradients must vanish, σ_max(W_h) < 1/γ, and when they cannot explode."""
    its = setting(activation)
    σ, left = largest_singular_value(its.weights), norm(its.jacobian)
    board = Blackboard(its.network, start=left, indices=INDICES)
    aside = board.aside(its.jacobian)
    _up_to_γ(aside, its)
    bound = board.line(
        "Norm bound",
        aside.at,
        "Every step multiplies by γ σ_max(W_h) at most.",
        check=Recalled("norm-bound", aside.at),
        details=aside.steps,
    ).after
    goes = board.line(
        "Powers of less than 1",
        Equation(limit("t", left), number(0)),
        "The bound goes to 0 geometrically, and no norm is below 0.",
        check=InTheLimit("t", (Known(σ, "<", divide(number(1), γ)),)),
        assumptions=("σ_max(W_h) < 1/γ",),
    ).after
    base = hadamard(γ, σ)
    stays = board.line(
        "No explosion without large weights",
        Equation(left, number(1), "≤"),
        "Powers of at most 1 stay at most 1; so σ_max(W_h) > 1/γ is necessary to explode.",
        before=bound,
        check=ByLemmas((powers_at_most_one(base, "powers of γ σ_max(W_h) ≤ 1 are at most 1"),)),
        assumptions=("σ_max(W_h) ≤ 1/γ",),
    ).after
    return board.derivation(
        "vanishing",
        Lines(provided("σ_max(W_h) < 1/γ", goes), provided("σ_max(W_h) ≤ 1/γ", stays)),
        meanings=MEANINGS,
        summary="Small weights suffice to vanish; large ones are necessary to explode.",
        source=SOURCE,
    )


def linear_scalar() -> Derivation:
    """Derive that |w| < 1 vanishes and |w| > 1 explodes, which is exact for h_t = w h_{t-1}."""
    w, h = symbol("w", SCALAR), column("h", "1")
    recurrence = Definition(h, hadamard(w, at(h, PREVIOUS)), meaning="hidden state, a scalar")
    jacobian = total_jacobian(h, at(h, BEGIN))
    board = Blackboard(Network((recurrence,)), start=recurrence, indices={"t": (FIRST, LAST)})
    board.line(
        "One factor a step",
        Equation(jacobian, repeated("s", FIRST, NOW, w)),
        "The slope of every step is w itself, whatever the state is.",
    )
    size = board.line(
        "Absolute values",
        Equation(norm(jacobian), repeated("s", FIRST, NOW, norm(w))),
        "The absolute value of a product is the product of the absolute values.",
        check=ByLemmas((POWER_OF_NUMBER,), of_norms=True),
    ).after
    ends = [
        board.line(
            f"|w| {relation} 1",
            Equation(limit("t", norm(jacobian)), value),
            why,
            before=size,
            check=InTheLimit("t", (Known(norm(w), relation, number(1)),)),
            assumptions=(f"|w| {relation} 1",),
        ).after
        for relation, value, why in (
            ("<", number(0), "Powers of a number below 1 go to 0: the gradient vanishes."),
            (">", INFINITY, "Powers of a number above 1 pass every bound: the gradient explodes."),
        )
    ]
    return board.derivation(
        "linear-scalar",
        Lines(*(provided(f"|w| {sign} 1", end) for sign, end in zip("<>", ends, strict=True))),
        meanings={"w": "recurrent weight, a scalar", "h": "hidden state, a scalar"},
        summary="For this recurrence it is exact that the size of one number decides.",
        source=SOURCE,
    )

"""Losses and layers: what is derived, that every line resists a mistake, and what it rests on."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice

import pytest

from derivations import derive
from derivations.catalogue import losses_derived, weight_decay
from derivations.catalogue.batch_normalization import NETWORK, SIZES, x, ε, σ
from derivations.catalogue.softmax import SUM_TO_ONE
from derivations.field import MERSENNE, MERSENNE_FIELD, PrimeField
from derivations.matrix import (
    NOW,
    Moment,
    apply,
    differential,
    free_indices,
    instance,
    moving,
    number,
    over,
    pull_back,
    rowsoftmax,
    symbol,
    total_jacobian,
)
from derivations.nudging import FieldNumbers
from derivations.sizes import Sizes
from derivations.step import NotVerified, numbered
from derivations.truth import SMALL, Truth
from tests.derivations.mutated import wrong_steps

STATEMENTS = {
    "softmax": "dp/dz = diag(p) - p pᵀ",
    "cross-entropy": "dL/dz = p - y",
    "squared-error": "dL/dh = -(y - h)",
    "total-loss": "dL/dℓ_t = 1",
    "batch-normalization": "dL/dβ = 𝟏_Nᵀ dL/dy",
    "residual": "dL/dx_l = (I_n + ds_l/dx_l)ᵀ dL/dx_D",
    "weight-decay": "w_1 = (1 - η λ) ⊙ w_0 - η ⊙ g",
    "attention": "dL/dV = Aᵀ dL/dY",
    "additive-attention": "dL/de = α ⊙ (dL/dα - αᵀ dL/dα)",
    "convolution": "dL/dx_s = Σ_{j=0}^{J-1} K_jᵀ dL/dy_{s-j}",
    "max-pooling": "dL/du_t = relu′(u_t - v_t) ⊙ dL/dp_t",
    "conv-lstm": "dL/dR_{f,j} = Σ_{t=1}^T δ_{f,t} (h_{t-1} S_j)ᵀ",
    "embedding": "dL/dE = Σ_{t=1}^T o_t (dL/dx_t)ᵀ",
    "skip-gram": "dL/dU = (p - y) vᵀ",
    "cbow": "dL/dx_c = dL/dv / C",
    "negative-sampling": "dL/dr_j = σ(s_j) ⊙ v",
}
every_topic = pytest.mark.parametrize("topic", STATEMENTS)


@every_topic
def test_the_statement(topic):
    lines = [line.strip() for line in derive(topic).statement.text().splitlines()]
    assert STATEMENTS[topic] in lines


@every_topic
def test_every_line_refuses_what_is_wrong(topic):
    for place, step in numbered(derive(topic).steps):
        wrong = list(islice(wrong_steps(step), 12))
        for kind, formula in wrong:
            try:
                step.check(step.before, formula)
            except NotVerified:
                continue
            pytest.fail(f"step {place}, {kind}: {formula.text()}")


@every_topic
def test_it_fits_the_board_and_every_format(topic):
    derivation = derive(topic)
    assert max(map(len, str(derivation).splitlines())) <= 100
    for format in ("latex", "html", "json"):
        assert derivation.to(format)


# -------------------------------------------------------------------------- targets' sum is dropped


@pytest.mark.parametrize(
    ("topic", "weaker"),
    [
        ("cross-entropy", "dL/dz = (𝟏_kᵀ y) ⊙ p - y"),
        ("skip-gram", "dL/dU = ((𝟏_kᵀ y) ⊙ p - y) vᵀ"),
        ("cbow", "dL/dv = Uᵀ ((𝟏_kᵀ y) ⊙ p - y)"),
    ],
)
def test_targets_need_not_sum_to_one(topic, weaker):
    derivation = derive(topic)
    assert derivation.assumptions == (SUM_TO_ONE,)
    without = derivation.without(SUM_TO_ONE)
    assert without.assumptions == ()
    assert weaker in [line.strip() for line in without.statement.text().splitlines()]
    with pytest.raises(ValueError, match="targets sum to one"):
        derivation.without("the targets are one-hot")


def test_without_the_assumption_the_short_form_is_refused():
    short = derive("cross-entropy").statement
    last = derive("cross-entropy").without(SUM_TO_ONE)[-1]
    with pytest.raises(NotVerified):
        last.check(last.before, short)


# ---------------------------------------------------------------------- numbers behind the claims


def test_at_the_probabilities_the_short_form_is_wrong():
    found = losses_derived.cross_entropy_at_the_output()
    assert abs(found.wrong - found.right) > 0.1


def test_adam_by_the_book_takes_the_steps_of_the_example():
    """Algorithm 1 of Kingma & Ba, one step from zero moments, without ε."""
    w, g, λ, η = weight_decay.NUMBERS.values()
    β_1, β_2 = Fraction(9, 10), Fraction(999, 1000)

    def direction(gradient):
        m, v = (1 - β_1) * gradient, (1 - β_2) * gradient**2
        m_hat, v_hat = m / (1 - β_1), v / (1 - β_2)
        root = Fraction(float(v_hat) ** 0.5)
        assert root**2 == v_hat
        return m_hat / root

    penalty, apart = w - η * direction(g + λ * w), (1 - η * λ) * w - η * direction(g)
    assert (penalty, apart) == (Fraction(9, 10), Fraction(17, 20))
    shown = {step.after.text() for step in derive("weight-decay")}
    assert {f"w_1 = {penalty}", f"w_1 = {apart}"} <= shown


# ---------------------------------------------------------------------- roots in a finite field


@pytest.mark.parametrize("seed", range(5))
def test_the_root_of_the_variance_exists_at_every_point(seed):
    numbers = FieldNumbers(PrimeField(seed=seed))
    truth = Truth(NETWORK, Sizes({**SMALL.dimensions, **SIZES}), numbers)
    statement = derive("batch-normalization").statement
    assert all(truth.agree(line.left, line.right) for line in statement.lines)


def test_a_root_is_a_root_with_its_slope_or_is_refused():
    a = MERSENNE_FIELD.dual(9, 12)
    root = MERSENNE_FIELD.root(a)
    square = root * root
    assert (square.value, square.tangent) == (9, 12)
    with pytest.raises(ValueError, match="no square"):
        MERSENNE_FIELD.root(MERSENNE_FIELD.dual(MERSENNE - 1))  # -1 has no root: p is 3 mod 4


def test_what_is_chosen_is_random_and_does_not_move():
    values = set()
    for seed in (1, 2):
        numbers = FieldNumbers(PrimeField(seed=seed))
        truth = Truth(NETWORK, Sizes({**SMALL.dimensions, **SIZES}), numbers)
        values.add(truth.value(ε)[0, 0].value)
        assert truth.value(moving(ε))[0, 0].value == 0
        assert truth.value(moving(σ))[0, 0].value != 0
        assert any(slope.value for slope in truth.value(total_jacobian(σ, x)).flat)
    assert len(values) == 2


# ------------------------------------------------------------ what the layers needed besides


def test_moments_may_be_sums_of_indices():
    moment = Moment("t+j", -1)
    assert (str(moment), moment.at({"t": 4, "j": 2}), moment.indices) == ("t+j-1", 5, ("t", "j"))
    assert moment.instance("j", Moment("", 3)) == Moment("t", 2)
    back = Moment("s-j")
    assert back.at({"s": 4, "j": 1}) == 3
    assert back.instance("j", Moment("T", -1)) == Moment("s-T", 1)


def test_indices_in_a_sum_of_indices_are_bound_and_free():
    x = symbol("x", ("m", "1"), Moment("t+j"))
    summed = over("j", Moment("", 0), Moment("J", -1), x)
    assert free_indices(x) == ["t", "j"]
    assert set(free_indices(summed)) == {"t", "J"}
    assert instance(summed, 3).text() == "Σ_{j=0}^{J-1} x_{j+3}"


def test_the_softmax_of_rows_has_rows_that_sum_to_one_and_a_differential():
    S = symbol("S", ("n", "m"))
    A = rowsoftmax(S)
    assert A.text() == "rowsoftmax(S)"
    assert A.shape == ("n", "m")
    (pulled,) = pull_back(A, S, S)
    assert pulled.shape == ("n", "m")
    assert differential(A, {"S"}).shape == ("n", "m")
    assert differential(A, {"x"}) is number(0)


def test_the_slope_of_a_root():
    v = symbol("v", ("n", "1"), NOW)
    (pulled,) = pull_back(apply("√", v), symbol("g", ("n", "1")), v)
    assert pulled.text() == "g / (2 √(v_t))"

"""The recurrence in the catalogue: statements 1, 3 to 7, 16, 22, 23 and 41, and their errata."""

from __future__ import annotations

from fractions import Fraction
from unicodedata import normalize

import numpy as np
import pytest

from derivations import derive
from derivations.catalogue import carousel, jacobian_products, nested, rtrl
from derivations.catalogue.activations import ACTIVATIONS, activated, slope
from derivations.matrix import symbol
from derivations.sizes import Sizes
from derivations.step import Equation, NotVerified, Words, numbered
from derivations.template import column
from derivations.truth import Truth
from tests.derivations.mutated import wrong_steps

CASES = [
    ("total-immediate", {}),
    ("total-immediate", {"wrt": "W_x", "activation": "relu"}),
    ("total-immediate", {"wrt": "b"}),
    ("unrolled", {}),
    ("unrolled", {"activation": "leaky relu"}),
    ("jacobian-product", {}),
    ("jacobian-product", {"activated": "before", "activation": "logistic"}),
    ("rtrl", {}),
    ("nested", {}),
    ("nested", {"units": "many", "activation": "logistic"}),
    ("initial-state", {}),
    ("initial-state", {"start": "zero"}),
    ("initial-state", {"start": "first input", "activation": "relu"}),
    ("lstm-carousel", {}),
    ("lstm-carousel", {"gates": "closed"}),
    ("lstm-carousel", {"gates": "1997"}),
    ("gru-signs", {}),
    ("gru-carousel", {}),
    ("gru-carousel", {"keeps": "z", "bias": False}),
    ("bidirectional", {}),
    ("stacked", {"activation": "leaky relu"}),
    ("encoder-decoder", {}),
]
every_case = pytest.mark.parametrize(("topic", "options"), CASES)

STATEMENTS = {
    "total-immediate": ["dh_t/dW_h[i,j] = ∂⁺h_t/∂W_h[i,j] + J_t dh_{t-1}/dW_h[i,j]"],
    "unrolled": [
        "dL/dW_h = Σ_{t=1}^T Σ_{k=1}^t (diag(h′_k) ((Π_{s=k+1}^t J_s)ᵀ ∂⁺ℓ_t/∂h_t)) h_{k-1}ᵀ"
    ],
    "jacobian-product": ["dh_t/dh_k = Π_{s=k+1}^t J_s"],
    "rtrl": [
        "dh_t[k]/dW_h[i,j] = "
        "h′_t[k] (Σ_{l=1}^n W_h[k,l] (dh_{t-1}[l]/dW_h[i,j]) + I[i,k] h_{t-1}[j])"
    ],
    "nested": ["dh_t/dr = Σ_{k=1}^t (Π_{s=k}^t h′_s) r^{t-k} h_{k-1}"],
    "initial-state": ["dL/dh_0 = W_hᵀ δ_1"],
    "lstm-carousel": [
        "dc_t/dc_{t-1} = diag(f_t) + (dc_t/dh_{t-1}) diag(o_{t-1} ⊙ (1 - tanh(c_{t-1})²))",
        "dc_t/dh_{t-1} = diag(c_{t-1} ⊙ f_t ⊙ (1 - f_t)) W_{fh} "
        "+ diag(g_t ⊙ i_t ⊙ (1 - i_t)) W_{ih} + diag(i_t ⊙ (1 - g_t²)) W_{gh}",
    ],
    "gru-signs": ["ĥ_t = h_t", "ẑ_t = 1 - z_t", "dL/dŴ_{zh} = -dL/dW_{zh}"],
    "gru-carousel": ["dh_t/dh_{t-1} = I_n"],
    "bidirectional": ["dL/dx_t = W_{fx}ᵀ δ_{f,t} + W_{bx}ᵀ δ_{b,t}"],
    "stacked": ["dL/dh_{1,t} = W_{2x}ᵀ δ_{2,t} + W_{1h}ᵀ δ_{1,t+1}"],
    "encoder-decoder": ["dL/dh_{e,T} = dL/dh_{d,0}", "dL/dh_{d,0} = W_{dh}ᵀ δ_{d,1}"],
}

# A wrong line that is right after all: the trace of a product does not mind the order of two
# factors, and a state that stays as it is is also the state of two steps ago.
EQUIVALENT = ("tr(dW_h (dL/dW_h)ᵀ)", "c_t = c_{t-2}", "c_t = c_t")


# --------------------------------------------------------------------------------- all of them


@pytest.mark.parametrize("topic", STATEMENTS)
def test_what_is_derived_is_the_statement(topic):
    text = normalize("NFC", derive(topic).statement.text())
    shown = [" ".join(line.split()) for line in text.splitlines()]
    assert set(STATEMENTS[topic]) <= set(shown)


@every_case
def test_every_line_holds_when_it_is_asked_again_and_fits(topic, options):
    d = derive(topic, **options)
    assert all(len(line) <= 100 for line in str(d).splitlines())
    for _, step in numbered(d.steps):
        assert step.check(step.before, step.after).kind == step.verdict.kind


@every_case
def test_wrong_lines_are_not_verified(topic, options):
    steps = [step for _, step in numbered(derive(topic, **options).steps)]
    tried = 0
    for step in steps:
        wrong = [w for _, w in wrong_steps(step) if not w.text().endswith(EQUIVALENT)]
        for formula in wrong[:: max(1, len(wrong) // 3)]:
            tried += 1
            with pytest.raises((NotVerified, TypeError)):
                step.check(step.before, formula)
    assert tried >= len(steps)


# The last line of these is about gates that are held, and has a truth of its own.
OF_FREE_GATES = [
    (topic, options)
    for topic, options in CASES
    if topic != "gru-carousel" and options != {"gates": "closed"}
]


@pytest.mark.parametrize(("topic", "options"), OF_FREE_GATES)
def test_the_statement_holds_at_other_sizes_and_for_more_steps(topic, options):
    d = derive(topic, **options)
    sizes = Sizes({"1": 1, "n": 3, "m": 2, "k": 1, "T": 4, "U": 2, "B": 1})
    other = Truth(d.truth.network, sizes, indices=d.truth.indices)
    assert other.check(d.steps[0].before, d.statement).kind == "tested"


@pytest.mark.parametrize(
    ("topic", "options", "known"),
    [
        ("total-immediate", {"wrt": "V"}, "W_h, W_x, b"),
        ("unrolled", {"activation": "swish"}, "tanh, logistic, relu, leaky relu, identity"),
        ("nested", {"activation": "swish"}, "tanh, logistic"),
        ("jacobian-product", {"activated": "never"}, "after, before"),
        ("nested", {"units": "two"}, "one or many"),
        ("initial-state", {"start": "ones"}, "given, zero, first input"),
        ("lstm-carousel", {"gates": "ajar"}, "open, closed, 1997"),
    ],
)
def test_a_name_that_is_not_there_is_refused_with_those_that_are(topic, options, known):
    with pytest.raises(ValueError, match=known):
        derive(topic, **options)


# --------------------------------------------------------------------------- what is in them


def test_the_recursion_of_rtrl_is_that_of_williams_and_zipser_for_every_unit_and_weight():
    (step,) = (s for s in derive("rtrl").steps if s.rule.startswith("Unit by unit"))
    entry = step.after
    assert entry.right is rtrl.ENTRY
    with pytest.raises(NotVerified, match=r"does not hold at t = 1, i = 1, j = 1, k = 2"):
        step.check(step.before, Equation(entry.left, _without_identity(entry.right)))


def _without_identity(entry):
    slopes, inner = entry.arguments
    through, read = inner.arguments
    return slopes * (through + read.arguments[-1])


def test_the_costs_of_rtrl_are_counted():
    n = symbol("n", ("1", "1"))
    (step,) = (s for s in derive("rtrl").steps if s.rule == "Count")
    kept, products = step.after.lines
    assert (kept.right.text(), products.right.text()) == ("n³", "n⁴ + 2 n³")
    for wrong in (n**3, n**4 + n**3, n**4):
        with pytest.raises(NotVerified, match="for n = 1 there are 3"):
            step.check(step.before, type(step.after)(kept, Equation(Words("products"), wrong)))


def test_without_a_forget_gate_nothing_of_it_is_left():
    shown = str(derive("lstm-carousel", gates="1997"))
    assert "f_t" not in shown
    assert "∂⁺c_t/∂c_{t-1} = I_n" in shown


@pytest.mark.parametrize(("keeps", "value"), [("1-z", 0), ("z", 1)])
def test_the_gate_that_keeps_the_past_is_that_of_the_sign(keeps, value):
    assert f"z_t = {value}" in derive("gru-carousel", keeps=keeps).statement.text()


@pytest.mark.parametrize(
    ("start", "gradient"),
    [
        ("given", "dL/dh_0 = W_hᵀ δ_1"),
        ("zero", "dL/dW_h = Σ_{t=2}^T δ_t h_{t-1}ᵀ"),
        ("first input", "dL/dx_0 = ∂⁺ℓ_0/∂h_0 + W_hᵀ δ_1"),
    ],
)
def test_every_start_has_its_gradient(start, gradient):
    assert gradient in derive("initial-state", start=start).statement.text()


# ------------------------------------------------------------------------------- activations


def test_the_leaky_relu_is_derived_too():
    shown = derive("rnn", activation="leaky relu").statement.text()
    assert "δ_t = dL/dh_t ⊙ (1/100 + (99/100) relu′(a_t))" in shown


@pytest.mark.parametrize(
    ("activation", "shown"),
    [
        ("tanh", "1 - h_t²"),
        ("logistic", "h_t ⊙ (1 - h_t)"),
        ("relu", "relu′(a_t)"),
        ("leaky relu", "1/100 + (99/100) relu′(a_t)"),
        ("identity", "1"),
    ],
)
def test_slopes_are_written_as_people_write_them(activation, shown):
    assert activation in ACTIVATIONS
    assert slope(activation, column("a", "n"), column("h", "n")).text() == shown
    assert activated("identity", column("a", "n")) is column("a", "n")


# ------------------------------------------------------------------------------------ errata


def test_the_factor_of_2013_is_in_neither_layout():
    found = jacobian_products.misprinted_factor()
    wrong, right = (_fractions(side) for side in (found.wrong, found.right))
    weights = np.array(jacobian_products.WEIGHTS)
    slopes = 2 * np.array(jacobian_products.START)
    assert (right == weights * slopes).all()  # the columns are scaled: W diag(φ′)
    assert (wrong == weights.T * slopes).all()
    assert (wrong != right).any()
    assert (wrong != right.T).any()


def test_the_norm_bound_survives_the_misprint():
    """‖Wᵀ diag(φ′)‖ <= ‖W‖ max φ′ as well, so its products are bounded alike."""
    rng = np.random.default_rng(3)
    weights = rng.normal(size=(4, 4))
    largest = np.linalg.norm(weights, 2)
    printed, true = np.eye(4), np.eye(4)
    for t in range(1, 6):
        slopes = rng.uniform(0, 1, size=4)
        printed, true = printed @ (weights.T * slopes), true @ (weights * slopes)
        assert np.linalg.norm(printed, 2) <= largest**t
        assert np.linalg.norm(true, 2) <= largest**t


def _fractions(rows):
    return np.array([[Fraction(entry) for entry in row] for row in rows])


def test_powers_and_slopes_come_apart_for_scalars_only():
    found = nested.powers_and_slopes_apart()
    assert found.wrong != found.right
    assert (found.wrong, found.right) == ([180, 1672], [324, 1444])


@pytest.mark.parametrize("erratum", [carousel.direct_path_alone, carousel.constant_one])
def test_the_short_forms_of_the_carousel_are_not_the_whole(erratum):
    found = erratum()
    wrong, right = np.array(found.wrong), np.array(found.right)
    assert np.abs(wrong - right).max() > 0.1
    assert np.count_nonzero(wrong) == 2  # a diagonal, and the truth has more
    assert np.count_nonzero(right) == 4

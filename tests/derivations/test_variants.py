"""The variants of the cells: their published backward passes, the judge and the oracle."""

from __future__ import annotations

import pytest

from derivations.bptt.judge import Judge
from derivations.catalogue import SETTINGS, template
from derivations.oracle import oracle_check
from derivations.recurrence import closed_form, derive_bptt
from derivations.step import numbered
from tests.derivations.mutations import wrong_forms

# Every setting of every cell but the plain one, each alone, and some that meet in one equation.
SINGLES = [
    (cell, {name: value})
    for cell, settings in SETTINGS.items()
    for name, (_, *others) in settings.items()
    for value in others
]
TOGETHER = [
    ("lstm", {"gates_read": "c", "output_activation": "identity"}),  # the seminar's
    ("lstm", {"peepholes": "diagonal", "coupled": True, "bias": False}),
    ("lstm", {"peepholes": "matrix", "gates_read": "c"}),
    ("gru", {"reset": "after", "keeps": "z"}),
    ("gru", {"reset": "after", "bias": False}),
    ("gru", {"reset": "none", "keeps": "z"}),
]
VARIANTS = [*SINGLES, *TOGETHER]


def told(value):
    return value if isinstance(value, str) else "-".join(f"{k}={v}" for k, v in value.items())


every_variant = pytest.mark.parametrize(("cell", "settings"), VARIANTS, ids=told)


@every_variant
def test_the_closed_form_holds(cell, settings):
    assert Judge(closed_form(cell, **settings)).wrong() == []


@every_variant
def test_no_variant_is_another(cell, settings):
    equations = [d.text() for d in template(cell, **settings).equations]
    others = [({}), *(s for c, s in VARIANTS if c == cell and s != settings)]
    for other in others:
        assert equations != [d.text() for d in template(cell, **other).equations]


@pytest.mark.parametrize(("cell", "settings"), TOGETHER, ids=told)
def test_every_single_mistake_is_caught(cell, settings):
    forms = list(wrong_forms(closed_form(cell, **settings)))
    assert len(forms) > 25
    for kind, where, wrong in forms:
        judge = Judge(wrong)
        assert not all(judge.holds(name) for name in judge.claims), (kind, where)


@pytest.mark.parametrize(
    ("cell", "settings"),
    [
        ("lstm", {"peepholes": "diagonal"}),
        ("lstm", {"peepholes": "matrix", "output_activation": "identity"}),
        ("lstm", {"gates_read": "c", "output_activation": "identity"}),
        ("lstm", {"coupled": True}),
        ("gru", {"reset": "after", "keeps": "z"}),
        ("gru", {"reset": "none"}),
    ],
    ids=told,
)
def test_full_differentiation_says_the_same(cell, settings):
    report = oracle_check(cell, 1, 1, 2, **settings)
    assert report.equal, report.difference


@pytest.mark.parametrize(("cell", "settings"), TOGETHER, ids=told)
def test_every_step_of_the_derivation_is_verified(cell, settings):
    derivation = derive_bptt(template(cell, **settings))
    assert all(step.verdict.kind for _, step in numbered(derivation.steps))


# ------------------------------------------------- the closed forms, as the literature has them


def recursions(cell, **settings):
    return [line.text() for line in closed_form(cell, loss=None, **settings).recursions]


def test_diagonal_peepholes():
    """Greff et al. 2017; the output gate's δ is of the same step, the others' of the next."""
    form = closed_form("lstm", loss=None, peepholes="diagonal")
    assert form.recursions[1].text() == "δ_{o,t} = dL/dh_t ⊙ tanh(c_t) ⊙ o_t ⊙ (1 - o_t)"
    assert form.recursions[2].text() == (
        "dL/dc_t = δ_{o,t} ⊙ P_o + dL/dh_t ⊙ o_t ⊙ (1 - tanh(c_t)²) + δ_{f,t+1} ⊙ P_f"
        " + δ_{i,t+1} ⊙ P_i + dL/dc_{t+1} ⊙ f_{t+1}"
    )
    assert form.gradients["P_f"].text() == "Σ_{t=1}^T δ_{f,t} ⊙ c_{t-1}"
    assert form.gradients["P_i"].text() == "Σ_{t=1}^T δ_{i,t} ⊙ c_{t-1}"
    assert form.gradients["P_o"].text() == "Σ_{t=1}^T δ_{o,t} ⊙ c_t"
    assert form.parameters["P_o"] == ("n",)


def test_matrix_peepholes():
    form = closed_form("lstm", loss=None, peepholes="matrix")
    assert form.recursions[2].text() == (
        "dL/dc_t = P_oᵀ δ_{o,t} + dL/dh_t ⊙ o_t ⊙ (1 - tanh(c_t)²) + P_fᵀ δ_{f,t+1}"
        " + P_iᵀ δ_{i,t+1} + dL/dc_{t+1} ⊙ f_{t+1}"
    )
    assert form.gradients["P_f"].text() == "Σ_{t=1}^T δ_{f,t} c_{t-1}ᵀ"
    assert form.gradients["P_o"].text() == "Σ_{t=1}^T δ_{o,t} c_tᵀ"
    assert form.parameters["P_o"] == ("n", "n")


def test_the_seminars_lstm():
    assert recursions("lstm", gates_read="c", output_activation="identity")[:2] == [
        "dL/dh_t = ∂⁺ℓ_t/∂h_t + W_{gh}ᵀ δ_{g,t+1}",
        "dL/dc_t = dL/dh_t ⊙ o_t + W_{fc}ᵀ δ_{f,t+1} + W_{ic}ᵀ δ_{i,t+1} + W_{oc}ᵀ δ_{o,t+1}"
        " + dL/dc_{t+1} ⊙ f_{t+1}",
    ]


def test_the_reset_after_the_product():
    form = closed_form("gru", loss=None, reset="after", keeps="z")
    assert [line.text() for line in form.recursions] == [
        "dL/dh_t = ∂⁺ℓ_t/∂h_t + W_{zh}ᵀ δ_{z,t+1} + W_{rh}ᵀ δ_{r,t+1} + W_{gh}ᵀ dL/dq_{t+1}"
        " + dL/dh_{t+1} ⊙ z_{t+1}",
        "δ_{g,t} = dL/dh_t ⊙ (1 - z_t) ⊙ (1 - g_t²)",
        "dL/dq_t = δ_{g,t} ⊙ r_t",
        "δ_{r,t} = δ_{g,t} ⊙ q_t ⊙ r_t ⊙ (1 - r_t)",
        "δ_{z,t} = dL/dh_t ⊙ (-g_t + h_{t-1}) ⊙ z_t ⊙ (1 - z_t)",
    ]
    assert form.gradients["W_g"].text() == "Σ_{t=1}^T [(dL/dq_t) h_{t-1}ᵀ  δ_{g,t} x_tᵀ]"
    assert form.gradients["b_gh"].text() == "Σ_{t=1}^T dL/dq_t"


def test_the_simplified_gru():
    assert recursions("gru", reset="none")[:2] == [
        "dL/dh_t = ∂⁺ℓ_t/∂h_t + W_{zh}ᵀ δ_{z,t+1} + W_{gh}ᵀ δ_{g,t+1}"
        " + dL/dh_{t+1} ⊙ (1 - z_{t+1})",
        "δ_{g,t} = dL/dh_t ⊙ z_t ⊙ (1 - g_t²)",
    ]

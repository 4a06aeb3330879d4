import pytest

from derivations.catalogue import template
from derivations.recurrence import closed_form, derive_bptt
from derivations.step import Derivation, Lines, numbered
from tests.derivations.problems import CELLS, EVERY


def lines(*formulas):
    return [line.strip() for line in Lines(*formulas).text().splitlines()]


# ------------------------------------------------- the closed forms, as the literature has them


def test_the_lstm_has_the_published_backward_pass():
    """Greff et al. 2017, without peepholes; the letters are ours."""
    form = closed_form("lstm", loss=None)
    assert [line.text() for line in form.recursions] == [
        "dL/dh_t = ∂⁺ℓ_t/∂h_t + W_{fh}ᵀ δ_{f,t+1} + W_{ih}ᵀ δ_{i,t+1} + W_{gh}ᵀ δ_{g,t+1}"
        " + W_{oh}ᵀ δ_{o,t+1}",
        "dL/dc_t = dL/dh_t ⊙ o_t ⊙ (1 - tanh(c_t)²) + dL/dc_{t+1} ⊙ f_{t+1}",
        "δ_{o,t} = dL/dh_t ⊙ tanh(c_t) ⊙ o_t ⊙ (1 - o_t)",
        "δ_{g,t} = dL/dc_t ⊙ i_t ⊙ (1 - g_t²)",
        "δ_{i,t} = dL/dc_t ⊙ g_t ⊙ i_t ⊙ (1 - i_t)",
        "δ_{f,t} = dL/dc_t ⊙ c_{t-1} ⊙ f_t ⊙ (1 - f_t)",
    ]
    assert form.gradients["W_f"].text() == "Σ_{t=1}^T δ_{f,t} [h_{t-1}; x_t]ᵀ"
    assert form.gradients["b_o"].text() == "Σ_{t=1}^T δ_{o,t}"
    assert form.gradients["c_0"].text() == "dL/dc_1 ⊙ f_1"


def test_the_gru_groups_common_factors_as_a_person_does():
    form = closed_form("gru")
    assert [line.text() for line in form.recursions] == [
        "dL/dh_t = h_t - y_t + W_{zh}ᵀ δ_{z,t+1} + W_{rh}ᵀ δ_{r,t+1}"
        " + (W_{gh}ᵀ δ_{g,t+1}) ⊙ r_{t+1} + dL/dh_{t+1} ⊙ (1 - z_{t+1})",
        "δ_{g,t} = dL/dh_t ⊙ z_t ⊙ (1 - g_t²)",
        "δ_{r,t} = (W_{gh}ᵀ δ_{g,t}) ⊙ h_{t-1} ⊙ r_t ⊙ (1 - r_t)",
        "δ_{z,t} = dL/dh_t ⊙ (g_t - h_{t-1}) ⊙ z_t ⊙ (1 - z_t)",
    ]
    assert form.gradients["W_g"].text() == "Σ_{t=1}^T δ_{g,t} [r_t ⊙ h_{t-1}; x_t]ᵀ"


@pytest.mark.parametrize(
    ("activation", "delta"),
    [
        ("tanh", "δ_t = dL/dh_t ⊙ (1 - h_t²)"),
        ("logistic", "δ_t = dL/dh_t ⊙ h_t ⊙ (1 - h_t)"),
        ("relu", "δ_t = dL/dh_t ⊙ relu′(a_t)"),
    ],
)
def test_the_slope_of_each_activation(activation, delta):
    assert closed_form("rnn", activation=activation).recursions[-1].text() == delta


def test_the_cross_entropy_hands_back_p_minus_y():
    form = closed_form("rnn", loss="cross-entropy")
    assert form.recursions[0].text() == "dL/ds_t = p_t - y_t"
    assert form.gradients["W_y"].text() == "Σ_{t=1}^T (dL/ds_t) h_tᵀ"


def test_parameters_tell_their_shapes():
    form = closed_form("lstm", loss="cross-entropy")
    assert form.parameters["W_f"] == ("n", "n+m")
    assert form.parameters["b_f"] == ("n",)
    assert form.parameters["W_y"] == ("k", "n")


def test_a_closed_form_is_made_once():
    assert closed_form("gru") is closed_form("gru")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({"cell": "lstn"}, "no cell 'lstn'; there are: rnn, lstm, gru"),
        ({"cell": "rnn", "loss": "hinge"}, "no loss 'hinge'; there are: squared error, cross-en"),
        ({"cell": "rnn", "activation": "relo"}, "no activation 'relo'; there are: tanh, logistic"),
        (
            {"cell": "gru", "activation": "relu"},
            "no setting of the gru 'activation'; there are: reset",
        ),
        ({"cell": "lstm", "peepholes": "full"}, "no peepholes 'full'; there are: none, diagonal"),
    ],
)
def test_unknown_names_are_answered_with_those_there_are(names, message):
    with pytest.raises(ValueError, match=message):
        closed_form(**names)


# --------------------------------------------------------------------------------- the derivation


@pytest.mark.parametrize(("cell", "loss"), EVERY)
def test_every_step_is_verified_and_shows_itself(cell, loss):
    derivation = derive_bptt(template(cell, loss=loss))
    assert isinstance(derivation, Derivation)
    kinds = {step.verdict.kind for _, step in numbered(derivation.steps)}
    assert kinds == {"derived", "tested", "exact"}
    for _, step in numbered(derivation.steps):
        for formula in (step.before, step.after):
            assert formula.text()
            assert formula.latex()
            assert formula.mathml()
    assert lines(derivation.statement) == lines(closed_form(cell, loss=loss).statement)


def test_what_is_local_is_exact_and_what_is_total_is_tested():
    derivation = derive_bptt(template("lstm"))
    (cell_state,) = (s for s in derivation if s.rule == "Adjoint of the cell state")
    assert cell_state.verdict.kind == "tested"
    assert [s.verdict.kind for s in cell_state.substeps] == ["exact", "exact"]
    assert [s.after.text() for s in cell_state.substeps] == [
        "dL/dh_t ⊙ o_t ⊙ (1 - tanh(c_t)²)",
        "dL/dc_{t+1} ⊙ f_{t+1}",
    ]


def test_the_asked_parameters_own_chain_comes_first():
    derivation = derive_bptt(template("lstm"), "W_f")
    assert [step.rule for step in derivation] == [
        "Who reads whom",
        "Adjoint of the hidden state",
        "Adjoint of the cell state",
        "Adjoint of the pre-activation of the forget gate",
        "The adjoints of the step after",
        "Gather W_f over time",
    ]
    others = derivation[4]
    assert len(others.substeps) == 3
    assert derivation.statement.text().endswith("dL/dW_f = Σ_{t=1}^T δ_{f,t} [h_{t-1}; x_t]ᵀ")


def test_only_what_is_needed_is_derived():
    derivation = derive_bptt(template("lstm", loss="cross-entropy"), "b_y")
    assert [step.rule for step in derivation] == [
        "Who reads whom",
        "Adjoint of the logits",
        "Gather b_y over time",
    ]


@pytest.mark.parametrize(
    ("wrt", "gradient"),
    [
        ("W_g", "dL/dW_g = Σ_{t=1}^T δ_{g,t} [r_t ⊙ h_{t-1}; x_t]ᵀ"),
        ("W_gh", "dL/dW_{gh} = Σ_{t=1}^T δ_{g,t} (r_t ⊙ h_{t-1})ᵀ"),
        ("W_gx", "dL/dW_{gx} = Σ_{t=1}^T δ_{g,t} x_tᵀ"),
        ("b_g", "dL/db_g = Σ_{t=1}^T δ_{g,t}"),
        (
            "h_0",
            "dL/dh_0 = W_{zh}ᵀ δ_{z,1} + W_{rh}ᵀ δ_{r,1} + (W_{gh}ᵀ δ_{g,1}) ⊙ r_1"
            " + dL/dh_1 ⊙ (1 - z_1)",
        ),
    ],
)
def test_parameters_blocks_biases_and_initial_states_can_be_asked_for(wrt, gradient):
    derivation = derive_bptt(template("gru"), wrt)
    assert derivation[-1].after.text() == gradient


def test_what_cannot_be_asked_for_is_answered_with_what_can():
    with pytest.raises(ValueError, match="rnn has no 'U'; there are: W_h, W_x, b, W, h_0"):
        derive_bptt(template("rnn"), "U")


@pytest.mark.parametrize("steps", [0, -1, 2.0, True])
def test_steps_must_be_a_positive_integer(steps):
    with pytest.raises(ValueError, match="steps must be a positive integer"):
        derive_bptt(template("rnn"), "W", steps)


def test_written_out_for_three_steps():
    after = derive_bptt(template("rnn", loss=None), "W", 3)[-1].after
    assert lines(after) == [
        "dL/dh_3 = ∂⁺ℓ_3/∂h_3",
        "δ_3 = dL/dh_3 ⊙ (1 - h_3²)",
        "dL/dh_2 = ∂⁺ℓ_2/∂h_2 + W_hᵀ δ_3",
        "δ_2 = dL/dh_2 ⊙ (1 - h_2²)",
        "dL/dh_1 = ∂⁺ℓ_1/∂h_1 + W_hᵀ δ_2",
        "δ_1 = dL/dh_1 ⊙ (1 - h_1²)",
        "dL/dW = δ_1 [h_0; x_1]ᵀ + δ_2 [h_1; x_2]ᵀ + δ_3 [h_2; x_3]ᵀ",
    ]


def test_many_steps_are_no_deep_recursion():
    derivation = derive_bptt(template("gru"), "b_z", 100)
    assert derivation[-1].after.text().endswith("+ δ_{z,100}")


@pytest.mark.parametrize("cell", CELLS)
def test_a_closed_form_brings_its_derivation(cell):
    form = closed_form(cell)
    assert form.derivation is form.derivation
    assert form.derivation.topic == cell


def test_the_assumption_of_the_cross_entropy_is_named():
    derivation = derive_bptt(template("rnn", loss="cross-entropy"), "W_y")
    assert derivation[1].assumptions == ("the targets of a step sum to one",)


def test_symbols_have_shapes():
    rows = {row.name.text(): row for row in derive_bptt(template("lstm", loss=None)).symbols}
    assert rows["W_f"].shape == "n × (n+m)"
    assert rows["x_t"].shape == "m × 1"
    assert rows["c_t"].meaning == "cell state"
    assert "∂⁺ℓ_t/∂h_t" in rows

"""Formulas under the boxes, the letters of other courses, and paths that are pointed out."""

from __future__ import annotations

import re

import numpy as np
import pytest

import autograd_rnn as ar
from autograd_rnn.diagrams import draw
from autograd_rnn.diagrams.typography.letters import plain
from tests.diagrams.scenes import CELLS, HIDDEN, INPUTS, cell_of, loss_of, run_of


def formulas(thing, **options):
    scene = draw(thing, show="formulas", **options).scene
    return {str(i.letter or plain(i.symbol)): plain(i.lines[0]) for i in scene.items if i.lines}


def test_every_operation_says_what_it_computes_of_what():
    found = formulas(run_of("lstm", 2), view="op")
    assert found["a_f,2"] == "a_f,2 = W_f · [h_1, x_2] + b_f"
    assert found["f_2"] == "f_2 = σ(a_f,2)"
    assert found["c_2"] == "c_2 = f_2 ⊙ c_1 + i_2 ⊙ g_2"
    assert found["h_2"] == "h_2 = o_2 ⊙ tanh(c_2)"
    assert "[h_1, x_2]" not in found  # its box says it already


def test_a_folded_gate_has_its_whole_formula():
    found = formulas(run_of("lstm", 2))
    assert found["f_2"] == "f_2 = σ(W_f · [h_1, x_2] + b_f)"
    assert formulas(run_of("gru", 2))["h_1"] == "h_1 = z_1 ⊙ g_1 + (1 − z_1) ⊙ h_0"


def test_one_step_has_the_formulas_of_any():
    found = formulas(run_of("gru", 3), view="rolled")
    assert found["g_t"] == "g_t = tanh(W_g · [r_t ⊙ h_t−1, x_t] + b_g)"
    found = formulas(cell_of("lstm"), view="cell", notation="ng")
    assert found["c^⟨t⟩"] == "c^⟨t⟩ = Γ_f^⟨t⟩ ⊙ c^⟨t−1⟩ + Γ_u^⟨t⟩ ⊙ c̃^⟨t⟩"


def test_what_passes_a_gap_keeps_its_letter():
    assert formulas(run_of("lstm", 9))["c_9"] == "c_9 = f_9 ⊙ c_8 + i_9 ⊙ g_9"


def test_parentheses_stand_where_they_are_needed():
    a, b = ar.Value(2.0, name="a"), ar.Value(3.0, name="b")
    for made, written in (
        ((a + b) * a, "(a + b) · a"),
        (a * b + a, "a · b + a"),
        (a - (b - a), "a − (b − a)"),
        ((a + b) ** 2, "(a + b)^2"),
        (a**2 / b, "a^2 / b"),
        ((a**2) ** 3, "(a^2)^3"),
        (-(a + b), "−(a + b)"),
        (ar.exp(a + b) * 0.5, "0.5 · exp(a + b)"),
    ):
        found = formulas(made.named("y"))["y"]
        assert found in (f"y = {written}", f"y = {' · '.join(reversed(written.split(' · ')))}")


# --- every cell and variant ---------------------------------------------------------------------

HX, CX = "[h_t−1, x_t]", "[c_t−1, x_t]"
WRITTEN = [
    ("rnn", {}, {f"h_t = tanh(W · {HX} + b)"}),
    ("rnn", {"bias": False}, {f"h_t = tanh(W · {HX})"}),
    ("rnn", {"activation": "identity"}, {f"h_t = W · {HX} + b"}),
    ("rnn", {"activation": "relu"}, {f"h_t = relu(W · {HX} + b)"}),
    ("rnn", {"activation": ar.leaky_relu}, {"h_t = a_t if a_t > 0 else 0.01 · a_t"}),
    ("rnn", {"activation": lambda a: ar.abs(a) ** 0.5}, {"h_t = |a_t|^0.5"}),
    ("rnn", {"activation": lambda a: a * ar.sigmoid(a)}, {"h_t = a_t ⊙ σ(a_t)"}),
    (
        "lstm",
        {},
        {f"f_t = σ(W_f · {HX} + b_f)", "c_t = f_t ⊙ c_t−1 + i_t ⊙ g_t", "h_t = o_t ⊙ tanh(c_t)"},
    ),
    ("lstm", {"bias": False}, {f"g_t = tanh(W_g · {HX})"}),
    (
        "lstm",
        {"peepholes": "diagonal"},
        {f"f_t = σ(W_f · {HX} + b_f + P_f ⊙ c_t−1)", f"o_t = σ(W_o · {HX} + b_o + P_o ⊙ c_t)"},
    ),
    ("lstm", {"peepholes": "matrix"}, {f"i_t = σ(W_i · {HX} + b_i + P_i · c_t−1)"}),
    (
        "lstm",
        {"gates_read": "c", "output_activation": "identity"},
        {f"f_t = σ(W_f · {CX} + b_f)", f"g_t = tanh(W_g · {HX} + b_g)", "h_t = o_t ⊙ c_t"},
    ),
    ("lstm", {"coupled": True}, {"f_t = 1 − i_t"}),
    ("lstm", {"projection": 1}, {"h_t = W_p · (o_t ⊙ tanh(c_t))"}),
    ("lstm", {"clip": 0.5}, {f"g_t = tanh(clip(W_g · {HX} + b_g, −0.5, 0.5))"}),
    (
        "lstm",
        {"gate_activation": "relu", "candidate_activation": "identity"},
        {f"i_t = relu(W_i · {HX} + b_i)", f"g_t = W_g · {HX} + b_g"},
    ),
    (
        "gru",
        {},
        {
            "g_t = tanh(W_g · [r_t ⊙ h_t−1, x_t] + b_g)",
            "h_t = z_t ⊙ g_t + (1 − z_t) ⊙ h_t−1",
        },
    ),
    ("gru", {"reset": "after"}, {"g_t = tanh(W_gx · x_t + b_g + r_t ⊙ (W_gh · h_t−1 + b_gh))"}),
    (
        "gru",
        {"reset": "after", "bias": False},
        {"g_t = tanh(W_gx · x_t + r_t ⊙ (W_gh · h_t−1))"},
    ),
    ("gru", {"reset": "none"}, {f"g_t = tanh(W_g · {HX} + b_g)"}),
    ("gru", {"keeps": "z"}, {"h_t = (1 − z_t) ⊙ g_t + z_t ⊙ h_t−1"}),
]


@pytest.mark.parametrize(("kind", "settings", "written"), WRITTEN)
def test_every_variant_is_written_as_its_equations_are(kind, settings, written):
    cell = CELLS[kind].init(INPUTS, HIDDEN, rng=0, **settings)
    view = "cell" if callable(settings.get("activation")) else "rolled"
    assert written <= set(formulas(cell, view=view).values())


@pytest.mark.parametrize(("kind", "settings"), [case[:2] for case in WRITTEN])
def test_no_formula_names_what_no_equation_has(kind, settings):
    cell = CELLS[kind].init(INPUTS, HIDDEN, rng=0, **settings)
    for view in ("cell", "rolled", "unrolled"):
        for formula in formulas(cell, view=view).values():
            assert not re.search(r"index|reshape|minimum|-|W_g[hx],", formula)


def test_a_block_of_a_weight_has_its_letter_and_says_which_block_it_is():
    found = formulas(CELLS["gru"].init(INPUTS, HIDDEN, rng=0, reset="after"), view="op")
    assert found["W_gh"] == f"W_gh = W_g[:, :{HIDDEN}]"
    assert found["q_2"] == "q_2 = W_gh · h_1 + b_gh"
    found = formulas(CELLS["gru"].init(INPUTS, HIDDEN, reset="after"), view="op", notation="ng")
    assert found["W_cc"] == f"W_cc = W_c[:, :{HIDDEN}]"
    W, x = ar.Tensor(np.ones((4, 3)), name="W"), ar.Tensor(np.ones((1, 3)), name="x")
    assert formulas((x @ W[:2].T).named("y"))["y"] == "y = W[:2] · x"


def test_pieces_at_different_steps_are_not_one():
    P, found = ar.Tensor(np.ones((3, 2)), name="P"), []
    for t in (1, 2, 3):
        with ar.at(cell="mine", t=t):
            found.append(ar.tanh(P[t - 1 : t].named("p")).named("h"))
    written = formulas(ar.Graph(*found), view="op")
    assert written["p_2"] == "p_2 = P[1:2]"
    assert written["h_2"] == "h_2 = tanh(p_2)"


def test_a_number_of_a_layer_or_of_a_weight_is_no_step():
    run = ar.unroll(CELLS["rnn"].init(INPUTS, HIDDEN, rng=0), steps=3)
    above = ar.unroll(CELLS["rnn"].init(HIDDEN, HIDDEN, rng=1), run.stacked)
    written = formulas(above, view="rolled")
    assert written["h_t^(1)"] == "h_t^(1) = tanh(W^(1) · [h_t−1^(1), x_t] + b^(1))"
    assert written["h_t^(2)"] == "h_t^(2) = tanh(W^(2) · [h_t−1^(2), h_t^(1)] + b^(2))"
    for notation in ("ng", "greff"):
        assert not re.search(r"\(t", " ".join(formulas(above, view="cell", notation=notation)))


def test_weights_with_numbers_and_powers_stay_what_they_are():
    W, U = (ar.Tensor(np.ones((2, 2)), name=name) for name in ("W_1", "W_2"))
    h, found = ar.Tensor(np.zeros((1, 2)), name="h_0"), []
    for t in (1, 2, 3):
        with ar.at(cell="mine", t=t):
            h = ar.tanh((h @ W.T) @ U.T + h**2).named("h")
            found.append(h)
    written = formulas(ar.Graph(*found), view="cell")
    assert written["h_t"] == "h_t = tanh(W_2 · (W_1 · h_t−1) + h_t−1^2)"


def test_what_only_arrays_need_is_not_written():
    a, b = (ar.Tensor(np.ones((2, 3)), name=name) for name in "ab")
    apart = a - b
    for made, written in (
        (sum([a, b]), "a + b"),
        (apart * apart, "(a − b)^2"),
        (a.reshape((2, 1, 3)) * 1.0, "a"),
        (a - (-2.0), "a − (−2)"),
        (ar.where(a > 0, a, b) + b, "(a if a > 0 else b) + b"),
        (ar.clip(a, -1.0, None), "max(a, −1)"),
        (ar.sqrt(a) * (a @ b.T).sum(), "√(a) · Σ(b · a)"),
        (a[0] + b[:, 1:].sum(), "a[0] + Σ(b[:, 1:])"),
    ):
        assert formulas(made.named("y"))["y"] == f"y = {written}"


def test_a_long_sum_over_time_is_written_by_its_ends():
    assert formulas(loss_of(run_of("rnn", 12)))["L"] == "L = ℓ_1 + … + ℓ_12"
    assert formulas(loss_of(run_of("rnn", 3)))["L"] == "L = ℓ_1 + ℓ_2 + ℓ_3"
    several = [ar.Value(1.0, name=name) for name in "abcdef"]
    assert formulas(sum(several).named("y"))["y"] == "y = a + b + c + d + e + f"


def test_values_stand_below_the_formula():
    (lines,) = [
        item.lines
        for item in draw(loss_of(run_of("rnn", 2)), show="values,formulas").scene.items
        if str(item.letter) == "L"
    ]
    assert plain(lines[0]).startswith("L = ")
    assert str(lines[1]).startswith("= ")


# --- the letters of other courses -------------------------------------------------------------


def letters(thing, **options):
    return {str(item.letter) for item in draw(thing, **options).scene.items if item.letter}


def test_a_notation_has_its_own_letters_and_its_own_place_for_time():
    found = letters(run_of("lstm", 2), view="op", notation="ng")
    assert {"Γ_f^⟨2⟩", "Γ_u^⟨1⟩", "c̃^⟨2⟩", "a^⟨0⟩", "c^⟨0⟩", "x^⟨1⟩", "W_u", "b_c"} <= found
    assert not {"f_2", "i_1", "h_0"} & found
    assert "y^2" in letters(run_of("lstm", 2), notation="greff")
    assert {"c^⟨2⟩", "Γ_u^⟨2⟩"} <= letters(run_of("gru", 2), notation="ng")


def test_the_house_is_a_notation_too_and_any_notation_can_be_given():
    from derivations.notation import Notation

    assert draw(cell_of("lstm"), notation="house").svg() == draw(cell_of("lstm")).svg()
    ng = Notation.preset("ng")
    assert draw(cell_of("gru"), notation=ng).svg() == draw(cell_of("gru"), notation="ng").svg()


@pytest.mark.parametrize("notation", ["ng", "greff", "keras"])
def test_a_notation_moves_no_box_to_another_place_in_its_row(notation):
    for view in ("op", "unrolled"):
        house = draw(run_of("lstm", 3), view=view).layout
        other = draw(run_of("lstm", 3), view=view, notation=notation).layout
        assert [b.item.id for b in house.boxes] == [b.item.id for b in other.boxes]
        rows = [
            sorted(layout.boxes, key=lambda b: (round(b.centre[1]), b.x))
            for layout in (house, other)
        ]
        assert [b.item.id for b in rows[0]] == [b.item.id for b in rows[1]]


def test_sentences_are_in_the_same_letters():
    notes = [item.note for item in draw(run_of("lstm", 2), view="op", notation="ng").scene.items]
    assert "Γ_f^⟨2⟩ = sigmoid(z_f^⟨2⟩), shape (2, 4), lstm / forget gate / t=2" in notes


# --- paths ------------------------------------------------------------------------------------


def lit(thing, stops, **options):
    drawing = draw(thing, highlight=stops, **options)
    return [i for i in drawing.scene.items if i.id in drawing.look.lit]


def test_a_path_is_found_between_its_stops():
    on_it = lit(run_of("lstm", 3), ("c_0", "c_3"), view="op")
    assert [str(i.letter) for i in on_it if i.letter and i.kind == "operation"] == [
        "c_1",
        "c_2",
        "c_3",
    ]
    assert not any(i.rail == "h" for i in on_it)
    shared = lit(run_of("lstm", 3), ("W_f", "c_1", "h_1"), view="op")
    assert [i.letter.base for i in shared if i.kind == "alias"] == ["W"]


def test_stops_are_letters_tensors_or_nodes():
    run = run_of("gru", 3)
    by_letter = lit(run, ("h_1", "h_3"))
    assert by_letter == lit(run, (run.outputs[1], run.outputs[3]))
    assert by_letter == lit(run, (run.outputs[1].node, run.outputs[3].node))
    assert [str(i.letter) for i in lit(run, "h_2")] == ["h_2"]


def test_a_path_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match=r"nothing leads from h_2|nothing leads from \S+ to"):
        lit(run_of("lstm", 3), ("h_2", "h_1"))
    with pytest.raises(ValueError, match="is not in this picture"):
        lit(run_of("lstm", 3), (ar.Value(1.0),))

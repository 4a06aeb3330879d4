"""Formulas under the boxes, the letters of other courses, and paths that are pointed out."""

from __future__ import annotations

import pytest

import autograd_rnn as ar
from autograd_rnn.diagrams import draw
from autograd_rnn.diagrams.letters import plain
from tests.diagrams.scenes import cell_of, loss_of, run_of


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

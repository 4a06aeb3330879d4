"""Views and levels: what is folded, what is not, and that everything keeps its place."""

from __future__ import annotations

from itertools import combinations

import pytest

import autograd_rnn as ar
from autograd_rnn.crosscheck import pose
from autograd_rnn.diagrams.lanes.network import lay_out
from autograd_rnn.diagrams.scene.items import Kind
from autograd_rnn.diagrams.scene.views import view_of
from autograd_rnn.diagrams.typography.letters import plain
from tests.diagrams.geometry import faults
from tests.diagrams.scenes import CELLS, cell_of, scene_from

kinds = pytest.mark.parametrize("kind", CELLS)


def with_loss(kind):
    return pose(cell_of(kind), batch=2, steps=3, seed=0, loss="cross-entropy").total


def written(scene, column):
    operations = [i for i in scene.items if i.column == column and i.kind is Kind.OPERATION]
    return [plain((*i.symbol, " ", i.letter)) if i.letter else plain(i.symbol) for i in operations]


def test_a_folded_gate_is_one_box_of_its_name():
    scene = scene_from(with_loss("lstm"), "unrolled")
    assert {"σ f_2", "σ i_2", "tanh g_2", "σ o_2", " s_2", " ℓ_2"} <= set(written(scene, 2))
    assert not any("a_f" in words for words in written(scene, 2))


def test_the_reset_of_a_gru_stays_before_its_candidate():
    assert "[r_2 ⊙ h_1, x_2]" in written(
        scene_from(ar.unroll(cell_of("gru"), steps=3), "unrolled"), 2
    )


@kinds
def test_a_folded_gate_reads_all_that_its_operations_read_from_outside(kind):
    whole = scene_from(with_loss(kind))
    folded = view_of(whole, "unrolled")
    kept = {item.id for item in folded.items}
    assert kept < {item.id for item in whole.items}
    gone = {i.letter for i in whole.items if i.id not in kept and i.kind is Kind.ALIAS}
    assert gone <= {i.letter for i in folded.items}  # an alias read twice is drawn once
    assert {end for e in folded.edges for end in (e.source, e.target)} <= kept


@kinds
def test_an_expanded_step_is_as_it_was(kind):
    whole = scene_from(ar.unroll(cell_of(kind), steps=3))
    expanded = view_of(whole, "unrolled", expand="t=2")
    for scene, column in ((expanded, 2), (view_of(whole, "unrolled"), 3)):
        reference = whole if scene is expanded else view_of(whole, "unrolled")
        assert written(scene, column) == written(reference, column)
    assert len(written(expanded, 2)) > len(written(expanded, 3))
    assert faults(lay_out(expanded)) == []


def test_one_gate_can_be_folded_and_unfolded():
    whole = scene_from(ar.unroll(cell_of("lstm"), steps=2))
    one = view_of(whole, collapse="forget gate")
    assert "+ a_i,1" in written(one, 1)
    assert "+ a_f,1" not in written(one, 1)
    assert view_of(whole, collapse="gate", expand="gate") == whole
    others = view_of(whole, "unrolled", expand=["forget gate"])
    assert "+ a_f,1" in written(others, 1)
    assert "+ a_i,1" not in written(others, 1)


def test_words_that_mean_nothing_are_refused():
    scene = scene_from(ar.unroll(cell_of("rnn"), steps=2))
    with pytest.raises(ValueError, match=r"'t=7' can be neither.*hidden state, t=1, t=2"):
        view_of(scene, expand="t=7")
    with pytest.raises(ValueError, match="view='cubist'"):
        view_of(scene, "cubist")


# --- one step ---------------------------------------------------------------------------------


@kinds
def test_one_step_is_called_t(kind):
    for view in ("cell", "rolled"):
        scene = scene_from(ar.unroll(cell_of(kind), steps=5), view)
        assert [plain(column.label) for column in scene.columns] == ["t"]
        letters = {str(item.letter) for item in scene.items}
        assert {"x_t", "h_t", "h_t−1"} <= letters
        assert not any(letter.endswith(("_1", "_2")) for letter in letters)


def test_rails_of_a_rolled_network_lead_back_and_say_that_they_are_late():
    layout = lay_out(scene_from(with_loss("lstm"), "rolled"))
    (step,) = [frame for frame in layout.frames if frame.kind == "step"]
    loops = [wire for wire in layout.wires if wire.kind == "rail"]
    assert {wire.slot for wire in loops} == {"h", "c"}
    for wire in loops:
        assert wire.points[-1][0] == step.x
        assert max(x for x, _ in wire.points) > step.x + step.width
        assert min(y for _, y in wire.points) < step.y
    assert [plain(label.text) for label in layout.labels].count("next step") == 2


def test_rails_of_a_cell_end_in_stubs_with_their_letters():
    layout = lay_out(scene_from(ar.unroll(cell_of("lstm"), steps=3), "cell"))
    stubs = [wire for wire in layout.wires if "" in (wire.source, wire.target)]
    assert len(stubs) == 4
    letters = [plain(label.text) for label in layout.labels if label.role == "rail"]
    assert sorted(letters) == ["c_t", "c_t−1", "h_t", "h_t−1"]


# --- places -----------------------------------------------------------------------------------


def order(layout, column):
    """Return for each pair of boxes of a step how they lie to each other."""
    centres = {b.item.id: b.centre for b in layout.boxes if b.item.column == column}
    sign = lambda d: (d > 1) - (d < -1)  # noqa: E731
    return {
        (one, other): tuple(sign(a - b) for a, b in zip(centres[one], centres[other], strict=True))
        for one, other in combinations(sorted(centres), 2)
    }


@pytest.mark.parametrize("view", ["unrolled", "cell", "rolled"])
@kinds
def test_a_node_stands_at_the_same_place_in_every_view(kind, view):
    whole = scene_from(with_loss(kind))
    reference = order(lay_out(whole), 2)
    here = order(lay_out(view_of(whole, view)), 2 if view == "unrolled" else 0)
    operations = {i.id for i in whole.items if i.kind is not Kind.ALIAS}
    both = [pair for pair in here if pair in reference and set(pair) <= operations]
    assert len(both) > 10
    for pair in both:
        for a, b in zip(here[pair], reference[pair], strict=True):
            assert a * b >= 0, pair  # never the other way round

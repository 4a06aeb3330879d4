"""The default view of a system can be read on a slide, whatever its number of steps."""

import re
from pathlib import Path

import pytest

import autograd_rnn as ar
from autograd_rnn.diagrams.lanes.boxes import content_of
from autograd_rnn.diagrams.scene.items import ColumnKind
from tests.diagrams.geometry import faults
from tests.diagrams.systems import (
    GRU,
    LSTM,
    RNN,
    SYSTEMS,
    attention,
    attention_over_both_ways,
    bidirectional,
    bidirectional_loss,
    by_hand,
    deep_attention,
    encoder_decoder,
    layers_both_ways,
    losses,
    stacked,
    stacked_loss,
)

LEAST = 12.0  # pixels
DOCS = Path(__file__).parents[2] / "docs"
LONG = {
    "stacked": lambda T: stacked(RNN, RNN, steps=T),
    "stacked lstm": lambda T: stacked(LSTM, LSTM, steps=T),
    "gru under lstm": lambda T: stacked(GRU, LSTM, steps=T),
    "three layers": lambda T: stacked(RNN, LSTM, GRU, steps=T),
    "three lstm": lambda T: stacked(LSTM, LSTM, LSTM, steps=T),
    "three gru": lambda T: stacked(GRU, GRU, GRU, steps=T),
    "stacked lstm, loss": lambda T: stacked_loss(LSTM, LSTM, steps=T),
    "stacked gru, loss": lambda T: stacked_loss(GRU, GRU, steps=T),
    "three lstm, loss": lambda T: stacked_loss(LSTM, LSTM, LSTM, steps=T),
    "bidirectional": lambda T: bidirectional(RNN, T),
    "bidirectional lstm": lambda T: bidirectional_loss(LSTM, T),
    "bidirectional gru": lambda T: bidirectional_loss(GRU, T),
    "encoder-decoder": lambda T: encoder_decoder(RNN, T, T - 1)[1],
    "encoder-decoder lstm": lambda T: encoder_decoder(LSTM, T, T - 1)[1],
    "attention": lambda T: attention(RNN, T, T - 1),
    "attention lstm": lambda T: attention(LSTM, T, T - 1),
    "attention to each": lambda T: attention(GRU, T, T - 1, whole=False),
    "decoder, loss": lambda T: losses(encoder_decoder(LSTM, T, T - 1)[1].outputs, 2),
    "attention gru": lambda T: attention(GRU, T, T - 1),
    "attention over both ways": lambda T: attention_over_both_ways(RNN, T, T - 1),
    "attention over both ways, lstm": lambda T: attention_over_both_ways(LSTM, T, T - 1),
    "attention over both ways, gru": lambda T: attention_over_both_ways(GRU, T, T - 1),
    "attention of two layers": lambda T: deep_attention(LSTM, 2, T, T - 1),
    "by hand": by_hand,
}
TOO_HIGH = {  # even as one step, lowest; in the order of the table in docs/diagrams.md
    "four lstm": lambda T: stacked(LSTM, LSTM, LSTM, LSTM, steps=T),
    "three gru, loss": lambda T: stacked_loss(GRU, GRU, GRU, steps=T),
    "attention of three layers": lambda T: deep_attention(LSTM, 3, T, T - 1),
    "two bidirectional lstm": lambda T: layers_both_ways(LSTM, 2, T),
    "two bidirectional gru": lambda T: layers_both_ways(GRU, 2, T),
}
DOCUMENTED = re.findall(
    r"\| (\d+\.\d) \|$", (DOCS / "diagrams.md").read_text("utf-8"), re.MULTILINE
)


def smallest_letters(layout) -> float:
    """Return their size in pixels where the picture fills 1280 by 720."""
    sizes = [label.size for label in layout.labels]
    sizes += [label.size for box in layout.boxes for label in content_of(box.item).labels]
    return min(sizes) * min(1280 / layout.width, 720 / layout.height)


def drawn_steps(drawing) -> list[int]:
    return [c.step for c in drawing.scene.columns if c.kind is ColumnKind.STEP]


@pytest.mark.parametrize("steps", [3, 5, 20, 100])
@pytest.mark.parametrize("system", LONG.values(), ids=LONG)
def test_a_system_can_be_read_whatever_its_length(system, steps):
    layout = ar.draw(system(steps)).layout
    assert smallest_letters(layout) >= LEAST
    assert faults(layout) == []


@pytest.mark.parametrize(
    ("system", "pixels"), list(zip(TOO_HIGH.values(), DOCUMENTED, strict=True)), ids=TOO_HIGH
)
def test_what_is_too_high_reaches_what_the_documentation_says(system, pixels):
    layout = ar.draw(system(20)).layout
    assert f"{smallest_letters(layout):.1f}" == pixels
    assert faults(layout) == []


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
def test_every_system_can_be_read(system):
    assert smallest_letters(ar.draw(system()).layout) >= LEAST


def test_fewer_steps_are_drawn_only_where_more_would_be_too_small():
    assert drawn_steps(ar.draw(stacked(LSTM, LSTM, steps=9))) == [1, 2, 9]
    three = stacked(LSTM, LSTM, LSTM, steps=9)
    assert drawn_steps(ar.draw(three)) == [1, 9]
    assert smallest_letters(ar.draw(three, steps=(1, 2, 9)).layout) < LEAST


def test_views_that_unroll_a_graph_draw_the_same_steps():
    system = stacked(LSTM, LSTM, LSTM, steps=9)
    for options in ({"view": "op"}, {"show": "formulas"}, {"theme": "dark"}, {"expand": "t=9"}):
        assert drawn_steps(ar.draw(system, **options)) == [1, 9]


@pytest.mark.parametrize("name", ["stacked lstm", "bidirectional gru", "attention lstm"])
def test_a_system_can_be_read_in_other_letters_and_under_a_heading(name):
    for options in ({"notation": "ng"}, {"title": name}):
        layout = ar.draw(LONG[name](20), **options).layout
        assert smallest_letters(layout) >= LEAST
        assert faults(layout) == []


def test_steps_that_are_asked_for_are_drawn():
    system = stacked(LSTM, LSTM, LSTM, steps=9)
    assert drawn_steps(ar.draw(system, steps=(1, 2, 3, 4))) == [1, 2, 3, 4]
    assert len(drawn_steps(ar.draw(system, steps="all"))) == 9


def test_the_picture_says_what_is_left_out_of_which_stretch():
    assert ar.draw(stacked(LSTM, LSTM, LSTM, steps=3)).scene.notes == (
        "3 steps in all; t = 2 is not drawn",
    )
    assert ar.draw(encoder_decoder(LSTM, 9, 7)[1]).scene.notes == (
        "9 steps, then 7; t = 1 … 8 of the first and t = 2 … 6 of the second are not drawn",
    )


def test_a_step_alone_still_leads_its_states_back():
    for system in (stacked(LSTM, LSTM, LSTM, steps=9), encoder_decoder(LSTM, 9, 7)[1]):
        drawing = ar.draw(system, view="rolled")
        assert {w.slot for w in drawing.layout.wires if w.kind == "rail"} >= {"h", "c"}

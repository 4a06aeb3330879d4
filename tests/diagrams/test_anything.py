"""Any figure that can be described is drawn without a fault, in every format of ours."""

from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_rnn as ar
from autograd_rnn.figures import Figure
from autograd_rnn.figures.systems import SYSTEMS
from derivations.catalogue import VARIANTS
from derivations.notation import presets
from tests.diagrams.geometry import faults

SHOWN = ("formulas", "values", "shapes", "grads", "norms", "flow")
OF_SYMBOLS = ("formulas", "shapes")  # systems have no loss


@st.composite
def figures(draw, of_a_loss=False):
    """Describe a figure by options that go together."""
    cell = draw(st.sampled_from(sorted(VARIANTS)))
    sizes = {name: draw(st.integers(1, 5)) for name in ("hidden", "inputs")}
    chosen = {"cell": cell, "steps": draw(st.sampled_from([1, 2, 3, 4, 5, 9])), **sizes}
    if draw(st.booleans()):
        chosen["variant"] = draw(st.sampled_from(sorted(VARIANTS[cell])))
    chosen["view"] = draw(st.sampled_from(["unrolled", "op", "cell", "rolled"]))
    shown = SHOWN if chosen["view"] in ("unrolled", "op") else SHOWN[:-1]
    if not of_a_loss and draw(st.booleans()):
        chosen["system"], shown = draw(st.sampled_from(sorted(SYSTEMS))), OF_SYMBOLS
    else:
        chosen["loss"] = draw(st.sampled_from(["squared error", "cross-entropy"]))
    chosen["show"] = ",".join(draw(st.sets(st.sampled_from(shown))))
    chosen["notation"] = draw(st.sampled_from(sorted(presets())))
    for key, values in {
        "theme": ["light", "dark", "print"],
        "title": ["", "A title"],
        "collapse": ["", "gate"],
        "drawn": ["elide", "all"],
    }.items():
        chosen[key] = draw(st.sampled_from(values))
    return {key: value for key, value in chosen.items() if value != ""}


@settings(max_examples=80, deadline=None)
@given(figures())
def test_any_figure_is_drawn_without_a_fault(described):
    drawing = Figure.of(described, "any").draw()
    assert faults(drawing.layout) == []
    assert drawing.svg().startswith("<svg")
    assert r"\begin{tikzpicture}" in drawing.tikz()
    assert "digraph" in drawing.dot


@settings(max_examples=30, deadline=None)
@given(figures(of_a_loss=True), st.sampled_from(["op", "unrolled"]))
def test_any_loss_can_be_stepped_through(described, view):
    loss = Figure.of(described, "any").loss_itself()
    page = ar.stepper(loss, view=view, notation=described["notation"])
    there = {item.id for item in page.drawing.scene.items}
    for event in page.events:
        assert event.boxes
        assert {*event.boxes, *(b for r in event.received for b in r.boxes)} <= there

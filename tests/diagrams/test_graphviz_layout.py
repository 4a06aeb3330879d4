"""Arbitrary graphs: Graphviz finds the places, within the time that it has."""

from __future__ import annotations

import shutil
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_rnn as ar
from autograd_rnn.diagrams import DrawingTimeout, draw
from autograd_rnn.diagrams.graphviz.cost import advice, estimated_seconds
from autograd_rnn.diagrams.graphviz.layout import graphviz_layout
from autograd_rnn.diagrams.lanes.layout import Layout
from autograd_rnn.diagrams.scene.items import Kind
from tests.diagrams.scenes import run_of, scene_of

NEAR = 2.0  # pixels


def faults(layout: Layout) -> list[str]:
    """Return a sentence for everything that is wrong with a layout of curves."""
    boxes = sorted(layout.boxes, key=lambda box: box.x)
    found = []
    for i, one in enumerate(boxes):
        for other in boxes[i + 1 :]:
            if other.x < one.right and one.y < other.bottom and other.y < one.bottom:
                found.append(f"{one.item.id} and {other.item.id} overlap")
        inside = one.x >= 0 and one.right <= layout.width and one.y >= 0
        if not (inside and one.bottom <= layout.height):
            found.append(f"{one.item.id} is outside of the page")
    by_id = {box.item.id: box for box in layout.boxes}
    for wire in layout.wires:
        if (len(wire.points) - 1) % 3 or not wire.curved:
            found.append(f"{wire.source} → {wire.target} is no curve")
        for name, (x, y) in ((wire.source, wire.points[0]), (wire.target, wire.points[-1])):
            box = by_id[name]
            dx, dy = max(box.x - x, x - box.right), max(box.y - y, y - box.bottom)
            if not -NEAR < max(dx, dy) < NEAR:
                found.append(f"{wire.source} → {wire.target} does not end on {name}")
    for frame in layout.frames:
        for box in layout.boxes:
            if box.item.group == frame.group and frame.kind == "gate" and box.item.column is None:
                across = frame.x <= box.x and box.right <= frame.x + frame.width
                if not (across and frame.y <= box.y and box.bottom <= frame.y + frame.height):
                    found.append(f"{box.item.id} is not in the frame {frame.group}")
    return found


@st.composite
def expressions(draw_):
    """Draw a random expression of a few leaves, with frames."""
    pool = [ar.Value(float(i + 1), name=f"x_{i}") for i in range(draw_(st.integers(1, 4)))]
    for _ in range(draw_(st.integers(1, 12))):
        a, b = (draw_(st.sampled_from(pool)) for _ in range(2))
        with ar.at(gate=draw_(st.sampled_from(["", "first", "a rather long name"]))):
            made = {"multiply": lambda a=a, b=b: a * b, "add": lambda a=a, b=b: a + b}
            made["tanh"] = lambda a=a: ar.tanh(a)
            pool.append(made[draw_(st.sampled_from(sorted(made)))]())
    return pool[-1]


@settings(max_examples=12)
@given(expressions())
def test_boxes_do_not_overlap_and_curves_end_on_them(expression):
    scene, _, _ = scene_of(expression)
    layout = graphviz_layout(scene, 30)
    assert faults(layout) == []
    wired = sorted((wire.source, wire.target) for wire in layout.wires)
    assert wired == sorted((edge.source, edge.target) for edge in scene.edges)


def test_faults_are_caught():
    a = ar.Value(2.0, name="a")
    layout = graphviz_layout(scene_of(ar.tanh(a * 3.0))[0], 30)
    assert faults(layout) == []
    box, *others = layout.boxes
    moved = replace(layout, boxes=(replace(others[0], item=box.item), *others))
    assert any("overlap" in fault for fault in faults(moved))
    away = replace(layout, boxes=(replace(box, x=box.x - 40), *others))
    assert any("does not end on" in fault for fault in faults(away))
    assert any("outside" in fault for fault in faults(away))


def test_what_has_time_can_be_laid_out_too():
    scene, _, _ = scene_of(run_of("gru", 3))
    layout = graphviz_layout(scene, 30)
    assert [f for f in faults(layout) if "overlap" in f] == []
    names = {str(frame.label[-1]) for frame in layout.frames if frame.kind == "step"}
    assert names == {" = 0", " = 1", " = 2", " = 3"}
    assert {wire.kind for wire in layout.wires} == {"wire", "rail", "alias"}
    assert {label.role for label in layout.labels} == {"gate", "step"}


@pytest.mark.skipif(not shutil.which("dot"), reason="no Graphviz of the system's own")
def test_the_systems_graphviz_lays_out_as_well(monkeypatch):
    scene, _, _ = scene_of(ar.tanh(ar.Value(2.0, name="a") * 3.0))
    assert faults(graphviz_layout(scene, 30)) == []
    monkeypatch.setenv("PATH", "")
    assert faults(graphviz_layout(scene, 30)) == []


# --- hangs are impossible ---------------------------------------------------------------------


def random_graph(nodes: int, reads: int) -> ar.Graph:
    rng = np.random.default_rng(5)
    pool = [ar.Tensor(rng.normal(size=2)) for _ in range(20)]
    for _ in range(nodes):
        several = [pool[i] for i in rng.integers(len(pool), size=reads)]
        total = several[0] * several[1]
        for other in several[2:]:
            total = total * other
        pool.append(total)
    read = {below for made in pool for below in made.node.inputs}
    return ar.Graph(*(made for made in pool if made.node not in read))


@pytest.mark.parametrize(("nodes", "reads", "timeout"), [(3000, 2, 3.0), (1500, 3, 2.0)])
def test_a_hostile_graph_ends_in_time_with_its_source_and_advice(tmp_path, nodes, reads, timeout):
    graph = random_graph(nodes, reads)
    assert len(graph) > 3000
    started = time.monotonic()
    with pytest.raises(DrawingTimeout, match=r"boxes and .* arrows: choose a part of it.*timeout="):
        draw(graph, tmp_path / "a.svg", timeout=timeout)
    assert time.monotonic() - started < timeout + 20  # composing it is not Graphviz's
    assert [path.name for path in tmp_path.iterdir()] == ["a.svg.dot"]
    assert (tmp_path / "a.svg.dot").read_text().startswith("digraph")


def test_when_the_estimate_is_wrong_the_time_is_kept_and_the_advice_is_the_same(
    tmp_path, monkeypatch
):
    child = tmp_path / "dot"
    child.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(600)\n")
    child.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    started = time.monotonic()
    advised = r"did not finish in 1 s; it has 2 boxes and 1 arrow: choose a part of it.*timeout="
    with pytest.raises(DrawingTimeout, match=advised):
        draw(ar.tanh(ar.Value(1.0, name="a")), tmp_path / "a.svg", timeout=1.0)
    assert time.monotonic() - started < 10
    assert (tmp_path / "a.svg.dot").exists()


def test_what_graphviz_cannot_do_in_time_is_not_begun(monkeypatch):
    graph = random_graph(3000, 2)
    monkeypatch.setattr("autograd_rnn.diagrams.drawing.graphviz_layout", None)  # not called
    with pytest.raises(DrawingTimeout, match=r"would need about \d+ \w+ for this, and has 0\.5 s"):
        draw(graph, timeout=0.5).svg()


def test_more_nodes_more_arrows_and_longer_arrows_cost_more():
    small, large, dense = (
        estimated_seconds(draw(random_graph(*size)).scene) for size in ((50, 2), (400, 2), (400, 5))
    )
    assert small < 0.1
    assert large > 10 * small
    assert dense > 2 * large
    chain = ar.Value(1.0, name="a")
    for _ in range(200):
        chain = ar.tanh(chain)
    assert estimated_seconds(scene_of(chain)[0]) < 0.1


def test_the_advice_is_of_what_there_is():
    lstm, plain = scene_of(run_of("lstm", 3))[0], scene_of(ar.Value(1.0) * 2.0)[0]
    assert "collapse='gate'" in advice(lstm)
    assert "steps='elide'" in advice(lstm)
    assert "collapse" not in advice(plain)
    assert sum(item.kind is Kind.ALIAS for item in lstm.items) > 0

"""The DOT source: clean clusters for people who use Graphviz."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import product
from pathlib import Path

import pygraphviz
import pytest

import autograd_rnn as ar
from autograd_rnn.diagrams import draw
from autograd_rnn.diagrams.graphviz.render import render
from autograd_rnn.diagrams.typography.palette import THEMES
from tests.diagrams.scenes import CELLS, cell_of, loss_of, run_of

PROGRAM = """
from tests.diagrams.scenes import loss_of, run_of
from autograd_rnn.diagrams import draw
loss = loss_of(run_of("{kind}", 6))
print(draw(loss, view="op", show="shapes,values,grads", title="T").dot, end="")
"""


@pytest.mark.parametrize("kind", CELLS)
def test_the_source_is_the_same_twice_and_in_a_fresh_process(kind):
    words = {"view": "op", "show": "shapes,values,grads", "title": "T"}
    here = draw(loss_of(run_of(kind, 6)), **words).dot
    assert here == draw(loss_of(run_of(kind, 6)), **words).dot
    root = Path(__file__).parents[2]
    for seed in ("1", "2"):
        there = subprocess.run(
            [sys.executable, "-c", PROGRAM.format(kind=kind)],
            capture_output=True,
            check=True,
            cwd=root,
            env={"PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
        )
        assert there.stdout.decode() == here


def words(label: str | None) -> str:
    return re.sub("<[^>]*>", "", label or "")


@pytest.mark.parametrize("kind", CELLS)
def test_a_step_is_a_cluster_and_a_gate_is_a_cluster_in_it(kind):
    run = run_of(kind, 3)
    graph = pygraphviz.AGraph(string=draw(run, view="op").dot)
    steps = {words(frame.graph_attr["label"]): frame for frame in graph.subgraphs()}
    assert sorted(steps) == ["t = 0", "t = 1", "t = 2", "t = 3"]
    for t, name in enumerate(sorted(steps)):
        gates = sorted(words(frame.graph_attr["label"]) for frame in steps[name].subgraphs())
        expected = {node.place.gate for node in run.graph if t and node.op != "carry"}
        assert gates == sorted(expected - {""})


@pytest.mark.parametrize("kind", CELLS)
def test_items_are_nodes_edges_are_edges_and_there_is_nothing_else(kind):
    drawing = draw(loss_of(run_of(kind, 6)), view="op")
    graph = pygraphviz.AGraph(string=drawing.dot)
    assert sorted(graph.nodes()) == sorted(item.id for item in drawing.scene.items)
    assert sorted(graph.edges()) == sorted((e.source, e.target) for e in drawing.scene.edges)
    for hint in ("invis", "rank=same", "weight", "_point", "foot"):
        assert hint not in drawing.dot


@pytest.mark.parametrize("kind", CELLS)
def test_a_weight_has_an_alias_of_its_own_at_every_step(kind):
    drawing = draw(run_of(kind, 3), view="op")
    graph = pygraphviz.AGraph(string=drawing.dot)
    for name in cell_of(kind).parameters:
        aliases = [n for n in graph.nodes() if words(n.attr["label"]) == name.replace("_", "")]
        dashed = [n for n in aliases if "dashed" in n.attr["style"]]
        assert len(dashed) == 3


def test_graphviz_takes_it_and_it_can_be_laid_out():
    for thing in (loss_of(run_of("gru", 6)), ar.Tensor([1.0]) * 2.0):
        drawn = render(draw(thing, show="values").dot, "dot", ["-Tsvg"], 30)
        assert b"<svg" in drawn


STRANGE = ('a"b', "<b>x</b>", "a:b", "back\\", "a\nb\x00c", "&amp;", "%d", "-", "_x", "é", 'q"\\')


@pytest.mark.parametrize("name", STRANGE)
def test_a_name_is_only_a_name(name):
    with ar.at(gate=name, t=1):
        y = ar.tanh(ar.Tensor([1.0, 2.0], name=name))
    drawing = draw(y, view="op", show="values", title=name)
    graph = pygraphviz.AGraph(string=drawing.dot)
    assert sorted(graph.nodes()) == sorted(item.id for item in drawing.scene.items)
    assert drawing.scene.groups == (name,)
    assert b"<svg" in render(drawing.dot, "dot", ["-Tsvg"], 30)


def test_letters_are_in_italics_with_what_hangs_on_them():
    assert "<i>h</i><sub>2</sub>" in draw(run_of("rnn", 2)).dot
    assert "<i>Γ</i><sub>f</sub><sup>⟨2⟩</sup>" in draw(run_of("lstm", 2), notation="ng").dot


def test_themes_and_titles_change_the_source():
    sources = {
        draw(cell_of("rnn"), theme=t, title=h).dot for t, h in product(THEMES, ("", "A title"))
    }
    assert len(sources) == 2 * len(THEMES)

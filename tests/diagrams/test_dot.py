"""The DOT source, and how colours meet."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import product
from pathlib import Path
from xml.etree import ElementTree

import pygraphviz
import pytest

import autograd_rnn as ar
from autograd_rnn.diagrams import draw
from autograd_rnn.diagrams.letters import Letter, printable
from autograd_rnn.diagrams.palette import THEMES, contrast
from tests.diagrams.scenes import CELLS, cell_of, loss_of, run_of

PROGRAM = """
from tests.diagrams.scenes import loss_of, run_of
from autograd_rnn.diagrams import draw
print(draw(loss_of(run_of("{kind}", 6)), show="shapes,values,grads", title="T").dot, end="")
"""


@pytest.mark.parametrize("kind", CELLS)
def test_the_source_is_the_same_twice_and_in_a_fresh_process(kind):
    loss = loss_of(run_of(kind, 6))
    here = draw(loss, show="shapes,values,grads", title="T").dot
    assert here == draw(loss_of(run_of(kind, 6)), show="shapes,values,grads", title="T").dot
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


@pytest.mark.parametrize("kind", CELLS)
def test_a_column_is_a_cluster_and_a_gate_is_a_cluster_in_it(kind):
    run = run_of(kind, 3)
    graph = pygraphviz.AGraph(string=draw(run).dot)
    (whole,) = graph.subgraphs()[:1]
    columns = {c.graph_attr["label"]: c for c in whole.subgraphs()}
    steps = [label for label in columns if label and "= " in label]
    assert len(steps) == 1 + 3
    for t, label in enumerate(steps):
        frames = [frame.graph_attr["label"] or "" for frame in columns[label].subgraphs()]
        named = sorted(re.sub("<[^>]*>", "", frame) for frame in frames if frame)
        expected = {node.place.gate for node in run.graph if t and node.op != "carry"}
        assert named == sorted(expected - {""})


STRANGE = ('a"b', "<b>x</b>", "a:b", "back\\", "a\nb\x00c", "&amp;", "%d", "-", "_x", "é", 'q"\\')


@pytest.mark.parametrize("name", STRANGE)
def test_a_name_is_only_a_name(name):
    with ar.at(gate=name, t=1):
        y = ar.tanh(ar.Tensor([1.0, 2.0], name=name))
    drawing = draw(y, show="values", title=name)
    root = ElementTree.fromstring(drawing.svg())
    shown = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert shown.count(printable(name)) >= 2  # the gate and the title; the leaf has a subscript
    assert drawing.scene.groups == (name,)
    assert pygraphviz.AGraph(string=drawing.dot).order() == 1 + len(drawing.scene.items)  # a foot


@pytest.mark.parametrize(
    ("name", "t", "letter"),
    [
        ("h", 3, Letter("h", "3")),
        ("a_f", 3, Letter("a", "f,3")),
        ("W_f", None, Letter("W", "f")),
        ("_", None, Letter("_")),
        ("h_0", None, Letter("h", "0")),
    ],
)
def test_letters_have_their_subscripts(name, t, letter):
    assert Letter.of(name, t) == letter


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_text_can_be_read_on_every_fill(theme):
    for number in range(-1, len(theme.hues)):
        for fill in (theme.paper, theme.frame_fill(number), theme.chip_fill(number)):
            assert contrast(theme.ink, fill) >= 4.5
    assert contrast(theme.thin, theme.paper) >= 3  # lines


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=1e-3)
    assert contrast("#ffffff", "#777777") == contrast("#777777", "#ffffff")


def test_gates_of_a_cell_have_hues_of_their_own():
    for theme in (THEMES["light"], THEMES["dark"]):
        fills = [theme.chip_fill(number) for number in range(len(theme.hues))]
        assert len(set(fills)) == len(fills) == 8


def test_themes_and_titles_change_the_source():
    sources = {
        draw(cell_of("rnn"), theme=t, title=h).dot for t, h in product(THEMES, ("", "A title"))
    }
    assert len(sources) == 2 * len(THEMES)

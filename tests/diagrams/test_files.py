"""Rendering in a child process, and files that are whole or not there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import autograd_rnn as ar
from autograd_rnn.diagrams import DrawingError, DrawingTimeout, draw
from autograd_rnn.diagrams.render import render
from tests.diagrams.scenes import CELLS, cell_of, loss_of, run_of

SVG = "{http://www.w3.org/2000/svg}"
MAGIC = {
    "svg": b"<svg ",
    "png": b"\x89PNG\r\n\x1a\n",
    "pdf": b"%PDF-",
    "dot": b"digraph",
    "gv": b"digraph",
}


@pytest.mark.parametrize("suffix", MAGIC)
def test_the_suffix_chooses_the_format(tmp_path, suffix):
    for name in (f"a.{suffix}", f"b.{suffix.upper()}"):
        draw(cell_of("gru"), tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(MAGIC[suffix])
    assert len(list(tmp_path.iterdir())) == 2


def test_no_file_means_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    drawing = draw(cell_of("rnn"))
    assert drawing.svg().startswith("<svg ")
    assert drawing.png().startswith(MAGIC["png"])
    assert drawing.pdf().startswith(MAGIC["pdf"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", CELLS)
def test_the_svg_shows_every_step_gate_and_weight(kind):
    drawing = draw(run_of(kind, 3))
    root = ElementTree.fromstring(drawing.svg())
    shown = "".join(text.text or "" for text in root.iter(f"{SVG}text"))
    for name in [*drawing.scene.groups, "read at 3 steps", "= 0", "= 1", "= 2", "= 3"]:
        assert name in shown.replace("\xa0", " ")
    assert root.get("role") == "img"
    assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]
    assert root[0].text == f"{kind.upper()} unrolled over 3 steps"
    for name in cell_of(kind).parameters:
        assert f"{name} of shape" in root[1].text


def test_the_description_follows_time_and_tells_what_is_left_out():
    root = ElementTree.fromstring(draw(run_of("lstm", 7)).svg())
    told = root[1].text
    moments = ["Shared over the steps", "t = 0:", "t = 1:", "t = 2:", "t = 3 … 6:", "t = 7:"]
    positions = [told.index(moment) for moment in moments]
    assert positions == sorted(positions)
    assert "f_1 = sigmoid(a_f,1), shape (2, 4), lstm / forget gate / t=1" in told
    assert "7 steps in all; t = 3 … 6 are not drawn" in told


def test_a_node_is_titled_by_what_it_is_and_by_nothing_else():
    root = ElementTree.fromstring(draw(run_of("rnn", 2)).svg())
    titles = {
        title.text for group in root.iter(f"{SVG}g") for title in group.findall(f"{SVG}title")
    }
    assert "h_2 = tanh(a_2), shape (2, 4), rnn / hidden state / t=2" in titles
    assert not [title for title in titles if title.startswith(("n1", "cluster", "foot"))]
    assert "baseline-shift" not in draw(run_of("rnn", 2)).svg()


def test_pictures_are_the_same_twice():
    assert draw(run_of("gru", 3)).svg() == draw(run_of("gru", 3)).svg()


# --- machines with nothing on them ------------------------------------------------------------

BARE = """
import json, sys
from tests.diagrams.scenes import run_of
from autograd_rnn.diagrams import draw
drawing = draw(run_of("lstm", 2))
print(json.dumps([drawing.svg()[:5], drawing.png()[:4].hex(), drawing.pdf()[:5].decode()]))
"""


def test_it_draws_where_path_is_empty(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", BARE],
        env={"PATH": ""},
        capture_output=True,
        cwd=Path(__file__).parents[2],
        check=True,
    )
    assert json.loads(done.stdout) == ["<svg ", "89504e47", "%PDF-"]


def test_letters_are_letters_where_there_are_no_fonts(tmp_path, monkeypatch):
    """Without a font every letter is the same box, and as wide as any other."""
    (tmp_path / "fonts.conf").write_text("<fontconfig></fontconfig>")
    monkeypatch.setenv("FONTCONFIG_FILE", str(tmp_path / "fonts.conf"))
    monkeypatch.setenv("PATH", "")

    def width(word):
        drawn = render(f'digraph {{a [shape=box margin=0 label="{word}"]}}', "svg", 30)
        return float(ElementTree.fromstring(drawn).get("width").removesuffix("pt"))

    assert width("WWWWWWWWWWWW") > 2 * width("llllllllllll")


def test_a_dot_on_the_path_is_preferred(tmp_path, monkeypatch):
    script = tmp_path / "dot"
    script.write_text(f"#!{sys.executable}\nimport sys\nprint('drawn by', *sys.argv[1:])\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert render("digraph {}", "png", 30) == b"drawn by -Tpng -Gdpi=192\n"


# --- what goes wrong --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.jpg", "a", "a.svg.zip", ".svg"])
def test_an_unknown_suffix_is_refused_before_anything_is_drawn(tmp_path, name):
    with pytest.raises(ValueError, match=r"one of \.svg, \.png, \.pdf, \.dot, \.gv"):
        draw(cell_of("rnn"), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", ["svg", "dot"])
def test_a_folder_that_is_not_there_is_an_os_error(tmp_path, suffix):
    with pytest.raises(FileNotFoundError, match="cannot write the drawing"):
        draw(cell_of("rnn"), tmp_path / "missing" / f"a.{suffix}")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(NotADirectoryError, match="cannot write the drawing"):
        draw(cell_of("rnn"), tmp_path / "file" / f"a.{suffix}")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    target = tmp_path / "a.svg"
    target.mkdir()
    with pytest.raises(OSError, match="cannot write the drawing"):
        draw(cell_of("rnn"), target)
    assert [path.name for path in tmp_path.iterdir()] == ["a.svg"]
    target.rmdir()
    target.write_text("old")
    with pytest.raises(DrawingTimeout):
        draw(run_of("lstm", 30), target, steps="all", timeout=0.01)
    assert target.read_text() == "old"
    draw(cell_of("rnn"), target)
    assert target.read_text().startswith("<svg")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.svg", "a.svg.dot"]


def test_when_time_runs_out_the_child_is_killed_and_the_source_saved(tmp_path, monkeypatch):
    pid = tmp_path / "pid"
    child = tmp_path / "dot"
    child.write_text(
        f"#!{sys.executable}\nimport os, pathlib, time\n"
        f"pathlib.Path({str(pid)!r}).write_text(str(os.getpid()))\ntime.sleep(600)\n"
    )
    child.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    started = time.monotonic()
    with pytest.raises(DrawingTimeout, match=r"fewer steps.*timeout=.*a\.png\.dot") as caught:
        draw(cell_of("rnn"), tmp_path / "a.png", timeout=1.5)
    assert time.monotonic() - started < 10
    assert isinstance(caught.value, TimeoutError)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
    assert (tmp_path / "a.png.dot").read_text() == draw(cell_of("rnn")).dot
    assert not (tmp_path / "a.png").exists()


def test_what_graphviz_refuses_is_told_and_the_source_saved(tmp_path, monkeypatch):
    child = tmp_path / "dot"
    child.write_text(f"#!{sys.executable}\nimport sys\nsys.exit('out of ink')\n")
    child.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DrawingError, match=r"exit status 1: out of ink\).*a\.svg\.dot"):
        draw(cell_of("rnn"), tmp_path / "a.svg")
    assert (tmp_path / "a.svg.dot").exists()


def test_bad_source_is_an_error_and_not_an_empty_picture():
    with pytest.raises(DrawingError):
        render("digraph {", "svg", 30)


def test_a_hostile_graph_ends_within_its_time(tmp_path):
    rng = np.random.default_rng(5)
    pool = [ar.Tensor(rng.normal(size=2)) for _ in range(20)]
    for _ in range(3000):
        a, b = rng.integers(len(pool), size=2)
        pool.append(pool[a] * pool[b])
    read = {below for made in pool for below in made.node.inputs}
    graph = ar.Graph(*(made for made in pool if made.node not in read))
    assert len(graph) > 3000
    started = time.monotonic()
    try:
        draw(graph, tmp_path / "a.svg", timeout=4)
    except DrawingTimeout:
        assert (tmp_path / "a.svg.dot").exists()
    assert time.monotonic() - started < 4 + 6


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"theme": "sepia"}, "theme='sepia': choose one of light, dark, print"),
        ({"steps": "some"}, "steps='some': choose one of elide, all"),
    ],
)
def test_an_unknown_option_is_named_with_those_there_are(options, message):
    with pytest.raises(ValueError, match=message):
        draw(cell_of("rnn"), **options)


def test_only_graphs_runs_tensors_and_cells_are_drawn():
    with pytest.raises(TypeError, match="cannot draw list: draw a Graph, a Run"):
        draw([1, 2])
    with pytest.raises(ValueError, match="no outputs"):
        draw(ar.Graph())


def test_a_cell_is_drawn_over_three_steps_without_data():
    drawing = ar.draw(cell_of("lstm"))
    assert drawing.title == "LSTM unrolled over 3 steps"
    assert "title='LSTM unrolled over 3 steps'" in repr(drawing)


def test_one_step_alone_is_drawn():
    for kind in CELLS:
        assert draw(run_of(kind, 1)).svg().startswith("<svg")
        assert draw(ar.Graph(run_of(kind, 1).outputs[1])).svg().startswith("<svg")


def test_a_loss_is_drawn_with_all_there_is_to_show(tmp_path):
    for kind in CELLS:
        draw(loss_of(run_of(kind, 5)), tmp_path / f"{kind}.pdf", show="shapes,values,grads")

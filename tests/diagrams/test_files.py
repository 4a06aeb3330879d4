"""Rendering in a child process, and files that are whole or not there."""

from __future__ import annotations

import os
import re
import sys
import time

import pytest

import autograd_rnn as ar
from autograd_rnn.diagrams import DrawingError, DrawingTimeout, draw
from autograd_rnn.diagrams.graphviz.render import render
from tests.diagrams.scenes import CELLS, cell_of, loss_of, run_of

MAGIC = {
    "svg": b"<svg ",
    "png": b"\x89PNG\r\n\x1a\n",
    "pdf": b"%PDF-",
    "tikz": b"% needs",
    "tex": b"\\documentclass",
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


# --- what goes wrong --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.jpg", "a", "a.svg.zip", ".svg"])
def test_an_unknown_suffix_is_refused_before_anything_is_drawn(tmp_path, name):
    with pytest.raises(
        ValueError, match=r"one of \.svg, \.html, \.png, \.pdf, \.tikz, \.tex, \.dot, \.gv"
    ):
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
        draw(ar.Tensor([1.0]) * 2.0, target, timeout=0.001)
    assert target.read_text() == "old"
    draw(cell_of("rnn"), target)
    assert target.read_text().startswith("<svg")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.svg", "a.svg.dot"]


def test_when_time_runs_out_the_child_is_killed_and_the_source_saved(tmp_path, monkeypatch):
    pid = tmp_path / "pid"
    child = tmp_path / "neato"
    child.write_text(
        f"#!{sys.executable}\nimport os, pathlib, time\n"
        f"pathlib.Path({str(pid)!r}).write_text(str(os.getpid()))\ntime.sleep(600)\n"
    )
    child.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    started = time.monotonic()
    with pytest.raises(DrawingTimeout, match=r"in 1\.5 s.*SVG.*timeout=.*a\.png\.dot") as caught:
        draw(cell_of("rnn"), tmp_path / "a.png", timeout=1.5)
    assert time.monotonic() - started < 10
    assert isinstance(caught.value, TimeoutError)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
    assert (tmp_path / "a.png.dot").read_text() == draw(cell_of("rnn")).dot
    assert not (tmp_path / "a.png").exists()


def test_what_graphviz_refuses_is_told_and_the_source_saved(tmp_path, monkeypatch):
    for program in ("dot", "neato"):
        child = tmp_path / program
        child.write_text(f"#!{sys.executable}\nimport sys\nsys.exit('out of ink')\n")
        child.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    for thing, name in ((ar.Tensor([1.0]) * 2.0, "a.svg"), (cell_of("rnn"), "a.pdf")):
        message = rf"exit status 1: out of ink\).*{name}\.dot"
        with pytest.raises(DrawingError, match=message):
            draw(thing, tmp_path / name)
        assert (tmp_path / f"{name}.dot").exists()


def test_bad_source_is_an_error_and_not_an_empty_picture():
    with pytest.raises(DrawingError):
        render("digraph {", "dot", ["-Tsvg"], 30)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"theme": "sepia"}, "theme='sepia': choose one of light, dark, print"),
        ({"steps": "some"}, "steps='some': 'all', 'elide', or the numbers of steps"),
        ({"steps": [9]}, r"steps=\[9\]: the graph has the steps 1 to 3"),
        ({"view": "side"}, "view='side': choose one of op, unrolled, cell, rolled"),
        ({"collapse": "attic"}, "'attic' can be neither collapsed nor expanded; there are gate"),
        ({"notation": "nn"}, "no notation is called 'nn'; the nearest is 'ng'"),
        ({"highlight": ["c_7"]}, "highlight: 'c_7' is not in this picture"),
    ],
)
def test_an_unknown_option_is_named_with_those_there_are(options, message):
    with pytest.raises(ValueError, match=message):
        draw(cell_of("rnn"), **options)


def test_only_graphs_runs_tensors_and_cells_are_drawn():
    with pytest.raises(TypeError, match=r"the class LSTMCell: draw LSTMCell.init\("):
        draw(ar.LSTMCell)
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


def test_a_page_holds_the_picture_and_reads_nothing_else(tmp_path):
    drawing = ar.draw(ar.unroll(ar.GRUCell.init(3, 2, rng=0), steps=2), theme="dark", title="a < b")
    page = drawing.save(tmp_path / "gru.html").read_text()
    assert drawing.svg() in page
    assert "<title>a &lt; b</title>" in page
    assert not re.search(r'(?:src|href)="(?!#)', page)

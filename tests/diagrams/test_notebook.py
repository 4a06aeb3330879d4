"""How things show themselves: a picture, or a sentence, and never an exception."""

from __future__ import annotations

import subprocess
import sys

import pytest

import autograd_rnn as ar
from autograd_rnn.diagrams import draw, notebook
from tests.diagrams.scenes import cell_of, loss_of, run_of


@pytest.mark.parametrize(
    "thing", [run_of("lstm", 9), ar.Graph(loss_of(run_of("rnn", 2))), draw(cell_of("gru"))]
)
def test_a_graph_a_run_and_a_drawing_show_themselves(thing):
    bundle = thing._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<svg ")
    assert bundle["text/plain"] == repr(thing)


def test_a_large_graph_is_a_sentence():
    x = ar.Tensor([1.0])
    for _ in range(notebook.MOST_NODES):
        x = x + 1.0
    bundle = ar.Graph(x)._repr_mimebundle_()
    assert set(bundle) == {"text/plain"}
    assert "too many to draw unasked" in bundle["text/plain"]


def test_a_picture_of_many_boxes_is_a_sentence(monkeypatch):
    monkeypatch.setattr(notebook, "MOST_ITEMS", 10)
    bundle = run_of("rnn", 3)._repr_mimebundle_()
    assert bundle["text/plain"].endswith("boxes are too many to draw unasked: draw(...))")


def test_a_failure_is_a_sentence(monkeypatch, tmp_path):
    child = tmp_path / "dot"  # which lays out graphs without time
    child.write_text("#!/bin/sh\nexit 3\n")
    child.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    graph = ar.Graph(ar.Tensor([1.0]) * 2.0)
    assert graph._repr_mimebundle_() == {
        "text/plain": f"{graph!r}\n(no picture: Graphviz could not draw this (exit status 3))"
    }


def test_importing_the_package_does_not_import_the_diagrams():
    program = "import sys, autograd_rnn; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    modules = done.stdout.decode().split()
    assert "autograd_rnn.engine.display" in modules
    assert not [name for name in modules if "diagrams" in name or "graphviz" in name]

"""Builds the documentation; its pictures and derivations are made by the program, just before."""

import sys
from pathlib import Path

import autograd_rnn as ar

sys.path.insert(0, str(Path(__file__).parent))
from generated import write_pages

project = "autograd-rnn"
author = "The autograd-rnn founders"
version = release = ar.__version__
extensions = ["myst_parser"]
html_theme = "furo"
html_title = "autograd-rnn"
exclude_patterns = ["_build", "figures"]
myst_heading_anchors = 3
suppress_warnings = ["myst.xref_missing"]  # links to files beside the pages

HERE = Path(__file__).parent
FIGURES = HERE / "figures"


def draw_figures(_app: object) -> None:
    """Draw what the pages show, and write the pages of the derivations."""
    FIGURES.mkdir(exist_ok=True)
    for kind, make in ar.CELLS.items():
        cell = make.init(inputs=3, hidden=2, rng=0)
        ar.draw(ar.unroll(cell, steps=2), FIGURES / f"{kind}.svg")
        ar.draw(ar.unroll(cell, steps=12), FIGURES / f"{kind}-elided.svg")
    write_pages(HERE / "catalogue")


def setup(app: object) -> None:
    """Draw before anything is read."""
    app.connect("builder-inited", draw_figures)  # type: ignore[attr-defined]

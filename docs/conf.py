"""Builds the documentation; its pictures and derivations are made by the program, just before."""

import sys
from pathlib import Path

import autograd_rnn as ar

sys.path.insert(0, str(Path(__file__).parent))
from generated import write_pages
from reference import write_reference

project = "autograd-rnn"
author = "The autograd-rnn founders"
version = release = ar.__version__
extensions = ["myst_parser", "autograd_rnn.sphinx"]
html_theme = "furo"
html_title = "autograd-rnn"
exclude_patterns = ["_build"]
myst_heading_anchors = 3
suppress_warnings = ["myst.xref_missing"]  # links to files beside the pages


def write_made_pages(_app: object) -> None:
    """Write the pages of the derivations, and the reference."""
    here = Path(__file__).parent
    write_pages(here / "catalogue")
    write_reference(here / "reference")


def setup(app: object) -> None:
    """Write before anything is read."""
    app.connect("builder-inited", write_made_pages)  # type: ignore[attr-defined]

"""Builds the documentation; its pictures and derivations are made by the program, just before."""

import sys
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

import autograd_rnn as ar
from autograd_rnn.figures import make_figures, read_figures
from derivations.mistakes import MISTAKES
from derivations.topics import TOPICS

sys.path.insert(0, str(Path(__file__).parent))
from generated import write_pages
from reference import write_reference

HERE = Path(__file__).parent

project = "autograd-rnn"
author = "The autograd-rnn founders"
version = release = ar.__version__
extensions = ["myst_parser", "autograd_rnn.sphinx"]
exclude_patterns = ["_build"]
suppress_warnings = ["myst.xref_missing"]  # links to files beside the pages

myst_heading_anchors = 3
myst_enable_extensions = ["substitution"]
myst_substitutions = {"topics": len(TOPICS), "mistakes": len(MISTAKES)}

html_theme = "furo"
html_title = "autograd-rnn"
pygments_dark_style = "a11y-high-contrast-dark"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_show_copyright = False
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#005a8f",
        "color-brand-content": "#005a8f",
        "color-brand-visited": "#7a3b69",
    },
    "dark_css_variables": {
        "color-brand-primary": "#6fc0f0",
        "color-brand-content": "#6fc0f0",
        "color-brand-visited": "#d8a3c8",
    },
}


def write_made_pages(_app: Sphinx) -> None:
    """Write the pages of the derivations, the reference, and the figures of the tutorial."""
    write_pages(HERE / "catalogue")
    write_reference(HERE / "reference")
    for figure in make_figures(read_figures(HERE / "figures.toml"), HERE / "figures"):
        if figure.outcome == "failed":
            raise ValueError(figure.words)


def without_last_blank_lines(_app: Sphinx, doctree: nodes.document) -> None:
    """Drop the blank line that ends the output of an example for those who execute it."""
    for block in doctree.findall(nodes.literal_block):
        if block.rawsource == block.astext():
            block.rawsource = block.rawsource.rstrip("\n")
            block.children = [nodes.Text(block.rawsource)]


def setup(app: Sphinx) -> None:
    """Write before anything is read, and tidy what was."""
    app.connect("builder-inited", write_made_pages)
    app.connect("doctree-read", without_last_blank_lines)

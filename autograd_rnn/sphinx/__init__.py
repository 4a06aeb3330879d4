"""The Sphinx extension: ``.. rnn-diagram::``, ``.. rnn-stepper::`` and ``.. rnn-derivation::``.

Add ``"autograd_rnn.sphinx"`` to the `extensions` of conf.py. A diagram is drawn once for each
description and kept beside the doctrees; in a theme with a dark mode it is drawn for both. Its
colours are those of ``:theme:``, or else of `rnn_diagram_theme` in conf.py: "auto", which follows
the page, or "light", "dark" or "print".
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import ConfigError

from autograd_rnn import __version__
from autograd_rnn.figures.program import program_digest
from autograd_rnn.sphinx.derivation import Derivation
from autograd_rnn.sphinx.diagram import THEMES, Diagram
from autograd_rnn.sphinx.options import MADE
from autograd_rnn.sphinx.picture import add_picture
from autograd_rnn.sphinx.stepper import Stepper, add_player

STYLE = Path(__file__).with_name("rnn-diagram.css")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives, what they need of each builder, and a style sheet."""
    app.add_config_value("rnn_diagram_theme", "auto", "env", (str,))
    add_picture(app)
    add_player(app)
    app.add_directive("rnn-diagram", Diagram)
    app.add_directive("rnn-stepper", Stepper)
    app.add_directive("rnn-derivation", Derivation)
    app.connect("config-inited", _check_theme)
    app.connect("builder-inited", _bring_style)
    app.connect("env-get-outdated", _made_by_another_program)
    app.add_css_file(STYLE.name)
    return {"version": __version__, "parallel_read_safe": True, "parallel_write_safe": True}


def _bring_style(app: Sphinx) -> None:
    app.config.html_static_path.append(str(STYLE))


def _made_by_another_program(app: Sphinx, env: Any, *_: Any) -> list[str]:
    """Return the pages to be read again: those with something made, if this program is another."""
    before, env.rnn_program = getattr(env, "rnn_program", ""), program_digest()
    if before == env.rnn_program:
        return []
    return [page for page in env.found_docs if env.metadata.get(page, {}).get(MADE)]


def _check_theme(app: Sphinx, config: Any) -> None:
    if config.rnn_diagram_theme not in THEMES:
        raise ConfigError(
            f"rnn_diagram_theme = {config.rnn_diagram_theme!r}: choose one of {', '.join(THEMES)}"
        )

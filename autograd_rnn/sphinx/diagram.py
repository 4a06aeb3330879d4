"""``.. rnn-diagram::``, a figure on a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives

from autograd_rnn.diagrams import DrawingError, DrawingTimeout
from autograd_rnn.diagrams.typography.palette import THEMES as OF_DRAW
from autograd_rnn.figures import written
from autograd_rnn.sphinx import options
from autograd_rnn.sphinx.network import MADE_HERE, OF_A_NETWORK, OfANetwork
from autograd_rnn.sphinx.picture import Picture, kept

THEMES = ("auto", *OF_DRAW)
OF_THE_FIGURE = {
    **OF_A_NETWORK,
    **dict.fromkeys(("view", "show", "notation", "title"), directives.unchanged_required),
    **dict.fromkeys(("collapse", "expand"), directives.unchanged_required),
    "highlight": written.highlight,
    "drawn": written.steps,
}


class Diagram(OfANetwork):
    """``.. rnn-diagram:: lstm``, with the options of a `Figure`."""

    described = OF_THE_FIGURE
    option_spec: ClassVar[dict[str, Any]] = {
        **OfANetwork.option_spec,
        **OF_THE_FIGURE,
        "theme": lambda argument: directives.choice(argument, THEMES),
        "alt": directives.unchanged_required,
        "width": directives.length_or_percentage_or_unitless,
        "scale": options.percent,
        "align": lambda argument: directives.choice(argument, ("left", "center", "right")),
        "inline": directives.flag,
    }

    def run(self) -> list[nodes.Node]:
        """Draw it, and return a node that knows where it is."""
        theme = self.options.get("theme", self.config.rnn_diagram_theme)
        themes = ("light", "dark") if theme == "auto" else (theme,)
        folder = Path(self.env.doctreedir, MADE_HERE)
        try:
            picture = kept(self.figure(), themes, folder)
        except (ValueError, TypeError, DrawingError, DrawingTimeout) as error:
            raise self.refused(error) from None
        picture["alt"] = self.options.get("alt", picture["alt"])
        picture["width"] = self._width(picture)
        picture["inline"] = "inline" in self.options
        self.set_source_info(picture)
        return [self.in_a_figure(picture, self.options.get("align", "center"))]

    def _width(self, picture: Picture) -> str:
        width = self.options.get("width", "")
        if not width and "scale" in self.options:
            return f"{picture['size'][0] * self.options['scale'] / 100:g}px"
        return f"{width}px" if width.isdecimal() else width

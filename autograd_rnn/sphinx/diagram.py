"""``.. rnn-diagram::``, a figure on a page."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from autograd_rnn.diagrams import DrawingError, DrawingTimeout
from autograd_rnn.diagrams.palette import THEMES as OF_DRAW
from autograd_rnn.figures import Figure
from autograd_rnn.figures.python import module_of
from autograd_rnn.sphinx import options
from autograd_rnn.sphinx.picture import Picture, kept

THEMES = ("auto", *OF_DRAW)
MADE_HERE = "rnn-figures"  # the folder beside the doctrees
CODE = "python"  # the argument whose content is code
OF_THE_FIGURE = {
    **dict.fromkeys(("hidden", "inputs", "steps", "seed"), directives.nonnegative_int),
    **dict.fromkeys(("variant", "loss", "system"), directives.unchanged_required),
    **dict.fromkeys(("view", "show", "notation", "title"), directives.unchanged_required),
    **dict.fromkeys(("collapse", "expand"), directives.unchanged_required),
    "settings": options.settings,
    "highlight": options.highlight,
    "drawn": options.steps,
}


class Diagram(SphinxDirective):
    """``.. rnn-diagram:: lstm``, with the options of a `Figure`.

    The argument is a cell; or ``module:attribute``, anything that `draw` takes; or ``python``, and
    then the content is code, the last line of which is drawn. Otherwise the content, if there is
    any, is the caption and what stands below it.
    """

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {
        **OF_THE_FIGURE,
        "theme": lambda argument: directives.choice(argument, THEMES),
        "caption": directives.unchanged_required,
        "alt": directives.unchanged_required,
        "width": directives.length_or_percentage_or_unitless,
        "scale": options.percent,
        "align": lambda argument: directives.choice(argument, ("left", "center", "right")),
        "inline": directives.flag,
        "name": directives.unchanged,
        "class": directives.class_option,
    }

    def run(self) -> list[nodes.Node]:
        """Draw it, and return a node that knows where it is."""
        self.env.metadata[self.env.docname][options.MADE] = True
        theme = self.options.get("theme", self.config.rnn_diagram_theme)
        themes = ("light", "dark") if theme == "auto" else (theme,)
        folder = Path(self.env.doctreedir, MADE_HERE)
        try:
            picture = kept(self._figure(), themes, folder)
        except (ValueError, TypeError, DrawingError, DrawingTimeout) as error:
            raise self.error(f"rnn-diagram: {str(error).removeprefix('rnn-diagram: ')}") from None
        picture["alt"] = self.options.get("alt", picture["alt"])
        picture["width"] = self._width(picture)
        picture["inline"] = "inline" in self.options
        self.set_source_info(picture)
        return [self._in_a_figure(picture)]

    def _figure(self) -> Figure:
        described = {key: self.options[key] for key in OF_THE_FIGURE if key in self.options}
        argument = self.arguments[0].strip()
        if argument == CODE:
            described["python"] = "\n".join(self.content)
        elif module := module_of(argument):
            described["python"] = argument
            figure = Figure.of(described, "rnn-diagram")
            self._read_again_with(module, figure)
            return figure
        else:
            described["cell"] = argument
        return Figure.of(described, "rnn-diagram")

    def _read_again_with(self, module: str, figure: Figure) -> None:
        """Let the page be read again when the module that its picture comes from has changed."""
        _ = figure.digest  # imports it, or says why it cannot
        if file := getattr(import_module(module), "__file__", None):
            self.env.note_dependency(file)

    def _width(self, picture: Picture) -> str:
        width = self.options.get("width", "")
        if not width and "scale" in self.options:
            return f"{picture['size'][0] * self.options['scale'] / 100:g}px"
        return f"{width}px" if width.isdecimal() else width

    def _in_a_figure(self, picture: Picture) -> nodes.Element:
        classes = ["rnn-diagram", *self.options.get("class", [])]
        whole = nodes.figure(
            "", picture, align=self.options.get("align", "center"), classes=classes
        )
        whole += self._caption()
        self.set_source_info(whole)
        self.add_name(whole)
        return whole

    def _caption(self) -> list[nodes.Node]:
        """Return the caption: the option, or the first paragraph of the content; and a legend."""
        if "caption" in self.options:
            words, messages = self.parse_inline(self.options["caption"], lineno=self.lineno)
            return [nodes.caption("", "", *words), *messages]
        if not self.content or self.arguments[0].strip() == CODE:
            return []
        first, *rest = self.parse_content_to_nodes()
        caption = nodes.caption(first.rawsource, "", *first.children)
        return [caption, nodes.legend("", *rest)] if rest else [caption]

"""What the directives have in common that show a network: which one it is, and the caption."""

from __future__ import annotations

from importlib import import_module
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from autograd_rnn.figures import Figure, written
from autograd_rnn.figures.python import module_of
from autograd_rnn.sphinx import options

MADE_HERE = "rnn-figures"  # the folder beside the doctrees
CODE = "python"  # the argument whose content is code
OF_A_NETWORK = {
    **dict.fromkeys(("hidden", "inputs", "steps", "seed"), directives.nonnegative_int),
    **dict.fromkeys(("variant", "loss", "system"), directives.unchanged_required),
    "settings": written.settings,
}


class OfANetwork(SphinxDirective):
    """A directive whose argument is a network, and whose content is a caption.

    The argument is a cell; or ``module:attribute``, anything that `draw` takes; or ``python``, and
    then the content is code, the last line of which is its value. `described` are the options that
    go into the figure.
    """

    required_arguments = 1
    has_content = True
    described: ClassVar[dict[str, Any]] = OF_A_NETWORK
    option_spec: ClassVar[dict[str, Any]] = {
        "caption": directives.unchanged_required,
        "name": directives.unchanged,
        "class": directives.class_option,
    }

    def figure(self) -> Figure:
        """Return the figure that the options describe; raises BadFigure."""
        self.env.metadata[self.env.docname][options.MADE] = True
        described = {key: self.options[key] for key in self.described if key in self.options}
        argument = self.arguments[0].strip()
        if argument == CODE:
            described["python"] = "\n".join(self.content)
        elif module_of(argument):
            described["python"] = argument
        else:
            described["cell"] = argument
        figure = Figure.of(described, self.name)
        if module := module_of(argument):
            self._read_again_with(module, figure)
        return figure

    def _read_again_with(self, module: str, figure: Figure) -> None:
        """Let the page be read again when the module that its network comes from has changed."""
        figure.network()  # imports it, or says why it cannot
        if file := getattr(import_module(module), "__file__", None):
            self.env.note_dependency(file)

    def refused(self, error: Exception) -> Exception:
        """Return what is raised for an error, with the place of the directive."""
        return self.error(f"{self.name}: {str(error).removeprefix(f'{self.name}: ')}")

    def in_a_figure(self, shown: nodes.Element, align: str = "center") -> nodes.Element:
        """Return a figure around what is shown, with its caption."""
        classes = [self.name, *self.options.get("class", [])]
        whole = nodes.figure("", shown, align=align, classes=classes)
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

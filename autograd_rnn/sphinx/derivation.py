"""``.. rnn-derivation::``, a derivation on a page, verified as the page is built."""

from __future__ import annotations

from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from autograd_rnn.figures import written
from autograd_rnn.figures.words import separated
from autograd_rnn.sphinx import options
from derivations.topics import TOPICS


class Derivation(SphinxDirective):
    """``.. rnn-derivation:: lstm``, with the options of `derive` for this topic.

    ``:without:`` drops assumptions by name, with commas; ``:titled:`` adds a heading.
    """

    required_arguments = 1
    option_spec: ClassVar[dict[str, Any]] = {
        **{option: written.value for topic in TOPICS for option in TOPICS[topic].options},
        "notation": directives.unchanged_required,
        "without": directives.unchanged_required,
        "titled": directives.flag,
    }

    def run(self) -> list[nodes.Node]:
        """Derive it, and return it for pages, for LaTeX and for text."""
        from derivations.show import html, latex

        self.env.metadata[self.env.docname][options.MADE] = True
        try:
            derivation = self._derivation()
        except (ValueError, LookupError) as error:
            raise self.error(f"rnn-derivation: {error.args[0]}") from None
        written = {
            "html": html.fragment(derivation, titled="titled" in self.options),
            "latex": latex.body(derivation),
            "text": derivation.to("text"),
        }
        return [nodes.raw("", words, format=format) for format, words in written.items()]

    def _derivation(self) -> Any:
        from derivations import derive

        given = {k: v for k, v in self.options.items() if k not in ("titled", "without")}
        derivation = derive(self.arguments[0].strip(), **given)
        for assumption in separated(self.options.get("without", "")):
            derivation = derivation.without(assumption)
        return derivation

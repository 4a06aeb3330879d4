"""The Sphinx extension: ``.. rnn-diagram::`` and ``.. rnn-derivation::``.

Add ``"autograd_rnn.sphinx"`` to the `extensions` of conf.py. A diagram is drawn once for each
description and kept beside the doctrees; in a theme with a dark mode it is drawn for both.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from autograd_rnn import __version__
from autograd_rnn.diagrams import DrawingError, DrawingTimeout
from autograd_rnn.diagrams.accessible import describe
from autograd_rnn.figures import BadFigure, Figure

TWO_THEMES = ("furo", "pydata_sphinx_theme", "sphinx_book_theme")  # they hide only-light, only-dark
LONGEST_ALT = 500
WORDS = (
    *("loss", "view", "show", "theme", "notation", "title", "highlight", "settings", "drawn"),
    *("system", "collapse", "expand"),
)
WHOLE = ("hidden", "inputs", "steps", "seed")
MADE_HERE = "rnn-figures"  # the folder beside the doctrees


class Picture(nodes.General, nodes.Element):  # type: ignore[misc]  # docutils has no types
    """A drawn diagram: attributes `figure`, `themes`, `alt`, `width` and `folder`."""


class Diagram(SphinxDirective):
    """``.. rnn-diagram:: lstm``, with options for what `draw` takes.

    ``:settings:`` are those of a variant, as ``peepholes=diagonal``; ``:theme:`` is ``auto``, which
    follows the page, or one of `draw`'s; the content, if there is any, is the caption.
    """

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {
        **dict.fromkeys((*WORDS, "alt"), directives.unchanged),
        **dict.fromkeys(WHOLE, directives.nonnegative_int),
        "width": directives.length_or_percentage_or_unitless,
        "align": lambda argument: directives.choice(argument, ("left", "center", "right")),
    }

    def run(self) -> list[nodes.Node]:
        """Draw it, and return a node that knows where it is."""
        theme = self.options.get("theme", "auto")
        themes = ("light", "dark") if theme == "auto" else (theme,)
        folder = Path(self.env.doctreedir, MADE_HERE)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            figure = self._figure()
            for name in themes:
                _drawn(figure, name, folder)
        except (BadFigure, ValueError, TypeError, DrawingError, DrawingTimeout) as error:
            raise self.error(f"rnn-diagram: {error}") from None
        alt = self.options.get("alt") or (folder / f"{figure.digest}.txt").read_text("utf-8")
        picture = Picture(
            figure=figure,
            themes=themes,
            alt=alt,
            width=self.options.get("width", ""),
            folder=str(folder),
        )
        self.set_source_info(picture)
        return [self._in_a_figure(picture)]

    def _figure(self) -> Figure:
        own = ("theme", "alt", "width", "align", "settings", "highlight", "drawn")
        words = {key: value for key, value in self.options.items() if key not in own}
        words |= {"cell": self.arguments[0].strip(), "settings": self._settings()}
        if "highlight" in self.options:
            words["highlight"] = _highlighted(self.options["highlight"])
        if "drawn" in self.options:
            words["drawn"] = _steps(self.options["drawn"])
        return Figure.of(words, "the options")

    def _settings(self) -> dict[str, Any]:
        pairs = [pair.split("=", 1) for pair in self.options.get("settings", "").split()]
        if any(len(pair) != 2 for pair in pairs):
            raise BadFigure(":settings: takes pairs such as peepholes=diagonal coupled=true")
        return {name: {"true": True, "false": False}.get(value, value) for name, value in pairs}

    def _in_a_figure(self, picture: Picture) -> nodes.Element:
        whole = nodes.figure("", picture, align=self.options.get("align", "center"))
        if self.content:
            caption = nodes.caption()
            words, messages = self.state.inline_text(" ".join(self.content), self.lineno)
            caption += [*words, *messages]
            whole += caption
        return whole


def _drawn(figure: Figure, theme: str, folder: Path) -> None:
    """Draw a figure in a theme unless it is there, and write down what it shows."""
    file = folder / f"{figure.digest}-{theme}.svg"
    told = folder / f"{figure.digest}.txt"
    if not file.exists() or not told.exists():
        drawing = figure.draw(file, theme=theme)
        told.write_text(_shortened(f"{drawing.title}. {describe(drawing.scene)}"), encoding="utf-8")


def _shortened(words: str) -> str:
    """Return whole sentences, as many as are listened to; the picture holds the rest."""
    if len(words) <= LONGEST_ALT:
        return words
    kept = words[:LONGEST_ALT].rsplit(". ", 1)[0]
    return f"{kept}."


def _highlighted(words: str) -> Any:
    name, *steps = (word.strip() for word in words.split(","))
    return (name, *map(int, steps)) if steps else name


def _steps(words: str) -> Any:
    return words if words in ("elide", "all") else [int(word) for word in words.split(",")]


# ------------------------------------------------------------------------------------- the builders


def html_picture(translator: Any, node: Picture) -> None:
    """Write a picture for a page, for its light and its dark face."""
    builder = translator.builder
    pair = len(node["themes"]) > 1
    if pair and builder.config.html_theme not in TWO_THEMES:
        light, dark = (_placed(builder, node, theme, "svg") for theme in node["themes"])
        source = f'<source media="(prefers-color-scheme: dark)" srcset="{dark}">'
        image = _image(translator, node, light, "").replace("<img", f"<picture>{source}<img")
        translator.body.append(image.replace("</a>", "</picture></a>"))
        raise nodes.SkipNode
    for theme in node["themes"]:
        name = f"only-{theme}" if pair else ""
        place = _placed(builder, node, theme, "svg")
        translator.body.append(_image(translator, node, place, name))
    raise nodes.SkipNode


def _image(translator: Any, node: Picture, place: str, name: str) -> str:
    """Write an image that leads to itself at its full size."""
    kept = {"src": place, "alt": node["alt"], "width": node["width"]}
    written = {key: value for key, value in kept.items() if value}
    image = translator.starttag(node, "img", "", empty=True, **written)
    face = f' class="{name}"' if name else ""
    return f'<a{face} href="{place}">{image}</a>'


def _placed(builder: Any, node: Picture, theme: str, suffix: str) -> str:
    """Copy a file to where the builder keeps images; return its address from the page."""
    name = f"{node['figure'].digest}-{theme}.{suffix}"
    goal = Path(builder.outdir, builder.imagedir)
    goal.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(Path(node["folder"], name), goal / name)
    return f"{builder.imgpath}/{name}"


def latex_picture(translator: Any, node: Picture) -> None:
    """Write a picture for LaTeX, as a PDF in its light theme."""
    figure, theme = node["figure"], node["themes"][0]
    name = f"{figure.digest}-{theme}.pdf"
    figure.draw(Path(translator.builder.outdir, name), theme=theme)
    translator.body.append(rf"\sphinxincludegraphics[width=\linewidth]{{{{{name}}}}}")
    raise nodes.SkipNode


def text_picture(translator: Any, node: Picture) -> None:
    """Write what a picture shows, where there are no pictures."""
    translator.add_text(node["alt"])
    raise nodes.SkipNode


class Derivation(SphinxDirective):
    """``.. rnn-derivation:: lstm``, with the options of `derive`; verified as the page is built."""

    required_arguments = 1
    option_spec: ClassVar[dict[str, Any]] = {
        **dict.fromkeys(("wrt", "variant", "loss", "notation", "activation"), directives.unchanged),
        "steps": directives.positive_int,
        "titled": directives.flag,
    }

    def run(self) -> list[nodes.Node]:
        """Derive it, and return it for pages and for LaTeX."""
        from derivations import derive
        from derivations.show import html, latex

        options = {key: value for key, value in self.options.items() if key != "titled"}
        try:
            derivation = derive(self.arguments[0].strip(), **options)
        except (ValueError, LookupError) as error:
            raise self.error(f"rnn-derivation: {error.args[0]}") from None
        page = html.fragment(derivation, titled="titled" in self.options)
        return [
            nodes.raw("", page, format="html"),
            nodes.raw("", latex.body(derivation), format="latex"),
        ]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives."""
    app.add_node(
        Picture,
        html=(html_picture, None),
        latex=(latex_picture, None),
        text=(text_picture, None),
        man=(text_picture, None),
    )
    app.add_directive("rnn-diagram", Diagram)
    app.add_directive("rnn-derivation", Derivation)
    return {"version": __version__, "parallel_read_safe": True, "parallel_write_safe": True}

"""A drawn diagram in a document, and how each builder writes it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

from autograd_rnn.diagrams import DrawingError, DrawingTimeout
from autograd_rnn.diagrams.scene.accessible import describe
from autograd_rnn.figures import Figure

TWO_FACES = ("furo", "pydata_sphinx_theme", "sphinx_book_theme")  # they hide only-light, only-dark
LONGEST_ALT = 500
logger = logging.getLogger(__name__)


class Picture(nodes.General, nodes.Element):  # type: ignore[misc]  # docutils has no types
    """A drawn diagram.

    Attributes: `figure`; `digest`; `themes`, one or light and dark; `folder`, where it is kept;
    `alt`; `size` in pixels, `width` on the page ("" for its own); `inline`, whether it is part of
    the page.
    """

    def file(self, theme: str, suffix: str = "svg") -> str:
        """Return the name of the file that holds it."""
        return f"{self['digest']}-{theme}.{suffix}"

    def place(self, theme: str) -> Path:
        """Return where it is kept."""
        return Path(self["folder"], self.file(theme))


def kept(figure: Figure, themes: tuple[str, ...], folder: Path) -> Picture:
    """Return the picture of a figure, drawn unless it is there. Raises what `Figure.draw` does."""
    folder.mkdir(parents=True, exist_ok=True)
    digest = figure.digest
    facts = folder / f"{digest}.json"
    for theme in themes:
        file = folder / f"{digest}-{theme}.svg"
        if not file.exists() or not facts.exists():
            drawing = figure.draw(file, theme=theme)
            alt = _shortened(f"{drawing.title}. {describe(drawing.scene)}")
            size = (round(drawing.layout.width), round(drawing.layout.height))
            _write(facts, json.dumps({"alt": alt, "size": size}))
    known = json.loads(facts.read_text(encoding="utf-8"))
    return Picture(figure=figure, digest=digest, themes=themes, folder=str(folder), **known)


def _write(path: Path, words: str) -> None:
    """Write a file at once, as others may read it meanwhile."""
    part = path.with_suffix(f".{os.getpid()}")
    part.write_text(words, encoding="utf-8")
    part.replace(path)


def _shortened(words: str) -> str:
    """Return whole sentences, as many as are listened to; the picture holds the rest."""
    if len(words) <= LONGEST_ALT:
        return words
    return f"{words[:LONGEST_ALT].rsplit('. ', 1)[0]}."


# ------------------------------------------------------------------------------------- the builders


def html_picture(translator: Any, node: Picture) -> None:
    """Write a picture for a page, for its light and its dark face."""
    builder = translator.builder
    light, *dark = node["themes"]
    if not dark or builder.name == "epub":
        inside = _face(translator, node, light)
    elif builder.config.html_theme in TWO_FACES:
        inside = "".join(
            _face(translator, node, theme, f"only-{theme}") for theme in node["themes"]
        )
    else:
        inside = _by_preference(translator, node, light, *dark)
    width = f"--width: {node['size'][0]}px"
    translator.body.append(f'<div class="rnn-picture" style="{width}">{inside}</div>')
    raise nodes.SkipNode


def _face(translator: Any, node: Picture, theme: str, name: str = "") -> str:
    """Write a picture in one theme: within the page, or as an image that leads to its full size."""
    named = f' class="{name}"' if name else ""
    if node["inline"]:
        return f"<div{named}>{_inline(node, theme)}</div>"
    place = _placed(translator.builder, node, theme)
    return f'<a{named} href="{place}">{_image(translator, node, place)}</a>'


def _by_preference(translator: Any, node: Picture, light: str, dark: str) -> str:
    """Write a picture that follows the reader's own setting."""
    if node["inline"]:
        return _face(translator, node, light)
    place, other = (_placed(translator.builder, node, theme) for theme in (light, dark))
    source = f'<source media="(prefers-color-scheme: dark)" srcset="{other}">'
    image = _image(translator, node, place)
    return f'<a href="{place}"><picture>{source}{image}</picture></a>'


def _image(translator: Any, node: Picture, place: str) -> str:
    width, height = node["size"]
    written = {"src": place, "alt": node["alt"], "width": width, "height": height}
    if node["width"]:
        written["style"] = f"width: {node['width']}"
    return translator.starttag(node, "img", "", empty=True, **written)


def _inline(node: Picture, theme: str) -> str:
    svg = node.place(theme).read_text(encoding="utf-8")
    return svg.replace('style="', f'style="width: {node["width"]}; ', 1) if node["width"] else svg


def _placed(builder: Any, node: Picture, theme: str) -> str:
    """Copy a file to where the builder keeps images; return its address from the page."""
    goal = Path(builder.outdir, builder.imagedir)
    goal.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(node.place(theme), goal / node.file(theme))
    return f"{builder.imgpath}/{node.file(theme)}"


def latex_picture(translator: Any, node: Picture) -> None:
    """Write a picture for LaTeX, as a PDF in its light theme."""
    theme = node["themes"][0]
    file = node.file(theme, "pdf")
    try:
        node["figure"].draw(Path(translator.builder.outdir, file), theme=theme)
    except (DrawingError, DrawingTimeout) as error:
        logger.warning("rnn-diagram: there is no PDF of it: %s", error, location=node)
        translator.body.append(translator.encode(node["alt"]))
        raise nodes.SkipNode from None
    width = node["width"]
    share = f"[width={float(width[:-1]) / 100:g}\\linewidth]" if width.endswith("%") else ""
    translator.body.append(rf"\sphinxincludegraphics{share}{{{{{file}}}}}")
    raise nodes.SkipNode


def text_picture(translator: Any, node: Picture) -> None:
    """Write what a picture shows, where there are no pictures."""
    translator.add_text(node["alt"])
    raise nodes.SkipNode


def told_picture(translator: Any, node: Picture) -> None:
    """Write what a picture shows, for manual pages and for Texinfo."""
    escape = getattr(translator, "deunicode", None) or translator.escape
    translator.body.append(escape(node["alt"]))
    raise nodes.SkipNode


def add_picture(app: Sphinx) -> None:
    """Tell every builder how to write a picture."""
    app.add_node(
        Picture,
        html=(html_picture, None),
        latex=(latex_picture, None),
        text=(text_picture, None),
        man=(told_picture, None),
        texinfo=(told_picture, None),
    )

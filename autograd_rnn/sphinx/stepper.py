"""``.. rnn-stepper::``, both passes of a network on a page, to be stepped through."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx

from autograd_rnn.diagrams import DrawingError, DrawingTimeout, stepper
from autograd_rnn.diagrams.stepper.play import Stepper as Made
from autograd_rnn.figures import written
from autograd_rnn.sphinx.network import MADE_HERE, OF_A_NETWORK, OfANetwork

LOOK = ("title", "notation", "view", "theme")
PAGE_WIDTH = 750  # pixels that a picture has on most pages


class Player(nodes.General, nodes.Element):  # type: ignore[misc]  # docutils has no types
    """A stepper: attributes `file`, which holds it, `title` and `height`."""


class Stepper(OfANetwork):
    """``.. rnn-stepper:: lstm``, with the options that say which network; it always has a loss."""

    described: ClassVar[dict[str, Any]] = {
        name: how for name, how in OF_A_NETWORK.items() if name != "system"
    }
    option_spec: ClassVar[dict[str, Any]] = {
        **OfANetwork.option_spec,
        **described,
        **dict.fromkeys(LOOK, directives.unchanged_required),
        "drawn": written.steps,
        "height": directives.length_or_unitless,
    }

    def run(self) -> list[nodes.Node]:
        """Make the page of its own, and return a node that knows where it is."""
        try:
            made = stepper(self.figure().loss_itself(), **self._look())
        except (ValueError, TypeError, DrawingError, DrawingTimeout) as error:
            raise self.refused(error) from None
        page = made.html().encode()
        name = f"stepper-{hashlib.blake2b(page, digest_size=12).hexdigest()}.html"
        folder = Path(self.env.doctreedir, MADE_HERE)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(page)
        height = self.options.get("height", "") or _height(made)
        height = f"{height}px" if height.isdecimal() else height
        player = Player(file=str(folder / name), title=made.title, height=height)
        self.set_source_info(player)
        return [self.in_a_figure(player)]

    def _look(self) -> dict[str, Any]:
        """Return the options of `stepper` that say how the page looks."""
        look = {key: self.options[key] for key in LOOK if key in self.options}
        return look | ({"steps": self.options["drawn"]} if "drawn" in self.options else {})


def _height(made: Made) -> str:
    """Return a height that shows the picture, what can be pressed, and an event."""
    layout = made.drawing.layout
    picture = layout.height * min(1, PAGE_WIDTH / layout.width)
    return f"calc(min({picture:.0f}px, 60vh) + 26rem)"


def html_player(translator: Any, node: Player) -> None:
    """Write a frame, and a link to the page by itself."""
    builder, file = translator.builder, Path(node["file"])
    goal = Path(builder.outdir, builder.imagedir)
    goal.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, goal / file.name)
    place, title = f"{builder.imgpath}/{file.name}", translator.attval(node["title"])
    translator.body.append(
        f'<iframe src="{place}" title="{title}" loading="lazy" style="height: {node["height"]}">'
        f'</iframe><p class="alone"><a href="{place}">By itself</a></p>'
    )
    raise nodes.SkipNode


def title_of_player(translator: Any, node: Player) -> None:
    """Write its title where there is nothing to press."""
    if hasattr(translator, "add_text"):
        translator.add_text(node["title"])
    else:
        translator.body.append(node["title"])
    raise nodes.SkipNode


def add_player(app: Sphinx) -> None:
    """Tell every builder how to write a stepper."""
    others: Any = dict.fromkeys(("latex", "text", "man", "texinfo"), (title_of_player, None))
    app.add_node(Player, html=(html_player, None), **others)

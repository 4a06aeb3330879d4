"""The letters of a picture: those of the house, or those of a notation of the derivations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd_rnn.diagrams.typography.letters import Letter, Spell
from autograd_rnn.engine import Graph

if TYPE_CHECKING:
    from derivations.notation import Notation


def speller(graph: Graph, notation: str | Notation | None) -> Spell:
    """Return what writes a node's name and its step as a letter.

    Args:
        graph: of which the cell is asked: notations have letters for each kind.
        notation: a notation, its name, or None for the letters of the house.

    Raises:
        ValueError: there is no notation of that name.

    """
    if notation is None:
        return Letter.of
    from derivations.notation import Notation

    if isinstance(notation, str):
        notation = Notation.preset(notation)
    kinds = {node.place.cell for node in graph.nodes} & notation.letterings.keys() - {""}
    lettering = notation.within(kinds.pop() if len(kinds) == 1 else "").lettering()

    def spell(name: str, t: int | None) -> Letter:
        stem, _, written = name.rpartition("_")
        timed = t is not None
        if not timed and stem and written.isdigit():  # x_1 of a loop written by hand
            name, t = stem, int(written)
        letter, below, above = lettering.glyph(name, "" if t is None else str(t))
        if not timed:
            return Letter(letter, below, above)
        return Letter(letter, below, above, "sub" if lettering.time == "subscript" else "sup")

    return spell

"""The legend below a picture: each shared parameter once, gate by gate, and the notes."""

from __future__ import annotations

from collections.abc import Mapping

from autograd_rnn.diagrams.letters import count_of
from autograd_rnn.diagrams.palette import Theme
from autograd_rnn.diagrams.scene import Scene, Shared
from autograd_rnn.diagrams.typography import cell, letter_html, lines_html, row, table, words

BLOCKS_A_ROW = 6
ALIAS_NOTE = "dashed: the same array at every step that shows it"
SLOT_NOTE = "bold: a state carried to the next step"


def legend_html(scene: Scene, theme: Theme, number: Mapping[str, int]) -> str:
    """Return the legend as a table; "" if there is nothing to tell.

    Args:
        scene: the picture. theme: its colours.
        number: each gate's number, for its colour.

    """
    by_group: dict[str, list[Shared]] = {}
    for shared in scene.shared:
        by_group.setdefault(shared.group, []).append(shared)
    blocks = [
        cell(_block(group, entries, theme, number.get(group, -1)), valign="top")
        for group, entries in by_group.items()
    ]
    rows = [
        row(cell(table(row(*blocks[i : i + BLOCKS_A_ROW]), border=0, cellspacing=4), align="left"))
        for i in range(0, len(blocks), BLOCKS_A_ROW)
    ]
    explained = [(ALIAS_NOTE, scene.shared), (SLOT_NOTE, scene.slots)]
    notes = [*(note for note, present in explained if present), *scene.notes]
    rows += [row(cell(words(note), align="left")) for note in notes]
    return table(*rows, border=0, cellpadding=1) if rows else ""


def _block(group: str, entries: list[Shared], theme: Theme, number: int) -> str:
    """Return the parameters of one gate, framed in its colour."""
    head = row(cell(words(group), colspan=2, bgcolor=theme.frame_fill(number)))
    rows = [head] if group else []
    for entry in entries:
        about = f"{entry.shape}, read at {count_of(len(entry.steps), 'step')}"
        rows.append(row(cell(letter_html(entry.letter)), cell(words(about), align="left")))
        if entry.lines:
            rows.append(row(cell(""), cell(lines_html(entry.lines), align="left")))
    return table(*rows, border=1, cellpadding=3, color=theme.hue(number), style="rounded")

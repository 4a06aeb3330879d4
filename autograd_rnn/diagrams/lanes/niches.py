"""Where the name of a gate finds room within its frame, beside wires and boxes.

There it takes no height. It stands in a row of the gate: to the right of a wire that goes up, or to
the left of a box without parameters.
"""

from __future__ import annotations

from dataclasses import dataclass

from autograd_rnn.diagrams.lanes.boxes import content_of
from autograd_rnn.diagrams.lanes.grid import Placing
from autograd_rnn.diagrams.lanes.wiring import Wiring
from autograd_rnn.diagrams.scene.template import Role


@dataclass(frozen=True)
class Niche:
    """A free place in a row of a gate.

    Attributes:
        column, row: its cell. last: the column up to which the name may reach to the right.
        box: what stands to the right of the name; None if it begins at the middle of the column.

    """

    column: int
    row: int
    last: int
    box: Role | None = None


def niche_of(roles: tuple[Role, ...], placing: Placing, wiring: Wiring) -> Niche | None:
    """Return where the name of a gate can stand: as high as it may, or beside its narrowest box."""
    cells = [placing.cells[role] for role in roles]
    first, last = min(c for c, _ in cells), max(c for c, _ in cells)
    rows = range(max(r for _, r in cells), min(r for _, r in cells) - 1, -1)
    runs = [run for path in wiring.paths.values() for run in wiring.runs(path)]
    for row in rows:
        right = 2 * first + 1, 2 * first + 2
        if (first, row) not in placing.taken and not _meets(runs, row, *right):
            reach = first
            while reach < last and _is_free(placing, runs, reach + 1, row):
                reach += 1
            return Niche(first, row, reach)
    boxes = [
        (content_of(placing.template.roles[box]).width, row, box)
        for row in rows
        if (box := placing.taken[first, row]) not in placing.template.aliases
        and not _meets(runs, row, 2 * first, 2 * first + 1)
    ]
    if not boxes:
        return None
    _, row, box = min(boxes, key=lambda found: (found[0], -found[1]))
    return Niche(first, row, first, box)


Run = tuple[str, int, float, float]


def _meets(runs: list[Run], row: int, low: int, high: int) -> bool:
    """Whether a wire runs along a row between two places in the order of columns."""
    return any(
        kind == "row" and number == row and start < high and end > low
        for kind, number, start, end in runs
    )


def _is_free(placing: Placing, runs: list[Run], column: int, row: int) -> bool:
    """Whether nothing stands in a cell or crosses it, or the channel to its left."""
    level = 2 * row + 1
    crossed = any(
        kind in ("v", "centre") and number == column and start <= level <= end
        for kind, number, start, end in runs
    )
    beside = _meets(runs, row, 2 * column - 1, 2 * column + 2)
    return (column, row) not in placing.taken and not crossed and not beside

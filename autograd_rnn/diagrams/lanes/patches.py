"""The frames of the gates: which cells of the grid each encloses, and how its label is set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from autograd_rnn.diagrams.lanes.grid import Cell, Placing
from autograd_rnn.diagrams.lanes.niches import Niche, niche_of
from autograd_rnn.diagrams.lanes.wiring import Wiring
from autograd_rnn.diagrams.scene.items import Kind
from autograd_rnn.diagrams.scene.template import Role
from autograd_rnn.diagrams.typography.typeset import set_line

GATE_SIZE, GATE_LEADING = 14.0, 13.5
STRIP_PADDING = 6.0
LONGEST = 96.0  # of a label in one line that wires cross, where height is saved
LOW_STRIP = 5.0  # above a part of a gate that is not labelled


@dataclass(frozen=True)
class Patch:
    """Cells of a gate in one frame.

    Attributes:
        roles: what stands in them. top: their top row.
        column, last: the first column, and the last over which the label may reach.
        lines: the label, one or two lines; nothing where another frame of the gate has it.
        crossed: whether wires cross the strip of the label.
        niche: where the label stands within the frame, if not in a strip at its top.

    """

    roles: tuple[Role, ...]
    group: str
    column: int
    last: int
    top: int
    lines: tuple[str, ...] = ()
    crossed: bool = False
    niche: Niche | None = None

    @property
    def width(self) -> float:
        """The width of the label."""
        return max((set_line((line,), GATE_SIZE).width for line in self.lines), default=0.0)

    @property
    def strip(self) -> float:
        """The height of the label."""
        in_strip = self.lines and not self.niche
        return GATE_LEADING * len(self.lines) + 3 if in_strip else LOW_STRIP


def patches_of(placing: Placing, wiring: Wiring) -> list[Patch]:
    """Return the frames: a gate in which others stand has several, the largest one named."""
    found: list[Patch] = []
    kinds = dict.fromkeys(_gate(placing, role) for role in placing.cells)
    for kind in kinds:
        if kind[1]:
            found += (_labelled(p, placing, wiring) for p in _patches_of(placing, kind))
    return found


def _gate(placing: Placing, role: Role) -> tuple[int, str]:
    item = placing.template.roles[role]
    return item.lane, item.group


def _patches_of(placing: Placing, gate: tuple[int, str]) -> Iterator[Patch]:
    cells = placing.cells
    own = [role for role in cells if _gate(placing, role) == gate]
    own.sort(key=lambda role: (cells[role][1], cells[role][0]))
    several: list[list[Role]] = []
    for role in own:
        joined = next((roles for roles in several if _alone(placing, [*roles, role])), None)
        if joined is None:
            several.append([role])
        else:
            joined.append(role)
    several = [roles for roles in several if _makes_something(placing, roles)]
    largest = max(several, key=len, default=[])
    for roles in several:
        columns = [cells[role][0] for role in roles]
        top = max(cells[role][1] for role in roles)
        lines = (gate[1],) if roles is largest else ()
        yield Patch(tuple(roles), gate[1], min(columns), max(columns), top, lines)


def _makes_something(placing: Placing, roles: list[Role]) -> bool:
    """Whether there is more than what is given, which needs no frame."""
    return any(placing.template.roles[role].kind is Kind.OPERATION for role in roles)


def _alone(placing: Placing, roles: list[Role]) -> bool:
    """Whether nothing of another gate stands in the rectangle around the roles."""
    cells = [placing.cells[role] for role in roles]
    columns, rows = zip(*cells, strict=True)
    gate = _gate(placing, roles[0])
    return all(
        _gate(placing, role) == gate
        for (column, row), role in placing.taken.items()
        if min(columns) <= column <= max(columns) and min(rows) <= row <= max(rows)
    )


def _labelled(patch: Patch, placing: Placing, wiring: Wiring) -> Patch:
    """Set a label that wires cross so that it ends before them; within the frame to save height."""
    if not patch.lines:
        return patch
    short = placing.low > 1 and patch.width <= LONGEST
    niche = niche_of(patch.roles, placing, wiring) if short and placing.low > 2 else None
    if niche:
        return replace(patch, niche=niche)
    level = 2 * patch.top + 2  # of the strip, in the order of rows
    if _rises((patch.column, patch.top), level, placing, wiring):
        lines = patch.lines if short else _broken(patch.group)
        return replace(patch, lines=lines, crossed=True)
    last = patch.column
    while last < patch.last and not _is_crossed(last + 1, patch.top, level, placing, wiring):
        last += 1
    return replace(patch, last=last)


def _is_crossed(column: int, top: int, level: int, placing: Placing, wiring: Wiring) -> bool:
    """Whether wires cross a strip in a column, or in the channel to its left."""
    beside = any(
        kind == "v" and number == column and low <= level <= high
        for kind, number, low, high in _runs(wiring)
    )
    return beside or _rises((column, top), level, placing, wiring)


def _rises(cell: Cell, level: float, placing: Placing, wiring: Wiring) -> bool:
    """Whether a wire leaves a cell through its top."""
    role = placing.taken.get(cell)
    if role is not None and wiring.pins.get((role, "top")):
        return True
    return any(
        kind == "centre" and number == cell[0] and low < level <= high
        for kind, number, low, high in _runs(wiring)
    )


def _runs(wiring: Wiring) -> Iterator[tuple[str, int, float, float]]:
    return (run for path in wiring.paths.values() for run in wiring.runs(path))


def _broken(words: str) -> tuple[str, ...]:
    """Break a name where its two lines are the most equal."""
    breaks = [i for i, character in enumerate(words) if character == " "]
    if not breaks:
        return (words,)
    at = min(breaks, key=lambda i: abs(2 * i - len(words)))
    return words[:at], words[at + 1 :]

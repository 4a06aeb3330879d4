"""Where the roles of a step stand: each in a cell of a grid, in a column and in a row.

Each recurrence has rows of its own, one above the other (`lane_placing`). What reads several of
them, outputs and losses, stands above all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from autograd_rnn.diagrams.lanes.grid import Cell, Placing, reached
from autograd_rnn.diagrams.lanes.lane_placing import place_lane
from autograd_rnn.diagrams.scene.items import Lane
from autograd_rnn.diagrams.scene.template import Role, Template


def place(
    template: Template, groups: Iterable[str], lanes: Sequence[Lane], low: int = 0
) -> Placing:
    """Give every role of a step its cell.

    Args:
        template: the roles. groups: the gates from left to right.
        lanes: the recurrences, by the numbers that items have.
        low: how much height is saved.

    """
    order = list(groups)
    members = _members(template)
    placed = [
        (number, place_lane(template.part(roles), order, low))
        for number, roles in sorted(members.items(), key=lambda m: (_row(m[0], lanes), m[0]))
    ]
    columns = max((lane.columns for _, lane in placed), default=1)
    made = Placing(template, least_columns=columns, low=low)
    foot = 0
    for number, lane in placed:
        _stack(made, lane, foot, mirrored=0 <= number < len(lanes) and lanes[number].reverse)
        foot += lane.rows
    place_above(made)
    for rail in template.enters | template.leaves:  # of what no lane makes
        made.rail_row.setdefault(rail, made.rows)
    return made


def _members(template: Template) -> Mapping[int, list[Role]]:
    """Return the roles of each lane; without recurrences, all that makes a step's own states."""
    members: dict[int, list[Role]] = {}
    for role, readers in template.readers().items():
        members.setdefault(_lane(template, role, readers), []).append(role)
    if set(members) - {-1}:
        members.pop(-1, None)
        return members
    states = set(template.leaves.values())
    makers = reached(states, template.reads) | states
    inside = [role for role in template.reads if role in makers or not states]
    return {-1: inside} if inside else {}


def _lane(template: Template, role: Role, readers: Sequence[Role]) -> int:
    """Return the lane of a role; a leaf that no recurrence knows lies in that of its readers."""
    lane = template.roles[role].lane
    if lane >= 0 or template.reads[role] or not readers:
        return lane
    of_readers = {template.roles[reader].lane for reader in readers}
    return of_readers.pop() if len(of_readers) == 1 else lane


def _row(number: int, lanes: Sequence[Lane]) -> int:
    return lanes[number].row if 0 <= number < len(lanes) else 0


def _stack(made: Placing, lane: Placing, foot: int, mirrored: bool) -> None:
    """Put a lane on top of those below it."""
    last = made.columns - 1
    for role, (column, row) in lane.cells.items():
        made.cells[role] = (last - column if mirrored else column, foot + row)
    made.rail_row |= {rail: foot + row for rail, row in lane.rail_row.items()}
    made.spines |= lane.spines
    if mirrored:
        made.mirrored |= set(lane.cells)


def place_above(made: Placing) -> None:
    """Put what belongs to no lane above all lanes, each above what it reads."""
    template, full = made.template, set(made.cells.values())
    top = max([row for _, row in full] + list(made.rail_row.values()), default=-1)
    above = [role for role in template.ordered() if role not in made.cells]
    leaves = [r for r in above if not template.reads[r] and template.readers()[r]]
    rows: dict[Role, int] = {}
    beside: set[Role] = set()
    for role in above:
        if role not in leaves:
            below = [rows[r] for r in template.reads[role] if r in rows]
            rows[role] = max([top + 1, *(row + 1 for row in below)])
            # A target stands below what compares with it, in a row that no rail runs through.
            if (
                not made.low
                and rows[role] == top + 1
                and not set(leaves).isdisjoint(template.reads[role])
            ):
                rows[role] += 1
            if made.low and below and rows[role] > top + 2 and _compares(template, role, leaves):
                rows[role] -= 1
                beside.add(role)
    nearest = min if beside else max  # so that there is room beside
    for role in rows:
        near = [made.cells[r][0] for r in template.reads[role] if r in made.cells]
        _put(made, full, role, nearest(near, default=0) + (role in beside), rows[role])
        for leaf in template.reads[role]:
            if leaf not in made.cells and role in beside:
                _put(made, full, leaf, made.cells[role][0], rows[role] - 1)
            elif leaf not in made.cells:
                _put_beside(made, full, leaf, made.cells[role], top)


def _compares(template: Template, role: Role, leaves: Sequence[Role]) -> bool:
    """Whether a role holds one value, which only it reads, against a target: it can stand beside.

    The target then stands below it. It takes no row of its own.
    """
    (*values,) = (read for read in template.reads[role] if read not in leaves)
    targets = [read for read in template.reads[role] if read in leaves]
    alone = len(values) == 1 and template.readers()[values[0]] == [role]
    return alone and len(targets) == 1 and not template.aliases.get(role)


def _put_beside(made: Placing, full: set[Cell], leaf: Role, cell: Cell, top: int) -> None:
    """Put a target one row below and to the left of what compares with it, where it is free."""
    column, row = cell
    row = row - 1 if row - 1 > top else row
    left = column - 1 if column and (column - 1, row) not in full else column + 1
    _put(made, full, leaf, left, row)


def _put(made: Placing, full: set[Cell], role: Role, column: int, row: int) -> None:
    while (column, row) in full:
        column += 1
    full.add((column, row))
    made.cells[role] = (column, row)

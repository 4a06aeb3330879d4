"""Where the roles of a step stand: each in a cell of a grid, in a column and in a row.

Rows go up from the inputs; gates have columns of their own, from left to right. A state that can
pass its step unchanged lies on a rail at the top, as in the pictures that everyone knows; other
states are carried along the row where they are read. Outputs and losses stand above the rails.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from autograd_rnn.diagrams.scene import Kind
from autograd_rnn.diagrams.template import Role, Template

Cell = tuple[int, int]  # column, row


@dataclass
class Placing:
    """The cells of the roles of a step.

    Attributes:
        cells: the cell of each role but of aliases and entries.
        rail_row: the row along which each rail enters and leaves.
        spines: for each rail at the top, the roles that lie on it.

    """

    template: Template
    cells: dict[Role, Cell] = field(default_factory=dict)
    rail_row: dict[str, int] = field(default_factory=dict)
    spines: dict[str, list[Role]] = field(default_factory=dict)

    @property
    def columns(self) -> int:
        """The number of columns."""
        return 1 + max((column for column, _ in self.cells.values()), default=0)

    @property
    def rows(self) -> int:
        """The number of rows."""
        used = [row for _, row in self.cells.values()]
        return 1 + max([*used, *self.rail_row.values()], default=0)

    @cached_property
    def taken(self) -> dict[Cell, Role]:
        """The role in each cell."""
        return {cell: role for role, cell in self.cells.items()}

    def column_is_clear(self, column: int, low: int, high: int) -> bool:
        """Whether nothing stands in a column between two rows."""
        return all((column, row) not in self.taken for row in range(low + 1, high))

    def row_is_clear(self, row: int, left: int, right: int) -> bool:
        """Whether nothing stands in a row between two columns."""
        return all((column, row) not in self.taken for column in range(left + 1, right))


def place(template: Template, groups: Iterable[str]) -> Placing:
    """Give every role of a step its cell; `groups` are the gates from left to right."""
    return _Placer(template, list(groups)).place()


class _Placer:
    """Fills the grid."""

    def __init__(self, template: Template, groups: list[str]) -> None:
        self.template = template
        self.groups = groups
        self.readers = template.readers()
        self.made = Placing(template)
        ways = {rail: template.carousel(rail) for rail in template.leaves}
        self.made.spines = {rail: way for rail, way in ways.items() if way}
        self.on_spine = {role for way in self.made.spines.values() for role in way}
        self.states = set(template.leaves.values())
        self.above = self._descendants(self.states) - self._ancestors(self.states)
        self.targets = {
            r for r in self.readers if self.readers[r] and self.above >= set(self.readers[r])
        }
        self.targets -= self.above | self.states
        self.rows: dict[Role, int] = {}
        self.full: set[Cell] = set()

    def place(self) -> Placing:
        self._choose_rows()
        self._choose_columns()
        return self.made

    # --- rows -------------------------------------------------------------------------------------

    def _choose_rows(self) -> None:
        """Put each role above what it reads; the top rails above all, outputs above the rails."""
        elsewhere = self.on_spine | self.above | self.targets
        inside = [r for r in self.template.reads if r not in elsewhere]
        for role in self._ordered(inside):
            below = [self.rows[r] for r in self.template.reads[role] if r in self.rows]
            leaf = self.template.roles[role].kind is Kind.INPUT
            self.rows[role] = 0 if leaf else 1 + max(below, default=0)
        for role in reversed(self._ordered(inside)):
            self._lift(role, inside)
        top = max(self.rows.values(), default=0)
        for rail in self.made.spines:
            top += 1
            self.made.rail_row[rail] = top
            self.rows.update(dict.fromkeys(self.made.spines[rail], top))
        for rail in self.template.enters | self.template.leaves:
            self.made.rail_row.setdefault(rail, self._low_row(rail))
        self._choose_rows_above(top)

    def _lift(self, role: Role, inside: list[Role]) -> None:
        """Lift what reads only a rail, such as tanh(c_t), to just above its reader."""
        reads = self.template.reads[role]
        readers = [r for r in self.readers[role] if r in inside]
        if reads and set(reads) <= self.on_spine and readers:
            self.rows[role] = 1 + max(self.rows[r] for r in readers)
        elif not reads and readers and self.template.roles[role].kind is not Kind.INPUT:
            self.rows[role] = max(1, min(self.rows[r] for r in readers) - 1)

    def _low_row(self, rail: str) -> int:
        """Return the row of what first reads a state that is not carried at the top."""
        readers = [r for r in self.template.enters.get(rail, ()) if r in self.rows]
        return min((self.rows[r] for r in readers), default=1)

    def _choose_rows_above(self, top: int) -> None:
        for role in self._ordered(self.above):
            below = [self.rows[r] for r in self.template.reads[role] if r in self.above]
            self.rows[role] = max([top + 1, *(row + 1 for row in below)])
            for leaf in self.template.reads[role]:
                if leaf not in self.rows:
                    self.rows[leaf] = self.rows[role]

    def _ordered(self, roles: Iterable[Role]) -> list[Role]:
        wanted = set(roles)
        order = {role: i for i, role in enumerate(self.template.reads)}
        done: dict[Role, None] = {}
        waiting = sorted(wanted, key=order.__getitem__, reverse=True)
        while waiting:
            role = waiting[-1]
            missing = [r for r in self.template.reads[role] if r in wanted and r not in done]
            if missing and role not in done:
                waiting += missing
            else:
                done.setdefault(waiting.pop())
        return list(done)

    # --- columns ----------------------------------------------------------------------------------

    def _choose_columns(self) -> None:
        elsewhere = self.above | self.targets
        inside = [r for r in self._ordered(self.template.reads) if r not in elsewhere]
        late = [r for r in inside if self._is_late(r)]
        for group in self.groups:
            self._place_gate([r for r in inside if self._group(r) == group and r not in late])
        for role in late:
            self._put(role, self._column_after(role))
        for role in reversed([r for r in inside if not self._group(r)]):
            self._put(role, self._column_below(role))
        for role in self._ordered(self.above):
            self._put_above(role)

    def _group(self, role: Role) -> str:
        return self.template.roles[role].group

    def _is_late(self, role: Role) -> bool:
        """Whether the role belongs to no gate of its own: it joins what gates have made."""
        joins = {self._group(r) for r in self.template.reads[role]} - {""}
        return bool(self._group(role)) and (
            role in self.on_spine or role in self.states or len(joins - {self._group(role)}) > 0
        )

    def _place_gate(self, members: list[Role]) -> None:
        """Give a gate its own columns: one, or more where two of it stand in the same row."""
        first = 1 + max((column for column, _ in self.full), default=-1)
        for role in members:
            own = [self.made.cells[r][0] for r in self.template.reads[role] if r in members]
            self._put(role, max([first, *own[:1]]))

    def _column_after(self, role: Role) -> int:
        """Return the column of the rightmost of what the role joins, or of what reads it."""
        known = [*self.template.reads[role], *self.readers[role]]
        columns = [self.made.cells[r][0] for r in known if r in self.made.cells]
        before = [
            self.made.cells[r][0]
            for r in self.template.reads[role]
            if r in self.on_spine and r in self.made.cells
        ]
        bottom_state = role in self.states and role not in self.on_spine
        last = max((column for column, _ in self.full), default=0)
        if bottom_state or self._feeds_bottom_state(role):
            return last
        return max([*columns, *before], default=0)

    def _column_below(self, role: Role) -> int:
        """Return the column of the first that reads what belongs to no gate."""
        columns = [self.made.cells[r][0] for r in self.readers[role] if r in self.made.cells]
        reads = [self.made.cells[r][0] for r in self.template.reads[role] if r in self.made.cells]
        return min(columns, default=max(reads, default=0))

    def _feeds_bottom_state(self, role: Role) -> bool:
        reads = self.template.reads[role]
        lifted = bool(reads) and set(reads) <= self.on_spine
        return lifted and any(r in self.states - self.on_spine for r in self.readers[role])

    def _put(self, role: Role, column: int) -> None:
        """Put a role into its row, in the first free cell from a column on."""
        row = self.rows[role]
        while (column, row) in self.full:
            column += 1
        self.full.add((column, row))
        self.made.cells[role] = (column, row)

    def _put_above(self, role: Role) -> None:
        columns = [self.made.cells[r][0] for r in self.template.reads[role] if r in self.made.cells]
        self._put(role, max(columns, default=0))
        for leaf in self.template.reads[role]:
            if leaf not in self.made.cells:
                self._put_beside(leaf, self.made.cells[role])

    def _put_beside(self, leaf: Role, cell: Cell) -> None:
        """Put a target one row below and to the left of what compares with it, where it is free."""
        column, row = cell
        self.rows[leaf] = row - 1 if row - 1 > max(self.made.rail_row.values(), default=0) else row
        left = (column - 1, self.rows[leaf])
        self._put(leaf, left[0] if left[0] >= 0 and left not in self.full else column + 1)

    # --- who depends on whom ----------------------------------------------------------------------

    def _descendants(self, roles: set[Role]) -> set[Role]:
        return self._reached(roles, self.readers)

    def _ancestors(self, roles: set[Role]) -> set[Role]:
        return self._reached(roles, self.template.reads) | roles

    @staticmethod
    def _reached(roles: set[Role], onward: dict[Role, list[Role]]) -> set[Role]:
        found: set[Role] = set()
        waiting = [r for role in roles for r in onward[role]]
        while waiting:
            role = waiting.pop()
            if role not in found:
                found.add(role)
                waiting += onward[role]
        return found

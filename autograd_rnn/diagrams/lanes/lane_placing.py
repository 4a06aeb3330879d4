"""Where the roles of one recurrence stand: the rows and columns of its lane.

Rows go up from the inputs; gates have columns of their own, from left to right. A state that can
pass its step unchanged lies on a rail at the top, as in the pictures that everyone knows; other
states are carried along the row where they are read.
"""

from __future__ import annotations

from autograd_rnn.diagrams.lanes.grid import Cell, Placing
from autograd_rnn.diagrams.scene.items import Kind
from autograd_rnn.diagrams.scene.template import Role, Template


def place_lane(template: Template, groups: list[str], low: int = 0) -> Placing:
    """Give every role of a lane its cell.

    Args:
        template: the roles. groups: the gates from left to right.
        low: how much height is saved.

    """
    return _Placer(template, groups, low).place()


class _Placer:
    """Fills the grid of one lane."""

    def __init__(self, template: Template, groups: list[str], low: int) -> None:
        self.template = template
        self.low = low
        self.groups = groups
        self.readers = template.readers()
        self.made = Placing(template)
        ways = {rail: template.carousel(rail) for rail in template.leaves}
        for rail, way in ways.items():
            if way and not {role for spine in self.made.spines.values() for role in spine} & {*way}:
                self.made.spines[rail] = way
        self.on_spine = {role for way in self.made.spines.values() for role in way}
        self.states = set(template.leaves.values())
        self.rows: dict[Role, int] = {}
        self.full: set[Cell] = set()

    def place(self) -> Placing:
        self._choose_rows()
        self._choose_columns()
        return self.made

    # --- rows -------------------------------------------------------------------------------------

    def _choose_rows(self) -> None:
        """Put each role above what it reads; the top rails above all, outputs above the rails."""
        inside = [r for r in self.template.reads if r not in self.on_spine]
        order = [role for role in self.template.ordered() if role in set(inside)]
        for role in order:
            below = [self.rows[r] for r in self.template.reads[role] if r in self.rows]
            leaf = self.template.roles[role].kind is Kind.INPUT
            above = 0 if self._stands_beside(role) else 1
            self.rows[role] = 0 if leaf else above + max(below, default=0)
        for role in reversed(order):
            self._lift(role, inside)
        top = max(self.rows.values(), default=0)
        for rail in self.made.spines:
            top += 1
            self.made.rail_row[rail] = top
            self.rows.update(dict.fromkeys(self.made.spines[rail], top))
        for rail in self.template.enters | self.template.leaves:
            self._choose_low_row(rail)

    def _stands_beside(self, role: Role) -> bool:
        """Whether a role only scales what one gate makes for it, such as a GRU's r ⊙ h."""
        reads = self.template.reads[role]
        return (
            self.low > 2
            and self.template.is_elementwise(role)
            and len(reads) == 1
            and self.readers[reads[0]] == [role]
            and self._group(reads[0]) not in ("", self._group(role))
        )

    def _lift(self, role: Role, inside: list[Role]) -> None:
        """Lift what reads only a rail, such as tanh(c_t), to just above its reader."""
        reads = self.template.reads[role]
        readers = [r for r in self.readers[role] if r in inside]
        if reads and set(reads) <= self.on_spine and readers:
            self.rows[role] = 1 + max(self.rows[r] for r in readers)
        elif not reads and readers and self.template.roles[role].kind is not Kind.INPUT:
            self.rows[role] = max(1, min(self.rows[r] for r in readers) - 1)

    def _choose_low_row(self, rail: str) -> None:
        """Carry a state along the row of what first reads it; if that has a rail, below all."""
        if rail in self.made.rail_row:
            return
        readers = [r for r in self.template.enters.get(rail, ()) if r in self.rows]
        row = min((self.rows[r] for r in readers), default=1)
        if row in self.made.rail_row.values():
            self.rows = {role: row + 1 for role, row in self.rows.items()}
            self.made.rail_row = {name: row + 1 for name, row in self.made.rail_row.items()}
            row = 0
        self.made.rail_row[rail] = row

    # --- columns ----------------------------------------------------------------------------------

    def _choose_columns(self) -> None:
        inside = self.template.ordered()
        late = [r for r in inside if self._is_late(r)]
        for group in self.groups:
            self._place_gate([r for r in inside if self._group(r) == group and r not in late])
        for role in late:
            self._put(role, self._column_after(role))
        for role in reversed([r for r in inside if not self._group(r)]):
            self._put(role, self._column_below(role))

    def _group(self, role: Role) -> str:
        return self.template.roles[role].group

    def _is_late(self, role: Role) -> bool:
        """Whether the role belongs to no gate of its own: it joins what gates have made."""
        joins = {self._group(r) for r in self.template.reads[role]} - {""}
        return bool(self._group(role)) and (
            role in self.on_spine or role in self.states or len(joins - {self._group(role)}) > 0
        )

    def _place_gate(self, members: list[Role]) -> None:
        """Give a gate columns: one, or more where two of it stand in the same row."""
        after = 1 + max((column for column, _ in self.full), default=-1)
        above = self._column_of_own_gate(self._group(members[0])) if members else None
        first = after if above is None else above
        for role in members:
            own = [self.made.cells[r][0] for r in self.template.reads[role] if r in members]
            self._put(role, max([first, *own[:1]]))

    def _column_of_own_gate(self, group: str) -> int | None:
        """Return the column of a gate that only this one reads, such as a GRU's reset gate.

        This one may stand above it, if all of it is higher.
        """
        own = [r for r in self.template.reads if self._group(r) == group]
        for read in dict.fromkeys(r for role in own for r in self.template.reads[role]):
            below = [r for r in self.made.cells if self._group(r) == self._group(read) != group]
            only = {self._group(r) for r in self.readers[read]} == {group}
            if read in below and only and self._are_above(own, below):
                return self.made.cells[read][0]
        return None

    def _are_above(self, higher: list[Role], lower: list[Role]) -> bool:
        return min(self.rows[r] for r in higher) > max(self.rows[r] for r in lower)

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

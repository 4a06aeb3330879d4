"""The grid of a step: which role stands in which cell, and which row a rail has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from autograd_rnn.diagrams.scene.template import Role, Template

Cell = tuple[int, int]  # column, row


@dataclass
class Placing:
    """The cells of the roles of a step.

    Attributes:
        cells: the cell of each role but of aliases and entries.
        rail_row: the row along which each rail enters and leaves.
        spines: for each rail at the top of its lane, the roles that lie on it.
        least_columns: how many columns there are at least.
        mirrored: the roles of lanes that run from right to left.
        low: how much height is saved, as in a scene.

    """

    template: Template
    cells: dict[Role, Cell] = field(default_factory=dict)
    rail_row: dict[str, int] = field(default_factory=dict)
    spines: dict[str, list[Role]] = field(default_factory=dict)
    least_columns: int = 1
    mirrored: set[Role] = field(default_factory=set)
    low: int = 0

    @property
    def columns(self) -> int:
        """The number of columns."""
        used = [column + 1 for column, _ in self.cells.values()]
        return max([self.least_columns, *used])

    @property
    def rows(self) -> int:
        """The number of rows."""
        used = [row for _, row in self.cells.values()]
        return 1 + max([*used, *self.rail_row.values()], default=0)

    @cached_property
    def taken(self) -> dict[Cell, Role]:
        """The role in each cell."""
        return {cell: role for role, cell in self.cells.items()}

    def runs_back(self, rail: str) -> bool:
        """Whether a rail runs from right to left."""
        ends = {self.template.leaves.get(rail), *self.template.enters.get(rail, ())}
        return not ends.isdisjoint(self.mirrored)

    def column_is_clear(self, column: int, low: int, high: int) -> bool:
        """Whether nothing stands in a column between two rows."""
        return all((column, row) not in self.taken for row in range(low + 1, high))

    def row_is_clear(self, row: int, left: int, right: int) -> bool:
        """Whether nothing stands in a row between two columns."""
        return all((column, row) not in self.taken for column in range(left + 1, right))


def reached(roles: Iterable[Role], onward: Mapping[Role, list[Role]]) -> set[Role]:
    """Return all roles that can be reached from some."""
    found: set[Role] = set()
    waiting = [r for role in roles for r in onward[role]]
    while waiting:
        role = waiting.pop()
        if role not in found:
            found.add(role)
            waiting += onward[role]
    return found

"""What a cross-check found, as data and as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from autograd_rnn.crosscheck.locate import Location
from autograd_rnn.crosscheck.roads import Road


@dataclass(frozen=True)
class Exact:
    """A comparison without rounding.

    Attributes:
        claim: what was compared, in words.
        equal: whether it held.
        sizes: at which sizes.
        error_bound: the chance that unequal formulas pass; "0" where numbers were rational.

    """

    claim: str
    equal: bool
    sizes: str
    error_bound: str


@dataclass(frozen=True)
class Report:
    """The outcome of a cross-check.

    Attributes:
        cell, loss, sizes: what was checked.
        tolerance: the largest relative deviation that counts as agreement.
        roads: the roads taken.
        deviations: for each parameter and road, the largest deviation from the road that most
            others agree with, relative to that parameter's largest gradient entry.
        exact: the comparisons without rounding.
        location: where the roads part, if they do and it could be found.
        seconds: how long it took.

    """

    cell: str
    loss: str
    sizes: Mapping[str, int]
    tolerance: float
    roads: tuple[Road, ...]
    deviations: Mapping[str, Mapping[str, float]]
    exact: tuple[Exact, ...]
    location: Location | None
    seconds: float

    @property
    def agree(self) -> bool:
        """Whether every road agrees for every parameter, and every exact comparison held."""
        return not self.disagreements and all(check.equal for check in self.exact)

    @property
    def disagreements(self) -> dict[str, tuple[str, ...]]:
        """The parameters whose roads part, each with the roads that leave the others."""
        parted = {
            name: tuple(road for road, gap in row.items() if not gap <= self.tolerance)
            for name, row in self.deviations.items()
        }
        return {name: roads for name, roads in parted.items() if roads}

    @property
    def verdict(self) -> str:
        """One paragraph: agreement, or which parameter, which road and where."""
        if self.agree:
            worst = max(gap for row in self.deviations.values() for gap in row.values())
            return (
                f"All {len(self.roads)} roads agree on all {len(self.deviations)} gradients: "
                f"largest relative deviation {worst:.1e}, allowed {self.tolerance:.0e}."
            )
        lines = [
            f"{name}: {' and '.join(roads)} {'differs' if len(roads) == 1 else 'differ'} "
            f"from the others by {max(self.deviations[name][r] for r in roads):.1e}, relative."
            for name, roads in self.disagreements.items()
        ]
        lines += [
            f"Not equal: {check.claim} ({check.sizes})." for check in self.exact if not check.equal
        ]
        if self.location:
            where = str(self.location)
            lines.append(where[0].upper() + where[1:])
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data, ready for JSON."""
        return {
            "format": "autograd-rnn crosscheck",
            "version": 1,
            "cell": self.cell,
            "loss": self.loss,
            "sizes": dict(self.sizes),
            "agree": self.agree,
            "tolerance": self.tolerance,
            "verdict": self.verdict,
            "roads": [{"name": r.name, "how": r.how, "shares": r.shares} for r in self.roads],
            "deviations": {name: dict(row) for name, row in self.deviations.items()},
            "exact": [asdict(check) for check in self.exact],
            "location": asdict(self.location) if self.location else None,
            "seconds": self.seconds,
        }

    def __str__(self) -> str:
        sizes = ", ".join(f"{name} {size}" for name, size in self.sizes.items())
        width = max(len(name) for name in self.deviations)
        head = f"{self.cell}, {self.loss}; {sizes}"
        legend = [f"  {i}. {r.name}, {r.how}: {r.shares}" for i, r in enumerate(self.roads, 1)]
        numbers = "".join(f"{i:>10}" for i in range(1, len(self.roads) + 1))
        rows = [
            f"{name:<{width}}" + "".join(f"{row[road.name]:>10.1e}" for road in self.roads)
            for name, row in self.deviations.items()
        ]
        exact = [
            f"exactly {'equal' if c.equal else 'NOT equal'}: {c.claim} ({c.sizes}; error bound "
            f"{c.error_bound})"
            for c in self.exact
        ]
        return "\n".join([head, *legend, " " * width + numbers, *rows, *exact, self.verdict])

    def __repr__(self) -> str:
        outcome = "agree" if self.agree else "DISAGREE"
        return f"<cross-check of {self.cell}: {len(self.roads)} roads {outcome}>"

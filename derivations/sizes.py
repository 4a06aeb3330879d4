"""The numbers that the letters of shapes stand for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """The number of each letter; B is the batch and T the time."""

    dimensions: Mapping[str, int]

    def of(self, shape: Iterable[str]) -> tuple[int, ...]:
        """Return a shape such as (n, n+m) in numbers."""
        return tuple(sum(self.dimensions[d] for d in part.split("+")) for part in shape)

    @property
    def steps(self) -> int:
        """The number of steps T."""
        return self.dimensions["T"]

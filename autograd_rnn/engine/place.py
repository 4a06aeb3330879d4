"""Where a node stands: cell, gate and time step, stamped on everything made there."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from autograd_rnn.engine.graph import Node


class Place(NamedTuple):
    """Where in the network a node stands: `lstm / forget gate / t=3`.

    `t` counts steps from 1, as the equations do; None outside of time.
    """

    cell: str = ""
    gate: str = ""
    t: int | None = None

    def __str__(self) -> str:
        parts = [self.cell, self.gate, "" if self.t is None else f"t={self.t}"]
        return " / ".join(part for part in parts if part)


class Stamp(NamedTuple):
    """What every node made in one stretch of code shares."""

    place: Place = Place()
    phase: str = "forward"  # or "backward": the phase that made the node
    origin: Node | None = None  # for a backward node, the forward node it differentiates


NOWHERE = Stamp()
_stamp: ContextVar[Stamp] = ContextVar("stamp", default=NOWHERE)


class stamped:  # noqa: N801 (reads as the verb it is: `with stamped(...)`)
    """Mark every node made inside with `stamp`."""

    __slots__ = ("_stamp", "_token")

    def __init__(self, stamp: Stamp) -> None:
        self._stamp = stamp

    def __enter__(self) -> None:
        self._token = _stamp.set(self._stamp)

    def __exit__(self, *error: object) -> None:
        _stamp.reset(self._token)


def at(cell: str | None = None, gate: str | None = None, t: int | None = None) -> stamped:
    """Give every node made inside a place; what is left out stays as it is around.

    >>> with at(cell="lstm", t=3), at(gate="forget gate"):
    ...     str(here())
    'lstm / forget gate / t=3'
    """
    stamp = _stamp.get()
    around = stamp.place
    place = Place(
        around.cell if cell is None else cell,
        around.gate if gate is None else gate,
        around.t if t is None else t,
    )
    return stamped(stamp._replace(place=place))


def here() -> Place:
    """Return the place that a node made now would stand at."""
    return _stamp.get().place


def standing() -> str:
    """Return the end of an error's sentence: " at lstm / forget gate / t=3", or nothing."""
    return f" at {here()}" if str(here()) else ""


current_stamp = _stamp.get  # what a node made now is stamped with; a def would only add a call

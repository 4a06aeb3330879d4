"""The theorems, one subject a file; this page finds the cells and losses by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from derivations.catalogue import gru, lstm, rnn
from derivations.catalogue.loss import LOSSES
from derivations.template import Template

CELLS: dict[str, Callable[..., Template]] = {
    "rnn": rnn.template,
    "lstm": lstm.template,
    "gru": gru.template,
}
# By cell, the settings that make its variants: the values of each, the plain cell's first.
SETTINGS: dict[str, Mapping[str, tuple[Any, ...]]] = {
    "rnn": rnn.SETTINGS,
    "lstm": lstm.SETTINGS,
    "gru": gru.SETTINGS,
}
# By cell, the variants that have a name of their own, as the settings that make them.
VARIANTS: dict[str, Mapping[str, Mapping[str, Any]]] = {
    "rnn": rnn.VARIANTS,
    "lstm": lstm.VARIANTS,
    "gru": gru.VARIANTS,
}


def template(cell: str, *, loss: str | None = "squared error", **settings: Any) -> Template:
    """Return the equations of a cell (rnn, lstm or gru) under a loss.

    `loss` is ``"squared error"``, ``"cross-entropy"`` or None, for a loss whose immediate
    derivative with respect to each h_t is given. `settings` make the cell a variant, such as
    the rnn's `activation`, the lstm's `peepholes` or the gru's `reset`; see ``SETTINGS``.

    Raises ValueError for a name that is not there, naming those that are.
    """
    _known("cell", cell, CELLS)
    for name, value in settings.items():
        _known(f"setting of the {cell}", name, SETTINGS[cell])
        _known(name, value, SETTINGS[cell][name])
    found = CELLS[cell](**settings)
    if loss is None:
        return found
    _known("loss", loss, LOSSES)
    return found.with_loss(LOSSES[loss])


def _known(what: str, name: Any, known: Iterable[Any]) -> None:
    if name not in known:
        raise ValueError(f"no {what} {name!r}; there are: {', '.join(map(str, known))}")

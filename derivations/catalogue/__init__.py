"""The theorems, one subject a file; this page finds the cells and losses by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from derivations.catalogue import gru, lstm, rnn
from derivations.catalogue.loss import LOSSES
from derivations.template import Template

CELLS: dict[str, Callable[[], Template]] = {
    "rnn": rnn.template,
    "lstm": lstm.template,
    "gru": gru.template,
}


def template(
    cell: str, *, loss: str | None = "squared error", activation: str = "tanh"
) -> Template:
    """Return the equations of a cell (rnn, lstm or gru) under a loss.

    `loss` is ``"squared error"``, ``"cross-entropy"`` or None, for a loss whose immediate
    derivative with respect to each h_t is given. `activation` is the plain network's: tanh,
    logistic or relu.

    Raises ValueError for a name that is not there, naming those that are.
    """
    _known("cell", cell, CELLS)
    if cell == "rnn":
        _known("activation", activation, rnn.ACTIVATIONS)
        found = rnn.template(activation)
    elif activation != "tanh":
        raise ValueError(f"only the rnn has a choice of activation, the {cell} has not")
    else:
        found = CELLS[cell]()
    if loss is None:
        return found
    _known("loss", loss, LOSSES)
    return found.with_loss(LOSSES[loss])


def _known(what: str, name: str, known: Mapping[str, object]) -> None:
    if name not in known:
        raise ValueError(f"no {what} {name!r}; there are: {', '.join(known)}")

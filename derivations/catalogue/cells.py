"""Backpropagation through time for each cell: statements 2, 7, 10 to 15, 18 to 21."""

from __future__ import annotations

from typing import Any

from derivations.catalogue import VARIANTS, template
from derivations.recurrence import derive_bptt
from derivations.step import Derivation
from derivations.template import Template


def rnn(**options: Any) -> Derivation:
    """Derive the gradients of the plain recurrent network; see `_derived` for the options."""
    return _derived("rnn", **options)


def lstm(**options: Any) -> Derivation:
    """Derive the gradients of the LSTM; see `_derived` for the options."""
    return _derived("lstm", **options)


def gru(**options: Any) -> Derivation:
    """Derive the gradients of the GRU; see `_derived` for the options."""
    return _derived("gru", **options)


def _derived(
    cell: str, *, wrt: str | None = None, steps: int | None = None, **options: Any
) -> Derivation:
    """Derive the gradients of a cell; `options` are those of `template_of`."""
    return derive_bptt(template_of(cell, **options), wrt, steps)


def template_of(
    cell: str, *, loss: str | None = None, variant: str | None = None, **settings: Any
) -> Template:
    """Return the equations of a cell in a variant, by name or by its single settings.

    Raises ValueError for a name that is not there, naming those that are.
    """
    if variant is not None:
        known = VARIANTS[cell]
        if variant not in known:
            raise ValueError(f"no variant of the {cell} {variant!r}; there are: {', '.join(known)}")
        settings = {**known[variant], **settings}
    return template(cell, loss=loss, **settings)

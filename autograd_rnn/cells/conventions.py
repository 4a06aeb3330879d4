"""Conventions: the parameters of the same function, as other people name and arrange them.

Each convention is a table: for every kind of cell, the arrays that it stores (see `forms`). A
convention never changes what a cell computes: a cell that is another variant than a convention's
is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from autograd_rnn.cells import CELLS, Cell
from autograd_rnn.cells.convention_tables import CONVENTIONS, OPEN, OURS
from autograd_rnn.cells.forms import Array, Form, Rebias, convert, sizes_of


def to_convention(cell: Cell, name: str, *, split: float = 1.0) -> dict[str, Array]:
    """Return the parameters of `cell` as another convention stores them.

    Args:
        cell: the cell.
        name: of the convention, one of `CONVENTIONS`.
        split: where the convention has two biases and the cell has one: the share of it that
            goes to the bias beside x. The rest goes to the bias beside h.

    Raises:
        ValueError: an unknown convention, or one that has no such cell.

    """
    target, source = _theirs(cell, name), _own(cell.kind, cell.settings)
    return convert(_arrays(cell), source, target, _values(source, target, split))


def from_convention(name: str, arrays: Mapping[str, Any], *, kind: str, **settings: Any) -> Cell:
    """Return the cell whose parameters a convention stores in `arrays`.

    Args:
        name: of the convention, one of `CONVENTIONS`.
        arrays: by the convention's names. Without biases they make a cell without.
        kind: of the cell, "rnn", "lstm" or "gru".
        settings: of the cell, where the names do not tell, e.g. `reset="before"`.

    Raises:
        ValueError: an unknown convention or kind; an array that is missing, unknown, or of a
            shape that does not fit the others.

    """
    source = _named(name, kind, arrays, settings)
    cell = {**source.settings, **settings}
    target = _own(kind, cell)
    found = convert(_as_arrays(arrays), source, target, _values(source, target, split=1.0))
    return CELLS[kind](**found, **cell)


def gradients_to_convention(gradients: Cell, name: str) -> dict[str, Array]:
    """Return a cell's gradients as another convention stores them.

    Args:
        gradients: built like the cell, as `grad` returns them.
        name: of the convention, one of `CONVENTIONS`.

    Raises:
        ValueError: as for the parameters, or a parameter that no gradient reaches.

    """
    target, source = _theirs(gradients, name), _own(gradients.kind, gradients.settings)
    return convert(_arrays(gradients), source, target, _copies)


def gradients_from_convention(
    name: str, arrays: Mapping[str, Any], *, kind: str, **settings: Any
) -> Cell:
    """Return gradients that a convention stores in `arrays`, built like our cell.

    Raises:
        ValueError: as for the parameters, or two biases that add up but whose gradients differ.

    """
    source = _named(name, kind, arrays, settings)
    cell = {**source.settings, **settings}
    found = convert(_as_arrays(arrays), source, _own(kind, cell), _copies)
    return CELLS[kind](**found, **cell)


# --- which form -------------------------------------------------------------------------------


def _forms(name: str, kind: str) -> list[Form]:
    """List the forms of a kind of cell, with biases and, unless one is added to, without."""
    for what, key, known in (
        ("convention", name, CONVENTIONS),
        (f"cell of the convention {name}", kind, CONVENTIONS.get(name, {})),
    ):
        if key not in known:
            raise ValueError(f"no {what} is called {key!r}; there are {', '.join(known)}")
    forms = CONVENTIONS[name][kind]
    return [*forms, *(form.without_biases() for form in forms if not form.added)]


def _variant(kind: str, form: Form) -> dict[str, Any]:
    """Return all settings of our cell that computes what a form is stored for."""
    plain = {f.name: f.default for f in fields(CELLS[kind]) if f.metadata.get("static")}
    return {**plain, **form.settings}


def _theirs(cell: Cell, name: str) -> Form:
    """Return the form of a convention that computes what `cell` does."""
    variants = [(form, _variant(cell.kind, form)) for form in _forms(name, cell.kind)]
    fixed = [key for key in cell.settings if key not in OPEN.get(name, ())]
    for form, variant in variants:
        if all(cell.settings[key] == variant[key] for key in fixed):
            return form
    usual = variants[0][1]
    differing = [key for key in fixed if cell.settings[key] != usual[key]]
    theirs, ours = (
        ", ".join(f"{key}={settings[key]!r}" for key in differing)
        for settings in (usual, cell.settings)
    )
    raise ValueError(
        f"the {cell.kind} of {name} is the variant with {theirs}; this cell, with {ours}, is "
        "another function"
    )


def _named(name: str, kind: str, arrays: Mapping[str, Any], settings: Mapping[str, Any]) -> Form:
    """Return the form of a convention that has such arrays and agrees with `settings`."""
    forms = _forms(name, kind)
    fixed = settings.keys() - OPEN.get(name, set())
    for form in forms:
        variant = _variant(kind, form)
        agrees = all(settings[key] == variant.get(key) for key in fixed)
        if agrees and set(form.names) == set(arrays):
            return form
    known = "; or ".join(dict.fromkeys(", ".join(form.names) for form in forms))
    raise ValueError(
        f"no {kind} of {name} with these settings is stored in {', '.join(arrays)}; "
        f"its {kind} is stored in {known}"
    )


def _own(kind: str, settings: Mapping[str, Any]) -> Form:
    """Return our own form of a cell with these settings."""
    inputs, hidden = 2, 3  # any, as long as they differ
    shapes = CELLS[kind].shapes(inputs, hidden, **settings)
    sizes = sizes_of(inputs, hidden)
    return Form(tuple(a for a in OURS[kind] if a.shape(sizes) == shapes.get(a.name)))


# --- arrays -----------------------------------------------------------------------------------


def _arrays(cell: Cell) -> dict[str, Array]:
    """Return what a cell, or a cell of gradients, holds."""
    for name, value in cell.parameters.items():
        if value is None:
            raise ValueError(f"no gradient reaches {name}")
    return {name: value.data for name, value in cell.parameters.items()}


def _as_arrays(arrays: Mapping[str, Any]) -> dict[str, Array]:
    return {name: np.asarray(array) for name, array in arrays.items()}


# --- biases -----------------------------------------------------------------------------------


def _values(source: Form, target: Form, split: float) -> Rebias:
    """Return how biases convert: two become their sum, one becomes two as `split` says."""

    def rebias(q: str, given: list[Array], wanted: int) -> list[Array]:
        if not given:
            return []
        first, *second = given
        first = first + source.added.get(q, 0.0) - target.added.get(q, 0.0)
        if len(given) == wanted:
            return [first, *second]
        return [first + second[0]] if second else [split * first, (1.0 - split) * first]

    return rebias


def _copies(q: str, given: list[Array], wanted: int) -> list[Array]:
    """Convert gradients of biases: both terms of a sum have the gradient of the sum."""
    if len(given) <= wanted:
        return (given * wanted)[:wanted]
    beside_x, beside_h = given
    difference = np.max(np.abs(beside_x - beside_h))
    if difference > 1e-5 * np.max(np.abs(beside_x)):
        raise ValueError(
            "two biases that are added have equal gradients; those here, of gate "
            f"{q!r}, differ by up to {difference}"
        )
    return [beside_x]

"""Mistakes that people make in the gradients of recurrent networks, each with a name.

A `Mistake` is a mutation of adjoint equations. It is found in the closed form of any cell by what
its parts do there, so the equations of no cell stand here. From one mistake come wrong closed
forms, which are derivations that went wrong, and wrong numbers, which are programs that did:

    >>> from derivations.recurrence import closed_form
    >>> form = closed_form("rnn", loss=None)
    >>> wrong = next(MISTAKES["recurrent-path-missing"].wrong_forms(form))
    >>> wrong.text()
    'The recurrent path is missing: dL/dh_t (through W_h)'
    >>> print(wrong.form.recursions[0])
    dL/dh_t = ∂⁺ℓ_t/∂h_t
"""

from __future__ import annotations

from dataclasses import replace

from derivations.bptt.form import ClosedForm
from derivations.mistakes.mistake import Mistake, WrongForm, together
from derivations.mistakes.table import MISTAKES

__all__ = ["MISTAKES", "Mistake", "WrongForm", "together", "wrong_forms"]


def wrong_forms(form: ClosedForm) -> tuple[WrongForm, ...]:
    """Return every closed form with one mistake, each once.

    Where two mistakes come to the same lines, it is the one that stands first in the table that is
    named; the other is in `also`.
    """
    found: dict[object, WrongForm] = {}
    for mistake in MISTAKES.values():
        for wrong in mistake.wrong_forms(form):
            key = frozenset(wrong.lines.items())
            first = found.setdefault(key, wrong)
            if mistake not in first.mistakes + first.also:
                found[key] = replace(first, also=(*first.also, mistake))
    return tuple(found.values())

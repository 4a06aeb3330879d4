"""Gradients of recurrent networks: the closed form by name, and its derivation step by step."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from derivations.bptt.exposition import Exposition, goals
from derivations.bptt.form import ClosedForm, from_template
from derivations.catalogue import template as find_template
from derivations.step import Derivation
from derivations.template import Template


@lru_cache
def closed_form(cell: str, *, loss: str | None = "squared error", **settings: Any) -> ClosedForm:
    """Return the closed form of a cell's gradients: rnn, lstm or gru.

    `loss` is ``"squared error"``, ``"cross-entropy"`` or None (∂⁺ℓ_t/∂h_t is given); `settings`
    are those of a variant, such as the rnn's `activation` or the lstm's `peepholes`. Raises
    ValueError for a name that is not there, naming those that are.

    >>> print(closed_form("rnn", loss=None))
    dL/dh_t = ∂⁺ℓ_t/∂h_t + W_hᵀ δ_{t+1}
        δ_t = dL/dh_t ⊙ (1 - h_t²)
      dL/dW = Σ_{t=1}^T δ_t [h_{t-1}; x_t]ᵀ
      dL/db = Σ_{t=1}^T δ_t
    dL/dh_0 = W_hᵀ δ_1
    """
    return from_template(find_template(cell, loss=loss, **settings))


def derive_bptt(template: Template, wrt: str | None = None, steps: int | None = None) -> Derivation:
    """Return the derivation of the gradients of a recurrent network, every step verified.

    `wrt` is a parameter (``W_f``), a block of one (``W_fh``) or an initial state (``h_0``), whose
    own chain then comes first; by default, all of them. With `steps` = T the closed form is also
    written out for t = 1 .. T.

    Raises ValueError for a name that is not there, naming those that are, and for `steps` < 1.
    """
    if steps is not None and (type(steps) is not int or steps < 1):
        raise ValueError(f"steps must be a positive integer, not {steps!r}")
    return Exposition(template, goals(template, wrt)).derivation(steps)

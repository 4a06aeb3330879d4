"""The gradients of recurrent networks, derived from their equations and verified step by step.

>>> from derivations import derive
>>> derive("xavier")[-1].after.text()
'a = √(6 / (n_in + n_out))'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from derivations.session import derive
from derivations.step import Derivation, NotVerified, Step, UnverifiedStep, Verdict
from derivations.topics import UnknownTopic

if TYPE_CHECKING:
    from derivations.recurrence import closed_form

__all__ = [
    "Derivation",
    "NotVerified",
    "Step",
    "UnknownTopic",
    "UnverifiedStep",
    "Verdict",
    "closed_form",
    "derive",
]


def __getattr__(name: str) -> Any:
    """Import `closed_form` on first use: it needs more than a listing of topics does."""
    if name != "closed_form":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from derivations.recurrence import closed_form

    return closed_form

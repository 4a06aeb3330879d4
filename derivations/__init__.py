"""The gradients of recurrent networks, derived from their equations and verified step by step.

>>> from derivations import derive
>>> derive("xavier")[-1].after.text()
'a = √(6 / (n_in + n_out))'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from derivations.session import derive
from derivations.step import Derivation, NotVerified, Step, UnverifiedStep, Verdict
from derivations.topics import UnknownTopic

if TYPE_CHECKING:
    from derivations.recurrence import closed_form
    from derivations.walking.cursor import walk

__all__ = [
    "Derivation",
    "NotVerified",
    "Step",
    "UnknownTopic",
    "UnverifiedStep",
    "Verdict",
    "closed_form",
    "derive",
    "walk",
]

# Imported on first use: they need more than a listing of topics does.
_ON_FIRST_USE = {"closed_form": "derivations.recurrence", "walk": "derivations.walking.cursor"}


def __getattr__(name: str) -> Any:
    if name not in _ON_FIRST_USE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_ON_FIRST_USE[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_ON_FIRST_USE})

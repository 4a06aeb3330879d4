"""How things show themselves in a notebook: a hook, so that nothing low imports anything high."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _show_as_text(thing: object) -> dict[str, Any]:
    return {"text/plain": repr(thing)}


_display: Callable[[object], dict[str, Any]] = _show_as_text


def show(thing: object) -> dict[str, Any]:
    """Return the MIME bundle by which a notebook shows `thing`."""
    return _display(thing)


def set_display(display: Callable[[object], dict[str, Any]]) -> None:
    """Install what turns a graph or a run into a MIME bundle."""
    global _display
    _display = display

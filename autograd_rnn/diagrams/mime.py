"""The MIME bundle of whatever has a picture: SVG, and text for terminals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def bundle(thing: object, svg: Callable[[], str]) -> dict[str, Any]:
    """Return the bundle of a thing that `svg` draws.

    Where there is no picture, the text says why: nothing is ever raised in a notebook.
    """
    try:
        return {"image/svg+xml": svg(), "text/plain": repr(thing)}
    except Exception as error:  # a notebook would print a traceback over the user's own result
        return {"text/plain": f"{thing!r}\n(no picture: {error})"}

"""What the keys of a figure look like where all is text: in a command, in a directive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WORDS = {"true": True, "false": False}


def value(words: str) -> Any:
    """Return a number, a truth value, or the words themselves."""
    for kind in (int, float):
        try:
            return kind(words)
        except ValueError:
            continue
    return WORDS.get(words.strip(), words.strip())


def settings(words: str) -> Mapping[str, Any]:
    """Return what ``peepholes=diagonal coupled=true`` says; raises ValueError for another form."""
    pairs = [pair.partition("=") for pair in words.split()]
    if not pairs or any(not (name and given) for name, _, given in pairs):
        raise ValueError("write pairs such as peepholes=diagonal coupled=true")
    return {name: value(given) for name, _, given in pairs}


def highlight(words: str) -> Any:
    """Return what ``W_f``, ``W_f, 2, 5`` or ``c_1, c_3`` says."""
    first, *more = (value(word) for word in words.split(","))
    return [first, *more] if more else first


def steps(words: str) -> Any:
    """Return ``elide``, ``all``, or the numbers of ``1, 2, 7``; raises ValueError for others."""
    if words.strip() in ("elide", "all"):
        return words.strip()
    try:
        return [int(word) for word in words.split(",")]
    except ValueError:
        raise ValueError("write elide, all, or the numbers of steps: 1, 2, 7") from None

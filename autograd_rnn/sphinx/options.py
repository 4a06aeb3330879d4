"""How the options of the directives are written, and the mark of a page that has one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MADE = "made by autograd_rnn"  # in the metadata of a page
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
    """Return what ``peepholes=diagonal coupled=true`` says."""
    pairs = [pair.partition("=") for pair in words.split()]
    if not pairs or any(not (name and given) for name, _, given in pairs):
        raise ValueError("write pairs such as peepholes=diagonal coupled=true")
    return {name: value(given) for name, _, given in pairs}


def highlight(words: str) -> Any:
    """Return what ``W_f``, ``W_f, 2, 5`` or ``c_1, c_3`` says."""
    first, *more = (value(word) for word in words.split(","))
    return [first, *more] if more else first


def steps(words: str) -> Any:
    """Return ``elide``, ``all``, or the numbers of ``1, 2, 7``."""
    if words.strip() in ("elide", "all"):
        return words.strip()
    try:
        return [int(word) for word in words.split(",")]
    except ValueError:
        raise ValueError("write elide, all, or the numbers of steps: 1, 2, 7") from None


def percent(words: str) -> int:
    """Return the percentage that ``80`` or ``80 %`` says."""
    number = words.removesuffix("%").strip()
    if not number.isdecimal() or int(number) == 0:
        raise ValueError("write a percentage, such as 80")
    return int(number)

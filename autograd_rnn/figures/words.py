"""What may be written for each key of a figure, and what is said of anything else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any


class BadFigure(ValueError):  # noqa: N818 - it says what was met
    """A description that cannot be drawn; the message says where, and what to write instead."""


def _whole(value: Any) -> bool:
    return type(value) is int  # True is no number of steps


def _number(value: Any) -> bool:
    return type(value) in (int, float)


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _table(value: Any) -> bool:
    return isinstance(value, Mapping)


def _steps(value: Any) -> bool:
    return (
        value in ("elide", "all") if _text(value) else _several(value) and all(map(_whole, value))
    )


def _highlight(value: Any) -> bool:
    if _several(value):
        return all(map(_text, value)) or list(map(type, value)) == [str, int, int]
    return _text(value) or value is None


def _several(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value)


Kind = tuple[str, Callable[[Any], bool]]
BY_TYPE: dict[type, Kind] = {
    str: ("a text in quotes", _text),
    int: ("a whole number", _whole),
    float: ("a number", _number),
}
BY_KEY: dict[str, Kind] = {
    "settings": ('a table such as {peepholes = "diagonal"}', _table),
    "drawn": ('"elide", "all" or a list of steps such as [1, 2, 7]', _steps),
    "highlight": (
        'a weight, "W_f", one of its terms, ["W_f", 2, 5], or a path, ["c_1", "c_3"]',
        _highlight,
    ),
}


def check(key: str, value: Any, default: Any, where: str) -> None:
    """Raise BadFigure, beginning with `where`, for a value that the key does not take."""
    takes, fits = BY_KEY.get(key) or BY_TYPE[type(default)]
    if not fits(value):
        raise BadFigure(f"{where}: {key} = {value!r}, but it takes {takes}")


def known(what: str, name: Any, names: Iterable[str], where: str) -> None:
    """Raise BadFigure, beginning with `where`, for a name that is none of those there are."""
    if name not in (there := list(names)):
        raise BadFigure(f"{where}: no {what} {name!r}; {nearest(str(name), there)}")


def nearest(given: str, there: Iterable[str]) -> str:
    """Return a question and a list, such as "did you mean 'lstm'? There are rnn, lstm, gru"."""
    names = list(there)
    near = get_close_matches(given, names, n=1, cutoff=0)[0]
    return f"did you mean {near!r}? There are {', '.join(names)}"


def separated(words: str) -> tuple[str, ...]:
    """Return the words between commas."""
    return tuple(word.strip() for word in words.split(",") if word.strip())

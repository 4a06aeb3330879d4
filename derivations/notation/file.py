"""Notations as files: what a TOML file says, checked, and made into letterings."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from derivations.notation.lettering import (
    GATES,
    PRODUCTS,
    TIMES,
    Lettering,
    house_letters,
    patterns,
    split,
)

PRESETS = Path(__file__).parent / "presets"

_SETTINGS: Mapping[str, tuple[Any, ...]] = {
    "time": TIMES,
    "product": PRODUCTS,
    "deltas": (False, True),
}
_TABLES = ("subscripts", "indices")
_SECTIONS = {"letters": "", "rnn": "rnn", "lstm": "lstm", "gru": "gru"}
_KEYS = ("name", "title", "source", "extends", *_SETTINGS, *_SECTIONS)


class BadNotation(ValueError):  # noqa: N818 - it says what was met
    """A notation's file says what cannot be; the message names file, section and key."""


def presets() -> tuple[str, ...]:
    """Return the names of the notations that come with the package."""
    return tuple(sorted(path.stem for path in PRESETS.glob("*.toml")))


class NotationFile(NamedTuple):
    """What a file says of a notation; `letterings` are by kind of cell."""

    name: str
    title: str
    source: str
    letterings: Mapping[str, Lettering]


def read(path: Path) -> NotationFile:
    """Return what a file says; raises BadNotation, which names the file, the section and the key.

    A file may extend a preset, and then says only what differs.
    """
    data = _tables(path)
    for key in data:
        if key not in _KEYS:
            raise BadNotation(f"{path.name}: {_unknown(key, _KEYS)}")
    letterings = {cell: _lettering(path.name, data, cell) for cell in GATES}
    name, title, source = (str(data.get(key, "")) for key in ("name", "title", "source"))
    return NotationFile(name or path.stem, title or path.stem, source, letterings)


def _tables(path: Path) -> dict[str, Any]:
    """Return what the file says, on top of what the preset that it extends says."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise BadNotation(f"{path.name}: {error}") from error
    if "extends" not in data:
        return data
    if data["extends"] not in presets():
        raise BadNotation(f"{path.name}: {_unknown(data['extends'], presets())}")
    below = _tables(PRESETS / f"{data['extends']}.toml")
    return _merged(below, data)


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    both = {
        key: _merged(below[key], value) if isinstance(value, dict) and key in below else value
        for key, value in above.items()
    }
    return {**below, **both}


def _lettering(file: str, data: dict[str, Any], cell: str) -> Lettering:
    settings: dict[str, Any] = {key: data[key] for key in _SETTINGS if key in data}
    letters: dict[str, str] = {}
    for section in dict.fromkeys(["letters", cell or "letters"]):
        for key, value in data.get(section, {}).items():
            place = f"{file}: [{section}] {key}"
            if key in _TABLES:
                settings[key] = _table(place, value, key, cell)
            elif key in _SETTINGS:
                settings[key] = value
            else:
                letters[key] = _letter(place, key, value, _SECTIONS[section])
    for key, allowed in _SETTINGS.items():
        if settings.get(key, allowed[0]) not in allowed:
            choice = ", ".join(map(str, allowed))
            raise BadNotation(f"{file}: {key} is {settings[key]!r}, and not one of: {choice}")
    return _refuse_alike(file, Lettering(cell, letters, **settings))


def _refuse_alike(file: str, lettering: Lettering) -> Lettering:
    if alike := lettering.alike():
        one, other = alike
        place = f"{file}: [{lettering.cell or 'letters'}] {other}"
        raise BadNotation(f"{place}: {one} and {other} are both written {lettering.spelled(other)}")
    return lettering


def _table(place: str, table: Any, key: str, cell: str) -> dict[str, str]:
    """Return a table of names for gates or for indices; raises BadNotation for others."""
    known = GATES[cell] if key == "subscripts" else "tkT"
    for letter in table:
        if letter not in known:
            raise BadNotation(f"{place}: {_unknown(letter, known or ['no gate at all'])}")
    return dict(table)


def _letter(place: str, letter: str, written: Any, cell: str) -> str:
    """Return what is written for a letter of the house.

    Raises BadNotation when the house does not have it, or when it cannot be written.
    """
    known = [*patterns(cell), *house_letters(cell)]
    if letter not in known and not (not cell and len(letter) == 1 and letter.isalpha()):
        raise BadNotation(f"{place}: {_unknown(letter, known)}")
    try:
        split(str(written).replace("*", "q"))
    except ValueError as error:
        raise BadNotation(f"{place}: {error}") from error
    return str(written)


def _unknown(name: str, known: Iterable[str]) -> str:
    nearest = get_close_matches(name, list(known), n=1, cutoff=0)
    return f"{name!r} is not known there; the nearest is {nearest[0]!r}"

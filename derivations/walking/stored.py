"""Where a walk stands, in a JSON file: what the derivation was asked for with, and the place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from derivations.session import derive
from derivations.step import Derivation
from derivations.topics import TOPICS

FORMAT, VERSION = "autograd-rnn walk", 1
PLACE = {"at": str, "expanded": list, "understood": list, "hints": int}


def write(file: str | Path, derivation: Derivation, **place: Any) -> None:
    """Write a derivation and a place in it.

    Raises ValueError for a derivation that `derive` cannot make again from its name and options.
    """
    if derivation.asked.get("topic") not in TOPICS:
        raise ValueError("this derivation was not made by derive(), so it cannot be made again")
    content = {
        "format": FORMAT,
        "version": VERSION,
        "asked": dict(derivation.asked),
        "notation": derivation.notation,
        **place,
    }
    words = json.dumps(content, ensure_ascii=False, indent=1)
    Path(file).write_text(words + "\n", encoding="utf-8")


def read(file: str | Path) -> tuple[Derivation, dict[str, Any]]:
    """Return the derivation, made again, and the place.

    Raises ValueError, which names the file, for what `write` did not write.
    """
    try:
        content = json.loads(Path(file).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file}: no saved walk, {error}") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f"{file}: no saved walk")
    if content.get("version") != VERSION:
        raise ValueError(f"{file}: version {content.get('version')!r}; this reads {VERSION}")
    wrong = [key for key, kind in PLACE.items() if not isinstance(content.get(key), kind)]
    if wrong or not isinstance(content.get("asked"), dict):
        raise ValueError(
            f"{file}: {', '.join(wrong) or 'asked'} is missing or not what it should be"
        )
    return _made_again(**content["asked"], notation=content.get("notation")), content


def _made_again(
    topic: str, notation: str | None, without: tuple[str, ...] = (), **options: Any
) -> Derivation:
    derivation = derive(topic, **options)
    for assumption in without:
        derivation = derivation.without(assumption)
    return derivation if notation is None else derivation.in_notation(notation)

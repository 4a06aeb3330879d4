"""Real text to work on: a file, a string, or what every Python brings along."""

from __future__ import annotations

import codecs
import contextlib
import io
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Corpus:
    """A text and where it comes from."""

    text: str
    source: str


def zen_of_python() -> Corpus:
    """Return the Zen of Python as the running interpreter's standard library holds it."""
    with contextlib.redirect_stdout(io.StringIO()):  # the module prints itself on import
        import this
    return Corpus(codecs.decode(this.s, "rot13"), "the Zen of Python (module this)")


def read_text(given: str | None) -> Corpus:
    """Return the text of a file, the given text itself, or the Zen of Python for None.

    Raises:
        ValueError: the text has fewer than two characters, so that none can be predicted.
        OSError: the file cannot be read; a name with a folder or a suffix is taken for a file.

    """
    corpus = zen_of_python() if given is None else _from_argument(given)
    if len(corpus.text) < 2:
        raise ValueError(
            f"{corpus.source} has {len(corpus.text)} characters; a language model needs at least "
            "2, one to read and one to predict"
        )
    return corpus


def _from_argument(given: str) -> Corpus:
    if not _names_a_file(given):
        return Corpus(given, "the given text")
    path = Path(given)
    if not path.exists():
        raise FileNotFoundError(f"there is no file {given}; to use it as the text, add a space")
    try:
        return Corpus(path.read_text(encoding="utf-8"), given)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{given} is not UTF-8 text: {error.reason} at byte {error.start}"
        ) from None


def _names_a_file(given: str) -> bool:
    """Whether the argument is a file that exists, or can only be meant as one."""
    if not given or len(given) > 255 or any(space in given for space in " \n\t"):
        return bool(given) and len(given) <= 255 and Path(given).is_file()
    return Path(given).is_file() or "/" in given or bool(Path(given).suffix)

"""A set of figures in one TOML file: read, and drawn where something has changed."""

from __future__ import annotations

import json
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from autograd_rnn.diagrams import DrawingError, DrawingTimeout
from autograd_rnn.figures.figure import NETWORK, Figure
from autograd_rnn.figures.words import BadFigure, known

SECTIONS = ("defaults", "figure")
RECORD = ".figures.json"  # which digest each file was drawn for
Outcome = Literal["drawn", "unchanged", "stale", "failed"]


@dataclass(frozen=True)
class Entry:
    """A figure of a file: its name there, the file that it is drawn into, and its description.

    `source` is the TOML file; `where` says it and the section, for those who look for a mistake.
    """

    name: str
    file: str
    described: Mapping[str, Any]
    source: Path

    @property
    def where(self) -> str:
        """The file and the section."""
        return f"{self.source}: [figure.{self.name}]"

    def figure(self) -> Figure:
        """Return the figure; raises BadFigure, which names the file, the section and the key."""
        return Figure.of(self.described, self.where)


@dataclass(frozen=True)
class Made:
    """What became of an entry; `words` say what went wrong, and where."""

    entry: Entry
    outcome: Outcome
    words: str = ""


def read_figures(path: Path) -> list[Entry]:
    """Return the figures of a TOML file: a table ``[figure.NAME]`` each, over ``[defaults]``.

    Raises BadFigure for a file that is not such a file, and OSError. What is wrong with a single
    figure is said when it is made.
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadFigure(f"{path}: {error}") from None
    for section in found:
        known("section", section, SECTIONS, str(path))
    tables = found.get("figure")
    if not tables or not all(isinstance(table, dict) for table in tables.values()):
        raise BadFigure(f"{path}: a figure is a table of its own: [figure.NAME]")
    defaults = found.get("defaults", {})
    entries = [_entry(name, table, defaults, path) for name, table in tables.items()]
    for file, count in Counter(entry.file for entry in entries).items():
        if count > 1:
            raise BadFigure(f"{path}: {count} figures have the file {file!r}: name another")
    return entries


def _entry(name: str, table: dict[str, Any], defaults: dict[str, Any], path: Path) -> Entry:
    if "python" in table:  # it gives its whole network
        defaults = {key: value for key, value in defaults.items() if key not in NETWORK}
    described = {**defaults, **table}
    file = described.pop("file", f"{name}.svg")
    return Entry(name, str(file), described, path)


def make_figures(
    entries: Sequence[Entry],
    out: Path,
    progress: Callable[[str], None] = lambda name: None,
    *,
    force: bool = False,
    check: bool = False,
) -> Iterator[Made]:
    """Draw what has changed, and say of each entry what became of it.

    Args:
        entries: of `read_figures`. out: the folder to draw into.
        progress: is called with the name of each figure as it begins.
        force: draw also what has not changed.
        check: draw nothing; what would be drawn is "stale".

    """
    record = _Record(out)
    for entry in entries:
        progress(entry.name)
        yield _attempt(entry, record, force, check)


def _attempt(entry: Entry, record: _Record, force: bool, check: bool) -> Made:
    try:
        with importing_from(entry.source.parent):
            return Made(entry, _made(entry, record, force, check))
    except (ValueError, TypeError, OSError, DrawingError, DrawingTimeout) as error:
        said = str(error)
        return Made(entry, "failed", said if entry.where in said else f"{entry.where}: {said}")


def _made(entry: Entry, record: _Record, force: bool, check: bool) -> Outcome:
    figure = entry.figure()
    digest = figure.digest
    if not force and record.holds(entry.file, digest):
        return "unchanged"
    if check:
        return "stale"
    file = record.folder / entry.file
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.draw(file)
    record.keep(entry.file, digest)
    return "drawn"


class _Record:
    """Which digest each file of a folder was drawn for, in a file beside them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / RECORD
        try:
            self.known: dict[str, str] = dict(json.loads(self.path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):  # none, or none that can be read
            self.known = {}

    def holds(self, file: str, digest: str) -> bool:
        """Return whether the file is there, and was drawn for this digest."""
        return self.known.get(file) == digest and (self.folder / file).exists()

    def keep(self, file: str, digest: str) -> None:
        """Write down what a file was drawn for."""
        self.known[file] = digest
        self.path.write_text(json.dumps(self.known, indent=1, sort_keys=True) + "\n", "utf-8")


@contextmanager
def importing_from(folder: Path) -> Iterator[None]:
    """Let modules beside the TOML file be imported."""
    before = sys.path[:]
    sys.path.insert(0, str(folder.resolve()))
    try:
        yield
    finally:
        sys.path[:] = before

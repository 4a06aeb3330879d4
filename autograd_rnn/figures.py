"""Figures by name: what a TOML file or a Sphinx directive asks for, checked, drawn and kept.

A figure is described by plain words (a cell, its sizes, a view ...). Equal descriptions have equal
digests, so that a figure is drawn again only if something that goes into it has changed.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from autograd_rnn.cells import CELLS, Cell
from autograd_rnn.crosscheck import pose
from autograd_rnn.diagrams import Drawing, DrawingError, DrawingTimeout, draw
from autograd_rnn.engine import Graph, Tensor, concatenate
from autograd_rnn.sequence import Run, unroll

NUMBERS = {"values", "grads", "norms", "flow"}  # what can only be shown where there are numbers
SECTIONS = ("defaults", "figure")
RECORD = ".figures.json"  # which description each file was drawn from


class BadFigure(ValueError):  # noqa: N818 - it says what was met
    """A description that cannot be drawn; the message says where, and what to write instead."""


@dataclass(frozen=True)
class Figure:
    """A description of one picture of a recurrent network.

    Attributes:
        cell: "rnn", "lstm" or "gru". settings: of a variant, such as ``{"peepholes": "diagonal"}``.
        hidden, inputs: the sizes of h and x. steps: T. seed: of all random numbers.
        loss: "squared error" or "cross-entropy", drawn with the network; "" for none. Where
            numbers are shown the loss is needed and is the squared error if none is named.
        system: "" for the cell alone; "stacked", two layers of it; "bidirectional"; or
            "encoder-decoder". Systems are drawn without a loss.
        view, show, theme, notation, title, highlight, scale, drawn: as `draw` takes them; `drawn`
            are its `steps`. collapse, expand: likewise, several with commas.

    """

    cell: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    hidden: int = 2
    inputs: int = 3
    steps: int = 3
    seed: int = 0
    loss: str = ""
    system: str = ""
    view: str = "unrolled"
    show: str = ""
    theme: str = "light"
    notation: str = ""
    title: str = ""
    highlight: Any = None
    scale: float = 2.0
    drawn: Any = "elide"
    collapse: str = ""
    expand: str = ""

    @classmethod
    def of(cls, described: Mapping[str, Any], where: str) -> Figure:
        """Return the figure that a table of a file describes.

        Raises BadFigure, which begins with `where`, for a key or a cell that is not there and for a
        value of another type.
        """
        known = {f.name: f.default for f in fields(cls)}
        for key, value in described.items():
            if key not in known:
                raise BadFigure(f"{where}: no key {key!r}; {_nearest(key, known)}")
            if not _fits(value, known[key]):
                raise BadFigure(f"{where}: {key} = {value!r} should be like {known[key]!r}")
        if "cell" not in described:
            raise BadFigure(f'{where}: the key cell is missing: cell = "lstm"')
        if described["cell"] not in CELLS:
            nearest = _nearest(str(described["cell"]), CELLS)
            raise BadFigure(f"{where}: no cell {described['cell']!r}; {nearest}")
        if (system := described.get("system", "")) and system not in SYSTEMS:
            raise BadFigure(f"{where}: no system {system!r}; {_nearest(str(system), SYSTEMS)}")
        return cls(**described)

    @property
    def digest(self) -> str:
        """A name for this description and this version of the program."""
        from autograd_rnn import __version__

        words = {f.name: getattr(self, f.name) for f in fields(self)} | {"version": __version__}
        told = json.dumps(words, sort_keys=True, default=str)
        return hashlib.blake2b(told.encode(), digest_size=12).hexdigest()

    def draw(self, file: Path | None = None, **changes: Any) -> Drawing:
        """Draw it, into a file if one is named; `changes` are options of `draw`.

        Raises what `draw` raises.
        """
        options = {
            "view": self.view,
            "show": self.show,
            "theme": self.theme,
            "notation": self.notation or None,
            "title": self.title or None,
            "highlight": _hashable(self.highlight),
            "scale": self.scale,
            "steps": self.drawn,
            "collapse": _words(self.collapse),
            "expand": _words(self.expand),
        }
        return draw(self._thing(), file, **{**options, **changes})

    def made(self, inputs: int, layer: int = 0) -> Cell:
        """Return the cell over inputs of a size, random numbers of its own for each layer."""
        return CELLS[self.cell].init(inputs, self.hidden, rng=self.seed + layer, **self.settings)

    def _thing(self) -> Run | Tensor | Cell | Graph:
        if self.system:
            return SYSTEMS[self.system](self)
        cell = self.made(self.inputs)
        shown = {word.strip() for word in self.show.split(",")}
        if self.loss or self.highlight or NUMBERS & shown:
            loss = self.loss or "squared error"
            return pose(cell, batch=1, steps=self.steps, seed=self.seed, loss=loss).total
        return unroll(cell, steps=self.steps)


def _words(several: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in several.split(",") if word.strip())


def _data(figure: Figure) -> Any:
    rng = np.random.default_rng(figure.seed)
    return rng.normal(size=(1, figure.steps, figure.inputs))


def _stacked(figure: Figure) -> Run:
    below = unroll(figure.made(figure.inputs), _data(figure))
    return unroll(figure.made(figure.hidden, layer=1), below.stacked)


def _bidirectional(figure: Figure) -> Graph:
    forward = unroll(figure.made(figure.inputs), _data(figure))
    backward = unroll(figure.made(figure.inputs, layer=1), _data(figure), reverse=True)
    pairs = zip(forward.outputs, backward.outputs, strict=True)
    return Graph(*(concatenate(pair, axis=-1).named("o") for pair in pairs))


def _encoder_decoder(figure: Figure) -> Run:
    encoder = unroll(figure.made(figure.inputs), _data(figure))
    decoder = figure.made(figure.inputs, layer=1)
    return unroll(decoder, _data(figure), state=encoder.states[-1])


SYSTEMS: dict[str, Callable[[Figure], Run | Graph]] = {
    "stacked": _stacked,
    "bidirectional": _bidirectional,
    "encoder-decoder": _encoder_decoder,
}


def _fits(value: Any, default: Any) -> bool:
    """Say whether a value is of the kind of a default; a whole number may stand for any number."""
    if isinstance(default, float):
        return isinstance(value, float | int)
    return not isinstance(default, int | str) or default == "elide" or type(value) is type(default)


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _nearest(given: str, known: Iterable[str]) -> str:
    names = list(known)
    near = get_close_matches(given, names, n=1, cutoff=0)[0]
    return f"did you mean {near!r}? There are {', '.join(names)}"


# ----------------------------------------------------------------------------------- a whole file


@dataclass(frozen=True)
class Entry:
    """A figure of a file: its name there, the file that it is drawn into, and the figure."""

    name: str
    file: str
    figure: Figure


def read_figures(path: Path) -> list[Entry]:
    """Return the figures of a TOML file: a table ``[figure.NAME]`` each, over ``[defaults]``.

    Raises BadFigure, which names the file, the section and the key, and OSError.
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise BadFigure(f"{path}: {error}") from None
    for section in found:
        if section not in ("defaults", "figure"):
            raise BadFigure(
                f"{path}: no section {section!r}; {_nearest(section, ('defaults', 'figure'))}"
            )
    if not found.get("figure"):
        raise BadFigure(f"{path}: there is no figure in it: [figure.NAME]")
    defaults = found.get("defaults", {})
    return [_entry(name, {**defaults, **table}, path) for name, table in found["figure"].items()]


def _entry(name: str, table: dict[str, Any], path: Path) -> Entry:
    file = table.pop("file", f"{name}.svg")
    return Entry(name, str(file), Figure.of(table, f"{path}: [figure.{name}]"))


def make_figures(
    entries: Iterable[Entry], out: Path, force: bool, progress: Callable[[str], None]
) -> Iterator[tuple[Entry, str]]:
    """Draw what has changed; yield each entry with "drawn", "unchanged" or what went wrong.

    `progress` is called with the name of each figure as it begins.
    """
    out.mkdir(parents=True, exist_ok=True)
    record = out / RECORD
    known = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    for entry in entries:
        progress(entry.name)
        digest = entry.figure.digest
        if not force and known.get(entry.file) == digest and (out / entry.file).exists():
            yield entry, "unchanged"
            continue
        try:
            entry.figure.draw(out / entry.file)
        except (ValueError, TypeError, OSError, DrawingError, DrawingTimeout) as error:
            yield entry, str(error)
            continue
        known[entry.file] = digest
        record.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        yield entry, "drawn"

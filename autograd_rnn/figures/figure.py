"""A figure: a picture described in plain words, drawn again only when something has changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from autograd_rnn.cells import CELLS, Cell
from autograd_rnn.crosscheck import pose
from autograd_rnn.diagrams import Drawing, draw
from autograd_rnn.engine import Tensor
from autograd_rnn.figures.program import program_digest
from autograd_rnn.figures.python import made_by
from autograd_rnn.figures.systems import SYSTEMS, system_of
from autograd_rnn.figures.words import BadFigure, check, known, separated
from autograd_rnn.sequence import unroll
from derivations.catalogue import VARIANTS

DEFAULT_LOSS = "squared error"
NUMBERS = {"values", "grads", "norms", "flow"}  # what can only be shown where there are numbers
# What describes a network in words, and says nothing of one that is given in Python.
NETWORK = (
    *("cell", "variant", "settings", "hidden", "inputs", "steps", "seed"),
    *("loss", "system"),
)


@dataclass(frozen=True)
class Figure:
    """A description of one picture of a recurrent network.

    Attributes:
        cell: "rnn", "lstm" or "gru".
        variant: one that the derivations know by name, such as "reset-after". settings: of any
            variant, such as ``{"peepholes": "diagonal"}``.
        hidden, inputs: the sizes of h and x. steps: T. seed: of all random numbers.
        loss: "squared error" or "cross-entropy", drawn with the network; "" for none. Where
            numbers are shown the loss is needed and is the squared error if none is named.
        system: "" for the cell alone; "stacked", two layers of it; "bidirectional";
            "encoder-decoder"; or "attention", one whose decoder attends to all of the encoder.
            Systems have no loss.
        python: instead of all these, anything that `draw` takes: ``module:attribute``, or lines of
            code the last of which is its value. A function is called.
        view, show, theme, notation, title, highlight, scale, drawn: as `draw` takes them; `drawn`
            are its `steps`. collapse, expand: likewise, several with commas.

    """

    cell: str = ""
    variant: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    hidden: int = 2
    inputs: int = 3
    steps: int = 3
    seed: int = 0
    loss: str = ""
    system: str = ""
    python: str = ""
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

        Raises BadFigure, which begins with `where`, for a key or a name that is not there, for a
        value of another kind, and for keys that do not go together.
        """
        defaults = {f.name: f.default for f in fields(cls)}
        for key, value in described.items():
            known("key", key, defaults, where)
            check(key, value, defaults[key], where)
        if described.get("python"):
            _refuse(described, NETWORK, f"{where}: python gives the whole network")
        else:
            _check_network(described, where)
        return cls(**described)

    @property
    def digest(self) -> str:
        """A name for what is drawn: for this description, by this version of the program.

        What is given in Python is drawn to find out. Raises what `draw` raises.
        """
        told = json.dumps([asdict(self), program_digest()], sort_keys=True, default=str)
        drawn = self.draw().svg() if self.python else ""
        return hashlib.blake2b((told + drawn).encode(), digest_size=12).hexdigest()

    def draw(self, file: Path | None = None, **changes: Any) -> Drawing:
        """Draw it, into a file if one is named; `changes` are options of `draw`.

        Raises BadFigure, and what `draw` raises.
        """
        marked = self.highlight
        options = {
            "view": self.view,
            "show": self.show,
            "theme": self.theme,
            "notation": self.notation or None,
            "title": self.title or None,
            "highlight": tuple(marked) if isinstance(marked, list) else marked,
            "scale": self.scale,
            "steps": self.drawn,
            "collapse": separated(self.collapse),
            "expand": separated(self.expand),
        }
        return draw(self.network(), file, **{**options, **changes})

    @property
    def _asks_for_gradients(self) -> bool:
        path = isinstance(self.highlight, list | tuple) and isinstance(self.highlight[-1], str)
        return bool(NUMBERS & {*separated(self.show)}) or bool(self.highlight and not path)

    def _cell(self, inputs: int, layer: int = 0) -> Cell:
        """Return the cell over inputs of a size, random numbers of its own for each layer."""
        settings = {**(VARIANTS[self.cell][self.variant] if self.variant else {}), **self.settings}
        return CELLS[self.cell].init(inputs, self.hidden, rng=self.seed + layer, **settings)

    def network(self) -> Any:
        """Return what is drawn: a loss, a run, a graph, or whatever Python gives.

        Raises BadFigure, and ValueError for sizes that there cannot be.
        """
        if self.python:
            return made_by(self.python)
        if self.system:
            return system_of(self.system, self._cell, self.steps, self.inputs, self.seed)
        cell = self._cell(self.inputs)
        if self.loss or self._asks_for_gradients:
            loss = self.loss or DEFAULT_LOSS
            return pose(cell, batch=1, steps=self.steps, seed=self.seed, loss=loss).total
        return unroll(cell, steps=self.steps)

    def loss_itself(self) -> Tensor:
        """Return the loss that both passes are those of; the squared error if none is named.

        Raises BadFigure where Python gives something else.
        """
        figure = self if self.python or self.loss else replace(self, loss=DEFAULT_LOSS)
        loss = figure.network()
        if not isinstance(loss, Tensor):
            raise BadFigure("both passes are those of a loss, such as (run.stacked ** 2).sum()")
        return loss


def _check_network(described: Mapping[str, Any], where: str) -> None:
    if "cell" not in described:
        raise BadFigure(f'{where}: the key cell is missing: cell = "lstm"')
    cell = described["cell"]
    known("cell", cell, CELLS, where)
    if variant := described.get("variant"):
        known(f"variant of the {cell}", variant, VARIANTS[cell], where)
    settings = [f.name for f in fields(CELLS[cell]) if f.metadata.get("static")]
    for name in described.get("settings", ()):
        known(f"setting of the {cell}", name, settings, where)
    if system := described.get("system"):
        known("system", system, SYSTEMS, where)
        _refuse(described, ("loss",), f"{where}: a system has no loss")
    elif not isinstance(drawn := described.get("drawn", "all"), str):
        _check_steps(drawn, described.get("steps", Figure.steps), where)


def _refuse(described: Mapping[str, Any], keys: tuple[str, ...], because: str) -> None:
    if written := [key for key in keys if key in described]:
        raise BadFigure(f"{because}: leave out {', '.join(written)}")


def _check_steps(drawn: Any, steps: int, where: str) -> None:
    if beyond := [t for t in drawn if not 1 <= t <= steps]:
        raise BadFigure(f"{where}: drawn = {drawn}, but there is no step {beyond[0]} of {steps}")

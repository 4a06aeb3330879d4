"""Forms: the arrays that a cell's parameters are stored in, as a table, and how to convert them.

An array is a grid of blocks: a row of blocks for each gate, a column for each thing they act on.
Converting takes the arrays of one form apart into blocks and puts these together as another form
has them. Gradients move with their blocks; only what adds up behaves differently, see `Rebias`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Block = tuple[str, str]  # what it acts on, and its gate
Sizes = Mapping[str, int]  # of what columns act on

# Takes a gate, the biases it has (none, one, or one beside x and one beside h) and how many it
# is to have, and returns these.
Rebias = Callable[[str, list[Array], int], list[Array]]


def sizes_of(inputs: int, hidden: int) -> Sizes:
    """Return the sizes of everything that columns act on."""
    return {"x": inputs, "h": hidden, "c": hidden, "p": 1, "b": 1, "d": 1}


@dataclass(frozen=True)
class Stored:
    """One array of a form.

    Attributes:
        name: what the array is called.
        on: what its columns act on, in order: h, x, the cell state c, or one number for each
            unit: p for a diagonal peephole, b for a bias, d for a second bias, beside h.
        gates: our letters of its gates, in order of its rows.
        transposed: stored (in, out) and not (out, in).
        flat: stored with one axis.
        direction: stored with a first axis of size 1, for the direction of time.

    """

    name: str
    on: str
    gates: tuple[str, ...] = ()
    transposed: bool = False
    flat: bool = False
    direction: bool = False

    @property
    def is_bias(self) -> bool:
        """Whether it holds biases."""
        return set(self.on) <= set("bd")

    @property
    def blocks(self) -> list[Block]:
        """Its blocks, row by row."""
        return [(on, q) for q in self.gates for on in self.on]

    def shape(self, sizes: Sizes) -> tuple[int, ...]:
        """Return the shape that it is stored in."""
        rows, columns = self._grid(sizes)
        shape = (columns, rows) if self.transposed else (rows, columns)
        return (1,) * self.direction + ((rows * columns,) if self.flat else shape)

    def sizes(self, array: Array) -> Sizes:
        """Read the sizes off a weight on x; if the array is of this form at all, they fit it."""
        if array.ndim != 2 + self.direction:
            raise ValueError(f"{self.name} has shape {array.shape}, not {2 + self.direction} axes")
        rows, columns = array.shape[-2:][:: -1 if self.transposed else 1]
        hidden = rows // len(self.gates)
        return sizes_of(columns - hidden * sum(on in "hc" for on in self.on), hidden)

    def pack(self, blocks: Mapping[Block, Array], sizes: Sizes) -> Array:
        """Put blocks together; the array shares no memory with them."""
        grid = np.block([[blocks[on, q] for on in self.on] for q in self.gates])
        return (grid.T if self.transposed else grid).reshape(self.shape(sizes))

    def unpack(self, array: Array, sizes: Sizes) -> Iterator[tuple[Block, Array]]:
        """Take it apart."""
        rows, columns = self._grid(sizes)
        grid = array.reshape(columns, rows).T if self.transposed else array.reshape(rows, columns)
        edges = np.cumsum([sizes[on] for on in self.on])[:-1]
        for q, band in zip(self.gates, np.split(grid, len(self.gates)), strict=True):
            for on, block in zip(self.on, np.split(band, edges, axis=1), strict=True):
                yield (on, q), block

    def _grid(self, sizes: Sizes) -> tuple[int, int]:
        return len(self.gates) * sizes["h"], sum(sizes[on] for on in self.on)


@dataclass(frozen=True)
class Form:
    """All arrays of one cell.

    Attributes:
        arrays: the arrays.
        variant: the settings of our cell that compute this function, where there is a choice.
        added: what is added to a bias whenever the cell runs, by its gate.

    """

    arrays: tuple[Stored, ...]
    variant: Mapping[str, Any] = field(default_factory=dict)
    added: Mapping[str, float] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """What the arrays are called."""
        return [stored.name for stored in self.arrays]

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that it stands for: its variant, and whether there are biases."""
        return {**self.variant, "bias": any(stored.is_bias for stored in self.arrays)}

    @property
    def blocks(self) -> list[Block]:
        """The blocks of all arrays."""
        return [block for stored in self.arrays for block in stored.blocks]

    def without_biases(self) -> Form:
        """Return the same form of a cell without biases."""
        weights = tuple(stored for stored in self.arrays if not stored.is_bias)
        return replace(self, arrays=weights)

    def unpack(self, arrays: Mapping[str, Array]) -> tuple[dict[Block, Array], Sizes]:
        """Take all arrays apart.

        Raises:
            ValueError: an array whose shape does not fit the others.

        """
        on_x = next(stored for stored in self.arrays if "x" in stored.on)
        sizes = on_x.sizes(arrays[on_x.name])
        for stored in self.arrays:
            given, wanted = arrays[stored.name].shape, stored.shape(sizes)
            if given != wanted:
                raise ValueError(
                    f"{stored.name} has shape {given}; by {on_x.name}, hidden = {sizes['h']} "
                    f"and inputs = {sizes['x']}, and then it is {wanted}"
                )
        taken = [stored.unpack(arrays[stored.name], sizes) for stored in self.arrays]
        return {block: part for parts in taken for block, part in parts}, sizes


def convert(
    arrays: Mapping[str, Array], source: Form, target: Form, rebias: Rebias
) -> dict[str, Array]:
    """Rearrange the arrays of one form into those of another.

    Raises:
        ValueError: an array whose shape does not fit the others.

    """
    blocks, sizes = source.unpack(arrays)
    for q in dict.fromkeys(q for _, q in source.blocks):
        given = [blocks[on, q] for on in "bd" if (on, q) in blocks]
        wanted = [on for on in "bd" if (on, q) in target.blocks]
        for on, bias in zip(wanted, rebias(q, given, len(wanted)), strict=True):
            blocks[on, q] = bias
    return {stored.name: stored.pack(blocks, sizes) for stored in target.arrays}

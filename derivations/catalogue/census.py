"""The census of a cell: how many activations, elementwise products and additions a step takes."""

from __future__ import annotations

from derivations.blackboard import Blackboard
from derivations.catalogue import CELLS, VARIANTS, template
from derivations.counting import SORTS, Counted, operations
from derivations.network import Network
from derivations.step import Derivation, Lines


def census(cell: str = "lstm", variant: str | None = None) -> Derivation:
    """Count the operations of one step of a cell by sort, on its equations.

    Sums that make a pre-activation belong to the affine map W [h; x] + b. Raises ValueError for a
    cell or variant that is not there, and for a linear network, in which there is nothing to count.
    """
    if cell not in CELLS:
        raise ValueError(f"no cell {cell!r}; there are: {', '.join(CELLS)}")
    if variant is not None and variant not in VARIANTS[cell]:
        known = ", ".join(VARIANTS[cell])
        raise ValueError(f"no variant {variant!r} of the {cell}; there are: {known}")
    settings = VARIANTS[cell][variant] if variant else {}
    found = template(cell, loss=None, **settings)
    if not any(operations(found, equation, sort) for equation in found.cell for sort in SORTS):
        raise ValueError(f"there is nothing to count in this {cell} but its affine map")
    each, together = (Counted(found, together) for together in (False, True))
    board = Blackboard(Network(found.cell), start=Lines(*found.cell))
    board.line(
        "Count each equation",
        each.claim(),
        "One term an equation that has any; W [h; x] + b is one affine map and has none.",
        check=each,
    )
    if together.claim() != each.claim():
        board.line(
            "Add up",
            together.claim(),
            "All equations together are one step.",
            check=together,
        )
    explained = {block.data[0].letter: p.meaning for p in found.parameters for block in p.blocks}
    return board.derivation(
        "census",
        meanings={**explained, "x": "input"},
        summary=f"What one step of the {cell.upper()} costs besides its matrix products.",
        source=found.source,
    )

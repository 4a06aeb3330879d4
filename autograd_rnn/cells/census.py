"""How many operations of each sort one step of a cell takes, counted on its graph."""

from __future__ import annotations

from collections import Counter

from autograd_rnn.cells.cell import Cell
from autograd_rnn.engine import Graph, Node, symbol

SORTS = {
    "tanh": "activations",
    "sigmoid": "activations",
    "relu": "activations",
    "multiply": "elementwise products",
    "matmul": "matrix products",
    "add": "additions",
    "subtract": "subtractions",
    "concatenate": "concatenations",
    "index": "slices",
}


def census(cell: Cell) -> dict[str, int]:
    """Count the operations of one step by sort, the most frequent first.

    Adding a bias counts under "biases": it belongs to the affine map W [h, x] + b. An operation
    of no sort (a clip's maximum, say, or what an activation of one's own is made of) counts by
    its name.

    >>> from autograd_rnn.cells import LSTMCell
    >>> counts = census(LSTMCell.init(inputs=3, hidden=2))
    >>> [counts[sort] for sort in ("activations", "elementwise products", "additions")]
    [5, 3, 1]
    """
    state = [symbol(zero.shape, zero.name) for zero in cell.initial_state(1)]
    graph = Graph(*cell(symbol((1, cell.inputs), "x"), tuple(state)))
    biases = {p.node for name, p in cell.parameters.items() if name.startswith("b")}
    return dict(Counter(_sort(node, biases) for node in graph if node.primitive).most_common())


def _sort(node: Node, biases: set[Node]) -> str:
    reads_a_bias = node.op == "add" and not biases.isdisjoint(node.inputs)
    return "biases" if reads_a_bias else SORTS.get(node.op, node.op)

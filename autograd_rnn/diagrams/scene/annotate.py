"""What `show=` adds to a picture: shapes, values and gradients, as lines of text."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import numpy as np

from autograd_rnn.diagrams.typography.letters import digits
from autograd_rnn.engine import Graph, Node
from autograd_rnn.engine.differentiate import pull_back

Lines = tuple[str, ...]
Annotate = Callable[[Node], Lines]
FORMULAS, FLOW = "formulas", "flow"
MOST_ROWS, MOST_COLUMNS = 3, 4


def words_of(show: str | Iterable[str]) -> frozenset[str]:
    """Return what `show` asks for, an iterable or one string with commas.

    Raises ValueError for what a picture cannot show.
    """
    given = show.split(",") if isinstance(show, str) else list(show)
    words = {word.strip() for word in given} - {""}
    known = [FORMULAS, FLOW, *WRITERS]
    if not words <= set(known):
        unknown = ", ".join(map(repr, sorted(words - set(known))))
        raise ValueError(f"show={unknown}: a picture can show {', '.join(known)}")
    return frozenset(words)


def annotator(graph: Graph, words: Collection[str]) -> tuple[Annotate, Lines]:
    """Return what writes the lines of a node, and notes that explain them.

    Args:
        graph: the whole graph that is drawn.
        words: any of "values", "shapes", "grads", "norms"; formulas and flow come later, see
            `formulas` and `overlay`.

    Raises:
        ValueError: values of a graph of symbols; gradients of what is no scalar.

    """
    chosen = [word for word in WRITERS if word in words]
    writers = [WRITERS[word](graph) for word in chosen]
    notes = tuple(NOTES[word].format(output=_output_name(graph)) for word in chosen)
    return lambda node: tuple(line for write in writers for line in write(node)), notes


def _output_name(graph: Graph) -> str:
    return graph.outputs[0].name or "the output"


def _shapes(graph: Graph) -> Annotate:
    return lambda node: (f"{node.shape}",)


def _values(graph: Graph) -> Annotate:
    for node in graph.nodes:
        if node.value is None:
            raise ValueError(
                f"show='values': {node!r} is a symbol and has no value; "
                "unroll over data, unroll(cell, xs), or leave values out"
            )
    return lambda node: numbers("=", node.value)


def _grads(graph: Graph) -> Annotate:
    found = gradients(graph)

    def lines(node: Node) -> Lines:
        if not node.needs_grad:
            return ()
        return numbers("∂", found[node]) if node in found else ("∂ none",)

    return lines


def _norms(graph: Graph) -> Annotate:
    found = gradients(graph, "norms")

    def lines(node: Node) -> Lines:
        if not node.needs_grad:
            return ()
        return numbers("‖∂‖", np.linalg.norm(found[node])) if node in found else ("‖∂‖ none",)

    return lines


def gradients(graph: Graph, word: str = "grads") -> Mapping[Node, Any]:
    """Return the gradient of the graph's one scalar output with respect to every node.

    Raises:
        ValueError: there is no such output, or the graph has no values.

    """
    output = scalar_of(graph, f"show={word!r}")
    return pull_back({output: np.ones((), output.dtype)}) if output.needs_grad else {}


def scalar_of(graph: Graph, asked: str) -> Node:
    """Return the one scalar that a graph of values computes.

    Args:
        graph: the graph. asked: what needs it, as it was typed.

    Raises:
        ValueError: there is no such output, or the graph has no values.

    """
    output = graph.outputs[0]
    if len(graph.outputs) != 1 or output.shape != ():
        shapes = ", ".join(str(out.shape) for out in graph.outputs[:3])
        more = ", ..." * (len(graph.outputs) > 3)
        raise ValueError(
            f"{asked} needs one scalar to differentiate, and this has "
            f"{len(graph.outputs)} output(s) of shape {shapes}{more}: "
            f"pass the loss, e.g. draw(loss, {asked})"
        )
    _values(graph)
    return output


WRITERS: dict[str, Callable[[Graph], Annotate]] = {
    "shapes": _shapes,
    "values": _values,
    "grads": _grads,
    "norms": _norms,
}
NOTES = {
    "shapes": "(batch, units): shape",
    "values": "= value, four significant digits",
    "grads": "∂: gradient of {output} with respect to the node",
    "norms": "‖∂‖: norm of the gradient of {output} with respect to the node",
}


def numbers(sign: str, array: Any) -> Lines:
    """Write a number or a small array after `sign`; of a large one, its first rows and columns.

    >>> numbers("=", np.array([[0.5, -1.0], [2.0, 0.25]]))
    ('= [0.5 -1', '   2 0.25]')
    """
    array = np.asarray(array)
    if array.shape == ():
        return (f"{sign} {digits(array.item())}",)
    rows = array.reshape(-1, array.shape[-1]) if array.size else array.reshape(0, 0)
    written = [_row(row) for row in rows[:MOST_ROWS]] + ["…"] * (len(rows) > MOST_ROWS)
    lines = [f"{sign} [{written[0]}" if written else f"{sign} ["]
    lines += [f"   {row}" for row in written[1:]]
    return (*lines[:-1], f"{lines[-1]}]")


def _row(row: Any) -> str:
    written = [digits(value.item()) for value in row[:MOST_COLUMNS]]
    return " ".join(written + ["…"] * (len(row) > MOST_COLUMNS))

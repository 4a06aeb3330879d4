"""How an operation hands its gradient δ to its inputs, where that is no product of elements.

An elementwise operation has a local derivative, which is an array of numbers and multiplies δ.
What mixes elements has a linear map in its place; this is the map, as one writes it.
"""

from __future__ import annotations

from collections.abc import Callable

from autograd_rnn.diagrams.typography.letters import Text
from autograd_rnn.engine import Node

DELTA = "δ"
WORDS = {
    "reshape": "δ in the shape of the input",
    "transpose": "δ, its axes turned back",
    "index": "δ where it was taken, 0 elsewhere",
    "assemble": "its part of δ",
    "concatenate": "its part of δ",
    "stack": "its part of δ",
    "where": "δ where it was chosen, 0 elsewhere",
    "sum": "δ for every element",
    "sum_to": "δ for every element",
    "broadcast_to": "Σ δ over what was repeated",
    "max": "δ where the largest stands, 0 elsewhere",
    "min": "δ where the smallest stands, 0 elsewhere",
    "cumsum": "Σ δ from the element on",
    "windows": "Σ δ over the windows that an element is in",
    "overlap_add": "δ in windows",
    "add_n": "δ",
    "logsumexp": "δ · softmax",
    "softmax": "softmax ⊙ (δ − Σ δ ⊙ softmax)",
    "log_softmax": "δ − softmax · Σ δ",
}


def pullback_of(node: Node, position: int, name: Callable[[Node], Text]) -> Text:
    """Write what the input at a position receives, in terms of δ, the gradient of `node`.

    Args:
        node: an operation. position: of the input. name: what a node is called.

    Returns:
        a line; empty for an operation that has no better word than its name.

    """
    if node.op == "matmul":
        return _of_product(node, position, name)
    return (WORDS[node.op],) if node.op in WORDS else ()


def _of_product(node: Node, position: int, name: Callable[[Node], Text]) -> Text:
    """Write the factor on the other side of δ, each turned so that the shapes meet.

    For y = A B: δ Bᵀ and Aᵀ δ (Giles 2008, section 2.2.2); an operand that was turned in the
    product turns what it receives.
    """
    other, turned = node.inputs[1 - position], (node.attrs["ta"], node.attrs["tb"])
    mine, others = turned[position], turned[1 - position]
    factor, delta = _turned(_held(name(other)), others == mine), _turned((DELTA,), mine)
    # Aᵀ in the product: its gradient is (δ Bᵀ)ᵀ = B δᵀ, so the sides change too.
    first = delta if (position == 0) != mine else factor
    second = factor if first is delta else delta
    return (*first, " ", *second)


def _turned(text: Text, turn: bool) -> Text:
    return (*text, "ᵀ") if turn else text


def _held(text: Text) -> Text:
    whole = len(text) == 1 or (text[0], text[-1]) == ("[", "]")
    return text if whole else ("(", *text, ")")

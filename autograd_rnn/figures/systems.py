"""Networks of two cells, by name: stacked, bidirectional, encoder and decoder, attention."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_rnn.cells import Cell
from autograd_rnn.engine import Graph, Tensor, at, concatenate, softmax
from autograd_rnn.figures.words import known
from autograd_rnn.sequence import Run, unroll

Make = Callable[[int, int], Cell]
"""Makes the cell of a layer: ``make(inputs, layer)``."""


def stacked(make: Make, xs: Any) -> Run:
    """Return two layers, the upper of which reads the outputs of the lower; xs (batch, T, m)."""
    below = unroll(make(xs.shape[-1], 0), xs)
    return unroll(make(below.stacked.shape[-1], 1), below.stacked)


def bidirectional(make: Make, xs: Any) -> Graph:
    """Return the outputs of a cell, each beside that of one that reads from the end."""
    forward = unroll(make(xs.shape[-1], 0), xs)
    backward = unroll(make(xs.shape[-1], 1), xs, reverse=True)
    pairs = zip(forward.outputs, backward.outputs, strict=True)
    return Graph(*(concatenate(pair, axis=-1).named("o") for pair in pairs))


def encoder_decoder(make: Make, xs: Any) -> Run:
    """Return a decoder that starts from the last state of an encoder, both over T steps."""
    encoder = unroll(make(xs.shape[-1], 0), xs)
    return unroll(make(xs.shape[-1], 1), xs, state=encoder.states[-1])


def attention(make: Make, xs: Any) -> Graph:
    """Return the outputs of a decoder, each beside what it attends to of the encoder's states."""
    encoder = unroll(make(xs.shape[-1], 0), xs)
    decoder = unroll(make(xs.shape[-1], 1), xs, state=encoder.states[-1])
    H = encoder.stacked.named("H")
    pairs = [(h, _context(H, h, t)) for t, h in enumerate(decoder.outputs, start=1)]
    return Graph(*(concatenate(pair, axis=-1).named("o") for pair in pairs))


def _context(H: Tensor, h: Tensor, t: int) -> Tensor:
    """Return the mean of the states H (batch, T, n), weighted by how well each fits h (batch, n).

    Scores are dot products, as in Luong, Pham and Manning (2015).
    """
    with at(gate="attention", t=t):
        α = softmax(H @ h.reshape((*h.shape, 1)), axis=1).named("α")
    with at(gate="context", t=t):
        return (H * α).sum(axis=1).named("k")


SYSTEMS: dict[str, Callable[[Make, Any], Run | Graph]] = {
    "stacked": stacked,
    "bidirectional": bidirectional,
    "encoder-decoder": encoder_decoder,
    "attention": attention,
}


def system_of(name: str, make: Make, steps: int, inputs: int, seed: int) -> Run | Graph:
    """Return the system of a name, over random inputs (1, T, m).

    Raises BadFigure for a name that there is not.
    """
    known("system", name, SYSTEMS, "system")
    return SYSTEMS[name](make, np.random.default_rng(seed).normal(size=(1, steps, inputs)))

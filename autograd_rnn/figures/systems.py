"""Networks of two cells, by name: stacked, bidirectional, encoder and decoder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_rnn.cells import Cell
from autograd_rnn.engine import Graph, concatenate
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


SYSTEMS: dict[str, Callable[[Make, Any], Run | Graph]] = {
    "stacked": stacked,
    "bidirectional": bidirectional,
    "encoder-decoder": encoder_decoder,
}


def random_inputs(steps: int, inputs: int, seed: int) -> Any:
    """Return inputs (1, T, m)."""
    return np.random.default_rng(seed).normal(size=(1, steps, inputs))

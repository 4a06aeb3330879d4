"""Which steps count: sequences of unequal lengths in one batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_rnn.engine import Tensor, at, where
from autograd_rnn.engine.record import constant

Mask = np.ndarray[Any, np.dtype[np.bool_]]


def mask_of(lengths: Any, mask: Any, batch: int, steps: int) -> Mask | None:
    """Return which steps of which sequence count, (batch, T); None where all of them do.

    Raises:
        ValueError: both lengths and mask; a wrong shape; a length that is not 0..T, or no
            integer; a mask that is not made of True and False, or 1 and 0.

    """
    if lengths is not None and mask is not None:
        raise ValueError("unroll takes either lengths or a mask: lengths are a mask too")
    if lengths is not None:
        return np.arange(steps) < _checked_lengths(np.asarray(lengths), batch, steps)[:, None]
    if mask is not None:
        return _checked_mask(np.asarray(mask), (batch, steps))
    return None


def _checked_lengths(lengths: Any, batch: int, steps: int) -> Any:
    if lengths.shape != (batch,) or lengths.dtype.kind not in "iu":
        raise ValueError(
            f"lengths are integers, one a sequence: {lengths.dtype} of shape {lengths.shape} "
            f"for a batch of {batch}"
        )
    for b in np.flatnonzero((lengths < 0) | (lengths > steps)):
        raise ValueError(f"length {lengths[b]} of sequence {b}: the data have {steps} steps")
    return lengths


def _checked_mask(mask: Any, shape: tuple[int, int]) -> Mask:
    if mask.shape != shape:
        raise ValueError(f"the mask has shape {mask.shape}; (batch, T) is {shape}")
    if not np.isin(mask, (0, 1)).all():
        raise ValueError("a mask is True or 1 where a step counts, and False or 0 elsewhere")
    return mask.astype(bool)


def keep_finished(
    counts: Mask, new: Sequence[Tensor], old: Sequence[Tensor]
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Take a step only where it counts, (batch,).

    Returns:
        The step's output, 0 where it does not count, and the state, which is kept there. Neither
        hands a gradient to what the step computed where it does not count.

    """
    with at(gate="mask"):
        m = Tensor.of(constant(counts[:, None], "m"))
        output = where(m, new[0], 0.0).named("y")
        held = zip(new, old, strict=True)
        return output, tuple(where(m, now, then).named(now.name) for now, then in held)

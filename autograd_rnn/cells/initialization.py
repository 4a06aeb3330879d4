"""Where weights start."""

from __future__ import annotations

from typing import Any

import numpy as np

Rng = np.random.Generator | int | None


def xavier_uniform(rows: int, columns: int, rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """Draw a (rows, columns) weight uniformly from ±sqrt(6 / (rows + columns)).

    Its variance 2/(rows + columns) is the compromise between keeping the variance of what flows
    forward and of what flows backward (Glorot & Bengio 2010, eq. 16); `derive("xavier")` proves it.
    """
    limit = np.sqrt(6.0 / (rows + columns))
    return rng.uniform(-limit, limit, (rows, columns))

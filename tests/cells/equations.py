"""The cells' equations in plain NumPy, one array at a time; rows are examples.

Written from the equations, without the engine and for any dtype, so that the complex step works.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Parameters = dict[str, Array]

SLOTS = {"rnn": ("h",), "lstm": ("h", "c"), "gru": ("h",)}


def logistic(a: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-a))


def rectified(a: Array) -> Array:
    return a * (a.real > 0)


PHI = {"tanh": np.tanh, "logistic": logistic, "relu": rectified}


def rnn(x: Array, h: Array, p: Parameters, activation: str = "tanh") -> tuple[Array, ...]:
    n = h.shape[1]
    R, W = p["W"][:, :n], p["W"][:, n:]
    return (PHI[activation](np.einsum("bj,ij->bi", h, R) + np.einsum("bj,ij->bi", x, W) + p["b"]),)


def lstm(x: Array, h: Array, c: Array, p: Parameters) -> tuple[Array, ...]:
    a = {q: _affine(h, x, p, q) for q in "figo"}
    f, i, o = (logistic(a[q]) for q in "fio")
    c = f * c + i * np.tanh(a["g"])
    return o * np.tanh(c), c


def gru(x: Array, h: Array, p: Parameters) -> tuple[Array, ...]:
    z, r = logistic(_affine(h, x, p, "z")), logistic(_affine(h, x, p, "r"))
    g = np.tanh(_affine(r * h, x, p, "g"))
    return (z * g + (1 - z) * h,)


def _affine(h: Array, x: Array, p: Parameters, q: str) -> Array:
    n = h.shape[1]
    return h @ p[f"W_{q}"][:, :n].T + x @ p[f"W_{q}"][:, n:].T + p[f"b_{q}"]


def states(
    kind: str, xs: Array, initial: tuple[Array, ...], p: Parameters, **options: Any
) -> list[tuple[Array, ...]]:
    """The whole state after each step; xs (batch, T, inputs)."""
    step = {"rnn": rnn, "lstm": lstm, "gru": gru}[kind]
    found, now = [], initial
    for t in range(xs.shape[1]):
        now = step(xs[:, t], *now, p, **options)
        found.append(now)
    return found

"""Random data for a closed form, every dimension different from every other."""

from __future__ import annotations

from typing import Any

import numpy as np

from derivations.bptt.form import ClosedForm

CELLS = ("rnn", "lstm", "gru")
LOSSES = (None, "squared error", "cross-entropy")
EVERY = [(cell, loss) for cell in CELLS for loss in LOSSES]
B, T, M, N, K = 2, 4, 3, 5, 6


def problem(
    form: ClosedForm, *, b: int = B, t: int = T, m: int = M, n: int = N, k: int = K, seed: int = 1
) -> dict[str, Any]:
    """Return the arguments of `evaluate`: parameters, inputs, initial states, target or
    upstream."""
    rng = np.random.default_rng(seed)
    size = {"n": n, "m": m, "k": k, "n+m": n + m}
    parameters = {
        name: rng.normal(size=[size[d] for d in shape]) / np.sqrt(n)
        for name, shape in form.parameters.items()
    }
    states = [s.text()[0] for s in form.template.states]
    given: dict[str, Any] = {
        "parameters": parameters,
        "inputs": rng.normal(size=(b, t, m)),
        "initial": {letter: rng.normal(size=(b, n)) for letter in states},
    }
    loss = form.template.loss
    if loss is None:
        return given | {"upstream": rng.normal(size=(b, t, n))}
    if loss.name == "cross-entropy":
        return given | {"targets": np.eye(k)[rng.integers(k, size=(b, t))]}
    return given | {"targets": rng.normal(size=(b, t, n))}


def on_elements(form: ClosedForm, *, b: int = B, t: int = T, m: int = M, n: int = N, k: int = K):
    """Return the closed form on elements, for the sizes of a problem."""
    classes = k if form.template.loss and form.template.loss.name == "cross-entropy" else None
    return form.on_elements(n, m, t, classes, b)


def exponent(error_bound):
    """Return 44 for an error bound of 2⁻⁴⁴."""
    return int(error_bound.removeprefix("2⁻").translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")))

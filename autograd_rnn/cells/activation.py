"""The activations that a cell can be given, by the names that the derivations use too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_rnn.engine import relu, sigmoid, tanh

Function = Callable[[Any], Any]
Activation = str | Function  # one of the names below, or any function of the engine's operations


def identity(a: Any) -> Any:
    """Return a itself: no activation at all."""
    return a


ACTIVATIONS: dict[str, Function] = {
    "tanh": tanh,
    "logistic": sigmoid,
    "relu": relu,
    "identity": identity,
}


def activation(chosen: Activation) -> Function:
    """Return the function of a name; a function is returned as it is."""
    return ACTIVATIONS[chosen] if isinstance(chosen, str) else chosen

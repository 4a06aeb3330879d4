"""Recurrent networks you can step through: the unrolled graph, its gradients, and their proof.

>>> import autograd_rnn as ar
>>> import numpy as np
>>> cell = ar.LSTMCell.init(inputs=3, hidden=2, rng=0)
>>> run = ar.unroll(cell, np.ones((1, 4, 3)))
>>> loss = run.stacked.sum()
>>> loss.backward()
>>> cell.W_f.grad.shape
(2, 5)
"""

from typing import TYPE_CHECKING, Any

from autograd_rnn.cells import CELLS, Cell, GRUCell, LSTMCell, RNNCell, census
from autograd_rnn.cells.conventions import (
    from_convention,
    gradients_from_convention,
    gradients_to_convention,
    to_convention,
)
from autograd_rnn.engine import *  # noqa: F403 (the operations, by NumPy's names)
from autograd_rnn.engine import __all__ as _operations
from autograd_rnn.engine.display import set_display
from autograd_rnn.layers import Dense, cross_entropy, squared_error
from autograd_rnn.sequence import Run, unroll

if TYPE_CHECKING:
    from autograd_rnn.crosscheck import crosscheck
    from autograd_rnn.diagrams import draw, stepper
    from derivations import derive, walk

__version__ = "0.1.0"

# Imported on first use: SymPy alone costs half a second.
_on_first_use = {
    "crosscheck": "autograd_rnn.crosscheck",
    "derive": "derivations",
    "draw": "autograd_rnn.diagrams",
    "stepper": "autograd_rnn.diagrams",
    "walk": "derivations",
}

__all__ = [  # noqa: PLE0604 (the engine's own list)
    *_operations,
    "CELLS",
    "Cell",
    "Dense",
    "GRUCell",
    "LSTMCell",
    "RNNCell",
    "Run",
    "census",
    "cross_entropy",
    "crosscheck",
    "derive",
    "draw",
    "from_convention",
    "gradients_from_convention",
    "gradients_to_convention",
    "squared_error",
    "stepper",
    "to_convention",
    "unroll",
    "walk",
]


def __getattr__(name: str) -> Any:
    if name in _on_first_use:
        from importlib import import_module

        return getattr(import_module(_on_first_use[name]), name)
    raise AttributeError(f"module 'autograd_rnn' has no attribute {name!r}")


def _display(thing: Any) -> dict[str, Any]:
    from autograd_rnn.diagrams.notebook import mimebundle

    return mimebundle(thing)


set_display(_display)


def __dir__() -> list[str]:
    return sorted({*globals(), *_on_first_use})

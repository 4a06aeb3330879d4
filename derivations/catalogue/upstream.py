"""A loss that may be any function of a layer's output: only its derivative there is given.

By the chain rule nothing else of the loss matters. So it may as well be linear, L = Σ ∂⁺ℓ/∂y ⊙ y,
whose derivative with respect to y is the given one whatever y is.
"""

from __future__ import annotations

from derivations.matrix import SCALAR, Expression, immediate, inner, symbol, trace
from derivations.template import Definition

LOSS = symbol("L", SCALAR)


def pairing(output: Expression) -> Expression:
    """Return ⟨∂⁺ℓ/∂y, y⟩, the sum of the products element by element, for one output y."""
    given = immediate(output)
    return inner(given, output) if output.shape[1] == "1" else trace(given.T @ output)


def any_loss(total: Expression) -> Definition:
    """Return the definition of L, given the `pairing` of an output or a sum of them."""
    return Definition(LOSS, total, meaning="loss, any function of the output")

"""The same in depth: from the output of four hidden layers down to the bias of the first.

Each layer reads the one below, h_l = σ(W_l h_{l-1} + b_l), so the gradient of b_1 passes four
slopes and three weights.
"""

from __future__ import annotations

from fractions import Fraction

from derivations.adversary import Adversary
from derivations.blackboard import Blackboard
from derivations.bounds import (
    SINGULAR_VALUE,
    SUBMULTIPLICATIVE,
    TRANSPOSE,
    ByLemmas,
    at_most,
)
from derivations.catalogue.activations import activated, slope
from derivations.catalogue.stability import STEEPEST
from derivations.matrix import (
    SCALAR,
    Expression,
    diag,
    hadamard,
    largest_singular_value,
    norm,
    number,
    squared_norm,
    symbol,
    total,
)
from derivations.network import Network
from derivations.step import Derivation, Equation
from derivations.template import Definition, weight

SIZES = (
    "m",
    "n",
    "k",
    "n",
    "m",
)  # of the input and of each layer, so that no factor fits elsewhere
SOURCE = (
    "Nielsen 2015, Neural networks and deep learning, chapter 5, for one unit a layer; "
    "Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward networks"
)
L, y = symbol("L", SCALAR), symbol("y", (SIZES[4], "1"))


def _column(letter: str, layer: int) -> Expression:
    return symbol(f"{letter}_{layer}", (SIZES[layer], "1"))


a = [_column("a", layer) for layer in range(5)]
h = [symbol("x", (SIZES[0], "1")), *(_column("h", layer) for layer in range(1, 5))]
b = [_column("b", layer) for layer in range(5)]
W = [weight(f"W_{layer}", SIZES[layer], SIZES[layer - 1]) for layer in range(5)]


D = [symbol(f"D_{layer}", (SIZES[layer], SIZES[layer])) for layer in range(5)]


def network(activation: str) -> Network:
    """Return the four layers under a squared error, with D_l for the slopes of layer l.

    Raises ValueError for an activation whose slopes are not bounded here.
    """
    if activation not in STEEPEST:
        raise ValueError(f"no activation {activation!r}; there are: {', '.join(STEEPEST)}")
    equations = []
    for layer in range(1, 5):
        slopes = diag(slope(activation, a[layer], h[layer]))
        equations += [
            Definition(
                a[layer],
                W[layer] @ h[layer - 1] + b[layer],
                meaning=f"pre-activation of layer {layer}",
            ),
            Definition(h[layer], activated(activation, a[layer]), meaning=f"hidden layer {layer}"),
            Definition(D[layer], slopes, meaning=f"slopes of layer {layer}, {slopes.text()}"),
        ]
    loss = Definition(L, Fraction(1, 2) * squared_norm(h[4] - y), meaning="loss")
    return Network((*equations, loss), loss=L)


def depth_chain(activation: str = "logistic") -> Derivation:
    """Derive dL/db_1 through four hidden layers, and how small its norm must be.

    Raises ValueError for an activation whose slopes are not bounded here.
    """
    layers = network(activation)
    board = Blackboard(layers, start=Equation(a[1], W[1] @ h[0] + b[1]))
    _down(board)
    _bounded(board, Adversary(layers, {}), activation)
    return board.derivation(
        "depth-chain",
        meanings={
            **{f"W_{layer}": f"weights of layer {layer}" for layer in range(1, 5)},
            **{f"b_{layer}": f"bias of layer {layer}" for layer in range(1, 5)},
            "x": "input",
            "y": "target",
        },
        summary="Depth multiplies slopes and weights just as time does, with weights of its own.",
        source=SOURCE,
    )


def _down(board: Blackboard) -> None:
    """Write the chain from dL/db_1 up to the loss, one layer a line."""
    board.line(
        "The bias adds to the pre-activation",
        Equation(total(b[1]), total(a[1])),
        "A step of b_1 moves a_1 by as much.",
    )
    board.line(
        "Through layer 1",
        Equation(total(b[1]), D[1] @ total(h[1])),
        "The loss sees a_1 only through h_1, by the slope of each unit.",
    )
    for layer in (2, 3, 4):
        chain = D[layer] @ total(h[layer])
        for above in range(layer, 1, -1):
            chain = D[above - 1] @ (W[above].T @ chain)
        board.line(
            f"Through layer {layer}",
            Equation(total(b[1]), chain),
            f"What h_{layer - 1} does to the loss it does through a_{layer}: a weight and a slope.",
        )


def _bounded(board: Blackboard, adversary: Adversary, activation: str) -> None:
    """Write how large the norm of the chain can be."""
    left, end, γ = norm(total(b[1])), norm(total(h[4])), STEEPEST[activation]
    factors = [D[1], *(factor for layer in (2, 3, 4) for factor in (W[layer].T, D[layer]))]
    board.line(
        "Norm of a product",
        Equation(left, hadamard(*map(norm, factors), end), "≤"),
        "Seven matrices act on dL/dh_4, one after the other.",
        check=ByLemmas((SUBMULTIPLICATIVE,) * len(factors), adversary, of_norms=True),
    )
    steepest = tuple(
        at_most(norm(D[layer]), number(γ), f"‖D_{layer}‖ = max|φ′(a_{layer})| ≤ {γ}")
        for layer in range(1, 5)
    )
    board.line(
        "Steepest slopes",
        Equation(left, hadamard(γ**4, *(norm(W[layer].T) for layer in (2, 3, 4)), end), "≤"),
        f"A diagonal matrix stretches by its largest entry, and that is {γ} at most.",
        check=ByLemmas(steepest, adversary),
    )
    weights = [largest_singular_value(W[layer]) for layer in (2, 3, 4)]
    board.line(
        "What the weights can do",
        Equation(left, hadamard(γ**4, *weights, end), "≤"),
        "A transpose stretches as much as the matrix: by its largest singular value.",
        check=ByLemmas((TRANSPOSE, SINGULAR_VALUE), adversary),
    )

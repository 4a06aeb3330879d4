"""Attention: dot products with a softmax of rows, and the additive scores of a single query.

Sources: A. Vaswani et al., "Attention is all you need", NeurIPS 2017, equation 1; D. Bahdanau,
K. Cho and Y. Bengio, "Neural machine translation by jointly learning to align and translate", ICLR
2015, section A.1.2.
"""

from __future__ import annotations

from derivations.blackboard import Blackboard
from derivations.catalogue.upstream import LOSS, any_loss, lines_of
from derivations.matrix import (
    SCALAR,
    Expression,
    apply,
    inner,
    moving,
    ones,
    rowsoftmax,
    softmax,
    symbol,
    total,
)
from derivations.network import Network
from derivations.step import Derivation, Equation, Lines
from derivations.template import Definition

# ------------------------------------------------------------------------------- dot products

Q, K, V = symbol("Q", ("n", "d")), symbol("K", ("m", "d")), symbol("V", ("m", "k"))
S, A, Y = symbol("S", ("n", "m")), symbol("A", ("n", "m")), symbol("Y", ("n", "k"))
κ = symbol("κ", SCALAR)

SCORES = Definition(S, κ * (Q @ K.T), meaning="scores, a row for each query")
WEIGHTS = Definition(A, rowsoftmax(S), meaning="weights; every row sums to one")
READ = Definition(Y, A @ V, meaning="output, a row for each query")


def attention() -> Derivation:
    """Derive ``dS = A ⊙ (dA - rowsum(dA ⊙ A))`` and the gradients of queries, keys and values."""
    forward = (SCORES, WEIGHTS, READ)
    board = Blackboard(
        Network((*forward, any_loss(Y)), loss=LOSS), start=Lines(*forward), sizes={"d": 5}
    )
    board.line(
        "Values",
        Equation(total(V), A.T @ total(Y)),
        "The output is linear in V, and a factor on the left comes back transposed.",
        before=READ,
    )
    board.line(
        "Weights",
        Equation(total(A), total(Y) @ V.T),
        "It is linear in A as well, with the factor V on the right.",
        before=READ,
    )
    aside = board.aside(WEIGHTS)
    aside.line(
        "The Jacobian of each row",
        Equation(moving(A), A * (moving(S) - _row_sums(A * moving(S)))),
        "It is diag(a) - a aᵀ, so that a row moves by its own mean less than by itself.",
    )
    board.line(
        "Through the softmax of each row",
        Equation(total(S), A * (total(A) - _row_sums(total(A) * A))),
        "The Jacobian is its own transpose: from each gradient goes the row's weighted mean.",
        before=WEIGHTS,
        details=aside.steps,
    )
    board.line(
        "Queries and keys",
        Lines(
            Equation(total(Q), κ * (total(S) @ K)),
            Equation(total(K), κ * (total(S).T @ Q)),
        ),
        "The scores are bilinear; K enters transposed, and so does its gradient.",
        before=SCORES,
    )
    return board.derivation(
        "attention",
        statement=lines_of(board),
        meanings={
            "Q": "queries, one a row",
            "K": "keys, one a row",
            "V": "values, one a row",
            "κ": "scale of the scores, 1/√d",
        },
        summary="Values get what the weights share out, scores what differs from the mean.",
        source="Vaswani et al. 2017, equation 1",
    )


def _row_sums(matrix: Expression) -> Expression:
    """Return M 𝟏 𝟏ᵀ: at every place the sum of its row."""
    return (matrix @ ones("m")) @ ones("m").T


# ------------------------------------------------------------------------------------ additive

H, Z, E = symbol("H", ("n", "m")), symbol("Z", ("k", "m")), symbol("E", ("k", "m"))
s, c, u = symbol("s", ("d", "1")), symbol("c", ("n", "1")), symbol("u", ("k", "1"))
e, a = symbol("e", ("m", "1")), symbol("α", ("m", "1"))
W, U = symbol("W", ("k", "n")), symbol("U", ("k", "d"))
one = ones("m")

ADDITIVE = (
    Definition(Z, W @ H + (U @ s) @ one.T, meaning="pre-activations, a column for each state"),
    Definition(E, apply("tanh", Z), meaning="energies"),
    Definition(e, E.T @ u, meaning="scores"),
    Definition(a, softmax(e), meaning="weights, which sum to one"),
    Definition(c, H @ a, meaning="context"),
)


def additive_attention() -> Derivation:
    """Derive the gradients of ``e_j = uᵀ tanh(W h_j + U s)``, its softmax, and the context."""
    network = Network((*ADDITIVE, any_loss(c)), loss=LOSS)
    board = Blackboard(network, start=Lines(*ADDITIVE), sizes={"d": 5})
    mean = inner(a, total(a))
    board.line(
        "Weights",
        Equation(total(a), H.T @ total(c)),
        "The context is linear in the weights: each one gets what its state shares with dL/dc.",
        before=ADDITIVE[4],
    )
    board.line(
        "Through the softmax",
        Equation(total(e), a * (total(a) - mean)),
        "The Jacobian is diag(α) - α αᵀ: from each gradient goes the weighted mean of all.",
        before=ADDITIVE[3],
    )
    board.line(
        "Scores",
        Lines(Equation(total(u), E @ total(e)), Equation(total(E), u @ total(e).T)),
        "A score is uᵀ times a column of E.",
        before=ADDITIVE[2],
    )
    board.line(
        "Through tanh",
        Equation(total(Z), total(E) * (1 - E**2)),
        "The slope of tanh is one minus its square, element by element.",
        before=ADDITIVE[1],
    )
    board.line(
        "Weights of the states and of the query",
        Lines(
            Equation(total(W), total(Z) @ H.T),
            Equation(total(U), (total(Z) @ one) @ s.T),
            Equation(total(s), U.T @ (total(Z) @ one)),
        ),
        "All columns share the query, so what they send back to it adds up: dL/dZ 𝟏.",
        before=ADDITIVE[0],
    )
    board.line(
        "The states, read twice",
        Equation(total(H), W.T @ total(Z) + total(c) @ a.T),
        "They are what is scored and what is averaged, and both roads add up.",
        before=Lines(ADDITIVE[0], ADDITIVE[4]),
    )
    return board.derivation(
        "additive-attention",
        statement=lines_of(board),
        meanings={
            "H": "states that are attended to, one a column",
            "s": "query, such as the decoder's state",
            "W": "weights of the states",
            "U": "weights of the query",
            "u": "weights of the energies",
        },
        summary="The softmax's gradient goes back to the scores, and from there to both sides.",
        source="Bahdanau et al. 2015, section A.1.2",
    )

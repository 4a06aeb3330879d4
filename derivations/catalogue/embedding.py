"""Embedding: looking a word up is a product with a one-hot column, its gradient a scatter-add.

Source: Y. Bengio, R. Ducharme, P. Vincent and C. Jauvin, "A neural probabilistic language model",
Journal of Machine Learning Research 3 (2003), section 3.1.
"""

from __future__ import annotations

from derivations.blackboard import Blackboard
from derivations.catalogue.upstream import LOSS, any_loss
from derivations.matrix import (
    NOW,
    Expression,
    Moment,
    at,
    element,
    moving,
    over_time,
    symbol,
    total,
)
from derivations.network import STEPS, Network
from derivations.step import Derivation, Equation
from derivations.template import Definition
from derivations.truth import SMALL, Truth

SOURCE = "Bengio et al. 2003, section 3.1"

E = symbol("E", ("k", "m"))
o, x = symbol("o", ("k", "1"), NOW), symbol("x", ("m", "1"), NOW)
u, w = (symbol(letter, ("k", "1")) for letter in "uw")

LOOKUP = Definition(x, E.T @ o, meaning="embedding of the word at step t")
LINEAR = (LOOKUP, any_loss(x))
NETWORK = Network(LINEAR, loss=LOSS, moving=frozenset("E"))
MEANINGS = {
    "E": "table of embeddings, a row for each of k words",
    "o": "word at step t, one-hot",
}


def embedding() -> Derivation:
    """Derive ``dE = Σ_t o_t dx_tᵀ``: row v adds up dx_t over the steps at which the word is v."""
    board = Blackboard(
        NETWORK, start=LOOKUP, indices={"t": STEPS, "v": (Moment("", 1), Moment("k"))}
    )
    board.line(
        "Differentiate the product",
        Equation(moving(x), moving(E).T @ o),
        "A look-up is linear in the table: o_t picks the row of its word, as 1 times that row.",
    )
    board.line(
        "Read off the gradient",
        Equation(total(E), over_time(o @ total(x).T)),
        "The table is read at every step, so what it receives adds up.",
    )
    v = ("v",)
    board.line(
        "One row of the table",
        Equation(
            element(total(E), ("v", 1)),
            over_time(element(o, v) * element(total(x), (1,))),
        ),
        "An entry of o_t is 1 where the word is v and 0 elsewhere: row v gathers the steps of word "
        "v, and a word that is never met gets nothing; here its first entry.",
    )
    board.line(
        "A word that comes twice",
        Equation(total(E), u @ (_dx(1) + _dx(3)).T + w @ _dx(2).T),
        "For words u, w, u the row of u gets the sum of two gradients: add, do not overwrite.",
        check=_example().check,
        source=SOURCE,
    )
    return board.derivation(
        "embedding",
        statement=Equation(total(E), over_time(o @ total(x).T)),
        meanings=MEANINGS,
        summary="Looking up is a product with a one-hot column; its gradient is a scatter-add.",
        source=SOURCE,
    )


def _dx(t: int) -> Expression:
    return at(total(x), Moment("", t))


def _example() -> Truth:
    """Return the truth of three steps whose first and third word are the same."""
    words = tuple(
        Definition(at(o, Moment("", t)), word, meaning="word")
        for t, word in enumerate((u, w, u), 1)
    )
    return Truth(Network((*words, *LINEAR), loss=LOSS), SMALL)

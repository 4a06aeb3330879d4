"""Word vectors: skip-gram and CBOW with the full softmax, and negative sampling.

v is the vector of the word that is given, U has a row for every word that may be predicted.

Sources: T. Mikolov, K. Chen, G. Corrado and J. Dean, "Efficient estimation of word representations
in vector space", 2013; T. Mikolov et al., "Distributed representations of words and phrases and
their compositionality", NeurIPS 2013, equation 4.
"""

from __future__ import annotations

from derivations.blackboard import Blackboard
from derivations.catalogue.softmax import SUM_TO_ONE, weaker
from derivations.catalogue.upstream import LOSS, lines_of
from derivations.matrix import (
    SCALAR,
    Moment,
    apply,
    inner,
    number,
    ones,
    over,
    softmax,
    symbol,
    total,
)
from derivations.network import Network
from derivations.step import Derivation, Equation, Lines
from derivations.template import Definition

v, U = symbol("v", ("n", "1")), symbol("U", ("k", "n"))
z, p, y = (symbol(letter, ("k", "1")) for letter in "zpy")
δ = total(z)

SCORES = Definition(z, U @ v, meaning="scores of all words")
PROBABILITIES = Definition(p, softmax(z), meaning="predicted distribution")
CROSS_ENTROPY = Definition(LOSS, -inner(y, apply("log", p)), meaning="cross-entropy")
SKIP_GRAM = (SCORES, PROBABILITIES, CROSS_ENTROPY)
MEANINGS = {
    "U": "output vectors, a row for each of k words",
    "y": "the word to predict, one-hot",
}


def skip_gram(sum_to_one: bool = True) -> Derivation:
    """Derive ``dv = Uᵀ (p - y)`` and ``dU = (p - y) vᵀ`` for the full softmax."""
    board = Blackboard(_network(SKIP_GRAM, sum_to_one), start=Lines(*SKIP_GRAM))
    _full_softmax(board, sum_to_one)
    return board.derivation(
        "skip-gram",
        statement=lines_of(board),
        meanings=MEANINGS | {"v": "input vector of the centre word"},
        summary="Every output vector moves with its error, the input vector with all of them.",
        source="Mikolov et al. 2013, Efficient estimation",
        weakened=weaker(skip_gram) if sum_to_one else None,
    )


def _network(equations: tuple[Definition, ...], sum_to_one: bool) -> Network:
    return Network(equations, loss=LOSS, normalized=frozenset("y" if sum_to_one else ""))


def _full_softmax(board: Blackboard, sum_to_one: bool) -> None:
    error = p - y if sum_to_one else inner(ones("k"), y) * p - y
    at_scores = Equation(δ, error)
    board.line(
        "Softmax and cross-entropy",
        at_scores,
        "The target sums to one, so the gradient at the scores is prediction minus target."
        if sum_to_one
        else "Each unit of the target draws on the prediction, so their sum multiplies it.",
        before=Lines(PROBABILITIES, CROSS_ENTROPY),
        assumptions=(SUM_TO_ONE,) if sum_to_one else (),
    )
    board.line(
        "The input vector",
        Equation(total(v), U.T @ error),
        "The scores are linear in v, and U comes back transposed: its rows weighted by the errors.",
        before=Lines(SCORES, at_scores),
    )
    board.line(
        "The output vectors",
        Equation(total(U), error @ v.T),
        "Row i of U meets v in score i alone, so it gets v times the error of word i.",
        before=Lines(SCORES, at_scores),
    )


# ----------------------------------------------------------------------------------------- CBOW

x, C = symbol("x", ("n", "1"), Moment("c")), symbol("C", SCALAR)
CONTEXT = (Moment("", 1), Moment("C"))
one = ones("C")
COUNT = Definition(C, inner(one, one), meaning="number of context words")
MEAN = Definition(v, over("c", *CONTEXT, x) / C, meaning="mean of the context's vectors")


def cbow(sum_to_one: bool = True) -> Derivation:
    """Derive that each of the C context words gets ``dv / C``, with ``dv = Uᵀ (p - y)``."""
    equations = (COUNT, MEAN, *SKIP_GRAM)
    board = Blackboard(
        _network(equations, sum_to_one),
        start=Lines(*equations),
        sizes={"C": 5},
        indices={"c": CONTEXT},
    )
    _full_softmax(board, sum_to_one)
    board.line(
        "The words of the context",
        Equation(total(x), total(v) / C),
        "The mean passes each of its terms the same share; a word that comes twice gets two.",
        before=MEAN,
    )
    return board.derivation(
        "cbow",
        statement=lines_of(board),
        meanings=MEANINGS | {"x": "input vector of context word c"},
        summary="The context is averaged before it predicts, so its words share one gradient.",
        source="Mikolov et al. 2013, Efficient estimation",
        weakened=weaker(cbow) if sum_to_one else None,
    )


# ---------------------------------------------------------------------------- negative sampling

u, r = symbol("u", ("n", "1")), symbol("r", ("n", "1"), Moment("j"))
q, s = symbol("q", SCALAR), symbol("s", SCALAR, Moment("j"))
SAMPLES = (Moment("", 1), Moment("K"))

POSITIVE = Definition(q, inner(u, v), meaning="score of the word that was there")
NEGATIVE = Definition(s, inner(r, v), meaning="score of sampled word j")
OBJECTIVE = Definition(
    LOSS,
    -apply("log", apply("σ", q)) - over("j", *SAMPLES, apply("log", apply("σ", -s))),
    meaning="loss of the pair and its samples",
)


def negative_sampling() -> Derivation:
    """Derive the gradients of ``-log σ(uᵀ v) - Σ_j log σ(-r_jᵀ v)``, word by word."""
    forward = (POSITIVE, NEGATIVE, OBJECTIVE)
    board = Blackboard(
        Network(forward, loss=LOSS, ranges={"s": SAMPLES}),
        start=Lines(*forward),
        sizes={"K": 5},
        indices={"j": SAMPLES},
    )
    _scores(board)
    _vectors(board)
    return board.derivation(
        "negative-sampling",
        statement=lines_of(board),
        meanings={
            "v": "input vector of the centre word",
            "u": "output vector of the word that was there",
            "r": "output vector of sampled word j, j = 1 .. K",
        },
        summary="Only K + 1 output vectors move: the true word comes closer, samples go away.",
        source="Mikolov et al. 2013, Distributed representations, equation 4",
    )


def _scores(board: Blackboard) -> None:
    board.line(
        "The score of the true word",
        Equation(total(q), apply("σ", q) - 1),
        "The slope of log σ is σ(1 - σ)/σ, which is 1 - σ, and the loss has a minus.",
        before=OBJECTIVE,
    )
    board.line(
        "The scores of the samples",
        Equation(total(s), apply("σ", s)),
        "Here 1 - σ(-s) is σ(s), and the two signs cancel.",
        before=OBJECTIVE,
    )


def _vectors(board: Blackboard) -> None:
    away, closer = apply("σ", s), apply("σ", q) - number(1)
    board.line(
        "Output vectors",
        Lines(Equation(total(u), closer * v), Equation(total(r), away * v)),
        "Each meets v in one score: σ - 1 is negative and pulls, σ is positive and pushes.",
        before=Lines(POSITIVE, NEGATIVE),
    )
    board.line(
        "The input vector",
        Equation(total(v), closer * u + over("j", *SAMPLES, away * r)),
        "It takes part in every score, and what it receives adds up.",
        before=Lines(POSITIVE, NEGATIVE),
    )

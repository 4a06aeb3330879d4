"""Formulas for tests of the grammar: symbols, random expressions, and those of the catalogue."""

from fractions import Fraction
from functools import cache

from hypothesis import strategies as st

from derivations import derive
from derivations.grammar import Vocabulary
from derivations.matrix import (
    FIRST,
    LAST,
    NOW,
    SCALAR,
    Expression,
    Moment,
    add,
    apply,
    at,
    below,
    beside,
    component,
    diag,
    divide,
    element,
    hadamard,
    identity,
    immediate,
    inner,
    jacobian,
    matmul,
    negate,
    number,
    ones,
    over,
    product_over,
    softmax,
    squared_norm,
    symbol,
    total,
    total_jacobian,
    trace,
)
from derivations.step import Equation, Lines, numbered

N, M, NN, NM = ("n", "1"), ("m", "1"), ("n", "n"), ("n", "m")
h, c, a_f, x = symbol("h", N, NOW), symbol("c", N, NOW), symbol("a_f", N, NOW), symbol("x", M, NOW)
a, s, b = symbol("a", N, NOW), symbol("s", SCALAR, NOW), symbol("b_f", N)
R, U, W = symbol("R", NN), symbol("W_fh", NN), symbol("W_x", NM)
SYMBOLS = (h, c, a_f, a, x, s, b, R, U, W)
KNOWN = Vocabulary.of(SYMBOLS)


# --------------------------------------------------------------------------- random expressions


moments = st.sampled_from(
    [
        NOW,
        Moment("t", -1),
        Moment("t", 1),
        FIRST,
        Moment("", 12),
        LAST,
        Moment("k"),
        Moment("t+j", -2),
    ]
)


def _some_time(one: Expression) -> st.SearchStrategy[Expression]:
    return st.builds(at, st.just(one), moments)


def _kinds(one: Expression) -> st.SearchStrategy[Expression]:
    timed = _some_time(one)
    return timed | timed.map(total) | timed.map(immediate)


COLUMNS = (h, c, a_f, a)
leaves = {
    N: st.one_of(*map(_kinds, COLUMNS), st.just(b), st.just(total(b)), st.just(ones("n"))),
    M: _kinds(x) | st.just(ones("m")),
    SCALAR: st.one_of(
        _some_time(s),
        st.sampled_from([number(2), number(Fraction(1, 2)), number(Fraction(3, 4)), number(-3)]),
        st.builds(lambda one, i: element(one, (i,)), _some_time(h), st.sampled_from([1, 3, "k"])),
    ),
    NN: st.sampled_from([R, U, total(R), identity("n")])
    | st.builds(jacobian, _some_time(h), _some_time(c))
    | st.builds(total_jacobian, _some_time(h), _some_time(a_f)),
    NM: st.sampled_from([W, total(W), ones("n", "m")]),
}


def _like(shape, smaller):
    """Return what can be made of expressions of this shape, in this shape."""
    one = smaller[shape]
    scalar = smaller[SCALAR]
    return st.one_of(
        st.builds(negate, one),
        st.lists(one | scalar, min_size=2, max_size=3).map(lambda terms: add(*terms)),
        st.lists(one | scalar, min_size=2, max_size=3).map(lambda parts: hadamard(*parts)),
        st.builds(divide, one | scalar, one),
        st.builds(lambda e, n: e**n, one, st.sampled_from([2, 3, -1])),
        st.builds(apply, st.sampled_from(["σ", "tanh", "relu′", "log"]), one),
        st.builds(over, st.sampled_from("tk"), st.just(FIRST), moments, one),
    ).filter(lambda e: e.shape == shape)


def _mixed(smaller):
    """Return what is made of one shape in another."""
    n, m, nn, nm = (smaller[shape] for shape in (N, M, NN, NM))
    return {
        N: st.builds(matmul, nn, n) | st.builds(matmul, nm, m) | st.builds(softmax, n),
        M: st.builds(lambda A, u: matmul(A.T, u), nm, n),
        NN: st.builds(lambda u, v: matmul(u, v.T), n, n)
        | st.builds(matmul, nn, nn)
        | st.builds(lambda A: A.T, nn)
        | st.builds(diag, n)
        | st.builds(product_over, st.just("j"), st.just(Moment("k", 1)), moments, nn),
        NM: st.builds(lambda u, v: matmul(u, v.T), n, m) | st.builds(matmul, nn, nm),
        SCALAR: st.builds(inner, n, n)
        | st.builds(squared_norm, n)
        | st.builds(trace, nn)
        | st.builds(lambda u: component(u, 1), n),
    }


def _grown(smaller):
    mixed = _mixed(smaller)
    return {shape: smaller[shape] | _like(shape, smaller) | mixed[shape] for shape in smaller}


_big = _grown(_grown(leaves))
_stacks = (
    st.builds(lambda u, v: below(u, v), _big[N], _big[M])
    | st.builds(lambda A, B: beside(A, B), _big[NN], _big[NM])
    | st.builds(lambda u, v: matmul(u, below(v, v).T), _big[N], _big[N])
)
expressions = st.one_of(*_big.values(), _stacks)


# -------------------------------------------------------------------------------- the catalogue


def expressions_in(formula) -> list[Expression]:
    """Return the matrix expressions that a formula consists of."""
    if isinstance(formula, Expression):
        return [formula]
    if isinstance(formula, Equation):
        return expressions_in(formula.left) + expressions_in(formula.right)
    if isinstance(formula, Lines):
        return [expression for line in formula.lines for expression in expressions_in(line)]
    return []


@cache
def catalogue() -> dict[str, list[Expression]]:
    """Return the expressions of every topic: statements, steps and their sub-steps."""
    found = {}
    for topic in derive():
        derivation = derive(topic)
        steps = [step for _, step in numbered(derivation.steps)]
        formulas = [derivation.statement]
        formulas += [f for step in steps for f in (step.before, step.after, step.changed) if f]
        found[topic] = list(dict.fromkeys(e for f in formulas for e in expressions_in(f)))
    return found

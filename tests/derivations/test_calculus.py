"""Matrix calculus: against SymPy on explicit elements, against truth, and where SymPy errs."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from derivations.calculus import derive_gradient, gradient
from derivations.matrix import (
    NEXT,
    NOW,
    SCALAR,
    Moment,
    add,
    apply,
    at,
    diag,
    differential,
    free_indices,
    hadamard,
    identity,
    inner,
    ones,
    over,
    over_time,
    product_over,
    received,
    rowsoftmax,
    softmax,
    squared_norm,
    symbol,
    symbols,
    total,
    total_jacobian,
    trace,
)
from derivations.matrix.sympy_bridge import explicit, from_sympy, to_sympy
from derivations.network import Network
from derivations.nudging import FloatNumbers
from derivations.sizes import Sizes
from derivations.step import Equation, NotVerified, numbered
from derivations.template import Definition
from derivations.truth import SMALL, Truth
from tests.derivations.mutated import wrong_steps

SIZES = {"n": 2, "m": 3, "k": 4, "T": 3}
n, m, k = (("n", "1"), ("m", "1"), ("k", "1"))
W, R, h, x, y = (
    symbol(letter, shape)
    for letter, shape in (("W", ("n", "m")), ("R", ("n", "n")), ("h", n), ("x", m), ("y", n))
)
f, c, v, s = symbol("f", n), symbol("c", n), symbol("v", n), symbol("s", SCALAR)
U, z = symbol("U", ("k", "n")), symbol("z", k)
x_t, y_t = symbol("x", m, NOW), symbol("y", n, NOW)
LOSS = symbol("L", SCALAR)

half = Fraction(1, 2)
SQUARED = half * squared_norm(W @ x - y)
CROSS_ENTROPY = -inner(z, apply("log", softmax(U @ h)))
TWO_STEPS = inner(v, apply("tanh", R @ apply("tanh", R @ h)))


def by_elements(expression, wrt):
    """Return the gradient that SymPy finds for every element, written out."""
    (scalar,) = explicit(expression, SIZES)
    return explicit(wrt, SIZES).applyfunc(lambda element: sympy.diff(scalar, element))


def same(one, other):
    return sympy.simplify(one - other) == sympy.zeros(*one.shape)


def is_true(expression, wrt, found):
    truth = Truth(Network((Definition(LOSS, expression),), loss=LOSS))
    return truth.agree(total(wrt), found)


# -------------------------------------------------------------- known gradients, as people write


@pytest.mark.parametrize(
    ("expression", "wrt", "expected"),
    [
        (SQUARED, W, "(W x - y) xᵀ"),
        (SQUARED, x, "Wᵀ (W x - y)"),
        (SQUARED, y, "-(W x - y)"),
        (trace(W.T @ W), W, "2 W"),
        (inner(v, softmax(h)), h, "softmax(h) ⊙ (v - softmax(h)ᵀ v)"),
        (inner(v, s * h), s, "vᵀ h"),
        (s * squared_norm(h), s, "‖h‖²"),
        (squared_norm(h) + 3, y, "0"),
    ],
)
def test_gradients_as_people_write_them(expression, wrt, expected):
    assert gradient(expression, wrt).text() == expected


# -------------------------------------------------------------- what SymPy gets wrong or refuses

HARD = [
    (trace(v.T @ (f * c)), c),
    (TWO_STEPS, R),
    (TWO_STEPS, h),
    (SQUARED, W),
    (CROSS_ENTROPY, U),
    (CROSS_ENTROPY, h),
    (trace(rowsoftmax(W) @ W.T), W),
    (trace(R @ diag(h) @ R.T), R),
    (squared_norm(h) / (inner(h, y) + 1), h),
    (inner(apply("√", h), ones("n")), h),
]


@pytest.mark.parametrize(("expression", "wrt"), HARD)
def test_right_element_by_element(expression, wrt):
    found = explicit(gradient(expression, wrt), SIZES)
    expected = by_elements(expression, wrt)
    assert all(sympy.simplify(a - b) == 0 for a, b in zip(found, expected, strict=True))


N, M, K = (sympy.Symbol(letter, integer=True, positive=True) for letter in "nmk")


def sympys(expression):
    """Return SymPy's matrix expression for one of ours."""
    return to_sympy(expression)


def squared_of_sympy():
    error = sympys(W @ x - y)
    return (error.T * error).diff(sympys(W))


def cross_entropy_of_sympy():
    """log Σ exp - zᵀ U h, for targets that sum to one."""
    exponentials = sympys(apply("exp", U @ h))
    normalizer = sympy.log(sympy.Trace(sympy.OneMatrix(K, 1).T * exponentials))
    return (normalizer - sympys(inner(z, U @ h))).diff(sympys(U))


def has_factors_of_unlike_shapes(answer):
    products = answer.atoms(sympy.HadamardProduct)
    return any(len({factor.shape for factor in product.args}) > 1 for product in products)


SYMPY_ERRS = {
    "vᵀ (f ⊙ c) by c has one axis only": (
        lambda: sympy.Trace(sympys(v).T * sympys(f * c)).diff(sympys(c)),
        lambda answer: answer.shape != (N, 1),
    ),
    "two steps by R multiply a column and a row elementwise": (
        lambda: sympys(TWO_STEPS).diff(sympys(R)),
        has_factors_of_unlike_shapes,
    ),
    "two steps by h are refused": (
        lambda: sympys(TWO_STEPS).diff(sympys(h)),
        lambda answer: isinstance(answer, ValueError),
    ),
    "the squared loss by W has four axes": (
        squared_of_sympy,
        lambda answer: answer.shape != (N, M),
    ),
    "the cross-entropy by U is 0": (
        cross_entropy_of_sympy,
        lambda answer: isinstance(answer, sympy.ZeroMatrix),
    ),
}


@pytest.mark.parametrize("case", SYMPY_ERRS)
def test_what_sympy_answers(case):
    """The same cases in SymPy 1.14; a later one may have them right, and then these are skipped."""
    ask, errs = SYMPY_ERRS[case]
    try:
        answer = ask()
    except ValueError as refused:
        answer = refused
    if not errs(answer):
        pytest.skip(f"SymPy {sympy.__version__} does not err here")


# ----------------------------------------------------------------------------- laws, at random

COLUMNS = st.deferred(
    lambda: st.one_of(
        st.sampled_from([h, y, v]),
        st.builds(lambda a, b: a + b, COLUMNS, COLUMNS),
        st.builds(lambda a, b: a * b, COLUMNS, COLUMNS),
        st.builds(lambda a: R @ a, COLUMNS),
        st.builds(lambda a: R.T @ a, COLUMNS),
        st.builds(lambda a: diag(a) @ h, COLUMNS),
        st.builds(lambda a: s * a - 2, COLUMNS),
        st.builds(lambda a: a**2, COLUMNS),
        st.builds(lambda a, b: a / (b + 1), COLUMNS, COLUMNS),
        st.builds(apply, st.sampled_from(["tanh", "σ", "exp", "relu", "log"]), COLUMNS),
        st.builds(softmax, COLUMNS),
        st.builds(lambda a: rowsoftmax(R + h @ h.T) @ a, COLUMNS),
    )
)
SCALARS = st.one_of(
    st.builds(inner, COLUMNS, COLUMNS),
    st.builds(squared_norm, COLUMNS),
    st.builds(lambda a, b: trace((a @ b.T) * R), COLUMNS, COLUMNS),
    st.builds(lambda a: over_time(inner(y_t, apply("tanh", W @ x_t + a))), COLUMNS),
    st.builds(lambda a, b: squared_norm(a) / (1 + inner(a, b)), COLUMNS, COLUMNS),
)


@given(SCALARS, st.sampled_from([h, R, s, x_t]))
def test_every_gradient_is_true(expression, wrt):
    found = gradient(expression, wrt)
    assert found.shape in (wrt.shape, SCALAR)
    truth = Truth(Network((Definition(LOSS, expression),), loss=LOSS))
    assert truth.agree(total(wrt), found)


SIMPLE = st.recursive(
    st.sampled_from([h, y]),
    lambda inside: st.one_of(
        st.builds(lambda a, b: a * b, inside, st.sampled_from([h, y])),
        st.builds(lambda a: R @ a, inside),
        st.builds(apply, st.sampled_from(["tanh", "σ"]), inside),
    ),
    max_leaves=2,
)


@settings(max_examples=15)
@given(SIMPLE, SIMPLE, st.sampled_from([h, R]))
def test_every_gradient_is_what_sympy_finds_element_by_element(a, b, wrt):
    expression = inner(a, b) + squared_norm(a)
    found = in_floats(explicit(gradient(expression, wrt), SIZES))
    expected = in_floats(by_elements(expression, wrt))
    np.testing.assert_allclose(np.broadcast_to(found, expected.shape), expected, rtol=1e-9)


def in_floats(matrix):
    """Return SymPy's elements at one point, the functions known by their slopes put in."""
    names = sorted(map(str, matrix.free_symbols))
    values = dict(zip(names, np.linspace(0.3, 1.7, len(names)), strict=True))
    real = {"Tanh": np.tanh, "Logistic": lambda a: 1 / (1 + np.exp(-a))}
    dummies = [sympy.Symbol(f"e{i}") for i in range(len(names))]
    renamed = matrix.xreplace(dict(zip(map(sympy.Symbol, names), dummies, strict=True)))
    return sympy.lambdify(dummies, renamed, [real, "numpy"])(*values.values())


@given(SCALARS, st.sampled_from([h, R]))
def test_the_numerators_layout_is_the_transpose(expression, wrt):
    down, across = gradient(expression, wrt), gradient(expression, wrt, layout="numerator")
    assert across.shape == down.shape[::-1]
    assert across.T is down or across is down


@settings(max_examples=25)
@given(SCALARS, st.sampled_from([h, R, s]))
def test_every_derivation_ends_at_the_gradient(expression, wrt):
    if wrt not in symbols(expression):
        with pytest.raises(ValueError, match="is not in"):
            derive_gradient(expression, wrt)
        return
    derivation = derive_gradient(expression, wrt)
    assert is_true(expression, wrt, derivation.statement.right)
    assert derivation.statement.left is total(wrt)


# --------------------------------------------------------------------------- sums over an index


def test_a_shared_weight_gathers_over_time():
    loss = over_time(half * squared_norm(W @ x_t - y_t))
    assert gradient(loss, W).text() == "Σ_{t=1}^T (W x_t - y_t) x_tᵀ"


def test_by_one_step_only_its_own_term_moves():
    loss = over_time(half * squared_norm(W @ x_t - y_t))
    assert gradient(loss, x_t).text() == "Wᵀ (W x_t - y_t)"


def test_a_sum_inside_of_a_norm():
    loss = squared_norm(over("t", Moment("", 1), Moment("T"), W @ x_t) - y)
    assert is_true(loss, W, gradient(loss, W))
    assert derive_gradient(loss, W).statement.right.text().startswith("Σ_{t=1}^T")


def test_a_symbol_that_a_sum_reads_twice_is_refused():
    loss = over_time(inner(x_t, at(x_t, NEXT)))
    with pytest.raises(TypeError, match=r"x_{t\+1} .* is x_t at some step"):
        gradient(loss, x_t)
    with pytest.raises(TypeError, match="is x_3 at some step"):
        gradient(loss, at(x_t, Moment("", 3)))


# ------------------------------------------------------------------------------------- derivations

DERIVED = [
    *HARD[:-1],
    (over_time(half * squared_norm(W @ x_t - y_t)), W),
    (inner(x_t, W.T @ y), x_t),
]


@pytest.mark.parametrize(("expression", "wrt"), DERIVED)
def test_a_derivation_refuses_what_is_wrong(expression, wrt):
    """Traces are cyclic and some matrices symmetric: what is equal must pass, all else must not."""
    derivation = derive_gradient(expression, wrt)
    caught = 0
    for _, step in numbered(derivation.steps):
        for kind, formula in wrong_steps(step):
            if kind in ("factors_exchanged", "transpose_dropped"):
                continue
            with pytest.raises(NotVerified):
                step.check(step.before, formula)
            caught += 1
    assert caught


def test_a_transpose_dropped_is_noticed():
    last = derive_gradient(SQUARED, W)[-1]
    with pytest.raises(NotVerified):
        last.check(last.before, Equation(total(W), (W @ x - y) @ y.T))
    last = derive_gradient(TWO_STEPS, h)[-1]
    wrong = [formula for kind, formula in wrong_steps(last) if kind == "transpose_dropped"]
    assert wrong
    for formula in wrong:
        with pytest.raises(NotVerified):
            last.check(last.before, formula)


def test_it_reads_like_a_board():
    assert [step.after.text().replace("  ", "") for step in derive_gradient(SQUARED, W)] == [
        "u_1 = W x\nL = ½ ‖u_1 - y‖²",
        "dL = (u_1 - y)ᵀ du_1",
        "dL = tr(((u_1 - y) xᵀ)ᵀ dW)",
        "dL/dW = (u_1 - y) xᵀ",
        "dL/dW = (W x - y) xᵀ",
    ]


# -------------------------------------------------------------------------------------- refusals


def test_what_is_refused():
    with pytest.raises(TypeError, match="is no scalar"):
        gradient(W @ x, W)
    with pytest.raises(TypeError, match="is no symbol"):
        gradient(SQUARED, W @ x)
    with pytest.raises(ValueError, match="the layout is one of"):
        gradient(SQUARED, W, layout="rows")
    with pytest.raises(ValueError, match="rename the symbol L"):
        derive_gradient(inner(v, LOSS * h), h)
    with pytest.raises(TypeError, match="several steps"):
        derive_gradient(inner(x_t, at(x_t, NEXT)), x_t)
    with pytest.raises(ValueError, match="root"):
        derive_gradient(*HARD[-1])
    chain = product_over("k", Moment("", 1), Moment("T"), R)
    with pytest.raises(TypeError, match="no gradient is known of product over"):
        gradient(trace(chain), R)
    with pytest.raises(TypeError, match="t is free around"):
        received(over_time(inner(y_t, h)), inner(y_t, y_t), h)


# ------------------------------------------------------------------------------ SymPy, both ways


BRIDGED = st.recursive(
    st.sampled_from([h, y, ones("n"), R @ h, (R @ R) @ y]),
    lambda inside: st.one_of(
        st.builds(lambda a, b: a + b, inside, inside),
        st.builds(lambda a, b: a * b, inside, inside),
        st.builds(lambda a: 1 - half * a, inside),
        st.builds(lambda a: s * a, inside),
        st.builds(lambda a: -(a**2), inside),
        st.builds(lambda a: R.T @ a, inside),
        st.builds(lambda a: (identity("n") * R) @ diag(a) @ h, inside),
        st.builds(lambda a, b: hadamard(inner(a, b) / (s**2), a), inside, inside),
        st.builds(lambda a: trace(R @ diag(a)) * h, inside),
        st.builds(lambda a: squared_norm(a) * h, inside),
        st.builds(softmax, inside),
        st.builds(lambda a: rowsoftmax(h @ a.T) @ a, inside),
        st.builds(apply, st.sampled_from(["tanh", "σ", "exp", "relu"]), inside),
    ),
    max_leaves=3,
)


@given(BRIDGED)
def test_there_and_back_the_value_is_the_same(expression):
    back = from_sympy(to_sympy(expression), symbols(expression))
    truth = Truth(Network(()), Sizes(dict(SMALL.dimensions)), FloatNumbers(seed=2))
    with np.errstate(all="ignore"):
        there, here = (np.broadcast_to(truth.value(e), (2, 1)) for e in (expression, back))
    finite = np.isfinite(there) & np.isfinite(here)
    np.testing.assert_allclose(here[finite], there[finite], rtol=1e-6)


def test_sympys_matrix_expressions_are_typed_and_printed():
    theirs = to_sympy(inner(v, apply("tanh", W @ x)))
    assert theirs.is_scalar is not False
    assert str(to_sympy(W @ x)) == "W*x"
    assert to_sympy(W).shape == (N, M)
    assert "operatorname{tr}" in sympy.latex(theirs)


def test_symbols_come_back_as_what_they_were():
    assert from_sympy(to_sympy(W @ x_t), [W, x_t]) is W @ x_t
    assert from_sympy(to_sympy(W @ x)) is W @ x
    assert from_sympy(to_sympy(add(h, y)), [h, y]) is h + y


def test_what_sympy_has_no_word_for_is_refused():
    with pytest.raises(TypeError, match="SymPy has no sum over"):
        to_sympy(over_time(y_t))
    with pytest.raises(TypeError, match="Inverse"):
        from_sympy(to_sympy(R).inverse())
    with pytest.raises(TypeError, match="whole powers"):
        from_sympy(sympy.HadamardPower(to_sympy(h), sympy.Rational(1, 3)))
    with pytest.raises(TypeError, match="no elements"):
        explicit(total_jacobian(h, h), SIZES)


def test_explicit_elements_carry_out_sums_over_time():
    summed = explicit(over_time(inner(y_t, y_t)), {"n": 1, "T": 2})
    first, second = (sympy.Symbol(f"y_{t}[1,1]") for t in (1, 2))
    assert summed[0] == first**2 + second**2


def test_differentials_and_gradients_agree_on_what_moves():
    moved = differential(SQUARED, {"W"})
    assert free_indices(moved) == []
    assert "dW" in moved.text()

import copy
import pickle
from fractions import Fraction
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivations.arithmetic import ARRAYS, FLOATS
from derivations.matrix import (
    NEXT,
    NOW,
    PREVIOUS,
    Moment,
    add,
    apply,
    array_of,
    at,
    below,
    beside,
    collect,
    component,
    divide,
    element,
    elements_of,
    hadamard,
    immediate,
    in_order,
    inner,
    instance,
    jacobian,
    negate,
    number,
    over_time,
    pull_back,
    shifted,
    softmax,
    squared_norm,
    substitute,
    symbol,
    symbols,
    total,
)
from derivations.template import Definition
from derivations.verify import NotVerified, exact_gradient

SIZE = {"n": 3, "m": 2, "1": 1}
f, g, h = (symbol(letter, ("n", "1"), NOW) for letter in "fgh")
x = symbol("x", ("m", "1"), NOW)
a_f = symbol("a_f", ("n", "1"), NOW)
R = symbol("R", ("n", "n"))
W = symbol("W_fx", ("n", "m"))
LEAVES = [f, g, h, R @ h, W @ x, number(1), at(h, PREVIOUS)]

UNARY = [negate, lambda e: apply("σ", e), lambda e: apply("tanh", e), lambda e: R.T @ (e * f)]
BINARY = [add, hadamard, lambda a, b: a - b]


def grow(smaller):
    unary = st.builds(lambda op, e: op(e), st.sampled_from(UNARY), smaller)
    binary = st.builds(lambda op, a, b: op(a, b), st.sampled_from(BINARY), smaller, smaller)
    return unary | binary


columns = st.recursive(st.sampled_from(LEAVES), grow, max_leaves=8)


def value_of(node):
    rows, width = (SIZE[d] for d in node.shape)
    seed = sum(map(ord, node.text()))
    return np.random.default_rng(seed).normal(
        size=(rows, width if node.data[0].moment is None else 2)
    )


def evaluated(expression):
    return array_of(list(in_order(expression)), value_of, ARRAYS)


# --------------------------------------------------------------------------------- hash-consing


@given(st.data())
def test_the_same_expression_is_the_same_object(data):
    expression = data.draw(columns)
    again = substitute(expression, lambda node: node if node.operation.name == "symbol" else None)
    assert again is expression
    assert copy.deepcopy(expression) is expression
    assert pickle.loads(pickle.dumps(expression)) is expression


@given(columns)
def test_undoing_gives_the_same_object(e):
    assert e.T.T is e
    assert negate(negate(e)) is e
    assert add(e, 0) is e
    assert hadamard(1, e) is e
    assert hadamard(e, 0) is number(0)
    assert shifted(shifted(e, 1), -1) is e


@given(columns)
def test_shapes_follow(e):
    assert e.shape in (("n", "1"), ("1", "1"))
    assert e.T.shape == e.shape[::-1]
    if e.shape == ("n", "1"):
        assert (R @ e).shape == ("n", "1")
        assert (e @ x.T).shape == ("n", "m")
        assert below(e, x).shape == ("n+m", "1")


def test_the_order_of_arguments_stays():
    assert (f + g) is not (g + f)
    assert (f * g) is not (g * f)
    assert (f + (g + h)).arguments == (f, g, h)
    assert (f * (g * h)).arguments == (f, g, h)


def test_signs_and_constants_come_first():
    assert (f * -g).text() == "-f_t ⊙ g_t"
    assert (2 * f * Fraction(1, 4) * g).text() == "½ f_t ⊙ g_t"
    assert divide(-f, g).text() == "-f_t / g_t"


@pytest.mark.parametrize(
    "build",
    [
        lambda: R @ x,
        lambda: f + x,
        lambda: f * x,
        lambda: inner(f, x),
        lambda: softmax(R),
        lambda: below(R, W),
        lambda: beside(R, x),
        lambda: squared_norm(W),
    ],
)
def test_shapes_that_do_not_fit_are_refused(build):
    with pytest.raises(TypeError):
        build()


# -------------------------------------------------------------------------------------- printing


SHOWN = [
    (f * at(h, PREVIOUS) + g, "f_t ⊙ h_{t-1} + g_t"),
    (1 - f, "1 - f_t"),
    (-(f + g), "-(f_t + g_t)"),
    (f - (g - h), "f_t - (g_t - h_t)"),
    (-f - g, "-f_t - g_t"),
    ((f + g) * h, "(f_t + g_t) ⊙ h_t"),
    (R @ (f * h), "R (f_t ⊙ h_t)"),
    ((R.T @ f) * h, "(Rᵀ f_t) ⊙ h_t"),
    (total(a_f), "δ_{f,t}"),
    (total(at(a_f, NEXT)) @ at(h, PREVIOUS).T, "δ_{f,t+1} h_{t-1}ᵀ"),
    (total(h), "dL/dh_t"),
    (total(h) @ x.T, "(dL/dh_t) x_tᵀ"),
    (inner(total(h), f), "(dL/dh_t)ᵀ f_t"),
    (immediate(h), "∂⁺ℓ_t/∂h_t"),
    (jacobian(at(h, NEXT), h).T @ total(at(h, NEXT)), "(∂⁺h_{t+1}/∂h_t)ᵀ dL/dh_{t+1}"),
    (1 - g**2, "1 - g_t²"),
    (1 - apply("tanh", h) ** 2, "1 - tanh(h_t)²"),
    (apply("relu′", a_f), "relu′(a_{f,t})"),
    (over_time(f @ below(at(h, PREVIOUS), x).T), "Σ_{t=1}^T f_t [h_{t-1}; x_t]ᵀ"),
    (over_time(f + g), "Σ_{t=1}^T (f_t + g_t)"),
    (beside(R, W), "[R  W_{fx}]"),
    (Fraction(1, 2) * squared_norm(h - f), "½ ‖h_t - f_t‖²"),
    (f / g * h, "f_t / g_t ⊙ h_t"),
    (component(softmax(h), 1), "softmax(h_t)[2]"),
    (element(at(h, Moment("", 2)), (3,)), "h_2[3]"),
    (element(total(at(a_f, Moment("", 12))), (1, 2)), "δ_{f,12}[1,2]"),
]


@pytest.mark.parametrize(("expression", "text"), SHOWN)
def test_text(expression, text):
    assert expression.text() == text


@pytest.mark.parametrize("expression", [expression for expression, _ in SHOWN])
def test_latex_and_mathml_are_well_formed(expression):
    latex = expression.latex()
    assert latex.count("{") == latex.count("}")
    assert latex.count(r"\left") == latex.count(r"\right")
    assert latex.count(r"\begin{bmatrix}") == latex.count(r"\end{bmatrix}")
    assert latex.isascii()
    root = ElementTree.fromstring(expression.mathml())
    core = {
        "mrow",
        "mi",
        "mn",
        "mo",
        "msub",
        "msup",
        "msubsup",
        "mfrac",
        "mtable",
        "mtr",
        "mtd",
        "mspace",
    }
    assert {node.tag for node in root.iter()} <= core | {"munderover"}


def test_latex_of_a_recursion():
    expression = total(h) * (g - at(h, PREVIOUS)) * f * (1 - f)
    assert expression.latex() == (
        r"\frac{d L}{d h_{t}} \odot \left( g_{t} - h_{t-1} \right) "
        r"\odot f_{t} \odot \left( 1 - f_{t} \right)"
    )


# ------------------------------------------------------------------------------------- rewriting


@given(columns)
def test_an_instance_has_no_free_time(e):
    moments = {node.data[0].moment for node in symbols(instance(e, 3))} - {None}
    assert all(moment.base == "" and moment.offset in (2, 3) for moment in moments)


def test_a_zero_removes_what_it_makes_vanish():
    def gone(node):
        return number(0) if node is g else None

    assert substitute(f + R @ g, gone) is f
    assert substitute(f + g * h, gone) is f
    assert substitute(1 - g, gone) is number(1)
    assert substitute(inner(g, h), gone) is number(0)


def test_a_long_chain_is_no_deep_recursion():
    terms = [instance(f, t) for t in range(1500)]
    chained = f
    for term in terms:
        chained = apply("tanh", chained) * term
    assert len(list(in_order(chained))) > 4_000
    assert chained.text().endswith("f_{1499}")
    negated = f
    for term in terms:
        negated = term - (negated + g) * h
    assert negated.text().startswith("f_{1499} - (f_{1498} - (")


# ------------------------------------------------------------------------------------- gradients


@given(columns, st.sampled_from([f, g, h, at(h, PREVIOUS), x]))
def test_pull_backs_are_the_derivative(e, by):
    if e.shape != ("n", "1"):
        return
    direction = np.random.default_rng(5).normal(size=value_of(by).shape)
    tiny = 1e-30

    def nudged(node):
        return value_of(node) + (tiny * 1j * direction if node is by else 0)

    moved = array_of(list(in_order(e)), nudged, ARRAYS).imag / tiny
    upstream = symbol("u", ("n", "1"), NOW)
    gradient = evaluated(collect(pull_back(e, upstream, by)))
    expected = np.sum(value_of(upstream) * moved)
    assert np.sum(gradient * direction) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(columns, st.sampled_from([f, g, h, x]))
def test_collecting_changes_no_value(e, by):
    if e.shape != ("n", "1"):
        return
    parts = pull_back(e, symbol("u", ("n", "1"), NOW), by)
    plain = evaluated(add(*parts))
    np.testing.assert_allclose(evaluated(collect(parts)), plain, rtol=1e-9, atol=1e-12)


def test_collect_merges_like_terms_and_groups_common_factors():
    assert collect([f * g, f * g]).text() == "2 f_t ⊙ g_t"
    assert collect([f * g, -(f * g)]) is number(0)
    assert collect([f * g, -(h * f)]).text() == "f_t ⊙ (g_t - h_t)"
    assert collect([f, g]).text() == "f_t + g_t"
    assert collect([f, f * g]).text() == "f_t ⊙ (1 + g_t)"


@pytest.mark.parametrize(
    ("expression", "by"),
    [
        (f / g, f),
        (f / g, g),
        (f**3, f),
        (g * f / (f + h), f),
        (inner(f, g * f), f),
        (squared_norm(f - g), g),
        (R.T @ (R @ f), f),
    ],
)
def test_the_other_pull_backs_equal_sympy(expression, by):
    left = symbol("v", expression.shape, NOW)
    gradient = collect(pull_back(expression, total(left), by))
    definition = Definition(left, expression)
    assert exact_gradient(definition, total(left), by, gradient).kind == "exact"
    with pytest.raises(NotVerified):
        exact_gradient(definition, total(left), by, gradient + by)


def test_what_has_no_pull_back_says_so():
    with pytest.raises(TypeError, match="no gradient is pulled back through blocks below"):
        pull_back(below(f, g), symbol("u", ("n+n", "1"), NOW), f)
    scalar = symbol("k", ("1", "1"), NOW)
    with pytest.raises(TypeError, match="k_t is broadcast"):
        pull_back(scalar * f, symbol("u", ("n", "1"), NOW), scalar)


# ------------------------------------------------------------------------------------ evaluation


@given(columns)
def test_elements_are_the_entries_of_arrays(e):
    grid = elements_of(list(in_order(e)), lambda node: value_of(node).tolist(), FLOATS)
    np.testing.assert_allclose(np.array(grid), evaluated(e), rtol=1e-12, atol=1e-14)


def test_names_without_value_say_so():
    for expression in (jacobian(h, f), over_time(f)):
        with pytest.raises(TypeError, match="has no value"):
            evaluated(expression)
        with pytest.raises(TypeError, match="has no elements"):
            elements_of(list(in_order(expression)), lambda n: value_of(n).tolist(), FLOATS)

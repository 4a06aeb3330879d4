"""The judges must hold what is right and, above all, catch what is wrong."""

from collections import Counter
from dataclasses import replace

import pytest

from derivations.bptt.judge import Judge
from derivations.field import PrimeField
from derivations.matrix import NOW, PREVIOUS, apply, at, hadamard, inner, softmax, symbol, total
from derivations.recurrence import closed_form
from derivations.sizes import Sizes
from derivations.template import Definition
from derivations.verify import SMALL, NotVerified, exact_equality, exact_gradient
from tests.derivations.mutations import KINDS, wrong_forms
from tests.derivations.problems import CELLS, EVERY, exponent

CONCRETE = [(cell, loss) for cell, loss in EVERY if loss is not None]


def of(**sizes):
    return Sizes({**SMALL.dimensions, **sizes})


def unnoticed(form, sizes):
    """Return the kinds of the mistakes that the judge does not see at these sizes."""
    kinds = Counter()
    for kind, _, wrong in wrong_forms(form):
        judge = Judge(wrong, sizes)
        kinds[kind] += all(judge.holds(name) for name in judge.claims)
    return +kinds


@pytest.mark.parametrize(("cell", "loss"), EVERY)
@pytest.mark.parametrize("sizes", [SMALL, of(n=3, m=2, T=5, B=2, k=5)])
def test_closed_forms_hold(cell, loss, sizes):
    assert Judge(closed_form(cell, loss=loss), sizes).wrong() == []


@pytest.mark.parametrize("activation", ["logistic", "relu"])
def test_the_other_activations_hold(activation):
    assert Judge(closed_form("rnn", activation=activation)).wrong() == []


@pytest.mark.parametrize("field", [PrimeField(seed=7), PrimeField(prime=2**89 - 1, seed=3)])
def test_closed_forms_hold_in_other_fields_and_at_other_points(field):
    assert Judge(closed_form("gru", loss="cross-entropy"), field=field).wrong() == []


@pytest.mark.parametrize(("cell", "loss"), CONCRETE)
def test_every_single_mistake_is_caught(cell, loss):
    form = closed_form(cell, loss=loss)
    kinds = Counter(kind for kind, _, _ in wrong_forms(form))
    assert kinds.keys() == {kind.__name__ for kind in KINDS}
    assert sum(kinds.values()) > 25
    assert not unnoticed(form, SMALL)


@pytest.mark.parametrize("cell", CELLS)
def test_with_one_unit_no_forgotten_transpose_is_seen(cell):
    form = closed_form(cell)
    kinds = Counter(kind for kind, _, _ in wrong_forms(form))
    assert unnoticed(form, of(n=1)) == {"transpose_dropped": kinds["transpose_dropped"]}


@pytest.mark.parametrize("cell", CELLS)
def test_with_one_step_mistakes_in_what_comes_from_the_next_are_not_seen(cell):
    kinds = unnoticed(closed_form(cell), of(T=1))
    assert kinds["sign_swapped"] > 0
    assert kinds["part_dropped"] > 0


def test_a_verdict_says_how_and_how_sure():
    verdict = Judge(closed_form("lstm")).verdict(["W_f"])
    assert verdict.kind == "tested"
    assert verdict.sizes == "n = 2, m = 3, T = 3"
    assert 30 < exponent(verdict.error_bound) < 61


def test_a_larger_prime_is_surer():
    form = closed_form("gru")
    bounds = [Judge(form, field=PrimeField(2**e - 1)).error_bound(1) for e in (61, 127)]
    small, large = map(exponent, bounds)
    assert large == small + 66


def test_no_verdict_on_a_wrong_form():
    form = closed_form("rnn")
    (delta,) = (d for d in form.adjoints if d.left.text() == "δ_t")
    wrong = replace(delta, right=total(form.template.output))
    mistaken = replace(form, adjoints=(*form.adjoints[:-1], wrong))
    with pytest.raises(NotVerified, match=r"total derivative of the loss: .*a_1"):
        Judge(mistaken).verdict()


# ---------------------------------------------------------------------------- one equation, exactly


h, a, s, p = (symbol(letter, (rows, "1"), NOW) for letter, rows in ("hn", "an", "sk", "pk"))
y = symbol("y", ("k", "1"), NOW)
W = symbol("W_h", ("n", "n"))
before = at(h, PREVIOUS)
STEP = Definition(a, W @ before)
PROBABILITIES = Definition(p, softmax(s))

RIGHT = [
    (STEP, before, W.T @ total(a)),
    (STEP, W, total(a) @ before.T),
    (Definition(h, apply("tanh", a)), a, total(h) * (1 - h**2)),
    (Definition(h, apply("σ", a)), a, total(h) * h * (1 - h)),
    (Definition(h, apply("relu", a)), a, total(h) * apply("relu′", a)),
    (Definition(h, apply("log", a)), a, total(h) / a),
    (PROBABILITIES, s, p * (total(p) - inner(p, total(p)))),
]
WRONG = [
    (STEP, before, W @ total(a)),
    (STEP, before, -(W.T @ total(a))),
    (STEP, W, before @ total(a).T),
    (Definition(h, apply("tanh", a)), a, total(h) * (1 - h)),
    (Definition(h, apply("tanh", a)), a, total(h) * (1 - a**2)),
    (Definition(h, apply("σ", a)), a, total(h) * h),
    (Definition(h, apply("relu", a)), a, total(h) * apply("relu", a)),
    (Definition(h, apply("log", a)), a, hadamard(total(h), a)),
    (PROBABILITIES, s, total(p) * p * (1 - p)),
]


@pytest.mark.parametrize(("definition", "by", "gradient"), RIGHT)
def test_exact_gradient_accepts_what_is_right(definition, by, gradient):
    verdict = exact_gradient(definition, total(definition.left), by, gradient)
    assert verdict.kind == "exact"
    assert "2" in verdict.sizes or "k = 4" in verdict.sizes


@pytest.mark.parametrize(("definition", "by", "gradient"), WRONG)
def test_exact_gradient_catches_what_is_wrong(definition, by, gradient):
    with pytest.raises(NotVerified, match="element 1,"):
        exact_gradient(definition, total(definition.left), by, gradient)


def test_exact_equality_needs_the_sum_to_be_one():
    jacobian_times = p * (-(y / p) - inner(p, -(y / p)))
    assert exact_equality(jacobian_times, p - y, y).kind == "exact"
    for wrong in (y - p, p + y, p):
        with pytest.raises(NotVerified, match="element 1 differs"):
            exact_equality(jacobian_times, wrong, y)
    with pytest.raises(NotVerified):
        exact_equality(jacobian_times, p - y, s)

from dataclasses import replace

import pytest
import sympy

from derivations.oracle import first_difference, full_diff, oracle_check
from derivations.recurrence import closed_form
from derivations.symbolic import Log, Logistic, Softmax, Tanh
from tests.derivations.mutations import wrong_forms
from tests.derivations.problems import CELLS, exponent

SCALAR = [(1, 2, steps) for steps in (1, 2, 3)]
# The LSTM and the GRU meet it as matrices in tests/crosscheck, at the same sizes.
CASES = [(cell, "squared error", None, sizes) for cell in CELLS for sizes in SCALAR]
CASES += [("rnn", "squared error", None, (2, 3, 2))]
CASES += [(cell, "cross-entropy", 3, sizes) for cell in CELLS for sizes in SCALAR[:2]]
CASES += [("rnn", "cross-entropy", 4, (2, 3, 2))]


@pytest.mark.parametrize(("cell", "loss", "k", "sizes"), CASES)
def test_closed_forms_equal_full_differentiation(cell, loss, k, sizes):
    report = oracle_check(cell, *sizes, loss=loss, k=k)
    assert report.equal, report.difference
    n, m, _ = sizes
    weights = {"rnn": 1, "lstm": 4, "gru": 3}[cell] * n * (n + m + 1)
    states = {"rnn": 1, "lstm": 2, "gru": 1}[cell] * n
    assert report.entries == weights + states + (k * (n + 1) if k else 0)
    assert exponent(report.error_bound) >= 40
    assert f"n = {n}, m = {m}" in report.sizes.replace("B = 1, ", "")


@pytest.mark.parametrize("activation", ["logistic", "relu"])
def test_the_other_activations_equal_full_differentiation(activation):
    assert oracle_check("rnn", 2, 3, 2, activation=activation).equal


@pytest.mark.parametrize("loss", ["squared error", "cross-entropy"])
def test_the_oracle_catches_every_single_mistake_in_what_it_sees(loss):
    """It sees parameters and initial states; an adjoint that no gradient reads stays unseen."""
    form = closed_form("rnn", loss=loss)
    sizes = (2, 3, 2, None if loss == "squared error" else 4)
    derivatives = full_diff(form.on_elements(*sizes))
    read = {d.left for d in form.recursions}
    caught = 0
    for kind, formula, wrong in wrong_forms(form):
        changed = {a.left for a, b in zip(wrong.adjoints, form.adjoints, strict=True) if a is not b}
        if kind == "taken_for_another" or not changed <= read:
            continue
        assert first_difference(wrong.on_elements(*sizes), derivatives), formula
        caught += 1
    assert caught > 15


def test_an_abstract_loss_has_no_oracle():
    with pytest.raises(ValueError, match="an abstract loss cannot be differentiated"):
        full_diff(closed_form("rnn", loss=None).on_elements(1, 1, 1))


def test_the_difference_is_named():
    form = closed_form("rnn")
    wrong = replace(form, gradients={**form.gradients, "h_0": -form.gradients["h_0"]})
    elements = wrong.on_elements(2, 3, 2)
    assert first_difference(elements, full_diff(elements)) == "h_0[1]"


X = sympy.Symbol("x", real=True)
TRUE_FUNCTIONS = [
    (Logistic, 1 / (1 + sympy.exp(-X))),
    (Tanh, sympy.tanh(X)),
    (Log, sympy.log(X)),
]


@pytest.mark.parametrize(("opaque", "true"), TRUE_FUNCTIONS)
def test_opaque_slopes_are_those_of_the_true_functions(opaque, true):
    slope = sympy.diff(opaque(X), X).subs(opaque(X), true)
    assert sympy.simplify(slope - sympy.diff(true, X)) == 0


def test_the_opaque_softmax_has_the_slope_of_the_true_one():
    s = sympy.symbols("s1:4", real=True)
    true = [sympy.exp(a) / sum(map(sympy.exp, s)) for a in s]
    opaque = [Softmax(i, *s) for i in (1, 2, 3)]
    for i in range(3):
        for j in range(3):
            slope = sympy.diff(opaque[i], s[j]).subs(dict(zip(opaque, true, strict=True)))
            assert sympy.simplify(slope - sympy.diff(true[i], s[j])) == 0

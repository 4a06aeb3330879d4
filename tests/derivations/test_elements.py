from fractions import Fraction

import numpy as np
import pytest
import sympy

from derivations.recurrence import closed_form
from tests.derivations.problems import CELLS, EVERY, B, M, N, T, on_elements, problem


@pytest.mark.parametrize(("cell", "loss"), EVERY)
def test_elements_equal_matrices_exactly(cell, loss):
    form = closed_form(cell, loss=loss)
    arguments = problem(form)
    matrices = form.evaluate_exactly(**arguments)
    elements = on_elements(form).evaluate_exactly(**arguments)
    assert elements.loss == matrices.loss
    for table in ("values", "adjoints", "gradients", "contributions"):
        expected, found = getattr(matrices, table), getattr(elements, table)
        assert expected.keys() == found.keys()
        for key in expected:
            np.testing.assert_array_equal(expected[key], found[key], strict=True)


@pytest.mark.parametrize(("cell", "loss"), EVERY)
def test_elements_equal_matrices_in_floats(cell, loss):
    form = closed_form(cell, loss=loss)
    arguments = problem(form)
    expected, found = form.evaluate(**arguments), on_elements(form).evaluate(**arguments)
    for name in expected.gradients:
        np.testing.assert_allclose(
            found.gradients[name], expected.gradients[name], rtol=1e-12, atol=1e-14
        )


def test_states_that_are_left_out_are_exact_zeros():
    form = closed_form("lstm")
    given = problem(form)
    zeros = {slot: np.zeros((B, N)) for slot in "hc"}
    explicit = form.evaluate_exactly(**{**given, "initial": zeros})
    implied = form.evaluate_exactly(**{**given, "initial": None})
    for name, gradient in explicit.gradients.items():
        assert all(isinstance(entry, Fraction) for entry in implied.gradients[name].flat)
        assert (gradient == implied.gradients[name]).all()


def test_exact_evaluation_is_near_the_float_one_and_is_not_it():
    form = closed_form("lstm")
    arguments = problem(form)
    exact, floats = form.evaluate_exactly(**arguments), form.evaluate(**arguments)
    for name, gradient in floats.gradients.items():
        np.testing.assert_allclose(
            exact.gradients[name].astype(float), gradient, rtol=1e-12, atol=1e-13
        )
    assert exact.loss != floats.loss


@pytest.mark.parametrize("cell", CELLS)
def test_sympy_equations_define_each_symbol_once_from_symbols_before_it(cell):
    form = closed_form(cell)
    elements = on_elements(form, b=1)
    defined = set()
    given = set()
    for equation in elements.equations:
        assert equation.lhs not in defined | given
        given |= equation.rhs.free_symbols - defined
        defined.add(equation.lhs)
    assert len(elements.equations) == len(elements.program) + len(elements.gradient_lines)
    assert sum(str(s).startswith("x_") for s in given) == T * M


def test_the_scalar_lstm_is_written_with_bare_letters():
    elements = closed_form("lstm").on_elements(1, 2, 2)
    lines = [line.text() for line in elements.program]
    assert "c_1 = f_1 c_0 + i_1 g_1" in lines
    assert "dL/dc_1 = (dL/dh_1) o_1 (1 - tanh(c_1)²) + (dL/dc_2) f_2" in lines
    gradient = elements.gradients["W_f"][0][1]
    assert gradient.text() == "δ_{f,1} x_1[1] + δ_{f,2} x_2[1]"
    assert (
        sympy.Eq(
            sympy.Symbol("dL/dc_0"), sympy.Symbol("dL/dc_1") * sympy.Symbol("f_1"), evaluate=False
        )
        in elements.equations
    )


def test_the_program_grows_linearly_with_time():
    form = closed_form("lstm")
    sizes = {steps: len(form.on_elements(2, 3, steps).program) for steps in (10, 20, 40)}
    assert sizes[40] - sizes[20] == 2 * (sizes[20] - sizes[10])


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"n": 0, "m": 1, "steps": 1}, "n must be a positive integer, not 0"),
        ({"n": 1, "m": 1.5, "steps": 1}, "m must be a positive integer, not 1.5"),
        ({"n": 1, "m": 1, "steps": -1}, "T must be a positive integer, not -1"),
        ({"n": 1, "m": 1, "steps": 1, "k": 3}, "belongs to the cross-entropy"),
    ],
)
def test_sizes_that_make_no_sense_are_refused(sizes, message):
    with pytest.raises(ValueError, match=message):
        closed_form("rnn").on_elements(**sizes)


def test_the_cross_entropy_needs_the_number_of_classes():
    with pytest.raises(ValueError, match="belongs to the cross-entropy"):
        closed_form("rnn", loss="cross-entropy").on_elements(2, 3, 1)


def test_arguments_of_other_sizes_are_refused():
    form = closed_form("gru")
    with pytest.raises(ValueError, match=f"written out for B = 1, .* B = {B}"):
        form.on_elements(N, M, T).evaluate(**problem(form))

from fractions import Fraction

import numpy as np
import pytest

from derivations.arithmetic import ARRAYS, FLOATS, FRACTIONS, over_arrays

POINTS = [-800.0, -37.5, -1.25, -1e-9, 0.0, 1e-9, 0.5, 2.0, 37.5, 800.0]
NAMES = ["σ", "tanh", "relu", "relu′"]


@pytest.mark.parametrize("name", NAMES)
def test_number_systems_agree(name):
    arrays = ARRAYS.functions[name](np.array(POINTS))
    for x, value in zip(POINTS, arrays, strict=True):
        expected = FLOATS.functions[name](x)
        assert value == pytest.approx(expected, rel=1e-15)
        assert float(FRACTIONS.functions[name](Fraction(x))) == expected


def test_softmax_agrees_and_does_not_overflow():
    logits = np.array([[1.0, 900.0], [2.0, -900.0], [4.0, 899.0]])
    arrays = ARRAYS.functions["softmax"](logits)
    for column, expected in zip(logits.T, arrays.T, strict=True):
        np.testing.assert_allclose(FLOATS.functions["softmax"](list(column)), expected, rtol=1e-14)
    objects = over_arrays(FRACTIONS).functions["softmax"](logits.astype(object))
    np.testing.assert_allclose(objects.astype(float), arrays, rtol=1e-14)
    assert isinstance(objects[0, 0], Fraction)


def test_the_logistic_function_is_holomorphic_for_complex_steps():
    for x in POINTS[1:-1]:
        s = ARRAYS.functions["σ"](np.array(x + 1e-30j))
        slope = ARRAYS.functions["σ"](np.array(x)) * ARRAYS.functions["σ"](np.array(-x))
        assert s.imag / 1e-30 == pytest.approx(slope, rel=1e-12)


def test_small_values_of_the_logistic_function_keep_their_digits():
    assert FLOATS.functions["σ"](-37.5) == pytest.approx(np.exp(-37.5), rel=1e-15)
    assert ARRAYS.functions["σ"](np.array([-37.5]))[0] == pytest.approx(np.exp(-37.5), rel=1e-15)

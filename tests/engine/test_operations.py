"""What an operation promises beyond NumPy's values: ties, kinks, extremes, refusals."""

from __future__ import annotations

import operator
from collections import Counter

import numpy as np
import pytest

import autograd_rnn.engine as ar
from autograd_rnn.engine import OperationError, Tensor
from tests.engine.numerics import close

X = np.array([[1.0, -2.0, 3.0], [1.0, 5.0, -0.5]])
Y = np.array([[1.0, 4.0, 2.0], [-1.0, 5.0, -0.5]])  # three ties with X

OPERATORS = {
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "equal": operator.eq,
    "not_equal": operator.ne,
}


class TestComparisons:
    @pytest.mark.parametrize("name", OPERATORS)
    def test_functions_operators_and_ufuncs_agree_at_ties_too(self, name):
        compare, ufunc = OPERATORS[name], getattr(np, name)
        x, y = Tensor(X), Tensor(Y)
        expected = ufunc(X, Y)
        assert expected.any()
        assert not expected.all()
        for found in (getattr(ar, name)(x, y), compare(x, y), ufunc(x, y), compare(x, Y)):
            assert found.dtype == bool
            assert np.array_equal(found.data, expected)
            assert not found.node.needs_grad
        assert np.array_equal(compare(X, y).data, expected)
        assert np.array_equal(compare(x, 1.0).data, compare(X, 1.0))

    def test_a_mask_computed_from_parameters_stops_the_gradient(self):
        x = Tensor(X)
        ar.where(x > 1.0, x * x, 2.0 * x).sum().backward()
        close(x.grad, np.where(X > 1.0, 2 * X, 2.0), 1e-15)

    def test_as_a_key_a_tensor_is_itself(self):
        x, twin = Tensor(X), Tensor(X)
        counted = Counter([x, twin, x])
        assert (counted[x], counted[twin], len({x, twin})) == (2, 1, 2)

    def test_the_truth_of_many_is_refused(self):
        with pytest.raises(ValueError, match="ambiguous"):
            bool(Tensor(X) == Tensor(Y))

    def test_shapes_that_do_not_meet_are_refused(self):
        with pytest.raises(OperationError, match=r"less does not fit shapes \(2, 3\) and \(2,\)"):
            ar.less(Tensor(X), Tensor(np.ones(2)))


def gradient(f, x):
    t = Tensor(x)
    f(t).sum().backward()
    return t.grad


class TestKinks:
    """Slopes where there is none: these are conventions, and documented."""

    @pytest.mark.parametrize(
        ("f", "at", "slopes"),
        [
            (ar.abs, [-2.0, 0.0, -0.0, 3.0], [-1.0, 0.0, 0.0, 1.0]),
            (lambda x: ar.minimum(x, 1.0), [0.0, 1.0, 2.0], [1.0, 0.5, 0.0]),
            (lambda x: ar.clip(x, -1.0, 2.0), [-3.0, -1.0, 0.5, 2.0, 4.0], [0, 0.5, 1, 0.5, 0]),
            (lambda x: ar.elu(x, 0.3), [-np.log(2.0), 0.0, 2.0], [0.15, 0.3, 1.0]),
        ],
        ids=["abs", "minimum", "clip", "elu"],
    )
    def test_slopes(self, f, at, slopes):
        close(gradient(f, at), slopes, 1e-15)

    def test_both_sides_of_a_tie_of_minimum_have_half(self):
        a, b = Tensor([1.0, 2.0, 3.0]), Tensor([1.0, 5.0, 0.0])
        ar.minimum(a, b).sum().backward()
        assert np.array_equal(a.grad, [0.5, 1.0, 0.0])
        assert np.array_equal(b.grad, [0.5, 0.0, 1.0])


class TestExtremes:
    @pytest.mark.parametrize("f", [ar.softplus, ar.elu, ar.abs, ar.sin, ar.cos])
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_nothing_overflows(self, f, dtype):
        x = Tensor(np.array([-1000.0, -40.0, 0.0, 40.0, 1000.0], dtype))
        with np.errstate(all="raise", under="ignore"):
            y = f(x)
            y.sum().backward()
        assert np.isfinite(y.data).all()
        assert np.isfinite(x.grad).all()
        assert y.dtype == x.grad.dtype == dtype

    def test_softplus_of_extremes(self):
        found = ar.softplus(Tensor([-1000.0, -40.0, 0.0, 1000.0])).data
        np.testing.assert_allclose(found, [0.0, np.exp(-40.0), np.log(2.0), 1000.0], rtol=1e-15)

    @pytest.mark.parametrize(
        "f", [ar.abs, ar.softplus, ar.elu, lambda x: ar.minimum(x, 0.0), lambda x: ar.clip(x, 0, 1)]
    )
    def test_nan_is_passed_on(self, f):
        assert np.isnan(f(Tensor([np.nan, 1.0])).data).tolist() == [True, False]

    def test_small_numbers_keep_their_digits(self):
        x = np.array([1e-17, -3e-12])
        np.testing.assert_allclose(ar.expm1(Tensor(x)).data, x + x * x / 2, rtol=1e-15)
        np.testing.assert_allclose(ar.log1p(Tensor(x)).data, x - x * x / 2, rtol=1e-15)


class TestClip:
    @pytest.mark.parametrize(
        "bounds", [(-1.0, 2.0), (None, 0.5), (0.5, None), (None, None), (2, 1)]
    )
    def test_is_numpys(self, bounds):
        assert np.array_equal(ar.clip(Tensor(X), *bounds).data, np.clip(X, *bounds))

    def test_bounds_may_vary_and_are_differentiated(self):
        low = Tensor([-1.0, 0.0, 4.0])
        y = ar.clip(Tensor(X), low, 4.5)
        assert np.array_equal(y.data, np.clip(X, low.data, 4.5))
        y.sum().backward()
        assert np.array_equal(low.grad, [0.0, 1.0, 2.0])

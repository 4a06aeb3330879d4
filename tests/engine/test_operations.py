"""What an operation promises beyond NumPy's values: ties, kinks, extremes, refusals."""

from __future__ import annotations

import operator
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import autograd_rnn.engine as ar
from autograd_rnn.engine import OperationError, Tensor
from tests.engine.cases import ENTRIES
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

    def test_values_are_sorted_and_chosen_like_numbers(self):
        values = [ar.Value(2.0), ar.Value(-1.0), ar.Value(3.0)]
        assert [v.data for v in sorted(values)] == [-1.0, 2.0, 3.0]
        assert max(values) is values[2]
        assert values.index(ar.Value(3.0)) == 2

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


class TestTies:
    def test_the_largest_and_the_smallest_share_equally(self):
        x = [[1.0, 3.0, 3.0], [3.0, -2.0, 1.0]]
        assert gradient(ar.max, x).tolist() == [[0, 1 / 3, 1 / 3], [1 / 3, 0, 0]]
        assert gradient(lambda t: ar.max(t, axis=1), x).tolist() == [[0, 0.5, 0.5], [1, 0, 0]]
        assert gradient(lambda t: ar.min(t, axis=0), [[1.0, 3.0], [1.0, 2.0]]).tolist() == [
            [0.5, 0.0],
            [0.5, 1.0],
        ]

    def test_forward_mode_has_the_same_slope_at_a_tie(self):
        x, dx = np.array([2.0, 2.0, 1.0]), np.array([1.0, 5.0, 7.0])
        _, tangent = ar.jvp(ar.max, [x], [dx])
        assert float(tangent) == 3.0

    def test_the_shares_in_float32_are_float32(self):
        assert gradient(ar.max, np.array([2.0, 2.0, 1.0], np.float32)).dtype == np.float32

    def test_nan_is_the_largest_and_the_smallest_as_in_numpy(self):
        assert np.isnan(ar.max(Tensor([1.0, np.nan])).data)
        assert np.isnan(ar.min(Tensor([1.0, np.nan])).data)


ACTIVATIONS = [ar.sigmoid, ar.tanh, ar.softmax, ar.log_softmax, ar.relu, ar.softplus, ar.elu]


class TestExtremes:
    @pytest.mark.parametrize("f", [*ACTIVATIONS, ar.abs, ar.sin, ar.cos])
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

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_logsumexp_neither_overflows_nor_loses_the_small(self, dtype):
        x = Tensor(np.array([[1000.0, 1000.0, -1000.0], [-1000.0, -1001.0, -np.inf]], dtype))
        with np.errstate(all="raise", under="ignore"):
            y = ar.logsumexp(x, axis=1)
            y.sum().backward()
        expected = np.array([1000.0 + np.log(2.0), -1000.0 + np.log1p(np.exp(-1.0))])
        np.testing.assert_allclose(y.data, expected, rtol=1e-6 if dtype is np.float32 else 1e-15)
        softmax = ar.softmax(x).data
        np.testing.assert_allclose(x.grad, softmax, rtol=1e-4 if dtype is np.float32 else 1e-12)
        assert y.dtype == x.grad.dtype == dtype

    def test_logsumexp_of_infinities(self):
        assert float(ar.logsumexp(Tensor([0.0, np.inf]))) == np.inf
        with pytest.warns(RuntimeWarning, match="divide by zero"):  # NumPy's, of ln 0
            assert float(ar.logsumexp(Tensor([-np.inf, -np.inf]))) == -np.inf

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


class TestEmbedding:
    """A table's rows are taken by words, and their gradients scattered back."""

    WORDS = np.array([[3, 0, 3], [1, 3, 0]])

    def test_the_gradient_of_take_is_scatter_add(self):
        table = Tensor(np.random.default_rng(31).normal(size=(5, 4)))
        g = np.random.default_rng(32).normal(size=(2, 3, 4))
        ar.take(table, self.WORDS, axis=0).backward(g)
        scattered = ar.scatter_add(np.zeros((5, 4)), self.WORDS, g)
        assert np.array_equal(table.grad, scattered)
        assert np.array_equal(table.grad[[2, 4]], np.zeros((2, 4)))
        close(table.grad[3], g[0, 0] + g[0, 2] + g[1, 1], 1e-15)

    def test_nothing_is_changed_in_place(self):
        table, rows = np.zeros((5, 4)), Tensor(np.ones((3, 4)))
        found = ar.scatter_add(table, [1, 1, 2], rows)
        assert np.array_equal(found.data[:, 0], [0.0, 2.0, 1.0, 0.0, 0.0])
        assert not table.any()

    def test_words_may_be_a_tensor_of_integers(self):
        table = Tensor(np.arange(10.0).reshape(5, 2))
        assert np.array_equal(ar.take(table, Tensor(self.WORDS), 0).data, table.data[self.WORDS])

    def test_words_that_are_not_in_the_table_are_refused(self):
        with pytest.raises(OperationError, match=r"index does not fit .*\(5, 2\).*out of bounds"):
            ar.take(Tensor(np.ones((5, 2))), [5], axis=0)


class TestEinsum:
    def test_it_is_one_node(self):
        y = ar.einsum("bij, kj -> bik", ar.symbol((5, 2, 3), "x"), ar.symbol((4, 3), "W"))
        assert (y.node.op, y.shape) == ("einsum", (5, 2, 4))
        assert y.node.attrs["subscripts"] == "bij,kj->bik"

    @pytest.mark.parametrize(
        ("subscripts", "words"),
        [
            ("ij,jk->ik", "2 terms for 1 operands"),
            ("ijk->i", "does not name 2 axes"),
            ("i...jk", "does not name 2 axes"),
            ("ij->k", "no term has"),
            ("ij->ii", "one twice"),
            ("i1->i", "letters"),
            ("ii->i", "no diagonal"),
            ("...i->i", "no place"),
        ],
    )
    def test_what_says_nothing_is_refused(self, subscripts, words):
        with pytest.raises(OperationError, match=rf"einsum does not fit shapes \(2, 3\).*{words}"):
            ar.einsum(subscripts, Tensor(X))
        with pytest.raises(ValueError):  # noqa: PT011 (in NumPy's words)
            np.einsum(subscripts, X)

    def test_the_form_without_letters_is_refused(self):
        with pytest.raises(TypeError, match="einsum takes its subscripts first, as letters"):
            ar.einsum(Tensor(X), [0, 1])

    def test_sizes_that_differ_are_refused(self):
        with pytest.raises(OperationError, match=r"einsum does not fit shapes \(2, 3\) and \(2,\)"):
            ar.einsum("ij,j", Tensor(X), np.ones(2))


REFUSED = {
    "swapaxes": lambda x: ar.swapaxes(x, 0, 2),
    "expand_dims": lambda x: ar.expand_dims(x, 4),
    "squeeze": lambda x: ar.squeeze(x, axis=1),
    "broadcast_to": lambda x: ar.broadcast_to(x, (3, 2)),
    "split": lambda x: ar.split(x, 2, axis=1),
    "flip": lambda x: ar.flip(x, axis=2),
    "repeat": lambda x: ar.repeat(x, [1, 2], axis=1),
    "pad": lambda x: ar.pad(x, ((1, 2), (3, 4), (5, 6))),
    "tensordot": lambda x: ar.tensordot(x, x, axes=1),
    "matmul": lambda x: ar.dot(x, x),
    "max": lambda x: ar.max(x, axis=2),
    "var": lambda x: ar.var(x, axis=(0, 2)),
    "logsumexp": lambda x: ar.logsumexp(x, axis=(0, 0)),
    "cumsum": lambda x: ar.cumsum(x, axis=-3),
}


@pytest.mark.parametrize("known", [True, False], ids=["values", "symbols"])
@pytest.mark.parametrize("name", REFUSED)
def test_an_error_names_the_operation_the_shape_and_the_place(name, known):
    x = Tensor(X, name="h") if known else ar.symbol((2, 3), "h")
    words = rf"{name} does not fit shapes h \(2, 3\).* at lstm / t=3"
    with ar.at(cell="lstm", t=3), pytest.raises(OperationError, match=words):
        REFUSED[name](x)


@pytest.mark.parametrize("known", [True, False], ids=["values", "symbols"])
def test_of_nothing_there_is_no_largest(known):
    x = Tensor(np.zeros((0, 3))) if known else ar.symbol((0, 3), "x")
    assert ar.max(x, axis=1).shape == (0,)
    with pytest.raises(OperationError, match=r"max does not fit shapes .*of no elements"):
        ar.max(x, axis=0)


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda x: ar.pad(x, -1), "cannot be negative"),
        (lambda x: ar.pad(x, 1, mode="mean"), "mode 'mean'"),
        (lambda x: ar.split(x, 0), "0 equal pieces"),
        (lambda x: ar.windows(x, (2, 3), stride=0), "must be positive"),
    ],
)
def test_arguments_that_mean_nothing_are_refused(attempt, words):
    with pytest.raises(OperationError, match=words):
        attempt(Tensor(X))


PAGE = Path(__file__).parents[2] / "docs" / "operations.md"


def public_operations():
    """What the rules export, and the primitives, each of which has an entry among the cases."""
    modules = {name: getattr(getattr(ar, name), "__module__", None) or "" for name in ar.__all__}
    rules = "autograd_rnn.engine.rules"
    return {name for name, module in modules.items() if module.startswith(rules)} | set(ENTRIES)


def missing_from(page):
    return {name for name in public_operations() if f"`{name}`" not in page}


def test_the_page_on_operations_names_them_all():
    assert len(public_operations()) > 60
    assert not missing_from(PAGE.read_text())
    for name in public_operations() & set(ar.__all__):
        assert getattr(ar, name).__doc__, name


def test_an_operation_that_the_page_forgets_is_noticed():
    assert missing_from(PAGE.read_text().replace("`tensordot`", "")) == {"tensordot"}

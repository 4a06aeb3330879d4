"""What is named like NumPy behaves like NumPy: values, shapes, dtypes, and what is refused."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd_rnn.engine as ar
from autograd_rnn.engine import Tensor
from autograd_rnn.engine.rules.structure import index
from tests.engine.numerics import close, jacobian_by_differences

rng = np.random.default_rng(11)
A, B, V = rng.normal(size=(2, 3)), rng.normal(size=(2, 3)), rng.normal(size=3)
STACK = rng.normal(size=(5, 2, 3))
P = rng.uniform(0.5, 2.0, size=(2, 3))


def log_softmax(x, axis=-1):
    return x - np.log(np.exp(x).sum(axis, keepdims=True))


def scatter_add(x, key, updates):
    whole = x.copy()
    np.add.at(whole, key, updates)
    return whole


class Numpy:
    """NumPy, and by the same names what it lacks, written out."""

    sigmoid = staticmethod(lambda x: 1.0 / (1.0 + np.exp(-x)))
    relu = staticmethod(lambda x: np.maximum(x, 0.0))
    leaky_relu = staticmethod(lambda x, slope=0.01: np.where(x > 0, x, slope * x))
    softmax = staticmethod(lambda x, axis=-1: np.exp(log_softmax(x, axis)))
    log_softmax = staticmethod(log_softmax)
    softplus = staticmethod(lambda x: np.logaddexp(x, 0.0))
    elu = staticmethod(lambda x, alpha=1.0: np.where(x > 0, x, alpha * (np.exp(x) - 1)))
    logsumexp = staticmethod(
        lambda x, axis=None, keepdims=False: np.log(np.sum(np.exp(x), axis, keepdims=keepdims))
    )
    scatter_add = staticmethod(scatter_add)

    def __getattr__(self, name):
        return getattr(np, name)


SQUARE = rng.normal(size=(4, 3, 4))
WORDS = np.array([[3, 0], [3, -1], [2, 3]])

# The same expression for Tensors (ns = the engine) and for arrays (ns = NumPy).
EXPRESSIONS = {
    "add": (lambda ns, a, b: a + b, A, V),
    "subtract": (lambda ns, a, b: a - b, A, V),
    "multiply": (lambda ns, a, b: a * b, STACK, V),
    "divide": (lambda ns, a, b: b / a, P, STACK),
    "power": (lambda ns, a, b: a**b, P, V),
    "negative": (lambda ns, a: -a, A),
    "numbers on the left": (lambda ns, a: 1 - 2 * a + 3 / a + 2**a, P),
    "numbers on the right": (lambda ns, a: a**3 - (a * 2 + 1) / 4, A),
    "array on the left": (lambda ns, a: B - B * (B + a) / P, A),
    "matrix @ matrix": (lambda ns, a, b: a @ b, A, B.T),
    "matrix @ vector": (lambda ns, a, b: a @ b, A, V),
    "vector @ matrix": (lambda ns, a, b: a @ b, V, A.T),
    "vector @ vector": (lambda ns, a, b: a @ b, V, 2 * V),
    "stack @ matrix": (lambda ns, a, b: a @ b, STACK, A.T),
    "matrix @ stack": (lambda ns, a, b: a @ b, A.T, STACK),
    "stack @ vector": (lambda ns, a, b: a @ b, STACK, V),
    "vector @ stack": (lambda ns, a, b: a @ b, A[:, 0], STACK),
    "stack @ stack": (lambda ns, a, b: a @ b.transpose(0, 2, 1), STACK, STACK[:1]),
    "transposed @": (lambda ns, a, b: a.T @ b, A, B),
    "@ transposed": (lambda ns, a, b: a @ b.T, A, B),
    "both transposed": (lambda ns, a, b: a.T @ b.T, A, B.T),
    "transposed stack @": (lambda ns, a, b: ns.transpose(a, (0, 2, 1)) @ b, STACK, A),
    "turned another way @": (lambda ns, a, b: a.transpose(1, 0, 2) @ b, STACK, A.T),
    "all axes turned @": (lambda ns, a, b: a.T @ b, STACK, rng.normal(size=(5, 4))),
    "array @ Tensor": (lambda ns, a: A @ a, V),
    "sum": (lambda ns, a: a.sum(), STACK),
    "sum of axis": (lambda ns, a: a.sum(1), STACK),
    "sum of last axis": (lambda ns, a: ns.sum(a, axis=-1), STACK),
    "sum of axes": (lambda ns, a: a.sum(axis=(-1, 0)), STACK),
    "sum, dimensions kept": (lambda ns, a: a.sum(axis=(0, 2), keepdims=True), STACK),
    "sum of no axes": (lambda ns, a: a.sum(axis=()), STACK),
    "mean": (lambda ns, a: a.mean(), STACK),
    "mean of axis": (lambda ns, a: ns.mean(a, axis=-2), STACK),
    "mean, dimensions kept": (lambda ns, a: a.mean(axis=(0, -1), keepdims=True), STACK),
    "reshape": (lambda ns, a: a.reshape(3, 10), STACK),
    "reshape to what is left": (lambda ns, a: a.reshape((3, -1, 2)), STACK),
    "reshape flat": (lambda ns, a: ns.reshape(a, -1), STACK),
    "T": (lambda ns, a: a.T, STACK),
    "transpose": (lambda ns, a: a.transpose(1, -1, 0), STACK),
    "transpose by tuple": (lambda ns, a: ns.transpose(a, (2, 0, 1)), STACK),
    "concatenate": (lambda ns, a, b: ns.concatenate([a, b, a]), A, B),
    "concatenate along the last": (
        lambda ns, a, b: ns.concatenate([a, b.T], axis=-1),
        A,
        STACK[0].T,
    ),
    "stack": (lambda ns, a, b: ns.stack([a, b]), A, B),
    "stack along the last": (lambda ns, a, b: ns.stack([a, b], axis=-1), A, B),
    "exp": (lambda ns, a: ns.exp(a), A),
    "log": (lambda ns, a: ns.log(a), P),
    "tanh": (lambda ns, a: ns.tanh(a), A),
    "sigmoid": (lambda ns, a: ns.sigmoid(a), A),
    "relu": (lambda ns, a: ns.relu(a), A),
    "leaky_relu": (lambda ns, a: ns.leaky_relu(a, 0.2), A),
    "softmax": (lambda ns, a: ns.softmax(a), STACK),
    "softmax along": (lambda ns, a: ns.softmax(a, axis=1), STACK),
    "log_softmax": (lambda ns, a: ns.log_softmax(a), STACK),
    "log_softmax along": (lambda ns, a: ns.log_softmax(a, axis=-2), STACK),
    "maximum": (lambda ns, a, b: ns.maximum(a, b), STACK, A),
    "where": (lambda ns, a, b: ns.where(A > B, a, b), A, V),
    "abs": (lambda ns, a: ns.abs(a) + abs(a), A),
    "sqrt": (lambda ns, a: ns.sqrt(a), P),
    "log1p": (lambda ns, a: ns.log1p(a), P),
    "expm1": (lambda ns, a: ns.expm1(a), A),
    "sin": (lambda ns, a: ns.sin(a), A),
    "cos": (lambda ns, a: ns.cos(a), A),
    "softplus": (lambda ns, a: ns.softplus(a), A),
    "elu": (lambda ns, a: ns.elu(a, 0.7), A),
    "minimum": (lambda ns, a, b: ns.minimum(a, b), STACK, A),
    "clip": (lambda ns, a: ns.clip(a, -0.5, 0.8), STACK),
    "clip by arrays": (lambda ns, a, b: ns.clip(a, b, b + 1.0), STACK, V),
    "max": (lambda ns, a: ns.max(a), STACK),
    "max of axis": (lambda ns, a: ns.max(a, axis=-2), STACK),
    "max of axes, kept": (lambda ns, a: ns.max(a, axis=(-1, 0), keepdims=True), STACK),
    "min": (lambda ns, a: ns.min(a), STACK),
    "min of axes": (lambda ns, a: ns.min(a, axis=(1, 0)), STACK),
    "var": (lambda ns, a: ns.var(a), STACK),
    "var of axis": (lambda ns, a: ns.var(a, axis=-1, keepdims=True), STACK),
    "var of a sample": (lambda ns, a: ns.var(a, axis=(0, 2), ddof=1), STACK),
    "logsumexp": (lambda ns, a: ns.logsumexp(a), STACK),
    "logsumexp of axes": (lambda ns, a: ns.logsumexp(a, axis=(0, 2)), STACK),
    "logsumexp, dimensions kept": (lambda ns, a: ns.logsumexp(a, axis=1, keepdims=True), STACK),
    "cumsum": (lambda ns, a: ns.cumsum(a), STACK),
    "cumsum of axis": (lambda ns, a: ns.cumsum(a, axis=-2), STACK),
    "dot of vectors": (lambda ns, a, b: ns.dot(a, b), V, 2 * V),
    "dot of matrices": (lambda ns, a, b: ns.dot(a, b), A, B.T),
    "dot of a number": (lambda ns, a, b: ns.dot(a, b), V[0], A),
    "dot of stacks": (lambda ns, a, b: ns.dot(a, b), STACK, SQUARE),
    "dot of a stack and a vector": (lambda ns, a, b: ns.dot(a, b), STACK, V),
    "outer": (lambda ns, a, b: ns.outer(a, b), V, A[:, 0]),
    "outer of matrices": (lambda ns, a, b: ns.outer(a, b), A, SQUARE[0]),
    "tensordot": (lambda ns, a, b: ns.tensordot(a, b), STACK, rng.normal(size=(2, 3, 4))),
    "tensordot of one axis": (lambda ns, a, b: ns.tensordot(a, b, axes=1), STACK, SQUARE[0, :, :1]),
    "tensordot of no axes": (lambda ns, a, b: ns.tensordot(a, b, axes=0), A, V),
    "tensordot by pairs": (
        lambda ns, a, b: ns.tensordot(a, b, axes=((2, 0), (1, -1))),
        STACK,
        rng.normal(size=(4, 3, 5)),
    ),
    "tensordot of one pair": (lambda ns, a, b: ns.tensordot(a, b, axes=(-1, 1)), STACK, SQUARE),
    "einsum": (lambda ns, a, b: ns.einsum("bij,jk->bik", a, b), STACK, A.T),
    "einsum, result unsaid": (lambda ns, a, b: ns.einsum("cba, ca", a, b), STACK.T, V[:, None]),
    "einsum of one": (lambda ns, a: ns.einsum("ijk->kj", a), STACK),
    "einsum of three": (lambda ns, a, b, c: ns.einsum("bij,j,i->b", a, b, c), STACK, V, A[:, 0]),
    "einsum, trace": (lambda ns, a: ns.einsum("ii", a), SQUARE[:, 0]),
    "einsum, diagonals": (lambda ns, a, b: ns.einsum("iji,ij->ji", a, b), SQUARE, SQUARE[0].T),
    "einsum with dots": (lambda ns, a, b: ns.einsum("...ij,j...->i...", a, b), STACK, A.T[:, :1]),
    "einsum, dots unsaid": (lambda ns, a, b: ns.einsum("...i,...i", a, b), STACK, A),
    "swapaxes": (lambda ns, a: ns.swapaxes(a, 0, -1), STACK),
    "expand_dims": (lambda ns, a: ns.expand_dims(a, -2), A),
    "expand_dims by two": (lambda ns, a: ns.expand_dims(a, (0, -1)), A),
    "squeeze": (lambda ns, a: ns.squeeze(a), STACK[:1, :, :1]),
    "squeeze of axis": (lambda ns, a: ns.squeeze(a, axis=-1), STACK[:1, :, :1]),
    "squeeze of axes": (lambda ns, a: ns.squeeze(a, axis=(0, 2)), STACK[:1, :, :1]),
    "broadcast_to": (lambda ns, a: ns.broadcast_to(a, (5, 2, 3)), A[:, :1]),
    "broadcast_to one axis": (lambda ns, a: ns.broadcast_to(a, 4), V[:1]),
    "split": (lambda ns, a: ns.concatenate(ns.split(a, 3, axis=-1)[::-1]), STACK),
    "split at": (lambda ns, a: ns.concatenate(ns.split(a, [1, 3])[::-1]), STACK),
    "flip": (lambda ns, a: ns.flip(a), STACK),
    "flip of axis": (lambda ns, a: ns.flip(a, -2), STACK),
    "flip of axes": (lambda ns, a: ns.flip(a, axis=(0, 2)), STACK),
    "pad": (lambda ns, a: ns.pad(a, 2), A),
    "pad by a pair": (lambda ns, a: ns.pad(a, (1, 2)), A),
    "pad by pairs": (lambda ns, a: ns.pad(a, ((0, 2), (1, 0))), A),
    "pad with a number": (lambda ns, a: ns.pad(a, 1, constant_values=-0.5), A),
    "pad with the edge": (lambda ns, a: ns.pad(a, 2, mode="edge"), A),
    "pad by reflection": (lambda ns, a: ns.pad(a, ((0, 0), (2, 1)), "reflect"), A),
    "pad symmetrically": (lambda ns, a: ns.pad(a, (1, 2), "symmetric"), A),
    "pad around": (lambda ns, a: ns.pad(a, ((1, 3), (0, 2)), "wrap"), A),
    "repeat": (lambda ns, a: ns.repeat(a, 3), A),
    "repeat of axis": (lambda ns, a: ns.repeat(a, 2, axis=-1), STACK),
    "repeat by counts": (lambda ns, a: ns.repeat(a, [2, 0, 3], axis=1), A),
    "take": (lambda ns, a: ns.take(a, WORDS), A),
    "take of axis": (lambda ns, a: ns.take(a, WORDS, axis=0), STACK),
    "take of the last axis": (lambda ns, a: ns.take(a, [2, 0, 2], axis=-1), STACK),
    "take one": (lambda ns, a: ns.take(a, 1, axis=1), STACK),
    "scatter_add": (lambda ns, a, b: ns.scatter_add(a, WORDS[:, 0], b), STACK, STACK[:3]),
    "scatter_add, broadcast": (lambda ns, a, b: ns.scatter_add(a, (0, [1, 1]), b), STACK, V),
    "row": (lambda ns, a: a[1], STACK),
    "element": (lambda ns, a: a[4, -1, 0], STACK),
    "slices": (lambda ns, a: a[1:4:2, :, ::-1], STACK),
    "new axis and dots": (lambda ns, a: a[None, ..., -1, None], STACK),
    "rows, some twice": (lambda ns, a: a[[3, 0, 3, -1]], STACK),
    "arrays that broadcast": (lambda ns, a: a[np.array([[0], [4]]), :, np.array([2, 2])], STACK),
    "mask": (lambda ns, a: a[A > 0], A),
    "mask of rows": (lambda ns, a: a[np.array([True, False, True, True, False])], STACK),
    "mask in the middle": (lambda ns, a: a[:, np.array([False, True])], STACK),
    "array index of no axes": (lambda ns, a: a[np.array(2)], STACK),
    "index by a list": (lambda ns, a: a[:, [1, 0, 1]], STACK),
    "nothing taken": (lambda ns, a: a[[]], A),
}


@pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_values_and_gradients(expression):
    f, *inputs = expression
    tensors = [Tensor(x) for x in inputs]
    y = f(ar, *tensors)
    expected = f(Numpy(), *inputs)
    assert (y.shape, y.dtype) == (expected.shape, expected.dtype)
    close(y.data, expected, 1e-14)

    g = np.random.default_rng(12).normal(size=y.shape)
    y.backward(g)
    for i, x in enumerate(tensors):
        J = jacobian_by_differences(lambda *xs: f(Numpy(), *xs), inputs, i)
        close(x.grad.ravel(), J.T @ g.ravel(), 1e-8)


@pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_the_shape_is_known_without_a_value(expression):
    f, *inputs = expression
    y = f(ar, *[ar.symbol(x.shape, "x") for x in inputs])
    assert y.shape == f(Numpy(), *inputs).shape


@pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_float32_is_kept_where_numpy_keeps_it(expression):
    f, *inputs = expression
    singles = [x.astype(np.float32) for x in inputs]
    tensors = [Tensor(x) for x in singles]
    y = f(ar, *tensors)
    assert y.dtype == f(Numpy(), *singles).dtype
    shown = f(ar, *[ar.symbol(x.shape, "x", np.float32) for x in singles])
    assert shown.dtype == y.dtype
    y.backward(np.ones(y.shape, y.dtype))
    if y.dtype == np.float32:
        assert {x.grad.dtype for x in tensors} == {np.dtype(np.float32)}


@st.composite
def arrays_and_keys(draw):
    shape = draw(hnp.array_shapes(max_dims=4, max_side=4))
    basic = hnp.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True)
    advanced = hnp.integer_array_indices(shape)
    return rng.normal(size=shape), draw(st.one_of(basic, advanced, hnp.arrays(bool, shape)))


@given(arrays_and_keys())
def test_any_index(drawn):
    array, key = drawn
    x = Tensor(array)
    y = index(x, key)
    assert np.array_equal(y.data, array[key])
    g = np.random.default_rng(1).normal(size=y.shape)
    y.backward(g)
    expected = np.zeros_like(array)
    np.add.at(expected, key, g)
    close(x.grad, expected, 1e-15)


class TestUfuncs:
    def test_numpy_functions_record(self):
        x = Tensor(A)
        for ufunc in (np.tanh, np.exp, np.negative):
            assert ufunc(x).node.op == ufunc.__name__
            assert np.array_equal(ufunc(x).data, ufunc(A))
        assert np.maximum(x, 0.0).node.op == "maximum"
        assert np.true_divide(x, 2.0).node.op == "divide"
        assert np.matmul(x, A.T).node.op == "matmul"

    def test_an_array_on_the_left_gives_one_tensor(self):
        y = A * Tensor(B)
        assert isinstance(y, Tensor)
        assert y.shape == (2, 3)
        assert isinstance(np.float64(2.0) * Tensor(B), Tensor)

    def test_a_function_that_is_not_in_the_table_says_what_is(self):
        listed = r"np\.cbrt is not in the table .*: absolute, add, .*where"
        with pytest.raises(TypeError, match=listed):
            np.cbrt(Tensor(A))

    def test_an_array_is_not_changed_by_a_tensor(self):
        array = A.copy()
        with pytest.raises(TypeError, match=r"np\.add\(out=\.\.\.\) takes no Tensor"):
            array += Tensor(B)
        assert np.array_equal(array, A)

    def test_no_reductions_in_disguise(self):
        with pytest.raises(TypeError, match="reduce"):
            np.add.reduce(Tensor(A))

    def test_a_tensor_does_not_become_an_array_unasked(self):
        with pytest.raises(TypeError, match=r"write tensor\.data"):
            np.asarray(Tensor(A))
        with pytest.raises(TypeError, match=r"write tensor\.data"):
            Tensor([Tensor(1.0), Tensor(2.0)])


class TestEdges:
    def test_sigmoid_of_extremes(self):
        assert np.array_equal(ar.sigmoid(Tensor([-1000.0, 0.0, 1000.0])).data, [0.0, 0.5, 1.0])
        assert ar.sigmoid(Tensor(-40.0)).data == pytest.approx(np.exp(-40.0), rel=1e-15)

    def test_log_softmax_keeps_what_softmax_loses(self):
        x = Tensor([0.0, 1000.0])
        assert np.array_equal(ar.log_softmax(x).data, [-1000.0, 0.0])
        assert np.array_equal(ar.softmax(x).data, [0.0, 1.0])

    def test_a_tie_of_maximum_is_halved(self):
        a, b = Tensor([1.0, 2.0, 3.0]), Tensor([1.0, 5.0, 0.0])
        ar.maximum(a, b).sum().backward()
        assert np.array_equal(a.grad, [0.5, 0.0, 1.0])
        assert np.array_equal(b.grad, [0.5, 1.0, 0.0])

    def test_the_kinks_have_the_slopes_that_are_promised(self):
        x = Tensor([0.0, -0.0])
        ar.relu(x).sum().backward()
        assert np.array_equal(x.grad, [0.0, 0.0])
        y = Tensor([0.0])
        ar.leaky_relu(y, 0.3).sum().backward()
        assert y.grad == [0.3]

    @pytest.mark.parametrize("f", [ar.relu, ar.tanh, ar.sigmoid, ar.leaky_relu])
    def test_nan_is_passed_on(self, f):
        assert np.isnan(f(Tensor([np.nan, 1.0])).data).tolist() == [True, False]

    def test_nan_is_passed_on_by_maximum_from_either_side(self):
        a, b = np.array([np.nan, 1.0, 2.0]), np.array([1.0, np.nan, 3.0])
        assert np.array_equal(ar.maximum(Tensor(a), b).data, np.maximum(a, b), equal_nan=True)

    def test_infinite_scores_are_masked_out_of_softmax(self):
        x = Tensor([0.5, -np.inf, 1.5])
        p = ar.softmax(x)
        assert p.data[1] == 0.0
        (p * np.array([1.0, 2.0, 3.0])).sum().backward()
        assert x.grad[1] == 0.0
        assert np.isfinite(x.grad).all()

    @pytest.mark.parametrize("exponent", [0, 0.0, 1, 2, 3.0])
    def test_powers_of_zero_have_slopes(self, exponent):
        x = Tensor([0.0, 2.0])
        (x**exponent).sum().backward()
        assert np.array_equal(x.grad, exponent * np.array([0.0, 2.0]) ** max(exponent - 1, 0))

    def test_a_power_of_zero_that_varies(self):
        a, b = Tensor([0.0, 0.0, 2.0]), Tensor([0.0, 2.0, 0.0])
        (a**b).sum().backward()
        assert np.array_equal(a.grad, [0.0, 0.0, 0.0])
        close(b.grad, [0.0, 0.0, np.log(2.0)], 1e-15)

    def test_a_mixed_second_derivative_at_exponent_zero(self):
        # d/da a^b = b a^(b-1); its slope in b at b = 0 is 1/a.
        slope = ar.grad(lambda b: ar.grad(lambda a: a**b)(3.0))(0.0)
        assert float(slope) == pytest.approx(1 / 3, rel=1e-14)

    def test_where_asks_whether_its_mask_is_zero(self):
        x = Tensor([1.0, 2.0, 3.0])
        m = Tensor([1.0, 0.0, -0.5])
        y = ar.where(m, x, -x)
        assert np.array_equal(y.data, [1.0, -2.0, 3.0])
        y.sum().backward()
        assert np.array_equal(x.grad, [1.0, -1.0, 1.0])
        assert m.grad is None

    def test_both_branches_of_where_are_safe_when_guarded_inside(self):
        x = Tensor([0.0, 2.0])
        positive = x.data > 0
        ar.where(positive, ar.log(ar.where(positive, x, 1.0)), 0.0).sum().backward()
        assert np.array_equal(x.grad, [0.0, 0.5])

    @pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64, bool])
    def test_integers_become_floats_and_do_not_wrap(self, dtype):
        x = np.array([1, 0, 1], dtype)
        close(ar.sigmoid(Tensor(x)).data, 1 / (1 + np.exp(-x.astype(float))), 1e-14)
        if dtype is not bool:
            close(ar.softmax(Tensor(x)).data, Numpy.softmax(x.astype(float)), 1e-14)

    def test_integers_are_not_differentiated(self):
        n, x = Tensor([1, 2, 3]), Tensor([0.5, 1.5, 2.5])
        y = (n * x).sum()
        y.backward()
        assert n.grad is None
        assert np.array_equal(x.grad, [1.0, 2.0, 3.0])

    def test_the_mean_of_nothing_is_nan_with_numpys_warning(self):
        with pytest.warns(RuntimeWarning):
            assert np.isnan(Tensor(np.zeros((0, 3))).mean().data)

    def test_empty_arrays(self):
        x, W = Tensor(np.zeros((0, 3))), Tensor(np.ones((4, 3)))
        y = (x @ W.T).sum()
        y.backward()
        assert float(y) == 0.0
        assert x.grad.shape == (0, 3)
        assert np.array_equal(W.grad, np.zeros((4, 3)))

    def test_no_warning_escapes_an_ordinary_expression(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            x = Tensor([-4.0, 0.0, 4.0])
            list(ar.backward_steps((x**2 + ar.maximum(x, 0.0)).sum()))


class TestSequence:
    def test_length_iteration_and_truth(self):
        x = Tensor([1.5, 2.5])
        assert len(x) == 2
        assert [float(element) for element in x] == [1.5, 2.5]
        assert bool(Tensor(1.0))
        assert not Tensor(0.0)

    def test_a_number_has_no_length(self):
        with pytest.raises(TypeError, match="no axes"):
            len(Tensor(1.0))

    def test_sum_of_python_and_iteration_record(self):
        x = Tensor([1.5, 2.5])
        total = sum(x)
        total.backward()
        assert np.array_equal(x.grad, [1.0, 1.0])

    def test_in_place_assignment_says_what_to_write_instead(self):
        x = Tensor([1.0, 2.0])
        with pytest.raises(TypeError, match=r"where\(mask, new, old\)"):
            x[0] = 3.0

    def test_plus_equals_makes_a_new_tensor(self):
        x = y = Tensor([1.0, 2.0])
        y += 1.0
        assert np.array_equal(x.data, [1.0, 2.0])
        assert np.array_equal(y.data, [2.0, 3.0])


class TestMaking:
    @pytest.mark.parametrize(
        "data",
        [np.array([object()]), np.array([1, None]), "abc", [[1, 2], [3]], None, {1: 2}],
        ids=["objects", "None inside", "text", "ragged", "None", "a dict"],
    )
    def test_what_is_no_array_of_numbers_is_refused(self, data):
        with pytest.raises(TypeError, match="numbers"):
            Tensor(data)

    def test_fractions_are_refused_as_an_algebra_brings_its_own_array(self):
        from fractions import Fraction

        with pytest.raises(TypeError, match="numbers"):
            Tensor(np.array([Fraction(1, 2)]))

    def test_data_are_copied(self):
        array = A.copy()
        x = Tensor(array)
        y = x * array
        array[:] = 0.0
        assert np.array_equal(x.data, A)
        y.sum().backward()
        assert np.array_equal(x.grad, A)

    def test_a_read_only_view_of_what_changes_is_copied_too(self):
        array = A.copy()
        view = array.view()
        view.flags.writeable = False
        x = Tensor(B)
        y = x * view
        array[:] = 0.0
        y.sum().backward()
        assert np.array_equal(x.grad, A)

    def test_what_comes_out_cannot_be_written_to(self):
        x = Tensor(A)
        (x * x).sum().backward()
        for array in (x.data, x.grad, (x * x).data, x.node.value):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 1.0

    def test_dtype_is_numpys(self):
        assert Tensor([1, 2]).dtype == np.int64
        assert Tensor([1.0], np.float32).dtype == np.float32
        assert (Tensor(np.float32(1)) * np.float64(2)).dtype == (
            np.float32(1) * np.float64(2)
        ).dtype
        assert (Tensor([1]) / 2).dtype == np.float64

"""Convolution and pooling against loops that visit one window after the other."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_rnn.engine as ar
from autograd_rnn.engine import OperationError, Tensor
from tests.engine.numerics import close, jacobian_by_complex_step, jacobian_by_differences

rng = np.random.default_rng(21)
SEQUENCE, PICTURE = rng.normal(size=(2, 3, 7)), rng.normal(size=(2, 3, 5, 7))
WEIGHT_1D, WEIGHT_2D = rng.normal(size=(4, 3, 2)), rng.normal(size=(4, 3, 3, 2))
BIAS = rng.normal(size=4)


def naive_windows(x, size, stride, padding, value):
    """Yield each place, and the window that stands there, over all of the batch."""
    around = [(0, 0), (0, 0), *((n, n) for n in padding)]
    x = np.pad(x, around, constant_values=value)
    room = x.shape[2:]
    counts = [(n - k) // s + 1 for n, k, s in zip(room, size, stride, strict=True)]
    for place in itertools.product(*map(range, counts)):
        starts = [i * s for i, s in zip(place, stride, strict=True)]
        inside = tuple(slice(i, i + k) for i, k in zip(starts, size, strict=True))
        yield place, x[(..., *inside)]


def collected(found):
    """Put results (batch, channels) into an array of places."""
    found = dict(found)
    places = tuple(i + 1 for i in max(found))
    rows = next(iter(found.values())).shape
    whole = np.zeros((*rows, *places), np.result_type(*found.values()))
    for place, result in found.items():
        whole[(..., *place)] = result
    return whole


def naive_convolution(x, weight, bias, stride, padding):
    def result(window):
        return [
            [(row * kernel).sum() + b for kernel, b in zip(weight, bias, strict=True)]
            for row in window
        ]

    visited = naive_windows(x, weight.shape[2:], stride, padding, 0)
    return collected((place, np.array(result(window))) for place, window in visited)


def naive_pool(reduce, x, size, stride, padding, value):
    axes = tuple(range(2, x.ndim))
    visited = naive_windows(x, size, stride, padding, value)
    return collected((place, reduce(window, axis=axes)) for place, window in visited)


def check_against(f, naive, inputs):
    """Values, and gradients of a weighted sum, against a loop and its complex step."""
    tensors = [Tensor(x) for x in inputs]
    y = f(*tensors)
    close(y.data, naive(*inputs), 1e-14)
    g = np.random.default_rng(22).normal(size=y.shape)
    y.backward(g)
    for i, x in enumerate(tensors):
        J = jacobian_by_complex_step(naive, inputs, i)
        close(x.grad.ravel(), J.T @ g.ravel(), 1e-13)


OPTIONS_1D = [((1,), (0,)), ((2,), (1,)), ((3,), (2,))]
OPTIONS_2D = [((1, 1), (0, 0)), ((2, 1), (0, 1)), ((2, 3), (2, 1))]


class TestConvolution:
    @pytest.mark.parametrize(("stride", "padding"), OPTIONS_1D)
    def test_one_dimension(self, stride, padding):
        check_against(
            lambda x, w, b: ar.conv1d(x, w, b, stride, padding),
            lambda x, w, b: naive_convolution(x, w, b, stride, padding),
            [SEQUENCE, WEIGHT_1D, BIAS],
        )

    @pytest.mark.parametrize(("stride", "padding"), OPTIONS_2D)
    def test_two_dimensions(self, stride, padding):
        check_against(
            lambda x, w, b: ar.conv2d(x, w, b, stride, padding),
            lambda x, w, b: naive_convolution(x, w, b, stride, padding),
            [PICTURE, WEIGHT_2D, BIAS],
        )

    def test_one_number_is_for_all_axes(self):
        one = ar.conv2d(PICTURE, WEIGHT_2D, stride=2, padding=1)
        close(one, naive_convolution(PICTURE, WEIGHT_2D, 0 * BIAS, (2, 2), (1, 1)), 1e-14)

    def test_weights_are_not_flipped(self):
        x, weight = np.zeros((1, 1, 4)), np.array([[[2.0, 3.0]]])
        x[0, 0, 1] = 1.0
        assert ar.conv1d(x, weight).tolist() == [[[3.0, 2.0, 0.0]]]
        assert np.array_equal(ar.conv1d(x, weight)[0, 0], np.correlate(x[0, 0], weight[0, 0]))

    def test_a_wide_window_is_a_dense_layer(self):
        weight = rng.normal(size=(4, 3, 7))
        expected = SEQUENCE.reshape(2, 21) @ weight.reshape(4, 21).T
        close(ar.conv1d(Tensor(SEQUENCE), weight).data[..., 0], expected, 1e-14)

    def test_second_order(self):
        inputs = [PICTURE[:, :, :3, :4], WEIGHT_2D]
        v = [rng.normal(size=x.shape) for x in inputs]

        def f(x, w):
            return ar.tanh(ar.conv2d(x, w, stride=(1, 2), padding=1)).sum()

        def along(x, w):
            of_x, of_w = ar.grad(f, (0, 1))(x, w)
            return (v[0] * of_x).sum() + (v[1] * of_w).sum()

        for i, found in enumerate(ar.grad(along, (0, 1))(*inputs)):
            J = jacobian_by_differences(lambda x, w: along(x, w).data, inputs, i)
            close(found.data.ravel(), J.ravel(), 1e-7)

    def test_float32_stays_float32_and_symbols_have_shapes(self):
        x, w, b = (Tensor(array.astype(np.float32)) for array in (PICTURE, WEIGHT_2D, BIAS))
        y = ar.conv2d(x, w, b, padding=1)
        y.sum().backward()
        assert {y.dtype, x.grad.dtype, w.grad.dtype, b.grad.dtype} == {np.dtype(np.float32)}
        drawn = [ar.symbol(t.shape, "x", np.float32) for t in (x, w, b)]
        shown = ar.conv2d(*drawn, padding=1)
        assert (shown.shape, shown.dtype) == (y.shape, y.dtype)


POOLS = {
    "max": (ar.max_pool1d, ar.max_pool2d, np.max, -np.inf),
    "mean": (ar.mean_pool1d, ar.mean_pool2d, np.mean, 0.0),
}


def analytic_max(window, axis):
    """The element whose real part is the largest: there are no ties in what is tested."""
    flat = window.reshape(*window.shape[:2], -1)
    chosen = np.real(flat).argmax(axis=-1)[..., None]
    return np.take_along_axis(flat, chosen, axis=-1)[..., 0]


@pytest.mark.parametrize("name", POOLS)
class TestPooling:
    @pytest.mark.parametrize(("stride", "padding"), OPTIONS_1D)
    def test_one_dimension(self, name, stride, padding):
        pool, _, reduce, around = POOLS[name]
        reduce = analytic_max if name == "max" else reduce
        check_against(
            lambda x: pool(x, 3, stride, padding),
            lambda x: naive_pool(reduce, x, (3,), stride, padding, around),
            [SEQUENCE],
        )

    @pytest.mark.parametrize(("stride", "padding"), OPTIONS_2D)
    def test_two_dimensions(self, name, stride, padding):
        _, pool, reduce, around = POOLS[name]
        reduce = analytic_max if name == "max" else reduce
        check_against(
            lambda x: pool(x, (3, 4), stride, padding),
            lambda x: naive_pool(reduce, x, (3, 4), stride, padding, around),
            [PICTURE],
        )

    def test_windows_do_not_overlap_unless_told(self, name):
        _, pool, reduce, _ = POOLS[name]
        found = pool(Tensor(PICTURE), (2, 3)).data
        close(found, naive_pool(reduce, PICTURE, (2, 3), (2, 3), (0, 0), 0.0), 1e-14)

    def test_float32_stays_float32(self, name):
        x = Tensor(SEQUENCE.astype(np.float32))
        y = POOLS[name][0](x, 2, padding=1)
        y.sum().backward()
        assert y.dtype == x.grad.dtype == np.float32


def test_equal_ones_share_the_gradient_of_a_window():
    x = Tensor([[[1.0, 1.0, 0.0, 2.0, 2.0, 2.0]]])
    ar.max_pool1d(x, 3).backward([[[1.0, 3.0]]])
    assert x.grad.tolist() == [[[0.5, 0.5, 0.0, 1.0, 1.0, 1.0]]]


@given(st.integers(1, 9), st.integers(1, 4), st.integers(1, 4), st.integers(0, 2))
def test_any_length_window_stride_and_padding(length, size, stride, padding):
    x, w = rng.normal(size=(2, 3, length)), rng.normal(size=(4, 3, size))
    if size > length + 2 * padding:
        with pytest.raises(OperationError, match="does not fit into"):
            ar.conv1d(Tensor(x), w, stride=stride, padding=padding)
        return
    found = ar.conv1d(Tensor(x), w, stride=stride, padding=padding).data
    close(found, naive_convolution(x, w, 0 * BIAS, (stride,), (padding,)), 1e-13)


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (
            lambda: ar.conv1d(Tensor(SEQUENCE), WEIGHT_2D),
            r"conv1d .*\(2, 3, 7\) and \(4, 3, 3, 2\)",
        ),
        (lambda: ar.conv1d(Tensor(SEQUENCE[:, :2]), WEIGHT_1D), r"conv1d .*\(2, 2, 7\)"),
        (lambda: ar.conv2d(Tensor(PICTURE), WEIGHT_2D, stride=(1, 2, 3)), "each of 2 axes"),
        (lambda: ar.conv1d(Tensor(SEQUENCE), WEIGHT_1D, stride=0), "must be positive"),
        (lambda: ar.conv1d(Tensor(SEQUENCE), WEIGHT_1D, padding=-1), "cannot be negative"),
        (lambda: ar.max_pool1d(Tensor(PICTURE), 2), r"max_pool1d .*\(2, 3, 5, 7\)"),
        (lambda: ar.mean_pool2d(Tensor(PICTURE), 6), r"window of \(6, 6\) does not fit"),
        (lambda: ar.max_pool1d(ar.symbol((2, 3, 4), "x"), 5), r"window of \(5,\) does not fit"),
    ],
)
def test_what_does_not_fit_is_refused(attempt, words):
    with pytest.raises(OperationError, match=words):
        attempt()


def test_a_wrong_transpose_is_caught(monkeypatch):
    sound = ar.PRIMITIVES["overlap_add"]

    def forgetful(w, size, stride, shape):
        whole = np.zeros(shape, w.dtype)  # assigns where windows overlap, and adds nothing
        for i, j in np.ndindex(w.shape[-2], w.shape[-1]):
            whole[..., i * stride[0] + j] = w[..., i, j]
        return whole

    monkeypatch.setitem(ar.PRIMITIVES, "overlap_add", replace(sound, kernel=forgetful))
    with pytest.raises(AssertionError):
        TestConvolution().test_one_dimension((1,), (0,))

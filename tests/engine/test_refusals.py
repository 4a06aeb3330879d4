"""What is refused says which operation, which shapes, where, and what to write instead."""

from __future__ import annotations

import re
from fractions import Fraction

import numpy as np
import pytest

import autograd_rnn.engine as ar
from autograd_rnn import GRUCell, unroll
from autograd_rnn.engine import OperationError, Tensor, at

RAGGED = [[1.0, 2.0], [3.0]]
OBJECTS = np.array([Fraction(1, 2), Fraction(1, 3), Fraction(2, 3)])
INTEGERS = np.arange(5)


def leaf() -> Tensor:
    return Tensor(np.ones((2, 3)), name="W")


def in_place(array):
    array += leaf()


def into_an_array():
    np.ones((2, 3))[0] = leaf()[0]


def into_data():
    leaf().data[0] = 1.0


def into_grad():
    x = leaf()
    x.sum().backward()
    x.grad[0] = 1.0


# What is done, the kind of error, and what it must say besides the place: the operation, the
# shapes, and what to write instead.
REFUSED = {
    "an element is set": (
        lambda: leaf().__setitem__(0, 1.0),
        TypeError,
        ["changed in place", "W (2, 3)", "where(mask, new, old)"],
    ),
    "an array is added to": (
        lambda: in_place(np.ones((2, 3))),
        TypeError,
        ["np.add(out=...)", "(2, 3) and W (2, 3)", "write y = f(x)"],
    ),
    "out=": (
        lambda: np.tanh(leaf(), out=np.ones((2, 3))),
        TypeError,
        ["np.tanh(out=...)", "W (2, 3)", "write y = f(x)"],
    ),
    "at": (
        lambda: np.add.at(np.ones(4), [0], leaf()),
        TypeError,
        ["np.add.at", "(4,) and (1,) and W (2, 3)", "write scatter_add"],
    ),
    "reduce": (
        lambda: np.add.reduce(leaf()),
        TypeError,
        ["np.add.reduce", "W (2, 3)", "write sum"],
    ),
    "objects": (
        lambda: leaf() * OBJECTS,
        TypeError,
        ["multiply of W (2, 3) and (3,)", "not object", "pass floats"],
    ),
    "one fraction": (
        lambda: leaf() - Fraction(1, 2),
        TypeError,
        ["subtract of W (2, 3) and a Fraction", "not object", "pass floats"],
    ),
    "nothing": (
        lambda: leaf() + None,
        TypeError,
        ["add of W (2, 3) and a NoneType", "not object", "pass floats"],
    ),
    "ragged rows in an operation": (
        lambda: ar.concatenate([leaf(), RAGGED]),
        TypeError,
        ["concatenate of W (2, 3) and a list", "(2,) + inhomogeneous", "pad them"],
    ),
    "a ragged Tensor": (
        lambda: Tensor(RAGGED),
        TypeError,
        ["rows of different lengths", "(2,) + inhomogeneous", "pad them"],
    ),
    "a Tensor of objects": (
        lambda: Tensor(OBJECTS),
        TypeError,
        ["not object of shape (3,)", "pass floats"],
    ),
    "another shape of data": (
        lambda: setattr(leaf(), "data", np.ones(4)),
        OperationError,
        ["data of shape (4,)", "W (2, 3)", "shapes must match"],
    ),
    "data of what was computed": (
        lambda: setattr(leaf() * 2.0, "data", np.ones((2, 3))),
        OperationError,
        ["multiply (2, 3) at lstm / forget gate / t=3", "make a new Tensor"],
    ),
    "backward from integers": (
        lambda: Tensor(INTEGERS).sum().backward(),
        OperationError,
        ["backward", "sum () at lstm / forget gate / t=3", "Tensor(array of floats)"],
    ),
}
PLACE = "lstm / forget gate / t=3"
# A leaf stands nowhere: these are refused because of the leaf alone.
PLACELESS = {"an element is set", "another shape of data"}


@pytest.mark.parametrize("what", REFUSED)
def test_operation_shapes_place_and_what_to_write(what):
    job, kind, words = REFUSED[what]
    with pytest.raises(kind) as caught, at(cell="lstm", gate="forget gate", t=3):
        job()
    for word in words:
        assert word in str(caught.value)
    assert (PLACE in str(caught.value)) == (what not in PLACELESS)


@pytest.mark.parametrize("job", [into_data, into_grad])
def test_what_a_graph_holds_is_not_written_to(job):
    with pytest.raises(ValueError, match=r"shape \(2, 3\) is read-only.*copy\(\)"):
        job()


def test_a_copy_of_it_is():
    x = leaf()
    copied = x.data.copy()
    copied[0] = 5.0
    assert np.array_equal(copied, [[5.0] * 3, [1.0] * 3])
    assert np.array_equal(x.data, np.ones((2, 3)))


def test_a_tensor_does_not_fill_an_array():
    with pytest.raises(TypeError, match=r"index \(3,\).*write tensor\.data"):
        into_an_array()


@pytest.mark.parametrize(
    "derivative",
    [
        lambda f: ar.grad(lambda x: f(x).sum())(INTEGERS),
        lambda f: ar.vjp(f, INTEGERS),
        lambda f: ar.jvp(f, [INTEGERS], [np.ones(5)]),
        lambda f: ar.jacobian(f)(INTEGERS),
        lambda f: ar.hessian(lambda x: f(x).sum())(INTEGERS),
    ],
)
def test_integer_parameters(derivative):
    words = re.escape("with respect to shape (5,) of int64 data: pass floats")
    with pytest.raises(TypeError, match=words):
        derivative(lambda x: x * x)


def test_a_ragged_batch_is_told_of_lengths():
    cell = GRUCell.init(3, 4, rng=0)
    with pytest.raises(TypeError, match=r"rows of different lengths.*lengths"):
        unroll(cell, [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[7.0, 8.0, 9.0]]])

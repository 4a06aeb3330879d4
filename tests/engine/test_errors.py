"""An error names the operation, the shapes that met, and the place."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_rnn.engine as ar
from autograd_rnn.engine import OperationError, Tensor, at
from autograd_rnn.engine.rules.recurrence import add_n
from autograd_rnn.engine.rules.structure import index

A, B, C = (np.ones(shape) for shape in ((2, 3), (4, 5), (2, 3, 4)))

# What is wrong, the operation that says so, and the shapes it must show.
MISFITS = {
    "add": (lambda: Tensor(A) + Tensor(B), "(2, 3) and (4, 5)"),
    "subtract": (lambda: A - Tensor(B), "(2, 3) and (4, 5)"),
    "multiply": (lambda: Tensor(A) * B, "(2, 3) and (4, 5)"),
    "divide": (lambda: Tensor(A) / Tensor(B), "(2, 3) and (4, 5)"),
    "power": (lambda: Tensor(A) ** Tensor(B), "(2, 3) and (4, 5)"),
    "maximum": (lambda: ar.maximum(Tensor(A), B), "(2, 3) and (4, 5)"),
    "greater": (lambda: ar.greater(Tensor(A), B), "(2, 3) and (4, 5)"),
    "equal": (lambda: ar.equal(Tensor(A), B), "(2, 3) and (4, 5)"),
    "where": (lambda: ar.where(A > 0, Tensor(A), B), "(2, 3) and (2, 3) and (4, 5)"),
    "add_n": (lambda: add_n([Tensor(A), Tensor(A), Tensor(B)]), "(2, 3) and (2, 3) and (4, 5)"),
    "matmul": (lambda: Tensor(A) @ Tensor(B), "(2, 3) and (4, 5)"),
    "sum": (lambda: Tensor(C).sum(axis=3), "(2, 3, 4)"),
    "reshape": (lambda: Tensor(C).reshape(5, -1), "(2, 3, 4)"),
    "transpose": (lambda: Tensor(C).transpose(0, 4, 2), "(2, 3, 4)"),
    "softmax": (lambda: ar.softmax(Tensor(C), axis=-4), "(2, 3, 4)"),
    "log_softmax": (lambda: ar.log_softmax(Tensor(C), axis=3), "(2, 3, 4)"),
    "index": (lambda: Tensor(A)[2], "(2, 3)"),
    "concatenate": (lambda: ar.concatenate([Tensor(A), Tensor(B)], 1), "(2, 3) and (4, 5)"),
    "stack": (lambda: ar.stack([Tensor(A), Tensor(B)]), "(2, 3) and (4, 5)"),
}


@pytest.mark.parametrize("name", MISFITS)
def test_operation_shapes_and_place(name):
    operation, shapes = MISFITS[name]
    with pytest.raises(OperationError) as caught, at(cell="lstm", gate="forget gate", t=3):
        operation()
    message = str(caught.value)
    assert message.startswith(f"{name} does not fit shapes {shapes} at lstm / forget gate / t=3: ")


@pytest.mark.parametrize("name", MISFITS)
def test_symbols_are_refused_in_the_same_words(name):
    operation, _ = MISFITS[name]
    with pytest.raises(OperationError) as of_values:
        operation()
    as_symbol = {"Tensor": lambda data: ar.symbol(np.shape(data), ""), "A": A, "B": B, "C": C}
    rebuilt = type(operation)(operation.__code__, {**globals(), **as_symbol})
    with pytest.raises(OperationError) as of_symbols:
        rebuilt()
    assert str(of_symbols.value) == str(of_values.value)


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (lambda x: x @ Tensor(2.0), r"matmul does not fit shapes \(2, 3\) and \(\)"),
        (lambda x: x.sum(axis=(0, 0)), r"sum .*\(2, 3\).*(duplicate|repeated)"),
        (lambda x: x.mean(axis=2), r"mean .*\(2, 3\).*axis 2 is out of bounds"),
        (lambda x: x.transpose(0, 0), r"transpose .*\(2, 3\).*(duplicate|repeated)"),
        (lambda x: x.transpose(0), r"transpose .*\(2, 3\).*1 axes are given for 2"),
        (lambda x: x.reshape(-1, -1), r"reshape .*\(2, 3\).*6 elements do not fill"),
        (lambda x: x.reshape(-2, -3), r"reshape .*\(2, 3\).*6 elements do not fill"),
        (lambda x: ar.softmax(x.sum()), r"softmax .*\(\).*axis -1 is out of bounds"),
        (lambda x: ar.concatenate([x.sum()]), r"concatenate .*\(\).*axis 0 is out of bounds"),
        (lambda x: ar.concatenate([]), "concatenate needs at least one array"),
        (lambda x: ar.stack([]), "stack needs at least one array"),
        (lambda x: ar.stack([x], axis=3), r"stack .*\(2, 3\).*axis 3 is out of bounds"),
        (lambda x: x[0, 0, 0], r"index .*\(2, 3\).*too many indices"),
        (lambda x: x[[0, 2]], r"index .*\(2, 3\).*index 2 is out of bounds"),
        (lambda x: x[np.ones((2, 2), bool)], r"index .*\(2, 3\).*boolean"),
    ],
)
def test_edges(operation, words):
    with pytest.raises(OperationError, match=words):
        operation(Tensor(A))


@pytest.mark.parametrize("key", [1.5, "x", (0, 1.0), [0.5], Tensor([0.5]), [["a"]], object()])
def test_an_index_that_is_none_is_refused(key):
    with pytest.raises(TypeError, match="an index"):
        index(Tensor(A), key)


def test_names_stand_in_the_message():
    x, W = Tensor(A, name="x"), Tensor(B, name="W")
    with pytest.raises(
        OperationError, match=r"shapes x \(2, 3\) and W \(4, 5\): inner sizes 3 and 5"
    ):
        x @ W.T


def test_outside_of_any_place_the_message_has_none():
    with pytest.raises(OperationError, match=r"\(2, 3\) and \(4, 5\): "):
        Tensor(A) + Tensor(B)


def test_an_operation_error_is_a_value_error():
    assert issubclass(OperationError, ValueError)


def test_a_misfit_in_a_cell_is_found_at_its_gate_and_step():
    from autograd_rnn import LSTMCell

    cell = LSTMCell.init(inputs=3, hidden=4, rng=0)
    with pytest.raises(OperationError) as caught, at(cell="lstm", t=2):
        cell(np.ones((2, 7)), cell.initial_state(2))
    assert "W_i (4, 7) at lstm / input gate / t=2" in str(caught.value)

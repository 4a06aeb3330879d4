"""A user's own operations, stop_gradient, and copies that are independent."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest

import autograd_rnn.engine as ar
from autograd_rnn.cells import LSTMCell
from autograd_rnn.engine import PRIMITIVES, Graph, OperationError, Tensor, operation, symbol
from tests.engine.numerics import close

rng = np.random.default_rng(31)
A, B = rng.normal(size=(2, 3)), rng.normal(size=3)


@pytest.fixture(autouse=True)
def the_table_as_it_was():
    before = dict(PRIMITIVES)
    yield
    PRIMITIVES.clear()
    PRIMITIVES.update(before)


def witch_operation():
    @operation(
        vjp=lambda g, y, x: -2.0 * g * x * y * y,
        jvp=lambda dx, y, x: -2.0 * dx * x * y * y,
    )
    def witch(x):
        return 1.0 / (1.0 + x * x)

    return witch


def mix_operation():
    @operation(
        vjp=(
            lambda g, y, a, b, share: share * g,
            lambda g, y, a, b, share: 2.0 * (1.0 - share) * g * b,
        ),
        jvp=(
            lambda da, y, a, b, share: share * da,
            lambda db, y, a, b, share: 2.0 * (1.0 - share) * db * b,
        ),
        latex=r"\mathrm{{mix}}({0}, {1})",
    )
    def mix(a, b, *, share=0.25):
        return share * a + (1.0 - share) * b * b

    return mix


class TestOperation:
    def test_it_computes_on_arrays_and_records_on_tensors(self):
        witch = witch_operation()
        assert isinstance(witch(A), np.ndarray)
        y = witch(Tensor(A))
        assert y.node.op == "witch"
        assert np.array_equal(y.data, 1.0 / (1.0 + A * A))

    def test_it_is_differentiated_to_any_order(self):
        witch = witch_operation()
        for x in (0.3, -1.7):
            d1 = -2 * x / (1 + x * x) ** 2
            d2 = (6 * x * x - 2) / (1 + x * x) ** 3
            d3 = 24 * x * (1 - x * x) / (1 + x * x) ** 4
            first = ar.grad(witch)
            second, third = ar.grad(first), ar.grad(ar.grad(first))
            close([float(first(x)), float(second(x)), float(third(x))], [d1, d2, d3], 1e-13)
            close(ar.jvp(ar.grad(witch), [x], [1.0])[1].data, d2, 1e-13)

    def test_inputs_attributes_and_broadcasting(self):
        mix = mix_operation()
        a, b = ar.grad(lambda a, b: mix(a, b, share=0.75).sum(), (0, 1))(A, B)
        close(a.data, np.full((2, 3), 0.75), 1e-15)
        close(b.data, 2 * 0.5 * B, 1e-15)
        assert mix(Tensor(A), B).node.attrs == {"share": 0.25}

    def test_it_stands_in_errors_and_in_symbols(self):
        mix = mix_operation()
        with pytest.raises(OperationError, match=r"mix does not fit shapes \(2, 3\) and \(4,\)"):
            mix(Tensor(A), Tensor(np.ones(4)))
        y = mix(symbol((2, 3), "a"), symbol((3,), "b"))
        assert (y.shape, y.dtype) == ((2, 3), float)

    def test_latex(self):
        witch_operation()
        mix_operation()
        assert PRIMITIVES["mix"].latex.format("a", "b") == r"\mathrm{mix}(a, b)"
        assert PRIMITIVES["witch"].latex.format(args="x") == r"\operatorname{witch}(x)"

    def test_an_underscore_is_escaped(self):
        @operation(vjp=lambda g, y, x: g, jvp=lambda dx, y, x: dx)
        def same_again(x):
            return x

        assert PRIMITIVES["same_again"].latex.format(args="x") == r"\operatorname{same\_again}(x)"

    def test_a_name_that_is_taken_is_refused(self):
        with pytest.raises(ValueError, match="an operation tanh already"):

            @operation(vjp=lambda g, y, x: g, jvp=lambda dx, y, x: dx)
            def tanh(x):
                return x

        witch_operation()
        with pytest.raises(ValueError, match="an operation witch already"):
            witch_operation()

    def test_a_module_may_be_run_again(self):
        code = (
            "from autograd_rnn.engine import operation\n"
            "@operation(vjp=lambda g, y, x: FACTOR * g, jvp=lambda dx, y, x: FACTOR * dx)\n"
            "def scaled(x):\n    return FACTOR * x\n"
        )
        for factor in (2.0, 3.0):
            module = {"__name__": "a_notebook", "FACTOR": factor}
            exec(code, module)  # as running a notebook's cell does
            assert float(ar.grad(module["scaled"])(1.0)) == factor

    def test_too_many_arguments_are_told_as_python_tells_them(self):
        witch = witch_operation()
        with pytest.raises(TypeError, match="too many positional arguments"):
            witch(1.0, 2.0)


class TestStopGradient:
    def test_no_gradient_passes(self):
        stop = ar.stop_gradient
        assert float(ar.grad(lambda x: x * stop(x))(3.0)) == 3.0
        assert float(ar.jvp(lambda x: x * stop(x), [3.0], [1.0])[1]) == 3.0
        assert ar.grad(lambda x: stop(x) * 2.0)(3.0) is None
        assert ar.jvp(lambda x: stop(x) * 2.0, [3.0], [1.0])[1] is None

    def test_backward_leaves_none(self):
        x, y = Tensor(3.0), Tensor(2.0)
        (ar.stop_gradient(x) * y).backward()
        assert (x.grad, y.grad) == (None, 3.0)

    def test_the_second_derivative_stops_too(self):
        f = lambda x: x * x * ar.stop_gradient(x)  # noqa: E731
        assert float(ar.grad(ar.grad(f))(3.0)) == 6.0

    def test_it_stands_in_the_graph_and_is_evaluated_again(self):
        x = Tensor(3.0)
        y = ar.stop_gradient(x) * 2.0
        assert float(Graph(y).evaluate({x: np.array(5.0)})[y.node]) == 10.0

    def test_a_tree(self):
        cell = LSTMCell.init(inputs=2, hidden=3, rng=0)
        stopped = ar.stop_gradient(cell)
        assert type(stopped) is LSTMCell
        assert not any(p.node.needs_grad for p in stopped.parameters.values())
        assert np.array_equal(stopped.W_f.data, cell.W_f.data)

    def test_a_symbol_keeps_its_type(self):
        y = ar.stop_gradient(symbol((2, 3), "x", dtype=np.float32))
        assert (y.shape, y.dtype) == ((2, 3), np.float32)

    def test_comparisons_of_symbols_are_masks(self):
        assert ar.greater(symbol((2, 3), "x"), symbol((3,), "y")).dtype == bool


class TestDeepCopy:
    def test_a_leaf(self):
        x = Tensor(A, name="x")
        (x * x).sum().backward()
        y = copy.deepcopy(x)
        assert (y.name, y.dtype, y.node.primitive) == ("x", float, None)
        assert np.array_equal(y.data, x.data)
        assert np.array_equal(y.grad, x.grad)
        (y * 3.0).sum().backward()
        y.data -= 1.0
        assert np.array_equal(x.data, A)
        assert np.array_equal(x.grad, 2 * A)
        assert np.array_equal(y.grad, 2 * A + 3.0)

    def test_what_was_computed_becomes_a_leaf(self):
        x = Tensor(A)
        h = ar.tanh(x)
        copied = copy.deepcopy(h)
        assert copied.node.primitive is None
        (copied * copied).sum().backward()
        assert x.grad is None
        close(copied.grad, 2 * np.tanh(A), 1e-15)

    def test_a_value_and_a_symbol(self):
        v = copy.deepcopy(ar.Value(2.0, name="v"))
        assert (type(v), v.data, v.name, v.grad) == (ar.Value, 2.0, "v", 0.0)
        assert copy.deepcopy(symbol((2, 3), "s")).shape == (2, 3)

    def test_a_constant_and_a_mask_stay_what_they_are(self):
        mask = copy.deepcopy(ar.greater(Tensor(A), 0.0))
        assert (mask.dtype, mask.node.needs_grad) == (bool, False)
        assert not copy.deepcopy(ar.stop_gradient(Tensor(A))).node.needs_grad

    def test_a_cell(self):
        cell = LSTMCell.init(inputs=2, hidden=3, rng=0)
        copied = copy.deepcopy(cell)
        copied.W_f.data += 1.0
        state = copied(np.ones((2, 2)), copied.initial_state(2))
        state[0].sum().backward()
        assert all(p.grad is None for p in cell.parameters.values())
        assert np.array_equal(copied.W_f.data, cell.W_f.data + 1.0)
        assert copied.W_i.grad.shape == (3, 5)

    def test_tied_weights_stay_tied(self):
        w = Tensor(rng.normal(size=(3, 5)), name="W")
        cell = replace(LSTMCell.init(inputs=2, hidden=3, rng=0), W_f=w, W_i=Tensor.of(w.node))
        copied = copy.deepcopy(cell)
        assert copied.W_f.node is copied.W_i.node
        assert copied.W_f.node is not w.node

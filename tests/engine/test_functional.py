"""grad, value_and_grad, jvp: functions of functions, nested, on trees, and never confused."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest

import autograd_rnn.engine as ar
from autograd_rnn.cells import GRUCell, LSTMCell, RNNCell
from autograd_rnn.engine import Graph, OperationError, Tensor, grad, jvp, value_and_grad
from autograd_rnn.sequence import unroll
from tests.engine.numerics import close

rng = np.random.default_rng(21)
A, v = rng.normal(size=(3, 4)), rng.normal(size=3)


class TestTrees:
    def test_numbers_arrays_and_tensors(self):
        for x in (3.0, 3, np.float64(3.0), np.array(3.0), Tensor(3.0), True * 3):
            assert float(grad(lambda x: x * x)(x)) == 6.0

    def test_a_dict(self):
        p = {"W": A, "b": v}
        g = grad(lambda p: (p["W"].sum(axis=1) * p["b"]).sum())(p)
        assert list(g) == ["W", "b"]
        close(g["W"].data, np.outer(v, np.ones(4)), 1e-15)
        close(g["b"].data, A.sum(axis=1), 1e-15)

    def test_lists_in_tuples_in_dicts(self):
        class Pair(NamedTuple):
            left: object
            right: object

        tree = {"layers": [(2.0, 3.0), Pair(5.0, [7.0])]}

        def product(tree):
            (a, b), pair = tree["layers"]
            return a * b * pair.left * pair.right[0]

        g = grad(product)(tree)
        assert isinstance(g["layers"][1], Pair)
        assert isinstance(g["layers"][0], tuple)
        found = [*g["layers"][0], g["layers"][1].left, g["layers"][1].right[0]]
        assert [float(x) for x in found] == [105.0, 70.0, 42.0, 30.0]

    @pytest.mark.parametrize("kind", [RNNCell, LSTMCell, GRUCell])
    def test_a_cell(self, kind):
        cell = kind.init(inputs=3, hidden=4, rng=0)
        xs, w = rng.normal(size=(2, 5, 3)), rng.normal(size=(2, 4))
        y, g = value_and_grad(lambda cell: (unroll(cell, xs).outputs[-1] * w).sum())(cell)
        assert type(g) is kind
        (unroll(cell, xs).outputs[-1] * w).sum().backward()
        for name, p in cell.parameters.items():
            assert np.array_equal(getattr(g, name).data, p.grad)
        assert y.shape == ()

    def test_an_activation_is_no_parameter(self):
        cell = RNNCell.init(inputs=3, hidden=4, rng=0, activation="relu")
        g = grad(lambda cell: unroll(cell, np.ones((2, 5, 3))).stacked.sum())(cell)
        assert g.activation == "relu"

    def test_none_where_nothing_depends(self):
        g = grad(lambda p: p["used"] * 2.0)({"used": 1.0, "unused": 1.0})
        assert (float(g["used"]), g["unused"]) == (2.0, None)
        cell = RNNCell.init(inputs=3, hidden=4, rng=0)
        g = grad(lambda cell: (cell.W * cell.W).sum())(cell)
        assert g.b is None
        assert g.W.shape == (4, 7)

    def test_several_arguments(self):
        f = lambda a, b, c: a * b * b + c  # noqa: E731
        assert float(grad(f)(2.0, 3.0, 5.0)) == 9.0
        assert float(grad(f, 1)(2.0, 3.0, 5.0)) == 12.0
        both = grad(f, (1, 0))(2.0, 3.0, 5.0)
        assert [float(g) for g in both] == [12.0, 9.0]

    def test_options_are_passed_on(self):
        assert float(grad(lambda x, *, power: x**power)(2.0, power=3)) == 12.0


class TestConfusion:
    """Each derivative is of its own argument, whatever else holds the same Tensor."""

    def test_an_inner_derivative_does_not_see_the_outer_variable(self):
        assert float(grad(lambda x: x * grad(lambda y: x + y)(x))(1.0)) == 1.0
        assert float(grad(lambda x: x * grad(lambda y: x * y)(x))(3.0)) == 6.0

    def test_nor_does_forward_mode(self):
        def inner(x):
            return jvp(lambda y: x + y, [x], [1.0])[1]

        assert float(jvp(lambda x: x * inner(x), [1.0], [1.0])[1]) == 1.0
        assert float(grad(lambda x: x * inner(x))(1.0)) == 1.0

    def test_the_same_tensor_in_two_arguments(self):
        x = Tensor([2.0, 3.0])
        first, second = grad(lambda a, b: (a * a * b).sum(), (0, 1))(x, x)
        assert first.data.tolist() == [8.0, 18.0]
        assert second.data.tolist() == [4.0, 9.0]
        _, moved = jvp(lambda a, b: (a * a * b).sum(), [x, x], [np.ones(2), np.zeros(2)])
        assert float(moved) == 26.0

    def test_the_same_tensor_in_a_closure(self):
        x = Tensor([2.0, 3.0])
        assert grad(lambda a: (a * x).sum())(x).data.tolist() == [2.0, 3.0]

    def test_a_name_given_inside(self):
        assert float(grad(lambda x: x.named("x") * x)(3.0)) == 6.0

    def test_the_caller_keeps_its_tensors_and_gradients(self):
        x = Tensor([2.0, 3.0], name="x")
        node = x.node
        grad(lambda a: (a * a).sum())(x)
        assert x.node is node
        assert x.grad is None

    def test_a_gradient_of_a_computed_tensor_leads_on_to_what_it_was_computed_from(self):
        x = Tensor(0.5)
        g = grad(lambda a: a * a * a)(ar.exp(x))  # 3 exp(2x)
        g.backward()
        assert x.grad == pytest.approx(6 * math.exp(1.0), rel=1e-14)


class TestNesting:
    def test_to_the_third_order(self):
        f = lambda x: ar.tanh(x) * ar.exp(x)  # noqa: E731
        x = 0.4
        t, e = math.tanh(x), math.exp(x)
        d1 = 1 - t * t
        d2 = -2 * t * d1
        d3 = -2 * d1 * d1 - 2 * t * d2
        assert float(grad(f)(x)) == pytest.approx((t + d1) * e, rel=1e-13)
        assert float(grad(grad(f))(x)) == pytest.approx((t + 2 * d1 + d2) * e, rel=1e-13)
        third = (t + 3 * d1 + 3 * d2 + d3) * e
        assert float(grad(grad(grad(f)))(x)) == pytest.approx(third, rel=1e-12)

    def test_polynomials_at_zero(self):
        derivative, found = (lambda x: x**4 + 2 * x**2), []
        for _ in range(4):
            derivative = grad(derivative)
            found.append(float(derivative(0.0)))
        assert found == [0.0, 4.0, 0.0, 24.0]

    def test_forward_over_backward_is_backward_over_forward(self):
        W, dx = rng.normal(size=(4, 4)), rng.normal(size=4)
        x = rng.normal(size=4)

        def f(x):
            return (ar.softmax(ar.tanh(x @ W)) * ar.sigmoid(x)).sum()

        hessian_times = jvp(grad(f), [x], [dx])[1]
        again = grad(lambda x: jvp(f, [x], [dx])[1])(x)
        third_way = grad(lambda x: (grad(f)(x) * dx).sum())(x)
        twice_forward = jvp(lambda x: jvp(f, [x], [dx])[1], [x], [dx])[1]
        close(hessian_times.data, again.data, 1e-13)
        close(hessian_times.data, third_way.data, 1e-13)
        close(twice_forward.data, hessian_times.data @ dx, 1e-13)
        step = 1e-5
        difference = (grad(f)(x + step * dx).data - grad(f)(x - step * dx).data) / (2 * step)
        close(hessian_times.data, difference, 1e-8)

    def test_second_order_through_time(self):
        cell = LSTMCell.init(inputs=2, hidden=3, rng=1)
        xs, w = rng.normal(size=(2, 4, 2)), rng.normal(size=(2, 4, 3))
        direction = rng.normal(size=(3, 5))

        def loss(W):
            held = {**cell.parameters, "W_f": W}
            return (unroll(LSTMCell(**held), xs).stacked * w).sum()

        W = np.asarray(cell.W_f.data)
        found = grad(lambda W: (grad(loss)(W) * direction).sum())(W)
        step = 1e-5
        moved = [grad(loss)(W + s * step * direction).data for s in (1, -1)]
        close(found.data, (moved[0] - moved[1]) / (2 * step), 1e-8)
        close(jvp(grad(loss), [W], [direction])[1].data, found.data, 1e-12)


class TestJvp:
    def test_it_keeps_float32(self):
        x = np.ones(3, np.float32)
        y, dy = jvp(lambda x: ar.tanh(x) * 2.0, [x], [np.ones(3)])
        assert (y.dtype, dy.dtype) == (np.float32, np.float32)

    def test_none_where_nothing_moves(self):
        y, dy = jvp(lambda x: Tensor(2.0) * 3.0, [1.0], [1.0])
        assert (float(y), dy) == (6.0, None)

    def test_a_broadcast_tangent_has_the_values_shape(self):
        _, dy = jvp(lambda a: a + np.zeros((2, 3)), [np.ones(3)], [np.array([1.0, 2.0, 3.0])])
        assert dy.data.tolist() == [[1.0, 2.0, 3.0]] * 2

    def test_a_tangent_of_another_shape_is_refused(self):
        with pytest.raises(OperationError, match=r"tangent 0 has shape \(2,\), its primal \(3,\)"):
            jvp(lambda x: x, [np.ones(3)], [np.ones(2)])

    def test_one_tangent_a_primal(self):
        with pytest.raises(ValueError, match="0 are given for 1 primals"):
            jvp(lambda x: x, [1.0], [])


class TestRefusals:
    def test_integers(self):
        with pytest.raises(TypeError, match=r"int64 data: pass floats"):
            grad(lambda x: x.sum())(np.array([1, 2]))

    def test_no_tensor(self):
        with pytest.raises(TypeError, match="returned float: return a scalar Tensor"):
            grad(lambda x: 3.0)(1.0)

    def test_no_scalar(self):
        with pytest.raises(TypeError, match=r"returned shape \(2,\): reduce it .*\.sum\(\)"):
            grad(lambda x: x * 2)(np.ones(2))

    def test_it_names_the_function(self):
        def my_loss(x):
            return 3.0

        with pytest.raises(TypeError, match="my_loss returned float"):
            grad(my_loss)(1.0)


class TestTheRecord:
    def test_the_seed_is_a_constant(self):
        g = grad(lambda x: (x * 2.0).sum())(np.ones(3))
        assert not any(node.op == "variable" for node in Graph(g))

    def test_gradients_are_graphs_over_the_arguments(self):
        x = Tensor(np.ones(3), name="x")
        g = grad(lambda x: (x * x).sum())(x)
        assert x.node in Graph(g).ids
        assert {node.phase for node in Graph(g)} == {"forward", "backward"}

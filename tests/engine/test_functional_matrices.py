"""vjp, jacobian, hessian, hvp: their laws, their trees, and HIPS autograd's numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_rnn.engine as ar
from autograd_rnn.cells import GRUCell, LSTMCell, RNNCell
from autograd_rnn.engine import PRIMITIVES, Graph, OperationError, Tensor
from autograd_rnn.sequence import unroll
from tests.engine.numerics import close, jacobian_by_complex_step, jacobian_by_differences
from tests.engine.test_hips import INPUTS, Program, inputs_of, programs

rng = np.random.default_rng(51)
X, W, V = rng.normal(size=(2, 3)), rng.normal(size=(3, 5)), rng.normal(size=(5, 4))


def layers(ns, x, W, V):
    return ns.tanh(ns.tanh(x @ W) @ V)


def ours(x):
    return layers(ar, x, W, V)


class TestVjp:
    def test_the_value_and_the_rows(self):
        y, pull = ar.vjp(ours, X)
        close(y.data, layers(np, X, W, V), 1e-15)
        J = jacobian_by_complex_step(lambda x: layers(np, x, W, V), [X], 0)
        for _ in range(2):  # the same walk serves any number of cotangents
            g = rng.normal(size=y.shape)
            close(pull(g)[0].data.ravel(), J.T @ g.ravel(), 1e-13)

    def test_one_cotangent_a_primal_and_none_where_nothing_depends(self):
        y, pull = ar.vjp(lambda a, b, p: {"ab": a * b, "a": a}, 2.0, 3.0, {"w": 5.0})
        a, b, p = pull({"ab": 1.0, "a": 10.0})
        assert (float(a), float(b), p) == (13.0, 2.0, {"w": None})
        assert sorted(y) == ["a", "ab"]

    def test_a_tensor_returned_twice(self):
        def twice(x):
            y = x * x
            return y, y

        _, pull = ar.vjp(twice, 3.0)
        assert float(pull((1.0, 10.0))[0]) == 66.0

    def test_it_nests(self):
        second = ar.grad(lambda x: ar.vjp(lambda x: x * x * x, x)[1](1.0)[0])(2.0)
        assert float(second) == 12.0

    def test_refusals(self):
        _, pull = ar.vjp(ours, X)
        with pytest.raises(OperationError, match=r"cotangent 0 has shape \(4,\), its value \(2, 4"):
            pull(np.ones(4))
        with pytest.raises(ValueError, match="2 are given for 1 values"):
            pull([np.ones((2, 4)), np.ones((2, 4))])
        with pytest.raises(TypeError, match="returned float: return Tensors"):
            ar.vjp(lambda x: 1.0, X)


class TestJvpOfTrees:
    def test_a_cell_moves_along_a_cell(self):
        cell, v = (LSTMCell.init(inputs=3, hidden=4, rng=seed) for seed in (0, 1))
        w = rng.normal(size=(2, 4))

        def step(cell):
            return dict(zip("hc", cell(X, cell.initial_state(2)), strict=True))

        _, moved = ar.jvp(step, [cell], [v])
        g = ar.grad(lambda cell: (step(cell)["c"] * w).sum())(cell)
        pairs = [(getattr(g, name), p) for name, p in v.parameters.items()]
        right = sum(np.vdot(dp.data, p.data) for dp, p in pairs if dp is not None)
        close(np.vdot(w, moved["c"].data), right, 1e-13)

    def test_none_where_nothing_moves_and_where_nothing_is(self):
        _, moved = ar.jvp(lambda p: (p["a"] * 2.0, Tensor(1.0), None), [{"a": 1.0}], [{"a": 3.0}])
        assert (float(moved[0]), moved[1:]) == (6.0, (None, None))


class TestJacobian:
    @pytest.mark.parametrize("mode", [None, "reverse", "forward"])
    def test_against_the_complex_step(self, mode):
        for argnum, x in enumerate((X, W, V)):
            J = ar.jacobian(lambda *xs: layers(ar, *xs), argnum, mode)(X, W, V)
            assert J.shape == (2, 4, *x.shape)
            right = jacobian_by_complex_step(lambda *xs: layers(np, *xs), [X, W, V], argnum)
            close(J.data.reshape(8, -1), right, 1e-13)

    def test_it_takes_the_fewer_walks(self, monkeypatch):
        walked = []
        for mode, walk in ar_walks().items():

            def counted(outputs, leaves, mode=mode, walk=walk):
                walked.append(mode)
                return walk(outputs, leaves)

            monkeypatch.setitem(ar_walks(), mode, counted)
        ar.jacobian(lambda x: x.sum(axis=0))(X)
        ar.jacobian(lambda x: ar.stack([x, x]))(X)
        ar.jacobian(lambda x: x.sum(axis=0), mode="forward")(X)
        assert walked == ["reverse", "forward", "forward"]

    @pytest.mark.parametrize("mode", ["reverse", "forward"])
    def test_trees(self, mode):
        def f(p):
            return {"h": ar.tanh(p["x"] @ p["W"]), "s": (p["x"].sum(),)}

        J = ar.jacobian(f, mode=mode)({"x": X, "W": W})
        assert J["h"]["W"].shape == (2, 5, 3, 5)
        assert J["s"][0]["x"].data.tolist() == np.ones((2, 3)).tolist()
        assert J["s"][0]["W"].data.tolist() == np.zeros((3, 5)).tolist()
        right = jacobian_by_complex_step(lambda x: np.tanh(x @ W), [X], 0)
        close(J["h"]["x"].data.reshape(10, 6), right, 1e-13)

    def test_of_a_cell_it_is_a_dict_by_parameter(self):
        cell = RNNCell.init(inputs=3, hidden=4, rng=0)
        J = ar.jacobian(lambda cell: cell(X, cell.initial_state(2))[0])(cell)
        assert list(J) == ["W", "b"]
        assert (J["W"].shape, J["b"].shape) == ((2, 4, 4, 7), (2, 4, 4))

    def test_a_column_of_a_matrix_and_a_scalar(self):
        assert ar.jacobian(lambda x: x * x)(3.0).data == 6.0
        assert (
            ar.jacobian(lambda x: Tensor(1.0) * 2.0)(X).data.tolist() == np.zeros((2, 3)).tolist()
        )

    def test_arguments_count_from_the_end_too(self):
        J = ar.jacobian(lambda x, W: x @ W, argnum=-1)(X, W)
        assert J.shape == (2, 5, 3, 5)

    def test_it_can_be_differentiated(self):
        third = ar.jacobian(ar.jacobian(ar.jacobian(lambda x: x * x * x)))(np.array([2.0, 3.0]))
        right = np.zeros((2, 2, 2, 2))
        right[0, 0, 0, 0] = right[1, 1, 1, 1] = 6.0
        assert np.array_equal(third.data, right)

    def test_refusals(self):
        with pytest.raises(ValueError, match="no 'backward' mode: choose from reverse, forward"):
            ar.jacobian(ours, mode="backward")
        with pytest.raises(TypeError, match="int64 data: pass floats"):
            ar.jacobian(ours)(np.ones((2, 3), int))


def ar_walks():
    from autograd_rnn.engine.jacobian import WALKS

    return WALKS


class TestHessian:
    def loss(self, x):
        return (ar.softmax(ours(x)) * np.arange(8.0).reshape(2, 4)).sum()

    def test_against_differences_of_the_gradient(self):
        H = ar.hessian(self.loss)(X)
        assert H.shape == (2, 3, 2, 3)
        right = jacobian_by_differences(lambda x: ar.grad(self.loss)(x).data, [X], 0)
        close(H.data.reshape(6, 6), right, 1e-8)
        close(H.data, H.data.transpose(2, 3, 0, 1), 1e-13)

    def test_of_a_linear_function_it_is_zero(self):
        assert ar.hessian(lambda x: x.sum())(X).data.tolist() == np.zeros((2, 3, 2, 3)).tolist()
        assert ar.hvp(lambda x: x.sum(), X, X).data.tolist() == np.zeros((2, 3)).tolist()
        blocks = ar.hessian(lambda p: p["a"] * p["a"])({"a": 1.0, "b": X})
        assert blocks["b"]["b"].shape == (2, 3, 2, 3)
        assert (float(blocks["a"]["a"]), blocks["a"]["b"].data.any()) == (2.0, False)

    @pytest.mark.parametrize("kind", [RNNCell, LSTMCell, GRUCell])
    def test_of_a_cell_through_time_times_a_cell(self, kind):
        cell, v = (kind.init(inputs=2, hidden=3, rng=seed) for seed in (0, 1))
        xs, w = rng.normal(size=(5, 4, 2)), rng.normal(size=(5, 4, 3))

        def loss(cell):
            return (unroll(cell, xs).stacked * w).sum()

        product, H = ar.hvp(loss, cell, v), ar.hessian(loss)(cell)
        assert type(product) is kind
        for name, p in product.parameters.items():
            parts = [
                np.tensordot(H[name][other].data, q.data, q.ndim)
                for other, q in v.parameters.items()
            ]
            close(p.data, sum(parts), 1e-12)
        weight = next(iter(cell.parameters))
        close(H[weight][weight].data, H[weight][weight].data.transpose(2, 3, 0, 1), 1e-12)

    def test_it_does_not_confuse_an_enclosing_derivative(self):
        f = lambda x: x * ar.hvp(lambda y: x * y * y, x, 1.0)  # noqa: E731
        assert float(f(Tensor(3.0))) == 18.0
        assert float(ar.grad(f)(3.0)) == 12.0


# --- laws ----------------------------------------------------------------------------------------

seeds = st.integers(0, 100)


def summed(program):
    """Five inputs to a (2, 3): what the random programs make before they add it up."""
    return lambda *xs: program(ar, *xs) * xs[0]


def same(a, b, tolerance=1e-11):
    for found, expected in zip(a, b, strict=True):
        assert (found is None) == (expected is None)
        if found is not None:
            close(np.asarray(found.data), np.asarray(expected.data), tolerance)


class TestLaws:
    @given(programs, seeds, st.floats(-3.0, 3.0), st.floats(-3.0, 3.0))
    def test_a_vjp_is_linear(self, program, seed, a, b):
        y, pull = ar.vjp(summed(program), *inputs_of(seed))
        g, h = (np.random.default_rng(seed + k).normal(size=y.shape) for k in (1, 2))
        apart = zip(pull(g), pull(h), strict=True)
        same(pull(a * g + b * h), [None if p is None else a * p + b * q for p, q in apart])

    @given(programs, seeds)
    def test_the_inner_product_identity(self, program, seed):
        inputs, moves = inputs_of(seed), inputs_of(seed + 1)
        y, pull = ar.vjp(summed(program), *inputs)
        _, dy = ar.jvp(summed(program), inputs, moves)
        g = np.random.default_rng(seed).normal(size=y.shape)
        pulled = pull(g)
        reached = [(p, dx) for p, dx in zip(pulled, moves, strict=True) if p is not None]
        right = sum(np.vdot(p.data, dx) for p, dx in reached)
        close(np.vdot(g, dy.data), right, 1e-11)

    @given(programs, seeds)
    def test_second_derivatives_are_symmetric(self, program, seed):
        x, u, v = (inputs_of(seed + k)[0] for k in range(3))
        others = inputs_of(seed)[1:]

        def f(a):
            return program(ar, a, *others)

        uHv, vHu = np.vdot(u, ar.hvp(f, x, v).data), np.vdot(v, ar.hvp(f, x, u).data)
        close(uHv, vHu, 1e-10)

    @given(programs, seeds)
    def test_the_order_of_evaluation_does_not_matter(self, program, seed):
        """Terms written in another order: another graph, the same gradients."""
        inputs = inputs_of(seed)
        every = range(len(INPUTS))

        def one(*xs):
            first = program(ar, *xs)
            return first + ar.tanh(first) * Program(program.steps[:1])(ar, *xs)

        def other(*xs):
            second = Program(program.steps[:1])(ar, *xs)
            first = program(ar, *xs)
            return second * ar.tanh(first) + first

        same(ar.grad(one, every)(*inputs), ar.grad(other, every)(*inputs))

    @given(programs, seeds)
    def test_numbering_is_deterministic(self, program, seed):
        def numbered():
            gradients = ar.grad(lambda *xs: program(ar, *xs), range(5))(*inputs_of(seed))
            graph = Graph(*(g for g in gradients if g is not None))
            return [(n.op, n.shape, [graph.ids[below] for below in n.inputs]) for n in graph]

        assert numbered() == numbered()

    def test_an_unsymmetric_second_derivative_is_caught(self, monkeypatch):
        def f(x):
            return (x[0] * x[0] * x[1]).sum()

        x, u, v = (rng.normal(size=2) for _ in range(3))
        close(u @ ar.hvp(f, x, v).data, v @ ar.hvp(f, x, u).data, 1e-12)
        stopped = (lambda g, y, a, b: g * ar.stop_gradient(b), PRIMITIVES["multiply"].vjp[1])
        monkeypatch.setitem(PRIMITIVES, "multiply", replace(PRIMITIVES["multiply"], vjp=stopped))
        with pytest.raises(AssertionError):
            close(u @ ar.hvp(f, x, v).data, v @ ar.hvp(f, x, u).data, 1e-12)


# --- against HIPS autograd -----------------------------------------------------------------------


def recurrent(ns, U):
    xs = np.linspace(-1.0, 1.0, 8).reshape(4, 2, 1) * np.array([1.0, 0.5, -0.7])
    h = np.zeros((2, 5))
    for x in xs:
        h = ns.tanh(ns.concatenate([h, x], axis=1) @ U)
    return h


def attention(ns, x):
    scores = ns.exp(x @ x.T)
    return scores / ns.sum(scores, axis=1, keepdims=True) @ x


NETWORKS = {
    "layers": (lambda ns, x: layers(ns, x, W, V), X),
    "recurrent": (recurrent, rng.normal(size=(8, 5)) / 3),
    "attention": (attention, X),
}
networks = pytest.mark.parametrize(("f", "x"), NETWORKS.values(), ids=list(NETWORKS))


class TestHips:
    """Small networks: a layer of layers, a recurrent network unrolled by hand, a softmax loss."""

    hips = pytest.importorskip("autograd", reason="HIPS autograd is not installed")
    numpy = pytest.importorskip("autograd.numpy", reason="HIPS autograd is not installed")

    @networks
    def test_jacobian_and_vjp(self, f, x):
        theirs = self.hips.jacobian(lambda x: f(self.numpy, x))(x)
        for mode in ("reverse", "forward"):
            close(ar.jacobian(lambda x: f(ar, x), mode=mode)(x).data, theirs, 1e-12)
        y, pull = ar.vjp(lambda x: f(ar, x), x)
        g = rng.normal(size=y.shape)
        their_pull, their_y = self.hips.make_vjp(lambda x: f(self.numpy, x))(x)
        close(y.data, their_y, 1e-13)
        close(pull(g)[0].data, their_pull(g), 1e-12)

    @networks
    def test_hessian_and_hvp(self, f, x):
        def loss(ns):
            return lambda x: ns.sum(f(ns, x) ** 2 * 0.5 + f(ns, x))

        close(ar.hessian(loss(ar))(x).data, self.hips.hessian(loss(self.numpy))(x), 1e-11)
        v = rng.normal(size=x.shape)
        theirs = self.hips.hessian_vector_product(loss(self.numpy))(x, v)
        close(ar.hvp(loss(ar), x, v).data, theirs, 1e-11)

"""gradcheck calls right what is right, and is shown to catch each kind of wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import autograd_rnn.engine as ar
from autograd_rnn.cells import GRUCell, LSTMCell, RNNCell
from autograd_rnn.engine import PRIMITIVES, Tensor, gradcheck, operation, stop_gradient
from autograd_rnn.engine import differentiate as walks
from autograd_rnn.engine.numeric import by_complex_step, by_differences, is_analytic
from autograd_rnn.engine.record import apply
from autograd_rnn.sequence import unroll
from tests.engine.test_primitives import DIFFERENTIABLE, FAULTS, spoilt

rng = np.random.default_rng(41)
A, B, C = rng.normal(size=(2, 3)), rng.normal(size=(3, 4)), rng.normal(size=4)


@pytest.fixture(autouse=True)
def the_table_as_it_was():
    before = dict(PRIMITIVES)
    yield
    PRIMITIVES.clear()
    PRIMITIVES.update(before)


PULLED = {"VJP", "backward()", "VJP along random directions"}


def dense(x, W, b):
    return ar.tanh(x @ W + b)


def on_one(case):
    """The operation of a case as a function of its differentiable inputs, and those."""

    def alone(*xs):
        inputs = list(case.inputs)
        for i, x in zip(case.positions, xs, strict=True):
            inputs[i] = x
        return apply(case.name, *inputs, **case.attrs)

    return alone, [case.inputs[i] for i in case.positions]


def checks_that_fail(report):
    return {comparison.check for comparison in report.failures}


class TestRight:
    def test_a_layer(self):
        report = gradcheck(dense, [A, B, C])
        assert report
        assert report.verdict == "right"
        assert {comparison.check for comparison in report.comparisons} == {
            "VJP",
            "backward()",
            "VJP along random directions",
            "JVP",
            "reverse over reverse",
            "forward over reverse",
            "reverse over forward",
        }
        assert {comparison.method for comparison in report.comparisons} == {"the complex step"}

    @pytest.mark.parametrize("kind", [RNNCell, LSTMCell, GRUCell])
    def test_a_cell_through_time(self, kind):
        cell = kind.init(inputs=2, hidden=3, rng=0)
        xs = rng.normal(size=(5, 4, 2))
        assert gradcheck(lambda cell, xs: unroll(cell, xs).stacked, [cell, xs])

    @pytest.mark.parametrize("case", DIFFERENTIABLE, ids=str)
    def test_every_operation(self, case):
        report = gradcheck(*on_one(case))
        assert report, report

    def test_trees_values_float32_and_what_is_no_float(self):
        def f(p, rows, scale):
            return {"out": p["W"][rows] * scale, "mask": ar.greater(p["W"], 0.0)}

        p = {"W": A.astype(np.float32), "b": None}
        assert gradcheck(f, [p, np.array([1, 0, 1]), 3.0])
        assert gradcheck(lambda v: v.tanh() * v, [ar.Value(0.4)])

    def test_what_does_not_depend_has_derivative_zero(self):
        assert gradcheck(lambda x, y: x * 2.0, [A, B])
        assert gradcheck(lambda x: Tensor(C), [A])

    def test_it_does_not_touch_what_it_is_given(self):
        x = Tensor(A)
        gradcheck(lambda x: x * x, [x])
        assert x.grad is None
        assert np.array_equal(x.data, A)

    def test_the_first_order_alone(self):
        report = gradcheck(dense, [A, B, C], order=1)
        assert report
        assert not any("over" in comparison.check for comparison in report.comparisons)


def square(vjp, jvp):
    @operation(vjp=vjp, jvp=jvp)
    def own_square(x):
        return x * x

    return own_square


def right_pull(g, y, x):
    return 2.0 * g * x


class TestWrongRules:
    def test_a_right_one_passes(self):
        assert gradcheck(square(right_pull, right_pull), [A])

    def test_a_wrong_vjp(self):
        report = gradcheck(square(lambda g, y, x: 3.0 * g * x, right_pull), [A])
        assert not report
        assert "VJP" in checks_that_fail(report)
        assert "JVP" not in checks_that_fail(report)

    def test_a_rule_that_is_wrong_on_arrays_alone(self):
        def two_faced(g, y, x):
            return right_pull(g, y, x) * (1.0 if isinstance(g, Tensor) else 0.5)

        report = gradcheck(square(two_faced, right_pull), [A])
        assert checks_that_fail(report) == {"backward()"}

    def test_a_wrong_jvp(self):
        f = square(right_pull, lambda dx, y, x: 3.0 * dx * x)
        report = gradcheck(f, [A])
        assert {"JVP", "reverse over forward"} <= checks_that_fail(report)
        assert "VJP" not in checks_that_fail(report)
        assert checks_that_fail(gradcheck(f, [A], order=1)) == {"JVP"}

    def test_a_wrong_second_derivative(self):
        def flat(g, y, x):
            return 2.0 * g * stop_gradient(x)

        f = square(flat, right_pull)
        modes = {"reverse over reverse", "forward over reverse"}
        assert checks_that_fail(gradcheck(f, [A])) == modes
        assert gradcheck(f, [A], order=1)

    def test_a_wrong_second_derivative_of_the_jvp(self):
        def flat(dx, y, x):
            return 2.0 * dx * stop_gradient(x)

        report = gradcheck(square(right_pull, flat), [A])
        assert checks_that_fail(report) == {"reverse over forward"}

    def test_a_missing_broadcast_sum_in_a_rule(self):
        @operation(
            vjp=(lambda g, y, x, b: g, lambda g, y, x, b: g[:1]),
            jvp=(lambda dx, y, x, b: dx, lambda db, y, x, b: db),
        )
        def plus_bias(x, b):
            return x + b

        report = gradcheck(plus_bias, [A, rng.normal(size=3)])
        assert report.failures[0].check == "VJP"
        assert report.failures[0].entry.startswith("args[1][")

    def test_a_missing_broadcast_sum_in_the_walk(self, monkeypatch):
        monkeypatch.setattr(walks, "unbroadcast", lambda part, shape: part)
        report = gradcheck(lambda x, b: x + b, [A, rng.normal(size=3)], order=1)
        (failure,) = report.failures
        assert (failure.entry, failure.found, failure.expected) == ("args[1]", (2, 3), (3,))
        assert "(2, 3) by the rules, (3,)" in str(report)

    def test_a_tangent_of_the_wrong_shape(self, monkeypatch):
        monkeypatch.setattr(walks, "_stretch", lambda part, shape: part)
        report = gradcheck(lambda b: b + A, [rng.normal(size=3)], order=1)
        assert checks_that_fail(report) == {"JVP"}

    @pytest.mark.parametrize("factor", [0.0, -1.0, 2.0, 1.0 + 1e-7])
    def test_by_the_complex_step_even_what_is_slightly_off(self, factor):
        report = gradcheck(square(lambda g, y, x: factor * 2.0 * g * x, right_pull), [A], order=1)
        assert checks_that_fail(report) == PULLED

    def test_one_wrong_entry_in_a_large_argument_that_is_sampled(self):
        def one_entry_off(g, y, x):
            return right_pull(g, y, x) * np.where(np.arange(x.size) == 377, 1.5, 1.0)

        f = square(one_entry_off, right_pull)
        report = gradcheck(f, [rng.normal(size=500)], entries=7, order=1)
        assert checks_that_fail(report) == {"VJP along random directions"}
        assert (
            gradcheck(f, [rng.normal(size=500)], entries=500, order=1).failures[0].entry
            == "args[0][377]"
        )

    def test_a_stopped_gradient_is_no_derivative(self):
        assert not gradcheck(lambda x: x * stop_gradient(x), [A])

    @pytest.mark.parametrize("attribute", ["vjp", "jvp"])
    @pytest.mark.parametrize("case", {c.name: c for c in DIFFERENTIABLE}.values(), ids=str)
    def test_every_rule_of_the_table(self, case, attribute):
        if attribute == "vjp" and PRIMITIVES[case.name].assembles:
            return  # the one who pulls back does that
        for position in case.positions:
            right = PRIMITIVES[case.name]
            PRIMITIVES[case.name] = spoilt(right, attribute, position, FAULTS["factor"])
            report = gradcheck(*on_one(case), order=1)
            PRIMITIVES[case.name] = right
            assert attribute.upper() in checks_that_fail(report)


class TestWrongMemory:
    """Values that change after they were recorded."""

    def test_an_operation_that_returns_a_view_it_later_changes(self):
        buffer = np.empty((2, 3), complex)

        @operation(vjp=lambda g, y, x: 2.0 * g, jvp=lambda dx, y, x: 2.0 * dx)
        def doubled(x):
            buffer[...] = 2.0 * x
            return buffer if np.iscomplexobj(x) else buffer.view(float)[:, ::2]

        report = gradcheck(doubled, [A])
        assert report.verdict == "wrong"
        assert "doubled" in report.changed
        assert "changed after it was recorded: <doubled (2, 3)>" in str(report)

    def test_an_operation_that_writes_into_its_input(self):
        @operation(vjp=lambda g, y, x: 2.0 * g, jvp=lambda dx, y, x: 2.0 * dx)
        def doubled_in_place(x):
            x *= 2.0
            return x

        report = gradcheck(lambda x: doubled_in_place(ar.tanh(x)), [A], order=1)
        assert report.verdict == "wrong"
        assert "tanh" in report.changed

    def test_an_operation_that_is_no_function(self):
        counted = iter(range(1, 10**6))

        @operation(vjp=lambda g, y, x: g, jvp=lambda dx, y, x: dx)
        def noisy(x):
            return x + 1.0 * next(counted)

        assert "noisy" in gradcheck(noisy, [A], order=1).changed


class TestTheReport:
    def faulty_gru(self):
        right = PRIMITIVES["sigmoid"]
        PRIMITIVES["sigmoid"] = replace(right, vjp=(lambda g, y, x: g * y,))
        cell = GRUCell.init(inputs=2, hidden=3, rng=0)
        return gradcheck(lambda cell: unroll(cell, np.ones((5, 4, 2))).stacked, [cell])

    def test_it_names_entry_numbers_operation_and_place(self):
        report = self.faulty_gru()
        assert not report
        assert report.failures[0].entry.startswith("args[0].")
        assert report.culprit.startswith("<sigmoid z (5, 3) at gru / update gate / t=1>: VJP at")
        worst = str(report.failures[0])
        assert str(report.failures[0].found) in worst
        assert str(report.failures[0].expected) in worst
        assert worst in str(report)

    def test_entries_of_trees(self):
        report = gradcheck(lambda p: p["a"] * stop_gradient(p["b"][1]), [{"a": 1.5, "b": [1, 2.5]}])
        assert report.failures[0].entry == "args[0]['b'][1]"
        assert report.failures[0].found == 0.0
        assert report.worst in report.failures

    def test_no_operation_is_blamed_where_none_is_at_fault(self):
        report = gradcheck(lambda x: ar.tanh(x) * stop_gradient(x), [A])
        assert report.failures
        assert report.culprit == ""
        assert "by itself" not in str(report)

    def test_the_culprit_is_found_behind_empty_arrays(self):
        f = square(lambda g, y, x: 3.0 * g * x, right_pull)
        report = gradcheck(lambda x: f(ar.concatenate([x, x[:0]], axis=0)), [A], order=1)
        assert report.culprit.startswith("<own_square (2, 3)>")

    def test_it_is_seeded(self):
        assert str(gradcheck(dense, [A, B, C])) == str(gradcheck(dense, [A, B, C]))
        assert str(gradcheck(dense, [A, B, C])) != str(gradcheck(dense, [A, B, C], seed=1))

    def test_refusals(self):
        with pytest.raises(ValueError, match="order 1 or 2, not 3"):
            gradcheck(dense, [A, B, C], order=3)
        with pytest.raises(ValueError, match="at least one entry, not 0"):
            gradcheck(dense, [A, B, C], entries=0)
        with pytest.raises(ValueError, match="no floats"):
            gradcheck(lambda x: x, [np.arange(3)])
        with pytest.raises(ValueError, match="no floats to differentiate"):
            gradcheck(lambda x: x, [np.ones((0, 3))])
        with pytest.raises(ValueError, match="returns no floats"):
            gradcheck(lambda x: ar.greater(x, 0.0), [A])
        with pytest.raises(TypeError, match="returned float: return Tensors"):
            gradcheck(lambda x: 1.0, [A])


class TestKinks:
    @pytest.mark.parametrize(
        ("f", "x"),
        [
            (ar.relu, [0.0, 1.0, -2.0]),
            (lambda x: ar.maximum(x, x[::-1]), [2.0, 1.0, 1.0, 2.0]),
            (lambda x: ar.relu(x) * x, [0.0, 0.5, -1.0]),  # a kink of the gradient
        ],
    )
    def test_it_steps_away(self, f, x):
        report = gradcheck(f, [np.array(x)])
        assert report, report
        assert report.moved > 0
        assert "moved away from a kink" in str(report)

    def test_it_does_not_move_without_need(self):
        assert gradcheck(ar.relu, [np.array([1.0, -2.0])]).moved == 0.0

    def test_where_kinks_are_everywhere_it_does_not_decide(self):
        @operation(vjp=lambda g, y, x: g, jvp=lambda dx, y, x: dx)
        def sawtooth(x):
            return np.abs(np.real(x) * 2e4 % 1.0 - 0.5)

        report = gradcheck(sawtooth, [np.array([0.3, 0.7])], order=1)
        assert not report
        assert report.verdict == "undecided"
        assert set(report.undecided) >= {"args[0][0]", "args[0][1]"}
        assert "too near to a kink to judge: args[0][0]" in str(report)

    @given(st.floats(-1.5, 1.5), st.floats(-3.0, 3.0).filter(lambda s: abs(s) > 0.1))
    def test_differences_tell_a_kink_or_are_right(self, offset, jump):
        kink = 0.3 + offset * 3e-5

        def f(x):
            return np.sin(x) + jump * np.maximum(x - kink, 0.0)

        found = by_differences(f, np.array([0.3]), [np.ones(1)])
        right = np.cos(0.3) + jump * (kink < 0.3)
        assert found.kinks[0] or abs(found.values[0, 0] - right) <= 1e-6 * abs(right) + found.noise

    @given(st.floats(-2.0, 2.0), st.integers(1, 10))
    def test_smooth_functions_have_no_kinks(self, x, frequency):
        def f(x):
            return np.sin(frequency * x) + np.exp(x)

        slope = frequency * np.cos(frequency * x) + np.exp(x)
        assume(abs(slope) > 1.0)  # a slope that all but vanishes may look like a kink
        found = by_differences(f, np.array([x]), [np.ones(1)])
        assert not found.kinks[0]
        assert abs(found.values[0, 0] - slope) <= 1e-6 * abs(slope) + found.noise


class TestTheLadder:
    @pytest.mark.parametrize(
        "kernel",
        [
            lambda x: np.sqrt(np.real(x) ** 2 + 1.0),  # drops what the complex step puts in
            lambda x: np.sqrt(np.abs(x) ** 2 + 1.0),  # takes it, but is not analytic
            lambda x: np.hypot(x, 1.0),  # refuses it
        ],
    )
    def test_it_steps_down_where_the_complex_step_is_wrong(self, kernel):
        def length(x):
            return kernel(x)

        f = operation(
            vjp=lambda g, y, x: g * x / y,
            jvp=lambda dx, y, x: dx * x / y,
        )(length)
        report = gradcheck(f, [A])
        assert report, report
        assert report.comparisons[0].method == "central differences"
        wrong = operation(
            vjp=lambda g, y, x: (1.0 + 1e-5) * g * x / y, jvp=lambda dx, y, x: dx * x / y
        )
        del PRIMITIVES["length"]
        assert checks_that_fail(gradcheck(wrong(length), [A], order=1)) == PULLED

    def test_the_complex_step_is_exact(self):
        x = np.array([0.7])
        assert is_analytic(np.sin, x, np.ones(1))
        assert by_complex_step(np.sin, x, [np.ones(1)]).values[0, 0] == pytest.approx(
            np.cos(0.7), rel=1e-15
        )
        assert not is_analytic(np.abs, np.array([-0.7]), np.ones(1))

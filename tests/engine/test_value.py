"""The scalar handle, held against micrograd: its published numbers, and the package itself."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import autograd_rnn.engine as ar
from autograd_rnn.engine import Graph, Tensor, Value

PUBLISHED = json.loads((Path(__file__).parents[1] / "data" / "micrograd.json").read_text())


class TestPublished:
    def test_the_readme(self):
        given = PUBLISHED["readme"]
        a, b = Value(given["a"]), Value(given["b"])
        c = a + b
        d = a * b + b**3
        c += c + 1
        c += 1 + c + (-a)
        d += d * 2 + (b + a).relu()
        d += 3 * d + (b - a).relu()
        e = c - d
        f = e**2
        g = f / 2.0
        g += 10.0 / f
        g.backward()
        printed = tuple(round(number, 4) for number in (g.data, a.grad, b.grad))
        assert printed == (given["g"], given["dg_da"], given["dg_db"])

    def test_the_sanity_check(self):
        given = PUBLISHED["sanity_check"]
        x = Value(given["x"])
        z = 2 * x + 2 + x
        q = z.relu() + z * x
        h = (z * z).relu()
        y = h + q + q * x
        y.backward()
        assert (y.data, x.grad) == (given["y"], given["dy_dx"])


number = st.floats(-3, 3).filter(lambda x: abs(x) > 1e-3)
pick = st.integers(0, 20)
OPERATIONS = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "square": lambda a, b: a**2,
    "cube": lambda a, b: a**3,
    "inverse": lambda a, b: a**-1,
    "relu": lambda a, b: a.relu(),
    "negative": lambda a, b: -a,
    "number on the left": lambda a, b: 2 - 3 * a,
    "number on the right": lambda a, b: (a - 1.5) / 4,
    "number over": lambda a, b: 1.5 / a,
    "accumulated": lambda a, b: sum([a, b, a]),
}
programs = st.lists(
    st.tuples(st.sampled_from(list(OPERATIONS)), pick, pick), min_size=3, max_size=9
)


def run(leaves, program):
    made = list(leaves)
    for name, i, j in program:
        made.append(OPERATIONS[name](made[i % len(made)], made[j % len(made)]))
    return made


@settings(max_examples=200)
@given(programs, st.lists(number, min_size=3, max_size=3))
def test_random_expressions_against_the_package(program, numbers):
    engine = pytest.importorskip("micrograd.engine", reason="micrograd is not installed")
    try:
        theirs = run(map(engine.Value, numbers), program)
    except ZeroDivisionError:
        assume(False)
    assume(all(v.data == 0 or 1e-6 < abs(v.data) < 1e6 for v in theirs))
    ours = run(map(Value, numbers), program)
    theirs[-1].backward()
    ours[-1].backward()
    for our, their in zip(ours, theirs, strict=True):
        assert our.data == pytest.approx(their.data, rel=1e-12)
        assert our.grad == pytest.approx(their.grad, rel=1e-9, abs=1e-9)


def test_relu_at_zero_is_micrograds():
    engine = pytest.importorskip("micrograd.engine", reason="micrograd is not installed")
    ours, theirs = Value(0.0), engine.Value(0.0)
    ours.relu().backward()
    theirs.relu().backward()
    assert ours.grad == theirs.grad == 0.0


class TestVocabulary:
    def test_data_and_grad_are_numbers(self):
        x = Value(3)
        assert (type(x.data), x.data, type(x.grad), x.grad) == (float, 3.0, float, 0.0)
        (x * x).backward()
        assert (type(x.grad), x.grad) == (float, 6.0)

    def test_the_training_line(self):
        x = Value(3.0)
        (x * x).backward()
        x.data -= 0.1 * x.grad
        assert x.data == pytest.approx(2.4)
        x.grad = 0
        (x * x).backward()
        assert x.grad == pytest.approx(4.8)

    @pytest.mark.parametrize(
        ("name", "f", "slope"),
        [
            ("tanh", math.tanh, lambda x: 1 / math.cosh(x) ** 2),
            ("exp", math.exp, math.exp),
            ("log", math.log, lambda x: 1 / x),
            ("sigmoid", lambda x: 1 / (1 + math.exp(-x)), lambda x: 0.25 / math.cosh(x / 2) ** 2),
            ("relu", lambda x: max(x, 0.0), lambda x: 1.0),
        ],
    )
    def test_methods(self, name, f, slope):
        x = Value(0.7)
        y = getattr(x, name)()
        y.backward()
        assert isinstance(y, Value)
        assert (y.data, x.grad) == pytest.approx((f(0.7), slope(0.7)), rel=1e-14)

    def test_it_prints_as_in_micrograd(self):
        x = Value(3.0)
        (x * 2).backward()
        assert repr(x) == "Value(data=3.0, grad=2.0)"

    @pytest.mark.parametrize("data", [[1.0], np.ones(3), "three", None])
    def test_one_number_only(self, data):
        with pytest.raises(TypeError, match="number"):
            Value(data)


class TestMixing:
    def test_with_an_array_it_becomes_a_tensor(self):
        x = Value(2.0)
        y = x * np.array([1.0, 2.0, 3.0])
        assert type(y) is Tensor
        y.sum().backward()
        assert x.grad == 6.0

    def test_with_a_tensor_it_becomes_a_tensor(self):
        x, y = Value(2.0), Tensor(3.0)
        assert type(x * y) is type(y * x) is Tensor

    def test_by_itself_it_stays_a_value(self):
        x = Value(2.0)
        for y in (x + 1, 1 + x, -x, x / 2, 2**x, x**2, ar.tanh(x), np.exp(x), ar.maximum(x, 0.0)):
            assert type(y) is Value

    def test_the_functions_of_functions_take_it(self):
        y, g = ar.value_and_grad(lambda x: x * x * x)(Value(2.0))
        assert (type(y), y.data, float(g)) == (Value, 8.0, 12.0)

    def test_it_stands_in_a_graph(self):
        x = Value(2.0, "x")
        graph = Graph(x * x)
        assert [node.op for node in graph] == ["variable", "multiply"]

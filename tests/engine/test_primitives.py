"""Every entry of the table: its shape rule, VJP, JVP and slopes against its own kernel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_rnn.engine import PRIMITIVES, Tensor, symbol
from autograd_rnn.engine.record import apply
from tests.engine.cases import CASES, ENTRIES, Case, case_of
from tests.engine.numerics import (
    check_recorded_is_raw,
    check_rules,
    check_second_order,
    check_shape_rule,
    check_slopes,
)

DIFFERENTIABLE = [case for case in CASES if PRIMITIVES[case.name].differentiable]
ELEMENTWISE = [case for case in CASES if PRIMITIVES[case.name].slopes and not case.attrs]

every_case = pytest.mark.parametrize("case", CASES, ids=str)
every_differentiable_case = pytest.mark.parametrize("case", DIFFERENTIABLE, ids=str)
every_elementwise_case = pytest.mark.parametrize("case", ELEMENTWISE, ids=str)


def test_every_primitive_has_an_entry():
    assert set(ENTRIES) == set(PRIMITIVES)


@every_case
def test_shape_rule(case):
    check_shape_rule(case.name, case.inputs, case.attrs)


@every_differentiable_case
def test_rules(case):
    check_rules(case.name, case.inputs, case.attrs, case.positions)


@every_elementwise_case
def test_slopes(case):
    check_slopes(case.name, case.inputs, case.positions)


@every_differentiable_case
def test_recorded_backward_is_raw_backward(case):
    check_recorded_is_raw(case.name, case.inputs, case.attrs, case.positions)


@every_differentiable_case
def test_second_order(case):
    check_second_order(case.name, case.inputs, case.attrs, case.positions)


@pytest.mark.parametrize("name", sorted(ENTRIES))
@given(data=st.data())
def test_any_shapes(name, data):
    case = case_of(name, data.draw(ENTRIES[name].drawn))
    check_shape_rule(name, case.inputs, case.attrs)
    if PRIMITIVES[name].differentiable:
        check_rules(name, case.inputs, case.attrs, case.positions)
        check_recorded_is_raw(name, case.inputs, case.attrs, case.positions)


@every_case
def test_a_symbol_gets_the_shape_and_dtype_that_a_value_has(case):
    held = [Tensor(x) for x in case.inputs]
    symbols = [symbol(x.shape, "x", x.dtype) for x in case.inputs]
    value = apply(case.name, *held, **case.attrs)
    shown = apply(case.name, *symbols, **case.attrs)
    assert shown.node.value is None
    assert (shown.shape, shown.dtype) == (value.shape, value.dtype)
    assert shown.node.needs_grad == value.node.needs_grad


@every_differentiable_case
def test_float32_stays_float32(case):
    singles = [x.astype(np.float32) if x.dtype.kind == "f" else x for x in case.inputs]
    y = apply(case.name, *[Tensor(x) for x in singles], **case.attrs)
    assert y.dtype == np.float32
    for record in (False, True):
        found = pulled_back_in_float32(case, singles, record)
        assert {g.dtype for g in found} == {np.dtype(np.float32)}


def pulled_back_in_float32(case, singles, record):
    from autograd_rnn.engine.differentiate import pull_back

    held = [Tensor(x) for x in singles]
    y = apply(case.name, *held, **case.attrs)
    seed = np.ones(y.shape, np.float32)
    leaves = [held[i].node for i in case.positions]
    found = pull_back({y.node: Tensor(seed) if record else seed}, leaves, record=record)
    return [found[leaf] for leaf in leaves]


BINARY_OPERATIONS = ["add", "subtract", "multiply", "divide", "power", "maximum", "minimum"]


@pytest.mark.parametrize("number", [2, 2.0, True], ids=repr)
@pytest.mark.parametrize("position", [0, 1])
@pytest.mark.parametrize("name", BINARY_OPERATIONS)
def test_a_python_number_does_not_upcast(name, position, number):
    x = Tensor(np.array([0.5, 1.5, 3.0], np.float32))
    inputs = [x, number] if position == 0 else [number, x]
    y = apply(name, *inputs)
    assert y.dtype == np.float32
    y.sum().backward()
    assert x.grad.dtype == np.float32


COMPARISONS = [c for c in CASES if c not in DIFFERENTIABLE and c.name != "stop_gradient"]


@pytest.mark.parametrize("case", COMPARISONS, ids=str)
def test_a_comparison_has_no_gradient(case):
    y = apply(case.name, *[Tensor(x) for x in case.inputs])
    assert y.dtype == bool
    assert not y.node.needs_grad
    assert np.array_equal(y.data, getattr(np, case.name)(*case.inputs))


@every_case
def test_the_kernel_takes_complex_numbers_and_moves_no_real_part(case):
    if not PRIMITIVES[case.name].differentiable:
        return
    real = PRIMITIVES[case.name].kernel(*case.inputs, **case.attrs)
    tilted = [x + 1e-30j if x.dtype.kind == "f" else x for x in case.inputs]
    assert np.allclose(np.real(PRIMITIVES[case.name].kernel(*tilted, **case.attrs)), real, 1e-14)


@every_case
def test_latex_has_a_slot_an_input(case):
    letters = [f"x_{i}" for i in range(len(case.shapes))]
    lists = {"args": ", ".join(letters), "args+": " + ".join(letters)}
    written = PRIMITIVES[case.name].latex.format(*letters, **lists, **case.attrs)
    assert all(letter in written for letter in letters)


# --- and the checks catch what is wrong ---------------------------------------------------------

FAULTS = {
    "sign": lambda rule: lambda *args, **attrs: -1.0 * rule(*args, **attrs),
    "factor": lambda rule: lambda *args, **attrs: 2.0 * rule(*args, **attrs),
    "nothing": lambda rule: lambda *args, **attrs: 0.0 * rule(*args, **attrs),
    "slightly off": lambda rule: lambda *args, **attrs: (1.0 + 1e-9) * rule(*args, **attrs),
}


def spoilt(primitive, attribute, position, fault):
    """The entry with one rule of one input made wrong."""
    rules = getattr(primitive, attribute)
    if isinstance(rules, tuple):
        wrong = tuple(fault(r) if i == position else r for i, r in enumerate(rules))
    else:

        def wrong(i, *args, **attrs):
            return (fault(rules) if i == position else rules)(i, *args, **attrs)

    return replace(primitive, **{attribute: wrong})


SPOILT = [
    pytest.param(case, attribute, position, fault, id=f"{case}-{attribute}{position}-{label}")
    for case in {case.name: case for case in DIFFERENTIABLE}.values()
    for attribute in ("vjp", "jvp", "slopes")
    for position in case.positions
    for label, fault in FAULTS.items()
    if (attribute != "slopes" or case in ELEMENTWISE)
    and (attribute != "vjp" or not PRIMITIVES[case.name].assembles)
]


def check_all(case):
    check_rules(case.name, case.inputs, case.attrs, case.positions)
    if case in ELEMENTWISE:
        check_slopes(case.name, case.inputs, case.positions)


@pytest.mark.parametrize(("case", "attribute", "position", "fault"), SPOILT)
def test_a_wrong_rule_is_caught(monkeypatch, case, attribute, position, fault):
    check_all(case)
    wrong = spoilt(PRIMITIVES[case.name], attribute, position, fault)
    monkeypatch.setitem(PRIMITIVES, case.name, wrong)
    with pytest.raises(AssertionError):
        check_all(case)


@every_case
def test_a_wrong_shape_rule_is_caught(monkeypatch, case):
    sound = PRIMITIVES[case.name].shape
    wrong = replace(PRIMITIVES[case.name], shape=lambda *s, **attrs: (*sound(*s, **attrs), 1))
    monkeypatch.setitem(PRIMITIVES, case.name, wrong)
    with pytest.raises(AssertionError):
        check_shape_rule(case.name, case.inputs, case.attrs)


def test_a_rule_that_computes_but_does_not_record_is_caught(monkeypatch):
    # Right at first order, but built from numbers, not from the Tensors it was given.
    def flat(g, y, x):
        data = getattr(y, "data", y)
        return g * np.asarray(1.0 - np.asarray(data) ** 2)

    monkeypatch.setitem(PRIMITIVES, "tanh", replace(PRIMITIVES["tanh"], vjp=(flat,)))
    case = Case("tanh", ((2, 3),))
    check_rules(case.name, case.inputs, case.attrs, case.positions)
    check_recorded_is_raw(case.name, case.inputs, case.attrs, case.positions)
    with pytest.raises(AssertionError):
        check_second_order(case.name, case.inputs, case.attrs, case.positions)


def test_a_recorded_rule_that_differs_from_the_raw_one_is_caught(monkeypatch):
    def two_faced(g, y, x):
        return g if isinstance(g, Tensor) else g * y

    monkeypatch.setitem(PRIMITIVES, "exp", replace(PRIMITIVES["exp"], vjp=(two_faced,)))
    with pytest.raises(AssertionError):
        check_recorded_is_raw("exp", [np.array([0.5, 1.5])], {}, [0])


def test_a_primitive_without_an_entry_is_noticed(monkeypatch):
    monkeypatch.setitem(PRIMITIVES, "cosine", PRIMITIVES["tanh"])
    with pytest.raises(AssertionError):
        test_every_primitive_has_an_entry()

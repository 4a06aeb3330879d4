"""A cross-check is worth what it catches: every rule the cells use, broken in every way we know."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autograd_rnn.crosscheck import check
from autograd_rnn.engine import PRIMITIVES, Graph
from tests.crosscheck.faults import FAULTS, WRONG_ARGUMENT, broken, edges, problem

CASES = [
    ("rnn", "squared error", {}),
    ("rnn", "squared error", {"activation": "logistic"}),
    ("rnn", "squared error", {"activation": "relu"}),
    ("lstm", "cross-entropy", {}),
    ("gru", "squared error", {}),
]
BROKEN_VJPS = [
    pytest.param(kind, loss, options, edge, fault, id=f"{kind}-{edge[0]}{edge[1]}-{label}")
    for kind, loss, options in CASES
    for edge in edges(kind, loss, **options)
    for label, fault in [
        *((fault.__name__, fault) for fault in FAULTS),
        ("wrong_argument", WRONG_ARGUMENT[edge]),
    ]
]


@pytest.mark.parametrize(("kind", "loss", "options", "edge", "fault"), BROKEN_VJPS)
def test_a_broken_vjp_is_caught_and_located(kind, loss, options, edge, fault):
    name, position = edge
    sound = problem(kind, loss, **options)
    with broken(name, position, fault):
        report = check(problem(kind, loss, **options), exact=False)

    assert not report.agree
    assert all("BPTT" in roads for roads in report.disagreements.values())
    location = report.location
    assert location is not None
    assert name in location.suspects
    # The place is real: such a variable, of such a gate, at such a step, or such a parameter.
    if location.t is None:
        assert location.variable in sound.parameters
    else:
        assert 0 <= location.t <= 4
        named = {(n.name, n.place.gate) for n in Graph(sound.total)}
        of_parameter = location.variable in sound.parameters
        assert of_parameter or location.t == 0 or (location.variable, location.gate) in named


@pytest.mark.parametrize("activation", ["tanh", "logistic"])
def test_the_location_is_exact_where_one_gate_alone_uses_the_rule(activation):
    name = {"tanh": "tanh", "logistic": "sigmoid"}[activation]
    with broken(name, 0, FAULTS[0]):
        report = check(problem("rnn", activation=activation), exact=False)
    location = report.location
    assert (location.what, location.variable, location.t) == ("gradient", "a", 4)
    assert location.suspects == (name,)
    assert location.found == pytest.approx(-location.expected)
    assert location.delta == "δ of the hidden state at t = 4"


def test_a_fault_in_one_step_only_is_located_at_that_step():
    """The candidate's tanh of the second step, and no other, is broken."""
    sound = problem("lstm")
    wanted = [
        node
        for node in Graph(sound.total)
        if node.op == "tanh" and node.place.gate == "candidate" and node.place.t == 2
    ]
    (marked,) = wanted
    right = PRIMITIVES["tanh"]

    def vjp(g, y, x):
        return g * (1.0 - y * y) * (-1.0 if np.array_equal(y, marked.value) else 1.0)

    PRIMITIVES["tanh"] = replace(right, vjp=(vjp,))
    try:
        location = check(problem("lstm"), exact=False).location
    finally:
        PRIMITIVES["tanh"] = right
    assert (location.variable, location.gate, location.t) == ("a_g", "candidate", 2)
    assert "forward" not in location.what


@pytest.mark.parametrize(
    "edge", [edge for edge in edges("lstm", "squared error") if edge[0] != "add_n"], ids=str
)
def test_a_broken_jvp_is_caught_and_only_forward_mode_is_blamed(edge):
    name, position = edge
    with broken(name, position, FAULTS[0], rules="jvp"):
        report = check(problem("lstm"), exact=False)
    assert not report.agree
    assert {road for roads in report.disagreements.values() for road in roads} == {
        "forward mode (RTRL)"
    }
    assert report.location.what == "tangent"
    assert report.location.suspects == (name,)


def test_a_wrong_forward_value_is_located_before_any_gradient():
    right = PRIMITIVES["sigmoid"]
    PRIMITIVES["sigmoid"] = replace(right, kernel=lambda x: right.kernel(1.1 * x))
    try:
        report = check(problem("gru"), exact=False)
    finally:
        PRIMITIVES["sigmoid"] = right
    assert not report.agree
    location = report.location
    assert (location.what, location.gate, location.t) == ("value", "update gate", 1)
    assert location.suspects == ("sigmoid",)


def test_two_gates_whose_weights_are_swapped_in_the_derivation_are_caught(monkeypatch):
    """The other side can be wrong too: here it is handed two gates' weights, swapped."""
    import autograd_rnn.crosscheck.roads as roads

    right = roads.arguments_of

    def swapped(problem):
        arguments = right(problem)
        p = arguments["parameters"]
        p["W_f"], p["W_i"] = p["W_i"], p["W_f"]
        return arguments

    monkeypatch.setattr(roads, "arguments_of", swapped)
    report = check(problem("lstm"), exact=False)
    assert not report.agree
    assert (report.location.what, report.location.variable) == ("value", "a_f")


def test_inputs_put_back_in_the_wrong_order_are_caught():
    right = PRIMITIVES["assemble"]

    def reversed_in_time(*parts, keys, shape):
        return right.kernel(*parts, keys=keys[::-1], shape=shape)

    PRIMITIVES["assemble"] = replace(right, kernel=reversed_in_time)
    try:
        report = check(problem("gru"), exact=False)
    finally:
        PRIMITIVES["assemble"] = right
    assert set(report.disagreements) == {"x"}
    assert report.location.suspects == ("assemble",)


def test_every_wrong_argument_rule_is_used_by_some_case():
    """Otherwise a fault would only look as if it were tested."""
    used = {edge for kind, loss, options in CASES for edge in edges(kind, loss, **options)}
    assert used <= set(WRONG_ARGUMENT)

"""Sound engines pass: all roads, all cells, both losses, at sizes all different."""

from __future__ import annotations

import json

import numpy as np
import pytest

import autograd_rnn as ar
from autograd_rnn.crosscheck import check, pose
from tests.crosscheck.faults import problem


@pytest.mark.parametrize("loss", ["squared error", "cross-entropy"])
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("rnn", {}),
        ("rnn", {"activation": "logistic"}),
        ("rnn", {"activation": "relu"}),
        ("lstm", {}),
        ("gru", {}),
    ],
)
def test_all_five_roads_agree_to_1e_12(kind, options, loss):
    report = check(problem(kind, loss, **options))
    assert report.agree, report.verdict
    assert [road.name for road in report.roads] == [
        "BPTT",
        "matrix closed form",
        "element closed form",
        "forward mode (RTRL)",
        "complex step",
    ]
    assert report.tolerance == 1e-12
    assert report.exact
    assert all(exact.equal for exact in report.exact)
    assert all(gap <= 1e-12 for row in report.deviations.values() for gap in row.values())


def test_the_roads_compute_separately():
    """Five different computations differ in their last digits; copies of one would not."""
    report = check(problem("lstm"), exact=False)
    stacked = [road.gradients["W_f"].tobytes() for road in report.roads]
    assert len(set(stacked)) >= 4


def test_every_gradient_is_checked_initial_states_and_inputs_too():
    report = check(problem("lstm", "cross-entropy"), exact=False)
    weights = {f"{letter}_{gate}" for letter in "Wb" for gate in "figoy"}
    assert set(report.deviations) == weights | {"h_0", "c_0", "x"}


def test_large_problems_go_along_directions():
    cell = ar.GRUCell.init(6, 12, rng=0)
    report = check(pose(cell, batch=3, steps=30, seed=1), exact=False)
    assert report.agree, report.verdict
    assert {road.name: road.how for road in report.roads} == {
        "BPTT": "whole gradient",
        "matrix closed form": "whole gradient",
        "forward mode (RTRL)": "3 random directions a parameter",
        "complex step": "3 random directions a parameter",
    }


def test_a_wrong_gradient_shows_along_directions_too():
    from tests.crosscheck.faults import FAULTS, broken

    with broken("sigmoid", 0, FAULTS[0]):
        report = check(pose(ar.GRUCell.init(6, 12, rng=0), batch=3, steps=30, seed=1), exact=False)
    assert not report.agree
    assert report.location.suspects == ("sigmoid",)


def test_the_report_is_plain_data_and_readable_text():
    report = check(problem("gru"))
    data = json.loads(json.dumps(report.to_dict()))
    assert data["agree"] is True
    assert data["sizes"] == {"batch": 2, "steps": 4, "inputs": 3, "hidden": 5}
    assert data["location"] is None
    assert all(road["shares"] for road in data["roads"])
    assert "All 5 roads agree" in str(report)
    assert repr(report) == "<cross-check of gru: 5 roads agree>"


def test_it_is_a_function_of_the_package_however_it_was_imported():
    import autograd_rnn.crosscheck

    assert ar.crosscheck is autograd_rnn.crosscheck
    assert ar.crosscheck(ar.RNNCell.init(2, 3, rng=0), batch=1, steps=2, exact=False).agree


def test_one_step_works():
    assert ar.crosscheck(ar.LSTMCell.init(2, 3, rng=0), batch=1, steps=1, exact=False).agree


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"loss": "hinge"}, "squared error and cross-entropy"),
        ({"targets": np.zeros((2, 7, 4))}, r"\(2, 7, 4\); this loss takes \(2, 7, 5\)"),
        ({"targets": np.full((2, 7, 5), np.inf)}, "batch 0, step 1, unit 0"),
        ({"xs": np.zeros((2, 7, 4))}, r"\(2, 7, 4\).*inputs = 3"),
        ({"xs": np.zeros((2, 0, 3))}, "no step"),
        ({"xs": np.full((2, 7, 3), np.nan)}, "nan at batch 0, step 1, input 0"),
    ],
)
def test_what_cannot_be_checked_is_refused_with_the_place(settings, message):
    with pytest.raises(ValueError, match=message):
        ar.crosscheck(ar.LSTMCell.init(3, 5, rng=0), **settings)

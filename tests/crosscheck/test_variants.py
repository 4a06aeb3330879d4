"""Variants of the cells against their own derivations, and those that have none."""

from __future__ import annotations

from dataclasses import replace

import pytest

import autograd_rnn as ar
from autograd_rnn.crosscheck import check
from autograd_rnn.crosscheck.roads import options_of
from tests.crosscheck.faults import problem

VARIANTS = [
    ("rnn", {"activation": "identity"}),
    ("rnn", {"bias": False}),
    ("lstm", {"peepholes": "diagonal"}),
    ("lstm", {"peepholes": "matrix"}),
    ("lstm", {"gates_read": "c", "output_activation": "identity"}),  # the seminar's
    ("lstm", {"output_activation": "identity"}),
    ("lstm", {"coupled": True, "peepholes": "diagonal", "bias": False}),
    ("lstm", {"gate_activation": "tanh", "candidate_activation": "logistic"}),
    ("gru", {"reset": "after", "keeps": "z"}),
    ("gru", {"reset": "after", "bias": False}),
    ("gru", {"reset": "none"}),
    ("gru", {"keeps": "z"}),
]


@pytest.mark.parametrize(("kind", "settings"), VARIANTS)
def test_all_five_roads_agree(kind, settings):
    report = check(problem(kind, **settings), exact=False)
    assert report.agree, report.verdict
    assert len(report.roads) == 5


@pytest.mark.parametrize(("kind", "settings"), VARIANTS)
def test_the_derivation_is_that_of_the_variant(kind, settings):
    """Held against the plain cell's derivation, a variant's roads would part."""
    derived = options_of(problem(kind, **settings).cell)
    plain = options_of(problem(kind).cell)
    assert {name: derived[name] for name in settings} == settings
    assert derived != plain


class TakenForAnother(ar.GRUCell):
    """Says that it resets after the product, and resets before it."""

    def __call__(self, x, state):
        held = {name: p for name, p in self.parameters.items() if name != "b_gh"}
        return ar.GRUCell(**held, keeps=self.keeps)(x, state)


def test_a_variant_that_computes_another_is_caught():
    honest = problem("gru", reset="after")
    cell = TakenForAnother(**honest.cell.parameters, **honest.cell.settings)
    report = check(replace(honest, cell=cell), exact=False)
    assert not report.agree
    assert {"W_g", "b_gh"} <= set(report.disagreements)


def test_the_seminars_lstm_is_exact_in_fractions_and_against_full_differentiation():
    report = check(problem("lstm", gates_read="c", output_activation="identity"))
    assert report.agree
    assert all(exact.equal for exact in report.exact)


@pytest.mark.parametrize(
    "settings", [{"projection": 2}, {"clip": 1.0}, {"output_activation": ar.softplus}]
)
def test_a_variant_without_a_derivation_is_refused_in_one_sentence(settings):
    (name,) = settings
    with pytest.raises(ValueError, match=f"no derivation of an lstm with {name}=.*; gradcheck"):
        ar.crosscheck(ar.LSTMCell.init(3, 5, rng=0, **settings))

"""Mistakes in adjoint equations: each is a mistake, in every cell where it can be made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from derivations.bptt.evaluation import Arguments
from derivations.bptt.form import ClosedForm, from_template
from derivations.bptt.judge import Judge
from derivations.diagnosis.fingerprints import Point
from derivations.matrix import make, name_of, substitute, symbols
from derivations.mistakes import MISTAKES, together, wrong_forms
from derivations.mistakes.published import VERSION_3, VERSION_3B, exercise, lstm_key
from derivations.mistakes.roles import Roles
from derivations.network import of_template
from derivations.recurrence import closed_form
from derivations.sizes import Sizes
from derivations.step import Equation, NotVerified
from derivations.truth import Truth
from tests.derivations.problems import problem

CELLS = [
    ("rnn", {}),
    ("rnn", {"loss": "cross-entropy"}),
    ("rnn", {"activation": "logistic", "loss": None}),
    ("rnn", {"activation": "identity", "bias": False}),
    ("rnn", {"activation": "relu"}),
    ("lstm", {}),
    ("lstm", {"loss": "cross-entropy"}),
    ("lstm", {"peepholes": "diagonal", "loss": None}),
    ("lstm", {"peepholes": "matrix"}),
    ("lstm", {"coupled": True}),
    ("lstm", {"gates_read": "c", "output_activation": "identity"}),
    ("lstm", {"output_activation": "logistic", "bias": False}),
    ("gru", {}),
    ("gru", {"reset": "after"}),
    ("gru", {"reset": "after", "keeps": "z", "bias": False}),
    ("gru", {"reset": "none", "keeps": "z", "loss": "cross-entropy"}),
]
EXACTLY = [CELLS[i] for i in (0, 1, 2, 4, 7, 9, 12, 13, 15)]
SIZES = Sizes({"1": 1, "n": 2, "m": 3, "k": 6, "T": 4, "B": 5})


def told(value):
    return value if isinstance(value, str) else "-".join(f"{k}={v}" for k, v in value.items())


every_cell = pytest.mark.parametrize(("cell", "settings"), CELLS, ids=told)


# ------------------------------------------------------------------------------- the table


def test_there_are_many_and_each_can_be_told_from_the_others():
    assert len(MISTAKES) >= 25
    for text in ("name", "title", "explanation", "hint"):
        assert len({getattr(m, text) for m in MISTAKES.values()} - {""}) >= len(MISTAKES) - 3
    for mistake in MISTAKES.values():
        assert mistake.name.replace("-", "").isalpha()
        assert mistake.explanation.endswith(".")
        assert mistake.hint[-1] in ".?"


def test_every_mistake_can_be_made_somewhere():
    forms = [closed_form(cell, **settings) for cell, settings in CELLS]
    for mistake in MISTAKES.values():
        assert any(mistake.applies(form) for form in forms), mistake.name


def test_mistakes_are_found_by_what_parts_do_and_not_by_their_letters():
    """In a cell whose gates have other letters the same mistakes can be made as often."""
    form = closed_form("lstm", peepholes="diagonal")
    other = renamed(form, {"f": "u", "i": "v", "g": "w", "o": "y2", "c": "s", "h": "k2"})
    assert [(w.names, len(w.lines)) for w in wrong_forms(form)] == [
        (w.names, len(w.lines)) for w in wrong_forms(other)
    ]


def renamed(form, letters):
    """Return the closed form of the same cell in other letters."""

    def letter(old):
        base, *below = old.split("_")
        return "_".join([letters.get(base, base), *("".join(letters.get(b, b) for b in below))])

    def new(node):
        if node.operation.name != "symbol":
            return None
        name, shape = node.data
        return make("symbol", (), (name._replace(letter=letter(name.letter)), shape))

    def moved(definitions):
        return tuple(
            replace(d, left=new(d.left), right=substitute(d.right, new)) for d in definitions
        )

    def parameters(several):
        return tuple(
            replace(p, name=letter(p.name), blocks=tuple(map(new, p.blocks))) for p in several
        )

    cell, loss = form.template, form.template.loss
    loss = replace(
        loss,
        equations=moved(loss.equations),
        target=new(loss.target),
        objective=new(loss.objective),
    )
    return from_template(
        replace(
            cell,
            cell=moved(cell.cell),
            weights=parameters(cell.weights),
            states=tuple(map(new, cell.states)),
            inputs=new(cell.inputs),
            loss=loss,
        )
    )


# ------------------------------------------------------------------------ each is a mistake


@pytest.mark.parametrize(("cell", "settings"), EXACTLY, ids=told)
def test_every_wrong_form_has_wrong_gradients(cell, settings):
    """Exactly, at a random point of a prime field where the right ones hold."""
    form = closed_form(cell, **settings)
    assert Judge(form, SIZES).wrong(form.gradients) == []
    point = Point(form, SIZES)
    for wrong in wrong_forms(form):
        found = point.of_wrong(wrong.form).gradients
        assert any(differ(found[name], point.found.gradients[name]) for name in found), wrong


def differ(one, other):
    return any(a.value != b.value for a, b in zip(one.flat, other.flat, strict=True))


@pytest.mark.parametrize("loss", [None, "cross-entropy"])
def test_the_judge_refuses_every_wrong_form(loss):
    for wrong in wrong_forms(closed_form("rnn", loss=loss)):
        judge = Judge(wrong.form, SIZES)
        assert not all(judge.holds(name) for name in judge.claims), wrong


@pytest.mark.parametrize(
    ("cell", "settings"), [("rnn", {}), ("gru", {}), ("lstm", {"peepholes": "diagonal"})], ids=told
)
def test_the_truth_refuses_every_wrong_line(cell, settings):
    form = closed_form(cell, **settings)
    truth = Truth(of_template(form.template), Sizes({**SIZES.dimensions, "T": 3}))
    lines = {(left, right) for w in wrong_forms(form) for left, right in w.lines.items()}
    truths = [(left, right) for left, right in Roles(form).recursions.items()]
    for left, right in truths:
        truth.check(left, Equation(left, right))
    for left, right in lines:
        with pytest.raises(NotVerified):
            truth.check(left, Equation(left, right))


@every_cell
def test_wrong_numbers_come_from_the_wrong_form_itself(cell, settings):
    form = closed_form(cell, **settings)
    arguments = problem(form)
    right = form.evaluate(**arguments).gradients
    for mistake in MISTAKES.values():
        wrong = next(mistake.wrong_forms(form), None)
        if wrong is None:
            continue
        found = wrong.form.evaluate(**arguments).gradients
        assert all(found[name].shape == right[name].shape for name in right), mistake.name
        gaps = [np.max(np.abs(found[name] - right[name])) for name in right]
        assert max(gaps) > 1e-4, mistake.name


@every_cell
def test_a_wrong_form_says_which_lines_are_wrong(cell, settings):
    form = closed_form(cell, **settings)
    found = wrong_forms(form)
    assert len({frozenset(wrong.lines.items()) for wrong in found}) == len(found)
    for wrong in found:
        assert wrong.lines
        assert wrong.mistakes[0].title in wrong.text()
        assert all(left.text() in wrong.place for left in wrong.lines)
        assert all(wrong.says(line) is right for line, right in wrong.lines.items())
        letters = {name_of(s).letter for r in wrong.lines.values() for s in symbols(r)}
        known = {name_of(s).letter for s in symbols(*everything(form))}
        assert letters <= known


def everything(form: ClosedForm):
    equations = form.equations + form.adjoints
    return [e for d in equations for e in (d.left, d.right)] + list(form.gradients.values())


# -------------------------------------------------------------- as they are known from books


def wrong_lines(name, cell="lstm", **settings):
    form = closed_form(cell, loss=None, **settings)
    return [
        f"{left.text()} = {right.text()}"
        for wrong in MISTAKES[name].wrong_forms(form)
        for left, right in wrong.lines.items()
    ]


def test_the_slope_at_the_output():
    (line,) = wrong_lines("slope-at-the-output")
    assert line == "dL/dc_t = dL/dh_t ⊙ o_t ⊙ (1 - h_t²) + dL/dc_{t+1} ⊙ f_{t+1}"


def test_the_forget_path():
    assert wrong_lines("direct-path-missing") == ["dL/dc_t = dL/dh_t ⊙ o_t ⊙ (1 - tanh(c_t)²)"]
    assert wrong_lines("output-path-missing") == ["dL/dc_t = dL/dc_{t+1} ⊙ f_{t+1}"]
    (line,) = wrong_lines("carousel-gate-of-this-step")
    assert line.endswith("+ dL/dc_{t+1} ⊙ f_t")
    (line,) = wrong_lines("output-gate-missing")
    assert line == "dL/dc_t = dL/dh_t ⊙ (1 - tanh(c_t)²) + dL/dc_{t+1} ⊙ f_{t+1}"


def test_the_wrong_step():
    assert "δ_{f,t} = dL/dc_t ⊙ c_t ⊙ f_t ⊙ (1 - f_t)" in wrong_lines("delta-state-of-this-step")
    assert "dL/dW_f = Σ_{t=1}^T δ_{f,t} [h_t; x_t]ᵀ" in wrong_lines("state-of-this-step")
    found = wrong_lines("peephole-of-the-wrong-step", peepholes="diagonal")
    assert "dL/dP_o = Σ_{t=1}^T δ_{o,t} ⊙ c_{t-1}" in found
    assert "dL/dP_i = Σ_{t=1}^T δ_{i,t} ⊙ c_t" in found


def test_the_reset_gate():
    before = wrong_lines("reset-on-the-other-side", "gru", reset="after")
    assert "δ_{r,t} = (W_{gh}ᵀ δ_{g,t}) ⊙ h_{t-1} ⊙ r_t ⊙ (1 - r_t)" in before
    after = wrong_lines("reset-on-the-other-side", "gru", reset="before")
    assert "δ_{r,t} = δ_{g,t} ⊙ (W_{gh} h_{t-1}) ⊙ r_t ⊙ (1 - r_t)" in after
    assert not MISTAKES["reset-on-the-other-side"].applies(closed_form("gru", reset="none"))
    assert not MISTAKES["reset-factor-missing"].applies(closed_form("lstm", coupled=True))


def test_z_and_its_complement():
    assert "δ_{g,t} = dL/dh_t ⊙ (1 - z_t) ⊙ (1 - g_t²)" in wrong_lines("complement", "gru")
    other = closed_form("gru", loss=None, keeps="z")
    (wrong,) = MISTAKES["other-sign-of-update"].wrong_forms(closed_form("gru", loss=None))
    assert [d.right for d in wrong.form.recursions[1:3]] == [d.right for d in other.recursions[1:3]]


def test_truncation_at_two_steps_is_that_of_two_steps():
    """With T = 2 nothing is cut off; with more steps, a step hears of the next one only."""
    form = closed_form("lstm", peepholes="diagonal")
    (wrong,) = MISTAKES["truncated-at-two-steps"].wrong_forms(form)
    short, long = problem(form, t=2), problem(form, t=5)
    whole, cut = (f.evaluate(**short).gradients for f in (form, wrong.form))
    assert all(np.allclose(cut[name], whole[name], rtol=1e-12) for name in whole)
    assert not np.allclose(
        wrong.form.evaluate(**long).gradients["W_f"], form.evaluate(**long).gradients["W_f"]
    )
    last = {**long, "inputs": long["inputs"][:, :2], "targets": long["targets"][:, :2]}
    near = form.evaluate(**last).adjoints["h", 1]
    assert np.allclose(wrong.form.evaluate(**long).adjoints["h", 1], near, rtol=1e-12)


# ------------------------------------------------------------------------------ two at once


def test_two_mistakes_are_one_after_the_other():
    form = closed_form("rnn", loss=None)
    slope, path = (
        next(MISTAKES[name].wrong_forms(form))
        for name in ("slope-missing", "recurrent-path-missing")
    )
    (both,) = together(slope, path)
    assert both.names == ("slope-missing", "recurrent-path-missing")
    assert set(both.lines) == set(slope.lines) | set(path.lines)
    assert list(together(slope, slope)) == []


# --------------------------------------------------------------------- a published answer


def entries(gradients, printed):
    return {place: gradients[place[0]][place[1]] for place in printed}


def test_a_published_key_is_truncated_at_one_step():
    form, given = exercise()
    arguments = (given.parameters, given.inputs, given.targets, given.initial, given.upstream)
    (wrong,) = MISTAKES["truncated-at-one-step"].wrong_forms(form)
    for closed, printed in ((form, VERSION_3B), (wrong.form, VERSION_3)):
        found = entries(closed.evaluate(*arguments).gradients, printed)
        for place, value in printed.items():
            assert found[place] == pytest.approx(value, abs=1e-8), place


def test_only_that_mistake_prints_the_published_key():
    form, given = exercise()
    arguments = (given.parameters, given.inputs, given.targets, given.initial, given.upstream)
    explaining = []
    for wrong in wrong_forms(form):
        found = entries(wrong.form.evaluate(*arguments).gradients, VERSION_3)
        if all(abs(found[place] - value) < 1e-7 for place, value in VERSION_3.items()):
            explaining.append(wrong.names)
    assert explaining == [("truncated-at-one-step",)]


def test_the_counterexample_is_computed():
    found = lstm_key()
    assert found.wrong == pytest.approx(VERSION_3["W_f", (3, 1)], abs=1e-9)
    assert found.right == pytest.approx(VERSION_3B["W_f", (3, 1)], abs=1e-9)


# ------------------------------------------------------------------------------- the page


def test_the_page_lists_every_mistake():
    page = Path(__file__).parents[2] / "docs" / "mistakes.md"
    rows = [line for line in page.read_text().splitlines() if line.startswith("| `")]
    assert rows == [f"| `{m.name}` | {m.title} | {m.hint} |" for m in MISTAKES.values()]


def test_arguments_are_what_evaluate_takes():
    form = closed_form("gru")
    assert Arguments(**problem(form)).sizes(form.template).dimensions["B"] == 2

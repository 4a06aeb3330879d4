"""Wrong lines and wrong numbers are named: by one mistake, by a pair of them, or not at all."""

from __future__ import annotations

import numpy as np
import pytest

from derivations.bptt.evaluation import Arguments
from derivations.diagnosis import diagnosis_of, nearest_mistakes, told_differences
from derivations.diagnosis.explanation import Explainer, certificate, explain_numbers
from derivations.diagnosis.fingerprints import Point
from derivations.matrix import (
    FIRST,
    LAST,
    NEXT,
    Moment,
    at,
    instance,
    name_of,
    number,
    over_time,
    substitute,
    symbol,
    total,
)
from derivations.mistakes import MISTAKES, together, wrong_forms
from derivations.mistakes.roles import Roles
from derivations.network import of_template
from derivations.recurrence import closed_form
from derivations.truth import Truth
from tests.derivations.problems import problem
from tests.derivations.test_mistakes import CELLS, every_cell, told

LSTM = closed_form("lstm", loss=None, peepholes="diagonal")
GRU = closed_form("gru", loss=None)


def line(form, letter):
    """Return both sides of the line for the adjoint of a letter."""
    return next((d.left, d.right) for d in form.recursions if name_of(d.left).letter == letter)


def mistaken(form, name, **told):
    """Return the wrong forms of a mistake by where it was made."""
    return {wrong.where or wrong.place: wrong for wrong in MISTAKES[name].wrong_forms(form)}


# ------------------------------------------------------------------------- fingerprints


@pytest.mark.parametrize(
    ("cell", "settings"), [("gru", {}), ("rnn", {"loss": "cross-entropy"})], ids=told
)
def test_the_point_holds_what_is_true(cell, settings):
    """Adjoints come from the closed form there, and from nudging the network in `Truth`."""
    form = closed_form(cell, **settings)
    point, truth = Point(form), Truth(of_template(form.template))
    for left in Roles(form).recursions:
        for t, array in enumerate(point.arrays(left, free=True), start=1):
            expected = truth.value(left, t=t)
            assert [a.value for a in array.flat] == [a.value for a in expected.flat]


# ------------------------------------------------------------------- a wrong right side


@every_cell
def test_every_wrong_line_is_named(cell, settings):
    """Uniquely, or together with others that are the same formula in that line."""
    form = closed_form(cell, **settings)
    point = diagnosis_of(form.template).point
    for wrong in wrong_forms(form):
        for left, right in wrong.lines.items():
            found = nearest_mistakes(form, left, right)
            assert wrong.names in [one.names for one in found], wrong
            free = name_of(left).moment == Moment("t")
            for other in found:
                said = other.lines.get(left)
                if said is not None:
                    assert point.fingerprint(said, free) == point.fingerprint(right, free)


@every_cell
def test_what_is_right_is_no_mistake(cell, settings):
    form = closed_form(cell, **settings)
    for left, right in Roles(form).recursions.items():
        assert nearest_mistakes(form, left, right) == []
        assert told_differences(form, left, right) == []


def test_a_formula_written_in_another_way_is_named_all_the_same():
    left, right = line(LSTM, "a_f")
    dc, past, f, _ = right.arguments
    (found,) = nearest_mistakes(LSTM, left, past * (dc - dc * f**2))
    assert found.names == ("slope-of-another-function",)


def test_a_final_answer_is_traced_to_the_line_where_the_mistake_was_made():
    """dL/dW_f of the whole network, where the recurrent path was left out in dL/dh_t."""
    form = closed_form("rnn", loss=None)
    wrong = mistaken(form, "transpose-missing")["W_h"]
    h, a = (at(total(form.equations[i].left), Moment("t")) for i in (1, 0))
    b = total(symbol("b", ("n", "1")))
    last = form.last_adjoints[0].right
    written = {at(h, Moment("", 3)): instance(last, 3)}
    for t in (3, 2, 1):
        δ_right, h_right = wrong.form.adjoints[1].right, wrong.form.adjoints[0].right
        if t < 3:
            written[at(h, Moment("", t))] = substitute(instance(h_right, t), written.get)
        written[at(a, Moment("", t))] = substitute(instance(δ_right, t), written.get)
    answer = sum((written[at(a, Moment("", t))] for t in (1, 2)), written[at(a, Moment("", 3))])
    assert [one.names for one in nearest_mistakes(form, b, answer)] == [("transpose-missing",)]


def test_a_line_with_another_put_in_is_traced_to_it():
    """δ_f with dL/dc_t written out, and in that the output gate left out."""
    (wrong,) = mistaken(LSTM, "output-gate-missing").values()
    left, right = line(LSTM, "a_f")
    ((dc, said),) = wrong.lines.items()
    (found,) = nearest_mistakes(LSTM, left, substitute(right, {dc: said}.get))
    assert found.names == ("output-gate-missing",)


def test_only_lines_of_the_closed_form_are_diagnosed():
    h = LSTM.template.output
    assert nearest_mistakes(LSTM, h, h * h) == []
    assert told_differences(LSTM, h, h * h) == []
    stranger = total(symbol("W_q", ("n", "n")))
    assert nearest_mistakes(LSTM, stranger, stranger) == []


def test_nothing_at_all_has_no_name():
    form = closed_form("rnn", loss=None, activation="identity")
    left, _ = line(form, "h")
    assert nearest_mistakes(form, left, number(0)) == []


def test_a_block_of_a_parameter_is_a_target_too():
    form = closed_form("gru", loss=None)
    block = next(p for p in form.template.parameters if p.name == "W_z").blocks[0]
    δ, h = total(symbol("a_z", ("n", "1"), Moment("t"))), form.template.output
    right, wrong = (over_time(δ @ at(h, Moment("t", -i)).T) for i in (1, 0))
    assert nearest_mistakes(form, total(block), right) == []
    assert [w.names for w in nearest_mistakes(form, total(block), wrong)] == [
        ("state-of-this-step",)
    ]


def test_what_has_no_value_here_is_no_known_mistake():
    left, right = line(LSTM, "a_f")
    stranger = at(symbol("h", ("n", "1"), Moment("t")), Moment("k"))
    assert nearest_mistakes(LSTM, left, right * stranger) == []


# --------------------------------------------------------------- term by term, without a name


def differences_of(form, letter, change):
    left, right = line(form, letter)
    return [str(one) for one in told_differences(form, left, change(right))]


def test_a_missing_factor_is_told():
    def change(right):
        δ_o, through_h, *rest = right.arguments
        dh, o, _ = through_h.arguments
        return sum(rest, δ_o + dh * o)

    (told_difference,) = differences_of(LSTM, "c", change)
    assert told_difference == (
        "in the term dL/dh_t ⊙ o_t ⊙ (1 - tanh(c_t)²): missing factor 1 - tanh(c_t)²"
    )


def test_a_missing_term_a_sign_and_what_is_too_much_are_told():
    drop = differences_of(LSTM, "c", lambda r: sum(r.arguments[1:-1], r.arguments[0]))
    assert drop == ["a term is missing: dL/dc_{t+1} ⊙ f_{t+1}"]
    sign = differences_of(LSTM, "c", lambda r: sum(r.arguments[1:], -r.arguments[0]))
    assert sign == ["the sign of the term δ_{o,t} ⊙ P_o"]
    left, right = line(LSTM, "a_f")
    extra = differences_of(LSTM, "c", lambda r: r + at(left, NEXT))
    assert extra == ["a term too many: δ_{f,t+1}"]
    twice = differences_of(LSTM, "a_f", lambda r: 3 * r)
    assert twice == [f"in the term {right.text()}: a factor 3 too many"]


def test_a_factor_in_place_of_another_is_told_in_any_order():
    left, right = line(LSTM, "a_f")
    dc, past, f, complement = right.arguments
    now = at(past, Moment("t"))
    (told_difference,) = told_differences(LSTM, left, f * now * complement * dc)
    assert str(told_difference) == f"in the term {right.text()}: c_t in place of c_{{t-1}}"
    assert (told_difference.missing, told_difference.extra) == ((past,), (now,))


def test_sums_over_time_are_compared_inside():
    b = total(symbol("b_f", ("n", "1")))
    δ, P = total(symbol("a_f", ("n", "1"), Moment("t"))), symbol("P_f", ("n", "1"))
    (difference,) = told_differences(LSTM, b, over_time(δ * P))
    assert str(difference) == "in the term δ_{f,t}: a factor P_f too many"


# ------------------------------------------------------------------------- wrong numbers


@every_cell
def test_distinct_sizes_and_random_numbers_certify(cell, settings):
    """Every mistake is separated from the truth and from every other that is another formula."""
    form = closed_form(cell, **settings)
    found = certificate(form, Arguments(**problem(form)))
    assert found.holds, (found.unseen, found.confused)
    assert all(one.lines != other.lines for one, other in found.equivalent)


@pytest.mark.parametrize(("cell", "settings"), [CELLS[i] for i in (1, 7, 13)], ids=told)
def test_wrong_numbers_are_named(cell, settings):
    form = closed_form(cell, **settings)
    explainer = Explainer(form, Arguments(**problem(form)))
    assert explainer.explain(explainer.right).answer == "right"
    for wrong, gradients in explainer.outcomes:
        noisy = {name: array * (1 + 1e-9) for name, array in gradients.items()}
        found = explainer.explain(noisy)
        assert found.answer == "mistake"
        assert wrong.names in [one.names for one in found.candidates]
        assert len(found.wrong) > 0
        assert str(found) == found.candidates[0].text()


def test_a_pair_is_named():
    form = closed_form("gru", loss=None, reset="none")
    explainer = Explainer(form, Arguments(**problem(form)))
    single = {wrong.names[0]: wrong for wrong in explainer.mistakes if wrong.where != "everywhere"}
    for one, other in [
        ("state-of-this-step", "direct-path-missing"),
        ("slope-missing", "mean-over-time"),
        ("complement", "only-the-last-step"),
    ]:
        first, second = sorted((single[one], single[other]), key=explainer.mistakes.index)
        (pair,) = together(first, second)
        found = explainer.explain(explainer.of(pair.form).gradients)
        assert found.answer == "mistake"
        assert pair.lines in [candidate.lines for candidate in found.candidates]


def test_two_mistakes_in_one_line_are_named():
    form = closed_form("rnn", loss=None)
    explainer = Explainer(form, Arguments(**problem(form)))
    twice, transposed = (
        next(wrong for wrong in explainer.mistakes if wrong.names == (name,))
        for name in ("path-counted-twice", "transpose-missing")
    )
    (pair,) = together(twice, transposed)
    assert list(pair.lines) == list(twice.lines) == list(transposed.lines)
    found = explainer.explain(explainer.of(pair.form).gradients)
    assert found.names == ("path-counted-twice", "transpose-missing")


def test_no_mistake_is_guessed():
    """Numbers that no mistake and no pair explains stay unexplained."""
    form = closed_form("rnn", loss=None)
    arguments = Arguments(**problem(form))
    right = form.evaluate(**problem(form)).gradients
    strange = {**right, "W": right["W"] + 0.1}
    found = explain_numbers(form, arguments, strange)
    assert (found.answer, found.candidates, found.wrong) == ("unknown", (), ("W",))
    assert str(found) == "wrong in W; no known mistake"


def test_it_abstains_between_different_formulas_that_agree_on_the_input():
    """With equal weights the forget gate is the input gate: which one was it taken for?"""
    form = closed_form("lstm", loss=None)
    given = problem(form)
    parameters = given["parameters"]
    for name in ("W", "b"):
        parameters[f"{name}_i"] = parameters[f"{name}_f"]
    arguments = Arguments(**given)
    certified = certificate(form, arguments)
    assert not certified.holds
    assert certified.unseen
    assert certified.confused
    one, _ = certified.confused[0]
    found = explain_numbers(form, arguments, one.form.evaluate(**given).gradients)
    assert found.answer == "undecided"
    assert found.names == ()
    assert len(found.candidates) > 1
    assert "undecided between" in str(found)


def test_one_step_shows_nothing_of_time():
    form = closed_form("rnn", loss=None)
    found = certificate(form, Arguments(**problem(form, t=1)))
    assert {"only-the-last-step", "recurrent-path-missing", "mean-over-time"} <= {
        name for wrong in found.unseen for name in wrong.names
    }


def test_two_names_of_one_formula_are_no_doubt():
    form = closed_form("rnn", loss=None)
    wrong = mistaken(form, "immediate-for-total").popitem()[1]
    given = problem(form)
    found = explain_numbers(form, Arguments(**given), wrong.form.evaluate(**given).gradients)
    assert found.answer == "mistake"
    assert {one.names[0] for one in found.candidates} == {
        "recurrent-path-missing",
        "immediate-for-total",
    }


def test_some_of_the_gradients_are_enough():
    given = problem(GRU)
    wrong = mistaken(GRU, "slope-missing")["δ_{r,t}"]
    gradients = wrong.form.evaluate(**given).gradients
    found = explain_numbers(GRU, Arguments(**given), {"W_r": gradients["W_r"]})
    assert found.names == ("slope-missing",)


def test_what_cannot_be_compared_is_refused():
    given = problem(GRU)
    arguments = Arguments(**given)
    right = GRU.evaluate(**given).gradients
    with pytest.raises(ValueError, match="no gradient W_q; there are: W_z"):
        explain_numbers(GRU, arguments, {"W_q": right["W_z"]})
    with pytest.raises(ValueError, match=r"W_z has shape \(8, 5\), not \(5, 8\)"):
        explain_numbers(GRU, arguments, {"W_z": right["W_z"].T})
    with pytest.raises(ValueError, match="there are no gradients"):
        explain_numbers(GRU, arguments, {})


def test_not_a_number_is_wrong_and_not_explained():
    form = closed_form("rnn", loss=None)
    given = problem(form)
    right = form.evaluate(**given).gradients
    found = explain_numbers(form, Arguments(**given), {"b": np.full_like(right["b"], np.nan)})
    assert found.answer == "unknown"


def test_first_and_last_step_are_told_apart():
    b = total(symbol("b_z", ("n", "1")))
    δ = total(symbol("a_z", ("n", "1"), Moment("t")))
    named = [nearest_mistakes(GRU, b, instance(δ, t))[0].names for t in (FIRST, LAST)]
    assert named == [("only-the-first-step",), ("bias-not-summed",)]

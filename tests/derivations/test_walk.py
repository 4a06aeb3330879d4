"""The cursor: where it goes, what it tells, and that it shows itself everywhere."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import numpy as np
import pytest

import derivations
from autograd_rnn import GRUCell, LSTMCell, unroll
from derivations import derive, walk
from derivations.step import Derivation, Lines
from derivations.typography.characters import columns
from derivations.walking.rules import UnknownRule
from derivations.walking.third_column import NoNumbers


@pytest.fixture(scope="module")
def lstm() -> Derivation:
    return derive("lstm", wrt="W_f")


@pytest.fixture
def w(lstm):
    return walk(lstm)


# ------------------------------------------------------------------------------------- moving


def test_it_begins_with_what_is_wanted_and_given(w, lstm):
    shown = repr(w)
    assert w.line is None
    assert "Wanted: dL/dW_f" in shown
    assert "c_t = f_t ⊙ c_{t-1}" in shown
    assert f"0/{len(lstm)}" in shown
    assert lstm[-1].after.text() not in shown  # the result is not told


def test_next_shows_every_line_once_in_its_order(w, lstm):
    for number, step in enumerate(lstm, start=1):
        page = w.next()
        assert w.line is step
        assert repr(page).startswith(f"{number} of {len(lstm)}: {step.rule}")
        assert f"{number}/{len(lstm)}" in repr(w)
    assert w.done
    assert "complete" in repr(w.next())
    assert w.line is lstm[-1]


def test_a_line_does_not_repeat_what_the_line_before_came_to():
    w = walk("cross-entropy")
    w.next()
    first = w.line.after.text()
    assert first not in repr(w.next())
    assert w.line.before.text() == first


def test_back_and_the_beginning(w, lstm):
    w.next()
    w.next()
    assert "1 of" in repr(w.back())
    assert w.line is lstm[0]
    assert "Wanted" in repr(w.back())
    assert "Wanted" in repr(w.back())


def test_all_goes_to_the_end_and_shows_the_result(w, lstm):
    w.next()
    shown = repr(w.all())
    assert f"2 of {len(lstm)}" in shown
    assert "1 of" not in shown
    assert "Result" in shown
    assert w.done


def test_two_walks_do_not_know_of_each_other(lstm):
    one, other = walk(lstm), walk(lstm)
    one.next()
    one.understand("gather")
    assert other.line is None
    other.all()
    assert one.line is lstm[0]


def test_a_topic_can_be_walked_by_its_name_and_options():
    w = walk("gru", wrt="W_r", variant="reset-after", notation="ng")
    assert "dJ/dW_r" in repr(w)
    with pytest.raises(TypeError, match="wrt come too late"):
        walk(derive("xavier"), wrt="W")
    with pytest.raises(derivations.UnknownTopic):
        walk("lstmm")


# ------------------------------------------------------------------------------------ sub-steps


def test_expand_opens_the_details_of_a_line(w, lstm):
    assert "no line yet" in repr(w.expand())
    w.next()
    assert "no sub-steps" in repr(w.expand())
    w.next()
    assert "4 sub-steps" in repr(w.expand())
    inner = [w.next() and w.line for _ in range(4)]
    assert tuple(inner) == lstm[1].substeps
    w.next()
    assert w.line is lstm[2]
    w.back()
    assert w.line is lstm[1].substeps[-1]


# ---------------------------------------------------------------------------------------- rules


@pytest.mark.parametrize(
    ("name", "number"),
    [("Adjoint of the cell state", 2), ("cell state", 2), ("gather", -1), ("sum over time", -1)],
)
def test_rule_goes_to_the_next_line_by_that_rule(w, lstm, name, number):
    w.rule(name)
    assert w.line is lstm[number]


def test_the_chain_rule_is_known_by_its_own_name(w, lstm):
    w.rule("chain")
    assert w.line is lstm[1]
    w.rule("chain")
    assert w.line is lstm[2]


def test_a_rule_of_details_opens_them(w, lstm):
    w.rule("through the candidate")
    assert w.line in lstm[-2].substeps[1].substeps
    assert repr(w).split("\n")[1].startswith("5.2.2 of 6")


def test_a_rule_may_be_known_by_its_reason(w):
    w.rule("slope of tanh")
    assert "slope of tanh" in w.line.why


def test_an_unknown_rule_names_the_nearest(w):
    with pytest.raises(UnknownRule, match="nearest is 'Gather W_f over time'") as caught:
        w.rule("gadder w_f")
    assert isinstance(caught.value, LookupError)
    assert w.line is None
    with pytest.raises(UnknownRule):
        w.understand("quotient")
    with pytest.raises(UnknownRule):
        w.rule("")


def test_no_line_ahead_by_a_rule(w):
    w.all()
    assert "No line ahead" in repr(w.rule("who reads"))


def test_what_is_understood_passes_silently_but_the_end_does_not(w, lstm):
    assert "pass silently" in repr(w.understand("adjoint"))
    w.next()
    page = repr(w.next())
    assert w.line is lstm[-1]
    assert "Passed silently: Adjoint of the hidden state" in page
    w.understand("gather")
    w.back()
    assert w.line is lstm[0]
    w.next()
    assert w.line is lstm[-1]


# ------------------------------------------------------------------------------------ questions


def test_hints_say_more_each_time_and_do_not_move(w, lstm):
    w.next()
    told = [repr(w.hint()) for _ in range(6)]
    step = lstm[1]
    assert step.rule in told[0]
    assert step.why[:30] in told[1]
    assert "n × 1" in told[3]
    assert all(step.after.text() not in one for one in told[:5])
    assert "δ_{f,t+1}" in told[4]
    assert "dL/dh_t = ∂⁺ℓ_t/∂h_t" in told[5]
    assert repr(w.hint()) == told[5]
    assert w.line is lstm[0]


def test_hints_start_again_at_every_line(w, lstm):
    w.hint()
    w.hint()
    w.next()
    assert "Hint 1" in repr(w.hint())
    w.all()
    assert "no next line" in repr(w.hint())


def test_why_says_the_reason_and_on_whose_word(w):
    assert "no line yet" in repr(w.why())
    w.next()
    told = " ".join(repr(w.why()).split())
    assert "Werbos 1990" in told
    assert "✓ derived" in told
    assert "valid for all sizes" in told
    told = " ".join(repr(walk("xavier").rule("cross terms")).split())
    assert "both are 0" in told


def test_why_names_the_assumptions():
    w = walk("xavier")
    w.rule("cross terms")
    assert "zero-mean weights" in repr(w.why())


def test_remaining_lists_rules_and_no_formulas(w, lstm):
    told = repr(w.remaining())
    assert told.startswith(f"{len(lstm)} lines to go")
    assert lstm[-1].rule in told
    assert "Σ" not in told
    w.all()
    assert "Nothing is left" in repr(w.remaining())


def test_symbols_have_shapes_and_meanings_in_the_letters_of_the_notation():
    told = repr(walk("lstm", wrt="W_f").symbols())
    assert "n × n+m" in told
    assert "weights of the forget gate" in told
    assert "h_{t-1}" in told
    told = repr(walk("lstm", wrt="W_f", notation="ng").symbols())
    assert "Γ_f^⟨t⟩" in told
    assert "dJ/d" in told
    assert "h_{t-1}" not in told
    assert "n_in" in repr(walk("xavier").symbols())


# --------------------------------------------------------------------------------- with numbers


def _run(cell, batch=2, steps=4, **more):
    xs = np.random.default_rng(1).normal(size=(batch, steps, 3))
    return xs, unroll(cell, xs, **more)


def _numbers(shown: str, name: str) -> np.ndarray:
    """Read the matrix of this name out of a third column."""
    rows = re.findall(rf"^ *{re.escape(name)} += \[(-?\d.*)\]$", shown, re.MULTILINE)
    (body,) = set(rows)
    return np.array([[float(n) for n in line.split(",")] for line in body.split(";")])


def test_the_third_column_has_the_numbers_of_the_engine(lstm):
    cell = LSTMCell.init(inputs=3, hidden=2, rng=0)
    state = tuple(np.random.default_rng(2).normal(size=(2, 2, 2)))
    xs, run = _run(cell, state=state)
    w = walk(lstm).with_numbers(run, example=1)
    alone = unroll(cell, xs[1:], state=tuple(s[1:] for s in state))
    alone.stacked.sum().backward()
    shown = repr(w.all())
    assert "example 2 of 2, the loss being the sum of all entries of h_t" in " ".join(shown.split())
    np.testing.assert_allclose(_numbers(shown, "dL/dW_f"), cell.W_f.grad, rtol=1e-3)


def test_the_third_column_in_another_notation(lstm):
    _, run = _run(LSTMCell.init(inputs=3, hidden=2, rng=0), batch=1)
    w = walk(lstm.in_notation("ng")).with_numbers(run)
    w.rule("cell state")
    assert "dJ/dc^⟨1⟩" in repr(w)
    assert "entries of a^⟨t⟩" in " ".join(repr(w).split())
    assert "⋮" not in repr(w)


def test_long_runs_and_wide_layers_are_elided(lstm):
    _, run = _run(LSTMCell.init(inputs=3, hidden=9, rng=0), batch=1, steps=6)
    shown = repr(walk(lstm).with_numbers(run).rule("cell state"))
    assert "⋮" in shown
    assert "…" in shown


def test_a_mapping_of_arrays_with_a_loss_of_its_own():
    from derivations import closed_form

    rng = np.random.default_rng(3)
    form = closed_form("rnn", loss="cross-entropy")
    shapes = {"W": (2, 5), "b": (2,), "W_y": (4, 2), "b_y": (4,)}
    given = {
        "parameters": {name: rng.normal(size=shape) for name, shape in shapes.items()},
        "inputs": rng.normal(size=(1, 3, 3)),
        "targets": np.eye(4)[[[0, 2, 1]]],
        "initial": {"h": rng.normal(size=(1, 2))},
    }
    shown = repr(walk("rnn", wrt="W", loss="cross-entropy").with_numbers(given).all())
    expected = form.evaluate(**given).gradients["W"]
    np.testing.assert_allclose(_numbers(shown, "dL/dW"), expected, rtol=1e-3)


def test_other_networks_take_their_arrays_by_their_letters():
    rng = np.random.default_rng(4)
    Q, K, V = (rng.normal(size=shape) for shape in ((2, 4), (3, 4), (3, 5)))
    shown = repr(walk("attention").with_numbers({"Q": Q, "K": K, "V": V, "κ": 0.5}).all())
    e = np.exp(Q @ K.T / 2)
    A = e / e.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(_numbers(shown, "dL/dV"), A.T @ np.ones((2, 5)), rtol=1e-3)
    U, v = rng.normal(size=(4, 3)), rng.normal(size=3)
    shown = repr(walk("skip-gram").with_numbers({"U": U, "v": v, "y": np.eye(4)[1]}).all())
    assert "the loss being" not in shown  # it has a loss of its own


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"W_q": np.ones((2, 2))}, "no 'W_q'; there are: W_z, W_r, W_g"),
        ({"inputs": np.ones((1, 4, 7))}, "m is|columns"),
        ({"upstream": np.ones((1, 2, 2))}, "T is 4 in one array and 2 in another"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(change, message):
    _, run = _run(GRUCell.init(inputs=3, hidden=2, rng=0), batch=1)
    with pytest.raises(NoNumbers, match=message):
        walk("gru", wrt="W_r").with_numbers(run, **change)


def test_numbers_that_are_missing_are_named():
    w = walk("rnn", wrt="W").with_numbers({"inputs": np.ones((1, 3, 3)), "W": np.ones((2, 5))})
    with pytest.raises(NoNumbers, match="does not say what b is"):
        w.all()
    _, run = _run(GRUCell.init(inputs=3, hidden=2, rng=0))
    with pytest.raises(NoNumbers, match="no example 3"):
        walk("gru").with_numbers(run, example=3)
    with pytest.raises(NoNumbers, match="not about a network"):
        walk("xavier").with_numbers({})


# -------------------------------------------------------------------------------- keeping a place


def test_a_saved_walk_goes_on_where_it_was(tmp_path):
    file = tmp_path / "walk.json"
    w = walk("gru", wrt="W_r", variant="reset-after", steps=2, notation="ng")
    w.next()
    w.next()
    w.expand()
    w.next()
    w.understand("gather")
    w.hint()
    assert str(file) in repr(w.save(file))
    again = walk.load(file)
    assert repr(again) == repr(w)
    assert repr(again.hint()) == repr(w.hint())
    assert repr(again.next()) == repr(w.next())
    assert json.loads(file.read_text())["version"] == 1


def test_dropped_assumptions_are_kept(tmp_path):
    w = walk(derive("xavier").without("zero-mean weights").without("zero-mean inputs"))
    w.save(tmp_path / "w.json")
    again = walk.load(tmp_path / "w.json")
    assert again.derivation.title == w.derivation.title
    assert "zero-mean weights" in again.derivation.title


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("not json", "no saved walk"),
        ("[]", "no saved walk"),
        ('{"format": "other"}', "no saved walk"),
        ('{"format": "autograd-rnn walk", "version": 9}', "version 9"),
        ('{"format": "autograd-rnn walk", "version": 1}', "missing"),
    ],
)
def test_other_files_are_refused(tmp_path, content, message):
    file = tmp_path / "w.json"
    file.write_text(content)
    with pytest.raises(ValueError, match=message):
        walk.load(file)


def test_a_place_that_there_is_not_is_refused(tmp_path):
    file = tmp_path / "w.json"
    walk("rnn", wrt="W").save(file)
    content = json.loads(file.read_text()) | {"at": "77"}
    file.write_text(json.dumps(content))
    with pytest.raises(ValueError, match="no line '77'"):
        walk.load(file)


def test_a_derivation_of_ones_own_cannot_be_made_again(tmp_path, lstm):
    own = Derivation("own", "Own", Lines(lstm.statement), lstm.steps)
    with pytest.raises(ValueError, match="not made by derive"):
        walk(own).save(tmp_path / "w.json")


# ------------------------------------------------------------------------------------ showing


class Printer:
    """What IPython hands to `_repr_pretty_`."""

    def text(self, words: str) -> None:
        self.words = words


def _everything(w):
    yield w
    for method in ("next", "hint", "why", "remaining", "symbols", "expand", "page", "back", "all"):
        yield getattr(w, method)()
    yield w.understand("adjoint")
    yield w.answer("δ_t = nonsense")
    yield w.answer("dL/dh_t = h_t")
    yield w.witness()


def test_every_answer_shows_itself_everywhere():
    for shown in _everything(walk("rnn", wrt="W")):
        printer = Printer()
        shown._repr_pretty_(printer, False)
        assert printer.words == repr(shown)
        html = shown._repr_html_()
        body = html[html.index("<article") :]
        ElementTree.fromstring(body.replace("&nbsp;", " "))
        latex = shown._repr_latex_()
        assert latex is None or latex.startswith("$\\displaystyle ")


@pytest.mark.parametrize("topic", ["lstm", "xavier", "cross-entropy", "attention"])
def test_nothing_is_wider_than_a_terminal(topic):
    w = walk(topic)
    pages = [w, w.symbols(), w.remaining(), w.all()]
    assert max(columns(line) for page in pages for line in repr(page).split("\n")) <= 100


def test_a_notebook_gets_mathematics(w):
    w.next()
    assert "<math" in w._repr_html_()
    assert "\\begin{aligned}" in w._repr_latex_()


def test_tab_finds_the_methods(w):
    names = {name for name in dir(w) if not name.startswith("_")}
    asked = "next back all hint why remaining rule understand expand with_numbers save load answer"
    assert names >= {*asked.split(), "symbols"}
    assert "walk" in dir(derivations)
    assert "lstm" in derive()._ipython_key_completions_()


def test_the_package_is_named_alike_in_both_places():
    import autograd_rnn

    assert autograd_rnn.walk is derivations.walk
    assert autograd_rnn.derive is derivations.derive

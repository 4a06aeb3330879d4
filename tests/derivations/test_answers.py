"""What is said to a student's line: never wrong of what is right, and wrong with a witness."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derivations import derive, walk
from derivations.equivalence import Different, Undecided
from derivations.step import Equation, Lines

LSTM = derive("lstm", wrt="W_f")
DELTA_F = "dL/dc_t ⊙ c_{t-1} ⊙ f_t ⊙ (1 - f_t)"
CELL_STATE = r"\frac{dL}{dh_t} \odot o_t \odot (1-\tanh(c_t)^2) + \frac{dL}{dc_{t+1}} \odot f_{t+1}"


def at_line(number: int):
    w = walk(LSTM)
    for _ in range(number):
        w.next()
    return w


def answered(text: str, after: int = 1):
    return at_line(after).answer(text)


# ------------------------------------------------------------------------------------------ equal


@pytest.mark.parametrize(
    "text",
    [
        f"δ_{{f,t}} = {DELTA_F}",
        "delta_f,t = dL/dc_t * c_{t-1} * f_t * (1 - f_t)",
        r"\delta_{f,t} = \frac{dL}{dc_t} \odot c_{t-1} \odot f_t \odot (1 - f_t)",
        "δ_{f,t} = f_t ⊙ dL/dc_t ⊙ (c_{t-1} - f_t ⊙ c_{t-1})",
        "∂L/∂a_{f,t} = ∂L/∂c_t ⊙ c_{t-1} ⊙ f_t ⊙ (1 - f_t)",
        "δ_{f,t} = dL/dc_t ⊙ c_{t-1} ⊙ σ(a_{f,t}) ⊙ σ(-a_{f,t})",
        "δ_{f,t+1} = dL/dc_{t+1} ⊙ c_t ⊙ f_{t+1} ⊙ (1 - f_{t+1})",
        DELTA_F,
    ],
)
def test_the_next_line_in_many_ways(text):
    w = at_line(3)
    answer = w.answer(text)
    assert answer.kind == "equal"
    assert answer.is_next
    assert answer.line == "4"
    assert w.line is LSTM[3]
    assert "the next line" in repr(answer)


def test_a_later_line_and_the_result_do_not_move_the_walk():
    w = at_line(1)
    answer = w.answer(r"\frac{dL}{dc_t} = " + CELL_STATE)
    assert (answer.kind, answer.line, answer.is_next) == ("equal", "3", False)
    answer = w.answer("dL/dW_f = Σ_t δ_{f,t} [h_{t-1}; x_t]ᵀ")
    assert (answer.line, answer.is_result) == ("6", True)
    answer = w.answer("Σ_t δ_{f,t} [h_{t-1}; x_t]ᵀ")  # the final answer, without its left side
    assert (answer.line, answer.is_result) == ("6", True)
    assert w.line is LSTM[0]


def test_a_line_that_stands_there_already():
    assert "stands there already" in repr(answered(f"δ_{{f,t}} = ({DELTA_F})", after=5))


def test_one_of_several_equations_and_all_of_them():
    w = walk("rnn", wrt="W")
    lines = w.derivation[0].after.text().split("\n")
    one = w.answer(lines[0])
    assert "one of the equations" in repr(one)
    assert not one.is_next
    assert w.line is None
    assert w.answer("\n".join(lines)).is_next
    assert w.line is w.derivation[0]
    w.back()
    assert not w.answer(f"{lines[0]}\n{lines[0]}").is_next


def test_what_is_true_but_not_worked_out_is_said_to_be():
    answer = answered("δ_{f,t} = (∂⁺f_t/∂a_{f,t})ᵀ ((∂⁺c_t/∂f_t)ᵀ dL/dc_t)", after=3)
    assert answer.kind == "equal"
    assert not answer.is_next
    assert "slopes" in repr(answer)


def test_what_is_true_but_no_line_is_said_to_be():
    answer = answered("c_t - i_t ⊙ g_t = f_t ⊙ c_{t-1}")
    assert answer.kind == "equal"
    assert answer.line is None
    assert "no line" in repr(answer)


# -------------------------------------------------------------------------------------- different


def test_a_wrong_line_has_a_witness_that_can_be_computed_again():
    answer = answered("c_t = f_t ⊙ c_t")
    assert answer.kind == "undecided"  # it says nothing of c_t
    w = at_line(1)
    answer = w.answer("h_t = o_t")
    assert answer.kind == "different"
    witness = answer.finding.witness
    assert isinstance(answer.finding, Different)
    t, (i, _) = witness.indices["t"], witness.element
    given = {name: np.array(rows) for name, rows in witness.given.items()}
    h, c = given["h_0"], given["c_0"]
    for s in range(1, t + 1):
        a = {
            q: given[f"W_{{{q}h}}"] @ h + given[f"W_{{{q}x}}"] @ given[f"x_{s}"] + given[f"b_{q}"]
            for q in "fiog"
        }
        f, i_, o = (1 / (1 + np.exp(-a[q])) for q in "fio")
        c = f * c + i_ * np.tanh(a["g"])
        h = o * np.tanh(c)
    assert float(witness.left) == pytest.approx(h[i - 1, 0])
    assert float(witness.right) == pytest.approx(o[i - 1, 0])
    assert "W_{fh}" in repr(w.witness())
    assert w.line is LSTM[0]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("dL/dh_t = ∂⁺ℓ_t/∂h_t", "immediate derivative, not the total one"),
        ("δ_{f,t} = dL/dc_t ⊙ c_t ⊙ f_t ⊙ (1 - f_t)", "step"),
        ("δ_{f,t} = dL/dc_t ⊙ c_{t-1}", "activation"),
        ("dL/dW_f = δ_{f,t} [h_{t-1}; x_t]ᵀ", "sum"),
        (f"δ_{{f,t}} = -({DELTA_F})", "sign"),
        (f"δ_{{f,t}} = 2 ({DELTA_F})", "factor 2"),
        ("dL/dW_f = Σ_t [h_{t-1}; x_t] δ_{f,t}ᵀ", "transposed"),
        ("Σ_t [h_{t-1}; x_t] δ_{f,t}ᵀ", "transposed"),
    ],
)
def test_the_nearest_known_mistake_is_named(text, mistake):
    answer = answered(text)
    assert answer.kind == "different"
    assert any(mistake in words for words in answer.mistakes)
    assert mistake in " ".join(repr(answer).split())


def test_mistakes_are_named_in_other_topics_too():
    answer = walk("attention").answer("dL/dV = -Aᵀ dL/dY")
    assert answer.mistakes == ("The sign is the other one.",)


def test_a_wrong_shape_is_told():
    answer = answered("dL/dc_t = W_f")
    assert answer.kind == "different"
    assert "n × n+m" in repr(answer)


def test_in_another_notation_nothing_is_said_in_the_letters_of_the_house():
    w = walk(LSTM.in_notation("ng"))
    answer = w.answer("δ_f^<t> = dJ/dc^<t> * c^<t> * Γ_f^<t> * (1 - Γ_f^<t>)")
    assert answer.kind == "different"
    assert "δ_f^⟨t⟩" in repr(answer)
    assert "δ_{f,t}" not in repr(answer)
    line = LSTM.in_notation("ng")[3].after
    assert w.answer(f"{line.left.text()} = ({line.right.text()})").line == "4"
    assert w.answer(line.latex()).line == "4"


# -------------------------------------------------------------------------------------- undecided


@pytest.mark.parametrize(
    "text",
    [
        "tanh(c_t) = (exp(c_t) - exp(-c_t)) / (exp(c_t) + exp(-c_t))",
        "exp(c_t + h_t) = exp(c_t) ⊙ exp(h_t)",
        "dL/dc_t = dL/dc_t",
        "dL/dh_t ≤ dL/dc_t",
        "dL/dc_t",
    ],
)
def test_what_cannot_be_decided_is_not_called_wrong(text):
    answer = answered(text)
    assert answer.kind == "undecided"
    assert isinstance(answer.finding, Undecided)
    assert "does not mean wrong" in repr(answer)


def test_a_line_that_needs_an_assumption_is_judged_under_it():
    """p - y is right where the targets sum to one, and the sign is wrong there too."""
    w = walk("cross-entropy")
    right = w.answer("dL/dz = -(y - p)")
    assert (right.kind, right.line) == ("equal", str(len(w.derivation)))
    assert "sum to one" in repr(right)
    wrong = w.answer("dL/dz = y - p")
    assert wrong.kind == "different"
    assert np.sum(wrong.finding.witness.given["y"]) == pytest.approx(1)
    general = w.answer("dL/dz = (𝟏_kᵀ y) ⊙ p - y + 0 * p")
    assert general.kind == "equal"
    assert int(general.line) < len(w.derivation)


# ----------------------------------------------------------------------------------- a student's ∂


def test_a_bare_partial_is_told_which_one_it_is():
    answer = answered(r"\frac{\partial L}{\partial c_t} = " + CELL_STATE)
    assert answer.kind == "equal"
    assert "total derivative d" in repr(answer)
    w = walk("rnn", wrt="W", loss="cross-entropy")
    answer = w.answer("∂ℓ_t/∂h_t = W_y.T @ (p_t - y_t)")
    assert answer.kind == "equal"
    assert "immediate derivative ∂⁺" in repr(answer)
    answer = w.answer("∂ℓ_t/∂h_t = h_t")
    assert answer.kind == "different"
    assert "and as the immediate one" in repr(answer)


# ----------------------------------------------------------------------------------- not a formula


@pytest.mark.parametrize(
    "text",
    ["", "(", "dL/dW_f = Σ_t (δ_{f,t}", "__import__('os')", "9**9**9**9", "h_t[0]", "(" * 10**5],
)
def test_what_cannot_be_read_is_answered_with_a_caret(text):
    answer = answered(text)
    assert answer.kind == "unreadable"
    assert repr(answer).rstrip().endswith("^")


def test_too_many_lines_are_not_judged():
    assert answered("h_t\n" * 1000).kind == "undecided"


TERMS = [
    *("dL/dh_t", "δ_{f,t}", "h_t", "h_{t-1}", "x_t", "W_{fh}", "L", "ℓ_t", "∂L/∂c_t", "c_0", "f_2"),
    *("2", "1/3", "dL/dW_f", "0"),
]
SIGNS = [
    *("=", "≤", "+", "-", "*", "⊙", "@", "/", ".T", "²", "**", "(", ")", "[", ";", "]", "Σ_t"),
    *("tanh(", "exp(", "log(", "relu(", "√(", "diag(", "tr(", "\\frac{", "}"),
]
TERM = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "-", "tanh", "exp", "log", "√", "σ"]),
    st.sampled_from(TERMS).map("({})".format),
    st.sampled_from(["", "²", ".T", "**-1"]),
)
CLAIM = st.builds(
    "{} = {} {} {}".format, st.sampled_from(TERMS), TERM, st.sampled_from("+-*/@"), TERM
)
JUMBLE = st.lists(st.sampled_from([*TERMS, *SIGNS, "\n"]), max_size=8).map(" ".join)


@settings(max_examples=80)
@given(CLAIM | TERM | JUMBLE)
def test_nothing_that_is_typed_raises_or_moves_without_reason(text):
    w = at_line(2)
    answer = w.answer(text)
    assert answer.kind in ("equal", "different", "undecided", "unreadable")
    assert (w.line is LSTM[1]) != answer.is_next
    assert repr(answer)


# ---------------------------------------------------------------------------------- about chance


@pytest.mark.parametrize(
    ("text", "kind", "line"),
    [
        ("Var(w) = 2 / (n_in + n_out)", "equal", True),
        ("a = sqrt(6) / sqrt(n_in + n_out)", "equal", True),
        (r"a = \sqrt{\frac{6}{n_{in} + n_{out}}}", "equal", True),
        ("2/(n_in + n_out)", "equal", True),
        ("n_in Var(w) = 1", "equal", True),
        ("Var(w) = 1/(n_in + n_out)", "different", False),
        ("a = 6/(n_in + n_out)", "different", False),
        ("1/(n_in + n_out)", "undecided", False),
        ("E[w²] = Var(w) + E[w]²", "undecided", False),
        ("Var(w) = 2/(n_in + n_out", "unreadable", False),
    ],
)
def test_closed_forms_about_chance(text, kind, line):
    answer = walk("xavier").answer(text)
    assert answer.kind == kind
    assert bool(answer.line) == line


def test_a_witness_about_chance_has_numbers():
    answer = walk("xavier").answer("Var(w) = 1/(n_in + n_out)")
    given = answer.finding.witness.given
    total = given["n_in"] + given["n_out"]
    assert float(answer.finding.witness.right) == pytest.approx(1 / total)
    assert float(answer.finding.witness.left) == pytest.approx(2 / total)


def test_counts_are_compared_by_algebra():
    w = walk("parameter-counts")
    answer = w.answer("LSTM = 4 (n + m + 1) n")
    assert answer.kind == "equal"
    assert w.answer("LSTM = 4 n").kind != "equal"


# ------------------------------------------------------------------------- every line there is


def _single_equations(derivation):
    for step in derivation:
        lines = step.after.lines if isinstance(step.after, Lines) else (step.after,)
        yield from (line for line in lines if isinstance(line, Equation) and line.relation == "=")


def _never_misjudged(topic: str) -> None:
    """A line in other characters is never different, and with 7 added never equal."""
    w = walk(topic)
    for line in _single_equations(w.derivation):
        if "∞" in line.text():  # ∞ + 7 is ∞
            continue
        left, right = line.left.text(), line.right.text()
        assert walk(w.derivation).answer(f"{left} = {right}").kind == "equal"
        assert w.answer(f"{left} = ({right})").kind != "different", line
        assert w.answer(f"{left} = ({right}) + 7").kind != "equal", line


@pytest.mark.parametrize("topic", ["rnn", "cross-entropy", "attention", "xavier", "weight-decay"])
def test_no_line_is_misjudged(topic):
    _never_misjudged(topic)


@pytest.mark.slow
@pytest.mark.parametrize("topic", derive())
def test_no_line_of_the_catalogue_is_misjudged(topic):
    _never_misjudged(topic)

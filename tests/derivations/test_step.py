import dataclasses

import pytest

from derivations.step import (
    Derivation,
    Equation,
    Formula,
    Lines,
    Step,
    UnverifiedStep,
    Verdict,
    Words,
    numbered,
)

VERDICT = Verdict("derived", by="the lemma")


def step(after="b", rule="rule", why="a reason of its own", verdict=VERDICT, **more):
    return Step(rule, Words("a"), Words(after), why, verdict, **more)


def derivation(*steps):
    return Derivation("topic", "Title", Words("statement"), steps)


@pytest.mark.parametrize(
    "formula",
    [Words("given"), Equation(Words("a"), Words("b")), Lines(Words("a"), Words("b"))],
)
def test_what_can_be_shown_is_a_formula(formula):
    assert isinstance(formula, Formula)


def test_relations_stand_below_each_other():
    lines = Lines(Equation(Words("long"), Words("b")), Equation(Words("c"), Words("d"), "≤"))
    assert lines.text() == "long = b\n   c ≤ d"
    assert lines.latex().count("&") == 2
    assert r"&\leq" in lines.latex()
    assert lines.mathml().count("<mtr>") == 2


def test_words_are_harmless_in_every_hand():
    words = Words(r"50% of <x> & {y}_z ^ ~ \n")
    assert words.latex() == (
        r"\text{50\% of \(<\)x\(>\) \& \{y\}\_z "
        r"\textasciicircum{} \textasciitilde{} \textbackslash{}n}"
    )
    assert words.mathml() == r"<mtext>50% of &lt;x&gt; &amp; {y}_z ^ ~ \n</mtext>"


def test_an_unknown_relation_is_refused():
    with pytest.raises(ValueError, match="'<<' is not one of: ="):
        Equation(Words("a"), Words("b"), "<<")


def test_no_lines_are_refused():
    with pytest.raises(ValueError, match="at least one"):
        Lines()


@pytest.mark.parametrize(
    ("kind", "stated", "missing"),
    [
        ("derived", {"by": ""}, "by"),
        ("exact", {"by": "full diff"}, "sizes"),
        ("tested", {"by": "field"}, "sizes and error_bound"),
        ("tested", {"by": "field", "sizes": "n = 2"}, "error_bound"),
        ("proved", {"by": "hope"}, "not 'proved'"),
    ],
)
def test_a_verdict_must_say_how_far_it_goes(kind, stated, missing):
    with pytest.raises(ValueError, match=missing):
        Verdict(kind, **stated)


def test_a_step_without_verdict_is_refused_by_name():
    with pytest.raises(UnverifiedStep, match=r"step 2 \(second\) of 'topic'"):
        derivation(step(), step(rule="second", verdict=None))


def test_a_substep_without_verdict_is_refused_by_name():
    inner = step(rule="inner", verdict=None)
    with pytest.raises(UnverifiedStep, match=r"step 1\.2 \(inner\)"):
        derivation(step(substeps=(step(), inner)))


def test_a_step_that_changes_nothing_is_refused():
    with pytest.raises(ValueError, match="changes nothing"):
        derivation(step(after="a"))


@pytest.mark.parametrize("why", ["", "   ", "Rule", "rule "])
def test_a_step_without_a_reason_is_refused(why):
    with pytest.raises(ValueError, match="gives no reason"):
        derivation(step(why=why))


def test_a_derivation_without_steps_is_refused():
    with pytest.raises(ValueError, match="no step"):
        derivation()


def test_a_derivation_is_an_immutable_sequence_of_its_steps():
    steps = (step("b"), step("c"), step("d"))
    d = derivation(*steps)
    assert list(d) == list(steps)
    assert len(d) == 3
    assert d[-1] is steps[-1]
    assert d[1:] == steps[1:]
    assert steps[1] in d
    with pytest.raises(dataclasses.FrozenInstanceError):
        d.steps = ()
    with pytest.raises(dataclasses.FrozenInstanceError):
        d[0].rule = "another"


def test_steps_are_numbered_in_reading_order():
    inner = step(substeps=(step(),))
    numbers = [number for number, _ in numbered((step(), step(substeps=(step(), inner)), step()))]
    assert numbers == ["1", "2", "2.1", "2.2", "2.2.1", "3"]


def test_assumptions_are_listed_once_in_order_of_use():
    d = derivation(step(assumptions=("b", "a")), step(substeps=(step(assumptions=("c", "a")),)))
    assert d.assumptions == ("b", "a", "c")


def test_a_derivation_without_assumptions_has_none_to_drop():
    with pytest.raises(ValueError, match="'topic' makes no assumption"):
        derivation(step()).without("zero-mean weights")


def test_it_shows_itself_briefly_and_in_full():
    d = derivation(step(rule="The rule"))
    assert repr(d) == "<Derivation topic: 1 steps>"
    assert "The rule" in str(d)
    assert "<article" in d._repr_html_()
    assert "The rule" in str(d[0])
    assert "The rule" in d[0]._repr_html_()
    assert repr(d[0]) == "<Step: The rule (derived)>"
    assert d._repr_latex_() == r"$\displaystyle \text{statement}$"

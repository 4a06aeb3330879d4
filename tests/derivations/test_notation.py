import re
from collections import Counter
from dataclasses import replace
from itertools import product

import pytest

from derivations import derive
from derivations.chance.scalars import Variable
from derivations.matrix import (
    FIRST,
    LAST,
    NEXT,
    NOW,
    PREVIOUS,
    Expression,
    at,
    immediate,
    moving,
    name_of,
    symbol,
    total,
)
from derivations.notation import (
    Notation,
    UnknownNotation,
    Written,
    formulas_of,
    house_form,
    presets,
    symbols_of,
)
from derivations.notation.file import BadNotation
from derivations.notation.lettering import GATES, Lettering, cell_of, house_letters, split
from derivations.step import (
    Derivation,
    Equation,
    Lines,
    NotVerified,
    Step,
    Symbol,
    Verdict,
    Words,
    numbered,
)
from derivations.typography import LATEX, MATHML, TEXT
from derivations.typography.naming import Glyph
from tests.derivations.catalogue import TOPICS, derived

VARIANTS = {
    "lstm, diagonal peepholes": ("lstm", {"peepholes": "diagonal"}),
    "lstm, the seminar's": ("lstm", {"gates_read": "c", "output_activation": "identity"}),
    "gru, reset after": ("gru", {"reset": "after", "loss": "cross-entropy"}),
    "rnn, squared error": ("rnn", {"loss": "squared error"}),
}
CATALOGUE = {
    **{topic: derived(topic) for topic in TOPICS},
    **{name: derive(topic, **options) for name, (topic, options) in VARIANTS.items()},
}


def lines(topic, notation):
    return CATALOGUE[topic].in_notation(notation)[0].before.text().split("\n")


# ------------------------------------------------------------------------------- the presets


def test_every_preset_has_its_name_a_title_and_a_source():
    assert set(presets()) >= {"house", "ng", "greff", "pytorch", "keras"}
    assert set(presets()) >= {"mousavizade", "chapter3", "varma", "wang", "vitay"}
    for name in presets():
        notation = Notation.preset(name)
        assert notation.name == name
        assert notation.title
        assert notation.source


@pytest.mark.parametrize(
    ("notation", "topic", "line"),
    [
        ("ng", "lstm", "c^⟨t⟩ = Γ_f^⟨t⟩ * c^⟨t-1⟩ + Γ_u^⟨t⟩ * c̃^⟨t⟩"),
        ("ng", "lstm", "a^⟨t⟩ = Γ_o^⟨t⟩ * tanh(c^⟨t⟩)"),
        ("ng", "gru", "c^⟨t⟩ = Γ_u^⟨t⟩ * c̃^⟨t⟩ + (1 - Γ_u^⟨t⟩) * c^⟨t-1⟩"),
        ("ng", "rnn", "z_a^⟨t⟩ = W_{aa} a^⟨t-1⟩ + W_{ax} x^⟨t⟩ + b_a"),
        ("wang", "lstm", "c^⟨t⟩ = Γ_f^⟨t⟩ ⊙ c^⟨t-1⟩ + Γ_u^⟨t⟩ ⊙ c̃^⟨t⟩"),
        ("mousavizade", "gru", "z_{c,t} = W_{cc} (Γ_{r,t} · c_{t-1}) + W_{xc} x_t + b_c"),
        ("mousavizade", "lstm", "z_{c,t} = W_{ac} a_{t-1} + W_{xc} x_t + b_c"),
        ("chapter3", "rnn", "a_t = W_{hh} h_{t-1} + W_{xh} x_t + b_h"),
        ("chapter3", "lstm", "C_t = f_t * C_{t-1} + i_t * C̃_t"),
        ("chapter3", "gru", "h_t = z_t * h̃_t + (1 - z_t) * h_{t-1}"),
        ("varma", "rnn", "a_i = W Z_{i-1} + U X_i + b"),
        ("vitay", "lstm", "C_t = f_t ⊙ C_{t-1} + i_t ⊙ C̃_t"),
        ("vitay", "lstm", "a_{C,t} = W_{Ch} h_{t-1} + W_{Cx} x_t + b_c"),
        ("greff", "lstm", "z̄^t = R_z y^{t-1} + W_z x^t + b_z"),
        ("greff", "lstm", "c^t = f^t ⊙ c^{t-1} + i^t ⊙ z^t"),
        ("pytorch", "lstm", "a_{i,t} = W_{hi} h_{t-1} + W_{ii} x_t + b_{ii}"),
        ("pytorch", "gru", "h_t = z_t ⊙ n_t + (1 - z_t) ⊙ h_{t-1}"),
        ("keras", "lstm", "a_{f,t} = recurrent_kernel_f h_{t-1} + kernel_f x_t + bias_f"),
        ("keras", "gru", "h_t = z_t * hh_t + (1 - z_t) * h_{t-1}"),
    ],
)
def test_the_equations_are_in_the_letters_of_their_course(notation, topic, line):
    assert line in [found.strip() for found in lines(topic, notation)]


def test_greffs_adjoints_are_deltas_of_names():
    d = CATALOGUE["lstm, diagonal peepholes"].in_notation("greff")
    shown = [line.strip() for line in d.statement.text().split("\n")]
    assert "δz̄^t = δc^t ⊙ i^t ⊙ (1 - (z^t)²)" in shown
    assert "δp_o = Σ_{t=1}^T δō^t ⊙ c^t" in shown


def test_a_gate_may_be_written_by_itself_or_by_its_place_in_others():
    ng = Notation.preset("ng").within("lstm")
    i, a_i, W_ix = symbol("i", ("n", "1"), NOW), symbol("a_i", ("n", "1"), NOW), symbol("W_ix", ())
    assert [ng.written_name(s) for s in (i, a_i, W_ix)] == ["Γ_u^⟨t⟩", "z_u^⟨t⟩", "W_{ux}"]
    assert ng.written_name(total(a_i)) == "δ_u^⟨t⟩"
    assert ng.written_name(immediate(i), LATEX) == (
        r"\frac{\partial^{+} L^{\langle t\rangle}}{\partial \Gamma_{u}^{\langle t\rangle}}"
    )


def test_a_superscript_is_fenced_before_it_is_raised():
    h = symbol("h", ("n", "1"), PREVIOUS)
    ng = Notation.preset("ng").within("rnn")
    assert ng.of(h**2).text() == "(a^⟨t-1⟩)²"
    assert ng.of(h.T).latex() == r"\left( a^{\langle t-1\rangle} \right)^{\top}"
    assert h.T.latex() == "h_{t-1}^{\\top}"


def test_a_slope_is_its_letters_slope_in_any_notation():
    slope = symbol("h′", ("n", "1"), NOW)
    ng = Notation.preset("ng").within("rnn")
    assert ng.written_name(slope) == "a′^⟨t⟩"
    assert ng.written_name(slope, LATEX) == r"a'^{\langle t\rangle}"
    assert slope.latex() == "h_{t}'"
    assert slope.mathml() == "<msubsup><mi>h</mi><mi>t</mi><mo>′</mo></msubsup>"


def test_a_letter_that_no_notation_speaks_of_stays_as_it_is():
    assert Notation.preset("ng").within("lstm").written_name(symbol("∞_k", ("n", "1"))) == "∞_k"


# -------------------------------------------------------------------------------- injectivity


def kin(symbols):
    """Return each symbol's value and derivatives, at several moments where it has one."""
    for s in symbols:
        value = symbol(name_of(s).letter, s.shape, name_of(s).moment)
        moments = (PREVIOUS, NOW, NEXT, FIRST, LAST) if name_of(s).moment is not None else (None,)
        for moment in moments:
            moved = value if moment is None else at(value, moment)
            yield from (moved, total(moved), immediate(moved), moving(moved))


@pytest.mark.parametrize("style", [TEXT, LATEX, MATHML], ids=lambda style: type(style).__name__)
@pytest.mark.parametrize("notation", presets())
def test_no_two_symbols_of_a_derivation_are_written_alike(notation, style):
    for topic, derivation in CATALOGUE.items():
        fitted = Notation.preset(notation).fitted(derivation)
        found = {name_of(s): s for s in kin(symbols_of(*formulas_of(derivation)))}
        written = Counter(fitted.written_name(s, style) for s in found.values())
        assert [name for name, count in written.items() if count > 1] == [], topic


@pytest.mark.parametrize("notation", presets())
def test_no_two_letters_of_the_house_are_written_alike(notation):
    for cell, lettering in Notation.preset(notation).letterings.items():
        assert len({lettering.glyph(letter) for letter in house_letters(cell)}) == len(
            list(house_letters(cell))
        )
        assert lettering.alike() is None


def test_the_check_for_letters_alike_sees_accents_in_either_form():
    composed, decomposed = "ȳ", "y\u0304"
    assert composed != decomposed
    lettering = Lettering("rnn", {"h": composed, "a": decomposed})
    assert lettering.alike() == ("h", "a")


# ------------------------------------------------------------------------ formulas and back again


@pytest.mark.parametrize("notation", presets())
@pytest.mark.parametrize("topic", CATALOGUE)
def test_every_formula_remembers_the_one_it_stands_for(topic, notation):
    house = CATALOGUE[topic]
    other = house.in_notation(notation)
    for (_, before), (_, after) in zip(numbered(house.steps), numbered(other.steps), strict=True):
        assert same(house_form(after.before), before.before)
        assert same(house_form(after.after), before.after)
        assert after.verdict == before.verdict


def same(formula, other):
    """Say whether two formulas are the same objects, as far as they are made of expressions."""
    if isinstance(formula, Words):
        return isinstance(other, Words)  # words are rewritten for good
    if isinstance(formula, Expression):
        return formula is other
    return type(formula) is type(other) and str(formula) == str(other)


def test_of_works_through_equations_lines_and_bare_expressions():
    h, a = symbol("h", ("n", "1"), NOW), symbol("a", ("n", "1"), NOW)
    ng = Notation.preset("ng").within("rnn")
    assert ng.of(Lines(h, Equation(a, h + a))).text() == "a^⟨t⟩\nz_a^⟨t⟩ = a^⟨t⟩ + z_a^⟨t⟩"
    assert isinstance(ng.of(h), Written)
    assert ng.of(ng.of(h)) == ng.of(h)
    assert ng.of(Variable("w", "j")) == Variable("w", "j")


def test_the_house_is_written_as_it_always_was():
    for derivation in CATALOGUE.values():
        assert derivation.in_notation("house") is derivation
    h = symbol("h", ("n", "1"), PREVIOUS)
    for formula in (h**2, total(h), immediate(h), total(symbol("a_f", ("n", "1"), NOW))):
        written = Notation.preset("house").of(formula)
        assert written.text() == formula.text()
        assert written.latex() == formula.latex()
        assert written.mathml() == formula.mathml()


def test_a_derivation_in_one_notation_can_be_put_in_another_and_back():
    house = CATALOGUE["lstm"]
    ng = house.in_notation("ng")
    assert (ng.notation, ng.topic, len(ng)) == ("ng", house.topic, len(house))
    assert str(ng.in_notation("greff")) == str(house.in_notation("greff"))
    assert ng.in_notation("house") is house


def test_without_an_assumption_the_notation_stays():
    strong = replace(claim(), weakened=lambda assumption: claim())
    weaker = strong.in_notation("ng").without("zero-mean weights")
    assert weaker.notation == "ng"
    assert weaker.statement.text() == "a^⟨t⟩ = z_a^⟨t⟩ + z_a^⟨t⟩"


# ------------------------------------------------------------------------------- verification


def claim():
    """Return a derivation of one step, checked by comparison with its one right result."""
    h, a = symbol("h", ("n", "1"), NOW), symbol("a", ("n", "1"), NOW)
    right = Equation(h, a + a)

    def check(before, after):
        if after != right:
            raise NotVerified(f"not {after.text()}")
        return Verdict("derived", by="looking")

    why = "With h_t and δ_t, and dL/da, but n_in and a_j are no names of it; W u stays."
    step = Step.checked("Twice h", Words("given"), right, why, check, changed=a)
    symbols = (Symbol(total(a), "dL/da is written δ on [h; x]", "n × 1"),)
    return Derivation("rnn", "The letter h", right, (step,), symbols)


def test_a_rewritten_step_can_be_asked_again_and_catches_what_is_wrong():
    (step,) = claim().in_notation("ng")
    assert step.after.text() == "a^⟨t⟩ = z_a^⟨t⟩ + z_a^⟨t⟩"
    assert step.check(step.before, step.after) == step.verdict
    h = symbol("h", ("n", "1"), NOW)
    for wrong in (Equation(h, h), Notation.preset("ng").of(Equation(h, h))):
        with pytest.raises(NotVerified):
            step.check(step.before, wrong)


@pytest.mark.parametrize("topic", CATALOGUE)
def test_every_check_of_the_catalogue_goes_on_working(topic):
    for number, step in numbered(CATALOGUE[topic].in_notation("greff").steps):
        if step.check is not None and "." not in number:
            assert step.check(step.before, step.after).kind == step.verdict.kind


# -------------------------------------------------------------------------------------- prose


def test_sentences_are_rewritten_where_they_name_symbols():
    d = claim().in_notation("ng")
    assert d.title == "The letter a"
    assert d[0].rule == "Twice a"
    assert d[0].changed.text() == "z_a^⟨t⟩"
    assert d[0].why == (
        "With a^⟨t⟩ and δ_a^⟨t⟩, and dJ/dz_a, but n_in and a_j are no names of it; W u stays."
    )
    assert d.symbols[0].meaning == "dJ/dz_a is written δ on [a; x]"
    assert d.symbols[0].name.text() == "δ_a^⟨t⟩"


def test_the_share_of_a_block_is_told_in_its_letters():
    rules = [step.rule for _, step in numbered(CATALOGUE["rnn"].in_notation("varma").steps)]
    assert "Gather Θ over time" in rules
    assert "The share of W" in rules
    assert "The share of U" in rules


def test_an_index_by_another_name_is_told_by_it():
    d = CATALOGUE["rnn"].in_notation("varma")
    assert d.symbols[0].meaning == "input of step i"
    assert "from i = T down" in d[0].why
    assert repr(d.symbols[0].name) == "<X_i: m × 1>"


# ------------------------------------------------------------------------------ whose letters


@pytest.mark.parametrize(
    ("letters", "cell"),
    [
        ("W_fh x", "lstm"),
        ("a_o", "lstm"),
        ("c f", "lstm"),
        ("z h g", "gru"),
        ("W_rx h", "gru"),
        ("W_h h x b", "rnn"),
        ("c", ""),
        ("z x", ""),
        ("Q K V", ""),
        ("W_gh h", "rnn"),
    ],
)
def test_the_letters_tell_the_cell(letters, cell):
    assert cell_of(letters.split()) == cell


def test_the_catalogue_is_recognized():
    ng = Notation.preset("ng")
    for name in ("rnn", "lstm", "gru", *VARIANTS):
        topic = CATALOGUE[name].topic
        assert ng.fitted(CATALOGUE[name]).cell == topic
        assert (
            cell_of(name_of(s).letter for s in symbols_of(*formulas_of(CATALOGUE[name]))) == topic
        )
    assert ng.fitted(CATALOGUE["xavier"]).cell == ""


# ------------------------------------------------------------------------------ a file of one's own


@pytest.fixture
def load(tmp_path):
    def write(text):
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return Notation.load(path)

    return write


def test_a_file_of_ones_own_may_extend_a_preset(load):
    mine = load('title = "Mine"\nextends = "ng"\ntime = "parenthesis"\n[lstm]\nc = "s"\n')
    assert (mine.name, mine.title) == ("ng", "Mine")
    c, h = symbol("c", ("n", "1"), PREVIOUS), symbol("h", ("n", "1"), NOW)
    assert [mine.within("lstm").written_name(s) for s in (c, h)] == ["s^{(t-1)}", "a^{(t)}"]
    assert mine.within("lstm").of(c).latex() == "s^{(t-1)}"
    assert Notation.preset("ng").within("lstm").written_name(c) == "c^⟨t-1⟩"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[lstm]\nW_hf = 'V'", r"mine.toml: \[lstm\] W_hf: .* nearest is 'W_f'"),
        ("[rnn]\nhh = 'y'", r"mine.toml: \[rnn\] hh: .* nearest is 'h'"),
        ("[rnn]\nh = 'q'\na = 'q'", r"mine.toml: \[rnn\] a: h and a are both written q"),
        ("[gru]\nz = 'Γ'\nr = 'Γ'", r"mine.toml: \[gru\] r: z and r are both written Γ"),
        ("[lstm]\nh = 'c'", r"mine.toml: \[lstm\] c: h and c are both written c"),
        ("[letters]\nx = 'y'", r"mine.toml: \[letters\] y: x and y are both written y"),
        ("[rnn]\nh = 'a b'", r"mine.toml: \[rnn\] h: 'a b' is no letter"),
        ("[rnn]\nh = ''", r"mine.toml: \[rnn\] h: '' is no letter"),
        ("time = 'above'", "mine.toml: time is 'above', and not one of: subscript"),
        ("[gru]\nproduct = '**'", r"mine.toml: product is '\*\*'"),
        ("[gru]\nsubscripts = { f = 'u' }", r"\[gru\] subscripts: 'f' is not known"),
        ("[lsmt]\nh = 'y'", "mine.toml: 'lsmt' is not known there; the nearest is 'lstm'"),
        ("extends = 'mg'", "mine.toml: 'mg' is not known there; the nearest is 'ng'"),
        ("h = ", "mine.toml: Invalid value"),
    ],
)
def test_what_is_wrong_in_a_file_is_named_with_its_place(load, text, message):
    with pytest.raises(BadNotation, match=message):
        load(text)


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(BadNotation, match=r"none\.toml: .*No such file"):
        Notation.load("none.toml")


def test_an_unknown_preset_is_answered_with_the_nearest():
    with pytest.raises(UnknownNotation, match="the nearest is 'pytorch', and there are: chapter3"):
        derive("rnn").in_notation("pytorhc")


@pytest.mark.parametrize(
    ("written", "glyph"),
    [
        ("Γ_u", Glyph("Γ", "u")),
        ("c̃", Glyph("c̃")),
        ("W_hh", Glyph("W", "hh")),
        ("recurrent_kernel_f", Glyph("recurrent_kernel", "f")),
        ("y^*", Glyph("y", "", "*")),
        ("ō", Glyph("ō")),
    ],
)
def test_what_is_written_is_split_into_letter_and_scripts(written, glyph):
    assert split(written) == glyph


def test_every_gate_of_every_preset_has_letters_that_latex_and_mathml_know():
    for name, (cell, gates) in product(presets(), GATES.items()):
        lettering = Notation.preset(name).letterings[cell]
        for letter in [*house_letters(cell), *gates]:
            latex = type(LATEX)(lettering).name(letter, "t-1")
            assert latex.isascii()
            assert re.fullmatch(r"[\\{}\w^,+\-()* ]+", latex), latex

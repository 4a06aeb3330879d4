import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derivations.grammar import FormulaError, Vocabulary, parse, parse_line, read
from derivations.grammar.lexer import tokens_of
from derivations.grammar.parser import Parser
from derivations.grammar.source import MAX_LENGTH
from derivations.matrix import (
    FIRST,
    NOW,
    PREVIOUS,
    Moment,
    add,
    apply,
    at,
    below,
    beside,
    component,
    divide,
    hadamard,
    identity,
    immediate,
    inner,
    jacobian,
    largest_entry,
    largest_over,
    largest_singular_value,
    limit,
    moving,
    name_of,
    norm,
    number,
    ones,
    over,
    over_time,
    product_over,
    repeated,
    smaller,
    squared_norm,
    symbol,
    total,
    total_jacobian,
)
from derivations.notation import Notation, presets
from derivations.step import Equation
from derivations.typography import LATEX, TEXT
from tests.derivations.formulas import (
    KNOWN,
    SYMBOLS,
    R,
    U,
    W,
    a,
    a_f,
    b,
    c,
    catalogue,
    expressions,
    h,
    s,
    x,
)

# ------------------------------------------------------------------------- what is shown is read


@pytest.mark.parametrize("style", [TEXT, LATEX])
def test_every_expression_of_the_catalogue_is_read_as_it_is_shown(style):
    for found in catalogue().values():
        assert misread(Vocabulary.of(found), found, style) == []


@settings(max_examples=150)
@given(expressions)
def test_any_expression_is_read_as_it_is_shown(expression):
    known = Vocabulary.of([*SYMBOLS, expression])
    assert parse(expression.text(), known) is expression
    assert parse(expression.latex(), known) is expression


@pytest.mark.parametrize("line", ["2 (½ / h_t)", "2 (½ / h_t) ⊙ c_t", "-(2 (½ / h_t))"])
def test_two_numbers_side_by_side_are_not_shown_as_one(line):
    known = Vocabulary.of(SYMBOLS)
    read = parse(line, known)
    assert parse(read.text(), known) is read
    assert "2 ½" not in read.text()


def misread(known, found, style):
    """Return what is not read as it is shown, in the letters of a vocabulary."""
    shown = [(one, one.written(type(style)(known.naming))) for one in found]
    return [text for one, text in shown if not reads_as(text, known, one)]


def reads_as(text, known, one):
    try:
        return parse(text, known) is one
    except FormulaError as refusal:
        print(refusal)
        return False


@pytest.mark.parametrize("style", [TEXT, LATEX])
@pytest.mark.parametrize("notation", presets())
def test_every_notation_is_read_as_it_is_shown(notation, style):
    for topic in ("rnn", "unrolled", "lstm", "gru", "cross-entropy"):
        found = catalogue()[topic]
        known = Vocabulary.of(found, notation=Notation.preset(notation))
        assert misread(known, found, style) == []


@pytest.mark.slow
@pytest.mark.parametrize("notation", presets())
def test_the_whole_catalogue_in_every_notation_is_read_as_it_is_shown(notation):
    for found in catalogue().values():
        known = Vocabulary.of(found, notation=Notation.preset(notation))
        wrong = misread(known, found, TEXT) + misread(known, found, LATEX)
        assert wrong == [] or writes_two_things_alike(known)


def writes_two_things_alike(known):
    """Say whether these letters are the same for two symbols, or for a step and an exponent."""
    texts = [one.written(type(TEXT)(known.naming)) for one in known.symbols]
    times = [name_of(one).letter for one in known.symbols if name_of(one).moment]
    once = [name_of(one).letter for one in known.symbols if not name_of(one).moment]
    above = getattr(known.naming, "time", "") == "superscript"
    return len(set(texts)) < len(texts) or (above and not set(times).isdisjoint(once))


def test_a_step_above_and_an_exponent_are_not_confused():
    found = [h, symbol("h", ("n", "1"))]
    known = Vocabulary.of(found, notation=Notation.preset("greff").within("rnn"))
    assert parse("y^t", known) is h
    with pytest.raises(FormulaError, match="a step or an exponent"):
        parse("y^2", known)
    assert parse("(y)^2", known) is found[1] ** 2


def test_differentials_are_read_where_they_are_known():
    change = moving(R) @ h + R @ moving(h)
    known = Vocabulary.of([change])
    assert parse("dR h_t + R dh_t", known) is change
    assert parse(change.latex(), known) is change
    assert parse("dR", KNOWN) is total(R)
    with pytest.raises(FormulaError, match="ambiguous"):
        parse("dh_t²", known)
    assert parse("dL/dh_t", known) is total(h)


# --------------------------------------------------------------------------------- what people type


before = at(h, PREVIOUS)
READ = [
    ("(1 - h_t**2) * (R.T @ delta_t)", (1 - h**2) * (R.T @ total(a))),
    (r"(1 - h_t^2) \odot (R^\top \delta_{t})", (1 - h**2) * (R.T @ total(a))),
    (r"\left(1-h_{t}^{2}\right) .* (R' \delta_t)", (1 - h**2) * (R.T @ total(a))),
    ("W_fhᵀ δ_{f,t}", U.T @ total(a_f)),
    ("W_{fh}^T δ_f,t", U.T @ total(a_f)),
    (r"\mathbf{W}_{fh}^{\mathsf{T}} delta_f,t", U.T @ total(a_f)),
    ("h_{t-1} + h_3 + h_T + h_k + h_{T−1}", None),
    ("dL/dh_t", total(h)),
    ("dh_t", total(h)),
    ("dW_fh", total(U)),
    (r"\frac{dL}{dh_t}", total(h)),
    (r"\frac{\mathrm{d}L}{\mathrm{d}h_{t}}", total(h)),
    (r"\frac{\operatorname{d} L}{\operatorname{d} h_{t}}", total(h)),
    ("∂⁺ℓ_t/∂h_t", immediate(h)),
    ("∂+ℓ_t / ∂h_t", immediate(h)),
    (r"\frac{\partial^{+} \ell_{t}}{\partial h_{t}}", immediate(h)),
    ("∂⁺h_t/∂c_t", jacobian(h, c)),
    ("dh_t/dh_{t-1}", total_jacobian(h, before)),
    ("∂L/∂h_t", total(h)),
    (r"\frac{\partial L}{\partial h_t}", total(h)),
    ("δ_t @ h_{t-1}.T", total(a) @ before.T),
    ("h_tᵀ c_t", inner(h, c)),
    ("h_t.T @ c_t", inner(h, c)),
    ("½ ‖h_t - c_t‖²", divide(number(1), number(2)) * squared_norm(h - c)),
    (r"\tfrac{1}{2} \|h_t - c_t\|^2", divide(number(1), number(2)) * squared_norm(h - c)),
    ("0.5 ||h_t - c_t||**2", divide(number(1), number(2)) * squared_norm(h - c)),
    ("[h_{t-1}; x_t]", below(before, x)),
    ("[h_{t-1}, x_t]", below(before, x)),
    (r"\begin{bmatrix} h_{t-1} \\ x_t \end{bmatrix}", below(before, x)),
    ("[R  W_x]", beside(R, W)),
    ("[R, W_x]", beside(R, W)),
    (r"\begin{bmatrix} R & W_x \\ \end{bmatrix}", beside(R, W)),
    ("Σ_{t=1}^T δ_t", over_time(total(a))),
    ("sum_t delta_t", over_time(total(a))),
    (r"\sum_{t=1}^{T} \delta_t", over_time(total(a))),
    (r"\sum\limits_{k = 1}^{t-1} h_k", over("k", Moment("", 1), PREVIOUS, at(h, Moment("k")))),
    (r"\prod_{j=k+1}^{t} R", product_over("j", Moment("k", 1), NOW, R)),
    ("I_n - R", identity("n") - R),
    ("𝟏_n", ones("n")),
    ("[h_t - c_t]", h - c),
    ("h_t[3]", None),
    ("(h_t)[3]", component(h, 2)),
    ("W_x[1,2]", None),
    ("2 R h_t", 2 * (R @ h)),
    ("c_t * W_x @ x_t", c * (W @ x)),  # only one reading fits
    ("W_x x_t ⊙ c_t", (W @ x) * c),
    ("s_t * R @ h_t", s * (R @ h)),  # a scalar: both readings are equal
    ("R @ h_t * s_t / 3", divide(s * (R @ h), number(3))),
    ("1/2 * h_t", hadamard(divide(number(1), number(2)), h)),
    ("h_t * -c_t", -(h * c)),
    ("h_t - -c_t", h + c),
    ("tanh(a_t) + sigmoid(a_t) + \\sigma\\left(a_t\\right)", None),
    (r"R \, h_{t} \; + \quad c_t", R @ h + c),
    ("  h_t\n", h),
    ("h_t^{-1}", h**-1),
    ("3 (2^t)", 3 * repeated("s", FIRST, NOW, number(2))),
    ("‖h_t‖", norm(h)),
    ("‖R‖² + |s_t|", norm(R) ** 2 + norm(s)),
    ("max|h_t|", largest_entry(h)),
    (r"\max\left| h_t \right|", largest_entry(h)),
    (r"\sigma_{\max}(R)^{t-k}", repeated("s", Moment("k", 1), NOW, largest_singular_value(R))),
    ("min(s_t, 1)", smaller(s, number(1))),
    ("max_{1≤k≤t} ‖h_k‖", largest_over("k", FIRST, NOW, norm(at(h, Moment("k"))))),
    (r"\lim_{t \to \infty} s_t", limit("t", s)),
    (r"\sqrt{s_t} + √(s_t)", apply("√", s) + apply("√", s)),
]


@pytest.mark.parametrize(("text", "expression"), READ, ids=[text for text, _ in READ])
def test_what_people_type_is_read(text, expression):
    found = parse(text, KNOWN)
    assert expression is None or found is expression


def test_a_line_may_be_an_equation():
    assert parse_line("dR = Σ_t δ_t h_{t-1}ᵀ", KNOWN) == Equation(
        total(R), over_time(total(a) @ before.T)
    )
    assert parse_line(r"\|h_t\|^2 \leq 1", KNOWN).relation == "≤"
    assert parse_line("s_t <= 1", KNOWN).relation == "≤"
    assert parse_line("h_t", KNOWN) is h
    with pytest.raises(FormulaError, match="one expression"):
        parse("h_t = c_t", KNOWN)


def test_a_bare_partial_has_both_readings():
    reading = read("∂L/∂h_t = ∂ℓ_t/∂h_t", KNOWN)
    assert reading.bare_partial
    assert reading.formula == Equation(total(h), total(h))
    assert reading.immediate == Equation(immediate(h), immediate(h))
    jacobians = read("∂h_t/∂c_t", KNOWN)
    assert (jacobians.formula, jacobians.immediate) == (total_jacobian(h, c), jacobian(h, c))
    assert not read("dL/dh_t", KNOWN).bare_partial


# -------------------------------------------------------------------------------- what is refused


REFUSED = [
    ("h_t-1", 3, "write h_{t-1} for another step, or spaces around - for a difference"),
    ("δ_f,t+1", 5, "δ_{f,t+1}"),
    ("h_t - 1 + dh_t-1", 14, "ambiguous"),
    ("h_t[0]", 4, "counted 1, 2, 3"),
    ("h_t[h_t]", 3, "element"),
    ("2[1]", 1, "of names and of columns"),
    ("2**9**9", 4, "one exponent"),
    ("9**9**9**9", 4, "one exponent"),
    ("R^T^T", 3, "one exponent"),
    ("R^2", 1, "write @"),
    ("R²", 1, "⊙2"),
    ("h_t**65", 3, "at most 64"),
    ("((h_t**8)**8)**8", 13, "up to 64"),
    ("s_t^T", 3, "transpose"),
    ("R * h_t", 2, "write @ for the matrix product"),
    ("W_x * x_t", 4, "write @"),
    ("h_t * x_t", 4, "the shapes must be the same"),
    ("h_t c_t", 4, "write ⊙"),
    ("h_t @ c_t", 4, "write ⊙"),
    ("W_x δ_t", 4, "if the left factor is transposed"),
    ("2 @ h_t", 2, "scales with *"),
    ("R @ h_t * c_t", 8, "write (R h_t) ⊙ c_t or R (h_t ⊙ c_t)"),
    ("c_t ⊙ R h_t ⊙ h_t", 8, "ambiguous"),
    ("1/2 h_t", 4, "write (a / b) c or a / (b c)"),
    ("h_t / 0", 4, "divided by 0"),
    ("h_t + x_t", 6, "only like shapes"),
    ("Σ_t h_t + c_t", 0, "stands behind this Σ over t"),
    ("Σ_k h_k", 0, "bounds"),
    ("Σ_{t=1}^Q h_t", 0, "no index and no size"),
    ("Π_{j=1}^t h_j", 0, "square"),
    ("[R W_x]", 3, "two spaces"),
    ("[R  -U]", 4, "on both sides"),
    ("[h_t, c_t]", 0, "[a; b] for below"),
    ("[h_t; x_t, c_t]", 0, "commas alone"),
    ("h_t, c_t", 3, "between blocks"),
    ("(h_t, c_t)", 4, "between blocks"),
    ("h", 0, "has a time: write h_t"),
    ("delta", 0, "has a time: write δ_t"),
    ("h_q", 0, "no time"),
    ("U_fh", 0, "nearest"),
    ("\N{CYRILLIC SMALL LETTER A}_t", 0, "has a CYRILLIC SMALL LETTER A"),
    ("tanh h_t", 0, "parentheses"),
    ("tanh²(h_t)", 0, "parentheses"),
    ("softmax(R)", 0, "shape"),
    ("|h_t|", 0, "write ‖x‖"),
    ("max|R|", 0, "column"),
    ("min(s_t, h_t)", 0, "two scalars"),
    ("min(s_t)", 0, "two scalars"),
    ("h_t^{t-k}", 3, "only a scalar"),
    ("s_t^{t-q}", 3, "no index"),
    ("lim_{t→∞} s_t s_k", 0, "put ( )"),
    ("max_{1≤t} s_t", 0, "not known"),
    ("dh_t / dc_t", 5, "without spaces"),
    ("∂⁺L/∂h_t", 0, "∂⁺ℓ_t"),
    ("∂h_t", 0, "derivative"),
    ("dℓ_t/dh_t", 0, "write dL/d"),
    ("h_t = c_t = c_t", 10, "one relation"),
    ("h_t 2", 4, "in front"),
    ("", 0, "the formula ends"),
    ("h_t +", 5, "the formula ends"),
    ("(h_t", 0, ") is missing"),
    ("h_t)", 3, "closes nothing"),
    ("[h_t; x_t)", 9, "] is due"),
    (r"\frac{h_t}", 10, "braces"),
    (r"\foo h_t", 0, "not known"),
    (r"\mathbf", 0, "letter in braces"),
    ("h_t × c_t", 4, "ambiguous"),
    ("$h_t$", 0, "leave out"),
    ("1.5.2", 3, "attributes"),
    ("1" * 31, 0, "digits"),
    ("9**64", 1, "digits"),
    (f"{'9' * 20} * {'9' * 20}", 21, "digits"),
]


@pytest.mark.parametrize(("text", "position", "reason"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_is_refused_says_where_and_what_to_write(text, position, reason):
    with pytest.raises(FormulaError) as caught:
        parse_line(text, KNOWN)
    assert reason in str(caught.value)
    assert caught.value.position == position
    lines = str(caught.value).split("\n")
    assert lines[-1].index("^") - 4 == position


HOSTILE = {
    "import": ("__import__('os')", 0),
    "attribute": ("h_t.__class__", 3),
    "attribute of a transpose": ("h_t.T.__class__", 5),
    "attribute like T": ("h_t.T__class__", 3),
    "call": ("eval(h_t)", 0),
    "powers": ("9**9**9**9", 4),
    "large power": ("9**999999999999", 1),
    "raised digits": ("9" + "⁹" * 3_900, 1),
    "large number": ("9" * 3_900, 0),
    "brackets": ("(" * 100_000, None),
    "brackets within the length": ("(" * 3_999, 64),
    "square brackets": ("[" * 3_999, 64),
    "sums": ("Σ_t " * 999, None),
    "sums of sums": ("".join(f"Σ_{{{i}=1}}^T " for i in "abcdefgh") + "h_t", None),
    "fractions": (r"\frac{" * 600, 64 * 6),
    "norms": ("‖" * 3_999, 64),
    "length": ("h_t + " * 2_000_000, None),
    "right to left": ("h_t \N{RIGHT-TO-LEFT OVERRIDE}+ c_t", 4),
    "zero width": ("h_\N{ZERO WIDTH JOINER}t", 2),
    "null": ("h_t\0", 3),
    "surrogate": ("h_t + \ud800", 6),
    "private": ("h_t \ue001", 4),
    "unassigned": ("h_t \U000e0fff", 4),
    "stacked marks": ("h" + "\N{COMBINING TILDE}" * 3_000 + "_t", 3),
    "another alphabet": ("\N{CYRILLIC SMALL LETTER A}_t", 0),
    "digits of another alphabet": ("\N{ARABIC-INDIC DIGIT THREE} h_t", 0),
    "fullwidth": ("\N{FULLWIDTH LATIN SMALL LETTER H}_t", 0),
    "minus signs": ("-" * 3_999, 3_999),
    "transposes": ("R" + ".T" * 1_900 + "**2", None),
    "backslashes": ("\\" * 3_999, None),
    "subscripts": ("h" + "_t" * 1_900, 0),
    "nested subscripts": ("h" + "_{" * 1_900, 1),
    "superscripts": ("h_t" + "^{" * 1_900, 3),
    "commas": ("δ_f" + ",t" * 1_900, None),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_formulas_are_refused_at_their_place(name):
    text, position = HOSTILE[name]
    with pytest.raises(FormulaError) as caught:
        parse_line(text, KNOWN)
    message = str(caught.value)
    assert position is None or caught.value.position == position
    assert "^" in message.split("\n")[-1]
    assert len(message) < 400
    message.encode()


def test_length_is_refused_before_anything_is_read(monkeypatch):
    def unread(*_):
        raise AssertionError("something was read")

    monkeypatch.setattr("derivations.grammar.source._command", unread)
    monkeypatch.setattr("derivations.grammar.source._refuse_unseen", unread)
    with pytest.raises(FormulaError, match="at most"):
        parse("\\" * 10_000_000, KNOWN)


# ------------------------------------------------------------------------- anything may be typed


PIECES = [
    *"+-*/@^_()[]{}|=;,&.'⊙·‖²ᵀ∂⁺ΣΠσδ½𝟏ℓ\\ \t",
    *("h_t", "δ_{f,t}", "W_x", "x_t", "dL/dh_t", "**", ".T", "Σ_{t=1}^T ", "tanh(", "h_{t-1}"),
    *(r"\frac{", r"\left(", r"\right)", r"\begin{bmatrix}", r"\end{bmatrix}", r"\delta", "2", "9"),
]
scribbles = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


def work_of(text):
    """Read the text, or refuse it at a place in it, and return how many steps that took."""
    parser = None
    try:
        parser = Parser(text, KNOWN)
        parser.line()
    except FormulaError as refusal:
        places = range(len(text) + 1)
        if refusal.position not in places or "^" not in str(refusal):
            raise
    return parser.stack.steps if parser else 0


@settings(max_examples=200)
@given(st.text(max_size=60) | scribbles)
def test_anything_is_read_or_refused(text):
    assert work_of(text) <= 4 * len(text) + 4


@settings(max_examples=150)
@given(st.data())
def test_a_formula_with_a_mistake_is_read_or_refused(data):
    shown = data.draw(expressions).text()
    place = data.draw(st.integers(0, len(shown)))
    cut = data.draw(st.integers(0, 3))
    mistaken = shown[:place] + data.draw(st.sampled_from(PIECES)) + shown[place + cut :]
    assert work_of(mistaken) <= 4 * len(mistaken) + 4


@pytest.mark.parametrize("piece", ["h_t + ", "h_t ⊙ ", "R ", "R @ ", "(h_t) * ", "s_t / ", "-"])
def test_work_grows_with_the_length_and_no_faster(piece):
    short, long = (work_of(piece * times) for times in (100, 1_000))
    assert long <= 11 * short


# ---------------------------------------------------------------------------------- vocabularies


def test_a_vocabulary_lists_itself_with_shapes():
    listed = repr(Vocabulary.of([h, R @ before, total(a_f)]))
    assert "R        n × n" in listed
    assert "h_t      n × 1  at any time" in listed
    assert "a_{f,t}  n × 1  at any time" in listed
    assert "tanh" in listed


def test_a_name_with_two_meanings_is_refused():
    q, q_i = symbol("q", ("n", "1"), NOW), symbol("q_i", ("n", "1"))
    known = Vocabulary.of([q, q_i])
    with pytest.raises(FormulaError, match=r"q_i is ambiguous: .* or "):
        parse("q_i", known)
    assert parse("q_k", known) is at(q, Moment("k"))


def test_functions_of_ones_own():
    known = Vocabulary.of([h], functions=["φ", "φ′"])
    assert parse(r"\varphi(h_t) + φ′(h_t) + \varphi'(h_t)", known).text() == (
        "φ(h_t) + φ′(h_t) + φ′(h_t)"
    )
    with pytest.raises(FormulaError):
        parse("φ(h_t)", Vocabulary.of([h]))


def test_names_are_as_long_as_the_vocabulary_knows_them():
    _, tokens = tokens_of("[h_t,x_t] δ_f,t", KNOWN)
    names = [token.value[0] for token in tokens if token.sort == "name"]
    assert names == ["h_t", "x_t", "δ_f,t"]


def test_nothing_is_normalized_before_it_is_read():
    assert parse("h_t²", KNOWN) is h**2
    assert parse("Rᵀ", KNOWN) is R.T
    assert parse("b_f", KNOWN) is b
    assert add(h, b) is parse("h_t+b_f", KNOWN)
    assert len("h_t") < MAX_LENGTH

from dataclasses import replace

import pytest

from derivations.bptt.form import from_template
from derivations.bptt.judge import Judge
from derivations.catalogue import template
from derivations.matrix import NEXT, NOW, PREVIOUS, apply, at, name_of, symbol, total
from derivations.template import (
    Definition,
    Parameter,
    Template,
    column,
    stacked_weight,
    weight,
)


def test_readers_of_the_cell_state():
    lstm = template("lstm")
    c = column("c", "n")
    assert [(d.left.text(), delay) for d, delay in lstm.readers(c)] == [("h_t", 0), ("c_t", 1)]


@pytest.mark.parametrize("moment", [NOW, NEXT])
def test_what_is_read_must_be_known(moment):
    rnn = template("rnn")
    a, h = (definition.left for definition in rnn.cell)
    W_h = rnn.weights[0].blocks[0]
    ahead = Definition(a, W_h @ at(h, moment))
    with pytest.raises(ValueError, match=r"reads h_.*, not known there"):
        replace(rnn, cell=(ahead, rnn.cell[1]))


def test_only_states_are_read_from_the_step_before():
    lstm = template("lstm")
    with pytest.raises(ValueError, match=r"reads c_\{t-1\}, not known there"):
        replace(lstm, states=lstm.states[:1])


def test_a_state_needs_an_equation():
    rnn = template("rnn")
    with pytest.raises(ValueError, match="no equation of rnn defines s_t"):
        replace(rnn, states=(*rnn.states, symbol("s", ("n", "1"), NOW)))


def test_a_stacked_weight_names_its_blocks():
    h, x = column("h", "n"), column("x", "m")
    assert [b.text() for b in stacked_weight("W", "n", (h, x), "").blocks] == ["W_h", "W_x"]
    gate = stacked_weight("W_f", "n", (h, x), "")
    assert [name_of(block).letter for block in gate.blocks] == ["W_fh", "W_fx"]
    assert gate.symbol.shape == ("n", "n+m")


def test_a_variable_has_one_equation():
    rnn = template("rnn", loss="cross-entropy")
    s = Definition(column("s", "k"), rnn.loss.equations[0].right)
    with pytest.raises(ValueError, match="s_t has two meanings in this rnn"):
        replace(rnn, loss=replace(rnn.loss, equations=(s, *rnn.loss.equations)))


def own_cell() -> Template:
    """A cell that is not in the catalogue: a leaky state q, and a second layer that feeds back."""
    x, q, a, h = column("x", "m"), column("q", "n"), column("a", "n"), column("h", "n")
    U, V, R = weight("U", "n", "m"), weight("V", "n", "n"), weight("R", "n", "n")
    leak = apply("σ", R @ at(h, PREVIOUS) + V @ at(q, PREVIOUS))
    return Template(
        name="own",
        title="A cell of one's own",
        cell=(
            Definition(q, U @ x + leak * at(q, PREVIOUS), meaning="leaky state"),
            Definition(a, V @ q, meaning="pre-activation"),
            Definition(h, apply("tanh", a) + q * at(h, PREVIOUS), meaning="output"),
        ),
        weights=tuple(Parameter(name_of(w).letter, (w,), "weights") for w in (U, V, R)),
        states=(h, q),
        inputs=x,
        source="a test",
    )


@pytest.mark.parametrize("loss", ["squared error", "cross-entropy"])
def test_a_cell_of_ones_own_is_derived_like_any_other(loss):
    form = from_template(own_cell().with_loss(template("rnn", loss=loss).loss))
    assert Judge(form).wrong() == []
    assert form.derivation.topic == "own"
    (q,) = (d for d in form.adjoints if d.left is total(column("q", "n")))
    leak = "σ(R h_t + V q_t)"
    assert q.right.text() == (
        "Vᵀ δ_t + dL/dh_t ⊙ h_{t-1}"
        f" + Vᵀ (dL/dq_{{t+1}} ⊙ q_t ⊙ {leak} ⊙ (1 - {leak})) + dL/dq_{{t+1}} ⊙ {leak}"
    )

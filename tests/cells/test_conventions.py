"""Conventions: there and back, gradients as the adjoint map, and everyone's own equations."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_rnn.cells import CELLS, GRUCell, LSTMCell, RNNCell, conventions
from autograd_rnn.cells.convention_tables import CONVENTIONS
from autograd_rnn.cells.conventions import (
    from_convention,
    gradients_from_convention,
    gradients_to_convention,
    to_convention,
)
from autograd_rnn.engine import grad
from autograd_rnn.sequence import unroll
from tests.cells.equations import logistic
from tests.engine.numerics import close

BATCH, T, M, N = 2, 4, 3, 5

# Every form of every convention: its convention, kind of cell, and the cell's settings.
FORMS = [
    pytest.param(name, kind, settings, id=f"{name}-{kind}-{'-'.join(map(str, settings.values()))}")
    for name, kinds in CONVENTIONS.items()
    for kind in kinds
    for settings in (form.settings for form in conventions._forms(name, kind))
]


def random_cell(kind, settings, rng, inputs=M, hidden=N):
    """A cell with normal parameters, biases too; no two alike."""
    shapes = CELLS[kind].shapes(inputs, hidden, **settings)
    parameters = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    return CELLS[kind](**parameters, **settings)


def gradients_of(cell, rng):
    """The gradient of a random linear function of all outputs, as a cell."""
    xs, weights = rng.normal(size=(BATCH, T, cell.inputs)), rng.normal(size=(BATCH, T, cell.hidden))
    return grad(lambda cell: (weights * unroll(cell, xs).stacked).sum())(cell)


def inner_product(gradients, moves):
    assert gradients.keys() == moves.keys()
    return sum(float(np.sum(np.asarray(g) * moves[name])) for name, g in gradients.items())


# --- there and back ---------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "kind", "settings"), FORMS)
@given(
    seed=st.integers(0, 2**32 - 1),
    inputs=st.integers(1, 4),
    hidden=st.integers(1, 4),
    split=st.floats(-2, 2),
)
def test_parameters_return(name, kind, settings, seed, inputs, hidden, split):
    cell = random_cell(kind, settings, np.random.default_rng(seed), inputs, hidden)
    arrays = to_convention(cell, name, split=split)
    back = from_convention(name, arrays, kind=kind, **settings)
    assert back.settings == cell.settings
    assert back.parameters.keys() == cell.parameters.keys()
    for parameter, value in cell.parameters.items():
        close(back.parameters[parameter].data, value.data, 1e-15)


@pytest.mark.parametrize(("name", "kind", "settings"), FORMS)
@given(seed=st.integers(0, 2**32 - 1), inputs=st.integers(1, 4), hidden=st.integers(1, 4))
def test_gradients_return_unchanged(name, kind, settings, seed, inputs, hidden):
    gradients = random_cell(kind, settings, np.random.default_rng(seed), inputs, hidden)
    arrays = gradients_to_convention(gradients, name)
    back = gradients_from_convention(name, arrays, kind=kind, **settings)
    assert back.parameters.keys() == gradients.parameters.keys()
    for parameter, value in gradients.parameters.items():
        np.testing.assert_array_equal(back.parameters[parameter].data, value.data)


def test_without_biases_there_are_none_anywhere():
    cell = random_cell("lstm", {"bias": False}, np.random.default_rng(1))
    arrays = to_convention(cell, "keras")
    assert set(arrays) == {"kernel", "recurrent_kernel"}
    assert from_convention("keras", arrays, kind="lstm").settings == cell.settings


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["pytorch", "keras", "onnx", "tensorflow1", "coursera"])
def test_dtypes_stay(name, dtype):
    cell = LSTMCell.init(M, N, rng=2, dtype=dtype)
    arrays = to_convention(cell, name)
    assert {array.dtype for array in arrays.values()} == {np.dtype(dtype)}
    assert from_convention(name, arrays, kind="lstm").W_f.dtype == dtype


def test_arrays_share_no_memory():
    cell = RNNCell.init(M, N, rng=3)
    before = cell.W.data.copy()
    arrays = to_convention(cell, "vitay")
    again = from_convention("vitay", arrays, kind="rnn")
    for array in arrays.values():
        array[...] = 7.0
    np.testing.assert_array_equal(cell.W.data, before)
    np.testing.assert_array_equal(again.W.data, before)


# --- gradients are the adjoint of the parameters' map -----------------------------------------
# The loss is one function of either set of parameters, so whatever move of theirs is made, its
# first-order change is the same: <their gradient, their move> = <our gradient, our move>.


def first_order_changes(name, kind, settings, seed):
    rng = np.random.default_rng(seed)
    cell = random_cell(kind, settings, rng)
    gradients = gradients_of(cell, rng)
    theirs = to_convention(cell, name, split=0.3)
    moves = {key: rng.normal(size=array.shape) for key, array in theirs.items()}
    moved = from_convention(
        name, {key: theirs[key] + moves[key] for key in theirs}, kind=kind, **settings
    )
    our_moves = {key: moved.parameters[key].data - p.data for key, p in cell.parameters.items()}
    ours = inner_product({key: p.data for key, p in gradients.parameters.items()}, our_moves)
    return ours, inner_product(gradients_to_convention(gradients, name), moves)


@pytest.mark.parametrize(("name", "kind", "settings"), FORMS)
def test_gradients_are_adjoint(name, kind, settings):
    ours, theirs = first_order_changes(name, kind, settings, seed=4)
    assert theirs == pytest.approx(ours, rel=1e-12)


def test_a_gradient_shared_out_like_a_value_is_caught(monkeypatch):
    def shared_out(q, biases, wanted):
        return [bias / 2 for bias in biases * wanted][:wanted]

    monkeypatch.setattr(conventions, "_copies", shared_out)
    ours, theirs = first_order_changes("pytorch", "lstm", {}, seed=4)
    assert theirs != pytest.approx(ours, rel=1e-3)


# --- biases (two that are added, one, and two that are not) -----------------------------------


def test_two_biases_add_and_their_gradients_are_copies():
    rng = np.random.default_rng(5)
    arrays = to_convention(random_cell("lstm", {}, rng), "pytorch")
    arrays["bias_hh_l0"] = rng.normal(size=4 * N)
    cell = from_convention("pytorch", arrays, kind="lstm")
    i, f = slice(0, N), slice(N, 2 * N)
    close(cell.b_i.data, arrays["bias_ih_l0"][i] + arrays["bias_hh_l0"][i], 1e-15)
    close(cell.b_f.data, arrays["bias_ih_l0"][f] + arrays["bias_hh_l0"][f], 1e-15)
    gradients = gradients_of(cell, rng)
    theirs = gradients_to_convention(gradients, "pytorch")
    np.testing.assert_array_equal(theirs["bias_ih_l0"][f], gradients.b_f.data)
    np.testing.assert_array_equal(theirs["bias_hh_l0"][f], gradients.b_f.data)


@pytest.mark.parametrize("split", [1.0, 0.0, 0.25])
def test_one_bias_becomes_two_as_the_split_says(split):
    cell = random_cell("rnn", {}, np.random.default_rng(6))
    arrays = to_convention(cell, "pytorch", split=split)
    close(arrays["bias_ih_l0"], split * cell.b.data, 1e-15)
    close(arrays["bias_hh_l0"], (1 - split) * cell.b.data, 1e-15)


def test_the_candidates_two_biases_never_merge():
    settings = {"reset": "after", "keeps": "z"}
    cell = random_cell("gru", settings, np.random.default_rng(7))
    for split in (0.0, 0.4, 1.0):
        z, r, g = np.split(to_convention(cell, "keras", split=split)["bias"], 3, axis=1)
        np.testing.assert_array_equal(g, [cell.b_g.data, cell.b_gh.data])
        close(z.sum(axis=0), cell.b_z.data, 1e-15)
        close(r.sum(axis=0), cell.b_r.data, 1e-15)


def test_tensorflows_forget_bias_is_added_when_the_cell_runs():
    cell = random_cell("lstm", {}, np.random.default_rng(8))
    i, g, f, o = np.split(to_convention(cell, "tensorflow1")["bias"], 4)
    np.testing.assert_array_equal(f, cell.b_f.data - 1.0)
    for bias, ours in ((i, cell.b_i), (g, cell.b_g), (o, cell.b_o)):
        np.testing.assert_array_equal(bias, ours.data)
    np.testing.assert_array_equal(
        np.split(gradients_to_convention(cell, "tensorflow1")["bias"], 4)[2], cell.b_f.data
    )


# --- everyone's own equations, in their letters -----------------------------------------------
# The frameworks that can be run here have tests of their own beside this one. Columns are vectors
# where W x is written, rows where it is X W.


def column(*parts):
    return np.concatenate(parts, axis=0)


def coursera_gru(p, x, a):
    u = logistic(p["Wu"] @ column(a, x) + p["bu"])
    r = logistic(p["Wr"] @ column(a, x) + p["br"])
    candidate = np.tanh(p["Wc"] @ column(r * a, x) + p["bc"])
    return (u * candidate + (1 - u) * a,)


def coursera_lstm(p, x, a, c):
    f, u, o = (logistic(p[f"W{q}"] @ column(a, x) + p[f"b{q}"]) for q in ("f", "i", "o"))
    c = u * np.tanh(p["Wc"] @ column(a, x) + p["bc"]) + f * c
    return o * np.tanh(c), c


def seminar_gru(p, x, c):
    u = logistic(c @ p["W_cu"] + x @ p["W_xu"] + p["b_u"])
    r = logistic(c @ p["W_cr"] + x @ p["W_xr"] + p["b_r"])
    candidate = np.tanh((r * c) @ p["W_cc"] + x @ p["W_xc"] + p["b_c"])
    return (u * candidate + (1 - u) * c,)


def seminar_simplified_gru(p, x, c):
    u = logistic(c @ p["W_cu"] + x @ p["W_xu"] + p["b_u"])
    return (u * np.tanh(c @ p["W_ac"] + x @ p["W_xc"] + p["b_c"]) + (1 - u) * c,)


def seminar_lstm(p, x, a, c):
    u, f, o = (logistic(c @ p[f"W_c{q}"] + x @ p[f"W_x{q}"] + p[f"b_{q}"]) for q in "ufo")
    c = u * np.tanh(a @ p["W_ac"] + x @ p["W_xc"] + p["b_c"]) + f * c
    return o * c, c


def chapter_gru(p, x, h):
    z, r = logistic(p["W_z"] @ column(h, x)), logistic(p["W_r"] @ column(h, x))
    return ((1 - z) * h + z * np.tanh(p["W"] @ column(r * h, x)),)


def chapter_lstm(p, x, h, c):
    f, i, o = (logistic(p[f"W_{q}"] @ column(h, x) + p[f"b_{q}"][:, None]) for q in "fio")
    c = f * c + i * np.tanh(p["W_C"] @ column(h, x) + p["b_C"][:, None])
    return o * np.tanh(c), c


def vitay_gru(p, x, h):
    z, r = logistic(p["W_z"] @ column(h, x)), logistic(p["W_r"] @ column(h, x))
    return ((1 - z) * h + z * np.tanh(p["W_h"] @ column(r * h, x)),)


def vitay_peepholes(p, x, h, c):
    f, i = (logistic(p[f"W_{q}"] @ column(c, h, x) + p[f"b_{q}"][:, None]) for q in "fi")
    c = f * c + i * np.tanh(p["W_C"] @ column(h, x) + p["b_c"][:, None])
    o = logistic(p["W_o"] @ column(c, h, x) + p["b_o"][:, None])
    return o * np.tanh(c), c


def pytorch_lstm(p, x, h, c):
    a = x @ p["weight_ih_l0"].T + p["bias_ih_l0"] + h @ p["weight_hh_l0"].T + p["bias_hh_l0"]
    i, f, g, o = np.split(a, 4, axis=1)
    c = logistic(f) * c + logistic(i) * np.tanh(g)
    return logistic(o) * np.tanh(c), c


def pytorch_gru(p, x, h):
    r_x, z_x, n_x = np.split(x @ p["weight_ih_l0"].T + p["bias_ih_l0"], 3, axis=1)
    r_h, z_h, n_h = np.split(h @ p["weight_hh_l0"].T + p["bias_hh_l0"], 3, axis=1)
    z = logistic(z_x + z_h)
    return ((1 - z) * np.tanh(n_x + logistic(r_x + r_h) * n_h) + z * h,)


def keras_lstm(p, x, h, c):
    a = x @ p["kernel"] + h @ p["recurrent_kernel"] + p["bias"]
    i, f, candidate, o = np.split(a, 4, axis=1)
    c = logistic(f) * c + logistic(i) * np.tanh(candidate)
    return logistic(o) * np.tanh(c), c


def keras_gru_after(p, x, h):
    z_x, r_x, h_x = np.split(x @ p["kernel"] + p["bias"][0], 3, axis=1)
    z_h, r_h, h_h = np.split(h @ p["recurrent_kernel"] + p["bias"][1], 3, axis=1)
    z = logistic(z_x + z_h)
    return (z * h + (1 - z) * np.tanh(h_x + logistic(r_x + r_h) * h_h),)


def keras_gru_before(p, x, h):
    z_x, r_x, h_x = np.split(x @ p["kernel"] + p["bias"], 3, axis=1)
    R_z, R_r, R_h = np.split(p["recurrent_kernel"], 3, axis=1)
    z, r = logistic(z_x + h @ R_z), logistic(r_x + h @ R_r)
    return (z * h + (1 - z) * np.tanh(h_x + (r * h) @ R_h),)


def onnx_lstm(p, x, h, c):
    W, R, B, P = (p[name][0] for name in "WRBP")
    i, o, f, g = np.split(x @ W.T + h @ R.T + B[: 4 * N] + B[4 * N :], 4, axis=1)
    p_i, p_o, p_f = np.split(P, 3)
    after = logistic(f + p_f * c) * c + logistic(i + p_i * c) * np.tanh(g)
    return logistic(o + p_o * after) * np.tanh(after), after


def onnx_gru_after(p, x, h):
    W, R, B = (p[name][0] for name in "WRB")
    z_x, r_x, h_x = np.split(x @ W.T + B[: 3 * N], 3, axis=1)
    z_h, r_h, h_h = np.split(h @ R.T + B[3 * N :], 3, axis=1)
    z = logistic(z_x + z_h)
    return ((1 - z) * np.tanh(h_x + logistic(r_x + r_h) * h_h) + z * h,)


def cs231n_lstm(p, x, h, c):
    i, f, o, g = np.split(x @ p["Wx"] + h @ p["Wh"] + p["b"], 4, axis=1)
    c = logistic(f) * c + logistic(i) * np.tanh(g)
    return logistic(o) * np.tanh(c), c


def tensorflow1_lstm(p, x, h, c):
    i, j, f, o = np.split(np.hstack([x, h]) @ p["kernel"] + p["bias"], 4, axis=1)
    c = c * logistic(f + 1.0) + logistic(i) * np.tanh(j)
    return np.tanh(c) * logistic(o), c


def tensorflow1_peepholes(p, x, h, c):
    i, j, f, o = np.split(np.hstack([x, h]) @ p["kernel"] + p["bias"], 4, axis=1)
    after = c * logistic(f + 1.0 + p["w_f_diag"] * c)
    after = after + logistic(i + p["w_i_diag"] * c) * np.tanh(j)
    return np.tanh(after) * logistic(o + p["w_o_diag"] * after), after


def tensorflow1_gru(p, x, h):
    gates = logistic(np.hstack([x, h]) @ p["gates/kernel"] + p["gates/bias"])
    r, u = np.split(gates, 2, axis=1)
    candidate = np.tanh(np.hstack([x, r * h]) @ p["candidate/kernel"] + p["candidate/bias"])
    return (u * h + (1 - u) * candidate,)


BOARD = {"reset": "before", "keeps": "1-z"}
ROWS, COLUMNS = (lambda a: a), (lambda a: a.T)
FRAMEWORKS = {"reset": "before", "keeps": "z"}
EQUATIONS = [
    ("pytorch", "lstm", {}, ROWS, pytorch_lstm),
    ("pytorch", "gru", FRAMEWORKS | {"reset": "after"}, ROWS, pytorch_gru),
    ("keras", "lstm", {}, ROWS, keras_lstm),
    ("keras", "gru", FRAMEWORKS | {"reset": "after"}, ROWS, keras_gru_after),
    ("keras", "gru", FRAMEWORKS, ROWS, keras_gru_before),
    ("onnx", "lstm", {"peepholes": "diagonal"}, ROWS, onnx_lstm),
    ("onnx", "gru", FRAMEWORKS | {"reset": "after"}, ROWS, onnx_gru_after),
    ("cs231n", "lstm", {}, ROWS, cs231n_lstm),
    ("tensorflow1", "rnn", {}, ROWS,
     lambda p, x, h: (np.tanh(np.hstack([x, h]) @ p["kernel"] + p["bias"]),)),
    ("tensorflow1", "lstm", {}, ROWS, tensorflow1_lstm),
    ("tensorflow1", "lstm", {"peepholes": "diagonal"}, ROWS, tensorflow1_peepholes),
    ("tensorflow1", "gru", FRAMEWORKS, ROWS, tensorflow1_gru),
    ("coursera", "rnn", {}, COLUMNS,
     lambda p, x, a: (np.tanh(p["Waa"] @ a + p["Wax"] @ x + p["ba"]),)),
    ("coursera", "lstm", {}, COLUMNS, coursera_lstm),
    ("coursera", "gru", BOARD, COLUMNS, coursera_gru),
    ("mousavizade", "lstm", {"gates_read": "c", "output_activation": "identity"}, ROWS,
     seminar_lstm),
    ("mousavizade", "gru", BOARD, ROWS, seminar_gru),
    ("mousavizade", "gru", BOARD | {"reset": "none"}, ROWS, seminar_simplified_gru),
    ("chapter3", "rnn", {"bias": False}, COLUMNS,
     lambda p, x, h: (np.tanh(p["W_hh"] @ h + p["W_xh"] @ x),)),
    ("chapter3", "lstm", {}, COLUMNS, chapter_lstm),
    ("chapter3", "gru", BOARD | {"bias": False}, COLUMNS, chapter_gru),
    ("varma", "rnn", {"bias": False, "activation": "relu"}, COLUMNS,
     lambda p, x, z: (np.maximum(p["W"] @ z + p["U"] @ x, 0),)),
    ("vitay", "rnn", {"activation": "logistic"}, COLUMNS,
     lambda p, x, h: (logistic(p["W_x"] @ x + p["W_h"] @ h + p["b"][:, None]),)),
    ("vitay", "lstm", {"peepholes": "matrix"}, COLUMNS, vitay_peepholes),
    ("vitay", "gru", BOARD | {"bias": False}, COLUMNS, vitay_gru),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kind", "settings", "turned", "step"), EQUATIONS)
def test_their_equations_compute_what_the_cell_does(name, kind, settings, turned, step):
    rng = np.random.default_rng(9)
    cell = random_cell(kind, settings, rng)
    x = rng.normal(size=(BATCH, M))
    state = tuple(rng.normal(size=(BATCH, N)) for _ in cell.slots)
    theirs = step(to_convention(cell, name, split=0.3), turned(x), *(turned(s) for s in state))
    for ours, wanted in zip(cell(x, state), theirs, strict=True):
        close(ours.data, turned(wanted), 1e-14)


GATED = [case for case in EQUATIONS if case[1] != "rnn"]


@pytest.mark.parametrize(("name", "kind", "settings", "turned", "step"), GATED)
def test_any_two_gates_exchanged_are_caught(name, kind, settings, turned, step, monkeypatch):
    form = conventions._theirs(random_cell(kind, settings, np.random.default_rng(9)), name)
    pairs = combinations(sorted({q for _, q in form.blocks}), 2)
    exchanges = [with_gates(form, {one: other, other: one}) for one, other in pairs]
    # A gate without a peephole cannot stand in for one with it.
    possible = [wrong for wrong in exchanges if set(wrong.blocks) == set(form.blocks)]
    assert possible
    for wrong in possible:
        monkeypatch.setitem(CONVENTIONS[name], kind, (wrong,))
        with pytest.raises(AssertionError, match="Not equal to tolerance"):
            test_their_equations_compute_what_the_cell_does(name, kind, settings, turned, step)


def with_gates(form, exchanged):
    arrays = (
        replace(stored, gates=tuple(exchanged.get(q, q) for q in stored.gates))
        for stored in form.arrays
    )
    return replace(form, arrays=tuple(arrays))


# --- refusals ---------------------------------------------------------------------------------


def test_another_function_is_refused():
    with pytest.raises(ValueError, match=r"reset='after', keeps='z'; .* reset='before', keeps='1-"):
        to_convention(GRUCell.init(M, N, rng=1), "pytorch")
    with pytest.raises(ValueError, match="peepholes='none'; this cell, with peepholes='matrix'"):
        to_convention(LSTMCell.init(M, N, rng=1, peepholes="matrix"), "pytorch")
    with pytest.raises(ValueError, match="output_activation='identity'"):
        to_convention(LSTMCell.init(M, N, rng=1, output_activation="identity"), "pytorch")
    with pytest.raises(ValueError, match="bias=False; this cell, with bias=True"):
        to_convention(RNNCell.init(M, N, rng=1), "varma")
    with pytest.raises(ValueError, match="bias=True; this cell, with bias=False"):
        to_convention(LSTMCell.init(M, N, rng=1, bias=False), "tensorflow1")
    with pytest.raises(ValueError, match="activation='tanh'; this cell, with activation='relu'"):
        to_convention(RNNCell.init(M, N, rng=1, activation="relu"), "cs231n")


def test_unknown_names_are_refused():
    cell = RNNCell.init(M, N, rng=1)
    with pytest.raises(ValueError, match="no convention is called 'torch'; there are pytorch, "):
        to_convention(cell, "torch")
    with pytest.raises(ValueError, match="no cell of the convention varma is called 'lstm'"):
        from_convention("varma", {}, kind="lstm")
    arrays = to_convention(cell, "pytorch")
    del arrays["weight_hh_l0"]
    with pytest.raises(ValueError, match="stored in weight_ih_l0, bias_ih_l0, bias_hh_l0; its rnn"):
        from_convention("pytorch", arrays, kind="rnn")


def test_wrong_shapes_are_refused():
    arrays = to_convention(LSTMCell.init(M, N, rng=1), "pytorch")
    wrong = arrays | {"weight_hh_l0": arrays["weight_hh_l0"].T}
    with pytest.raises(ValueError, match=r"weight_hh_l0 has shape \(5, 20\); .* it is \(20, 5\)"):
        from_convention("pytorch", wrong, kind="lstm")
    with pytest.raises(ValueError, match=r"weight_ih_l0 has shape \(20,\), not 2 axes"):
        from_convention("pytorch", arrays | {"weight_ih_l0": np.ones(20)}, kind="lstm")
    for rows in (18, 3):
        with pytest.raises(ValueError, match=rf"weight_ih_l0 has shape \({rows}, 3\)"):
            from_convention("pytorch", arrays | {"weight_ih_l0": np.ones((rows, 3))}, kind="lstm")


def test_gradients_of_one_sum_that_differ_are_refused():
    arrays = to_convention(LSTMCell.init(M, N, rng=1), "pytorch")
    arrays["bias_hh_l0"][N] += 1.0
    with pytest.raises(ValueError, match="equal gradients; those here, of gate 'f', differ by"):
        gradients_from_convention("pytorch", arrays, kind="lstm")


def test_gradients_that_do_not_exist_are_refused():
    cell = RNNCell.init(M, N, rng=1)
    gradients = grad(lambda cell: (cell.b * 2.0).sum())(cell)
    with pytest.raises(ValueError, match="no gradient reaches W"):
        gradients_to_convention(gradients, "pytorch")

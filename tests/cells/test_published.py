"""Numbers that others published for one recurrent layer, computed through their convention."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from autograd_rnn.cells.convention_tables import CONVENTIONS
from autograd_rnn.cells.conventions import from_convention, gradients_to_convention
from autograd_rnn.engine import Tensor, value_and_grad
from autograd_rnn.layers import cross_entropy
from autograd_rnn.sequence import unroll

ROOT = Path(__file__).parents[2]
KEPT = {
    case["id"]: case
    for case in json.loads((ROOT / "tests" / "data" / "published_cells.json").read_text())["cases"]
}


def printed(found, expected, digits):
    """Assert equality to as many decimals as were printed."""
    np.testing.assert_allclose(found, expected, rtol=0, atol=0.51 * 10.0**-digits)


# --- CS231n: ramps in, eight decimals out -----------------------------------------------------


def ramps(case):
    return {
        name: np.linspace(*ramp["linspace"], np.prod(ramp["shape"])).reshape(ramp["shape"])
        for name, ramp in case["inputs"].items()
    }


def cs231n_cell(given, kind):
    return from_convention("cs231n", {name: given[name] for name in ("Wx", "Wh", "b")}, kind=kind)


@pytest.mark.parametrize("kind", ["rnn", "lstm"])
def test_cs231n_step(kind):
    case = KEPT[f"cs231n/{kind}_step_forward"]
    given = ramps(case)
    cell = cs231n_cell(given, kind)
    after = cell(given["x"], tuple(given[f"prev_{slot}"] for slot in cell.slots))
    for slot, state in zip(cell.slots, after, strict=True):
        printed(state.data, case["expected"][f"next_{slot}"], digits=8)


def cs231n_outputs(kind):
    given = ramps(KEPT[f"cs231n/{kind}_forward"])
    cell = cs231n_cell(given, kind)
    initial = (given["h0"], np.zeros_like(given["h0"]))[: len(cell.slots)]
    return unroll(cell, given["x"], state=initial).stacked.data


@pytest.mark.parametrize("kind", ["rnn", "lstm"])
def test_cs231n_sequence(kind):
    printed(cs231n_outputs(kind), KEPT[f"cs231n/{kind}_forward"]["expected"]["h"], digits=8)


def test_a_wrong_order_of_gates_is_caught(monkeypatch):
    """Keras's order of gates in place of CS231n's."""
    monkeypatch.setitem(CONVENTIONS["cs231n"], "lstm", _with_gates("ifgo"))
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        test_cs231n_sequence("lstm")


def _with_gates(gates):
    (form,) = CONVENTIONS["cs231n"]["lstm"]
    return (replace(form, arrays=tuple(replace(a, gates=tuple(gates)) for a in form.arrays)),)


@pytest.mark.parametrize("kind", ["rnn", "lstm"])
def test_cs231n_captioning_loss(kind):
    """One layer between an embedding and scores; the loss is a sum over words that are not 0."""
    case = KEPT[f"cs231n/captioning_loss_{kind}"]
    n, d, w, h, v, t = (case["inputs"]["sizes"][size] for size in "NDWHVT")
    width = {"rnn": h, "lstm": 4 * h}[kind]
    shapes = {"W_embed": (v, w), "W_proj": (d, h), "b_proj": (h,), "Wx": (w, width)} | {
        "Wh": (h, width), "b": (width,), "W_vocab": (h, v), "b_vocab": (v,)
    }  # fmt: skip
    p = {k: np.linspace(-1.4, 1.3, np.prod(s)).reshape(s) for k, s in shapes.items()}
    features = np.linspace(*case["inputs"]["features"]["linspace"], n * d).reshape(n, d)
    captions = (np.arange(n * t) % v).reshape(n, t)

    cell = cs231n_cell(p, kind)
    first = features @ p["W_proj"] + p["b_proj"]
    run = unroll(
        cell, p["W_embed"][captions[:, :-1]], state=(first, np.zeros((n, h)))[: len(cell.slots)]
    )
    scores = (run.stacked @ p["W_vocab"] + p["b_vocab"]).data
    words = captions[:, 1:]
    logs = scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))
    loss = -np.take_along_axis(logs, words[..., None], -1)[words != 0].sum() / n
    assert loss == pytest.approx(case["expected"]["loss"], abs=0.51e-11)


# --- the Coursera course: columns are examples, NumPy's legacy generator ----------------------


def drawn(case):
    rng = np.random.RandomState(case["rng"]["legacy_np.random.seed"])
    return {name: rng.randn(*shape) for name, shape in case["rng"]["randn_draws_in_order"]}


def coursera_cell(given, kind):
    names = {"rnn": ("Waa", "Wax", "ba"), "lstm": [f"{v}{q}" for v in "Wb" for q in "fico"]}[kind]
    return from_convention("coursera", {name: given[name] for name in names}, kind=kind)


def predicted(h, W, b):
    """softmax(W h + b), columns are examples."""
    scores = np.exp(W @ h + b)
    return scores / scores.sum(axis=0)


def test_coursera_rnn_step():
    case = KEPT["dls/rnn_cell_forward"]
    given, expected = drawn(case), case["expected"]
    (h,) = coursera_cell(given, "rnn")(given["xt"].T, (given["a_prev"].T,))
    printed(h.data.T[4], expected["a_next[4]"], digits=8)
    y = predicted(h.data.T, given["Wya"], given["by"])
    printed(y[1], expected["yt_pred[1]"], digits=8)


def test_coursera_lstm_step():
    case = KEPT["dls/lstm_cell_forward"]
    given, expected = drawn(case), case["expected"]
    h, c = coursera_cell(given, "lstm")(given["xt"].T, (given["a_prev"].T, given["c_prev"].T))
    printed(h.data.T[4], expected["a_next[4]"], digits=8)
    printed(c.data.T[2], expected["c_next[2]"], digits=8)
    printed(predicted(h.data.T, given["Wy"], given["by"])[1], expected["yt[1]"], digits=8)


def test_coursera_rnn_sequence():
    case = KEPT["dls/rnn_forward"]
    given, expected = drawn(case), case["expected"]
    xs = given["x"].transpose(1, 2, 0)
    run = unroll(coursera_cell(given, "rnn"), xs, state=(given["a0"].T,))
    printed(run.stacked.data[1, :, 4], expected["a[4][1]"], digits=8)
    y = [predicted(h.data.T, given["Wya"], given["by"]) for h in run.outputs]
    printed([y_t[1, 3] for y_t in y], expected["y_pred[1][3]"], digits=8)


def test_coursera_lstm_sequence():
    case = KEPT["dls/lstm_forward"]
    given, expected = drawn(case), case["expected"]
    xs = given["x"].transpose(1, 2, 0)
    zeros = np.zeros_like(given["a0"].T)
    run = unroll(coursera_cell(given, "lstm"), xs, state=(given["a0"].T, zeros))
    printed(run.stacked.data[3, 6, 4], expected["a[4][3][6]"], digits=12)
    printed(run.states[2][1].data[2, 1], expected["c[1][2][1]"], digits=12)
    y = predicted(run.outputs[4].data.T, given["Wy"], given["by"])
    printed(y[1, 4], expected["y[1][4][3]"], digits=11)


def test_coursera_rnn_gradients():
    case = KEPT["dls/rnn_cell_backward"]
    given, expected = drawn(case), case["expected"]
    x, a = Tensor(given["xt"].T), Tensor(given["a_prev"].T)

    def loss(cell, x, a):
        (h,) = cell(x, (a,))
        return (given["da_next"].T * h).sum()

    cell = coursera_cell(given, "rnn")
    _, gradients = value_and_grad(lambda cell: loss(cell, x, a))(cell)
    loss(cell, x, a).backward()
    theirs = gradients_to_convention(gradients, "coursera")
    printed(x.grad.T[1, 2], expected["dxt[1][2]"], digits=10)
    printed(a.grad.T[2, 3], expected["da_prev[2][3]"], digits=12)
    printed(theirs["Wax"][3, 1], expected["dWax[3][1]"], digits=12)
    printed(theirs["Waa"][1, 2], expected["dWaa[1][2]"], digits=11)
    printed(theirs["ba"][4], [expected["dba[4]"]], digits=8)


def test_coursera_dinosaurs():
    """A character RNN's loss and gradients, clipped one by one; 100 units, 27 characters."""
    case = KEPT["dls/dino_optimize"]
    given, expected = drawn(case), case["expected"]
    cell = coursera_cell(given | {"ba": given["b"]}, "rnn")
    eye = np.eye(27)
    xs, ys = eye[[12, 3, 5, 11, 22, 3]][None], eye[[4, 14, 11, 22, 25, 26]]
    run = unroll(cell, xs, state=(given["a_prev"].T,))
    Wya, by = Tensor(given["Wya"]), Tensor(given["by"].T)
    loss = sum(cross_entropy(h @ Wya.T + by, y[None]) for h, y in zip(run.outputs, ys, strict=True))
    loss.backward()
    gradients = type(cell)(**{name: p.grad for name, p in cell.parameters.items()})
    theirs = {
        name: np.clip(array, -5, 5)
        for name, array in gradients_to_convention(gradients, "coursera").items()
    }
    printed(loss.data, expected["loss"], digits=9)
    printed(theirs["Waa"][1, 2], expected["dWaa[1][2]"], digits=12)
    assert np.argmax(theirs["Wax"]) == expected["argmax(dWax)"]
    printed(theirs["ba"][4], [expected["db[4]"]], digits=8)
    printed(np.clip(Wya.grad, -5, 5)[1, 2], expected["dWya[1][2]"], digits=12)
    printed(np.clip(by.grad, -5, 5)[0, 1], expected["dby[1]"], digits=8)
    printed(run.outputs[-1].data[0, 4], expected["a_last[4]"], digits=8)


# --- TensorFlow 1 and PyTorch's C++ interface -------------------------------------------------


@pytest.mark.parametrize("case", ["case1", "case2"])
def test_tensorflow1_gru(case):
    published = KEPT["tf1/GRUCell"]
    x, h = (np.array(published["inputs"][case][name]) for name in ("x", "h"))
    rows = x.shape[1] + 2
    arrays = {"gates/kernel": np.full((rows, 4), 0.5), "gates/bias": np.ones(4)} | {
        "candidate/kernel": np.full((rows, 2), 0.5), "candidate/bias": np.zeros(2)
    }  # fmt: skip
    (after,) = from_convention("tensorflow1", arrays, kind="gru")(x, (h,))
    printed(after.data, published["expected"][case], digits=6)


def test_tensorflow1_lstms():
    expected = KEPT["tf1/BasicLSTMCell_x2"]["expected"]
    x = np.ones((1, 2))
    for layer in ("layer0", "layer1"):
        arrays = {"kernel": np.full((4, 8), 0.5), "bias": np.zeros(8)}
        cell = from_convention("tensorflow1", arrays, kind="lstm")
        h, c = cell(x, (np.full((1, 2), 0.1), np.full((1, 2), 0.1)))
        printed(np.hstack([c.data, h.data]), expected[f"{layer}_c_then_h"], digits=6)
        x = h


def test_pytorch_cpp_lstm():
    expected = KEPT["pytorch/cpp_lstm"]["expected"]
    shapes = {"weight_ih_l0": (8, 2), "weight_hh_l0": (8, 2), "bias_ih_l0": (8,)} | {
        "bias_hh_l0": (8,)
    }
    arrays = {
        name: (np.arange(np.prod(shape)) / np.prod(shape)).reshape(shape)
        for name, shape in shapes.items()
    }
    xs = ((24 - np.arange(24)) / 24).reshape(3, 4, 2).transpose(1, 0, 2)
    run = unroll(from_convention("pytorch", arrays, kind="lstm"), xs)
    printed(run.stacked.data.transpose(1, 0, 2).ravel(), expected["output_flat"], digits=4)
    printed(run.states[-1][1].data.ravel(), expected["c_n_flat"], digits=4)


# --- Keras and ONNX: too large to keep, read where they are -----------------------------------


def shared(name):
    path = ROOT.parent / "shared" / "data" / name
    return json.loads(path.read_text()) if path.exists() else None


def cases_of(name, cases):
    """Parametrize over the cases of a shared file, or skip, saying that there is none."""
    published = shared(name)
    if published is None:
        absent = pytest.mark.skip(reason=f"../shared/data/{name} is not here")
        return [pytest.param(None, marks=absent, id="absent")]
    return cases(published)


def arranged(spec):
    """An array told by its rule: a count upwards, or ones."""
    if "ones" in spec:
        return np.ones(spec["ones"])
    return np.arange(spec["arange"], dtype=float).reshape(spec["shape"])


KERAS = {"LSTM": "lstm", "GRU": "gru", "SimpleRNN": "rnn"}


def keras_cell(case, inputs):
    """Every entry of a weight is the same; the forget bias starts as 1."""
    layer, units, options = case["layer"], case["units"], case["options"]
    columns = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}[layer] * units
    fill = case["weights"]
    arrays = {
        "kernel": np.full((inputs, columns), fill["kernel"]),
        "recurrent_kernel": np.full((units, columns), fill["recurrent_kernel"]),
    }
    reset_after = layer == "GRU" and options.get("reset_after", True)
    if options.get("use_bias", True):
        arrays["bias"] = np.full((2, columns) if reset_after else columns, fill["bias"])
        if layer == "LSTM" and options.get("unit_forget_bias", True):
            arrays["bias"][units : 2 * units] = 1.0
    settings = {"reset": "after" if reset_after else "before"} if layer == "GRU" else {}
    return from_convention("keras", arrays, kind=KERAS[layer], **settings)


def keras_run(case, cell, xs):
    options = case["options"]
    backwards = slice(None, None, -1 if options.get("go_backwards") else 1)
    mask = np.array(options["mask"])[:, backwards] if "mask" in options else None
    given = options.get("initial_state")
    state = None if given is None else tuple(arranged(spec) for spec in given)
    for _ in range(options.get("stateful_repeat_calls", 1)):
        run = unroll(cell, xs[:, backwards], state=state, mask=mask)
        state = run.states[-1]
    return run


def keras_single_layers(published):
    cases = [c for c in published["cases"] if c["layer"] in KERAS and "expect" in c]
    return [pytest.param(case, id=case["id"]) for case in cases]


@pytest.mark.parametrize("case", cases_of("keras_literals.json", keras_single_layers))
def test_keras(case):
    xs = arranged(case["input"])
    run = keras_run(case, keras_cell(case, xs.shape[2]), xs)
    if case["expect"] == "last_output":
        found = run.states[-1][0].data
    else:  # of one sequence; at a masked step, 0 or the output before it
        sequence = int(case["expect"][len("sequence[")])
        zero = case["options"].get("zero_output_for_mask")
        kept = run.outputs if zero else [state[0] for state in run.states[1:]]
        found = np.stack([h.data for h in kept], axis=1)[sequence]
    np.testing.assert_allclose(found, case["expected"], rtol=0, atol=2e-7)


def keras_linear_layers(published):
    cases = published["linear_cells"]
    single = [c for c in cases if c["cell"] == "OneState" and len(c["units_per_layer"]) == 1]
    return [pytest.param(case, id=case["id"]) for case in single]


@pytest.mark.parametrize("case", cases_of("keras_literals.json", keras_linear_layers))
def test_keras_linear(case):
    """All weights one, no activation: whole numbers, exactly."""
    xs, (units,) = arranged(case["input"]), case["units_per_layer"]
    arrays = {"kernel": np.ones((xs.shape[2], units)), "recurrent_kernel": np.ones((units, units))}
    cell = from_convention("keras", arrays, kind="rnn", activation="identity")
    ones = {"initial_state": [{"ones": (len(xs), units)}]} if "initial_state" in case else {}
    run = keras_run({"options": case | ones}, cell, xs)
    states = np.stack([h.data for (h,) in run.states[1:]], axis=1)
    expected = np.array(case["expected"])
    np.testing.assert_array_equal(states if expected.ndim == 3 else states[:, -1], expected)


def onnx_cases(published):
    return [pytest.param(case, id=case["name"]) for case in published["cases"]]


@pytest.mark.parametrize("case", cases_of("onnx_rnn_cases.json", onnx_cases))
def test_onnx(case):
    held = {
        name: np.array(a["data"], dtype=float).reshape(a["shape"])
        for name, a in (case["inputs"] | case["outputs"]).items()
    }
    xs = held["X"] if case["attributes"].get("layout") else held["X"].transpose(1, 0, 2)
    direction = case["attributes"].get("direction", "forward")
    runs = [
        onnx_run(case, held, xs, d, backwards=direction == "reverse" or d == 1)
        for d in range(held["W"].shape[0])
    ]
    axis = 1 if case["attributes"].get("layout") else 0
    for name, slot in (("Y_h", 0), ("Y_c", 1)):
        if name in held:
            last = np.stack([run.states[-1][slot].data for run, _ in runs], axis=axis)
            np.testing.assert_allclose(last, held[name], rtol=0, atol=2e-7)
    if "Y" in held:  # (T, direction, batch, hidden), or batch first
        all_steps = np.stack([run.stacked.data[:, order] for run, order in runs], axis=2)
        found = all_steps if axis else all_steps.transpose(1, 2, 0, 3)
        np.testing.assert_allclose(found, held["Y"], rtol=0, atol=2e-7)


def onnx_run(case, held, xs, d, backwards):
    """The run of one direction, and the order that puts its steps right."""
    arrays = {name: held[name][d : d + 1] for name in ("W", "R", "B", "P") if name in held}
    cell = from_convention("onnx", arrays, kind=case["op"].lower())
    order = slice(None, None, -1 if backwards else 1)
    return unroll(cell, xs[:, order]), order

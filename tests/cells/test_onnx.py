"""The same functions in ONNX Runtime, in float32: outputs and states, through ONNX's convention."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_rnn.cells import CELLS
from autograd_rnn.cells.conventions import to_convention
from autograd_rnn.sequence import unroll

onnx = pytest.importorskip("onnx", reason="ONNX is not installed: pip install .[test]")
runtime = pytest.importorskip(
    "onnxruntime", reason="ONNX Runtime is not installed: pip install .[test]"
)

BATCH, T, M, N = 2, 6, 3, 5
LENGTHS = np.array([4, 6], dtype=np.int32)
EPSILON = np.finfo(np.float32).eps

BEFORE = {"reset": "before", "keeps": "z"}
AFTER = {"reset": "after", "keeps": "z"}
ACTIVATIONS = (
    {"gate_activation": "tanh", "candidate_activation": "relu", "output_activation": "logistic"},
    {"activations": ["Tanh", "Relu", "Sigmoid"]},
)
CASES = [
    pytest.param("rnn", {}, {}, id="rnn"),
    pytest.param("rnn", {"activation": "relu"}, {"activations": ["Relu"]}, id="rnn-relu"),
    pytest.param("rnn", {"bias": False}, {}, id="rnn-no-bias"),
    pytest.param("lstm", {}, {}, id="lstm"),
    pytest.param("lstm", {"peepholes": "diagonal"}, {}, id="lstm-peepholes"),
    pytest.param("lstm", {"bias": False}, {}, id="lstm-no-bias"),
    pytest.param("lstm", {"clip": 0.8}, {"clip": 0.8}, id="lstm-clip"),
    pytest.param("lstm", *ACTIVATIONS, id="lstm-activations"),
    pytest.param("gru", BEFORE, {}, id="gru-before"),
    pytest.param("gru", AFTER, {"linear_before_reset": 1}, id="gru-after"),
    pytest.param("gru", AFTER | {"bias": False}, {"linear_before_reset": 1}, id="gru-no-bias"),
]
INPUTS = ("X", "W", "R", "B", "sequence_lens", "initial_h", "initial_c", "P")


def model_of(kind, arrays, attributes):
    """One node as a model, its inputs named, and the names of its outputs."""
    names = [name if name in arrays else "" for name in INPUTS[: 8 if kind == "lstm" else 6]]
    outputs = ["Y", "Y_h", "Y_c"] if kind == "lstm" else ["Y", "Y_h"]
    helper, kind_of = onnx.helper, onnx.helper.np_dtype_to_tensor_dtype
    described = [
        helper.make_tensor_value_info(name, kind_of(array.dtype), array.shape)
        for name, array in arrays.items()
    ]
    floats = [helper.make_tensor_value_info(y, onnx.TensorProto.FLOAT, None) for y in outputs]
    node = helper.make_node(kind.upper(), names, outputs, hidden_size=N, **attributes)
    graph = helper.make_graph([node], kind, described, floats)
    opset = [helper.make_opsetid("", 14)]
    return helper.make_model(graph, opset_imports=opset, ir_version=8), outputs


def run_onnx(kind, arrays, attributes):
    """Y and the last states of one node."""
    model, outputs = model_of(kind, arrays, attributes)
    session = runtime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(outputs, arrays)


def compared(kind, settings, attributes, *, swapped=False):
    """Our outputs and last states, in float64, and ONNX Runtime's."""
    rng = np.random.default_rng(41)
    shapes = CELLS[kind].shapes(M, N, **settings)
    cell = CELLS[kind](**{k: rng.normal(size=s) / 2 for k, s in shapes.items()}, **settings)
    xs = rng.normal(size=(BATCH, T, M))
    initial = {slot: rng.normal(size=(BATCH, N)) for slot in cell.slots}
    run = unroll(cell, xs, state=tuple(initial.values()), lengths=LENGTHS)
    arrays = to_convention(cell, "onnx", split=0.3)
    if swapped:
        arrays["W"] = np.roll(arrays["W"], N, axis=1)
    given = {"X": xs.transpose(1, 0, 2), **arrays}
    given |= {f"initial_{slot}": state[None] for slot, state in initial.items()}
    found = run_onnx(
        kind,
        {name: array.astype(np.float32) for name, array in given.items()}
        | {"sequence_lens": LENGTHS},
        attributes,
    )
    ours = [run.stacked.data, *(state.data for state in run.states[-1])]
    return ours, [found[0][:, 0].transpose(1, 0, 2), *(state[0] for state in found[1:])]


@pytest.mark.parametrize(("kind", "settings", "attributes"), CASES)
def test_outputs_and_states(kind, settings, attributes):
    ours, theirs = compared(kind, settings, attributes)
    for y, wanted in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(y, wanted, rtol=0, atol=16 * EPSILON)


@pytest.mark.parametrize(("kind", "settings", "attributes"), CASES[3:4] + CASES[9:10])
def test_gates_in_another_order_are_caught(kind, settings, attributes):
    ours, theirs = compared(kind, settings, attributes, swapped=True)
    assert np.max(np.abs(ours[0] - theirs[0])) > 1e-2

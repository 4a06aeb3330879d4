"""Gomez's LSTM, worked by hand in print, reproduced by the closed form to the printed digits."""

import json
from pathlib import Path

import numpy as np
import pytest

from derivations.recurrence import closed_form

GOMEZ = json.loads((Path(__file__).parents[1] / "data" / "gomez_lstm.json").read_text("utf-8"))
OURS = dict(zip("gifo", range(4), strict=True))  # their gates a, i, f, o are our g, i, f, o


def stored(W, U, b):
    """Return parameters as we store them: W_q acts on [h; x], so U comes first."""
    return {f"W_{q}": np.array([[U[r], *W[r]]]) for q, r in OURS.items()} | {
        f"b_{q}": np.array([b[r]]) for q, r in OURS.items()
    }


@pytest.fixture(scope="module")
def parameters():
    given = GOMEZ["inputs"]
    return stored(given["W_aifo"], given["U_aifo"], given["b_aifo"])


@pytest.fixture(scope="module", params=["matrices", "elements"])
def found(request, parameters):
    form = closed_form("lstm")
    form = form if request.param == "matrices" else form.on_elements(1, 2, 2)
    inputs = np.array(GOMEZ["inputs"]["x"])[np.newaxis]
    targets = np.array(GOMEZ["inputs"]["y"])[np.newaxis, :, np.newaxis]
    return form.evaluate(parameters, inputs, targets)


@pytest.mark.parametrize("t", [1, 2])
def test_states(found, t):
    printed = GOMEZ["expected"][f"t{t - 1}"]
    for letter, value in zip("gifoch", printed, strict=True):
        assert found.values[letter, t].item() == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize("t", [1, 2])
def test_gate_deltas(found, t):
    printed = GOMEZ["expected"][f"delta_gates_t{t - 1}_aifo"]
    for q, row in OURS.items():
        delta = found.adjoints[f"a_{q}", t].item()
        assert delta == pytest.approx(printed[row], rel=1e-13, abs=1e-17)


def test_weights_after_one_step(found, parameters):
    expected = GOMEZ["expected"]
    printed = stored(expected["W_after_sgd_0.1"], expected["U_after"], expected["b_after"])
    for name, after in printed.items():
        updated = parameters[name] - 0.1 * found.gradients[name]
        np.testing.assert_allclose(updated, after, rtol=0, atol=5.1e-9)  # eight printed digits

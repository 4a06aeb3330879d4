"""A published answer that is a mistake of the table: the key of an LSTM exercise.

The notebook "Building a Recurrent Neural Network - Step by Step" of deeplearning.ai printed, in its
version 3 of 2018, gradients in which no step hears of the next one: `truncated-at-one-step`.
Version 3b of 2019 prints the right ones. Of the ten numbers that version 3 printed, the three for
the biases of the input gate, the candidate and the output gate are neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from derivations.bptt.evaluation import Arguments
from derivations.bptt.form import ClosedForm
from derivations.errata import Counterexample
from derivations.mistakes.table import MISTAKES

SOURCE = (
    "deeplearning.ai, Building a Recurrent Neural Network - Step by Step, version 3 (2018), "
    "lstm_backward; corrected in version 3b (2019)"
)
Place = tuple[str, tuple[int, ...]]  # a gradient and an entry of it

VERSION_3: dict[Place, float] = {
    ("h_0", (3, 2)): -0.095911501954,
    ("W_f", (3, 1)): -0.0698198561274,
    ("W_i", (1, 2)): 0.102371820249,
    ("W_g", (3, 1)): -0.0624983794927,
    ("W_o", (1, 2)): 0.0484389131444,
    ("b_f", (4,)): -0.0565788,
}
VERSION_3B: dict[Place, float] = {
    ("h_0", (3, 2)): 0.312770310257,
    ("W_f", (3, 1)): -0.0809802310938,
    ("W_i", (1, 2)): 0.40512433093,
    ("W_g", (3, 1)): -0.0793746735512,
    ("W_o", (1, 2)): 0.038948775763,
    ("b_f", (4,)): -0.15745657,
    ("b_i", (4,)): -0.50848333,
    ("b_g", (4,)): -0.42510818,
    ("b_o", (4,)): -0.17958196,
}


def exercise() -> tuple[ClosedForm, Arguments]:
    """Return the exercise: an LSTM, and the numbers that the notebook draws, in its order."""
    # The table is read where no cell is needed.
    from derivations.recurrence import closed_form

    draw = np.random.RandomState(1).randn
    inputs, initial = draw(3, 10, 7), draw(5, 10)
    parameters = {}
    for gate in "fiog":
        parameters[f"W_{gate}"], parameters[f"b_{gate}"] = draw(5, 8), draw(5, 1)[:, 0]
    upstream = draw(5, 10, 4)  # for the first four of the seven steps
    return closed_form("lstm", loss=None), Arguments(
        parameters,
        inputs[:, :, :4].transpose(1, 2, 0),
        initial={"h": initial.T},
        upstream=upstream.transpose(1, 2, 0),
    )


def lstm_key() -> Counterexample:
    """Return an entry of dL/dW_f by the key of version 3, and what it is."""
    form, arguments = exercise()
    (wrong,) = MISTAKES["truncated-at-one-step"].wrong_forms(form)
    found, right = (_gradients(one, arguments)["W_f"][3, 1] for one in (wrong.form, form))
    at = "dL/dW_f, row 4, column 2, at the numbers that the notebook draws"
    return Counterexample(at, round(float(found), 10), round(float(right), 10))


def _gradients(form: ClosedForm, given: Arguments) -> Mapping[str, Any]:
    found = form.evaluate(
        given.parameters, given.inputs, given.targets, given.initial, given.upstream
    )
    return found.gradients

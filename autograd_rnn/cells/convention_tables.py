"""The conventions as tables: for every kind of cell, the arrays that others store (see `forms`).

Sources: the documentation of PyTorch 2, Keras 3, ONNX's operators RNN, LSTM and GRU, and
TensorFlow 1's cells; Stanford's CS231n, assignment 3; the Coursera course on sequence models by
Andrew Ng; and the letters of four lectures, by S. Mousavizade, S. Varma and J. Vitay, and a
chapter on RNNs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from autograd_rnn.cells.forms import Form, Stored

ONE = ("",)  # the only gate of an RNN has no letter


def _stack(gates: Iterable[str], arrays: tuple[Stored, ...]) -> tuple[Stored, ...]:
    """Return arrays that hold all gates, in this order."""
    return tuple(replace(stored, gates=tuple(gates)) for stored in arrays)


def _each(on: str, named: str, **layout: bool) -> tuple[Stored, ...]:
    """Return one array for each "name:gate"."""
    pairs = (array.split(":") for array in named.split())
    return tuple(Stored(name, on, (q,), **layout) for name, q in pairs)


def _form(*groups: tuple[Stored, ...], **of_form: Any) -> Form:
    return Form(tuple(stored for group in groups for stored in group), **of_form)


PYTORCH = (
    Stored("weight_ih_l0", "x"),
    Stored("weight_hh_l0", "h"),
    Stored("bias_ih_l0", "b", flat=True),
    Stored("bias_hh_l0", "d", flat=True),
)
KERAS = (
    Stored("kernel", "x", transposed=True),
    Stored("recurrent_kernel", "h", transposed=True),
    Stored("bias", "b", flat=True),
)
KERAS_RESET_AFTER = (*KERAS[:2], Stored("bias", "bd", transposed=True))
ONNX = (
    Stored("W", "x", direction=True),
    Stored("R", "h", direction=True),
    Stored("B", "bd", transposed=True, flat=True, direction=True),
)
ONNX_PEEPHOLES = (Stored("P", "p", flat=True, direction=True),)
TENSORFLOW1 = (Stored("kernel", "xh", transposed=True), Stored("bias", "b", flat=True))
TENSORFLOW1_PEEPHOLES = _each("p", "w_f_diag:f w_i_diag:i w_o_diag:o", flat=True)
TENSORFLOW1_GRU = (
    Stored("gates/kernel", "xh", ("r", "z"), transposed=True),
    Stored("gates/bias", "b", ("r", "z"), flat=True),
    Stored("candidate/kernel", "xh", ("g",), transposed=True),
    Stored("candidate/bias", "b", ("g",), flat=True),
)
CS231N = (
    Stored("Wx", "x", transposed=True),
    Stored("Wh", "h", transposed=True),
    Stored("b", "b", flat=True),
)
VITAY_BIASES = _each("b", "b_f:f b_i:i b_o:o b_c:g", flat=True)

# The variants of our cells that the tables speak of.
DIAGONAL = {"peepholes": "diagonal"}
MATRIX = {"peepholes": "matrix"}
# The gates of the seminar's LSTM read c where others read h: here too it stands in h's place.
SEMINAR = {"gates_read": "c", "output_activation": "identity"}
LECTURES = {"reset": "before", "keeps": "1-z"}
SIMPLIFIED = {"reset": "none", "keeps": "1-z"}
RESET_BEFORE = {"reset": "before", "keeps": "z"}
RESET_AFTER = {"reset": "after", "keeps": "z"}

# By convention and kind of cell; where there are several forms, the usual one comes first.
CONVENTIONS: dict[str, dict[str, tuple[Form, ...]]] = {
    "pytorch": {
        "rnn": (_form(_stack(ONE, PYTORCH)),),
        "lstm": (_form(_stack("ifgo", PYTORCH)),),
        "gru": (_form(_stack("rzg", PYTORCH), variant=RESET_AFTER),),
    },
    "keras": {
        "rnn": (_form(_stack(ONE, KERAS)),),
        "lstm": (_form(_stack("ifgo", KERAS)),),
        "gru": (
            _form(_stack("zrg", KERAS_RESET_AFTER), variant=RESET_AFTER),
            _form(_stack("zrg", KERAS), variant=RESET_BEFORE),
        ),
    },
    "onnx": {
        "rnn": (_form(_stack(ONE, ONNX)),),
        "lstm": (
            _form(_stack("iofg", ONNX)),
            _form(_stack("iofg", ONNX), _stack("iof", ONNX_PEEPHOLES), variant=DIAGONAL),
        ),
        "gru": (
            _form(_stack("zrg", ONNX), variant=RESET_BEFORE),
            _form(_stack("zrg", ONNX), variant=RESET_AFTER),
        ),
    },
    "tensorflow1": {
        "rnn": (_form(_stack(ONE, TENSORFLOW1)),),
        "lstm": (
            _form(_stack("igfo", TENSORFLOW1), added={"f": 1.0}),
            _form(
                _stack("igfo", TENSORFLOW1),
                TENSORFLOW1_PEEPHOLES,
                variant=DIAGONAL,
                added={"f": 1.0},
            ),
        ),
        "gru": (_form(TENSORFLOW1_GRU, variant=RESET_BEFORE),),
    },
    "cs231n": {
        "rnn": (_form(_stack(ONE, CS231N)),),
        "lstm": (_form(_stack("ifog", CS231N)),),
    },
    "coursera": {
        "rnn": (_form(_each("h", "Waa:"), _each("x", "Wax:"), _each("b", "ba:")),),
        "lstm": (_form(_each("hx", "Wf:f Wi:i Wc:g Wo:o"), _each("b", "bf:f bi:i bc:g bo:o")),),
        "gru": (
            _form(_each("hx", "Wu:z Wr:r Wc:g"), _each("b", "bu:z br:r bc:g"), variant=LECTURES),
        ),
    },
    "mousavizade": {
        "lstm": (
            _form(
                _each("h", "W_cu:i W_cf:f W_co:o W_ac:g", transposed=True),
                _each("x", "W_xu:i W_xf:f W_xo:o W_xc:g", transposed=True),
                _each("b", "b_u:i b_f:f b_o:o b_c:g", transposed=True),
                variant=SEMINAR,
            ),
        ),
        "gru": (
            _form(
                _each("h", "W_cu:z W_cr:r W_cc:g", transposed=True),
                _each("x", "W_xu:z W_xr:r W_xc:g", transposed=True),
                _each("b", "b_u:z b_r:r b_c:g", transposed=True),
                variant=LECTURES,
            ),
            _form(
                _each("h", "W_cu:z W_ac:g", transposed=True),
                _each("x", "W_xu:z W_xc:g", transposed=True),
                _each("b", "b_u:z b_c:g", transposed=True),
                variant=SIMPLIFIED,
            ),
        ),
    },
    "chapter3": {
        "rnn": (_form(_each("h", "W_hh:"), _each("x", "W_xh:")),),
        "lstm": (
            _form(
                _each("hx", "W_f:f W_i:i W_C:g W_o:o"),
                _each("b", "b_f:f b_i:i b_C:g b_o:o", flat=True),
            ),
        ),
        "gru": (_form(_each("hx", "W_z:z W_r:r W:g"), variant=LECTURES),),
    },
    "varma": {"rnn": (_form(_each("h", "W:"), _each("x", "U:")),)},
    "vitay": {
        "rnn": (_form(_each("h", "W_h:"), _each("x", "W_x:"), _each("b", "b:", flat=True)),),
        "lstm": (
            _form(_each("hx", "W_f:f W_i:i W_o:o W_C:g"), VITAY_BIASES),
            _form(
                _each("chx", "W_f:f W_i:i W_o:o"),
                _each("hx", "W_C:g"),
                VITAY_BIASES,
                variant=MATRIX,
            ),
        ),
        "gru": (_form(_each("hx", "W_z:z W_r:r W_h:g"), variant=LECTURES),),
    },
}

# What a convention leaves to its user and stores alike, whatever is chosen.
OPEN: dict[str, set[str]] = {
    "pytorch": {"activation"},
    "keras": {"activation", "gate_activation"},
    "onnx": {
        "activation", "gate_activation", "candidate_activation", "output_activation", "clip",
    },
    "tensorflow1": {"activation"},
    "varma": {"activation"},
    "vitay": {"activation"},
}  # fmt: skip

# Every array that our own cells can have.
OURS: dict[str, tuple[Stored, ...]] = {
    "rnn": (*_each("hx", "W:"), *_each("b", "b:", flat=True)),
    "lstm": (
        *_each("hx", "W_f:f W_i:i W_g:g W_o:o"),
        *_each("b", "b_f:f b_i:i b_g:g b_o:o", flat=True),
        *_each("p", "P_f:f P_i:i P_o:o", flat=True),
        *_each("c", "P_f:f P_i:i P_o:o"),
    ),
    "gru": (
        *_each("hx", "W_z:z W_r:r W_g:g"),
        *_each("b", "b_z:z b_r:r b_g:g", flat=True),
        *_each("d", "b_gh:g", flat=True),
    ),
}

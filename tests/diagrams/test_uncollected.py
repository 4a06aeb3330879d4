"""The collector of cycles pauses while a picture is made, and is as it was afterwards."""

import gc

import pytest

import autograd_rnn as ar
from autograd_rnn.diagrams.uncollected import uncollected


@pytest.fixture(autouse=True)
def collector():
    runs = gc.isenabled()
    yield
    (gc.enable if runs else gc.disable)()


@pytest.mark.parametrize("runs", [True, False])
def test_it_is_as_it_was_after_a_picture_and_after_a_refusal(runs):
    (gc.enable if runs else gc.disable)()
    ar.draw(ar.RNNCell.init(3, 2, rng=0)).svg()
    assert gc.isenabled() is runs
    with pytest.raises(ValueError, match="theme"):
        ar.draw(ar.RNNCell.init(3, 2, rng=0), theme="blue")
    assert gc.isenabled() is runs


def test_it_pauses_in_between():
    gc.enable()
    with uncollected():
        assert not gc.isenabled()
        with uncollected():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()

"""The command derive: listing, options, formats, and the walk."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from autograd_rnn.cli import app
from derivations import derive, walk


def call(*arguments: str, typed: str | None = None):
    return CliRunner().invoke(app, ["derive", *arguments], input=typed)


def test_without_a_topic_it_lists_them():
    done = call()
    assert done.exit_code == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == list(derive())


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["--variant", "reset-after", "--wrt", "W_r"], "δ_{r,t} = δ_{g,t} ⊙ q_t"),
        (["--notation", "ng", "--wrt", "W_r"], "dJ/dW_r"),
        (["--loss", "squared error", "--wrt", "W_r"], "h_t - y_t"),
        (["--loss", "cross-entropy", "--wrt", "W_y"], "p_t - y_t"),
        (["--wrt", "W_r", "--format", "markdown"], "## Result"),
    ],
)
def test_options_reach_the_derivation(arguments, shown):
    done = call("gru", *arguments)
    assert done.exit_code == 0, done.output
    assert shown in done.stdout


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["gru", "--variant", "reset-afer"], "reset-after"),
        (["gru", "--notation", "nq"], "'ng'"),
        (["gru", "--loss", "hinge"], "--loss"),
        (["xavier", "--variant", "he"], "variant"),
        (["--resume", "missing.json"], "missing.json"),
        (["gru", "--format", "pdf"], "--format"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_sentence(arguments, named):
    done = call(*arguments)
    assert done.exit_code == 2, done.output
    assert named in " ".join(done.output.replace("│", " ").split())
    assert "Traceback" not in done.output


def test_a_walk_is_piped_and_kept_and_goes_on(tmp_path):
    file = tmp_path / "w.json"
    done = call("rnn", "--wrt", "W", "--walk", typed=f"next\nnext\nsave {file}\n")
    assert done.exit_code == 0, done.output
    assert "2 of 4: Adjoint of the hidden state" in done.stdout
    assert walk.load(file).line.rule == "Adjoint of the hidden state"
    done = call("--resume", str(file), typed="next\n")
    assert done.exit_code == 0, done.output
    assert "3 of 4: Adjoint of the pre-activation" in done.stdout


def test_the_end_of_the_input_is_the_end():
    command = [sys.executable, "-m", "autograd_rnn", "derive", "rnn", "--walk"]
    done = subprocess.run(
        command, input="next", capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.rstrip().endswith("Until next time.")
    assert done.stderr == ""

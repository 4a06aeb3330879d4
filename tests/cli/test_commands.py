"""The commands as people call them, and as they get them wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autograd_rnn import cli
from autograd_rnn.cli import app
from autograd_rnn.diagrams.typography.palette import THEMES
from autograd_rnn.figures import Figure
from tests.crosscheck.faults import FAULTS, broken

ZEN = "The Zen of Python, by Tim Peters"


def call(*arguments: str):
    return CliRunner().invoke(app, list(arguments))


def in_a_process(*arguments: str, **options):
    command = [sys.executable, "-m", "autograd_rnn", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, **options)


# --- crosscheck -----------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_crosscheck_agrees_with_exit_code_0(cell):
    done = call(
        "crosscheck", cell, "--hidden", "5", "--inputs", "3", "--batch", "2", "--steps", "7"
    )
    assert done.exit_code == 0, done.output
    assert "All 5 roads agree" in done.output
    assert "exactly equal" in done.output
    assert "no VJP" in done.output  # what the roads share is said


def test_crosscheck_prints_json_and_nothing_else():
    done = in_a_process("crosscheck", "gru", "--steps", "3", "--json", "--loss", "cross-entropy")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["agree"] is True
    assert report["sizes"] == {"batch": 2, "steps": 3, "inputs": 3, "hidden": 5, "classes": 4}


def test_crosscheck_exits_with_1_and_the_place_when_the_roads_part():
    with broken("sigmoid", 0, FAULTS[0]):
        done = call("crosscheck", "lstm")
    assert done.exit_code == 1
    assert "gate) at t = 7" in " ".join(done.output.split())
    assert "the fault lies in sigmoid" in " ".join(done.output.split())


def test_the_same_seed_gives_the_same_report():
    first, second, other = (
        json.loads(call("crosscheck", "rnn", "--json", "--seed", seed).stdout)
        for seed in ("4", "4", "5")
    )
    del first["seconds"], second["seconds"], other["seconds"]
    assert first == second != other


# --- draw and derive ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("suffix", "start"),
    [("svg", b"<"), ("png", b"\x89PNG"), ("pdf", b"%PDF"), ("dot", b""), ("tex", b"\\")],
)
def test_draw_writes_what_the_suffix_says(tmp_path, suffix, start):
    file = tmp_path / f"lstm.{suffix}"
    done = call("draw", "lstm", "--steps", "2", "--show", "shapes,values,grads", "-o", str(file))
    assert done.exit_code == 0, done.output
    assert file.read_bytes().startswith(start)


def test_draw_shows_the_flow_the_sum_of_a_weight_and_one_of_its_terms(tmp_path):
    written = set()
    for number, options in enumerate((["--show", "flow"], [], ["--highlight", "W_f"])):
        file = tmp_path / f"{number}.svg"
        done = call("draw", "lstm", "--steps", "3", *options, "-o", str(file))
        assert done.exit_code == 0, done.output
        written.add(file.read_text())
    file = tmp_path / "term.svg"
    assert call("draw", "lstm", "--highlight", "W_f,1,3", "-o", str(file)).exit_code == 0
    written.add(file.read_text())
    assert len(written) == 4


def test_draw_takes_view_theme_notation_and_title(tmp_path):
    sizes = {}
    for view in ("unrolled", "op", "cell", "rolled"):
        file = tmp_path / f"{view}.dot"
        done = call("draw", "gru", "--view", view, "--theme", "dark", "--notation", "ng",
                    "--show", "formulas", "--title", "A gated unit", "-o", str(file))  # fmt: skip
        assert done.exit_code == 0, done.output
        source = file.read_text(encoding="utf-8")
        assert "A gated unit" in source
        assert "<i>Γ</i><sub>u</sub><sup>⟨" in source
        assert THEMES["dark"].paper in source
        sizes[view] = source.count("label=")
    assert sizes["op"] > sizes["unrolled"] > sizes["cell"] > sizes["rolled"]


@pytest.mark.parametrize("topic", ["rnn", "lstm", "gru", "xavier"])
@pytest.mark.parametrize("form", ["text", "latex", "html", "json"])
def test_derive_in_every_format(topic, form):
    done = call("derive", topic, "--format", form)
    assert done.exit_code == 0, done.output
    starts = {"latex": r"\documentclass", "html": "<!doctype html>", "json": "{"}
    assert done.stdout.lower().startswith(starts.get(form, ""))


def test_derive_one_parameter_over_given_steps(tmp_path):
    file = tmp_path / "W_f.html"
    done = call(
        "derive", "lstm", "--wrt", "W_f", "--steps", "3", "--format", "html", "-o", str(file)
    )
    assert done.exit_code == 0, done.output
    assert "<math" in file.read_text(encoding="utf-8")


# --- demo -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    out = tmp_path_factory.mktemp("demo") / "new" / "folder"
    done = in_a_process("demo", "--out", str(out), "--hidden", "4", "--steps", "6")
    assert done.returncode == 0, done.stderr
    return out, done


def test_demo_says_which_text_and_which_characters(demo):
    _, done = demo
    assert "characters 1 to 7 of 856" in " ".join(done.stderr.split())
    assert "module this" in done.stderr


def test_demo_ends_with_the_files_to_open_and_they_exist(demo):
    out, done = demo
    listed = [Path(line.strip()) for line in done.stdout.splitlines() if line.startswith("  ")]
    assert len(listed) == 12
    assert all(file.is_file() and file.stat().st_size for file in listed)
    assert {file.relative_to(out).parts for file in listed} == {
        (cell, name)
        for cell in ("rnn", "lstm", "gru")
        for name in ("graph.svg", "closed_form.html", "closed_form.tex", "numbers.json")
    }
    assert sorted(p.name for p in out.iterdir()) == ["gru", "lstm", "rnn"]


def test_demo_prints_a_table_for_each_cell(demo):
    _, done = demo
    for cell in ("RNN", "LSTM", "GRU"):
        assert f"{cell}, cross-entropy" in done.stdout


def test_the_numbers_of_the_demo_are_those_of_the_text(demo):
    out, _ = demo
    numbers = json.loads((out / "lstm" / "numbers.json").read_text(encoding="utf-8"))
    assert numbers["text"]["characters"] == ZEN[:7]
    assert len(numbers["vocabulary"]) == 45
    assert numbers["crosscheck"]["agree"] is True
    assert len(numbers["gradients"]["W_f"]) == 4
    assert len(numbers["gradients"]["W_f"][0]) == 4 + 45
    # Untrained, it knows little more than that there are 45 characters: ln 45 = 3.8.
    assert 3.3 < numbers["loss"]["a character, nats"] < 4.3


def test_demo_takes_a_text_or_a_file(tmp_path):
    file = tmp_path / "text.txt"
    file.write_text("abracadabra", encoding="utf-8")
    for given, vocabulary in ((str(file), "abcdr"), ("to be or not", " benort")):
        out = tmp_path / vocabulary.strip()
        done = call("demo", "--text", given, "--out", str(out), "--hidden", "3", "--steps", "4")
        assert done.exit_code == 0, done.output
        numbers = json.loads((out / "rnn" / "numbers.json").read_text(encoding="utf-8"))
        assert "".join(numbers["vocabulary"]) == vocabulary


# --- what is refused ------------------------------------------------------------------------------


def test_stepper_writes_a_page_of_both_passes(tmp_path):
    file = tmp_path / "gru.html"
    options = ["--steps", "2", "--loss", "cross-entropy", "--theme", "dark", "--title", "Both"]
    done = call("stepper", "gru", *options, "-o", str(file))
    assert done.exit_code == 0, done.output
    page = file.read_text()
    assert 'data-theme="dark"' in page
    assert "<h1>Both</h1>" in page
    assert "ln softmax" in page


def test_draw_takes_all_that_a_figure_does(tmp_path):
    file = tmp_path / "gru.svg"
    options = ["--variant", "reset-after", "--loss", "cross-entropy", "--steps", "7"]
    options += ["--drawn", "1,7", "--view", "op", "--collapse", "candidate", "--expand", "t=7"]
    done = call("draw", "gru", *options, "-o", str(file))
    assert done.exit_code == 0, done.output
    described = {"cell": "gru", "variant": "reset-after", "loss": "cross-entropy", "steps": 7}
    described |= {"drawn": [1, 7], "view": "op", "collapse": "candidate", "expand": "t=7"}
    assert file.read_text(encoding="utf-8") == Figure.of(described, "test").draw().svg()


OWN = """
import autograd_rnn as ar

def loss():
    run = ar.unroll(ar.RNNCell.init(3, 2, rng=0), [[[1.0, 2.0, 3.0]] * 2])
    return (run.stacked ** 2).sum()
"""


@pytest.mark.parametrize(("command", "file"), [("draw", "own.svg"), ("stepper", "own.html")])
def test_a_network_of_ones_own_is_found_in_the_folder_where_one_is(tmp_path, command, file):
    (tmp_path / "mine_alone.py").write_text(OWN)
    done = in_a_process(command, "mine_alone:loss", "-o", file, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "tanh" in (tmp_path / file).read_text(encoding="utf-8")


def test_draw_takes_a_system(tmp_path):
    file = tmp_path / "attention.svg"
    done = call("draw", "rnn", "--system", "attention", "--show", "values", "-o", str(file))
    assert done.exit_code == 0, done.output
    assert "α" in file.read_text(encoding="utf-8")


REFUSED = [
    (["crosscheck", "lstn"], "did you mean 'lstm'"),
    (["crosscheck", "lstm", "--steps", "0"], "--steps"),
    (["crosscheck", "lstm", "--hidden", "-3"], "--hidden"),
    (["crosscheck", "lstm", "--hidden", "two"], "--hidden"),
    (["crosscheck", "lstm", "--loss", "hinge"], "--loss"),
    (["stepper", "gru", "-o", "page.svg"], ".html"),
    (["stepper", "gru", "--view", "rolled", "-o", "page.html"], "--view"),
    (["stepper", "gru", "--steps", "1", "-o", "no/such/folder/p.html"], "no/such/folder"),
    (["draw", "gru", "-o", "picture.gif"], "svg"),
    (["draw", "gru", "-o", "no/such/folder/gru.svg"], "no/such/folder"),
    (["draw", "gru", "--show", "colours", "-o", "gru.svg"], "colours"),
    (["draw", "gru", "--steps", "0", "-o", "gru.svg"], "--steps"),
    (["draw", "gru", "--view", "side", "-o", "gru.svg"], "--view"),
    (["draw", "gru", "--theme", "sepia", "-o", "gru.svg"], "--theme"),
    (["draw", "gru", "--notation", "nn", "-o", "gru.svg"], "'ng'"),
    (["draw", "gru", "--highlight", "W_z,2", "-o", "gru.svg"], "one of its terms"),
    (["draw", "gru", "--drawn", "some", "-o", "gru.svg"], "elide, all, or the numbers"),
    (["draw", "gru", "--drawn", "1,9", "-o", "gru.svg"], "no step 9"),
    (["draw", "gru", "--variant", "reset-aftr", "-o", "gru.svg"], "'reset-after'"),
    (["draw", "gru", "--settings", "reset", "-o", "gru.svg"], "write pairs"),
    (["draw", "no_such_module:run", "-o", "gru.svg"], "no_such_module"),
    (["draw", "math:pi", "--steps", "4", "-o", "gru.svg"], "leave out steps"),
    (["draw", "gru", "--system", "atention", "-o", "gru.svg"], "did you mean 'attention'"),
    (["draw", "gru", "--system", "stacked", "--show", "grads", "-o", "gru.svg"], "scalar"),
    (["derive", "lstmm"], "'lstm'"),
    (["derive", "lstm", "--wrt", "W_q"], "W_f"),
    (["derive", "lstm", "--steps", "0"], "--steps"),
    (["derive", "xavier", "--wrt", "W_f"], "wrt"),
    (["derive", "lstm", "-o", "no/such/folder/lstm.txt"], "no/such/folder"),
    (["demo", "--text", "", "--out", "out"], "0 characters"),
    (["demo", "--text", "x", "--out", "out"], "1 characters"),
    (["demo", "--text", "missing.txt", "--out", "out"], "missing.txt"),
    (["demo", "--steps", "0", "--out", "out"], "--steps"),
    (["demo", "--out", "a_file/out"], "a_file"),
    (["demo", "--out", "/proc/demo"], "/proc/demo"),
]


@pytest.mark.parametrize(("arguments", "named"), REFUSED, ids=lambda value: str(value)[:60])
def test_what_cannot_be_done_is_refused_in_one_sentence(arguments, named, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a_file").write_text("in the way")
    done = call(*arguments)
    assert done.exit_code == 2, done.output
    assert named in " ".join(done.output.replace("│", " ").split())
    assert "Traceback" not in done.output
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert [p.name for p in tmp_path.iterdir()] == ["a_file"]  # and nothing was written


def test_a_text_that_is_not_text_is_refused(tmp_path):
    file = tmp_path / "picture.png"
    file.write_bytes(b"\x89PNG\xff\xfe")
    done = call("demo", "--text", str(file), "--out", str(tmp_path / "out"))
    assert done.exit_code == 2
    assert "not UTF-8" in done.output
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    done = call("demo", "--out", str(tmp_path / "out"))
    assert done.exit_code == 2
    assert "Permission denied" in done.output


def test_nothing_half_written_stays_when_writing_fails(tmp_path, monkeypatch):
    import autograd_rnn.demo

    def fail(*_):
        raise OSError(28, "No space left on device", "numbers.json")

    monkeypatch.setattr(autograd_rnn.demo, "_numbers", fail)
    out = tmp_path / "out"
    done = call("demo", "--out", str(out), "--hidden", "3", "--steps", "3")
    assert done.exit_code == 2
    assert "No space left on device" in done.output
    assert list(out.iterdir()) == []


# --- the package itself ---------------------------------------------------------------------------


def test_importing_the_package_imports_no_sympy():
    heavy = ("sympy", "graphviz", "derivations")
    code = f"import autograd_rnn, sys; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_names_every_command():
    done = call("--help")
    assert done.exit_code == 0
    assert all(name in done.output for name in ("demo", "crosscheck", "draw", "stepper", "derive"))
    assert cli.__doc__

"""Figures by name: read, checked, drawn when something has changed."""

import pytest
from typer.testing import CliRunner

from autograd_rnn.cli import app
from autograd_rnn.diagrams.scene import ColumnKind
from autograd_rnn.figures import BadFigure, Figure, make_figures, read_figures

FILE = """
[defaults]
hidden = 3

[figure.one]
cell = "rnn"
steps = 4

[figure.two]
cell = "gru"
show = "flow"
file = "flow.svg"
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "figures.toml"
    path.write_text(FILE)
    return path


def made(file, force=False):
    names = []
    found = list(make_figures(read_figures(file), file.parent, force, names.append))
    assert names == [entry.name for entry, _ in found]
    return {entry.file: what for entry, what in found}


def test_figures_are_drawn_once_and_again_when_they_change(file):
    assert made(file) == {"one.svg": "drawn", "flow.svg": "drawn"}
    assert made(file) == {"one.svg": "unchanged", "flow.svg": "unchanged"}
    file.write_text(FILE.replace("steps = 4", "steps = 2"))
    assert made(file) == {"one.svg": "drawn", "flow.svg": "unchanged"}
    (file.parent / "flow.svg").unlink()
    assert made(file) == {"one.svg": "unchanged", "flow.svg": "drawn"}
    assert made(file, force=True) == {"one.svg": "drawn", "flow.svg": "drawn"}


def test_defaults_stand_behind_every_figure(file):
    assert [entry.figure.hidden for entry in read_figures(file)] == [3, 3]


def test_one_that_fails_does_not_stop_the_others(file):
    file.write_text(FILE + '\n[figure.three]\ncell = "lstm"\nview = "side"\n')
    found = made(file)
    assert found["one.svg"] == found["flow.svg"] == "drawn"
    assert "choose one of" in found["three.svg"]
    assert "choose one of" in made(file)["three.svg"]  # it is no less wrong the second time


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[figure.a]\ncell = 'lstmm'", r"\[figure.a\]: no cell 'lstmm'; did you mean 'lstm'"),
        ("[figure.a]\ncell = 'lstm'\nstep = 3", "no key 'step'; did you mean 'steps'"),
        ("[figure.a]\ncell = 'lstm'\nsteps = 'x'", "steps = 'x' should be like 3"),
        ("[figure.a]\nsteps = 3", "the key cell is missing"),
        (
            "[figure.a]\ncell = 'lstm'\nsystem = 'stack'",
            "no system 'stack'; did you mean 'stacked'",
        ),
        ("[figures.a]\ncell = 'lstm'", "no section 'figures'; did you mean 'figure'"),
        ("[defaults]\nsteps = 3", "there is no figure in it"),
        ("[figure.a", "figures.toml: "),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_its_place(file, text, said):
    file.write_text(text)
    with pytest.raises(BadFigure, match=said):
        read_figures(file)


@pytest.mark.parametrize(
    ("system", "steps"), [("stacked", 2), ("bidirectional", 2), ("encoder-decoder", 4)]
)
def test_systems_are_drawn(system, steps):
    drawing = Figure("gru", system=system, steps=2).draw()
    one = Figure("gru", steps=2).draw()
    assert sum(c.kind is ColumnKind.STEP for c in drawing.scene.columns) == steps
    assert len(drawing.layout.boxes) >= 2 * len(one.layout.boxes) - 2


def test_a_step_unfolds():
    boxes = [len(Figure("lstm", expand=what).draw().layout.boxes) for what in ("", "t=2", "gate")]
    assert boxes[0] < boxes[1] < boxes[2]


def test_equal_descriptions_have_equal_digests_and_others_have_not():
    one = Figure("lstm", steps=5)
    assert one.digest == Figure("lstm", steps=5).digest
    others = [Figure("lstm"), Figure("gru", steps=5), Figure("lstm", {"bias": False}, steps=5)]
    assert len({one.digest, *(other.digest for other in others)}) == 4


def test_the_command_says_what_it_drew_and_fails_if_one_fails(file, tmp_path):
    done = CliRunner().invoke(app, ["figures", str(file), "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "flow.svg: drawn" in done.output
    file.write_text(FILE + '\n[figure.three]\ncell = "lstm"\nview = "side"\n')
    done = CliRunner().invoke(app, ["figures", str(file), "--out", str(tmp_path / "out")])
    assert done.exit_code == 1
    assert "three.svg" in done.output

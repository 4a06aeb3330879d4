"""Figures by name: read, checked, drawn when something has changed."""

import json
import sys
from importlib import invalidate_caches

import numpy as np
import pytest
from typer.testing import CliRunner

from autograd_rnn.cli import app
from autograd_rnn.diagrams.scene.items import ColumnKind
from autograd_rnn.diagrams.typography.letters import plain
from autograd_rnn.figures import BadFigure, Figure, make_figures, read_figures
from autograd_rnn.figures.python import made_by
from autograd_rnn.figures.systems import SYSTEMS

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
MODULE = """
from autograd_rnn import RNNCell, unroll

STEPS = 2

def network():
    return unroll(RNNCell.init(inputs=3, hidden=2, rng=0), steps=STEPS)
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "figures.toml"
    path.write_text(FILE)
    return path


def made(file, **how):
    """Return what became of each figure; of those that failed, what was said."""
    names = []
    found = list(make_figures(read_figures(file), file.parent, names.append, **how))
    assert names == [figure.entry.name for figure in found]
    return {figure.entry.file: figure.words or figure.outcome for figure in found}


def test_figures_are_drawn_once_and_again_when_they_change(file):
    assert made(file) == {"one.svg": "drawn", "flow.svg": "drawn"}
    assert made(file) == {"one.svg": "unchanged", "flow.svg": "unchanged"}
    file.write_text(FILE.replace("steps = 4", "steps = 2"))
    assert made(file) == {"one.svg": "drawn", "flow.svg": "unchanged"}
    (file.parent / "flow.svg").unlink()
    assert made(file) == {"one.svg": "unchanged", "flow.svg": "drawn"}
    assert made(file, force=True) == {"one.svg": "drawn", "flow.svg": "drawn"}


def test_a_check_draws_nothing(file):
    assert made(file, check=True) == {"one.svg": "stale", "flow.svg": "stale"}
    assert not (file.parent / "one.svg").exists()
    made(file)
    assert set(made(file, check=True).values()) == {"unchanged"}


def test_a_record_that_cannot_be_read_is_written_again(file):
    made(file)
    record = file.parent / ".figures.json"
    record.write_text("{")
    assert set(made(file).values()) == {"drawn"}
    assert sorted(json.loads(record.read_text())) == ["flow.svg", "one.svg"]


def test_defaults_stand_behind_every_figure(file):
    assert [entry.figure().hidden for entry in read_figures(file)] == [3, 3]


def test_a_figure_may_lie_in_a_folder(file):
    file.write_text('[figure.a]\ncell = "rnn"\nfile = "slides/a.pdf"')
    assert made(file) == {"slides/a.pdf": "drawn"}
    assert (file.parent / "slides" / "a.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("cell = 'lstmm'", "no cell 'lstmm'; did you mean 'lstm'"),
        ("cell = 'lstm'\nstep = 3", "no key 'step'; did you mean 'steps'"),
        ("cell = 'lstm'\nsteps = 'x'", "steps = 'x', but it takes a whole number"),
        ("cell = 'lstm'\nsteps = true", "steps = True, but it takes a whole number"),
        ("cell = 'lstm'\nsteps = 0", "steps=0: a network is unrolled over 1 step or more"),
        ("cell = 'lstm'\ndrawn = 3", 'drawn = 3, but it takes "elide"'),
        ("cell = 'lstm'\ndrawn = [1, 9]", "drawn = [1, 9], but there is no step 9 of 3"),
        ("cell = 'lstm'\nhighlight = 3", "highlight = 3, but it takes a weight"),
        ("cell = 'lstm'\nsettings = 'coupled'", "settings = 'coupled', but it takes a table"),
        ("cell = 'lstm'\nsettings = {peephole = 'x'}", "did you mean 'peepholes'"),
        ("cell = 'gru'\nvariant = 'reset'", "did you mean 'reset-after'"),
        ("steps = 3", "the key cell is missing"),
        ("cell = 'lstm'\nsystem = 'stack'", "no system 'stack'; did you mean 'stacked'"),
        ("cell = 'lstm'\nsystem = 'stacked'\nloss = 'squared error'", "leave out loss"),
        ("cell = 'lstm'\nview = 'side'", "view='side': choose one of"),
        ("cell = 'lstm'\nfile = 'a.bmp'", "the suffix must be one of"),
        ("python = '1'\nhidden = 3", "python gives the whole network: leave out hidden"),
        ("python = 'x = 1'", "the last line must be what is drawn"),
        ("python = '''\n1\n1 / 0'''", "python: line 2: ZeroDivisionError"),
        ("python = '''\n1\n1 +'''", "python: line 2: SyntaxError"),
        ("python = 'there.is:none'", "python: ModuleNotFoundError: No module named 'there'"),
        ("python = '1'", "cannot draw int"),
    ],
)
def test_what_is_wrong_with_a_figure_is_said_with_its_place_and_the_others_are_drawn(
    file, table, said
):
    file.write_text(f'[figure.good]\ncell = "rnn"\nsteps = 1\n[figure.bad]\n{table}')
    found = made(file)
    assert found.pop("good.svg") == "drawn"
    (words,) = found.values()
    assert words.startswith(f"{file}: [figure.bad]: ")
    assert said in words
    assert list(made(file).values()) == ["unchanged", words]  # no less wrong the second time


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[figures.a]\ncell = 'lstm'", "no section 'figures'; did you mean 'figure'"),
        ("[defaults]\nsteps = 3", r"a table of its own: \[figure.NAME\]"),
        ("[figure]\ncell = 'lstm'", r"a table of its own: \[figure.NAME\]"),
        ("[figure.a", "figures.toml: "),
        (
            "[figure.a]\ncell = 'rnn'\n[figure.b]\ncell = 'rnn'\nfile = 'a.svg'",
            "2 figures have the file 'a.svg'",
        ),
    ],
)
def test_a_file_that_is_none_of_figures_is_refused(file, text, said):
    file.write_text(text)
    with pytest.raises(BadFigure, match=said):
        read_figures(file)


@pytest.mark.parametrize(
    ("system", "steps"),
    [("stacked", 2), ("bidirectional", 2), ("encoder-decoder", 4), ("attention", 4)],
)
def test_systems_are_drawn(system, steps):
    drawing = Figure("gru", system=system, steps=2).draw()
    one = Figure("gru", steps=2).draw()
    assert sum(c.kind is ColumnKind.STEP for c in drawing.scene.columns) == steps
    assert len(drawing.layout.boxes) >= 2 * len(one.layout.boxes) - 2


@pytest.mark.parametrize("system", SYSTEMS)
def test_systems_of_a_cell_with_a_projection_fit(system):
    described = {"cell": "lstm", "settings": {"projection": 1}, "system": system, "steps": 2}
    assert Figure.of(described, "here").draw().layout.boxes


def test_attention_is_a_mean_of_the_states_of_the_encoder():
    graph = Figure("rnn", system="attention", steps=4).network()
    named = {
        (node.name, node.place.t): node.value for node in graph.nodes if node.value is not None
    }
    states, weights, context = named["H", None][0], named["α", 2][0], named["k", 2][0]
    decoder = graph.outputs[1].value[0, :2]
    expected = np.exp(states @ decoder)
    assert np.allclose(weights[:, 0], expected / expected.sum())
    assert np.allclose(context, weights[:, 0] @ states)
    shown = Figure("rnn", system="attention", view="rolled", show="formulas").draw().scene
    written = {plain(item.lines[0]) for item in shown.items if item.lines}
    assert {"α_t = softmax(H · h_t)", "k_t = Σ(H ⊙ α_t)", "o_t = [h_t, k_t]"} <= written


def test_a_variant_by_name_is_its_settings():
    named = Figure("gru", variant="reset-after").draw().svg()
    assert named == Figure("gru", settings={"reset": "after"}).draw().svg()
    assert named != Figure("gru").draw().svg()


def test_a_step_unfolds():
    boxes = [len(Figure("lstm", expand=what).draw().layout.boxes) for what in ("", "t=2", "gate")]
    assert boxes[0] < boxes[1] < boxes[2]


def test_a_path_needs_no_loss_and_the_term_of_a_weight_does():
    path = Figure("lstm", highlight=["c_1", "c_3"]).draw()
    assert path.svg() != Figure("lstm").draw().svg()
    assert len(path.layout.boxes) == len(Figure("lstm").draw().layout.boxes)  # no loss
    term = Figure("lstm", highlight=["W_f", 1, 3]).draw()
    assert len(term.layout.boxes) > len(path.layout.boxes)


def test_a_network_given_in_python_is_drawn_again_when_it_is_another(file):
    (file.parent / "own_network.py").write_text(MODULE)
    text = '[defaults]\nhidden = 3\n[figure.a]\npython = "own_network:network"\n'
    file.write_text(text)
    assert made(file) == {"a.svg": "drawn"}
    assert made(file) == {"a.svg": "unchanged"}
    del sys.modules["own_network"]
    invalidate_caches()
    (file.parent / "own_network.py").write_text(MODULE.replace("STEPS = 2", "STEPS = 3 + 0"))
    made_by.cache_clear()  # as another run of the program would
    assert made(file) == {"a.svg": "drawn"}
    del sys.modules["own_network"]


def test_lines_of_python_are_the_same_as_the_words():
    lines = "from autograd_rnn import GRUCell, unroll\ncell = GRUCell.init(3, 2, rng=0)\n"
    assert Figure(python=f"{lines}unroll(cell, steps=3)").draw().svg() == Figure("gru").draw().svg()


def test_equal_descriptions_have_equal_digests_and_others_have_not():
    one = Figure("lstm", steps=5)
    assert one.digest == Figure("lstm", steps=5).digest
    others = [Figure("lstm"), Figure("gru", steps=5), Figure("lstm", settings={"bias": False})]
    assert len({one.digest, *(other.digest for other in others)}) == 4


def test_the_command_says_what_it_drew_and_fails_if_one_fails(file, tmp_path):
    def run(*options):
        return CliRunner().invoke(app, ["figures", str(file), *options])

    out = ("--out", str(tmp_path / "out"))
    assert run(*out, "--check").exit_code == 1
    done = run(*out)
    assert done.exit_code == 0, done.output
    assert "flow.svg: drawn" in done.output
    assert run(*out, "--check").exit_code == 0
    file.write_text(FILE + '\n[figure.three]\ncell = "lstm"\nview = "side"\n')
    done = run(*out)
    assert done.exit_code == 1
    assert "[figure.three]: view='side'" in done.output
    file.write_text("[figure.a")
    assert run(*out).exit_code == 2

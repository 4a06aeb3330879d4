"""The commands in the documentation do what they say, in a folder of their own."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autograd_rnn.cli import app

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *(ROOT / "docs/tutorials").glob("*.md"),
]
COMMANDS = sorted(
    {
        line
        for page in PAGES
        for block in re.findall(r"```sh\n(.*?)```", page.read_text("utf-8"), flags=re.S)
        for line in block.splitlines()
        if line.startswith("autograd-rnn ") and "[" not in line  # a synopsis is no command
    }
)
MYNETS = """
import autograd_rnn as ar

def encoder():
    return ar.unroll(ar.GRUCell.init(inputs=3, hidden=2, rng=0), steps=4)
"""


def test_there_are_commands_of_every_kind():
    kinds = {line.split()[1] for line in COMMANDS}
    assert kinds == {"crosscheck", "draw", "stepper", "figures", "derive"}


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_works_and_writes_what_it_names(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mynets.py").write_text(MYNETS)
    shutil.copy(ROOT / "docs" / "figures.toml", tmp_path)
    _, *arguments = shlex.split(line)
    if "--check" in arguments:
        assert CliRunner().invoke(app, ["figures", "figures.toml"]).exit_code == 0
    done = CliRunner().invoke(app, arguments, input="")
    assert done.exit_code == 0, done.output
    for option in ("-o", "--out"):
        if option in arguments:
            assert (tmp_path / arguments[arguments.index(option) + 1]).exists()

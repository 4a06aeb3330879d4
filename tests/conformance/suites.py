"""Other projects' tests, run on our engine: obtained at test time, never kept.

A source distribution is downloaded into a temporary folder, its tests are run there in a child
whose `import autograd` finds a stand-in, and every failure is held against `reasons.toml`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
# What is downloaded, and the folder of its tests. mygrad is here to be told of: it ships none.
PROJECTS = {"autograd==1.9.1": "tests", "micrograd==0.1.0": "test", "mygrad==2.5.0": "tests"}
MINUTES = 60.0


class NotObtained(Exception):  # noqa: N818 (no error: a reason to skip)
    """A project's tests cannot be had; the message says why."""


@dataclass
class Outcome:
    """How a project's tests went.

    Attributes:
        passed: their names. skipped: those that skip themselves.
        failed: the first line of the error, by name.

    """

    passed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def obtain(project: str, folder: Path) -> Path:
    """Download a source distribution into `folder` and unpack it; return its folder of tests.

    Raises:
        NotObtained: there is no network, no such package, or it ships no tests.

    """
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--no-binary", ":all:", "--dest", str(folder), project]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=5 * MINUTES)
    except (subprocess.SubprocessError, OSError) as error:
        # Not the program's own words: they name the machine it asked.
        raise NotObtained(f"pip could not download it ({type(error).__name__})") from None
    return unpacked(next(folder.glob("*.tar.gz")), PROJECTS[project])


def unpacked(archive: Path, tests: str) -> Path:
    """Unpack the tests of a source distribution, and only those: the program is to be ours.

    Raises:
        NotObtained: it ships no tests.

    """
    top = archive.name.removesuffix(".tar.gz")
    with tarfile.open(archive) as opened:
        chosen = [m for m in opened.getmembers() if m.name.startswith(f"{top}/{tests}/")]
        opened.extractall(archive.parent, chosen, filter="data")
    if not chosen:
        raise NotObtained("its source distribution ships no tests")
    return archive.parent / top / tests


def run(tests: Path) -> Outcome:
    """Run a folder of tests on the stand-ins, in a child of its own."""
    report, settings = tests.parent / "report.xml", tests.parent / "ours.ini"
    settings.write_text("[pytest]\n")
    command = [sys.executable, "-P", "-m", "pytest", "-p", "no:cacheprovider", "-c", str(settings)]
    command += [f"--rootdir={tests.parent}", f"--junitxml={report}"]
    command += ["--continue-on-collection-errors", str(tests)]
    path = os.pathsep.join([str(HERE / "standins"), str(ROOT)])
    subprocess.run(
        command,
        cwd=tests.parent,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        timeout=10 * MINUTES,
    )
    return outcome_of(report)


def outcome_of(report: Path) -> Outcome:
    """Read the report that pytest wrote."""
    outcome = Outcome()
    for case in ElementTree.parse(report).iter("testcase"):
        module = (case.get("classname") or "").rpartition(".")[2]
        name = f"{module}::{case.get('name')}"
        wrong = case.find("failure") if case.find("error") is None else case.find("error")
        if wrong is not None:
            outcome.failed[name] = first_line(wrong)
        elif case.find("skipped") is not None:
            outcome.skipped.append(name)
        else:
            outcome.passed.append(name)
    return outcome


def first_line(wrong: ElementTree.Element) -> str:
    """Return the error's own first line; a file that cannot be imported tells it at its end."""
    message = wrong.get("message") or ""
    if message == "collection failure":
        lines = [line[1:].strip() for line in (wrong.text or "").splitlines() if line[:1] == "E"]
        return lines[0] if lines else message
    return message.partition("\n")[0]


# --- why ------------------------------------------------------------------------------------------


def reasons() -> dict[str, dict[str, Any]]:
    """Return the groups of reasons: a sentence each, patterns of errors, names of tests."""
    return tomllib.loads((HERE / "reasons.toml").read_text())


def reason_for(name: str, message: str, groups: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Return the group that explains why `name` failed; None if nothing does."""
    for group, entry in groups.items():
        says = any(re.search(pattern, message) for pattern in entry.get("says", ()))
        if says or name in entry.get("tests", ()):
            return group
    return None


def sorted_out(outcome: Outcome) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Return the failures by reason, and those that have none."""
    groups = reasons()
    explained: dict[str, list[str]] = {group: [] for group in groups}
    unexplained: dict[str, str] = {}
    for name, message in outcome.failed.items():
        group = reason_for(name, message, groups)
        if group is None:
            unexplained[name] = message
        else:
            explained[group].append(name)
    return explained, unexplained


def outlived(outcome: Outcome) -> list[str]:
    """Return the tests that `reasons.toml` names, and that pass: their entries are to go."""
    named = {name for group in reasons().values() for name in group.get("tests", ())}
    return [name for name in outcome.passed if name in named]

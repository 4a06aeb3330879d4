"""`make conformance`: run other projects' own tests on our engine, and report."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.conformance.suites import (
    PROJECTS,
    NotObtained,
    Outcome,
    obtain,
    reasons,
    run,
    sorted_out,
)


def report(project: str, outcome: Outcome) -> int:
    """Print how a project's tests went; return how many failures have no reason."""
    explained, unexplained = sorted_out(outcome)
    total = len(outcome.passed) + len(outcome.failed)
    print(f"{project}: {len(outcome.passed)} of {total} pass unchanged")
    print(f"    {len(outcome.skipped)} more skip themselves")
    for group, names in explained.items():
        if names:
            print(f"    {len(names)} {group}: {reasons()[group]['why']}")
    for name, message in unexplained.items():
        print(f"    NOT EXPLAINED {name}: {message}")
    return len(unexplained)


def main() -> int:
    """Report on every project; fail if a failure has no reason."""
    unexplained = 0
    for project in PROJECTS:
        with TemporaryDirectory() as folder:
            try:
                unexplained += report(project, run(obtain(project, Path(folder))))
            except NotObtained as why:
                print(f"{project}: skipped, {why}")
    return int(unexplained > 0)


if __name__ == "__main__":
    sys.exit(main())

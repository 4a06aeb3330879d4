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
    outlived,
    reasons,
    run,
    sorted_out,
)


def report(project: str, outcome: Outcome) -> int:
    """Print how a project's tests went; return how many are at odds with the reasons."""
    explained, unexplained = sorted_out(outcome)
    passing = outlived(outcome)
    total = len(outcome.passed) + len(outcome.failed)
    print(f"{project}: {len(outcome.passed)} of {total} pass unchanged")
    print(f"    {len(outcome.skipped)} more skip themselves")
    for group, names in explained.items():
        if names:
            print(f"    {len(names)} {group}: {reasons()[group]['why']}")
    for name, message in unexplained.items():
        print(f"    NOT EXPLAINED {name}: {message}")
    for name in passing:
        print(f"    PASSES NOW, but has a reason not to: {name}")
    return len(unexplained) + len(passing)


def main() -> int:
    """Report on every project; fail if a failure has no reason, or a reason no failure."""
    at_odds = 0
    for project in PROJECTS:
        with TemporaryDirectory() as folder:
            try:
                at_odds += report(project, run(obtain(project, Path(folder))))
            except NotObtained as why:
                print(f"{project}: skipped, {why}")
    return int(at_odds > 0)


if __name__ == "__main__":
    sys.exit(main())

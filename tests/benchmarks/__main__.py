"""Speed and memory against peers, in one run: `make bench`.

Every figure is a median of interleaved rounds, so that a noisy machine is noisy for all. What
counts is the ratio in the last column, never the milliseconds.
"""

from __future__ import annotations

import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

import autograd_rnn as ar
from tests.benchmarks import workloads

ROUNDS = 7
Job = Callable[[], Any]


def median_seconds(jobs: dict[str, Job]) -> dict[str, float]:
    """Time each job once a round, in turn; return the medians."""
    for job in jobs.values():
        job()
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(ROUNDS):
        for name, job in jobs.items():
            start = time.perf_counter()
            job()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


def against_peers(title: str, rows: dict[str, dict[str, Job]]) -> Table:
    """Time ours against its peers, a row a workload."""
    table = Table(title=title, title_justify="left")
    for column in ("workload", "program", "ms", "ours / peer"):
        table.add_column(column, justify="left" if column in ("workload", "program") else "right")
    for workload, jobs in rows.items():
        medians = median_seconds(jobs)
        ours = next(iter(medians.values()))
        for name, seconds in medians.items():
            table.add_row(workload, name, f"{1e3 * seconds:.2f}", f"{ours / seconds:.2f}")
        table.add_section()
    return table


def growth() -> Table:
    """Time what must grow linearly with T."""
    table = Table(title="Growth with T", title_justify="left")
    for column in ("work", "T", "seconds", "ratio"):
        table.add_column(column, justify="left" if column == "work" else "right")
    for work, steps in (
        (workloads.scalar_lstm_program, (50, 100)),
        (workloads.matrix_closed_form, (50, 100)),
        (workloads.unrolled_backward, (100, 200)),
        (workloads.unrolled_drawing, (100, 1000)),
    ):
        jobs = {str(t): (lambda t=t, work=work: work(t)) for t in steps}
        medians = median_seconds(jobs)
        first = next(iter(medians.values()))
        for t, seconds in medians.items():
            table.add_row(work.__doc__, t, f"{seconds:.3f}", f"{seconds / first:.2f}")
        table.add_section()
    return table


def memory() -> str:
    """Measure a chain of a million additions: seconds, and bytes a node."""
    x = ar.Value(1.0)
    tracemalloc.start()
    y = x
    for _ in range(100_000):
        y = y + 1.0
    held = tracemalloc.get_traced_memory()[0]
    y.backward()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    start = time.perf_counter()
    y = x
    for _ in range(1_000_000):
        y = y + 1.0
    recorded = time.perf_counter()
    y.backward()
    walked = time.perf_counter()
    assert x.grad == 2.0  # 1 from each of the two chains
    return (
        f"A chain of 1,000,000 additions: recorded in {recorded - start:.1f} s, differentiated in "
        f"{walked - recorded:.1f} s; {held / 100_000:.0f} bytes a node with its value, "
        f"{peak / 100_000:.0f} at the peak of the backward pass."
    )


def main() -> None:
    """Run all, and print."""
    screen = Console(width=100)
    screen.print(f"Python {sys.version.split()[0]}, NumPy {np.__version__}")
    lstm = "LSTM, forward and all weight gradients, float64; (batch, T, inputs, hidden)"
    screen.print(against_peers(lstm, workloads.tensor_rows()))
    screen.print(against_peers("The same as scalars, one node a number", workloads.scalar_rows()))
    screen.print(against_peers("Drawing every operation, to SVG", workloads.drawing_rows()))
    screen.print(growth())
    screen.print(memory())


main()

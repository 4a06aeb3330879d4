"""The engine held against the derivations: one gradient, five roads.

The roads share as little as they can, and the report says what they do share. Where they part,
it names the parameter, and the first variable, gate and time step that differs.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np

from autograd_rnn.cells import Cell
from autograd_rnn.crosscheck.exact import exact_comparisons
from autograd_rnn.crosscheck.locate import Location, locate_reverse, locate_tangent
from autograd_rnn.crosscheck.problem import LOSSES, Problem, pose
from autograd_rnn.crosscheck.report import Exact, Report
from autograd_rnn.crosscheck.roads import Road, Roads

__all__ = [
    "LOSSES",
    "STAGES",
    "Exact",
    "Location",
    "Problem",
    "Report",
    "Road",
    "check",
    "crosscheck",
    "pose",
]

Progress = Callable[[str], None]

ROADS = {  # in the order in which they are walked, as `Roads` names them
    "bptt": "BPTT",
    "matrix_form": "matrix closed form",
    "element_form": "element closed form",
    "forward_mode": "forward mode (RTRL)",
    "complex_step": "complex step",
}
STAGES = (*ROADS.values(), "exact comparison")


def crosscheck(
    cell: Cell,
    xs: Any = None,
    targets: Any = None,
    *,
    tolerance: float = 1e-12,
    seed: int = 0,
    exact: bool = True,
    progress: Progress | None = None,
    **settings: Any,
) -> Report:
    """Compare every gradient of a cell along five roads.

    BPTT on the recorded graph; the matrix closed form; the element closed form, where it is
    small enough; forward mode; and the complex step (the last two entry by entry when that is
    cheap, else along random directions).

    Args:
        cell: the cell.
        xs: (batch, T, inputs); drawn at random if left out.
        targets: (batch, T, hidden), or (batch, T, classes) for the cross-entropy; likewise.
        tolerance: the largest relative deviation that counts as agreement, in float64.
        seed: of whatever is drawn at random.
        exact: also compare the derivation, without rounding, with SymPy's full differentiation
            at small sizes; takes seconds.
        progress: called with the name of each stage before it starts.
        settings: `loss`, `readout`, `state`, `batch`, `steps`, `classes`, as `pose` takes them.

    Raises:
        ValueError: data that do not fit, are not finite, or have no step.

    """
    problem = pose(cell, xs, targets, seed=seed, **settings)
    return check(problem, tolerance=tolerance, seed=seed, exact=exact, progress=progress)


def check(
    problem: Problem,
    *,
    tolerance: float = 1e-12,
    seed: int = 0,
    exact: bool = True,
    progress: Progress | None = None,
) -> Report:
    """Cross-check a problem that is already posed; see `crosscheck`."""
    start = time.perf_counter()
    said = progress or (lambda stage: None)
    roads = Roads(problem, seed)
    taken = tuple(_walk(roads, said))
    deviations = {name: _deviations(name, taken, roads, tolerance) for name in problem.parameters}
    if exact:
        said(STAGES[-1])
    report = Report(
        cell=problem.cell.kind,
        loss=problem.loss,
        sizes=problem.sizes,
        tolerance=tolerance,
        roads=taken,
        deviations=deviations,
        exact=tuple(exact_comparisons(roads)) if exact else (),
        location=None,
        seconds=0.0,
    )
    if not report.agree:
        report = replace(report, location=_locate(report, roads))
    return replace(report, seconds=time.perf_counter() - start)


def _walk(roads: Roads, said: Progress) -> Iterator[Road]:
    for road, stage in ROADS.items():
        if road != "element_form" or roads.elements_fit:
            said(stage)
            yield getattr(roads, road)


def _deviations(
    name: str, taken: tuple[Road, ...], roads: Roads, tolerance: float
) -> dict[str, float]:
    """Return each road's deviation from the one that most of the others agree with."""
    gaps = {a.name: {b.name: _gap(name, a, b, roads) for b in taken} for a in taken}
    agreeing = {a: sum(gap <= tolerance for gap in row.values()) for a, row in gaps.items()}
    reference = max(agreeing, key=lambda road: agreeing[road])
    return {road.name: gaps[reference][road.name] for road in taken}


def _gap(name: str, a: Road, b: Road, roads: Roads) -> float:
    """Return the largest difference between two roads, relative to the gradient's size."""
    if a.along or b.along:
        rows = roads.directions[name]
        one, other = (
            road.along[name]
            if road.along
            else np.tensordot(rows, road.gradients[name], rows.ndim - 1)
            for road in (a, b)
        )
        scale = float(np.max(np.abs(roads.bptt.gradients[name])))
    else:
        one, other = a.gradients[name], b.gradients[name]
        scale = float(np.max(np.abs(other)))
    difference = float(np.max(np.abs(one - other)))
    return difference / scale if scale else difference


def _projected(road: Road, name: str, rows: Any) -> Any:
    """Return the road's derivatives along the directions in `rows`."""
    if road.along:
        return road.along[name]
    return np.tensordot(rows, road.gradients[name], rows.ndim - 1)


def _locate(report: Report, roads: Roads) -> Location | None:
    """Find where the roads part: in reverse mode if it is there, else in a tangent."""
    location = locate_reverse(roads)
    for parameter in report.disagreements:
        location = location or locate_tangent(roads, parameter)
    return location


class _Callable(ModuleType):
    """Lets `autograd_rnn.crosscheck(cell)` work whether or not this module was imported first."""

    def __call__(self, *args: Any, **settings: Any) -> Report:
        return crosscheck(*args, **settings)


sys.modules[__name__].__class__ = _Callable

"""The main job, end to end: a character language model, its graph, its gradients, their proof."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from autograd_rnn.cells import CELLS, Cell
from autograd_rnn.crosscheck import STAGES, Problem, Report, check, pose
from autograd_rnn.diagrams import draw
from autograd_rnn.engine import Tensor
from autograd_rnn.engine.differentiate import pull_back
from autograd_rnn.layers import Dense
from autograd_rnn.text import Corpus, Vocabulary
from derivations import derive

Progress = Callable[[str], None]

WRITTEN = ("graph", "closed forms", "numbers")
STAGES_IN_ALL = len(CELLS) * (len(STAGES) + len(WRITTEN))


@dataclass(frozen=True)
class Excerpt:
    """The characters a demo uses: it reads all but the last, and predicts all but the first.

    Attributes:
        corpus: where they come from; they are its first `len(text)` characters.
        vocabulary: the characters of the whole corpus.
        text: the characters themselves.

    """

    corpus: Corpus
    vocabulary: Vocabulary
    text: str

    @classmethod
    def of(cls, corpus: Corpus, steps: int) -> Excerpt:
        """Take the first steps + 1 characters, or as many as there are."""
        return cls(corpus, Vocabulary.of(corpus.text), corpus.text[: steps + 1])

    @property
    def steps(self) -> int:
        """How many characters are predicted."""
        return len(self.text) - 1

    def __str__(self) -> str:
        return (
            f"{self.corpus.source}: characters 1 to {len(self.text)} of {len(self.corpus.text)}, "
            f"{self.text!r}; vocabulary of {len(self.vocabulary)} characters"
        )


@dataclass(frozen=True)
class Result:
    """What the demo found for one cell, and the files it wrote."""

    problem: Problem
    report: Report
    files: tuple[Path, ...]
    norms: np.ndarray[Any, Any]  # ‖dL/dh_t‖ for t = 0..T


def demonstrate(
    excerpt: Excerpt, out: Path, *, hidden: int, seed: int, progress: Progress
) -> Iterator[Result]:
    """Yield, for each of RNN, LSTM and GRU, the cross-check and the files in `out`/cell.

    A cell's files appear together, when all of them are whole.

    Raises:
        OSError: `out` cannot be written.

    """
    out.mkdir(parents=True, exist_ok=True)
    for kind, make in CELLS.items():
        cell = make.init(len(excerpt.vocabulary), hidden, rng=seed)
        problem = language_model(cell, excerpt, seed)
        said = partial(_named, progress, kind)
        report, norms = check(problem, seed=seed, progress=said), _norms(problem)
        # Written elsewhere on the same disk first, so that nothing half-written is ever left.
        with tempfile.TemporaryDirectory(dir=out, prefix=".unfinished-") as unfinished:
            numbers = _numbers(problem, report, excerpt, norms)
            _write(problem, numbers, Path(unfinished), said)
            files = tuple(_move(Path(unfinished), out / kind))
        yield Result(problem, report, files, norms)


def _named(progress: Progress, kind: str, stage: str) -> None:
    progress(f"{kind}: {stage}")


def language_model(cell: Cell, excerpt: Excerpt, seed: int) -> Problem:
    """Pose the prediction of each next character as a problem: one-hot in, cross-entropy out."""
    one_hot = excerpt.vocabulary.one_hot(excerpt.text)[None]
    rng = np.random.default_rng(seed)
    return pose(
        cell,
        xs=one_hot[:, :-1],
        targets=one_hot[:, 1:],
        loss="cross-entropy",
        readout=Dense.init(cell.hidden, len(excerpt.vocabulary), rng=rng),
        state=[np.zeros((1, cell.hidden)) for _ in cell.slots],
    )


def _norms(problem: Problem) -> np.ndarray[Any, Any]:
    """Return ‖dL/dh_t‖ for t = 0..T: what backpropagation through time leaves of the gradient."""
    found = pull_back({problem.total.node: np.ones(())})
    states = (state[0] for state in problem.run.states)
    return np.array([np.linalg.norm(found[h.node]) for h in states])


def _write(problem: Problem, numbers: dict[str, Any], folder: Path, progress: Progress) -> None:
    kind = problem.cell.kind
    progress(WRITTEN[0])
    title = f"{kind.upper()} language model, {problem.loss} at every step"
    draw(problem.total, folder / "graph.svg", title=title)
    progress(WRITTEN[1])
    derivation = derive(kind, loss=problem.loss)
    (folder / "closed_form.tex").write_text(derivation.to("latex"), encoding="utf-8")
    (folder / "closed_form.html").write_text(derivation.to("html"), encoding="utf-8")
    progress(WRITTEN[2])
    written = json.dumps(numbers, ensure_ascii=False, indent=1)
    (folder / "numbers.json").write_text(written + "\n", encoding="utf-8")


def _numbers(
    problem: Problem, report: Report, excerpt: Excerpt, norms: np.ndarray[Any, Any]
) -> dict[str, Any]:
    bptt = report.roads[0].gradients
    loss = float(problem.total.data)
    return {
        "format": "autograd-rnn demo",
        "version": 1,
        "text": {"source": excerpt.corpus.source, "characters": excerpt.text},
        "vocabulary": list(excerpt.vocabulary.characters),
        "loss": {"total": loss, "a character, nats": loss / excerpt.steps},
        "gradient norms, dL/dh_t for t = 0..T": norms.tolist(),
        "parameters": {name: _plain(p) for name, p in problem.parameters.items()},
        "gradients": {name: array.tolist() for name, array in bptt.items()},
        "crosscheck": report.to_dict(),
    }


def _plain(parameter: Tensor) -> Any:
    return np.asarray(parameter.data).tolist()


def _move(source: Path, target: Path) -> Iterator[Path]:
    target.mkdir(exist_ok=True)
    for file in sorted(source.iterdir()):
        yield file.replace(target / file.name)

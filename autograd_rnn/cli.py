"""The command `autograd-rnn`: demo, crosscheck, draw, stepper, figures, derive.

Exit codes: 0 done; 1 the roads of a cross-check part, or a figure is not as it should be; 2 the
arguments cannot be used.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from difflib import get_close_matches
from enum import StrEnum
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

if TYPE_CHECKING:  # SymPy and the diagrams are imported by the command that needs them
    from autograd_rnn.cells import Cell
    from autograd_rnn.crosscheck import Report
    from autograd_rnn.demo import Result
    from autograd_rnn.figures import Figure
    from derivations.walking.cursor import Walk

app = typer.Typer(
    help="Recurrent networks you can step through.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
screen = Console()
notes = Console(stderr=True)  # progress and refusals, so that what is piped stays clean


class Loss(StrEnum):
    """The losses that the derivations have."""

    squared = "squared error"
    cross_entropy = "cross-entropy"


class Format(StrEnum):
    """How a derivation is written."""

    text = "text"
    latex = "latex"
    markdown = "markdown"
    html = "html"
    json = "json"


def _cell_name(given: str) -> str:
    from autograd_rnn.cells import CELLS

    if given in CELLS:
        return given
    near = get_close_matches(given, CELLS, n=1, cutoff=0.0)
    raise typer.BadParameter(
        f"there is no cell {given!r}; did you mean {near[0]!r}? There are {', '.join(CELLS)}."
    )


def _network_name(given: str) -> str:
    from autograd_rnn.figures.python import module_of

    return given if module_of(given) else _cell_name(given)


CellName = Annotated[
    str, typer.Argument(metavar="CELL", callback=_cell_name, help="rnn, lstm or gru.")
]
Hidden = Annotated[int, typer.Option(min=1, metavar="N", help="Size of h.")]
Inputs = Annotated[int, typer.Option(min=1, metavar="M", help="Size of x.")]
Batch = Annotated[int, typer.Option(min=1, metavar="B", help="Number of sequences.")]
Steps = Annotated[int, typer.Option(min=1, metavar="T", help="Number of time steps.")]
Seed = Annotated[int, typer.Option(min=0, metavar="S", help="Seed of all random numbers.")]


@app.command()
def demo(
    text: Annotated[
        str | None,
        typer.Option(metavar="TEXT-OR-FILE", help="Text to model; the Zen of Python if left out."),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the files.")] = Path("demo"),
    hidden: Hidden = 8,
    steps: Steps = 32,
    seed: Seed = 0,
) -> None:
    """Model real text with an RNN, an LSTM and a GRU; draw, differentiate and prove all three."""
    from autograd_rnn.demo import STAGES_IN_ALL, Excerpt, demonstrate
    from autograd_rnn.text import read_text

    with _refusing():
        excerpt = Excerpt.of(read_text(text), steps)
        _say(notes, str(excerpt))
        with _progress(STAGES_IN_ALL) as step:
            results = list(demonstrate(excerpt, out, hidden=hidden, seed=seed, progress=step))
    for result in results:
        screen.print(_table(result.report))
        _print_verdict(result.report)
        _say(screen, _vanishing(result))
        screen.print()
    _print_files(results)
    raise typer.Exit(0 if all(result.report.agree for result in results) else 1)


@app.command()
def crosscheck(
    cell: CellName,
    hidden: Hidden = 5,
    inputs: Inputs = 3,
    batch: Batch = 2,
    steps: Steps = 7,
    seed: Seed = 0,
    loss: Annotated[Loss, typer.Option(help="Which loss, at every step.")] = Loss.squared,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Compare every gradient along five roads; exit 1 and say where, if they part."""
    from autograd_rnn.crosscheck import STAGES, check, pose

    with _progress(len(STAGES)) as step:
        made = _random_cell(cell, inputs, hidden, seed)
        problem = pose(made, batch=batch, steps=steps, seed=seed, loss=loss.value)
        report = check(problem, seed=seed, progress=step)
    if as_json:
        print(json.dumps(report.to_dict(), ensure_ascii=False, indent=1))
    else:
        screen.print(_table(report))
        _print_roads(report)
        _print_verdict(report)
    raise typer.Exit(0 if report.agree else 1)


class View(StrEnum):
    """How much of a network a picture shows."""

    unrolled = "unrolled"
    op = "op"
    cell = "cell"
    rolled = "rolled"


class ThemeName(StrEnum):
    """The themes of pictures."""

    light = "light"
    dark = "dark"
    print = "print"


NetworkName = Annotated[
    str,
    typer.Argument(
        metavar="NETWORK",
        callback=_network_name,
        help="rnn, lstm or gru; or module:attribute, of your own.",
    ),
]
Variant = Annotated[str, typer.Option(metavar="NAME", help="Of the cell, e.g. reset-after.")]
Settings = Annotated[
    str, typer.Option(metavar="PAIRS", help='Of any variant, e.g. "peepholes=diagonal".')
]
Drawn = Annotated[str, typer.Option(metavar="STEPS", help="elide, all, or numbers: 1,2,7.")]
Notation = Annotated[str, typer.Option(metavar="NAME", help="In which letters, e.g. ng.")]
Title = Annotated[str, typer.Option(metavar="WORDS", help="A heading.")]


@app.command()
def draw(
    context: typer.Context,
    cell: NetworkName,
    out: Annotated[
        Path,
        typer.Option(
            "-o",
            "--out",
            metavar="FILE",
            help="An .svg, .html, .png, .pdf, .tikz, .tex or .dot file.",
        ),
    ],
    steps: Steps = 3,
    variant: Variant = "",
    settings: Settings = "",
    loss: Annotated[Loss | None, typer.Option(help="Draw it with the cell.")] = None,
    system: Annotated[
        str,
        typer.Option(metavar="NAME", help="Two of the cell: stacked, attention, ...; no loss."),
    ] = "",
    view: Annotated[
        View, typer.Option(help="Gates or every operation, at every step or at one.")
    ] = View.unrolled,
    show: Annotated[
        str,
        typer.Option(
            metavar="WHAT", help="Any of formulas,values,shapes,grads,norms,flow, with commas."
        ),
    ] = "",
    highlight: Annotated[
        str,
        typer.Option(metavar="WHAT", help="A path c_1,c_3; a weight's sum W_f; its term W_f,T,S."),
    ] = "",
    drawn: Drawn = "elide",
    collapse: Annotated[
        str, typer.Option(metavar="WHAT", help="Fold gates, one gate, or steps: t=1,t=3.")
    ] = "",
    expand: Annotated[str, typer.Option(metavar="WHAT", help="Unfold them after all.")] = "",
    theme: Annotated[ThemeName, typer.Option(help="Its colours.")] = ThemeName.light,
    notation: Notation = "",
    title: Title = "",
    scale: Annotated[float, typer.Option(metavar="X", help="Pixels of a PNG, to one.")] = 2.0,
    hidden: Hidden = 2,
    inputs: Inputs = 3,
    seed: Seed = 0,
) -> None:
    """Draw an unrolled network; where numbers are shown, on random data."""
    from autograd_rnn.figures import importing_from

    with _refusing(), importing_from(Path()):
        _figure(context).draw(out)
    _say(notes, f"Wrote {out}.")


class StepperView(StrEnum):
    """How much of a network a stepper shows: every step that it plays."""

    op = "op"
    unrolled = "unrolled"


class StepperTheme(StrEnum):
    """The themes of a page: a picture's, or what the reader has."""

    auto = "auto"
    light = "light"
    dark = "dark"
    print = "print"


@app.command()
def stepper(
    context: typer.Context,
    cell: NetworkName,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="An .html file.")],
    steps: Steps = 3,
    variant: Variant = "",
    settings: Settings = "",
    loss: Annotated[Loss, typer.Option(help="Which loss, at every step.")] = Loss.squared,
    look: Annotated[
        StepperView, typer.Option("--view", help="A box for every operation, or one a gate.")
    ] = StepperView.op,
    played: Annotated[
        str, typer.Option("--drawn", metavar="STEPS", help="elide, all, or numbers: 1,2,7.")
    ] = "elide",
    colours: Annotated[StepperTheme, typer.Option("--theme", help="Its colours.")] = (
        StepperTheme.auto
    ),
    notation: Notation = "",
    title: Title = "",
    hidden: Hidden = 2,
    inputs: Inputs = 3,
    seed: Seed = 0,
) -> None:
    """Write a page that plays both passes of a network on random data, number by number."""
    from autograd_rnn.diagrams import stepper as page
    from autograd_rnn.figures import importing_from, written

    with _refusing(), importing_from(Path()):
        page(
            _figure(context).loss_itself(),
            out,
            view=look.value,
            steps=written.steps(played),
            theme=colours.value,
            notation=notation or None,
            title=title or None,
        )
    _say(notes, f"Wrote {out}.")


@app.command()
def figures(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="A table for each figure.")],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where to; beside the file if left out.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Draw also what has not changed.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Draw nothing; exit 1 if something is out of date.")
    ] = False,
) -> None:
    """Draw all figures that a TOML file names, those that have changed; exit 1 if one fails."""
    from autograd_rnn.figures import make_figures, read_figures

    with _refusing():
        entries = read_figures(file)
        with _progress(len(entries)) as step:
            folder = out or file.parent
            made = list(make_figures(entries, folder, step, force=force, check=check))
    for figure in made:
        if figure.outcome == "failed":
            _say(notes, figure.words, style="bold red")
        else:
            _say(screen, f"{figure.entry.file}: {figure.outcome}")
    raise typer.Exit(any(figure.outcome in ("failed", "stale") for figure in made))


@app.command()
def derive(
    topic: Annotated[
        str | None, typer.Argument(metavar="TOPIC", help="What to derive; all are listed without.")
    ] = None,
    wrt: Annotated[
        str | None, typer.Option(metavar="P", help="One parameter, e.g. W_f; all if left out.")
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, metavar="T", help="Write the sums out for T steps.")
    ] = None,
    loss: Annotated[Loss | None, typer.Option(help="Which loss; any if left out.")] = None,
    variant: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of the cell, e.g. reset-after.")
    ] = None,
    notation: Annotated[
        str | None, typer.Option(metavar="NAME", help="In which letters, e.g. ng.")
    ] = None,
    walk: Annotated[bool, typer.Option("--walk", help="Go through it line by line.")] = False,
    resume: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Go on with a walk that was saved.")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="How to write it.")] = Format.text,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="A file to write to.")
    ] = None,
) -> None:
    """Derive a result, every step verified; or walk through it, asked and answered."""
    from derivations import derive as derived
    from derivations import walk as walked

    with _refusing():
        if resume is not None:
            _walk(walked.load(resume))
            return
        if topic is None:
            print(derived())
            return
        derivation = derived(
            topic,
            wrt=wrt,
            steps=steps,
            loss=loss and loss.value,
            variant=variant,
            notation=notation,
        )
        if walk:
            _walk(walked(derivation))
            return
        written = derivation.to(form.value)
        if out is None:
            print(written)
        else:
            out.write_text(written + "\n", encoding="utf-8")
            _say(notes, f"Wrote {out}.")


def _walk(walk: Walk) -> None:
    """Walk through a derivation in this terminal."""
    from derivations.walking.terminal import run

    run(walk, screen)


# --- what is printed ------------------------------------------------------------------------------


def _say(console: Console, words: str, style: str = "") -> None:
    """Print words as they are: no markup, and no line broken within a path."""
    console.print(words, style=style, markup=False, highlight=False, soft_wrap=True)


def _table(report: Report) -> Table:
    sizes = ", ".join(f"{name} {size}" for name, size in report.sizes.items())
    table = Table(
        title=f"{report.cell.upper()}, {report.loss}: relative deviation from the other roads",
        caption=sizes,
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("gradient of")
    for road in report.roads:
        table.add_column(road.name, justify="right")
    for name, row in report.deviations.items():
        gaps = [row[road.name] for road in report.roads]
        table.add_row(name, *(_gap(gap, report.tolerance) for gap in gaps))
    return table


def _gap(gap: float, tolerance: float) -> str:
    if gap <= tolerance:
        return f"{gap:.0e} [green]✓[/]" if gap else "0 [green]✓[/]"
    return f"[bold red]{gap:.0e} ✗[/]"


def _print_roads(report: Report) -> None:
    for road in report.roads:
        screen.print(f"[bold]{road.name}[/], {road.how}: {road.shares}", highlight=False)


def _print_verdict(report: Report) -> None:
    for check in report.exact:
        mark = "[green]exactly equal ✓[/]" if check.equal else "[bold red]NOT equal ✗[/]"
        bound = f"error bound {check.error_bound}"
        screen.print(f"{mark} {check.claim} ({check.sizes}; {bound})", highlight=False)
    style = "green" if report.agree else "bold red"
    _say(screen, report.verdict, style=style)


def _vanishing(result: Result) -> str:
    first, last = result.norms[1], result.norms[-1]
    return (
        f"Through time: ‖dL/dh_t‖ is {last:.2e} at the last step and {first:.2e} at the first; "
        f"loss {float(result.problem.total.data) / (len(result.norms) - 1):.3f} nats a character, "
        f"untrained."
    )


def _print_files(results: list[Result]) -> None:
    pages = [f for result in results for f in result.files if f.suffix == ".html"]
    pictures = [f for result in results for f in result.files if f.suffix == ".svg"]
    others = [f for result in results for f in result.files if f.suffix in (".tex", ".json")]
    for label, files in (
        ("Open in a browser, the graphs:", pictures),
        ("and the closed forms, every step verified:", pages),
        ("The same as LaTeX, and all numbers as JSON:", others),
    ):
        screen.print(label, style="bold")
        for file in files:
            print(f"  {file}")


# --- helpers --------------------------------------------------------------------------------------


def _random_cell(kind: str, inputs: int, hidden: int, seed: int) -> Cell:
    """Make a cell with biases that are not zero: a zero hides what it multiplies."""
    import numpy as np

    from autograd_rnn.cells import CELLS

    cell = CELLS[kind].init(inputs, hidden, rng=seed)
    rng = np.random.default_rng([seed, 1])
    for name, parameter in cell.parameters.items():
        if name.startswith("b"):
            parameter.data = rng.normal(size=parameter.shape)
    return cell


def _figure(context: typer.Context) -> Figure:
    """Return the figure that the options describe which were given; the others have defaults."""
    from autograd_rnn.figures import Figure, written
    from autograd_rnn.figures.python import module_of

    def was_given(name: str) -> bool:
        source = context.get_parameter_source(name)
        return source is not None and source.name == "COMMANDLINE"

    keys = [f.name for f in fields(Figure) if f.name in context.params and was_given(f.name)]
    described = {key: context.params[key] for key in keys}
    described = {k: v.value if isinstance(v, StrEnum) else v for k, v in described.items()}
    for read in (written.settings, written.highlight):
        if read.__name__ in described:
            described[read.__name__] = read(described[read.__name__])
    if "drawn" in described:
        described["drawn"] = written.steps(described["drawn"])
    if module_of(described["cell"]):
        described["python"] = described.pop("cell")
    return Figure.of(described, context.info_name or "")


@contextmanager
def _refusing() -> Iterator[None]:
    """Turn what the library refuses into one sentence and exit code 2."""
    try:
        yield
    except (ValueError, LookupError, OSError) as error:
        _say(notes, f"autograd-rnn: {_sentence(error)}", style="bold red")
        raise typer.Exit(2) from None


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error.args[0]) if error.args else type(error).__name__


@contextmanager
def _progress(total: int) -> Iterator[Any]:
    """Show a bar on the error stream; yields what to call with the name of each stage."""
    columns = (
        TextColumn("{task.description:<28}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=notes, transient=True) as bar:
        task = bar.add_task("starting", total=total)
        finished = count()  # a stage that begins ends the one before

        def step(stage: str) -> None:
            bar.update(task, description=stage, completed=next(finished))

        yield step


def main() -> None:
    """Run the command."""
    app(prog_name="autograd-rnn" if sys.argv[0].endswith("__main__.py") else None)

"""``ethogram import``."""

import gc
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from ethogram.run.cli.terminal import (
    HERE,
    AsJson,
    Project,
    Workspace,
    document,
    failing,
    line,
    remarks,
)

if TYPE_CHECKING:
    from ethogram.collect.sources.mapping import Mapping

Column = Annotated[str | None, typer.Option(metavar="COLUMN")]


def import_(
    files: Annotated[list[Path], typer.Argument(help="CSV, JSONL or Parquet; .gz, .bz2, .zst.")],
    workspace: Workspace = HERE,
    user: Column = None,
    time: Column = None,
    event: Column = None,
    event_name: Annotated[str | None, typer.Option(help="One name for every row.")] = None,
    id_: Annotated[str | None, typer.Option("--id", metavar="COLUMN")] = None,
    project: Project = "default",
    as_json: AsJson = False,
) -> None:
    """Import files; returns when their rows are visible to questions.

    Columns that are not named become properties with their types. JSONL without a mapping is
    native events. Importing twice adds nothing. Rows that cannot be taken go to a file beside.
    """
    with failing("importing", as_json=as_json):
        from ethogram.run.importing import Imported
        from ethogram.run.opening import open_

        gc.freeze()  # modules live to the end; looking through them is a twentieth of the time
        columns = _mapping(user, time, event, event_name, id_)
        total = Imported()
        with open_(workspace, project) as opened, _progress() as bar:
            for path in files:
                task = bar.add_task(path.name, total=1.0, rows="")

                def step(done: float, so_far: Imported, task: object = task) -> None:
                    bar.update(task, completed=done, rows=f"{so_far.read:,} rows")  # pyright: ignore[reportArgumentType]

                done = opened.import_file(path, columns, step)
                total = Imported(
                    total.read + done.read,
                    total.accepted + done.accepted,
                    total.duplicates + done.duplicates,
                    total.rejected + done.rejected,
                    total.warned + done.warned,
                    done.rejects or total.rejects,
                )
        if as_json:
            document(total)
            return
        line(
            f"{total.read:,} rows read: {total.accepted:,} accepted,"
            f" {total.duplicates:,} duplicates, {total.rejected:,} rejected."
        )
        if total.warned:
            line(f"{total.warned:,} of the accepted depart from the tracking plan.")
        if total.rejects:
            line(f"The rejected rows, by line and reason: {total.rejects}")
            line("Once they are corrected, import them alone: a changed file is another file.")


def _mapping(
    user: str | None, time: str | None, event: str | None, name: str | None, id_: str | None
) -> "Mapping | None":
    from ethogram.collect.sources.mapping import Mapping

    if user is None and time is None and event is None and name is None and id_ is None:
        return None
    if user is None or time is None:
        raise typer.BadParameter("A mapping needs --user and --time.")
    if (event is None) == (name is None):
        raise typer.BadParameter("A mapping needs either --event or --event-name.")
    return Mapping(user, time, event, name, id_)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]}"),
        TimeElapsedColumn(),
        console=remarks,
        transient=True,
    )

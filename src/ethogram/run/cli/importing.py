"""``ethogram import``."""

import gc
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from ethogram.run.cli.terminal import (
    HERE,
    AsJson,
    Project,
    Workspace,
    counted,
    document,
    failing,
    line,
    remarks,
)

if TYPE_CHECKING:
    from ethogram.collect.sources.addresses import Found
    from ethogram.collect.sources.mapping import Mapping
    from ethogram.run.importing import Imported, Target

Column = Annotated[str | None, typer.Option(metavar="COLUMN")]


def import_(
    files: Annotated[
        list[str] | None,
        typer.Argument(help="Files, folders, ZIP archives, patterns, s3://, gs:// or az://."),
    ] = None,
    workspace: Workspace = HERE,
    user: Column = None,
    time: Column = None,
    event: Column = None,
    event_name: Annotated[str | None, typer.Option(help="One name for every row.")] = None,
    id_: Annotated[str | None, typer.Option("--id", metavar="COLUMN")] = None,
    anonymous: Column = None,
    session: Column = None,
    device: Column = None,
    groups: Annotated[list[str] | None, typer.Option(metavar="TYPE=COLUMN")] = None,
    properties: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="One of the only ones kept.")
    ] = None,
    drop: Annotated[list[str] | None, typer.Option(metavar="COLUMN", help="Not kept.")] = None,
    rename: Annotated[list[str] | None, typer.Option(metavar="COLUMN=NAME")] = None,
    types: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN=TYPE", help="number, text or flag.")
    ] = None,
    preset: Annotated[str | None, typer.Option(help="How a known program's files are.")] = None,
    presets: Annotated[bool, typer.Option("--presets", help="List the presets.")] = False,
    sheet: Annotated[str | None, typer.Option(help="A spreadsheet's, else its first.")] = None,
    timezone: Annotated[str | None, typer.Option(help="Of times without one, else UTC.")] = None,
    year: Annotated[int | None, typer.Option(help="Of log lines that say none.")] = None,
    mapping: Annotated[str | None, typer.Option(help="A file that says all this.")] = None,
    save_mapping: Annotated[str | None, typer.Option(help="Write such a file.")] = None,
    project: Project = "default",
    as_json: AsJson = False,
) -> None:
    """Import files; returns when their rows are visible to questions.

    CSV, JSON Lines, JSON arrays, Parquet and spreadsheets, plain or as .gz, .bz2, .zst or .zip.
    Columns that are not named become properties with their types. JSONL without a mapping is
    native events. Importing twice adds nothing. Rows that cannot be taken go to a file beside.
    """
    if presets:
        _list_presets(as_json=as_json)
        return
    if not files:
        raise typer.BadParameter("Name the files to import.")
    said = {
        "user": user, "time": time, "event": event, "event_name": event_name, "id": id_,
        "anonymous": anonymous, "session": session, "device": device, "preset": preset,
        "sheet": sheet, "timezone": timezone, "year": year, "properties": properties,
        "drop": drop, "rename": _pairs(rename, "--rename"), "types": _pairs(types, "--types"),
        "groups": _pairs(groups, "--groups"),
    }  # fmt: skip
    given = {name: value for name, value in said.items() if value}
    with failing("importing", as_json=as_json):
        from ethogram.run.opening import open_

        gc.freeze()  # modules live to the end; looking through them is a twentieth of the time
        columns = _mapping(given, mapping, save_mapping)
        with open_(workspace, project) as opened, opened.importing() as target, _progress() as bar:
            total, rejects = _imported(target, _found(files), columns, bar)
        if as_json:
            document(total)
        else:
            _say(total, rejects)


def _pairs(said: list[str] | None, option: str) -> dict[str, str]:
    pairs = [each.partition("=") for each in said or ()]
    for first, _, second in pairs:
        if not (first and second):
            raise typer.BadParameter(f"{option} takes two words with = between.")
    return {first: second for first, _, second in pairs}


def _found(files: list[str]) -> "Iterator[Found]":
    from ethogram.collect.sources.addresses import found

    for word in files:
        yield from found(word)


def _imported(
    target: "Target", files: "Iterator[Found]", columns: "Mapping | None", bar: Progress
) -> tuple["Imported", list[str]]:
    """What became of all files, and where their rejected rows are listed.

    What does not fit and was not named itself is left out, unless nothing fits.
    """
    from ethogram.collect.sources.opening import MISFITS
    from ethogram.events.errors import EthogramError, Invalid
    from ethogram.run.importing import Imported, import_file

    total, rejects, misfit = Imported(), list[str](), None
    for found in files:
        task = bar.add_task(found.file.name, total=1.0, rows="")

        def step(done: float, so_far: Imported, task: Any = task) -> None:
            bar.update(task, completed=done, rows=counted(so_far.read, "row"))

        try:
            done = import_file(target, found.file, columns, step)
        except EthogramError as error:
            if not isinstance(error, Invalid) or found.named or error.code not in MISFITS:
                _say_so_far(total)
                raise
            misfit = misfit or error
            remarks.print(f"Left out: {error.message}", markup=False, highlight=False)
        else:
            total.add(done)
            rejects += [done.rejects] if done.rejects else []
        bar.update(task, completed=1.0, visible=len(bar.tasks) < _SHOWN)
    if misfit is not None and not total.read:
        raise misfit
    return total, rejects


def _say_so_far(total: "Imported") -> None:
    if total.read:
        said = f"Before the error: {counted(total.read, 'row')} read, {total.accepted:,} accepted."
        remarks.print(said, markup=False, highlight=False)


_SHOWN = 10
"""So many files' progress stays to be seen once they are in."""


def _say(total: "Imported", rejects: list[str]) -> None:
    line(
        f"{counted(total.read, 'row')} read: {total.accepted:,} accepted,"
        f" {counted(total.duplicates, 'duplicate')}, {total.rejected:,} rejected."
    )
    if total.warned:
        line(f"Departing from the tracking plan, of the accepted: {total.warned:,}.")
    if total.withheld:
        line(f"Not kept, for their persons did not allow what they need: {total.withheld:,}.")
    if rejects:
        line(f"The rejected rows, by line and reason: {', '.join(rejects)}")
        line("Once they are corrected, import them alone: a changed file is another file.")


def _list_presets(*, as_json: bool) -> None:
    from ethogram.collect.sources.presets.catalog import PRESETS

    about = {name: preset.about for name, preset in PRESETS.items()}
    if as_json:
        document(about)
        return
    for name, said in about.items():
        line(f"{name:<12}{said}")


def _mapping(given: dict[str, Any], file: str | None, save: str | None) -> "Mapping | None":
    from ethogram.collect.sources import mapping
    from ethogram.events.errors import Invalid, nearest

    if not given and file is None:
        return None
    for word in given.get("types", {}).values():
        if word not in mapping.FORCED:
            hint = nearest(word, mapping.FORCED)
            raise typer.BadParameter(f"There is no type {word!r}. {hint}")
    said = mapping.Mapping(**given)
    if file is not None:
        said = mapping.over(said, mapping.load(file))
    if said.preset is None:
        try:
            mapping.complete(said)
        except Invalid as error:
            raise typer.BadParameter(error.message) from None
    if save is not None:
        mapping.save(said, save)
    return said


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

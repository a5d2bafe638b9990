"""``ethogram cohorts``, ``ethogram kpis`` and ``ethogram traits``."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from ethogram.run.cli.asking import File, json_object, picture, read
from ethogram.run.cli.terminal import (
    HERE,
    AsJson,
    Project,
    Workspace,
    document,
    failing,
    line,
    table,
)

if TYPE_CHECKING:
    from ethogram.run.opening import Opened
    from ethogram.run.saved import Named

Name = Annotated[str, typer.Argument(help="What it is saved as.")]
Body = Annotated[str, typer.Argument(help="A file, - for standard input, or JSON itself.")]
Why = Annotated[str, typer.Option("--note", help="Why, for those who read the history.")]


def commands(kind: str, words: str, save: str) -> typer.Typer:
    """The commands for what is saved as ``kind``; ``save`` is the verb for a new version."""
    made = typer.Typer(help=f"Saved {words}, and the history of what they meant.",
                       no_args_is_help=True)  # fmt: skip

    @made.command(save, help="Save a definition; it becomes the newest version.")
    def _save(name: Name, body: Body, workspace: Workspace = HERE, project: Project = "default",
              note: Why = "", as_json: AsJson = False) -> None:  # fmt: skip
        with _named(kind, workspace, project, as_json) as named:
            show([named.save(name, read(body), note)], as_json, one=True)

    @made.command("list", help="The newest version of each.")
    def _list(workspace: Workspace = HERE, project: Project = "default",
              as_json: AsJson = False) -> None:  # fmt: skip
        with _named(kind, workspace, project, as_json) as named:
            show(named.list(), as_json)

    @made.command("show", help="The newest version of one.")
    def _show_one(name: Name, workspace: Workspace = HERE, project: Project = "default",
                  as_json: AsJson = False) -> None:  # fmt: skip
        with _named(kind, workspace, project, as_json) as named:
            show([named.show(name)], as_json, one=True)

    @made.command("history", help="Every version of one, oldest first.")
    def _history(name: Name, workspace: Workspace = HERE, project: Project = "default",
                 as_json: AsJson = False) -> None:  # fmt: skip
        with _named(kind, workspace, project, as_json) as named:
            show(named.history(name), as_json)

    @made.command("drop", help="Drop one; its history stays.")
    def _drop(name: Name, workspace: Workspace = HERE, project: Project = "default",
              note: Why = "", as_json: AsJson = False) -> None:  # fmt: skip
        with _named(kind, workspace, project, as_json) as named:
            show([named.drop(name, note)], as_json, one=True)

    return made


cohorts = commands("cohorts", "cohorts", "save")
kpis = commands("kpis", "KPIs", "define")
traits = commands("traits", "traits", "set")


@kpis.command("ask")
def ask(
    name: Name,
    asking: Annotated[str, typer.Argument(help="from, to, by, where, people, interval.")] = "{}",
    workspace: Workspace = HERE,
    project: Project = "default",
    as_json: AsJson = False,
    png: File = None,
) -> None:
    """The value of a KPI over a range, and its series."""
    with failing("answering the KPI", as_json=as_json), opened(workspace, project) as shop:
        found = shop.kpi(name, json_object(read(asking), "ASKING", '{"interval": "week"}'))
        if png is not None:
            picture(found, png)
        if as_json:
            document(found)
        elif png is None:
            _tell(found)


@contextmanager
def opened(workspace: Workspace, project: str) -> "Generator[Opened]":
    """The project, which must be there."""
    from ethogram.run.opening import open_

    with open_(workspace, project, create=False) as found:
        yield found


@contextmanager
def _named(kind: str, workspace: Workspace, project: str, as_json: bool) -> "Generator[Named]":
    with failing("looking at what is saved", as_json=as_json), opened(workspace, project) as shop:
        yield getattr(shop, kind)


def _tell(found: dict[str, Any]) -> None:
    """Print a KPI as a sentence, and its series."""
    from ethogram.show.charts.figure import headline

    line(f"{headline(found)} (version {found['version']})")
    lines: list[dict[str, Any]] = found.get("groups") or [{"by": {}, **found}]
    table([
        {**each["by"], "from": start, "value": value}
        for each in lines for start, value in each["points"]
    ])  # fmt: skip


def show(found: list[Any], as_json: bool, one: bool = False) -> None:
    """Print versions of definitions."""
    from ethogram.show.api.saved import Version, told

    versions = [each if isinstance(each, Version) else told(each) for each in found]
    if as_json:
        document(versions[0] if one else versions)
    elif versions:
        table([msgspec.structs.asdict(each) for each in versions])
    else:
        sys.stdout.write("There are none yet.\n")

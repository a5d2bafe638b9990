"""``ethogram sources`` and ``ethogram lookups``."""

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from ethogram.run.cli.asking import read
from ethogram.run.cli.saved import Body, Name, Why, opened, show
from ethogram.run.cli.terminal import (
    HERE,
    AsJson,
    Project,
    Workspace,
    counted,
    document,
    failing,
    line,
    table,
)

if TYPE_CHECKING:
    from ethogram.run.sourcing.place import Run
    from ethogram.run.sourcing.sources import Status

sources = typer.Typer(help="Other people's systems, read by dlt: databases, REST APIs, and more.",
                      no_args_is_help=True)  # fmt: skip
lookups = typer.Typer(help="Look-up tables, which sources fill.", no_args_is_help=True)


@sources.command("add")
def add(name: Name, body: Body, workspace: Workspace = HERE, project: Project = "default",
        note: Why = "", as_json: AsJson = False) -> None:  # fmt: skip
    """Save a source, TOML or JSON; it becomes the newest version."""
    with failing("saving the source", as_json=as_json), opened(workspace, project) as shop:
        show([shop.sources.add(name, read(body), note)], as_json, one=True)


@sources.command("show")
def show_one(name: Name, workspace: Workspace = HERE, project: Project = "default",
             as_json: AsJson = False) -> None:  # fmt: skip
    """The newest version of a source; no secret stands in it."""
    with failing("looking at the source", as_json=as_json), opened(workspace, project) as shop:
        show([shop.sources.show(name)], as_json, one=True)


@sources.command("remove")
def remove(name: Name, workspace: Workspace = HERE, project: Project = "default",
           note: Why = "", as_json: AsJson = False) -> None:  # fmt: skip
    """Remove a source; how far it was read stays, should it be added again."""
    with failing("removing the source", as_json=as_json), opened(workspace, project) as shop:
        show([shop.sources.remove(name, note)], as_json, one=True)


@sources.command("list")
def list_(workspace: Workspace = HERE, project: Project = "default",
          as_json: AsJson = False) -> None:  # fmt: skip
    """Every source: its last run, and when a server runs it next."""
    with failing("listing the sources", as_json=as_json), opened(workspace, project) as shop:
        found = [_told(each) for each in shop.sources.list()]
    if as_json:
        document(found)
    elif found:
        table([each | {"error": each["error"] and each["error"]["message"]} for each in found])
    else:
        line("There are none yet.")


@sources.command("run")
def run(
    name: Name,
    workspace: Workspace = HERE,
    project: Project = "default",
    moved: Annotated[bool, typer.Option(help="It is the same system at another address.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read what is new; returns when its rows are visible to questions."""
    with failing("running the source", as_json=as_json), opened(workspace, project) as shop:
        done = shop.sources.run(name, moved=moved)
    if as_json:
        document(_counts(done) | {"left_out": done.left_out})
        return
    rows = done.rows
    line(f"{counted(rows.read, 'row')} read: {rows.accepted:,} accepted,"
         f" {rows.duplicates:,} known already, {rows.rejected:,} rejected.")  # fmt: skip
    if rows.withheld:
        line(f"Not kept, for their persons did not allow what they need: {rows.withheld:,}.")
    if rows.rejected:
        line("What was rejected stands among the dead letters, with its reason.")
    if done.left_out:
        line(f"Left out of look-ups, for they name persons: {', '.join(done.left_out)}.")


@lookups.command("list")
def list_lookups(workspace: Workspace = HERE, project: Project = "default",
                 as_json: AsJson = False) -> None:  # fmt: skip
    """Every look-up and how many rows it has."""
    with failing("listing the look-ups", as_json=as_json), opened(workspace, project) as shop:
        held = shop.lookups
        found = [{"lookup": name, "rows": held.rows(name)} for name in held.names()]
    if as_json:
        document(found)
    elif found:
        table(found)
    else:
        line("There are none yet.")


@lookups.command("show")
def show_lookup(
    name: Name,
    workspace: Workspace = HERE,
    project: Project = "default",
    limit: Annotated[int, typer.Option(help="So many rows at most.", min=0)] = 100,
    as_json: AsJson = False,
) -> None:
    """The rows of a look-up."""
    with failing("reading the look-up", as_json=as_json), opened(workspace, project) as shop:
        rows = shop.lookups.read(name).slice(0, limit).to_pylist()
    if as_json:
        document(rows)
    else:
        table(rows)


def _told(found: "Status") -> dict[str, Any]:
    from ethogram.events.times import iso

    last = found.last
    return {
        "name": found.name,
        "kind": found.kind,
        "tables": found.tables,
        "every": found.every,
        "last": None if last is None else iso(last.began),
        "state": _state(found),
        **(dict.fromkeys(_COUNTS) if last is None else _counts(last)),
        "next": None if not found.next else iso(found.next),
        "error": None if last is None or last.error is None
        else msgspec.to_builtins(last.error),
    }  # fmt: skip


_COUNTS = ("read", "accepted", "duplicates", "rejected", "withheld")


def _counts(run: "Run") -> dict[str, object]:
    return {name: getattr(run.rows, name) for name in _COUNTS}


def _state(found: "Status") -> str:
    """In a word how the source stands."""
    if found.running:
        return "running"
    if found.last is None:
        return "new"
    if found.last.ended is None:
        return "cut off"
    return "done" if found.last.error is None else "failed"

"""``ethogram consent``."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from ethogram.run.cli.asking import read
from ethogram.run.cli.saved import Why, opened
from ethogram.run.cli.saved import show as show_versions
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
    from ethogram.run.consents import Consents
    from ethogram.run.remote_consents import RemoteConsents
    from ethogram.show.api.consents import PersonConsents

consent = typer.Typer(help="What persons allow: show, give, withdraw; purposes and numbers.",
                      no_args_is_help=True)  # fmt: skip
purposes = typer.Typer(help="What persons are asked for, and in which words.",
                       no_args_is_help=True)  # fmt: skip
consent.add_typer(purposes, name="purposes")
Id = Annotated[
    str, typer.Argument(metavar="ID", help="user:ID, anonymous:ID, device:ID or person:NUMBER.")
]
Purpose = Annotated[str, typer.Argument(metavar="PURPOSE", help="Such as analytics.")]
At = Annotated[str | None, typer.Option("--at", help="At this time.")]


@consent.command()
def show(
    id_: Id,
    at: At = None,
    workspace: Workspace = HERE,
    project: Project = "default",
    as_json: AsJson = False,
) -> None:
    """Show what a person allows and every record of it; with --at as it was known then."""
    with _consents("looking at consent", workspace, project, as_json) as found:
        _tell(found.show(id_, at), as_json)


@consent.command()
def give(
    id_: Id,
    purpose: Purpose,
    at: At = None,
    workspace: Workspace = HERE,
    project: Project = "default",
    as_json: AsJson = False,
) -> None:
    """Write down that a person gave a purpose in another way, such as by letter."""
    _say(id_, purpose, True, at, workspace, project, as_json)


@consent.command()
def withdraw(
    id_: Id,
    purpose: Purpose,
    at: At = None,
    workspace: Workspace = HERE,
    project: Project = "default",
    as_json: AsJson = False,
) -> None:
    """Write down that a person withdrew a purpose: from the next event on it counts."""
    _say(id_, purpose, False, at, workspace, project, as_json)


@consent.command()
def proof(
    id_: Id,
    to: Annotated[Path, typer.Option("-o", "--output", help="The JSON document to write.")],
    workspace: Workspace = HERE,
    project: Project = "default",
    as_json: AsJson = False,
) -> None:
    """Write every record of a person with what was shown and sent, personal values opened."""
    with _consents("proving consent", workspace, project, as_json) as found:
        told = found.proof(id_)
        to.touch(mode=0o600)
        to.write_bytes(msgspec.json.format(msgspec.json.encode(told)))
        if as_json:
            document({"to": str(to), "records": len(told.records)})
        else:
            line(f"{counted(len(told.records), 'record')} written to {to}.")


@consent.command()
def states(
    workspace: Workspace = HERE, project: Project = "default", as_json: AsJson = False
) -> None:
    """How many persons gave and withdrew each purpose, and what the door left out."""
    with _consents("counting consent", workspace, project, as_json) as found:
        told = found.purposes()
        if as_json:
            document(told)
            return
        table([
            {"purpose": each.name, "version": each.version, "given": each.given,
             "withdrawn": each.withdrawn, "shared": "yes" if each.body.sharing else "no",
             "events left out": sum(events for _, events, _ in each.left_out),
             "values left out": sum(values for *_, values in each.left_out)}
            for each in told
        ])  # fmt: skip


@purposes.command("set")
def set_(
    name: Purpose,
    body: Annotated[
        str, typer.Argument(help='{"text": …, "also": […], "sharing": …}, a file, or -.')
    ],
    workspace: Workspace = HERE,
    project: Project = "default",
    note: Why = "",
    as_json: AsJson = False,
) -> None:
    """Save a purpose; a server goes by it from the next event on."""
    with _consents("saving a purpose", workspace, project, as_json) as found:
        said: Any = read(body)
        show_versions([found.set_purpose(name, said, note)], as_json, one=True)


@purposes.command("list")
def list_(
    workspace: Workspace = HERE, project: Project = "default", as_json: AsJson = False
) -> None:
    """The newest version of each."""
    with _consents("listing purposes", workspace, project, as_json) as found:
        show_versions(found.saved.list("purpose"), as_json)


@purposes.command()
def history(
    name: Purpose,
    workspace: Workspace = HERE,
    project: Project = "default",
    as_json: AsJson = False,
) -> None:
    """Every version of one, oldest first, with the words that were shown."""
    with _consents("reading a purpose's history", workspace, project, as_json) as found:
        show_versions(found.saved.history("purpose", name), as_json)


@purposes.command()
def drop(
    name: Purpose,
    workspace: Workspace = HERE,
    project: Project = "default",
    note: Why = "",
    as_json: AsJson = False,
) -> None:
    """Drop one; its history and its records stay."""
    with _consents("dropping a purpose", workspace, project, as_json) as found:
        show_versions([found.drop_purpose(name, note)], as_json, one=True)


@contextmanager
def _consents(
    doing: str, workspace: Path, project: str, as_json: bool
) -> "Generator[Consents | RemoteConsents]":
    with failing(doing, as_json=as_json), opened(workspace, project) as shop:
        yield shop.consents


def _say(
    id_: str, purpose: str, given: bool, at: str | None, workspace: Path, project: str,
    as_json: bool,
) -> None:  # fmt: skip
    with _consents("recording consent", workspace, project, as_json) as found:
        from ethogram.show.api.consents import Say

        _tell(found.say(Say(id_, purpose, given, at)), as_json)


def _tell(told: "PersonConsents", as_json: bool) -> None:
    if as_json:
        document(told)
        return
    if not told.records:
        line(f"Person {told.person} has said nothing.")
        return
    for each in told.purposes:
        line(f"{each.purpose}: {'given' if each.given else 'withdrawn'} at {each.at}.")
    table([
        {"purpose": each.purpose, "given": "yes" if each.given else "no", "at": each.at,
         "source": each.source, "version": each.version, "id": each.id, "by": each.by}
        for each in told.records
    ])  # fmt: skip

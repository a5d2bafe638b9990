"""``ethogram people``."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

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
    from ethogram.run.merging import Merging
    from ethogram.run.opening import Opened
    from ethogram.run.remote_people import RemoteMerging, RemoteRequests
    from ethogram.run.requests import Requests
    from ethogram.show.api.profile import Profile

people = typer.Typer(help="Who is who: show, find, merge and unmerge; erase and export a person.",
                     no_args_is_help=True)  # fmt: skip
SHOWN = 10
"""So many events are printed; `--json` has them all."""
_SAID = "user:ID, anonymous:ID, device:ID or person:NUMBER."


@people.command()
def show(
    id_: Annotated[str, typer.Argument(metavar="ID", help=_SAID)],
    workspace: Workspace = HERE,
    project: Project = "default",
    as_json: AsJson = False,
    personal: Annotated[bool, typer.Option(help="Open what is sealed.")] = False,
    at: Annotated[str | None, typer.Option(help="As of an instant, ISO 8601.")] = None,
) -> None:
    """Show whose id it is: all ids of that person, what links them, their profile and events."""
    with failing("looking for a person", as_json=as_json), _project(workspace, project) as opened:
        person = opened.merging.show(id_)
        profile = opened.profile(id_, personal=personal, at=at)
        if as_json:
            document({**msgspec.to_builtins(person), "profile": profile})
            return
        line(f"Person {person.person} has the ids {', '.join(profile.names or person.ids)}.")
        if person.links:
            table([msgspec.structs.asdict(tie) for tie in person.links])
        told(profile)


@people.command()
def find(
    value: Annotated[str, typer.Argument(help="The whole value, as it was said.")],
    property_: Annotated[str, typer.Option("--property", help="email, phone, full_name, …")],
    workspace: Workspace = HERE,
    project: Project = "default",
    as_json: AsJson = False,
) -> None:
    """Find who said a personal value of themselves, though it is sealed; the audit says so."""
    with failing("looking for people", as_json=as_json):
        from ethogram.run.opening import open_

        with open_(workspace, project, create=False) as opened:
            found = opened.find(property_, value).people
        if as_json:
            document({"people": found})
            return
        line(f"{counted(len(found), 'person', 'people')} said so.")
        for person in found:
            line(f"Person {person.person} has the ids {', '.join(person.ids)}.")


@people.command()
def merge(
    one: Annotated[str, typer.Argument(metavar="ID", help=_SAID)],
    other: Annotated[str, typer.Argument(metavar="ID", help=_SAID)],
    workspace: Workspace = HERE,
    project: Project = "default",
    as_json: AsJson = False,
) -> None:
    """Make two ids one person's; `unmerge` undoes it."""
    with _opened("merging people", workspace, project, as_json) as merging:
        merging.merge(one, other)
        if as_json:
            document({"merged": True})
        else:
            line("They are one person from now on.")


@people.command()
def unmerge(
    id_: Annotated[str, typer.Argument(metavar="ID", help=_SAID)],
    from_: Annotated[str | None, typer.Option("--from", help="Only from this id.")] = None,
    workspace: Workspace = HERE,
    project: Project = "default",
    as_json: AsJson = False,
) -> None:
    """Part an id from its person: what linked it counts no more."""
    with _opened("parting people", workspace, project, as_json) as merging:
        undone = merging.unmerge(id_, from_)
        if as_json:
            document({"links": undone})
        else:
            line(f"{undone:,} {'link counts' if undone == 1 else 'links count'} no more.")


@people.command()
def erase(
    id_: Annotated[str | None, typer.Argument(metavar="ID", help=_SAID)] = None,
    events: Annotated[bool, typer.Option("--events", help="What the person did goes too.")] = False,
    since: Annotated[
        str | None, typer.Option("--from", help="Only what happened from this time on.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="Only what happened before this time.")
    ] = None,
    event: Annotated[str | None, typer.Option(help="Only events of this name.")] = None,
    property_: Annotated[
        str | None, typer.Option("--property", help="Only the values of this property.")
    ] = None,
    purge: Annotated[
        bool, typer.Option("--purge", help="Leave no byte of it, nor of what was erased before.")
    ] = False,
    workspace: Workspace = HERE,
    project: Project = "default",
    as_json: AsJson = False,
) -> None:
    """Erase a person, or some of what a person or everybody did; print the receipt.

    It cannot be undone. Without an ID, times, events and properties are everybody's.
    """
    with _requests("erasing", workspace, project, as_json) as requests:
        receipt = requests.erase(id_, events=events, since=since, until=until, event=event,
                                 property=property_, purge=purge)  # fmt: skip
        if as_json:
            document(receipt)
            return
        line(f"Erased; the receipt is {receipt.erasure.number}.")
        table([msgspec.structs.asdict(room) for room in receipt.rooms])
        for known in receipt.erasure.derived:
            line(f"Also knew of them: {known}.")
        if receipt.purged_at is None:
            line("Nobody can read it any more. `ethogram people erase --purge` removes the last "
                 "byte; a server does so within the hour.")  # fmt: skip


@people.command()
def export(
    id_: Annotated[str, typer.Argument(metavar="ID", help=_SAID)],
    to: Annotated[Path, typer.Option("-o", "--output", help="The archive to write.")],
    workspace: Workspace = HERE,
    project: Project = "default",
    as_json: AsJson = False,
) -> None:
    """Write all that is kept about a person into one ZIP, personal values opened."""
    with _requests("exporting a person", workspace, project, as_json) as requests:
        done = requests.export(id_, to)
        if as_json:
            document(done)
        else:
            line(f"{done.events:,} events under {done.ids:,} ids are in {to}.")


@contextmanager
def _requests(
    doing: str, workspace: Workspace, project: str, as_json: bool
) -> "Generator[Requests | RemoteRequests]":
    with failing(doing, as_json=as_json), _project(workspace, project) as opened:
        yield opened.requests


def told(profile: "Profile") -> None:
    """Print what a profile holds, and the last things that were done."""
    held = [
        {"property": each.name, "value": each.value, "since": each.since}
        for each in profile.properties if each.value is not msgspec.UNSET
    ]  # fmt: skip
    if held:
        table(held)
    if profile.traits:
        table([{"trait": name, "value": value} for name, value in profile.traits.items()])
    if profile.groups:
        names = (f"{each.type} {each.name or each.id}" for each in profile.groups)
        line(f"They acted for {', '.join(names)}.")
    line(f"They did {profile.total:,} {'thing' if profile.total == 1 else 'things'}.")
    if profile.events:
        table([{"time": each.time, "event": each.event, **each.properties, **each.personal}
               for each in profile.events[:SHOWN]])  # fmt: skip


@contextmanager
def _opened(
    doing: str, workspace: Workspace, project: str, as_json: bool
) -> "Generator[Merging | RemoteMerging]":
    with failing(doing, as_json=as_json), _project(workspace, project) as opened:
        yield opened.merging


@contextmanager
def _project(workspace: Workspace, project: str) -> "Generator[Opened]":
    from ethogram.run.opening import open_

    with open_(workspace, project, create=False) as opened:
        yield opened

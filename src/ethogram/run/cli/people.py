"""``ethogram people``."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

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
    from ethogram.run.merging import Merging

people = typer.Typer(help="Who is who: a person's ids and what links them, merge and unmerge.",
                     no_args_is_help=True)  # fmt: skip
_SAID = "user:ID, anonymous:ID, device:ID or person:NUMBER."


@people.command()
def show(
    id_: Annotated[str, typer.Argument(metavar="ID", help=_SAID)],
    workspace: Workspace = HERE,
    project: Project = "default",
    as_json: AsJson = False,
) -> None:
    """Show whose id it is: all ids of that person, and what links or linked them."""
    with _opened("looking for a person", workspace, project, as_json) as merging:
        person = merging.show(id_)
        if as_json:
            document(person)
            return
        line(f"Person {person.person} has the ids {', '.join(person.ids)}.")
        if person.links:
            table([msgspec.structs.asdict(tie) for tie in person.links])


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


@contextmanager
def _opened(doing: str, workspace: Workspace, project: str, as_json: bool) -> "Generator[Merging]":
    with failing(doing, as_json=as_json):
        from ethogram.run.opening import open_

        with open_(workspace, project, create=False) as opened:
            yield opened.merging

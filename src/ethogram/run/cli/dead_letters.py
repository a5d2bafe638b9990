"""``ethogram dead-letters``."""

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
    from ethogram.run.dead_letters import DeadLetters

dead_letters = typer.Typer(help="Events that were refused: why, what they hold, and once more in.",
                           no_args_is_help=True)  # fmt: skip


@dead_letters.command("list")
def list_(
    workspace: Workspace = HERE, project: Project = "default", as_json: AsJson = False
) -> None:
    """Say why events were refused, and how many; nothing of what they hold."""
    with _opened("listing the dead letters", workspace, project, as_json) as letters:
        found = letters.list()
        if as_json:
            document(found)
        elif found:
            table([msgspec.structs.asdict(each) | {"newest": str(each.newest)} for each in found])
        else:
            line("There are none.")


@dead_letters.command()
def show(
    position: Annotated[int, typer.Argument(help="Where in the log it stands.")],
    workspace: Workspace = HERE,
    project: Project = "default",
    as_json: AsJson = False,
) -> None:
    """Open one dead letter; what it holds may name a person."""
    with _opened("opening the dead letter", workspace, project, as_json) as letters:
        found = letters.show(position)
        if as_json:
            document(found)
            return
        line(f"{found.event or 'An event'}, {found.code}: {found.message} {found.at}")
        line(f"Received {found.received_at} by {found.protocol}, kept as {found.form}"
             + (", and in again since." if found.replayed else "."))  # fmt: skip
        document(found.content)


@dead_letters.command()
def replay(
    workspace: Workspace = HERE,
    project: Project = "default",
    code: Annotated[str | None, typer.Option(help="Only those with this code.")] = None,
    protocol: Annotated[str | None, typer.Option(help="Only those of this dialect.")] = None,
    since: Annotated[str | None, typer.Option(help="Only those received since, ISO 8601.")] = None,
    limit: Annotated[int | None, typer.Option(min=0, help="At most so many.")] = None,
    as_json: AsJson = False,
) -> None:
    """Bring refused events in again, each once, as if they came when they did."""
    with _opened("replaying dead letters", workspace, project, as_json) as letters:
        done = letters.replay(code, protocol, since, limit)
        if as_json:
            document(done)
            return
        line(f"{done.accepted:,} came in, {done.duplicates:,} had come in otherwise,"
             f" {len(done.rejected):,} failed again.")  # fmt: skip
        if done.rejected:
            table([msgspec.structs.asdict(each) for each in done.rejected[:20]])


@contextmanager
def _opened(
    doing: str, workspace: Workspace, project: str, as_json: bool
) -> "Generator[DeadLetters]":
    with failing(doing, as_json=as_json):
        from ethogram.run.opening import open_

        with open_(workspace, project, create=False) as opened:
            yield opened.dead_letters

"""``ethogram retention``."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import typer

from ethogram.run.cli.asking import read
from ethogram.run.cli.saved import Body, Name, Why, opened, show
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
    from ethogram.run.remote_consents import RemoteRetention
    from ethogram.run.retaining import Retention

retention = typer.Typer(help="How long what is kept, by event and property.",
                        no_args_is_help=True)  # fmt: skip


@retention.command("list")
def list_(
    workspace: Workspace = HERE, project: Project = "default", as_json: AsJson = False
) -> None:
    """The rules that hold."""
    with _retention("listing the rules", workspace, project, as_json) as found:
        show(found.rules(), as_json)


@retention.command("set")
def set_(
    name: Name,
    body: Body,
    workspace: Workspace = HERE,
    project: Project = "default",
    note: Why = "",
    as_json: AsJson = False,
) -> None:
    """Save a rule: {"event": …, "property": …, "keep": "90d"}, or {"hold": "2026-01-01"}."""
    with _retention("saving a rule", workspace, project, as_json) as found:
        said: Any = read(body)
        show([found.save(name, said, note)], as_json, one=True)


@retention.command()
def drop(
    name: Name,
    workspace: Workspace = HERE,
    project: Project = "default",
    note: Why = "",
    as_json: AsJson = False,
) -> None:
    """Drop a rule; what it had go is gone."""
    with _retention("dropping a rule", workspace, project, as_json) as found:
        show([found.drop(name, note)], as_json, one=True)


@retention.command()
def run(workspace: Workspace = HERE, project: Project = "default", as_json: AsJson = False) -> None:
    """Erase what is due now; a server does so by itself once a day."""
    with _retention("applying the rules", workspace, project, as_json) as found:
        gone = found.run()
        if as_json:
            document(gone)
        elif gone:
            table([msgspec.structs.asdict(each) for each in gone])
        else:
            line("Nothing is due.")


@contextmanager
def _retention(
    doing: str, workspace: Path, project: str, as_json: bool
) -> "Generator[Retention | RemoteRetention]":
    with failing(doing, as_json=as_json), opened(workspace, project) as shop:
        yield shop.retention

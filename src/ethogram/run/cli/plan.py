"""``ethogram plan``."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    from ethogram.ask.plans.report import PlanReport
    from ethogram.events.plan import Plan
    from ethogram.run.planning import Planning

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A plan in TOML.")]
Out = Annotated[Path | None, typer.Option("-o", "--output", dir_okay=False, help="Write it here.")]


class Language(StrEnum):
    """Languages in which code can be written."""

    python = "python"
    typescript = "typescript"


plan = typer.Typer(help="The tracking plan, beside what was seen.", no_args_is_help=True)


@plan.command()
def show(
    workspace: Workspace = HERE, project: Project = "default", as_json: AsJson = False
) -> None:
    """Print the plan that holds."""
    with _planning("reading the plan", workspace, project, as_json) as planning:
        if as_json:
            document(planning.show())
        else:
            sys.stdout.write(planning.text())


@plan.command()
def check(file: File, as_json: AsJson = False) -> None:
    """Say whether a file is a plan, and where it is not."""
    with failing("checking the plan", as_json=as_json):
        from ethogram.events.plan import read

        found = read(file.read_bytes())
        if as_json:
            document(found)
        else:
            line(f"This is a plan of {counted(len(found.events), 'event')}.")


@plan.command("set")
def set_(
    file: File,
    workspace: Workspace = HERE,
    project: Project = "default",
    as_json: AsJson = False,
) -> None:
    """Make a file the plan; it holds from the next event on, a server goes on running."""
    with _planning("setting the plan", workspace, project, as_json) as planning:
        found = planning.set(file.read_bytes())
        if as_json:
            document(found)
        else:
            line(f"The plan of {counted(len(found.events), 'event')} holds from now on.")


@plan.command()
def learn(
    workspace: Workspace = HERE,
    project: Project = "default",
    output: Out = None,
    as_json: AsJson = False,
) -> None:
    """Draft a plan out of what was seen."""
    with _planning("learning the plan", workspace, project, as_json) as planning:
        from ethogram.events.plan_text import written

        found = planning.learn()
        if output is not None:
            output.write_text(written(found))
        if as_json:
            document(found)
        elif output is None:
            sys.stdout.write(written(found))


@plan.command()
def report(
    workspace: Workspace = HERE, project: Project = "default", as_json: AsJson = False
) -> None:
    """Say what was seen and not planned, planned and not seen, what departs, what drifts."""
    with _planning("comparing plan and events", workspace, project, as_json) as planning:
        found = planning.report()
        if as_json:
            document(found)
        else:
            _tell(found)


@plan.command()
def code(
    language: Annotated[Language, typer.Option(help="Of the code.")],
    workspace: Workspace = HERE,
    project: Project = "default",
    file: Annotated[
        Path | None,
        typer.Option("--plan", exists=True, dir_okay=False, help="This plan, of no workspace."),
    ] = None,
    output: Out = None,
) -> None:
    """Write typed functions for the planned events, so that mistakes show before they are sent."""
    with failing("writing the code"):
        from ethogram.show.code.python import python
        from ethogram.show.code.typescript import typescript

        write = python if language is Language.python else typescript
        said = write(_plan(workspace, project, file))
        if output is None:
            sys.stdout.write(said)
        else:
            output.write_text(said)


def _plan(workspace: Path, project: str, file: Path | None) -> "Plan":
    from ethogram.events.plan import read
    from ethogram.run.planned import plan_of
    from ethogram.run.workspace import open_workspace

    if file is not None:
        return read(file.read_bytes())
    return plan_of(open_workspace(workspace, create=False).standing(project))


@contextmanager
def _planning(
    doing: str, workspace: Workspace, project: str, as_json: bool
) -> "Generator[Planning]":
    with failing(doing, as_json=as_json):
        from ethogram.run.opening import open_

        with open_(workspace, project, create=False) as opened:
            yield opened.plan


def _tell(found: "PlanReport") -> None:
    table([
        {"event": each.name, "planned": "yes" if each.planned else "no", "seen": each.seen,
         "departing": sum(each.departing), "not planned": _some(
             [p.name for p in each.properties if each.planned and not p.planned]),
         "not seen": _some([p.name for p in each.properties if not (p.types or p.sealed)])}
        for each in found.events
    ], "Events")  # fmt: skip
    if wrong := [(each.name, one) for each in found.events for one in each.departures]:
        table([
            {"event": name, "code": one.code, "property": one.property, "count": one.count,
             "since": one.since[:10], "message": one.message}
            for name, one in wrong
        ], "Departures")  # fmt: skip
    if found.drift:
        table([
            {"at": one.at[:10], "change": one.change, "event": one.event,
             "property": one.property, "type": one.type}
            for one in found.drift[:50]
        ], f"Drift, by periods of {counted(found.days, 'day')}")  # fmt: skip


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")

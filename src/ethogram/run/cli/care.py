"""``ethogram verify`` and ``ethogram doctor``."""

from pathlib import Path
from typing import Annotated

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


def verify(
    workspace: Workspace = HERE,
    project: Project = "default",
    root: Annotated[
        Path | None, typer.Option(help="An exported audit, whose signed roots must fit too.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Prove that nothing that was acknowledged is lost, doubled or changed."""
    with failing("verifying", as_json=as_json):
        from ethogram.run.audited import compared
        from ethogram.run.opening import open_
        from ethogram.run.workspace import open_workspace

        with open_(workspace, project, create=False) as opened:
            verdict = opened.verify()
        if root is not None:
            verdict = compared(verdict, open_workspace(workspace, create=False), project, root)
        if as_json:
            document(verdict)
        else:
            for place in ("log", "lake", "index"):
                counts = ", ".join(
                    f"{name.replace('_', ' ')} {count:,}"
                    for name, count in getattr(verdict, place).items()
                )
                line(f"{place:5} {counts}")
            for problem in verdict.problems:
                line(f"PROBLEM {problem}")
            line("All agree." if verdict.ok else "They do not agree.")
        if not verdict.ok:
            raise typer.Exit(1)


def doctor(workspace: Workspace = HERE, as_json: AsJson = False) -> None:
    """Look at the installation and the workspace; say what is wrong and what to do."""
    with failing("examining the workspace", as_json=as_json):
        from ethogram.run.doctor import examine

        checks = examine(workspace)
        if as_json:
            document(checks)
        else:
            table([msgspec.structs.asdict(check) for check in checks])
        if not all(check.ok for check in checks):
            raise typer.Exit(1)

"""``ethogram keys``."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ethogram.run.cli.terminal import (
    HERE,
    AsJson,
    Project,
    Workspace,
    document,
    failing,
    line,
)

if TYPE_CHECKING:
    from ethogram.run.workspace import Workspace as Opened

keys = typer.Typer(
    help="Print the project's keys: a write key can only write, a read key can only ask."
    " Change the master key.",
    invoke_without_command=True,
)


@keys.callback()
def show(
    context: typer.Context,
    workspace: Workspace = HERE,
    project: Project = "default",
    as_json: AsJson = False,
) -> None:
    """Print the project's two keys."""
    if context.invoked_subcommand is not None:
        return
    with _opened("reading the keys", workspace, as_json) as opened:
        from ethogram.run import assembly

        opened.standing(project)
        vault = assembly.vault(opened, project)
        found = {"write": vault.keyring.access("write"), "read": vault.keyring.access("read")}
        vault.close()
        if as_json:
            document(found)
        else:
            for scope, key in found.items():
                line(f"{scope:5} {key}")


@keys.command()
def rotate(workspace: Workspace = HERE, as_json: AsJson = False) -> None:
    """Make a new master key; the old one opens nothing afterwards. No event is touched."""
    with _opened("rotating the master key", workspace, as_json) as opened:
        from ethogram.run.rotating import rotate

        done = rotate(opened)
        if as_json:
            document(done)
        else:
            line(f"The new master key holds for {', '.join(done.projects)}. Back it up, and let "
                 "no backup of the old one live longer than 30 days.")  # fmt: skip


@keys.command()
def wrap(
    encrypt: Annotated[str, typer.Option(help="The command that wraps; no shell runs it.")],
    decrypt: Annotated[str, typer.Option(help="The command that opens what that one wrote.")],
    seconds: Annotated[float, typer.Option(help="So long each may take.")] = 20.0,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Have the master key wrapped by a key service: its file alone then opens nothing."""
    with _opened("wrapping the master key", workspace, as_json) as opened:
        from ethogram.protect.kms import Kms, words
        from ethogram.run.rotating import keep_by

        kms = Kms(words(encrypt, "--encrypt"), words(decrypt, "--decrypt"), seconds)
        keep_by(opened, kms)
        _say(opened, "The master key is wrapped", as_json)


@keys.command()
def unwrap(workspace: Workspace = HERE, as_json: AsJson = False) -> None:
    """Write the master key into its file as it is: no key service is asked any more."""
    with _opened("unwrapping the master key", workspace, as_json) as opened:
        from ethogram.run.rotating import keep_by

        keep_by(opened, None)
        _say(opened, "The master key needs no key service any more", as_json)


def _say(opened: "Opened", what: str, as_json: bool) -> None:
    from ethogram.protect import master

    path = master.location(opened.id)
    if as_json:
        document({"file": str(path)})
    else:
        line(f"{what}: {path}")


@contextmanager
def _opened(doing: str, workspace: Path, as_json: bool) -> "Generator[Opened]":
    with failing(doing, as_json=as_json):
        from ethogram.run.workspace import open_workspace

        yield open_workspace(workspace, create=False)

"""The master key of a workspace changes: it is made anew, or goes to a key service and back.

What the master key wraps is one secret for each project, of which all else is derived, and one for
the accounts. So a rotation wraps these few anew; ids, events and the chain stay as they are. While
it lasts the file of the key has the new one and the old one, so it may be cut off anywhere: either
opens what is wrapped by it, and the next one goes on.
"""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import msgspec

from ethogram.events.errors import Busy, Invalid
from ethogram.protect import master
from ethogram.protect.kms import Kms
from ethogram.protect.vault import Vault
from ethogram.run import assembly, presence
from ethogram.run.audited import note
from ethogram.run.workspace import Workspace

PATIENCE = 60.0
"""Seconds that readers may keep a project from being done."""


class Rotated(msgspec.Struct, frozen=True):
    """Whose secrets the new key wraps, by project."""

    projects: list[str]


def rotate(workspace: Workspace) -> Rotated:
    """Make a new master key; the old one opens nothing afterwards.

    One that was cut off goes on. Keys in the environment are not made here: the new one is set
    there before the old one. Raises `Busy` where that takes place already.
    """
    with _turn(workspace):
        masters = workspace.masters
        if len(masters) == 1:
            masters = (os.urandom(master.KEY_BYTES), *masters)
            _keep(workspace, masters, master.kms_of(workspace.id) if not master.given() else None)
        projects = [name for name in workspace.projects() if _vault_of(workspace, name).exists()]
        _rewrap(workspace, projects)
        for name in projects:
            Vault(_vault_of(workspace, name), masters[0]).close()
        if not master.given():
            master.keep(workspace.id, masters[:1], master.kms_of(workspace.id))
        for name in workspace.projects():
            note(workspace, name, "ethogram keys rotate")
        return Rotated(projects)


def keep_by(workspace: Workspace, kms: Kms | None) -> None:
    """Have the master key wrapped by ``kms``, or by none. Nothing else changes."""
    with _turn(workspace):
        _keep(workspace, workspace.masters, kms)
        for name in workspace.projects():
            note(workspace, name, "ethogram keys wrap" if kms else "ethogram keys unwrap")


def _keep(workspace: Workspace, masters: master.Keys, kms: Kms | None) -> None:
    if master.given():
        raise Invalid(
            "key_in_environment",
            "The master key comes from the environment, and cannot be changed from here.",
            at="ETHOGRAM_MASTER_KEY",
            hint="To rotate it, set it to NEW,OLD for all that use the workspace, and do this"
            " again; then leave OLD out.",
        )
    with workspace.held(alone=True):
        master.keep(workspace.id, masters, kms)


def _rewrap(workspace: Workspace, projects: list[str]) -> None:
    """The few secrets are wrapped by the newest key, by who has each open."""
    desk = assembly.desk(workspace)
    try:
        desk.rewrap()
    finally:
        desk.close()
    here = presence.find(workspace)
    for name in projects:
        until = monotonic() + PATIENCE
        while not _done(workspace, here, name):
            if monotonic() > until:
                raise Busy("still_read", f"Somebody reads the vault of {name!r} for long.",
                           hint="Do it again: it goes on, and until then both keys hold."
                           )  # fmt: skip
            sleep(0.1)


def _done(workspace: Workspace, here: presence.Presence | None, name: str) -> bool:
    if here is not None:
        from ethogram.run.remote import rewrap

        return rewrap(here, name)
    vault = assembly.vault(workspace, name)
    try:
        return vault.rewrap(workspace.masters)
    finally:
        vault.close()


def _vault_of(workspace: Workspace, name: str) -> Path:
    return workspace.project(name) / "vault.sqlite"


@contextmanager
def _turn(workspace: Workspace) -> Generator[None]:
    with (workspace.folder / "ethogram.toml").open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy("keys_change", "The keys of this workspace are being changed already."
                       ) from None  # fmt: skip
        yield

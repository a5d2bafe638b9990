"""Opening a workspace, whether a server has it or nobody does."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from ethogram.run import assembly, presence
from ethogram.run.embedded import Embedded
from ethogram.run.settings import load
from ethogram.run.workspace import open_workspace

if TYPE_CHECKING:
    from ethogram.run.remote import Remote

Opened: TypeAlias = "Embedded | Remote"


def open_(folder: str | Path, project: str = "default", *, create: bool = True) -> Opened:
    """The project of the workspace in ``folder``; both are made where they are missing.

    Raises `NotFound` where one is missing and ``create`` is false, `Busy` where another process
    than a server has it.
    """
    workspace = open_workspace(Path(folder), create=create)
    if not create:
        workspace.standing(project)
    here = presence.find(workspace)
    if here is None:
        return Embedded(workspace, load(workspace.folder, {}), project)
    from ethogram.run.audited import note
    from ethogram.run.remote import Remote, stand

    vault = assembly.vault(workspace, project)
    try:
        stand(here, project)
        looking = assembly.looking(workspace, project)
        saved = assembly.saved(workspace, project, partial(note, workspace, project))
        return Remote(here, vault.keyring, saved, looking, workspace, project=project)
    finally:
        vault.close()

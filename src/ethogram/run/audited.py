"""The audit beside no server: what the owner does, and its part in what `verify` proves."""

from msgspec.structs import replace

from ethogram.events.errors import EthogramError
from ethogram.protect.access.caller import owner
from ethogram.protect.access.trail import line
from ethogram.run import assembly
from ethogram.run.workspace import Workspace
from ethogram.show.api.ports import Verdict


def note(workspace: Workspace, project: str, did: str) -> None:
    """Write down durably that the machine's owner ``did`` something in ``project``."""
    desk = assembly.desk(workspace)
    try:
        desk.trail.keep(project, line(owner(project), did)).result()
    finally:
        desk.close()


def audited(verdict: Verdict, workspace: Workspace, project: str) -> Verdict:
    """``verdict``, with what ails the audit of ``project``; where none was begun, nothing does."""
    if not (workspace.folder / "access.sqlite").exists():
        return verdict
    desk = assembly.desk(workspace)
    try:
        desk.trail.verify(project)
    except EthogramError as error:
        return replace(verdict, ok=False, problems=[*verdict.problems, str(error)])
    finally:
        desk.close()
    return verdict

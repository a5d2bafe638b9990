"""The audit as a part of what `verify` proves."""

from msgspec.structs import replace

from ethogram.events.errors import EthogramError
from ethogram.run import assembly
from ethogram.run.workspace import Workspace
from ethogram.show.api.ports import Verdict


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

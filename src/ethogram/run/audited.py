"""The audit beside no server: what the owner does, and its part in what `verify` proves."""

from contextlib import closing
from pathlib import Path

import msgspec
from msgspec.structs import replace

from ethogram.events.errors import Broken, EthogramError, Invalid
from ethogram.events.event import Json
from ethogram.protect.access.caller import owner
from ethogram.protect.access.trail import WORKSPACE, Root, line
from ethogram.run import assembly
from ethogram.run.workspace import Workspace
from ethogram.show.api.ports import Verdict


def note(workspace: Workspace, project: str, did: str, /, **detail: Json) -> None:
    """Write down durably that the machine's owner ``did`` something in ``project``."""
    with closing(assembly.desk(workspace)) as desk:
        desk.trail.keep(project, line(owner(project), did, **detail)).result()


def audited(verdict: Verdict, workspace: Workspace, project: str) -> Verdict:
    """``verdict``, with what ails the audit of ``project``, and that of the workspace itself.

    Where none was begun, nothing does.
    """
    if not (workspace.folder / "access.sqlite").exists():
        return verdict
    with closing(assembly.desk(workspace)) as desk:
        for each in (project, WORKSPACE):
            try:
                desk.trail.verify(each)
            except EthogramError as error:
                verdict = _wrong(verdict, error)
    return verdict


def compared(verdict: Verdict, workspace: Workspace, project: str, exported: Path) -> Verdict:
    """``verdict``, with whether the audit of ``project`` fits the roots that were ``exported``.

    Raises `Invalid` where that file has none of this project.
    """
    roots = _roots(exported)
    with closing(assembly.desk(workspace)) as desk:
        try:
            desk.trail.compare(project, roots)
        except Broken as error:
            return _wrong(verdict, error)
    return verdict


def _wrong(verdict: Verdict, error: EthogramError) -> Verdict:
    return replace(verdict, ok=False, problems=[*verdict.problems, str(error)])


class _Row(msgspec.Struct, frozen=True):
    """A line of an exported audit, as far as it matters here."""

    root: Root | None = None


def _roots(exported: Path) -> list[Root]:
    try:
        with exported.open("rb") as lines:
            rows = [msgspec.json.decode(each, type=_Row) for each in lines]
    except (OSError, msgspec.DecodeError, ValueError) as error:
        raise Invalid("bad_roots", f"This is no exported audit: {error}.", at="--root") from None
    found = [each.root for each in rows if each.root is not None]
    if not found:
        raise Invalid("no_roots", "This file has no signed roots.", at="--root",
                      hint="`ethogram audit export` writes them at its end.")  # fmt: skip
    return found

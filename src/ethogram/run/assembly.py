"""The only module that names adapters: it puts a project's parts together."""

from ethogram.collect.door import Door
from ethogram.events.times import now
from ethogram.protect.vault import Vault
from ethogram.run.workspace import Workspace
from ethogram.run.writing import Writing
from ethogram.store.log.seen import WINDOW, Seen
from ethogram.store.log.sqlite import SqliteLog, SqliteReader


def writing(workspace: Workspace, project: str) -> Writing:
    """The writing half of ``project``. Raises `Busy` where another process has it."""
    folder = workspace.project(project)
    vault = Vault(folder / "vault.sqlite", workspace.key)
    log = SqliteLog(folder / "log.sqlite", vault.keyring.chain)
    reader = SqliteReader(folder / "log.sqlite")
    log.forget_keys(now() - WINDOW)
    seen = Seen(log.keys(now() - WINDOW))
    return Writing(log, reader, vault, Door(log, seen, vault))

"""What can be wrong with an installation, looked at one by one."""

import os
import resource
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import apsw
import msgspec

from ethogram.ask.sequences.state import newest, read_state
from ethogram.events.errors import EthogramError
from ethogram.protect import master
from ethogram.run import presence
from ethogram.run.planned import plan_of
from ethogram.run.settings import Settings, load
from ethogram.run.workspace import Workspace, open_workspace
from ethogram.show.charts.draw import assets
from ethogram.store.log.sqlite import OLDEST_SQLITE

LEAST_DISK = 1 << 30
LEAST_FILES = 1024


class Check(msgspec.Struct, frozen=True):
    """One thing that was looked at; ``hint`` says what to do where it is not well."""

    name: str
    ok: bool
    found: str
    hint: str = ""


def examine(folder: Path) -> list[Check]:
    """Everything worth a look, in the order in which it matters."""
    return list(_examined(folder))


def _examined(folder: Path) -> Iterator[Check]:
    yield _sqlite()
    yield _files()
    yield _guarded("site", lambda: Check("site", True, str(assets())))
    try:
        workspace = open_workspace(folder, create=False)
    except EthogramError as error:
        yield Check("workspace", False, error.message, error.hint)
        return
    yield Check("workspace", True, f"{folder}, {', '.join(workspace.projects())}")
    yield _guarded("settings", partial(_settings, folder))
    yield _key(workspace)
    yield _disk(folder)
    here = presence.find(workspace)
    yield Check("server", True, here.url if here else "none is running")
    for name in workspace.projects():
        size = sum(
            path.stat().st_size for path in workspace.project(name).rglob("*") if path.is_file()
        )
        yield Check(f"project {name}", True, f"{size >> 20:,} MiB on disk")
        yield _guarded(f"plan of {name}", partial(_plan, workspace, name))
        if here is None:
            yield _guarded(f"index of {name}", partial(_index, workspace, name))


def _sqlite() -> Check:
    found = apsw.sqlite_lib_version()
    ok = tuple(map(int, found.split("."))) >= OLDEST_SQLITE
    return Check("SQLite", ok, found, "" if ok else "Install apsw 3.51.3 or later.")


def _files() -> Check:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    ok = soft >= LEAST_FILES
    return Check("open files", ok, f"{soft:,}", "" if ok else f"ulimit -n {LEAST_FILES}")


def _settings(folder: Path) -> Check:
    """Raises `Invalid` where one is none."""
    said, plain = msgspec.structs.asdict(load(folder, {})), msgspec.structs.asdict(Settings())
    told = {name: "…" if name == "oidc_secret" else value for name, value in said.items()}
    changed = [f"{name} = {told[name]}" for name, value in said.items() if value != plain[name]]
    return Check("settings", True, ", ".join(changed) or "as they come")


def _plan(workspace: Workspace, name: str) -> Check:
    """Raises `Invalid` where it is no plan."""
    found = plan_of(workspace.project(name))
    return Check(
        f"plan of {name}", True, f"In the mode {found.mode}; events: {len(found.events):,}."
    )


def _index(workspace: Workspace, name: str) -> Check:
    """Raises `Broken` where one is torn. A server looks at its own, and tells it as its status."""
    runs = 0
    for folder in sorted(workspace.project(name).glob("index*")):
        number = newest(folder) if (folder / "states").exists() else 0
        runs += len(read_state(folder, number).runs) if number else 0
    return Check(f"index of {name}", True, f"{runs} runs on disk")


def _key(workspace: Workspace) -> Check:
    if os.environ.get("ETHOGRAM_MASTER_KEY"):
        return Check("master key", True, "ETHOGRAM_MASTER_KEY")
    path = master.location(workspace.id)
    private = path.stat().st_mode & 0o077 == 0
    hint = "" if private else f"chmod 600 {path}"
    return Check("master key", private, f"{path}; back it up apart from the data", hint)


def _disk(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    return Check(
        "disk",
        free >= LEAST_DISK,
        f"{free >> 30:,} GiB free",
        "" if free >= LEAST_DISK else "Free some.",
    )


def _guarded(name: str, look: Callable[[], Check]) -> Check:
    try:
        return look()
    except EthogramError as error:
        found = f"{error.at}: {error.message}" if error.at else error.message
        return Check(name, False, found, error.hint)

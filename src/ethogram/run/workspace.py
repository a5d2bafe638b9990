"""A workspace: one installation's folder, its identity, its master key and its projects."""

import fcntl
import os
import re
import secrets
import tomllib
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ethogram.events.errors import Broken, Invalid, NotFound, nearest
from ethogram.protect import master

_PROJECT = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(frozen=True)
class Workspace:
    """``folder`` holds everything but the master key; ``id`` never changes."""

    folder: Path
    id: str

    @property
    def masters(self) -> master.Keys:
        """The master keys, as they are now. Raises as `master.load` does."""
        return master.load(self.id)

    @contextmanager
    def held(self, *, alone: bool = False) -> Generator[None]:
        """Meanwhile nobody changes the master keys; with ``alone`` nobody begins to use them."""
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
            yield
        finally:
            os.close(descriptor)

    def project(self, name: str = "default") -> Path:
        """The folder of one project. Raises `Invalid` for a name that is no folder's."""
        if not _PROJECT.fullmatch(name):
            raise Invalid(
                "bad_project",
                f"{name!r} cannot be a project's name.",
                hint="Use small letters, digits, - and _.",
            )
        return self.folder / "projects" / name

    def standing(self, name: str) -> Path:
        """The folder of a project that stands. Raises `NotFound` where it does not."""
        if name not in self.projects():
            raise NotFound(
                "no_project",
                f"There is no project {name!r} in this workspace.",
                at=str(self.folder),
                hint=nearest(name, self.projects()),
            )
        return self.project(name)

    def projects(self) -> list[str]:
        """The names of the projects that stand."""
        root = self.folder / "projects"
        return sorted(path.name for path in root.iterdir() if path.is_dir())


def open_workspace(
    folder: Path, *, create: bool = True, settings: Mapping[str, bool] | None = None
) -> Workspace:
    """The workspace in ``folder``, made where it is missing and ``create`` is true.

    Its master key is there. A new one begins with ``settings`` in its file.
    """
    identity = folder / "ethogram.toml"
    if not identity.exists():
        if not create:
            raise NotFound(
                "no_workspace",
                "There is no workspace here.",
                at=str(folder),
                hint="Name another folder with -w; `ethogram import FILE -w DIR` or "
                "`ethogram serve -w DIR` makes a new one.",
            )
        _make(folder, settings or {})
    workspace = Workspace(folder, _identity(identity))
    master.load(workspace.id)
    return workspace


def _identity(path: Path) -> str:
    try:
        return str(tomllib.loads(path.read_text())["workspace"]["id"])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError):
        raise Broken(
            "bad_workspace",
            "This file does not say which workspace it is.",
            at=str(path),
            hint="Mend it, or restore it from a backup: [workspace] has the id.",
        ) from None


def _make(folder: Path, settings: Mapping[str, bool]) -> None:
    (folder / "projects" / "default").mkdir(parents=True, exist_ok=True)
    id_ = secrets.token_hex(8)
    master.create(id_)
    draft = folder / f".ethogram.toml.{id_}"
    said = "".join(f"{name} = {str(value).lower()}\n" for name, value in settings.items())
    draft.write_text(f'[workspace]\nid = "{id_}"\nformat = 1\n\n[settings]\n{said}')
    _sync(draft)
    try:
        os.link(draft, folder / "ethogram.toml")
    except FileExistsError:
        return
    finally:
        draft.unlink()
    for each in (folder / "projects" / "default", folder / "projects", folder, folder.parent):
        _sync(each)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)

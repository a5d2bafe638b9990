"""A project's tracking plan: a file in its folder, which counts as soon as it changes."""

import os
import sys
from dataclasses import replace
from pathlib import Path

from ethogram.collect.admission import Rules
from ethogram.collect.cleaning.pipeline import Cleaning
from ethogram.events import plan as plans
from ethogram.events.errors import Invalid
from ethogram.events.plan import Plan
from ethogram.protect.access.addresses import Policy

_Version = tuple[int, int, int]


class Planned:
    """The rules of the project in ``folder``, read again whenever the plan's file has changed.

    ``cleaning`` are its steps, ``ip`` is what is kept of addresses. Raises `Invalid` where the
    file is no plan at first; later the one that held goes on to hold, and standard error says why.
    """

    def __init__(self, folder: Path, levels: int, cleaning: Cleaning, ip: Policy) -> None:
        self._folder = folder
        self._version = _version(folder)
        self._rules = Rules(plan_of(folder), levels, cleaning, ip)

    def __call__(self) -> Rules:
        """The rules that hold now; asking costs a look at the file's name, a few microseconds."""
        try:
            found = _version(self._folder)
        except OSError:
            return self._rules
        if found != self._version:
            self._version = found
            try:
                self._rules = replace(self._rules, plan=plan_of(self._folder))
            except (Invalid, OSError) as error:
                print(f"The plan before goes on to hold: {error}", file=sys.stderr)
        return self._rules


def plan_of(folder: Path) -> Plan:
    """The tracking plan in a project's folder, or an empty one.

    Raises `Invalid`, with the file as its place, where it is no plan.
    """
    path = file_of(folder)
    if not path.exists():
        return Plan()
    try:
        return plans.read(path.read_bytes())
    except Invalid as error:
        at = f"{path}: {error.at}"
        raise Invalid(error.code, error.message, at=at, hint=error.hint) from None


def file_of(folder: Path) -> Path:
    """Where the plan of the project in ``folder`` stands."""
    return folder / "plan.toml"


def set_plan(folder: Path, source: bytes) -> Plan:
    """Make ``source``, TOML, the plan of the project in ``folder``. Raises `Invalid`."""
    read = plans.read(source)
    path = file_of(folder)
    draft = path.with_suffix(f".{os.getpid()}.draft")
    with draft.open("wb") as file:
        file.write(source)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    holder = os.open(folder, os.O_RDONLY)
    os.fsync(holder)
    os.close(holder)
    return read


def _version(folder: Path) -> _Version | None:
    try:
        found = file_of(folder).stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size

"""A project's tracking plan and purposes: files in its folder that count as soon as they change."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from ethogram.collect.admission import Rules
from ethogram.collect.cleaning.pipeline import Cleaning
from ethogram.collect.consenting.needs import Needs
from ethogram.events import plan as plans
from ethogram.events.errors import Invalid
from ethogram.events.plan import Plan
from ethogram.protect.access.addresses import Policy
from ethogram.protect.consent import purposes
from ethogram.protect.consent.purposes import Purposes

_Version = tuple[int, int, int]
_NeedsOf = Callable[[Plan, Purposes], Needs]


class Planned:
    """The rules of the project in ``folder``, read again whenever one of its files has changed.

    ``cleaning`` are its steps, ``needs`` makes of plan and purposes what events need, ``ip`` is
    what is kept of addresses. Raises `Invalid` where the file is no plan at first; later the one
    that held goes on to hold, and standard error says why.
    """

    def __init__(
        self, folder: Path, levels: int, cleaning: Cleaning, needs: _NeedsOf, ip: Policy
    ) -> None:
        self._folder, self._levels, self._cleaning = folder, levels, cleaning
        self._needs: _NeedsOf = needs
        self._ip: Policy = ip
        self._version = _versions(folder)
        self._rules = self._read()

    def __call__(self) -> Rules:
        """The rules that hold now; asking costs a look at each file's name, some microseconds."""
        try:
            found = _versions(self._folder)
        except OSError:
            return self._rules
        if found != self._version:
            self._version = found
            try:
                self._rules = self._read()
            except (Invalid, OSError, msgspec.MsgspecError) as error:
                print(f"The plan before goes on to hold: {error}", file=sys.stderr)
        return self._rules

    def _read(self) -> Rules:
        plan = plan_of(self._folder)
        needs = self._needs(plan, purposes.read(self._folder))
        return Rules(plan, self._levels, self._cleaning, needs, self._ip)


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


def _versions(folder: Path) -> tuple[_Version | None, _Version | None]:
    return _version(file_of(folder)), _version(purposes.file_of(folder))


def _version(file: Path) -> _Version | None:
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size

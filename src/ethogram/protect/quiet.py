"""dlt, made to keep to itself: it reports nothing, logs nothing, and is imported when needed."""

import os
from collections import Counter
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from importlib import import_module
from threading import Lock

from ethogram.events.errors import NotFound

QUIET = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "CRITICAL"}
_turn = Lock()
_users = Counter[str]()
_before: dict[str, str | None] = {}
"""What stood in the environment before the first of those who are using a setting."""


@contextmanager
def dlt_at_hand(**settings: str) -> Generator[None]:
    """dlt can be imported meanwhile; ``settings`` are its own, as it has them in the environment.

    Several threads may be here: a setting stays until the last of them has left, and has one
    value for all. Raises `NotFound` (``no_dlt``) where it is not installed.
    """
    given = QUIET | settings
    _set(given)
    try:
        try:
            import_module("dlt")
        except ModuleNotFoundError:
            raise NotFound(
                "no_dlt",
                "Sources and exports are dlt's work, which is not installed.",
                hint="pip install 'ethogram[sources]'",
            ) from None
        yield
    finally:
        _put_back(given)


def _set(given: Mapping[str, str]) -> None:
    with _turn:
        for name, value in given.items():
            if not _users[name]:
                _before[name] = os.environ.get(name)
            _users[name] += 1
            os.environ[name] = value


def _put_back(names: Iterable[str]) -> None:
    with _turn:
        for name in names:
            _users[name] -= 1
            if _users[name]:
                continue
            before = _before.pop(name)
            if before is None:
                del os.environ[name]
            else:
                os.environ[name] = before

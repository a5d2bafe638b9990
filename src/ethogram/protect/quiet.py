"""dlt, made to keep to itself: it reports nothing, logs nothing, and is imported when needed."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module

from ethogram.events.errors import NotFound

QUIET = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "CRITICAL"}


@contextmanager
def dlt_at_hand(**settings: str) -> Generator[None]:
    """dlt can be imported meanwhile; ``settings`` are its own, as it has them in the environment.

    Raises `NotFound` (``no_dlt``) where it is not installed.
    """
    given = QUIET | settings
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
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
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value

"""Whether an answer is waited for still: asked in the middle of what Python does row by row."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar


def _always() -> None: ...


_check: ContextVar[Callable[[], None]] = ContextVar("waiting", default=_always)


@contextmanager
def ended_by(check: Callable[[], None]) -> Generator[None]:
    """What is done here ends where ``check`` raises."""
    before = _check.set(check)
    try:
        yield
    finally:
        _check.reset(before)


def still_waited_for() -> None:
    """Raise what ends the work that this is done for, where its time is over."""
    _check.get()()

"""The error of every room: what was wrong, where, and what to do.

The API shows an error as ``{"error": {"code", "message", "hint", "at"}}``; the command line
prints the message, the place and the hint. A code is stable; a message may be reworded.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class EthogramError(Exception):
    """Something the caller can act on.

    ``code`` is a stable word such as ``unknown_question``; ``message`` says what was wrong;
    ``at`` is the place in what was given (``$.steps[1].event``, ``shop.csv:12``); ``hint`` says
    what exists instead or what to do.
    """

    status = 500

    def __init__(self, code: str, message: str, *, at: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.at = at
        self.hint = hint

    def __str__(self) -> str:
        place = f" (at {self.at})" if self.at else ""
        hint = f" {self.hint}" if self.hint else ""
        return f"{self.message}{place}{hint}"

    def as_dict(self) -> dict[str, dict[str, str]]:
        """The one shape in which every surface shows an error."""
        return {
            "error": {
                "code": self.code,
                "message": self.message,
                "hint": self.hint,
                "at": self.at,
            }
        }


class Invalid(EthogramError):
    """What was given cannot be understood or is not allowed."""

    status = 400


class Refused(EthogramError):
    """Nobody is known by what was sent: no key, or none that holds."""

    status = 401


class NotPermitted(EthogramError):
    """Who asks is known, and may not do this."""

    status = 403


class NotFound(EthogramError):
    """What was named does not exist here."""

    status = 404


class TooLarge(EthogramError):
    """What was given is larger than the limit that the message names."""

    status = 413


class Busy(EthogramError):
    """Cannot be taken now; nothing was kept; try again after ``retry_after`` seconds."""

    status = 503

    def __init__(
        self, code: str, message: str, *, at: str = "", hint: str = "", retry_after: int = 1
    ) -> None:
        super().__init__(code, message, at=at, hint=hint)
        self.retry_after = retry_after


class Throttled(Busy):
    """More came than was agreed; nothing was kept; try again after ``retry_after`` seconds."""

    status = 429


class Broken(EthogramError):
    """What is kept does not agree with itself, or a disk did not do what it said."""


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint that names the nearest spelling of ``name`` and what else exists.

    >>> nearest("funel", ["funnel", "trends"])
    'Did you mean "funnel"? There are: funnel, trends.'
    >>> nearest("x", [])
    'There are none yet.'
    """
    names = sorted(known)
    if not names:
        return "There are none yet."
    shown = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
    close = get_close_matches(name, names, n=1)
    return (f'Did you mean "{close[0]}"? ' if close else "") + f"There are: {shown}."

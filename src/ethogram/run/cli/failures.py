"""Words that no command knows, and what nobody foresaw, said as every other error is."""

import traceback
from pathlib import Path

import typer

from ethogram.events.errors import EthogramError, Invalid

_PACKAGE = Path(__file__).parents[2]


def misused(error: typer.TyperException) -> Invalid:
    """What is wrong with the words of a command, and where it says which there are."""
    context: typer.Context | None = getattr(error, "ctx", None)
    command = context.command_path if context else "ethogram"
    meant: list[str] = sorted(getattr(error, "possibilities", None) or ())
    message = error.message if meant else error.format_message().removeprefix("Invalid value: ")
    hint = f"Did you mean {' or '.join(meant)}? " if meant else ""
    return Invalid(
        "bad_usage",
        message if message.endswith((".", "?")) else f"{message}.",
        at=command,
        hint=f"{hint}`{command} --help` says what it takes.",
    )


def unexpected(error: Exception) -> EthogramError:
    """A mistake of ours; ``at`` is the place in our source."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_PACKAGE)]
    at = ours[-1] if ours else frames[-1]
    return EthogramError(
        "unexpected",
        f"{type(error).__name__}: {error}",
        at=f"{'/'.join(Path(at.filename).parts[-3:])}:{at.lineno}",
        hint="This is a mistake in Ethogram. Nothing that was kept is lost; please report these"
        " lines.",
    )

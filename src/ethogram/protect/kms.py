"""A key service, reached by a command: it wraps the master key, and opens what it wrapped.

The command is a list of words that no shell sees. It reads its standard input to the end and
writes the outcome to its standard output; its standard error is left to speak for itself. What
goes through it is said nowhere.
"""

import os
import shlex
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from threading import Timer
from typing import Any

import msgspec
from msgspec.structs import replace

from ethogram.events.errors import Broken, Invalid

MOST = 64 << 10
"""Bytes that a command may write."""
SECONDS = 20.0


class Kms(msgspec.Struct, frozen=True):
    """The two commands, and how many ``seconds`` each may take."""

    encrypt: tuple[str, ...]
    decrypt: tuple[str, ...]
    seconds: float = SECONDS


def words(said: str, at: str) -> tuple[str, ...]:
    """The words of a command, parted and quoted as a shell would. Raises `Invalid`.

    >>> words("gcloud kms 'a key'", "--decrypt")
    ('gcloud', 'kms', 'a key')
    """
    try:
        found = tuple(shlex.split(said))
    except ValueError as error:
        raise Invalid("bad_command", f"{error}.", at=at, hint="Close every quote.") from None
    if not found:
        raise Invalid("bad_command", "There is no command.", at=at)
    return found


def from_environment(kms: Kms, environment: Mapping[str, str] = os.environ) -> Kms:
    """``kms``, but for what ``ETHOGRAM_KMS_ENCRYPT``, ``_DECRYPT`` and ``_SECONDS`` say."""
    said: dict[str, Any] = {}
    for name in ("encrypt", "decrypt"):
        if given := environment.get(f"ETHOGRAM_KMS_{name.upper()}"):
            said[name] = words(given, f"ETHOGRAM_KMS_{name.upper()}")
    if given := environment.get("ETHOGRAM_KMS_SECONDS"):
        try:
            said["seconds"] = float(given)
        except ValueError:
            raise Invalid("bad_setting", f"{given!r} is no number.",
                          at="ETHOGRAM_KMS_SECONDS") from None  # fmt: skip
    return replace(kms, **said)


def encrypted(kms: Kms, key: bytes) -> bytes:
    """``key`` as the service wraps it. The command is given hexadecimal digits.

    Raises `Broken` where it fails, takes too long, or cannot open again what it gave.
    """
    wrapped = _run(kms.encrypt, key.hex().encode(), kms.seconds)
    if not wrapped or wrapped.strip().lower() == key.hex().encode():
        raise _failure(kms.encrypt, "wrapped nothing")
    if decrypted(kms, wrapped) != key:
        raise _failure(kms.decrypt, "opened another key than was wrapped")
    return wrapped


def decrypted(kms: Kms, wrapped: bytes) -> bytes:
    """The key that was ``wrapped``. Raises `Broken` as `encrypted` does."""
    said = _run(kms.decrypt, wrapped, kms.seconds)
    try:
        key = bytes.fromhex(said.decode("ascii").strip())
    except ValueError:
        key = b""
    if len(key) != 32:
        raise _failure(kms.decrypt, f"wrote {len(said):,} bytes, and they are no master key")
    return key


def _run(command: tuple[str, ...], said: bytes, seconds: float) -> bytes:
    """What ``command`` makes of ``said``."""
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   start_new_session=True)  # fmt: skip
    except OSError as error:
        raise _failure(command, f"cannot be started: {error.strerror}") from None
    late = Timer(seconds, _end, [process])
    late.start()
    try:
        written = _spoken(process, said)
        if len(written) > MOST:
            _end(process)
        status = process.wait()
    finally:
        in_time = late.is_alive()
        late.cancel()
        _end(process)
    if not in_time:
        raise _failure(command, f"took longer than {seconds:g} s")
    if len(written) > MOST:
        raise _failure(command, f"wrote more than {MOST:,} bytes")
    if status:
        raise _failure(command, f"ended with the status {status}")
    return written


def _spoken(process: "subprocess.Popen[bytes]", said: bytes) -> bytes:
    """What it writes until it closes its output, or is past any answer."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(BrokenPipeError), process.stdin:  # it may know its answer without being asked
        process.stdin.write(said)
    with process.stdout:
        return process.stdout.read(MOST + 1)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End it, if it runs, and whatever it started."""
    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _failure(command: tuple[str, ...], what: str) -> Broken:
    return Broken(
        "key_service",
        f"The command of the key service {what}.",
        at=command[0],
        hint="Run it by hand; ETHOGRAM_KMS_DECRYPT and ETHOGRAM_KMS_SECONDS name another command"
        " and more seconds.",
    )

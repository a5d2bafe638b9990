"""Runs SQL in a process of its own, which ends with the statement, or when its time is over."""

import os
import signal
import subprocess
import sys
from threading import Event
from time import monotonic

import msgspec
import pyarrow as pa

from ethogram.ask.sql.failures import memory
from ethogram.ask.sql.job import Job
from ethogram.events.errors import Busy, EthogramError, Invalid

LOOK = 0.2
"""Seconds after which it is looked whether somebody still waits."""


def run(job: Job, left: Event | None = None) -> pa.Table:
    """The result of ``job``, with `MORE` and `TYPES` in its schema's metadata.

    Raises `Invalid` where the statement is refused, fails, or exceeds its limits, and `Busy` soon
    after ``left`` was set, since nobody waits for it any more.
    """
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "ethogram.ask.sql.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        cwd="/",
    )
    with process:
        try:
            out, err = _ended(process, job, left or Event())
        finally:
            process.kill()
    if process.returncode == 0:
        return pa.ipc.open_stream(out).read_all()
    if process.returncode == 1 and out:
        said = msgspec.json.decode(out)["error"]
        raise Invalid(said["code"], said["message"], at=said["at"], hint=said["hint"])
    raise _died(process.returncode, err.decode(errors="replace"))


def _ended(process: "subprocess.Popen[bytes]", job: Job, left: Event) -> tuple[bytes, bytes]:
    """What the process says on both its outputs."""
    until = monotonic() + job.limits.seconds
    said: bytes | None = msgspec.json.encode(job)
    while True:
        try:
            return process.communicate(said, min(LOOK, max(until - monotonic(), 0.001)))
        except subprocess.TimeoutExpired:
            said = None
            if left.is_set():
                raise Busy("nobody_waits", "Who asked has gone.") from None
            if monotonic() >= until:
                raise _late(job) from None


def _late(job: Job) -> Invalid:
    return Invalid(
        "sql_time",
        f"The statement took longer than {job.limits.seconds:g} seconds and was stopped.",
        at="$.sql",
        hint="Ask for less, by a range of time or of events; or give SQL more time by the "
        "setting sql_seconds.",
    )


def _died(status: int, said: str) -> EthogramError:
    """A process that may take no more memory is ended by whatever asks for some."""
    if "MemoryError" in said or "bad_alloc" in said or status == -signal.SIGABRT:
        return memory()
    ended = f"by signal {-status}" if status < 0 else f"with status {status}"
    last = said.strip().rpartition("\n")[2][:300]
    return EthogramError("sql_failed", f"The process of the statement ended {ended}. {last}")

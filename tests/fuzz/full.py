"""Fuzzes every dialect, two at a time: ``python -m tests.fuzz.full [SECONDS] [DIALECT …]``.

SECONDS are each dialect's: 600 unless given. What breaks a promise stays in the folder that is
named at the end, as a request to try again; the exit status says whether there is any.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.wire import PREFIXES
from tests.serving import SOURCE

ROOT = SOURCE.parent
AT_ONCE = 2
STARTING = 300
"""Seconds that a start may take, and the last request."""


@dataclass(frozen=True)
class Fuzzed:
    """What came of fuzzing one dialect."""

    name: str
    failed: bool
    said: str


def fuzz(names: Iterable[str], folder: Path, seconds: int) -> Iterator[Fuzzed]:
    """Fuzz each of the dialects ``names`` for so many seconds."""
    with ThreadPoolExecutor(AT_ONCE) as both:
        yield from both.map(lambda name: _fuzz(name, folder, seconds), names)


def _fuzz(name: str, folder: Path, seconds: int) -> Fuzzed:
    words = [sys.executable, "-m", "tests.fuzz.decoders", name, str(folder), str(seconds)]
    path = os.pathsep.join([str(SOURCE), *filter(None, sys.path)])
    done = subprocess.run(
        words, cwd=ROOT, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True,
        errors="replace", check=False, timeout=seconds + STARTING,
    )  # fmt: skip
    return Fuzzed(name, done.returncode != 0, done.stdout + done.stderr)


def main(seconds: int, *names: str) -> int:
    """Fuzz and print; the exit status."""
    folder = Path(tempfile.mkdtemp(prefix="eg-fuzz-"))
    failed = False
    for fuzzed in fuzz(names or PREFIXES, folder, seconds):
        failed |= fuzzed.failed
        print(f"{fuzzed.name}: {'FAILED' if fuzzed.failed else 'well'}", flush=True)
        print("\n".join(fuzzed.said.splitlines()[-40 if fuzzed.failed else -5 :]), flush=True)
    print(f"What was found lies in {folder}.")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(int(*sys.argv[1:2] or [600]), *sys.argv[2:]))

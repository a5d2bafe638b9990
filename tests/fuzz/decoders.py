"""Fuzzes one dialect: ``python -m tests.fuzz.decoders DIALECT FOLDER SECONDS``.

FOLDER gets what was found worth keeping, and the request that broke a promise. The exit status is
not 0 where one did: by an error, by more than two seconds of the processor, by not ending at all,
or by 200 MB more than at the start.
"""

import sys
import time
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

import atheris

UNWATCHED = [f"ethogram.collect.protocols.{name}" for name in ("forms", "texts")]
"""What atheris looks into keeps every array that it compares."""
with atheris.instrument_imports(  # pyright: ignore[reportAttributeAccessIssue]
    include=["ethogram"], exclude=UNWATCHED
):
    from tests.doors.golden import GOLDEN
    from tests.fuzz.mutating import mutated
    from tests.fuzz.promises import Promises
    from tests.fuzz.wire import dialect_of, request, written

SLOWEST = 2.0
HANGING = 120
"""Seconds on the clock: other work may hold this up, but not so long."""
MORE_MEMORY = 200
LONGEST = 1 << 16


def main(name: str, folder: Path, seconds: int) -> None:
    """Fuzz the dialect called ``name``; does not return."""
    found = folder / name
    found.mkdir(parents=True, exist_ok=True)
    for number, sent in enumerate(GOLDEN[name]):
        (found / f"golden-{number}").write_bytes(written(sent, name))
    promises = Promises(dialect_of(name))
    for seed in found.glob("golden-*"):
        promises.check(request(seed.read_bytes()))
    memory = getrusage(RUSAGE_SELF).ru_maxrss // 1024 + MORE_MEMORY
    words = [
        sys.argv[0],
        str(found),
        f"-max_total_time={seconds}",
        f"-timeout={HANGING}",
        f"-rss_limit_mb={memory}",
        f"-max_len={LONGEST}",
        f"-artifact_prefix={folder}/{name}-",
        "-print_final_stats=1",
    ]

    def check(said: bytes) -> None:
        began = time.process_time()
        promises.check(request(said))
        assert time.process_time() - began < SLOWEST, "too slow"

    def change(said: bytes, most: int, seed: int) -> bytes:
        return mutated(said, most, seed, atheris.Mutate)

    atheris.Setup(words, check, custom_mutator=change)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))

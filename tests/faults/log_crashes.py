"""The log on a disk that loses power: a work load, and what must be found behind each cut.

One process appends, so the log after a cut must be exactly what it was behind some transaction:
the last one that was acknowledged, or a later one that had begun.
"""

import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import apsw
from tests.faults.crash_disk import Disk, Files, crashes, lay_out, recording

from ethogram.events.errors import EthogramError
from ethogram.store.log.chain import verified
from ethogram.store.log.entries import Erased, pack
from ethogram.store.log.port import Batch
from ethogram.store.log.sqlite import SqliteLog, SqliteReader

KEY = b"k" * 32
FILE = "log.sqlite"
MEMORY = Path("/dev/shm") if Path("/dev/shm").is_dir() else None

State = tuple[tuple[object, ...], ...]
"""The chain's records, the packed deduplication keys, the cursors, a mark."""


@dataclass
class History:
    """What the log was behind each transaction, and when (in operations) each began and ended."""

    states: list[State] = field(default_factory=list[State])
    begun: list[int] = field(default_factory=list[int])
    ended: list[int] = field(default_factory=list[int])

    def allowed(self, done: int) -> tuple[int, int]:
        """The first and last state that may be found when ``done`` operations were done."""
        acknowledged = max(sum(end <= done for end in self.ended) - 1, 0)
        begun = sum(begin < done for begin in self.begun) - 1
        return acknowledged, max(acknowledged, begun)


@dataclass
class Tally:
    """What was found over all power cuts."""

    states: int = 0
    acknowledged: int = 0
    """Records that had been acknowledged, summed over all cuts."""
    corrupt: list[str] = field(default_factory=list[str])
    lost: list[str] = field(default_factory=list[str])
    phantom: list[str] = field(default_factory=list[str])

    def add(self, other: "Tally") -> None:
        """Count what ``other`` counted too."""
        self.states += other.states
        self.acknowledged += other.acknowledged
        self.corrupt += other.corrupt
        self.lost += other.lost
        self.phantom += other.phantom

    def assert_sound(self) -> None:
        """Nothing corrupt, lost or made up, and there was something to lose."""
        assert self.acknowledged > 0
        assert self.states > 0
        assert (self.corrupt, self.lost, self.phantom) == ([], [], [])


def state_of(log: SqliteReader) -> State:
    """All that the log promises, checked: chain, payloads, deduplication keys, cursors."""
    proofs = list(verified(log.proofs(), KEY))
    return (
        tuple((proof.position, proof.link, proof.payload is None) for proof in proofs),
        tuple(log.keys(0)),
        tuple(sorted(log.cursors().items())),
        (log.mark("import"),),
    )


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder in memory where there is one."""
    folder = Path(tempfile.mkdtemp(prefix="eg-crash-", dir=MEMORY))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def checkpoint_every(pages: int) -> Iterator[None]:
    """Connections opened inside fold the write-ahead log back whenever it has ``pages`` pages."""

    def shrink(connection: apsw.Connection) -> None:
        connection.wal_autocheckpoint(pages)

    apsw.connection_hooks.append(shrink)
    try:
        yield
    finally:
        apsw.connection_hooks.remove(shrink)


def run(disk: Disk, history: History, transactions: int, chance: random.Random) -> None:
    """Append, move cursors, trim and forget in ``disk``'s folder; open anew now and then."""
    log = SqliteLog(disk.folder / FILE, KEY)
    if not history.states:
        history.states.append(state_of(log))
        history.begun.append(0)
        history.ended.append(len(disk.operations))
    for turn in range(transactions):
        if turn and turn % 17 == 0:
            log.close()
            log = SqliteLog(disk.folder / FILE, KEY)
        history.begun.append(len(disk.operations))
        _transaction(log, chance)
        history.ended.append(len(disk.operations))
        history.states.append(state_of(log))
    log.close()


def _transaction(log: SqliteLog, chance: random.Random) -> None:
    kind = chance.random()
    if kind < 0.8 or not log.end:
        batches = [_batch(chance, log.end) for _ in range(chance.choice((1, 1, 1, 3)))]
        log.append(batches, {"import": log.end} if chance.random() < 0.3 else None)
    elif kind < 0.9:
        log.advance("lake", chance.randint(0, log.end))
    elif kind < 0.95:
        log.trim(chance.randint(0, log.end // 2))
    else:
        log.forget_keys(chance.randint(0, log.end // 2))


def _batch(chance: random.Random, received_at: int) -> Batch:
    count = chance.choice((1, 5, 5, 5, 60))
    entries = [Erased(received_at, chance.getrandbits(50)) for _ in range(count)]
    return Batch("control", pack(entries), count, received_at, chance.randbytes(16 * count))


def check(folder: Path, history: History, allowed: tuple[int, int], tally: Tally) -> None:
    """Open what a power cut left, as a restart does, and judge it."""
    tally.states += 1
    least, most = allowed
    where = f"{least}..{most}"
    try:
        log = SqliteLog(folder / FILE, KEY)
        try:
            found = state_of(log)
            connection = apsw.Connection(str(folder / FILE))
            said = connection.execute("PRAGMA integrity_check").fetchall()
            connection.close()
        finally:
            log.close()
    except (EthogramError, apsw.Error, ValueError) as error:
        tally.corrupt.append(f"{where}: {error!r}")
        return
    tally.acknowledged += len(history.states[least][0])
    if said != [("ok",)]:
        tally.corrupt.append(f"{where}: {said}")
    elif found in history.states[least : most + 1]:
        return
    elif found in history.states[:least]:
        tally.lost.append(f"{where}: found {history.states.index(found)}")
    else:
        tally.phantom.append(f"{where}: a state that never was")


def power_cuts(seed: int, transactions: int, each: int, pages: int = 1000) -> Tally:
    """``each`` power cuts behind every operation: rows 1 and 2, with few ``pages`` 4."""
    chance, history, tally = random.Random(seed), History(), Tally()
    with scratch() as root, checkpoint_every(pages):
        (root / "work").mkdir()
        with recording(root / "work") as disk:
            run(disk, history, transactions, chance)
        for done, files in crashes(disk, chance, each):
            lay_out(root / "found", files)
            check(root / "found", history, history.allowed(done), tally)
    return tally


def power_cuts_in_recovery(seed: int, transactions: int, cuts: int, each: int = 1) -> Tally:
    """Row 3: after each of ``cuts`` power cuts the power goes again, at any moment of recovery."""
    chance, history, tally = random.Random(seed), History(), Tally()
    with scratch() as root, checkpoint_every(8):
        (root / "work").mkdir()
        with recording(root / "work") as disk:
            run(disk, history, transactions, chance)
        found = list(crashes(disk, chance))
        for done, files in chance.sample(found, min(cuts, len(found))):
            _cut_again(root, files, history, history.allowed(done), chance, each, tally)
    return tally


def _cut_again(
    root: Path,
    files: Files,
    history: History,
    allowed: tuple[int, int],
    chance: random.Random,
    each: int,
    tally: Tally,
) -> None:
    lay_out(root / "again", files)
    with recording(root / "again") as disk:
        SqliteLog(root / "again" / FILE, KEY).close()
    for _, twice in crashes(disk, chance, each):
        lay_out(root / "found", twice)
        check(root / "found", history, allowed, tally)

"""Proof that a project agrees with itself: chain, lake and index, each against the log."""

# The functions of pyarrow.compute are made when it is imported.
# pyright: reportAttributeAccessIssue=false

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.ask.sequences.checksum import snapshot_checksum, tables_checksum
from ethogram.ask.sequences.index import Index
from ethogram.ask.sequences.units import PERSON, source
from ethogram.events.errors import EthogramError
from ethogram.run.following import tail
from ethogram.run.reading import Reading
from ethogram.show.api.ports import Verdict
from ethogram.store.lake.tables import ERASED, Lake, past
from ethogram.store.log.chain import verified
from ethogram.store.log.entries import DeadLetter, Replayed, unpack_controls


def verify(reading: Reading, chain_key: bytes) -> Verdict:
    """Check every hash of the chain, log = lake + dead letters, index = lake + log's tail.

    A letter that was replayed is still one, beside the event that it became.

    An entry that is not loaded yet is pending, not a problem. Nothing is loaded meanwhile.
    """
    with reading.unloaded():
        return _verified(reading, chain_key)


def _verified(reading: Reading, chain_key: bytes) -> Verdict:
    problems: list[str] = []
    loaded = reading.lake.position
    counted, end = _chained(reading, chain_key, loaded, problems)
    rows, letters = reading.lake.events.rows(), reading.lake.dead_letters.rows()
    replayed = _replayed(reading.lake, problems)
    erased = reading.lake.events.transaction(ERASED)
    if rows + erased != counted["events"]:
        problems.append(f"The log has {counted['events']} events up to {loaded}, the lake {rows}, "
                        f"and {erased} were erased.")  # fmt: skip
    least, trimmed = counted["dead letters"], counted["trimmed controls"]
    if not least <= letters <= least + trimmed:
        problems.append(
            f"The log has {least} dead letters and replays, and {trimmed} trimmed control entries "
            f"up to {loaded}, the lake {letters}."
        )
    (position, events), *_ = [_indexed(reading, each, problems) for each in reading.indexes]
    return Verdict(
        ok=not problems,
        log={"entries": end, "events": counted["all events"], "trimmed": reading.log.start},
        lake={
            "position": loaded,
            "events": rows,
            "dead_letters": letters - replayed,
            "replayed": replayed,
            "erased": erased,
            "pending": end - loaded,
        },
        index={"position": position, "events": events, "pending": end - position},
        problems=problems,
    )


def _replayed(lake: Lake, problems: list[str]) -> int:
    """How many dead letters are in again; each of them once, and none that is no letter."""
    tables = [*lake.dead_letters.scan(columns=["position", "replays"])]
    if not tables or "replays" not in tables[0].column_names:
        return 0
    table = pa.concat_tables(tables)
    is_letter = pc.is_null(table["replays"])
    letters, replays = table.filter(is_letter)["position"], table["replays"].drop_null()
    if pc.count_distinct(replays).as_py() != len(replays):
        problems.append("The lake says of a dead letter twice that it was replayed.")
    if not pc.all(pc.is_in(replays, letters)).as_py() and len(replays):
        problems.append("The lake says of what is no dead letter that it was replayed.")
    return len(replays)


def _indexed(reading: Reading, index: Index, problems: list[str]) -> tuple[int, int]:
    """Up to where ``index`` is, and how many events it holds: those of lake and log?"""
    snapshot, identity = index.snapshot, index.identity
    held = snapshot_checksum(snapshot)
    tables = _upto(reading, snapshot.state.position, index.unit)
    expected = tables_checksum(tables, index.unit, identity, index.names)
    if not np.array_equal(held, expected):
        wrong = np.flatnonzero((held != expected).any(axis=1)).tolist()
        said = "index" if index.unit == PERSON else f"index of {index.unit}"
        problems.append(f"The {said} differs from lake and log in the buckets {wrong}.")
    return snapshot.state.position, int(held[:, 1].sum())


def _chained(
    reading: Reading, key: bytes, loaded: int, problems: list[str]
) -> tuple[Counter[str], int]:
    """Entries by kind up to ``loaded``, and the last position that the chain proves.

    Of a control entry whose payload was trimmed nobody can tell whether it was a dead letter.
    """
    counted: Counter[str] = Counter()
    end = 0
    try:
        for proof in verified(reading.log.proofs(), key):
            end = proof.position + proof.count - 1
            known = max(min(end, loaded) - proof.position + 1, 0)
            if proof.kind != "control":
                counted["all events"] += proof.count
                counted["events"] += known
            elif proof.payload is None:
                counted["trimmed controls"] += proof.count
            else:
                counted["dead letters"] += _dead_letters(proof.payload, known)
    except EthogramError as error:
        problems.append(str(error))
    return counted, end


def _dead_letters(payload: bytes, known: int) -> int:
    """How many of the first ``known`` control entries are refused events, or replays of such."""
    return sum(
        isinstance(entry, DeadLetter | Replayed) for entry in unpack_controls(payload)[:known]
    )


def _upto(reading: Reading, position: int, unit: str) -> Iterator[pa.Table]:
    """The events up to ``position``, from the lake as far as it goes, then from the log."""
    loaded = reading.lake.position
    columns = ["position", "event", "timestamp", PERSON, source(unit)]
    yield from reading.lake.events.scan(0, min(loaded, position), list(dict.fromkeys(columns)))
    rest = past(tail(reading.log, reading.lake), loaded)
    yield rest.filter(pa.array(rest["position"].to_numpy() <= position))

"""More names of events than an index can tell apart."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from ethogram.ask.engines.embedded import answer
from ethogram.ask.questions.trends import Trends
from ethogram.ask.sequences.checksum import snapshot_checksum, tables_checksum
from ethogram.ask.sequences.index import Index
from ethogram.ask.sequences.names import MOST, OTHER, Names
from ethogram.ask.sequences.vocabulary import Vocabularies

EVENTS = 70_000
HALF = EVENTS // 2


def table(names: list[str], start: int = 1) -> pa.Table:
    """An event of each name."""
    rows = np.arange(start, start + len(names))
    instants = pa.array(rows * 1_000_000, pa.timestamp("us", "UTC"))
    return pa.table(
        {"position": rows, "event": names, "timestamp": instants, "person": rows % 100 + 1}
    )


NAMES = [f"view {i}" for i in range(EVENTS)]
TABLES = [table(NAMES[:HALF]), table(NAMES[HALF:], HALF + 1)]
AGAIN = table([NAMES[0], NAMES[-1], OTHER, "new"], EVENTS + 1)
HELD = {NAMES[0]: 2, NAMES[MOST - 2]: 1, OTHER: EVENTS - (MOST - 1) + 3}


def counted(index: Index) -> dict[str, int]:
    """How often each of three names happened, as the vocabulary and as a question has it."""
    found = Vocabularies().of(index.snapshot).events
    assert len(found) == MOST
    asked = answer(Trends(list(HELD), interval="all"), index.snapshot, 0).to_dict()["series"]
    told = {each["name"]: each["points"][0][1] for each in asked}
    assert told == {name: found[name] for name in HELD}
    return told


def proven(index: Index) -> bool:
    """Whether the index holds what its tables say."""
    expected = tables_checksum([*TABLES, AGAIN], "person", index.identity, index.names)
    return np.array_equal(snapshot_checksum(index.snapshot), expected)


@pytest.mark.parametrize("at_once", [False, True])
def test_names_beyond_the_limit_are_one(tmp_path: Path, at_once: bool) -> None:
    """70,000 names stop nothing: those that came first keep their counts, the others share one.

    It stays so when the index is folded and opened again.
    """
    index = Index(tmp_path / "index")
    if at_once:
        index.rebuild(TABLES, EVENTS)
    else:
        for each in TABLES:
            index.refresh(each, int(each["position"][-1].as_py()))
    index.refresh(AGAIN, EVENTS + len(AGAIN))
    assert counted(index) == HELD
    assert proven(index)
    index.fold()
    again = Index(tmp_path / "index")
    assert again.fault is None
    assert counted(again) == HELD
    assert proven(again)


def test_a_name_is_known_or_it_is_not() -> None:
    """Once there is no more room, no name becomes known: no answer counts a part of its events."""
    names = Names(NAMES[: MOST - 2])
    assert names.take(["last", "late"]) == ["last", OTHER]
    assert names.take(["late", "last", NAMES[0], OTHER]) == [OTHER, "last", NAMES[0], OTHER]

"""Every place that holds data about people forgets: a place that nobody declares is found here."""

import fnmatch
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import apsw
import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ethogram.collect.admission import Refusal
from ethogram.events.errors import Invalid
from ethogram.events.event import Event, Group
from ethogram.protect.vault import Vault
from ethogram.run.embedded import Embedded
from ethogram.run.opening import open_
from ethogram.run.rooms import rooms

NAMES = ("catalog", "cart", "buy")
RECEIPTS = "receipts/*"
"""What was erased, by internal ids alone: it is kept for good."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a workspace is made."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "shop"


def test_every_file_that_holds_people_is_some_rooms(folder: Path) -> None:
    """Internal ids as numbers or digits, and sealed values, in bytes, Parquet, Arrow and SQLite."""
    with open_(folder) as shop:
        assert isinstance(shop, Embedded)
        event = Event("cart", user_id="ann", anonymous_id="web", device_id="phone",
                      session_id="visit", groups=[Group("company", "acme")],
                      properties={"email": "ann@example.org"})  # fmt: skip
        shop.append([event])
        shop._writing.append_claims([Refusal(Invalid("odd", "Odd."), b'{"user_id": "ann"}')])
        for unit in ("device", "group:company"):
            shop.ask({"question": "trends", "series": ["cart"], "interval": "all", "unit": unit})
        shop._reading.settle()
        for index in shop._reading.indexes:
            index.fold(everything=True)
        shop.export(str(folder.parent / "out"), table="events", since_last=True)
        shop.requests.erase("user:ann")
        nodes = shop.requests.receipts[0].erasure.nodes
        sealed = shop._reading.lake.events.delta().to_pyarrow_table()["sealed"][0].as_py()
        assert sealed
        declared = [
            place for room in rooms(shop._reading, _nobody, _nothing) for place in room.places
        ]
        project = folder / "projects" / "default"
        holding = _holding(project, nodes, sealed)
        known = [*declared, RECEIPTS]
        assert [path for path in holding if not any(fnmatch.fnmatch(path, k) for k in known)] == []
        for place in ("log.sqlite", "lake/events", "index/", "index-device", "vault"):
            assert any(path.startswith(place) for path in holding), place


def _nobody() -> Vault:
    raise AssertionError("Nobody asks.")


def _nothing(positions: Sequence[int], property: str | None, *, open_only: bool = False) -> None:
    raise AssertionError("Nothing goes.")


def _holding(project: Path, nodes: Iterable[int], sealed: bytes) -> list[str]:
    found = []
    for path in sorted(path for path in project.rglob("*") if path.is_file()):
        parts = [path.read_bytes(), *_opened(path)]
        ways = [sealed, *(way for node in nodes for way in _ways(node))]
        if any(way in part for way in ways for part in parts):
            found.append(str(path.relative_to(project)))
    return found


def _ways(node: int) -> list[bytes]:
    number = np.int64(node)
    return [number.tobytes(), number.byteswap().tobytes(), str(node).encode()]


def _opened(path: Path) -> list[bytes]:
    if path.suffix == ".parquet":
        return [str(row).encode() for row in pq.read_table(path).to_pylist()]
    if path.suffix == ".sqlite":
        connection = apsw.Connection(str(path))
        tables = [name for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type='table'")]  # fmt: skip
        rows = [row for name in tables for row in connection.execute(f'SELECT * FROM "{name}"')]
        connection.close()
        return [str(rows).encode()]
    return []


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 1 << 30), erased=st.integers(1, 4), purge=st.booleans())
def test_other_peoples_numbers_are_those_of_a_world_without_the_erased(
    folder: Path, seed: int, erased: int, purge: bool
) -> None:
    """Funnel, trends and breakdowns after an erasure equal those where the erased never were."""
    place = folder.with_name(f"{seed}-{erased}-{purge}")
    chance = random.Random(seed)
    people = {f"user-{i}": _stream(chance, i) for i in range(8)}
    going = chance.sample(sorted(people), erased)
    with open_(place, "default") as shop, open_(place, "without") as without:
        for name, events in people.items():
            shop.append(events)
            if name not in going:
                without.append(events)
            if chance.random() < 0.3:
                shop._reading.settle()
        for name in going:
            shop.requests.erase(f"user:{name}", events=True, purge=purge and name == going[-1])
        for spec in _specs():
            assert _results(shop, spec) == _results(without, spec)
        assert shop.verify().ok


def _stream(chance: random.Random, person: int) -> list[Event]:
    user, webs = f"user-{person}", [f"web-{person}-{i}" for i in range(2)]
    said = [Event("login", user_id=user, anonymous_id=web, timestamp=1_700_000_000) for web in webs]
    for step in range(chance.randrange(1, 6)):
        ids: dict[str, Any] = chance.choice([{"user_id": user}, {"anonymous_id": webs[0]}])
        said.append(Event(chance.choice(NAMES), timestamp=1_700_000_100 + step * 60, **ids,
                          properties={"plan": chance.choice("abc")}))  # fmt: skip
    return said


def _specs() -> list[dict[str, Any]]:
    return [
        {"question": "funnel", "steps": ["login", "login"]},
        {"question": "trends", "series": [{"event": "login", "measure": "people"}],
         "interval": "day", "now": "2026-01-01T00:00:00Z"},
        {"question": "trends", "series": ["login"], "by": ["plan"], "interval": "all"},
    ]  # fmt: skip


def _results(shop: Any, spec: dict[str, Any]) -> Any:
    return shop.ask(spec).results

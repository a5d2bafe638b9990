"""Other people's systems are read: rows become events, profiles and look-ups, exactly once."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.run.sourced import TICKETS, TOKEN, Database, api, shop, stream, tickets
from tests.serving import SOURCE

import ethogram as eg
from ethogram.collect.sources.systems.definition import source
from ethogram.collect.sources.systems.origin import origin
from ethogram.events.errors import Busy, EthogramError, Invalid, NotFound
from ethogram.events.times import DAY, SECOND
from ethogram.protect.references import Secrets
from ethogram.run.embedded import Embedded
from ethogram.run.sourcing.place import Run

COUNT = "SELECT event, count(*), count(DISTINCT event_id) FROM events GROUP BY event ORDER BY event"


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Embedded]:
    """A workspace that nobody serves."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    with eg.open(tmp_path / "workspace") as opened:
        assert isinstance(opened, Embedded)
        yield opened


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "shop.db")


def counts(run: Run) -> tuple[int, int, int]:
    return run.rows.read, run.rows.accepted, run.rows.duplicates


def counted(opened: Embedded) -> list[list[object]]:
    return opened.sql(COUNT).to_rows().rows


def test_a_second_run_brings_only_what_is_new(mine: Embedded, database: Database) -> None:
    """Orders by their cursor, profiles where they changed, the look-up as it is now."""
    mine.sources.add("shop", shop(database.url))
    assert counts(mine.sources.run("shop")) == (9, 9, 0)
    assert counted(mine) == [["identify", 2, 2], ["order", 5, 5]]
    database.order(6, 7)
    database.run("UPDATE customers SET plan = 'pro'; DELETE FROM products WHERE id = 2")
    assert counts(mine.sources.run("shop")) == (5, 3, 2)
    assert counted(mine) == [["identify", 3, 3], ["order", 7, 7]]
    assert mine.lookups.rows("products") == 1
    assert counts(mine.sources.run("shop")) == (3, 0, 3)
    assert mine.verify().ok


def test_rows_are_what_the_database_has(mine: Embedded, database: Database) -> None:
    """Times are UTC, prices numbers, and the people are those of all other events."""
    mine.append([eg.Event("cart", user_id="c1", timestamp="2026-03-01T09:00:00Z")])
    mine.sources.add("shop", shop(database.url))
    mine.sources.run("shop")
    order = {"event": "order", "where": {"property": "price", "op": "=", "value": 1.5}}
    spec = {"question": "funnel", "steps": [{"event": "cart"}, order], "within": "2h"}
    assert mine.ask(spec).to_polars()["people"].to_list() == [1, 1]


def test_a_look_up_is_read_in_sql_by_its_name(mine: Embedded, database: Database) -> None:
    """Beside the events; what names a person is not in it, and the run says so."""
    mine.sources.add("shop", shop(database.url))
    assert mine.sources.run("shop").left_out == ["seller"]
    said = ("SELECT category, sum(price) FROM events JOIN products p ON product = p.id "
            "GROUP BY category ORDER BY category")  # fmt: skip
    assert mine.sql(said).to_rows().rows == [["case", 10.5], ["phone", 7.0]]
    assert mine.lookups.read("products").column_names == ["id", "category"]
    with pytest.raises(Invalid, match="products"):
        mine.sql("SELECT * FROM product")


def test_an_api_is_read_page_by_page(mine: Embedded, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a token that the definition does not hold; read again it brings nothing."""
    monkeypatch.setenv("TICKETS_TOKEN", TOKEN)
    with api() as url:
        mine.sources.add("tickets", tickets(url))
        assert counts(mine.sources.run("tickets")) == (len(TICKETS), len(TICKETS), 0)
        assert counts(mine.sources.run("tickets")) == (len(TICKETS), 0, len(TICKETS))
    assert counted(mine) == [["refund", 3, 3], ["size", 4, 4]]
    assert len(mine.ask(eg.Funnel(["size"])).people(step=1)) == 3


def test_a_secret_is_in_no_error(mine: Embedded, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system repeats a wrong token; nobody else does, and it stands nowhere on the disk."""
    wrong = "wrong-sesame-2"
    monkeypatch.setenv("TICKETS_TOKEN", wrong)
    with api() as url:
        mine.sources.add("tickets", tickets(url))
        with pytest.raises(EthogramError) as failed:
            mine.sources.run("tickets")
    assert failed.value.code == "source_failed"
    (status,) = mine.sources.list()
    assert status.last is not None
    assert status.last.error is not None
    assert status.last.error.message == failed.value.message
    kept = [path for path in Path("workspace").rglob("*") if path.is_file()]
    assert wrong not in str(failed.value)
    assert not [path for path in kept if wrong.encode() in path.read_bytes()]


def test_a_missing_secret_is_told_before_anything_is_read(mine: Embedded) -> None:
    """By its name, and where to write it."""
    mine.sources.add("tickets", tickets("http://127.0.0.1:9/"))
    with pytest.raises(NotFound, match="TICKETS_TOKEN"):
        mine.sources.run("tickets")


def test_a_source_in_python_goes_on_where_it_was(mine: Embedded, tmp_path: Path) -> None:
    """dlt's own incremental state is kept for it."""
    mine.sources.add("stream", stream(tmp_path, rows=40))
    assert counts(mine.sources.run("stream")) == (40, 40, 0)
    mine.sources.add("stream", stream(tmp_path, rows=50))
    assert counts(mine.sources.run("stream")) == (10, 10, 0)
    mine.sources.remove("stream")
    assert mine.sources.list() == []
    mine.sources.add("stream", stream(tmp_path, rows=60))
    assert counts(mine.sources.run("stream")) == (10, 10, 0)


def test_an_api_that_tells_all_each_time_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even after the door's window, though its rows have something that grows."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("TICKETS_TOKEN", TOKEN)
    events = {"event": "topic", "user": "by.mail", "time": "opened"}
    table = {"key": ["id"], "cursor": "id", "events": events}
    for seen in (0, len(TICKETS)):
        with api() as url, eg.open(tmp_path / "shop") as opened:
            opened.sources.add("tickets", tickets(url) | {"tables": {"tickets": table}})
            found = counts(opened.sources.run("tickets", moved=bool(seen)))
        assert found == (len(TICKETS), len(TICKETS) - seen, seen)
        with closing(sqlite3.connect(tmp_path / "shop/projects/default/log.sqlite")) as log, log:
            log.execute("DELETE FROM keys")


def test_another_database_is_not_read_on_in(
    mine: Embedded, database: Database, tmp_path: Path
) -> None:
    """Its rows would be missed below the old cursor; under another name all of them come."""
    mine.sources.add("shop", shop(database.url))
    mine.sources.run("shop")
    other = Database(tmp_path / "other.db")
    other.order(6)
    mine.sources.add("shop", shop(other.url))
    with pytest.raises(Invalid) as refused:
        mine.sources.run("shop")
    assert refused.value.code == "source_elsewhere"
    assert counted(mine) == [["identify", 2, 2], ["order", 5, 5]]
    mine.sources.add("other", shop(other.url))
    assert counts(mine.sources.run("other"))[1] == 10
    mine.sources.add("shop", shop(database.url))
    assert counts(mine.sources.run("shop"))[0] == 4


def test_a_database_that_moved_is_read_on_in(
    mine: Embedded, database: Database, tmp_path: Path
) -> None:
    """Once that was said, only what is new comes; a first address that was wrong is forgotten."""
    mine.sources.add("shop", shop(f"sqlite:///{tmp_path}/no/such.db"))
    with pytest.raises(EthogramError):
        mine.sources.run("shop")
    mine.sources.add("shop", shop(database.url))
    mine.sources.run("shop")
    database.path = database.path.rename(tmp_path / "moved.db")
    mine.sources.add("shop", shop(f"sqlite:///{database.path}"))
    database.order(6)
    assert mine.sources.run("shop", moved=True).rows.accepted == 3
    assert counts(mine.sources.run("shop"))[1:] == (2, 2)
    assert counted(mine)[1] == ["order", 6, 6]


def test_another_password_or_driver_is_the_same_database() -> None:
    """What is told apart is where it is and which; a secret may say so too."""
    secrets = Secrets(Path("none"), {"PW": "a", "HOST": "db-1"})
    same = [
        "postgresql+psycopg2://reader:${PW}@db-1/shop",
        "postgresql://${HOST}/shop?sslmode=require",
    ]
    others = [
        "postgresql://db-2/shop", "postgresql://db-1/desk", "mysql://db-1/shop",
        "postgresql:///shop?host=/run/db-1", "postgresql://db-1:6432/shop",
    ]  # fmt: skip
    found = [origin(source(shop(url)), secrets) for url in [*same, *others]]
    assert found[0] == found[1]
    assert len(set(found)) == 1 + len(others)


def test_who_was_read_is_nowhere_in_the_open(mine: Embedded, database: Database) -> None:
    """Not in what is kept of how far a source was read, though its cursor is the person's id."""
    database.run("INSERT INTO customers VALUES ('zoe-the-last', 'pro', '2026-03-01')")
    table = {"cursor": "id", "profiles": {"user": "id"}}
    mine.sources.add("shop", shop(database.url, tables={"customers": table}))
    assert counts(mine.sources.run("shop")) == (3, 3, 0)
    assert counts(mine.sources.run("shop"))[1] == 0
    files = [path for path in Path("workspace").rglob("*") if path.is_file()]
    assert [path for path in files if b"zoe-the-last" in path.read_bytes()] == []


@pytest.mark.parametrize("column", ["seller", "no such"])
def test_a_look_up_is_not_merged_by_what_it_has_not(
    mine: Embedded, database: Database, column: str
) -> None:
    """Neither by what names a person, nor by a column that is not there."""
    table = {"key": [column], "lookup": {"write": "merge"}}
    mine.sources.add("shop", shop(database.url, tables={"products": table}))
    with pytest.raises(Invalid, match=column):
        mine.sources.run("shop")


def test_after_a_clock_that_ran_ahead_a_source_is_due(mine: Embedded, database: Database) -> None:
    """It does not wait until that day comes."""
    mine.sources.add("shop", shop(database.url, every="1h"))
    mine.sources.run("shop")
    place, (status,) = mine.sources.place("shop"), mine.sources.list()
    assert status.last is not None
    assert status.next == status.last.began + 3600 * SECOND
    ahead = status.last.began + 365 * DAY
    place.note(Run(1, ahead, ahead))
    assert mine.sources.list()[0].next == 0


def test_a_definition_that_no_longer_holds_is_told(mine: Embedded, database: Database) -> None:
    """As that source's error; the others are listed, and a server goes on running them."""
    mine.sources.add("shop", shop(database.url, every="1h"))
    old = shop("sqlite:///x", every="1 fortnight")
    registry = mine.sources._saved.registry  # pyright: ignore[reportPrivateUsage]
    registry.save("source", "old", old, 0, "")
    first, second = mine.sources.list()
    assert (first.name, first.next, second.next) == ("old", None, 0)
    assert first.last is not None
    assert first.last.error is not None
    assert first.last.error.at == "$.every"


def test_what_a_source_fails_with_is_said(mine: Embedded, tmp_path: Path) -> None:
    """In its own words, and kept with the run; the next one begins anew."""
    body = stream(tmp_path)
    body["python"]["function"] = "streams:wrong"
    mine.sources.add("moon", body)
    with pytest.raises(EthogramError, match="no route to the moon") as failed:
        mine.sources.run("moon")
    assert (failed.value.code, failed.value.at) == ("source_failed", "moon")


def test_a_wrong_row_goes_to_the_dead_letters_once(mine: Embedded, database: Database) -> None:
    """With its reason; the others are taken, and it is not refused again with every run."""
    body = shop(database.url)
    del body["tables"]["orders"]["cursor"]
    mine.sources.add("shop", body)
    database.run("UPDATE orders SET customer = '' WHERE id = 3")
    first, second = mine.sources.run("shop"), mine.sources.run("shop")
    assert (first.rows.rejected, second.rows.rejected) == (1, 0)
    mine.export("out", table="dead_letters", format="jsonl")
    (letter,) = Path("out/ethogram/dead_letters").glob("*.jsonl")
    assert '"no_id"' in letter.read_text()


def test_an_unknown_table_or_column_is_told(mine: Embedded, database: Database) -> None:
    """With the nearest that there is, and no row of that table is taken."""
    body = shop(database.url)
    body["tables"]["orders"]["events"]["user"] = "custmer"
    mine.sources.add("shop", body)
    with pytest.raises(Invalid, match=r'mean "customer"'):
        mine.sources.run("shop")
    body["tables"]["ordrs"] = body["tables"].pop("orders")
    mine.sources.add("shop", body)
    with pytest.raises(EthogramError, match="ordrs"):
        mine.sources.run("shop")
    assert [name for name, *_ in counted(mine)] == ["identify"]


def test_one_source_is_run_by_one_at_a_time(mine: Embedded, database: Database) -> None:
    """Another process, or thread, hears that it is being run."""
    mine.sources.add("shop", shop(database.url))
    with mine.sources.place("shop").alone():
        assert mine.sources.list()[0].running
        with pytest.raises(Busy, match="already"):
            mine.sources.run("shop")
    assert not mine.sources.list()[0].running
    assert counts(mine.sources.run("shop"))[1] == 9


KILLED = """
import os, signal, sys
import ethogram as eg
from ethogram.collect.sources.systems import reading
from ethogram.collect.sources.systems.known import Known
from ethogram.run.sourcing.place import Place
from ethogram.run.writing import Writing

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

reading.ROWS = 500
where = sys.argv[2]
if where == "before the rows are known":
    Known.keep = die
if where == "before the state is kept":
    Place.keep = die
if where == "before the rows are durable":
    Writing.append_claims = die
with eg.open(sys.argv[1]) as shop:
    shop.sources.run("stream")
"""


@pytest.mark.parametrize(
    "where",
    [
        "in the middle of reading",
        "before the rows are durable",
        "before the rows are known",
        "before the state is kept",
    ],
)
def test_a_kill_loses_nothing_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Wherever it strikes, the next run brings in what is missing and only that."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    deadly = tmp_path / "deadly"
    with eg.open(tmp_path / "shop") as opened:
        opened.sources.add("stream", stream(tmp_path, rows=1_200, deadly=str(deadly)))
    if where == "in the middle of reading":
        deadly.touch()
    command = [sys.executable, "-c", KILLED, str(tmp_path / "shop"), where]
    killed = subprocess.run(command, env={"PYTHONPATH": f"{SOURCE}:{':'.join(sys.path)}",
                            "XDG_CONFIG_HOME": str(tmp_path / "config")}, check=False)  # fmt: skip
    assert killed.returncode == -9
    deadly.unlink(missing_ok=True)
    with eg.open(tmp_path / "shop") as opened:
        (status,) = opened.sources.list()
        assert (status.running, status.last and status.last.ended) == (False, None)
        done = opened.sources.run("stream")
        assert done.rows.accepted + done.rows.duplicates == 1_200
        there = 'SELECT count(*), count(DISTINCT event_id), count(DISTINCT "no") FROM events'
        assert opened.sql(there).to_rows().rows == [[1_200, 1_200, 1_200]]
        assert opened.sources.run("stream").rows.read == 0
        assert opened.verify().ok

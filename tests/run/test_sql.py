"""`ethogram sql`, POST /api/sql and Python give what a SELECT finds, and nothing that is secret."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.serving import Served, eventually, served

import ethogram as eg
from ethogram.events.errors import Invalid

CARTS = "SELECT person, price, timestamp FROM events WHERE event = 'cart' ORDER BY price"


@pytest.fixture(scope="module")
def server(visits: list[str]) -> Iterator[Served]:
    """A served workspace with six events, all of them in the lake."""
    with served(load_every=0.2) as server:
        server.ready()
        server.document(*visits)
        for _ in eventually("the lake has the import"):
            status = httpx.get(f"{server.url}/api/status", headers=server.reading).json()
            if status["positions"]["lake"] == status["positions"]["log"]:
                break
        yield server


def test_the_command_prints_one_document(shop: Served) -> None:
    """Columns with their types, rows, whether there are more, and up to where the lake was."""
    found = shop.document("sql", CARTS)
    assert [column["name"] for column in found["columns"]] == ["person", "price", "timestamp"]
    assert [row[1:] for row in found["rows"]] == [
        [20.0, "2026-03-01T10:05:00Z"],
        [35.0, "2026-03-01T11:02:00Z"],
    ]
    assert (found["more"], found["state"]) == (False, {"lake": 6, "log": 6})


def test_the_command_prints_csv_and_says_what_it_cut_off(shop: Served) -> None:
    """Standard output has rows only."""
    done = shop.command("sql", CARTS, "--csv", "--limit", "1")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["price"] for row in rows] == ["20.0"]
    assert "Cut off after 1 row; there are more." in done.stderr


def test_sessions_and_people_are_there(shop: Served) -> None:
    """Ann came twice, a day apart, and paid in the second session."""
    sql = ("SELECT s.entry, s.exit, s.events, p.price FROM sessions s JOIN people p USING (person) "
           "WHERE p.events = 3 ORDER BY s.start")  # fmt: skip
    assert shop.document("sql", sql)["rows"] == [
        ["catalog", "cart", 2, 20.0],
        ["payment_done", "payment_done", 1, 20.0],
    ]


def test_an_error_has_the_one_shape(shop: Served) -> None:
    """With its place in the statement and the nearest name."""
    done = shop.command("sql", "SELECT *\nFROM evnts", "--json")
    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["code"], error["at"]) == (1, "unknown_table", "$.sql:2:6")
    assert 'Did you mean "events"?' in error["hint"]


def test_neither_vault_nor_master_key_can_be_read(shop: Served) -> None:
    """Whoever may ask may not reach into the folder: they are files, and no file can be named."""
    vault = shop.folder / "projects/default/vault.sqlite"
    (key,) = (shop.scratch / "config/ethogram").glob("*.key")
    for path in (vault, key, "/etc/passwd"):
        assert Path(path).is_file()
        for sql in (f"FROM read_blob('{path}')", f"FROM '{path}'", f"ATTACH '{path}'"):
            done = shop.command("sql", sql, "--json")
            assert done.returncode == 1, sql
            assert json.loads(done.stdout)["error"]["code"] in (
                "unknown_function", "unknown_table", "sql_refused")  # fmt: skip


def test_the_server_answers_json_and_arrow(server: Served) -> None:
    """POST /api/sql, with a read key only; Python gives the same as a frame."""
    body = {"sql": CARTS, "limit": 1}
    url = f"{server.url}/api/sql"
    said = httpx.post(url, json=body, headers=server.reading, timeout=60).json()
    assert ([row[1] for row in said["rows"]], said["more"]) == ([20.0], True)
    assert said["state"]["lake"] == said["state"]["log"]
    assert httpx.post(url, json=body, headers=server.writing).status_code == 403
    bad = httpx.post(url, json={"sql": "SELECT 1", "limit": 10_001}, headers=server.reading)
    assert (bad.status_code, bad.json()["error"]["at"]) == (400, "$.limit")
    none = httpx.post(url, json={"statement": "SELECT 1"}, headers=server.reading)
    assert (none.status_code, none.json()["error"]["code"]) == (400, "bad_body")


def test_python_opens_what_is_served(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """`sql` gives frames with their types, through the server too."""
    for name in ("XDG_CONFIG_HOME", "TMPDIR"):
        monkeypatch.setenv(name, server.environment[name])
    with eg.open(server.folder) as shop:
        answer = shop.sql(CARTS)
        assert answer.to_polars()["price"].to_list() == [20.0, 35.0]
        assert str(answer.to_polars().schema["timestamp"]).startswith("Datetime")
        with pytest.raises(Invalid, match="evnt"):
            shop.sql("SELECT evnt FROM events")


def test_what_was_just_appended_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a server the lake is loaded first; before the first event the views are empty."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with eg.open(tmp_path / "shop") as shop:
        assert shop.sql("SELECT count(*) FROM sessions").to_rows().rows == [[0]]
        shop.append([eg.Event("cart", user_id="7", properties={"price": 20})])
        assert shop.sql("SELECT event, price FROM events").to_rows().rows == [["cart", 20.0]]


def test_the_command_prints_ids_as_they_are(shop: Served) -> None:
    """What stands in the table can be copied into the next statement."""
    said = "SELECT person, 20261 AS order_id FROM events LIMIT 1"
    ((person, _),) = shop.document("sql", said)["rows"]
    printed = shop.command("sql", said).stdout
    assert str(person) in printed
    assert "20261" in printed

"""A real PostgreSQL is read and written."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from tests.serving import free_port

import ethogram as eg
from ethogram.events.errors import Refused
from ethogram.protect.access import accounts, sessions, tokens
from ethogram.protect.access.caller import owner
from ethogram.protect.access.desk import Desk
from ethogram.protect.access.sessions import Browser
from ethogram.protect.access.trail import line

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
PASSWORD = "p@ss/word 1"


def as_nobody(*command: str) -> None:
    """Run ``command`` as a user other than root, as PostgreSQL demands."""
    words = ["runuser", "-u", "nobody", "--", *command] if os.getuid() == 0 else [*command]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/")


@pytest.fixture(scope="module")
def driver() -> Any:
    return pytest.importorskip("psycopg2", reason="there is no psycopg2: pip install it")


@pytest.fixture(scope="module")
def port(driver: Any) -> Iterator[int]:
    """A server on loopback whose user is ``reader``; gone afterwards."""
    if not BINARIES:
        pytest.skip("there is no PostgreSQL: apt-get install postgresql")
    folder, port = Path(tempfile.mkdtemp(prefix="eg-pg-")), free_port()
    (folder / "password").write_text(PASSWORD)
    for path in (folder, folder / "password"):
        if os.getuid() == 0:
            shutil.chown(path, "nobody")
    data, run = str(folder / "data"), f"-c listen_addresses=127.0.0.1 -k {folder} -p {port} -F"
    as_nobody(str(BINARIES[-1] / "initdb"), "-D", data, "-U", "reader", "-A", "scram-sha-256",
              "--pwfile", str(folder / "password"), "-E", "UTF8", "--no-sync")  # fmt: skip
    control = str(BINARIES[-1] / "pg_ctl")
    as_nobody(control, "-D", data, "-o", run, "-l", str(folder / "log"), "-w", "start")
    yield port
    as_nobody(control, "-D", data, "-m", "immediate", "-w", "stop")
    shutil.rmtree(folder)


@pytest.fixture
def database(driver: Any, port: int) -> Iterator[Any]:
    """A connection to it."""
    found = driver.connect(host="127.0.0.1", port=port, user="reader", password=PASSWORD,
                           dbname="postgres")  # fmt: skip
    found.autocommit = True
    yield found.cursor()
    found.close()


def test_rows_come_in_and_go_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: Any, port: int
) -> None:
    """Only new and changed rows with every run; a merge back leaves one row of each key."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PG_PASSWORD", PASSWORD)
    url = f"postgresql+psycopg2://reader:${{PG_PASSWORD}}@127.0.0.1:{port}/postgres"
    database.execute("""
        CREATE TABLE orders(id uuid PRIMARY KEY DEFAULT gen_random_uuid(), customer int,
            price numeric(10, 2), made timestamptz, changed timestamptz, detail jsonb);
        INSERT INTO orders(customer, price, made, changed, detail)
        SELECT i, i + 0.25, '2026-03-01T12:00+02'::timestamptz + i * interval '1 hour',
               '2026-03-01T12:00+02'::timestamptz + i * interval '1 hour', '{"gift": true}'
        FROM generate_series(1, 20) i""")
    events = {"name": "order", "user": "customer", "time": "made"}
    body = {"sql": {"url": url}, "tables": {"orders": {"cursor": "changed", "events": events}}}
    with eg.open(tmp_path / "workspace") as shop:
        shop.sources.add("shop", body)
        assert shop.sources.run("shop").rows.accepted == 20
        database.execute("UPDATE orders SET changed = changed + interval '9 d' WHERE customer < 3")
        assert shop.sources.run("shop").rows.accepted == 2
        assert shop.sources.run("shop").rows.accepted == 0
        said = "SELECT sum(price), min(timestamp)::VARCHAR, count(*) FROM events"
        assert shop.sql(said).to_rows().rows == [[218.5, "2026-03-01 11:00:00+00", 22]]
        for _ in range(2):
            sent = shop.export(url, table="events", write="merge", key=("position",))
            assert (sent.rows, PASSWORD in sent.to) == (22, False)
        assert shop.export(url, table="events", name="more", since_last=True).rows == 22
        assert shop.export(url, table="events", name="more", since_last=True).rows == 0
    database.execute("SELECT count(*), sum(price) FROM ethogram.events")
    assert database.fetchone() == (22, 218.5)
    database.execute("SELECT count(*), count(DISTINCT position) FROM ethogram.more")
    assert database.fetchone() == (22, 22)


def test_who_may_look_may_stand_there(database: Any, port: int) -> None:
    """The tables, their migration, and an audit to which many write at once."""
    url = f"postgresql+psycopg2://reader:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/postgres"
    desk = Desk(url, lambda: [bytes(32)], dict)
    try:
        ann = accounts.add(desk, owner("default"), "ann@shop.eu", "analyst", PASSWORD * 2)
        signed = sessions.sign_in(desk, Browser("10.0.0.0/24"), "ann@shop.eu", PASSWORD * 2)
        assert desk.caller(signed.session, "").account == ann.id
        said, token = tokens.add(desk, owner("default"), "t", ["ask"])
        assert desk.caller(said, "").may("ask")
        with ThreadPoolExecutor(8) as pool:
            kept = [desk.trail.keep("default", line(owner("default"), "x")) for _ in range(50)]
            calls = [pool.submit(tokens.revoke, desk, owner("default"), token.id)
                     for _ in range(8)]  # fmt: skip
            assert {call.result().id for call in calls} == {token.id}
            for each in kept:
                each.result()
        assert desk.trail.verify("default") == 54
        with pytest.raises(Refused):
            desk.caller(said, "")
    finally:
        desk.close()

"""A server runs the sources that are due, each in a process of its own."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.run.sourced import Database, shop, stream
from tests.serving import SOURCE, Served, eventually, served

import ethogram as eg
from ethogram.events.times import SECOND
from ethogram.run import assembly
from ethogram.run.sourcing.schedule import Schedule
from ethogram.run.sourcing.sources import statuses
from ethogram.run.workspace import open_workspace


def status(server: Served, name: str) -> dict[str, Any]:
    (found,) = (each for each in server.document("sources", "list") if each["name"] == name)
    return found


def add(server: Served, name: str, body: dict[str, Any]) -> None:
    assert server.document("sources", "add", name, json.dumps(body))["body"] == body


def test_sources_run_on_a_schedule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is new comes in while the server runs, and one that fails says why."""
    database = Database(tmp_path / "shop.db")
    wrong = stream(tmp_path) | {"every": "1h"}
    wrong["python"]["function"] = "streams:wrong"
    with served(load_every=0.2) as server:
        for name in ("XDG_CONFIG_HOME", "TMPDIR"):
            monkeypatch.setenv(name, server.environment[name])
        with eg.open(server.ready().folder) as opened:
            opened.sources.add("shop", shop(database.url, every="10s"))
            opened.sources.add("moon", wrong)
            for ids, accepted in (((), 9), ((6, 7), 2)):
                if ids:
                    database.order(*ids)
                for _ in eventually(f"a run with {accepted} rows"):
                    failing, working = (each.last for each in opened.sources.list())
                    if working and working.rows.accepted == accepted and failing and failing.error:
                        break
            assert working.error is None
            assert "no route to the moon" in failing.error.message
            assert opened.lookups.names() == ["products"]
            for _ in eventually("the orders in the lake"):
                if opened.sql("SELECT count(*) FROM events").to_rows().rows == [[9]]:
                    break
            sent = opened.export(str(tmp_path / "out.duckdb"), table="events")
            assert sent.rows == 9
            assert opened.sources.run("shop").rows.accepted == 0
            assert opened.verify().ok


@pytest.mark.parametrize(("seconds", "code"), [(0.2, "source_time"), (60.0, "source_died")])
def test_a_run_that_cannot_say_how_it_ended_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, code: str
) -> None:
    """One that takes too long is ended, one that dies is told; neither begins again at once."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PYTHONPATH", ":".join([str(SOURCE), *filter(None, sys.path)]))
    body = stream(tmp_path) | {"every": "1h"}
    body["python"]["function"] = "streams:dying"
    with eg.open(tmp_path / "shop") as opened:
        opened.sources.add("stream", body)
    saved = assembly.saved(open_workspace(tmp_path / "shop"), "default")
    schedule = Schedule(saved, tmp_path / "shop/projects/default", seconds)
    for _ in eventually("the end of the run"):
        schedule.step()
        (found,) = statuses(saved, tmp_path / "shop/projects/default")
        if found.last is not None and found.last.error is not None:
            break
    assert found.last.error.code == code
    assert found.next == found.last.began + 3600 * SECOND
    saved.close()


def test_the_commands(empty: Served, visits: list[str], tmp_path: Path) -> None:
    """Add, list, show, run and remove; a definition may be TOML in a file."""
    empty.document(*visits)
    database = Database(tmp_path / "shop.db")
    file = tmp_path / "shop.toml"
    file.write_text(f"""
        every = "1h"
        [sql]
        url = "{database.url}"
        [tables.products]
        lookup = {{name = "goods"}}""")
    assert empty.document("sources", "add", "shop", str(file), "--note", "first")["version"] == 1
    assert empty.document("sources", "show", "shop")["body"]["every"] == "1h"
    assert status(empty, "shop")["state"] == "new"
    ran = empty.command("sources", "run", "shop")
    assert "2 rows read: 2 accepted" in ran.stdout
    assert "name persons: seller" in ran.stdout
    assert "goods" in empty.command("lookups", "list").stdout
    assert "phone" in empty.command("lookups", "show", "goods").stdout
    assert empty.document("sources", "remove", "shop")["body"] is None
    assert empty.document("sources", "list") == []
    failed = empty.command("sources", "run", "shop", "--json")
    assert (failed.returncode, json.loads(failed.stdout)["error"]["code"]) == (1, "unknown_source")

    failed = empty.command("sources", "add", "x", '{"tables": {}}', "--json")
    assert json.loads(failed.stdout)["error"]["code"] == "bad_source"

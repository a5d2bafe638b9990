"""The commands of who may look: by the owner of the machine, on a workspace that nobody serves."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.serving import Served
from typer.testing import CliRunner

from ethogram.run.cli.app import app

PASSWORD = "correct horse battery"


def test_accounts_come_and_go(empty: Served, visits: list[str]) -> None:
    """Made with a password that is asked for, invited, given another one, removed."""
    empty.document(*visits)

    def asked(*words: str) -> int:
        said = f"{PASSWORD}\n{PASSWORD}\n"
        words = ("accounts", *words, "-w", str(empty.folder))
        return CliRunner().invoke(app, words, env=empty.environment, input=said).exit_code

    assert asked("add", "Ann@Shop.eu", "--role", "analyst") == 0
    assert asked("add", "ann@shop.eu") == 1, "there is one already"
    assert asked("password", "ann@shop.eu") == 0
    (ann,) = empty.document("accounts", "list")
    assert (ann["email"], ann["role"]) == ("ann@shop.eu", "analyst")
    invited = empty.document("accounts", "invite", "ben@shop.eu", "--role", "viewer")
    assert invited["invitation"].startswith("eg_invitation_")
    empty.document("accounts", "remove", "ann@shop.eu")
    assert empty.document("accounts", "list") == []
    did = [line["did"] for line in empty.document("audit", "show")]
    assert did == ["role given", "password set", "invited", "removed"]


def test_a_role_is_defined_and_told(shop: Served) -> None:
    """With its view; nonsense is refused with its place."""
    body = {"permissions": ["ask"], "where": {"property": "region", "value": "north"}, "k": 20}
    shop.document("roles", "set", "north", json.dumps(body))
    assert shop.document("roles", "list")["north"]["k"] == 20
    for wrong, code in (
        ({"permissions": ["fly"]}, "bad_spec"),
        ({"permissions": ["ask", "ask"]}, "bad_role"),
        ({"permissions": ["ask"], "where": {"property": "a", "op": "is"}}, "bad_spec"),
    ):
        done = shop.command("roles", "set", "wrong", json.dumps(wrong), "--json")
        assert (done.returncode, json.loads(done.stdout)["error"]["code"]) == (1, code)


@pytest.mark.parametrize("words", [["tokens", "add", "t", "fly"], ["tokens", "revoke", "nothing"],
                                   ["accounts", "remove", "nobody@shop.eu"],
                                   ["accounts", "invite", "a@b.c", "--role", "king"]])  # fmt: skip
def test_what_is_not_there_is_said(shop: Served, words: list[str]) -> None:
    """With status 1, and what there is instead."""
    done = shop.command(*words, "--json")
    assert (done.returncode, set(json.loads(done.stdout))) == (1, {"error"})


def test_the_audit_is_exported_with_its_roots(shop: Served, tmp_path: Path) -> None:
    """Once to a file, which is never written over; `verify` proves it."""
    shop.document("tokens", "add", "report", "ask")
    file = tmp_path / "audit.ndjson"
    count = shop.document("audit", "export", str(file))["lines"]
    *lines, root = map(json.loads, file.read_text().splitlines())
    assert len(lines) == count
    assert [each["number"] for each in lines] == list(range(1, count + 1))
    assert lines[-1]["line"]["did"] == "audit exported"
    assert (root["root"]["number"], root["root"]["link"]) == (count, lines[-1]["link"])
    assert shop.command("audit", "export", str(file)).returncode == 1
    assert shop.document("verify")["ok"]
    assert shop.document("verify", "--root", str(file))["ok"]


def test_an_audit_that_is_gone_is_missed(empty: Served, visits: list[str], tmp_path: Path) -> None:
    """By the roots that were exported; and of the workspace's own lines by `verify` alone."""
    empty.document(*visits)
    empty.document("tokens", "add", "report", "ask")
    file, none = tmp_path / "audit.ndjson", tmp_path / "none.ndjson"
    empty.document("audit", "export", str(file))
    none.write_text(file.read_text().splitlines()[0])
    refused = empty.command("verify", "--root", str(none), "--json")
    assert json.loads(refused.stdout)["error"]["code"] == "no_roots"
    for stays in empty.folder.glob("access.sqlite*"):
        stays.unlink()
    assert empty.document("verify")["ok"], "nothing was begun, as far as the workspace knows"
    gone = empty.command("verify", "--root", str(file), "--json")
    assert (gone.returncode, json.loads(gone.stdout)["ok"]) == (1, False)
    with closing(sqlite3.connect(empty.folder / "access.sqlite")) as database, database:
        database.execute("INSERT INTO audit VALUES ('', 1, x'00', x'00')")
    changed = empty.command("verify", "--json")
    assert "audit of the workspace:1" in json.loads(changed.stdout)["problems"][0]

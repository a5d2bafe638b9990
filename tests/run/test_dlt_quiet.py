"""dlt tells nobody what it does, and without it everything else works."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.run.sourced import Database, shop
from tests.serving import SOURCE

import ethogram as eg
from ethogram.events.errors import NotFound
from ethogram.protect.quiet import QUIET, dlt_at_hand

LISTENING = """
import json, socket, sys
reached = []

def hook(event, said):
    if event in ("socket.getaddrinfo", "socket.connect", "socket.sendto"):
        reached.append(str(said[0] if event == "socket.getaddrinfo" else said[1]))

sys.addaudithook(hook)
import ethogram as eg
with eg.open("workspace") as opened:
    opened.sources.add("shop", json.loads(sys.argv[1]))
    assert opened.sources.run("shop").rows.accepted == 9
    assert opened.export("out.duckdb", table="events").rows == 7
assert reached == [], reached
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("127.0.0.1", 9))
assert reached == ["('127.0.0.1', 9)"], reached
"""


def test_nothing_goes_out(tmp_path: Path) -> None:
    """A source is read and a table exported without a word to the network, or to the home."""
    body = json.dumps(shop(Database(tmp_path / "shop.db").url))
    environment = {
        "PYTHONPATH": os.pathsep.join([str(SOURCE), *filter(None, sys.path)]),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "HOME": str(tmp_path / "home"),
    }
    (tmp_path / "home").mkdir()
    done = subprocess.run([sys.executable, "-c", LISTENING, body], cwd=tmp_path, env=environment,
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert not (tmp_path / "home" / ".dlt").exists()


def test_two_who_use_dlt_at_once_keep_it_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is done first does not take the settings from the other; the last leaves none."""
    monkeypatch.setenv("RUNTIME__LOG_LEVEL", "INFO")
    before = dict(os.environ)
    first, second = dlt_at_hand(), dlt_at_hand(MORE="1")
    first.__enter__()
    with second:
        first.__exit__(None, None, None)
        assert os.environ.items() >= (QUIET | {"MORE": "1"}).items()
    assert dict(os.environ) == before


def test_without_dlt_the_error_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A source can be saved, and neither run nor anything exported."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setitem(sys.modules, "dlt", None)
    with eg.open(tmp_path / "workspace") as opened:
        opened.sources.add("shop", shop("sqlite:///shop.db"))
        for attempt in (
            lambda: opened.sources.run("shop"),
            lambda: opened.export(str(tmp_path / "out"), table="events"),
        ):
            with pytest.raises(NotFound) as missing:
                attempt()
            assert missing.value.hint == "pip install 'ethogram[sources]'"

"""Every error of the command line is said in one way: what, where, what to do, which code."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from tests.serving import Served

from ethogram.run.cli.app import main

USAGE = [
    (["aks"], "No such command", "ethogram"),
    (["ask"], "Missing argument", "ethogram ask"),
    (["ask", "{}", "--jsn"], "No such option", "ethogram ask"),
    (["serve", "--port", "x"], "should be a valid integer", "ethogram serve"),
    (["plan", "set", "nowhere.toml"], "does not exist", "ethogram plan set"),
    (["import"], "Name the files to import.", "ethogram import"),
    (["import", "a.csv", "--user", "u"], "Say when it happened", "ethogram import"),
]
FAILURES = [
    ["ask", '{"question": "funel"}'],
    ["ask", "nowhere.json"],
    ["ask", "{"],
    ["sql", "SELEC 1"],
    ["import", "nowhere.csv"],
    ["kpis", "ask", "revenue", "{"],
    ["kpis", "define", "revenue", "{"],
    ["cohorts", "show", "nobody"],
    ["sources", "run", "nobody"],
    ["lookups", "show", "nothing"],
    ["export", "--table", "evnts", "--to", "x.csv"],
    ["dead-letters", "show", "7"],
    ["ask", '{"question": "trends", "series": [{"event": "cart"}]}', "--png", "no/where.png"],
]


Run: TypeAlias = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(shop: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command; what the shell would get: status, standard output, standard error."""
    for name, value in shop.environment.items():
        monkeypatch.setenv(name, value)

    def running(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ethogram", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), *capsys.readouterr()

    return running


def assert_said(done: tuple[int, str, str], status: int) -> str:
    """One error in the one style, on standard error only; its text."""
    code, out, err = done
    assert (code, out) == (status, ""), err
    assert "\n  code: " in err
    return " ".join(err.split())


@pytest.mark.parametrize(("words", "message", "at"), USAGE)
def test_wrong_words_end_with_two(run: Run, words: list[str], message: str, at: str) -> None:
    """The error names the command, and its help."""
    said = assert_said(run(*words), 2)
    assert message in said
    assert f"at: {at} do:" in said
    assert f"`{at} --help`" in said
    shown = json.loads(run(*words, "--json")[1])["error"]
    assert (shown["code"], shown["at"]) == ("bad_usage", at)


@pytest.mark.parametrize("words", FAILURES, ids=" ".join)
def test_work_that_fails_ends_with_one(run: Run, shop: Served, words: list[str]) -> None:
    """No command shows a traceback; with --json the error is the document."""
    assert_said(run(*words, "-w", str(shop.folder)), 1)
    status, out, _ = run(*words, "-w", str(shop.folder), "--json")
    error = json.loads(out)["error"]
    assert (status, set(error)) == (1, {"code", "message", "at", "hint"})
    assert error["code"] != "unexpected"


def test_a_slip_in_an_option_is_named(run: Run) -> None:
    """The nearest option stands in what to do."""
    assert "Did you mean --limit?" in assert_said(run("sql", "SELECT 1", "--limt", "3"), 2)


def test_what_nobody_foresaw_is_said_with_its_place(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A mistake of ours has a place in our source instead of a traceback."""

    def broken(*_: object) -> None:
        raise KeyError("surprise")

    monkeypatch.setattr("ethogram.run.doctor.examine", broken)
    said = assert_said(run("doctor", "-w", str(tmp_path)), 1)
    assert "KeyError: 'surprise'" in said
    assert "run/cli/care.py:" in said

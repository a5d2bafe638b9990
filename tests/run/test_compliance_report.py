"""A project's report on compliance, out of what the project really holds."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import ethogram as eg
from ethogram.run.cli.app import app
from ethogram.run.embedded import Embedded


def test_a_project_reports_on_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is sealed, what was erased and who was served; and nobody's id or value."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "shop"
    with eg.open(folder) as shop:
        assert isinstance(shop, Embedded)
        for name in ("ann", "ben"):
            shop.append([eg.Event("cart", user_id=f"{name}-outside", timestamp="2026-01-02",
                                  properties={"email": f"{name}@example.org"})])  # fmt: skip
        receipt = shop.requests.erase("user:ann-outside", events=True)
    to = tmp_path / "report.html"
    words = ["audit", "report", "-w", str(folder), "-o", str(to), "--json"]
    done = CliRunner().invoke(app, words)
    facts = json.loads(done.stdout)["facts"]
    assert (facts["events"], facts["people"], facts["ids"]) == (1, 1, 1)
    assert facts["first_event"].startswith("2026-01-02")
    assert [(held["property"], held["keeping"]) for held in facts["held"]] == [("email", "sealed")]
    assert [each["number"] for each in facts["erasures"]] == [receipt.erasure.number]
    assert receipt.erasure.number in to.read_text()
    assert "-outside" not in to.read_text()
    assert "example.org" not in to.read_text()

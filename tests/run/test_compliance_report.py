"""A project's report on compliance, out of what the project really holds."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import ethogram as eg
from ethogram.run.cli.app import app
from ethogram.run.embedded import Embedded


def test_a_project_reports_on_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is sealed and what is not, what was erased; and nobody's id or value."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "shop"
    with eg.open(folder) as shop:
        assert isinstance(shop, Embedded)
        for name in ("ann", "ben"):
            shop.append([eg.Event("cart", user_id=f"{name}-outside", timestamp="2026-01-02",
                                  properties={"email": f"{name}@example.org",
                                              "paid_from": "DE02120300000000202051"})])  # fmt: skip
        shop._reading.settle()
        shop.append([eg.Event("consent", user_id="ben-outside", timestamp="2026-01-02",
                              consent={"analytics": True})])  # fmt: skip
        shop.retention.save("all", '{"keep": "900d"}')
        receipt = shop.requests.erase("user:ann-outside", events=True)
    to = tmp_path / "report.html"
    words = ["audit", "report", "-w", str(folder), "-o", str(to), "--json"]
    done = CliRunner().invoke(app, words)
    facts = json.loads(done.stdout)["facts"]
    assert (facts["events"], facts["people"], facts["ids"]) == (2, 1, 1)
    assert facts["purposes"] == [{"name": "analytics", "version": 0, "given": 1, "withdrawn": 0}]
    assert facts["retention"] == [{"what": "all events", "keep": "900d"}]
    assert (facts["consent_required"], facts["gpc_honoured"]) == (False, True)
    assert facts["first_event"].startswith("2026-01-02")
    held = [(each["property"], each["keeping"], each["kind"]) for each in facts["held"]]
    assert held == [("email", "sealed", ""), ("paid_from", "clear", "IBAN")]
    assert [each["number"] for each in facts["erasures"]] == [receipt.erasure.number]
    assert receipt.erasure.number in to.read_text()
    assert "-outside" not in to.read_text()
    assert "example.org" not in to.read_text()
    assert "DE02" not in to.read_text()

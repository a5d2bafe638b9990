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
        shop.retention.save("court", '{"hold": "2020-01-01"}')
        shop.consents.set_purpose("ads", '{"sharing": true}')
        shop.plan.set('events.offer.purpose = "mail"')
        receipt = shop.requests.erase("user:ann-outside", events=True)
    to = tmp_path / "report.html"
    words = ["audit", "report", "-w", str(folder), "-o", str(to), "--json"]
    done = CliRunner().invoke(app, words)
    facts = json.loads(done.stdout)["facts"]
    assert (facts["events"], facts["people"], facts["ids"]) == (2, 1, 1)
    assert [tuple(each.values()) for each in facts["purposes"]] == [
        ("ads", 1, 0, 0, True, False), ("analytics", 0, 1, 0, False, False),
        ("mail", 0, 0, 0, False, True),
    ]  # fmt: skip
    assert facts["holds"] == ["2020-01-01"]
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

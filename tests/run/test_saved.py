"""Cohorts and KPIs are saved by command, over HTTP and in Python, served or not."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.serving import Served, served

import ethogram as eg
from ethogram.ask.questions.cohort import Cohort
from ethogram.events.errors import NotFound
from ethogram.show.charts.draw import SITE

BUYERS = '{"did": "payment_done"}'
CATALOG = {"question": "funnel", "steps": ["catalog"], "people": {"saved": "buyers"}}
RATE = '{"kind": "conversion", "steps": ["catalog", "cart", "payment_done"]}'


@pytest.fixture(scope="module")
def server(visits: list[str]) -> Iterator[Served]:
    """A served workspace with six events."""
    with served() as server:
        server.ready()
        server.document(*visits)
        yield server


def test_a_saved_cohort_is_asked_for_by_name(empty: Served, visits: list[str]) -> None:
    """The answer's definition shows what it was, and which version."""
    empty.document(*visits)
    assert empty.document("cohorts", "save", "buyers", BUYERS)["version"] == 1
    answer = empty.document("ask", json.dumps(CATALOG))
    assert answer["steps"][0]["people"] == 1
    assert answer["definition"]["people"] == {"did": {"event": "payment_done"}}
    assert answer["definition"]["saved"] == {"buyers": 1}
    changed = '{"did": "cart"}'
    empty.document("cohorts", "save", "buyers", changed, "--note", "all who fill a cart")
    assert empty.document("ask", json.dumps(CATALOG))["steps"][0]["people"] == 2
    assert [each["note"] for each in empty.document("cohorts", "history", "buyers")] == [
        "", "all who fill a cart"]  # fmt: skip
    assert empty.document("cohorts", "show", "buyers")["body"] == {"did": {"event": "cart"}}
    assert [each["name"] for each in empty.document("cohorts", "list")] == ["buyers"]
    assert empty.document("cohorts", "drop", "buyers")["body"] is None
    failed = empty.command("ask", json.dumps(CATALOG), "--json")
    assert json.loads(failed.stdout)["error"]["code"] == "unknown_cohort"


def test_a_kpi_keeps_its_history_and_says_its_version(shop: Served) -> None:
    """Asked after it was changed, it answers with the newest."""
    shop.document("kpis", "define", "rate", '{"kind": "click_through", "shown": "catalog", '
                                            '"clicked": "cart"}')  # fmt: skip
    shop.document("kpis", "define", "rate", RATE)
    found = shop.document("kpis", "ask", "rate", '{"by": ["price"]}')
    assert (found["version"], found["value"]) == (2, pytest.approx(1 / 3))
    assert found["state"]["position"] == 6
    told = shop.command("kpis", "ask", "rate").stdout
    assert told.startswith("rate: 33.3%")
    assert "version 2" in told
    assert len(shop.document("kpis", "history", "rate")) == 2


def test_a_kpi_becomes_a_picture(shop: Served, tmp_path: Path) -> None:
    """What is asked by command is drawn into a PNG, and still printed where JSON is wanted."""
    if not (SITE / "echarts.min.js").is_file():
        pytest.skip("the site is not built: make web")
    shop.document("kpis", "define", "rate", RATE)
    picture = tmp_path / "rate.png"
    found = shop.document("kpis", "ask", "rate", "--png", str(picture))
    assert found["question"] == "kpi"
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_same_over_http(server: Served) -> None:
    """GET, PUT and DELETE with a token; errors in the one shape."""
    token = server.document("tokens", "add", "cohorts", "ask,save")["token"]
    saving = {"authorization": f"Bearer {token}"}
    with httpx.Client(base_url=server.url, headers=saving, timeout=60) as client:
        made = client.put("/api/cohorts/buyers?note=first", content=BUYERS).json()
        assert (made["version"], made["note"]) == (1, "first")
        assert client.get("/api/cohorts").json() == [made]
        assert client.get("/api/cohorts/buyers").json() == made
        asked = client.post("/api/ask", json=CATALOG).json()
        assert asked["definition"]["saved"] == {"buyers": 1}
        assert client.put("/api/kpis/rate", content=RATE).status_code == 200
        few = {"people": {"saved": "buyers"}}
        found = client.post("/api/kpis/rate/ask", json=few, headers=server.reading).json()
        assert (found["value"], found["definition"]["saved"]) == (1.0, {"buyers": 1})
        bad = client.put("/api/cohorts/bad", content=b'{"did": "a", "saved": "b"}')
        assert (bad.status_code, bad.json()["error"]["code"]) == (400, "bad_cohort")
        none = client.post("/api/kpis/rat/ask", json={})
        assert (none.status_code, 'mean "rate"' in none.json()["error"]["hint"]) == (404, True)
        assert client.delete("/api/cohorts/buyers").json()["body"] is None
        assert client.get("/api/cohorts/buyers").status_code == 404
        assert len(client.get("/api/cohorts/buyers/history").json()) == 2
    assert httpx.put(f"{server.url}/api/cohorts/x", content=BUYERS).status_code == 401


def test_the_same_in_python(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one saves beside the server, the server knows."""
    for name in ("XDG_CONFIG_HOME", "TMPDIR"):
        monkeypatch.setenv(name, server.environment[name])
    with eg.open(server.folder) as shop:
        shop.cohorts.save("cart people", Cohort(did="cart"))
        who = Cohort(saved="cart people")
        assert shop.ask(eg.Funnel(["catalog"], people=who)).to_polars()["people"].to_list() == [2]
        shop.kpis.save("dau", {"kind": "active_people", "period": "day"})
        assert [value for _, value in shop.kpi("dau")["points"]] == [2, 1, 1]
        with pytest.raises(NotFound, match="nobody"):
            shop.ask(eg.Funnel(["catalog"], people=Cohort(saved="nobody")))

"""Answers that name traits and groups: everywhere the same, and none kept beyond its meaning."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event as Left
from typing import Any

import msgspec
import pytest

from ethogram.ask.kpis.asking import Asking
from ethogram.ask.questions.catalog import parse
from ethogram.ask.telling.noise import Noise
from ethogram.events.errors import Invalid
from ethogram.events.event import Event, Group, ProfileChange
from ethogram.protect.access.budget import Budget
from ethogram.run.embedded import Embedded
from ethogram.run.opening import open_

MANY = {"property": "n", "op": ">=", "value": 2, "of": "profile"}
LARGE = {"property": "size", "op": ">=", "value": 10, "of": "group:company"}
MEANINGS = ({"measure": "total", "event": "used"}, {"measure": "total", "event": "never"})


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Embedded]:
    """Ten people who did it twice, each in a company as large as their number."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with open_(tmp_path / "shop") as opened:
        assert isinstance(opened, Embedded)
        opened.append([
            Event("used", user_id=f"u{i}", timestamp=f"2026-03-0{day}",
                  groups=[Group("company", f"c{i}")],
                  profile_ops=[ProfileChange("set", {"size": i}, "group")])
            for i in range(5, 15) for day in (1, 2)
        ])  # fmt: skip
        opened.append([Event("never", user_id="other")])
        opened.traits.save("n", MEANINGS[0])
        yield opened


def asked(where: dict[str, Any]) -> dict[str, Any]:
    """How many people there are for whose events ``where`` holds."""
    return {"question": "trends", "interval": "all", "where": where, "from": "2026-03-01",
            "to": "2026-04-01", "series": [{"event": "used", "measure": "people"}]}  # fmt: skip


def people(shop: Embedded, where: dict[str, Any]) -> int:
    """What a question says."""
    return shop.ask(asked(where)).to_dict()["series"][0]["points"][0][1]


def kpi(shop: Embedded) -> float:
    """What the KPI called so says."""
    return shop.kpi("share")["value"]


def save(shop: Embedded, where: dict[str, Any]) -> None:
    """Save the share of events for which ``where`` holds as a KPI."""
    shop.kpis.save("share", {"kind": "click_through", "shown": "used",
                             "clicked": {"event": "used", "where": where}})  # fmt: skip


def test_a_kpi_with_a_trait_is_as_its_question_is(shop: Embedded) -> None:
    """Under the newest meaning of the trait, at the same state too."""
    save(shop, MANY)
    for meaning, share in ((MEANINGS[0], 1), (MEANINGS[1], 0), (MEANINGS[0], 1)):
        shop.traits.save("n", meaning)
        assert (kpi(shop), people(shop, MANY)) == (share, 10 * share)


def test_a_kpi_with_groups_is_as_its_question_is(shop: Embedded) -> None:
    """Also once a group holds something else that the persons' index has not seen yet."""
    save(shop, LARGE)
    assert (kpi(shop), people(shop, LARGE)) == (0.5, 5)
    reading = shop._reading
    grown = [ProfileChange("set", {"size": 50}, "group")]
    shop.append([Event("grew", user_id="u5", groups=[Group("company", "c5")], profile_ops=grown)])
    assert reading.kpi("share", Asking())["value"] == 0.6


def test_the_people_behind_a_number_with_traits_and_groups(shop: Embedded) -> None:
    """As many as the number says, and under the newest meaning of the trait."""
    for meaning, count in ((MEANINGS[0], 5), (MEANINGS[1], 0)):
        shop.traits.save("n", meaning)
        funnel = {
            "question": "funnel",
            "steps": [{"event": "used", "where": {"all": [MANY, LARGE]}}],
        }
        assert shop.ask(funnel).to_dict()["steps"][0]["people"] == count
        assert len(shop.people(funnel, {"step": 1}).people) == count


def noised(shop: Embedded, where: dict[str, Any]) -> dict[str, Any]:
    """What a question says with next to no noise."""
    reading, budget = shop._reading, Budget(shop._desk.database, "default", "me")
    reading.catch_up_to_end()
    spec = parse(asked(where))
    told = reading.noised(spec, Noise(1.0), budget, Left(), reading.whole)
    return msgspec.json.decode(told)


def test_noise_goes_with_traits_and_not_with_groups(shop: Embedded) -> None:
    """The same question is answered as it was while the trait means the same, and no longer."""
    pytest.importorskip("opendp")
    first = noised(shop, MANY)
    assert noised(shop, MANY) == first
    assert abs(first["series"][0]["points"][0][1] - 10) < 60
    shop.traits.save("n", MEANINGS[1])
    budget = Budget(shop._desk.database, "default", "me")
    before = budget.left()
    noised(shop, MANY)
    assert budget.left() != before
    with pytest.raises(Invalid, match="for all in it"):
        noised(shop, LARGE)

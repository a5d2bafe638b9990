"""The tracking plan is learnt, set and reported on, in a workspace's folder and over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import ethogram as eg
from ethogram.events.errors import Invalid, NotFound
from ethogram.events.plan import PlannedProperty
from ethogram.events.plan_text import written
from ethogram.run.embedded import Embedded
from ethogram.run.opening import open_


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Embedded]:
    """A workspace with carts, of which some have an address."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with open_(tmp_path / "shop") as opened:
        assert isinstance(opened, Embedded)
        carts = [{"price": n, "contact": f"ann{n}@example.org"} for n in range(3)]
        opened.append([eg.Event("cart", user_id="ann", properties=each) for each in carts])
        yield opened


def test_what_is_sealed_is_personal_in_a_learnt_plan(shop: Embedded) -> None:
    """A property that a detector sealed is planned as personal; others by their types."""
    learnt = shop.plan.learn()
    assert learnt.events["cart"].properties == {
        "contact": PlannedProperty("text", personal=True),
        "price": PlannedProperty("number", required=True),
    }
    shop.sql("SELECT 1")
    assert shop.plan.learn() == learnt


def test_a_learnt_plan_asks_nobody_for_what_the_door_adds(shop: Embedded) -> None:
    """What cleaning added is planned for nobody, and what both may say is not required."""
    page = {"url": "https://shop.example/p?utm_source=x", "title": "P"}
    context = {"userAgent": "Googlebot/2.1"}
    shop.append([eg.Event("page", user_id="ann", kind="page", properties=page, context=context)])
    planned = shop.plan.learn().events["page"].properties
    assert {name for name, each in planned.items() if each.required} == {"url", "title"}
    assert planned.keys() == {"url", "title", "host", "path"}


def test_a_learnt_plan_names_nobody(shop: Embedded) -> None:
    """A property that is called by somebody's address is sealed, name and all, and stays so."""
    before = shop.plan.learn()
    said = {"price": 1, "contact": "x@example.org", "ann@example.org": 3, "+49 30 123456": 4}
    shop.append([eg.Event("cart", user_id="ann", properties=said)])
    assert shop.plan.learn() == before


def test_a_plan_that_is_set_holds_from_the_next_event(shop: Embedded) -> None:
    """No restart; what is no plan changes nothing."""
    with pytest.raises(NotFound):
        shop.plan.text()
    text = 'mode = "reject"\n' + written(shop.plan.learn()).partition("\n")[2]
    shop.plan.set(text)
    assert shop.plan.text() == text
    assert shop.append([eg.Event("cart", user_id="ann")]).rejected[0].code == "missing_property"
    with pytest.raises(Invalid):
        shop.plan.set("events = 1")
    assert shop.plan.text() == text
    assert shop.plan.show().mode == "reject"


def test_a_plan_file_that_breaks_leaves_the_plan_before(
    shop: Embedded, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Edited by hand while the workspace is open: a mistake is said and does not count."""
    shop.plan.set('mode = "reject"\nclosed = true\n')
    assert shop.append([eg.Event("cart", user_id="ann")]).accepted == 0
    (tmp_path / "shop" / "projects" / "default" / "plan.toml").write_text("closed = 7\n")
    assert shop.append([eg.Event("cart", user_id="ann")]).accepted == 0
    assert "goes on to hold" in capsys.readouterr().err


def test_the_report_is_of_the_plan_and_of_all_that_came(shop: Embedded) -> None:
    """The newest event is in it."""
    shop.plan.set("""[events.cart]
properties.price = { type = "text" }
[events.never]
""")
    shop.append([eg.Event("view", user_id="ben")])
    found = shop.plan.report()
    assert [(each.name, each.planned, each.seen) for each in found.events] == [
        ("cart", True, 3), ("never", True, 0), ("view", False, 1),
    ]  # fmt: skip
    assert [(one.code, one.property, one.count) for one in found.events[0].departures] == [
        ("wrong_type", "price", 3)
    ]

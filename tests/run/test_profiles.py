"""Profiles, from what clients send to what is asked and shown."""

import json
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from tests.serving import Served, served

from ethogram.events.errors import Invalid
from ethogram.events.event import Event, Group, ProfileChange
from ethogram.events.predicate import prop
from ethogram.run.embedded import Embedded
from ethogram.run.opening import Opened, open_

DAY = "2026-03-{:02}T12:00:00Z"


def change(person: str, day: int, op: str, target: str = "person", **values: Any) -> Event:
    """An event of ``person`` that changes a profile."""
    key = f"{person}-{day}-{op}-{sorted(values)}"
    return Event("changed", user_id=person, timestamp=DAY.format(day), event_id=key,
                 profile_ops=[ProfileChange(op, values, target)])  # fmt: skip


def counted(shop: Opened, **where: Any) -> int:
    """How many events fit."""
    spec = {"question": "trends", "series": [{"event": "changed"}], "interval": "all",
            "where": where}  # fmt: skip
    return shop.ask(spec).to_dict()["series"][0]["points"][0][1]


def held(shop: Opened, id_: str, **asked: Any) -> dict[str, Any]:
    """What a profile holds."""
    found = shop.profile(id_, **asked).properties
    return {each.name: each.value for each in found if each.value is not msgspec.UNSET}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    """A new workspace in this process."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with open_(tmp_path / "shop") as opened:
        yield opened


STORY = [
    change("ann", 1, "set", plan="free", city="Ulm"),
    change("ann", 2, "add", spent=0.1),
    change("ann", 3, "set", plan="pro", email="ann@example.org"),
    change("ann", 4, "add", spent=0.2),
    change("ann", 5, "union", tags=["a", "b"]),
    change("ann", 6, "unset", city=None),
    change("web", 2, "set_once", plan="trial", source="ad"),
    change("web", 7, "append", tags="c"),
]
WHOLE = {"plan": "pro", "spent": 0.3, "tags": ["a", "b", "c"], "source": "ad"}


def test_a_profile_is_told_with_its_history(shop: Opened) -> None:
    """What is held, since when and how; as of an instant too; sealed only where it is opened."""
    shop.append(STORY[:6])
    assert held(shop, "user:ann") == {"plan": "pro", "spent": 0.3, "tags": ["a", "b"]}
    told = {each.name: each for each in shop.profile("user:ann", at=DAY.format(2)).properties}
    assert (told["plan"].value, told["city"].value, told["spent"].value) == ("free", "Ulm", 0.1)
    assert [(step.at[:10], step.op, step.value) for step in told["plan"].history] == [
        ("2026-03-01", "set", "free"), ("2026-03-03", "set", "pro")
    ]  # fmt: skip
    assert "email" not in told
    opened = shop.profile("user:ann", personal=True)
    email = next(each for each in opened.properties if each.name == "email")
    assert (email.value, email.personal) == ("ann@example.org", True)
    assert opened.names == ["user:ann"]


def test_sealed_changes_of_one_event_count_in_their_order(shop: Opened) -> None:
    """As open ones do: the last one said is the one that holds, and lists go on at their end."""
    sealed = [("set", {"email": "first@x.org"}), ("set", {"email": "second@x.org"}),
              ("append", {"phone": "one"}), ("append", {"phone": "two"})]  # fmt: skip
    open_ = [("set", {"plan": "free"}), ("set", {"plan": "pro"})]
    shop.append([Event("changed", user_id="ann", profile_ops=[
        ProfileChange(op, values) for op, values in (*sealed, *open_)
    ])])  # fmt: skip
    assert held(shop, "user:ann", personal=True) == {
        "email": "second@x.org", "phone": ["one", "two"], "plan": "pro"
    }  # fmt: skip


def test_what_is_sealed_ends_what_was_held_in_the_open(shop: Opened) -> None:
    """Neither page nor question says that an open value is held still; who opens it sees all."""
    mail = "mail me at ann@example.org"
    for day, op, value in ((1, "set", "hello"), (3, "set", mail)):
        shop.append([change("ann", day, op, note=value)])
    shop.append([change("ann", 4, "set", "group", note="open")])
    note = {"property": "note", "value": "hello"}
    assert held(shop, "user:ann") == {}
    assert held(shop, "user:ann", at=DAY.format(2)) == {"note": "hello"}
    assert held(shop, "user:ann", personal=True) == {"note": mail}
    opened = shop.profile("user:ann", personal=True).properties[0]
    assert [(step.op, step.value) for step in opened.history] == [("set", "hello"), ("set", mail)]
    assert counted(shop, **note, of="profile") == 0
    assert counted(shop, **note, of="profile_then") == 1
    shop.append([change("ann", 5, "set", note="bye")])
    assert held(shop, "user:ann") == held(shop, "user:ann", personal=True) == {"note": "bye"}


@pytest.mark.parametrize(
    ("open_", "op", "said", "seen", "whole"),
    [
        ("hello", "set_once", "a@x.org", "hello", "hello"),
        ("hello", "append", "a@x.org", "hello", ["hello", "a@x.org"]),
        (["b"], "union", ["b", "a@x.org"], ["b"], ["b", "a@x.org"]),
        (["b"], "remove", "a@x.org", ["b"], ["b"]),
        ("hello", "add", "a@x.org", "hello", "hello"),
        ("hello", "polish", "a@x.org", "hello", "hello"),
        (3, "set", {"to": "a@x.org"}, None, {"to": "a@x.org"}),
    ],
)
def test_what_a_sealed_change_leaves_in_the_open(
    shop: Opened, open_: Any, op: str, said: Any, seen: Any, whole: Any
) -> None:
    """What was held on is held on: a list its open elements, a value what did not replace it."""
    shop.append([change("ann", 1, "set", note=open_), change("ann", 2, op, note=said)])
    assert held(shop, "user:ann").get("note") == seen
    assert held(shop, "user:ann", personal=True)["note"] == whole


def test_what_is_sealed_by_its_name_has_no_column(shop: Opened) -> None:
    """It was never in the open, so that nothing there has to be ended."""
    shop.append([change("ann", 1, "set", email="ann@example.org", plan="pro")])
    assert [each.name for each in shop.profile("user:ann").properties] == ["plan"]
    with pytest.raises(Invalid, match="no property 'email'"):
        counted(shop, property="email", of="profile", op="exists")


def test_an_archive_has_what_was_said_and_no_more(shop: Opened, tmp_path: Path) -> None:
    """Not what the door added to it."""
    shop.append([change("ann", 1, "set", note="mail me at ann@example.org")])
    assert isinstance(shop, Embedded)
    with (tmp_path / "ann.zip").open("wb") as file:
        shop.requests.archive("user:ann", file)
    with zipfile.ZipFile(tmp_path / "ann.zip") as archive:
        said = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert "mail me at" in said
    assert "unset" not in said


def test_since_when_is_when_it_was_changed_last(shop: Opened) -> None:
    """What changed nothing is a step, and told as one that changed nothing."""
    shop.append([change("ann", 1, "set", plan="pro"), change("ann", 2, "set_once", plan="free"),
                 change("ann", 3, "set", plan="pro"),
                 change("ann", 5, "unset", plan=None)])  # fmt: skip
    (plan,) = shop.profile("user:ann", at=DAY.format(4)).properties
    assert (plan.value, plan.since, plan.steps) == ("pro", "2026-03-01T12:00:00Z", 4)
    assert [step.changed for step in plan.history] == [True, False, False, True]
    (plan,) = shop.profile("user:ann").properties
    assert plan.since == "2026-03-05T12:00:00Z"


def test_what_was_done_comes_newest_first_and_in_pages(shop: Opened) -> None:
    """Each page goes on where the last one ended."""
    shop.append(STORY[:6])
    first = shop.profile("user:ann", limit=4)
    assert [each.time[8:10] for each in first.events] == ["06", "05", "04", "03"]
    assert (first.total, first.earlier is not None) == (6, True)
    second = shop.profile("user:ann", limit=4, before=first.earlier)
    assert [each.time[8:10] for each in second.events] == ["02", "01"]
    assert second.earlier is None


def test_a_merge_is_the_fold_over_both_and_unmerge_restores(shop: Opened) -> None:
    """What two profiles come to together is parted again as it was."""
    shop.append(STORY)
    alone = held(shop, "user:ann"), held(shop, "user:web")
    shop.merging.merge("user:ann", "user:web")
    assert held(shop, "user:ann") == held(shop, "user:web") == WHOLE
    assert counted(shop, property="source", of="profile", value="ad") == 8
    shop.merging.unmerge("user:ann", "user:web")
    assert (held(shop, "user:ann"), held(shop, "user:web")) == alone
    assert counted(shop, property="source", of="profile", value="ad") == 2


@pytest.mark.parametrize("chance", [random.Random(n) for n in range(3)], ids=lambda _: "")
def test_links_early_late_or_shuffled_make_the_same_profiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chance: random.Random
) -> None:
    """In parts, twice, across restarts, in whatever order: questions and pages say the same."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    link = Event("signed_in", user_id="ann", anonymous_id="browser", kind="identify",
                 timestamp=DAY.format(1), event_id="link")  # fmt: skip
    said = [*STORY[:6], link, *(
        Event("changed", anonymous_id="browser", timestamp=each.timestamp, event_id=each.event_id,
              profile_ops=each.profile_ops) for each in STORY[6:])]  # fmt: skip
    said += chance.sample(said, 3)
    chance.shuffle(said)
    while said:
        part = chance.randint(1, len(said))
        with open_(tmp_path / "shop") as shop:
            assert isinstance(shop, Embedded)
            shop.append(said[:part])
            if chance.random() < 0.5:
                shop.ask({"question": "trends", "series": ["changed"]} if any(
                    each.event == "changed" for each in said[:part]
                ) else {"question": "trends", "series": ["signed_in"]})  # fmt: skip
        said = said[part:]
    with open_(tmp_path / "shop") as shop:
        assert held(shop, "user:ann") == WHOLE == held(shop, "anonymous:browser")
        assert counted(shop, property="plan", of="profile", value="pro") == 8
        assert counted(shop, property="plan", of="profile_then", value="free") == 3
        assert counted(shop, property="tags", of="profile_then", value="c") == 1


def test_an_erased_property_is_in_no_profile_and_no_file(shop: Opened, tmp_path: Path) -> None:
    """Neither a question nor a page nor a byte tells of it; others' properties stay."""
    shop.append([*STORY[:2], change("ben", 1, "set", plan="platinum", city="Rome")])
    shop.requests.erase(None, property="plan", purge=True)
    assert held(shop, "user:ben") == {"city": "Rome"}
    assert held(shop, "user:ann") == {"city": "Ulm", "spent": 0.1}
    assert counted(shop, property="city", of="profile", value="Rome") == 1
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in files if b"platinum" in path.read_bytes()]


def test_erased_people_have_no_profile(shop: Opened) -> None:
    """Questions by profiles count others alone."""
    shop.append([*STORY[:6], change("ben", 1, "set", plan="pro")])
    shop.requests.erase("user:ann", events=True)
    assert counted(shop, property="plan", of="profile", value="pro") == 1


def test_a_company_has_a_profile(shop: Opened) -> None:
    """Questions about companies ask theirs; a person's page names the companies they acted for."""
    for day, name, size in ((1, "acme", 10), (2, "acme", 20), (3, "tiny", 1)):
        event = change("ann" if name == "acme" else "ben", day, "set", "group", size=size)
        event.groups = [Group("company", name)]
        shop.append([event])
    spec = {"question": "trends", "series": [{"event": "changed"}], "interval": "all",
            "unit": "group:company", "by": [{"property": "size", "of": "profile"}]}  # fmt: skip
    found = shop.ask(spec).to_dict()["series"]
    assert {each["by"]["size"]: each["points"][0][1] for each in found} == {20: 2, 1: 1}
    by = {**spec, "unit": "person", "by": [{"property": "size", "of": "group:company"}]}
    found = shop.ask(by).to_dict()["series"]
    assert {each["by"]["size"]: each["points"][0][1] for each in found} == {20: 2, 1: 1}
    assert counted(shop, property="size", of="group:company", op=">", value=5) == 2
    with pytest.raises(Invalid, match="no property 'sise'"):
        counted(shop, property="sise", of="group:company", op=">", value=5)
    (member,) = shop.profile("user:ann", personal=True).groups
    assert (member.type, member.name) == ("company", "company:acme")


def test_predicates_in_python_ask_profiles(shop: Opened) -> None:
    """``prop(…, of="profile")`` is the same as in JSON."""
    shop.append(STORY[:6])
    pro = prop("plan", of="profile") == "pro"
    spec = {"question": "trends", "series": [{"event": "changed"}], "interval": "all"}
    assert shop.ask({**spec, "where": json.loads(json.dumps(
        {"property": pro.property, "of": pro.of, "value": pro.value}
    ))}).to_dict()["series"][0]["points"][0][1] == 6  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A served workspace."""
    with served() as server:
        yield server.ready()


def test_the_command_shows_the_same_of_a_server(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``people show`` prints a profile, sealed values where it is told to, and the last events."""
    monkeypatch.setenv("XDG_CONFIG_HOME", server.environment["XDG_CONFIG_HOME"])
    with open_(server.folder) as shop:
        shop.append(STORY[:6])
        while shop.profile("user:ann").total < 6:
            pass
    told = server.document("people", "show", "user:ann", "--personal")["profile"]
    assert {each["name"]: each.get("value") for each in told["properties"]} == {
        "city": None, "email": "ann@example.org", "plan": "pro", "spent": 0.3, "tags": ["a", "b"]
    }  # fmt: skip
    assert told["total"] == 6


NESTED = [
    {"event": "sent", "user_id": f"u{i}", "groups": [{"type": "company", "id": f"c{i % 3}"}],
     "properties": {"device": {"os": {"name": f"os{i % 2}"}}, "utm.source": "ad" if i else "mail"},
     "profile_ops": [{"op": "set", "values": {"home": {"city": f"city{i % 2}"}}},
                     {"op": "set", "values": {"at": {"size": i % 3}}, "target": "group"}]}
    for i in range(6)
]  # fmt: skip


def test_people_are_listed_by_what_lies_within(server: Served, tmp_path: Path) -> None:
    """Of events sent and imported: by paths and literal names, with traits, profiles and groups."""
    said = httpx.post(f"{server.url}/v1/events", json=NESTED, headers=server.writing, timeout=60)
    assert said.json()["rejected"] == []
    lines = tmp_path / "events.jsonl"
    lines.write_text("\n".join(json.dumps(each | {"event": "came"}) for each in NESTED))
    server.document("import", str(lines))
    server.document("traits", "set", "did", '{"measure": "total", "event": "came"}')
    for event in ("sent", "came"):
        for where, count in (
            ({"property": ["device", "os", "name"], "value": "os1"}, 3),
            ({"property": "utm.source", "value": "mail"}, 1),
            ({"property": ["home", "city"], "value": "city0", "of": "profile"}, 3),
            ({"property": ["home", "city"], "value": "city0", "of": "profile_then"}, 3),
            ({"property": ["at", "size"], "value": 2, "of": "group:company"}, 2),
            ({"property": "did", "value": 1, "of": "profile"}, 6),
            ({"property": "did", "op": ">", "value": 1, "of": "profile"}, 0),
        ):
            step = {"event": event, "where": where}
            body = {"question": {"question": "funnel", "steps": [step]}, "cell": {"step": 1}}
            found = httpx.post(f"{server.url}/api/people", json=body, headers=server.reading,
                               timeout=60)  # fmt: skip
            assert found.status_code == 200, found.text
            assert len(found.json()["people"]) == count, where


def test_sql_sees_events_and_no_columns_of_changes(shop: Opened) -> None:
    """Views have what clients call their properties, and nothing beside."""
    shop.append([*STORY[:2], Event("bought", user_id="ann", properties={"price": 3})])
    found = shop.sql("SELECT * FROM events")
    assert len(found.to_polars()) == 3
    assert "price" in found.to_polars().columns
    assert not [name for name in found.to_polars().columns if "profile" in name]


def test_a_trait_is_asked_as_a_profile_is(shop: Opened) -> None:
    """By its name, as it is now; on a person's page; across a merge; under its newest meaning."""
    shop.append(STORY)
    shop.traits.save("changes", {"measure": "total", "event": "changed"})
    shop.traits.save("payer", {"cohort": {"did": {"event": "changed"}, "at_least": 5}})
    assert counted(shop, property="changes", of="profile", value=6) == 6
    assert counted(shop, property="payer", of="profile", value=True) == 6
    assert shop.profile("user:web").traits == {"changes": 2, "payer": False}
    shop.merging.merge("user:ann", "user:web")
    assert shop.profile("user:web").traits == {"changes": 8, "payer": True}
    assert counted(shop, property="changes", of="profile", value=8) == 8
    shop.traits.save("changes", {"measure": "total", "event": "changed", "last": "1d"})
    assert counted(shop, property="changes", of="profile", value=0) == 8
    shop.requests.erase("user:ann", events=True)
    shop.append([change("ben", 1, "set", plan="free")])
    assert counted(shop, property="changes", of="profile", op="exists") == 1


def test_a_trait_beside_it_undoes_nothing(shop: Opened) -> None:
    """What was cleared stays cleared whatever trait is asked too: filters, cohorts, lists, KPIs."""
    shop.append([change("ann", 1, "set", plan="pro"), change("ann", 2, "clear_all"),
                 change("ben", 1, "set", plan="pro")])  # fmt: skip
    shop.traits.save("n", {"measure": "total", "event": "changed"})
    pro = {"property": "plan", "of": "profile", "value": "pro"}
    known = {"property": "n", "of": "profile", "op": ">=", "value": 1}
    then = pro | {"of": "profile_then"}
    for where, events in ((pro, 1), ({"all": [pro, known]}, 1), ({"all": [then, known]}, 2),
                          ({"all": [known, {"not": pro}]}, 2)):  # fmt: skip
        assert counted(shop, **where) == events
    both = {"all": [pro, known]}
    spec = {"question": "trends", "series": ["changed"], "interval": "all", "people": {"is": both}}
    assert shop.ask(spec).to_dict()["series"][0]["points"][0][1] == 1
    funnel = {"question": "funnel", "steps": [{"event": "changed", "where": both}]}
    assert len(shop.people(funnel, {"step": 1}).people) == 1
    shop.kpis.save("pros", {"kind": "click_through", "shown": {"event": "changed", "where": known},
                            "clicked": {"event": "changed", "where": both}})  # fmt: skip
    assert shop.kpi("pros")["value"] == pytest.approx(1 / 3)


def test_a_kpi_has_a_value_of_each_person(shop: Opened) -> None:
    """By its formula over what they alone did; one of many people is refused."""
    shop.append([*(Event("bought", user_id=who, properties={"price": price})
                   for who, price in (("ann", 10), ("ann", 20), ("ben", 5))),
                 Event("looked", user_id="eve")])  # fmt: skip
    shop.kpis.save("aov", {"kind": "average_order_value", "event": "bought", "value": "price"})
    shop.traits.save("basket", {"kpi": "aov"})
    found = {name: shop.profile(f"user:{name}").traits for name in ("ann", "ben", "eve")}
    assert found == {"ann": {"basket": 15}, "ben": {"basket": 5}, "eve": {}}
    shop.kpis.save("rate", {"kind": "conversion", "steps": ["looked", "bought"]})
    with pytest.raises(Invalid, match="no value of one"):
        shop.traits.save("converts", {"kpi": "rate"})
    shop.kpis.drop("aov")
    assert shop.profile("user:ann").traits == {}


def test_no_trait_is_made_of_another(shop: Opened) -> None:
    """In one step or around, by a saved cohort too, it is refused."""
    shop.append(STORY)
    vip = {"cohort": {"is": {"property": "plan", "of": "profile", "value": "pro"}}}
    shop.traits.save("vip", vip)
    again = {"cohort": {"is": {"property": "vip", "of": "profile", "value": True}}}
    for name in ("vip", "other"):
        with pytest.raises(Invalid, match="asks the trait 'vip'"):
            shop.traits.save(name, again)
    with pytest.raises(Invalid, match="asks the trait 'plan'"):
        shop.traits.save("plan", {"measure": "total", "event": "changed"})
    shop.cohorts.save("vips", again["cohort"])
    with pytest.raises(Invalid, match="asks the trait 'vip'"):
        shop.traits.save("other", {"cohort": {"saved": "vips"}})

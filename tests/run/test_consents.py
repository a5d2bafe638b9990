"""What persons allow, from the door to what is sent, and how long what is kept."""

import json
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyarrow.csv
import pytest
from typer.testing import CliRunner

import ethogram as eg
from ethogram.events.errors import Invalid, NotFound
from ethogram.events.event import Event
from ethogram.events.times import DAY, now, parse
from ethogram.protect.consent.standing import Standing
from ethogram.protect.retention import due, rule
from ethogram.run import assembly
from ethogram.run.cli.app import app
from ethogram.run.opening import Opened
from ethogram.run.workspace import open_workspace
from ethogram.show.api.consents import Say
from ethogram.store.lake.tables import Lake

PURPOSE = '{"text": "We write to you.", "also": ["ad_storage"], "sharing": true}'
EVENTS = {"question": "trends", "series": [{"event": "search"}, {"event": "view"}]}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "shop"


@pytest.fixture
def shop(folder: Path) -> Iterator[Opened]:
    with eg.open(folder) as opened:
        yield opened


def allows(person: str, given: bool, at: str = "2026-01-02", purpose: str = "marketing") -> Event:
    """A person's word."""
    kind, _, name = person.partition(":")
    ids = {f"{kind}_id": name}
    return Event("consent", **ids, timestamp=at, kind="consent", consent={purpose: given})


def held(shop: Opened, person: str, at: str | None = None) -> dict[str, bool]:
    """What holds for a person."""
    return {each.purpose: each.given for each in shop.consents.show(person, at).purposes}


def test_a_purposes_versions_are_what_records_name(shop: Opened) -> None:
    """Whoever agrees agrees to the text of then; the history has the words."""
    with pytest.raises(NotFound, match="no purpose"):
        shop.append([allows("user:ann", True)])
        shop.consents.say(Say("user:ann", "marketing", True), "command", "me")
    first = shop.consents.set_purpose("marketing", PURPOSE)
    shop.append([allows("user:ann", True)])
    shop.consents.set_purpose("marketing", PURPOSE.replace("write", "write often"))
    told = shop.consents.say(Say("user:ann", "marketing", False), "command", "me")
    assert first.version == 1
    assert [(each.version, each.given, each.by) for each in told.records] == [
        (1, True, ""), (2, False, "me")
    ]  # fmt: skip
    assert len({each.shown for each in told.records}) == 2
    assert len(shop.consents.saved.history("purpose", "marketing")) == 2


def test_what_is_no_purpose_is_refused(shop: Opened) -> None:
    """With the place; and nobody can say what they will say."""
    with pytest.raises(Invalid, match="unknown field"):
        shop.consents.set_purpose("marketing", '{"txt": "x"}')
    shop.append([Event("view", user_id="ann")])
    with pytest.raises(Invalid, match="Nobody has said it yet"):
        shop.consents.say(Say("user:ann", "analytics", True, "2090-01-01"), "api", "me")


def test_merged_persons_are_judged_by_the_records_of_both(shop: Opened) -> None:
    """The latest of all; unmerged, each has their own again; as of a time what was known then."""
    shop.consents.set_purpose("marketing", PURPOSE)
    shop.append([allows("user:ann", True, "2026-01-02"), allows("user:ben", False, "2026-01-03")])
    before = eg_now()
    shop.merging.merge("user:ann", "user:ben")
    assert held(shop, "user:ann") == {"marketing": False}
    shop.merging.unmerge("user:ann", "user:ben")
    assert held(shop, "user:ann") == {"marketing": True}
    shop.append([allows("user:ann", False, "2026-01-09")])
    assert held(shop, "user:ann") == {"marketing": False}
    assert held(shop, "user:ann", before) == {"marketing": True}


def eg_now() -> str:
    """This moment."""
    from ethogram.events.times import iso

    return iso(now())


def test_an_export_leaves_out_who_did_not_allow_it(shop: Opened, tmp_path: Path) -> None:
    """By the person, whichever id it was said for; the receipt says how many."""
    shop.consents.set_purpose("marketing", PURPOSE)
    shop.append([
        allows("anonymous:a", True), Event("login", user_id="ann", anonymous_id="a"),
        Event("view", user_id="ann"), Event("view", user_id="ben"),
        Event("view", user_id="eve"), allows("user:eve", False),
    ])  # fmt: skip
    sent = shop.export(str(tmp_path / "out.csv"), table="events", purpose="marketing")
    kept = pyarrow.csv.read_csv(tmp_path / "out.csv")["event"].to_pylist()
    assert sorted(kept) == ["consent", "login", "view"]
    assert (sent.rows, sent.left_out) == (3, 2)
    everybody = shop.export(str(tmp_path / "all.csv"), table="events")
    assert (everybody.rows, everybody.left_out) == (6, 0)
    database = shop.export(str(tmp_path / "out.duckdb"), table="people", purpose="marketing")
    assert (database.rows, database.left_out) == (2, 2)  # two ids of one person
    with pytest.raises(Invalid, match="not about persons"):
        shop.export(str(tmp_path / "x.csv"), sql="SELECT event FROM events", purpose="marketing")


def test_the_numbers_by_purpose(shop: Opened) -> None:
    """Persons who gave and withdrew, records by day, what the door left out."""
    shop.append([
        allows("user:ann", True, purpose="analytics"),
        allows("user:ben", True, purpose="analytics"),
        allows("user:ben", False, "2026-01-05", purpose="analytics"),
    ])  # fmt: skip
    (found,) = shop.consents.purposes()
    assert (found.name, found.given, found.withdrawn, found.left_out) == ("analytics", 1, 1, [])
    assert found.days == [("2026-01-02", 2, 0), ("2026-01-05", 0, 1)]


def test_the_archive_has_what_a_person_allows(shop: Opened, tmp_path: Path) -> None:
    """Every record, with what was sent then, opened."""
    said = allows("user:ann", True, purpose="analytics")
    said.properties = {"form": "footer"}
    shop.append([said])
    shop.requests.export("user:ann", tmp_path / "ann.zip")
    with zipfile.ZipFile(tmp_path / "ann.zip") as archive:
        told = json.loads(archive.read("consents.json"))
    assert told["purposes"][0]["given"] is True
    assert told["records"][0]["proof"] == {"form": "footer"}
    assert shop.consents.proof("user:ann").records[0].proof == {"form": "footer"}


def test_who_is_erased_has_no_proof_and_no_word(shop: Opened) -> None:
    """The records name nobody; with the events they are purged, and the id is somebody new."""
    said = allows("user:ann", True, purpose="analytics")
    said.properties = {"form": "footer"}
    shop.append([said, Event("view", user_id="ann")])
    shop.sql("SELECT event FROM events")
    receipt = shop.requests.erase("user:ann", events=True, purge=True)
    assert {each.room: each.things for each in receipt.rooms}["consents"] == 1
    assert shop.consents.purposes()[0].given == 0
    shop.append([Event("view", user_id="ann")])
    assert held(shop, "user:ann") == {}
    assert shop.verify().ok


def test_required_consent_holds_from_a_folder_and_after_the_log_was_trimmed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the door's file the lake says what the log no longer has."""
    monkeypatch.setenv("ETHOGRAM_CONSENT", "required")
    with eg.open(folder) as shop:
        shop.append([allows("user:ann", True, purpose="analytics"), Event("view", user_id="ben")])
        shop.append([allows("user:ben", True, purpose="analytics")])
        shop.merging.merge("user:ann", "user:ben")
        shop.append([allows("user:ben", False, "2026-02-01", purpose="analytics")])
        shop.sql("SELECT event FROM events")
    project = folder / "projects" / "default"
    lake = Lake(project / "lake")
    with eg.open(folder) as shop:
        shop.retention.run()
        assert lake.consents.rows() == 3
    for path in project.glob("consent.sqlite*"):
        path.unlink()
    again = Standing(project / "consent.sqlite")
    from ethogram.run.consents import restore

    restore(again, lake)
    with eg.open(folder) as shop:
        node = int(shop.merging.show("user:ann").id)
        assert not again.of(node).gives("analytics")
        assert shop.append([Event("view", user_id="ann")]).withheld == 1
    again.close()


def test_an_import_says_how_many_rows_were_not_allowed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In words and as data, for rows of a table and for events; what was read adds up."""
    monkeypatch.setenv("ETHOGRAM_CONSENT", "required")
    with eg.open(folder) as shop:
        shop.append([allows("user:ann", True, purpose="analytics")])
    rows = [
        {"event": "view", "user_id": name, "timestamp": "2026-01-03"} for name in ("ann", "ben")
    ]
    table, events = tmp_path / "table.csv", tmp_path / "events.jsonl"
    events.write_text("".join(json.dumps(row) + "\n" for row in rows))
    table.write_text("event,user_id,timestamp\n" + "".join(
        ",".join(row.values()) + "\n" for row in rows))  # fmt: skip
    columns = ["--user", "user_id", "--time", "timestamp", "--event", "event"]
    for words in ([str(events)], [str(table), *columns]):
        said = CliRunner().invoke(app, ["import", *words, "-w", str(folder), "--json"])
        told = json.loads(said.stdout)
        assert (told["read"], told["accepted"], told["withheld"]) == (2, 1, 1)
    table.write_text(table.read_text() + "view,eve,2026-01-03\n")
    said = CliRunner().invoke(app, ["import", str(table), *columns, "-w", str(folder)])
    assert "Not kept, for their persons did not allow what they need: 1." in said.stdout


RULES = {"search": rule('{"event": "search", "keep": "30d"}'), "rest": rule('{"keep": "90d"}'),
         "city": rule('{"property": "city", "keep": "7d"}')}  # fmt: skip


def test_a_rule_of_its_own_comes_before_that_for_all() -> None:
    """What is due are whole days; a hold keeps all that happened from its day on."""
    at = parse("2026-06-30T15:00:00Z")
    found = {(each.name, each.event, each.property): each.until for each in due(
        RULES, ["search", "view", "buy"], at)}  # fmt: skip
    assert found == {
        ("search", "search", None): parse("2026-05-31"),
        ("rest", "view", None): parse("2026-04-01"),
        ("rest", "buy", None): parse("2026-04-01"),
        ("city", None, "city"): parse("2026-06-23"),
    }
    held_ = due({**RULES, "court": rule('{"hold": "2026-05-01"}')}, ["view"], at)
    assert max(each.until for each in held_) == parse("2026-05-01")


@pytest.mark.parametrize("body", [
    "{}", '{"keep": "90d", "hold": "2026-01-01"}', '{"keep": "1h"}', '{"keep": "long"}',
    '{"letters": true, "event": "x", "keep": "90d"}', '{"hold": "soon"}', '{"kep": "9d"}', "[",
])  # fmt: skip
def test_what_is_no_rule_is_refused(body: str) -> None:
    """Neither, both, too short, or of nothing."""
    with pytest.raises(Invalid):
        rule(body)


def test_after_a_run_numbers_are_those_of_a_workspace_that_never_had_it(
    shop: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a moved clock: nothing before, the old ones then; a second run finds nothing."""
    old = [
        Event("search", user_id="ann", timestamp="2026-01-01"),
        Event("view", user_id="ann", timestamp="2026-01-01", properties={"city": "Köln"}),
    ]
    new = [Event("search", user_id="ben", timestamp="2026-06-20", properties={"city": "Ulm"}),
           Event("view", user_id="ben", timestamp="2026-06-20")]  # fmt: skip
    shop.append([*old, *new])
    shop.retention.save("search", '{"event": "search", "keep": "30d"}')
    shop.retention.save("city", '{"property": "city", "keep": "30d"}')
    assert shop.retention.run(parse("2026-01-20")) == []
    at = parse("2026-06-30")
    gone = shop.retention.run(at)
    assert [(each.rule, each.until) for each in gone] == [
        ("city", "2026-05-31T00:00:00Z"), ("search", "2026-05-31T00:00:00Z")
    ]  # fmt: skip
    assert all((tmp_path / f"shop/projects/default/receipts/{each.receipt}.json").exists()
               for each in gone)  # fmt: skip
    assert shop.retention.run(at) == []
    with eg.open(tmp_path / "never") as never:
        never.append([Event("view", user_id="ann", timestamp="2026-01-01"), *new])
        by_city = {"question": "trends", "series": [{"event": "view"}, {"event": "search"}],
                   "by": ["city"]}  # fmt: skip
        for spec in (EVENTS, by_city):
            assert shop.ask(spec).rows == never.ask(spec).rows
        said = "SELECT event, city FROM events ORDER BY event, timestamp"
        assert shop.sql(said).to_arrow().to_pylist() == never.sql(said).to_arrow().to_pylist()
    assert shop.verify().ok


def test_under_a_hold_what_comes_late_goes_too(shop: Opened) -> None:
    """Its day stays the same; what happened from then on stays, what happened before goes."""
    shop.retention.save("court", '{"hold": "2026-01-01"}')
    shop.retention.save("all", '{"keep": "1d"}')
    shop.retention.save("city", '{"property": "city", "keep": "1d"}')
    at = parse("2026-06-30")
    for day in ("2025-12-01", "2025-12-02", "2025-11-01"):
        late = Event("view", user_id="ann", timestamp=day, properties={"city": "Ulm"})
        shop.append([late, Event("held", user_id="ann", timestamp="2026-01-01")])
        gone = shop.retention.run(at)
        assert [(each.rule, each.until) for each in gone] == [
            ("all", "2026-01-01T00:00:00Z"), ("city", "2026-01-01T00:00:00Z")
        ]  # fmt: skip
        assert shop.retention.run(at) == shop.retention.run(at + 30 * DAY) == []
    assert shop.sql("SELECT event FROM events").to_rows().rows == [["held"]] * 3
    assert shop.verify().ok


def test_a_rule_of_a_property_finds_it_where_it_is_sealed(shop: Opened) -> None:
    """Nobody sees from outside whether there is one; once it has gone there is nothing to do."""
    said = {"email": "ann@example.org", "phone": "+49 30 123456"}
    shop.append([Event("view", user_id="ann", timestamp="2026-01-01", properties=said)])
    shop.retention.save("email", '{"property": "email", "keep": "30d"}')
    assert len(shop.retention.run(parse("2026-06-30"))) == 1
    (told,) = shop.profile("user:ann", personal=True).events
    assert told.personal.keys() == {"phone"}
    assert shop.retention.run(parse("2026-06-30")) == []


def test_a_rules_days_do_not_pile_up(shop: Opened) -> None:
    """What yesterday's run struck out today's strikes out too: one condition for each rule."""
    days = [f"2026-01-{day:02}" for day in range(1, 9)]
    shop.append([Event("view", user_id="ann", timestamp=day) for day in days])
    shop.retention.save("all", '{"keep": "30d"}')
    for day in range(2, 7):
        assert len(shop.retention.run(parse(f"2026-02-{day:02}"))) == 1
    with closing(shop.requests.looking.vault()) as vault:
        assert len(vault.unseen.said) == 5 and len(vault.unseen.struck) == 1
    views = {"question": "trends", "series": [{"event": "view"}], "interval": "day"}
    assert len(shop.sql("SELECT event FROM events").to_rows().rows) == 2
    assert sum(value for _, value in shop.ask(views).results["series"][0]["points"]) == 2


def test_refused_events_have_a_time_to_live(shop: Opened) -> None:
    """Their rule is of when they came, and no rule of events touches them."""
    shop.append([Event("view", user_id="ann", timestamp="never")])
    shop.retention.save("all", '{"keep": "30d"}')
    shop.retention.save("refused", '{"letters": true, "keep": "30d"}')
    assert shop.retention.run(now() + 29 * DAY) == []
    (gone,) = shop.retention.run(now() + 32 * DAY)
    assert (gone.rule, gone.letters) == ("refused", 1)
    assert shop.retention.run(now() + 32 * DAY) == []
    assert shop.dead_letters.list() == []


def test_the_door_is_told_of_purposes_that_a_crash_kept_from_it(folder: Path) -> None:
    """What is saved counts once somebody looks, though the file beside was lost."""
    with eg.open(folder) as shop:
        shop.consents.set_purpose("marketing", PURPOSE)
        (folder / "projects" / "default" / "purposes.json").unlink()
        shop.consents.publish()
        shop.append([allows("user:ann", True)])
        assert held(shop, "user:ann") == {"marketing": True}
    looking = assembly.looking(open_workspace(folder), "default")
    assert looking.lake.consents.schema.names[0] == "position"

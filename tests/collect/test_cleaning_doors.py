"""Cleaning where it happens: at a door, in a served workspace, and in an import."""

import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pytest
from tests.serving import served

from ethogram.collect.admission import Rules
from ethogram.collect.cleaning.facts import Sender
from ethogram.collect.cleaning.steps import Options, cleaning
from ethogram.collect.door import Door, Outcome, Step
from ethogram.collect.entries import entries
from ethogram.collect.group import Group
from ethogram.collect.sender import client_behind, sender
from ethogram.events.errors import Invalid
from ethogram.events.event import Event, ProfileChange
from ethogram.events.times import now
from ethogram.store.lake.schema import INSTANT

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"  # noqa: E501
URL = "https://Shop.example/p?utm_source=news&utm_medium=email&token=7"
REMOTE = "198.51.100.7"


@pytest.fixture
def cleaner(project):
    """A project whose door cleans as options say."""

    def with_options(options: Options) -> Any:
        rules = Rules(cleaning=cleaning(options))
        project.door = Door(
            project.log, project.seen, project.vault, project.standing, lambda: rules
        )
        return project

    return with_options


def test_what_was_done_stands_on_the_event(cleaner: Callable[[Options], Any]) -> None:
    """Properties are added, the address is spelt anew, and `extra` says so; no more changes."""
    project = cleaner(Options())
    page = {"url": URL, "referrer": "https://www.google.com/", "title": "T"}
    project.take([Event("e", user_id="u", context={"page": page, "userAgent": CHROME})], "segment")
    (event,) = project.events
    assert event.properties == {
        "referrer_class": "email", "referrer_host": "www.google.com", "utm_source": "news",
        "utm_medium": "email", "host": "shop.example", "path": "/p", "browser": "Chrome",
        "browser_version": "126", "os": "Linux", "device_type": "desktop",
    }  # fmt: skip
    assert event.context["page"] == page | {"url": "https://shop.example/p"}
    assert event.extra["cleaned"] == {
        "referrers": True, "urls": ["utm_source", "utm_medium", "token"], "devices": True
    }  # fmt: skip
    assert entries(project.log, 0, 9)[0][0]["entry"]["extra"]["cleaned"] == event.extra["cleaned"]


def test_what_is_refused_is_a_dead_letter(cleaner: Callable[[Options], Any]) -> None:
    """A bot is never dropped in silence: it is told, and kept as the client said it."""
    project = cleaner(Options(bots="refuse"))
    said = Event("e", user_id="u", properties={"x": "", "user_agent": "curl/8"})
    outcome = project.take([said, Event("f", user_id="u")])
    assert (outcome.accepted, [each.code for each in outcome.rejected]) == (1, ["bot"])
    (letter,) = project.letters
    assert letter.code == "bot"
    assert json.loads(project.raw(letter))["properties"] == {"x": "", "user_agent": "curl/8"}


def test_an_address_is_read_but_never_kept_in_the_open(
    cleaner: Callable[[Options], Any],
) -> None:
    """The request's address tells what is internal, and stands nowhere; the event's is sealed."""
    project = cleaner(Options(own=("198.51.100.0/24",)))
    group = Group()
    claims = [Event("e", user_id="u"), Event("f", user_id="u", context={"ip": REMOTE})]
    project.door.admit(group, claims, now(), "native", Sender(CHROME, REMOTE, REMOTE))
    assert [event.properties["internal"] for event in group.events] == [True, True]
    assert all(REMOTE not in repr(event) for event in group.events)


def imported(project: Any, claims: pa.Table) -> Outcome:
    """What became of a table of rows."""
    group = Group()
    step = Step("import:x", 0, claims.num_rows)
    outcome = project.door.admit_table(group, claims, now(), step, keyed=False)
    project.door.close_group(group)
    project.door.commit(group)
    return outcome


def test_an_import_is_cleaned_too(cleaner: Callable[[Options], Any]) -> None:
    """Rows get the same properties and words; refused ones are listed."""
    project = cleaner(Options(bots="refuse"))
    claims = pa.table(
        {
            "event": ["visit"] * 3,
            "user_id": ["a", "b", "c"],
            "timestamp": pa.array([now()] * 3).cast(INSTANT),
            "event_id": ["1", "2", "3"],
            "p_user_agent_text": [CHROME, "Googlebot/2.1", None],
            "p_url_text": [URL, "/b", "/c"],
            "p_note_text": ["null", "x", "y"],
        }
    )
    outcome = imported(project, claims)
    assert [(each.index, each.code) for each in outcome.rejected] == [(1, "bot")]
    first, second = [each["entry"] for each in entries(project.log, 0, 9)[0]]
    assert first["properties"]["browser"] == "Chrome"
    assert first["properties"]["url"] == "https://shop.example/p"
    assert "note" not in first["properties"]
    assert first["extra"]["cleaned"]["missing"] == ["note"]
    assert second["properties"] == {"url": "/c", "note": "y", "path": "/c"}
    assert second["extra"] == {"cleaned": {"urls": True}}


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"user-agent": CHROME}, Sender(CHROME, REMOTE, REMOTE)),
        (
            {"user-agent": "okhttp/4", "origin": "https://a.example"},
            Sender("okhttp/4", REMOTE, REMOTE),
        ),
        ({"user-agent": "analytics-python/2.4"}, Sender(remote=REMOTE)),
        ({}, Sender(remote=REMOTE)),
    ],
)
def test_only_a_persons_own_program_speaks_for_them(
    headers: Mapping[str, str], told: Sender
) -> None:
    """A browser's agent and address count; a server's say nothing of the person."""
    assert sender(headers, REMOTE) == told


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("", "10.0.0.1"),
        (REMOTE, REMOTE),
        (f"203.0.113.9, {REMOTE}", REMOTE),
        (f"{REMOTE}, 10.0.0.9", REMOTE),
        ("10.0.0.8, 10.0.0.9", "10.0.0.8"),
        ("nonsense", "nonsense"),
    ],
)
def test_only_a_trusted_proxy_says_who_it_speaks_for(forwarded: str, client: str) -> None:
    """The last address that no trusted proxy has; from others the header is not looked at."""
    headers = {"x-forwarded-for": forwarded}
    assert client_behind(["10.0.0.0/8"])("10.0.0.1", headers) == client
    assert client_behind(["10.0.0.0/8"])("203.0.113.5", headers) == "203.0.113.5"
    assert client_behind([])("10.0.0.1", headers) == "10.0.0.1"
    with pytest.raises(Invalid):
        client_behind(["everywhere"])


def test_a_served_workspace_cleans_what_comes_through_its_doors(tmp_path: Path) -> None:
    """Segment's door and our own, behind a proxy, and a file; with settings of the environment."""
    options = {
        "cleaning_off": "referrers, missing",
        "internal_traffic": f"{REMOTE}/32,@example.org",
        "trusted_proxies": "127.0.0.0/8",
    }
    log = tmp_path / "access.csv"
    log.write_text("who,at,url,user_agent\nz,2026-03-01T10:00:00Z,/x?sid=1,curl/8\n")
    with served(**options) as server:
        browser = {"user-agent": CHROME, "x-forwarded-for": REMOTE}
        own = {"event": "own", "user_id": "u", "properties": {"url": URL, "note": "null"}}
        httpx.post(server.url + "/v1/events", json=own, headers=server.writing | browser)
        basic = base64.b64encode(f"{server.keys['write']}:".encode()).decode()
        said = {"type": "track", "event": "theirs", "userId": "ann@example.org"}
        httpx.post(
            server.url + "/segment/v1/track", json=said, headers={"authorization": f"Basic {basic}"}
        )
        done = server.document("import", str(log), "--user", "who", "--time", "at",
                               "--event-name", "visit")  # fmt: skip
        assert done["accepted"] == 1
        feed = httpx.get(server.url + "/v1/log?after=0", headers=server.reading).json()
    found = {each["entry"]["event"]: each["entry"] for each in feed["entries"]}
    assert found["own"]["properties"] == {
        "url": "https://shop.example/p", "note": "null", "utm_source": "news",
        "utm_medium": "email", "host": "shop.example", "path": "/p", "browser": "Chrome",
        "browser_version": "126", "os": "Linux", "device_type": "desktop", "internal": True,
    }  # fmt: skip
    assert found["theirs"]["properties"] == {"internal": True}
    assert found["visit"]["properties"] == {
        "url": "/x", "user_agent": "curl/8", "path": "/x", "browser": "curl",
        "browser_version": "8", "device_type": "bot", "bot": True,
    }  # fmt: skip
    assert found["visit"]["extra"] == {"cleaned": {"urls": ["sid"], "devices": True, "bots": True}}


def test_what_changes_a_profile_is_cleaned_too(cleaner: Callable[[Options], Any]) -> None:
    """An address that stays with a person names nobody and no campaign, as that of an event."""
    said = "https://shop.example/welcome?id=7&email=ann%40example.org&utm_source=news"
    ops = [
        ProfileChange("set", {"$current_url": said, "plan": "pro"}),
        ProfileChange("set_once", {"$initial_current_url": said, "url": 7}),
        ProfileChange("add", {"visits": 1}),
    ]
    event = Event("identify", user_id="ann", properties={"url": said + "&token=x"}, profile_ops=ops)
    project = cleaner(Options())
    project.take([event])
    (kept,) = project.events
    found = [change["values"] for change in kept.extra["profile_ops"]]
    spelt = "https://shop.example/welcome?id=7"
    assert found == [
        {"$current_url": spelt, "plan": "pro"},
        {"$initial_current_url": spelt, "url": 7},
        {"visits": 1},
    ]
    assert kept.extra["cleaned"]["urls"] == ["email", "utm_source", "token"]
    assert ops[0].values["$current_url"] == said

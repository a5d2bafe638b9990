"""The door: once each, nothing personal in the open, what departs from the plan is said."""

import apsw
import msgspec
import pytest

from ethogram.collect.door import Door
from ethogram.collect.group import Group
from ethogram.events import plan as plans
from ethogram.events.errors import Broken, Busy
from ethogram.events.event import Event, Exposure, Link, ProfileChange
from ethogram.events.event import Group as EventGroup
from ethogram.store.log.port import WINDOW
from ethogram.store.log.seen import HOUR, Seen

NOON = 500_000 * HOUR


def cart(event_id: str | None = None, **more: object) -> Event:
    """A sound event."""
    return Event("cart", user_id="ann", event_id=event_id, **more)


def test_an_id_is_kept_once(project) -> None:
    """An event id that was sent before, in the batch or earlier, is a duplicate."""
    first = project.take([cart("a"), cart("b"), cart("a")])
    assert (first.accepted, first.duplicates) == (2, 1)
    again = project.take([cart("b"), cart("c")])
    assert (again.accepted, again.duplicates) == (1, 1)
    assert [event.event_id for event in project.events] == ["a", "b", "c"]


def test_without_an_id_a_repeat_is_an_event(project) -> None:
    """Equal events without ids, or with empty ones, are several; each gets an id of its own."""
    outcome = project.take([cart(), cart(), cart(""), cart("")])
    assert (outcome.accepted, outcome.duplicates) == (4, 0)
    assert len({event.event_id for event in project.events}) == 4


def test_each_source_has_its_own_ids(project) -> None:
    """The same id from two dialects is two events."""
    assert project.take([cart("a")], "native").accepted == 1
    assert project.take([cart("a")], "segment").accepted == 1
    assert project.take([cart("a")], "segment").duplicates == 1


def test_ids_are_known_after_a_restart(make_project) -> None:
    """A retry after the process began anew is a duplicate."""
    make_project().take([cart("a")])
    assert make_project().take([cart("a"), cart("b")]).duplicates == 1


@pytest.mark.parametrize(("later", "duplicates"), [
    (WINDOW - 1_000_000, 1), (WINDOW, 1), (WINDOW + HOUR - 1, 1), (WINDOW + HOUR, 0),
    (WINDOW + HOUR + 1_000_000, 0),
])  # fmt: skip
def test_the_windows_edge_is_the_full_hour(project, later: int, duplicates: int) -> None:
    """A second before the window ends a repeat is a duplicate; from the hour after it is new."""
    project.take([cart("a")], at=NOON)
    assert project.take([cart("a")], at=NOON + later).duplicates == duplicates


def test_a_clock_that_steps_back_forgets_nothing(project) -> None:
    """An id stays known when the clock goes back by a year."""
    project.take([cart("a")], at=NOON)
    assert project.take([cart("a")], at=NOON - 365 * 24 * HOUR).duplicates == 1


PERSONAL = {
    "user_id": "user-inmost",
    "anonymous_id": "anonymous-inmost",
    "device_id": "device-inmost",
    "session_id": "session-inmost",
    "groups": [EventGroup("company", "group-inmost")],
    "identity_links": [Link("alias", "link-inmost", "user-inmost")],
    "properties": {"email": "x", "contact": "inmost@example.org", "deep": [{"tel": "inmost"}],
                   "url": "/?e=inmost%40example.org", "price": 5},
    "context": {"ip": "10.11.12.13", "page": {"to": "inmost@example.org"}, "locale": "de"},
    "profile_ops": [ProfileChange("set", {"first_name": "Inmost"})],
    "entities": ["+49 30 1234567"],
    "items": [{"for": "inmost@example.org"}],
    "exposure": Exposure("flag", value="inmost@example.org"),
    "consent": {"given_by": "inmost@example.org"},
    "x": {"vendor": {"mail": "inmost"}},
}  # fmt: skip
INMOST = (b"inmost", b"Inmost", b"10.11.12", b"1234567")


def test_nothing_personal_is_in_the_open(project) -> None:
    """Ids and personal values can be read in no file; the others stay open."""
    project.take([Event("signed_up", event_id="e1", **PERSONAL)])
    written = b"".join(path.read_bytes() for path in project.folder.iterdir())
    assert b"signed_up" in written
    assert [said for said in INMOST if said in written] == []
    (event,) = project.events
    assert (event.properties, event.context) == ({"price": 5}, {"locale": "de"})


def test_whoever_has_the_key_gets_it_back(project) -> None:
    """What was sealed comes back by place, and ids by their internal ones."""
    project.take([Event("signed_up", event_id="e1", **PERSONAL)])
    (event,) = project.events
    hidden = project.unsealed(event)
    assert hidden["properties"] | event.properties == PERSONAL["properties"]
    assert hidden["context"] | event.context == PERSONAL["context"] | {"ip": "10.11.12.0"}
    assert hidden["extra"]["profile_ops"][0]["values"] == {"first_name": "Inmost"}
    names = [project.vault.name(id_) for id_ in (event.person, event.anonymous, event.device,
             event.session, event.groups["company"])]  # fmt: skip
    assert names == [("user", "user-inmost"), ("anonymous", "anonymous-inmost"),
                     ("device", "device-inmost"), ("session", "session-inmost"),
                     ("group:company", "group-inmost")]  # fmt: skip
    kind, a, b, directed = event.extra["links"][0]
    assert (kind, project.vault.name(a)[1], b, directed) == (
        "alias", "link-inmost", event.person, True)  # fmt: skip


@pytest.mark.parametrize("event", [
    cart(timestamp="inmost@example.org"), cart(timestamp=1, sent_at="inmost"),
    Event("inmost" * 100, user_id="u"),
])  # fmt: skip
def test_a_dead_letter_is_closed(project, event: Event) -> None:
    """A refused event is kept encrypted, and its reason does not repeat what it held."""
    outcome = project.take([event])
    assert len(outcome.rejected) == 1
    (letter,) = project.letters
    assert b"inmost" in project.raw(letter)
    assert b"inmost" not in b"".join(path.read_bytes() for path in project.folder.iterdir())


def test_a_link_says_what_its_ends_are(project) -> None:
    """An id is linked as a user's unless the link says that it is an anonymous one."""
    links = [Link("merge", "x", "y", a_kind="anonymous"), Link("merge", "x", "y")]
    project.take([Event("e", user_id="y", identity_links=links)])
    ends = [project.vault.name(link[1]) for link in project.events[0].extra["links"]]
    assert ends == [("anonymous", "x"), ("user", "x")]


def test_rare_fields_are_kept(project) -> None:
    """Every canonical field that most events do not have stands in extra, as it was."""
    said = {"value": 9.5, "currency": "EUR", "order_id": "o1", "items": [{"sku": 1}],
            "entities": [1], "consent": {"ads": False}, "personless": True, "ip_policy": "ignore",
            "x": {"y": 1}}  # fmt: skip
    project.take([cart(exposure=Exposure("flag", "b"), **said)])
    (event,) = project.events
    assert event.extra.pop("exposure")["variant"] == "b"
    assert event.extra == said


PLAN = plans.read("""
closed = true
[events.cart]
properties.price = { type = "number", required = true }
properties.note = { type = "text", personal = true }
[events.order]
mode = "reject"
properties.total = { type = "number", required = true }
properties.currency = { type = "text", values = ["EUR"] }
""")


def test_a_warned_event_is_kept_with_what_is_wrong(make_project) -> None:
    """In the mode warn an event that departs from the plan is kept, marked and counted."""
    project = make_project(PLAN)
    planned = Event("cart", user_id="u", properties={"price": 5})
    outcome = project.take([planned, cart(properties={"price": "5"}), Event("crat", user_id="u")])
    assert (outcome.accepted, outcome.warned) == (3, 2)
    said = [event.extra.get("plan") for event in project.events]
    assert said == [None, ["wrong_type"], ["unplanned_event"]]


def test_a_warned_duplicate_is_not_counted_again(make_project) -> None:
    """Only what is kept is counted as a warning."""
    project = make_project(PLAN)
    project.take([cart("a")])
    assert project.take([cart("a")]).warned == 0


def test_a_rejected_event_becomes_a_dead_letter(make_project) -> None:
    """In the mode reject the event is refused, with everything that is wrong in one message."""
    project = make_project(PLAN)
    order = Event("order", user_id="u", event_id="o", properties={"currency": "euro"})
    (said,) = project.take([order]).rejected
    assert (said.code, said.at) == ("missing_property", "$.properties.total")
    assert "'total'" in said.message
    assert "'currency'" in said.message
    assert [letter.code for letter in project.letters] == ["missing_property"]
    good = msgspec.structs.replace(order, properties={"total": 5})
    assert project.take([good]).accepted == 1


def test_what_the_plan_calls_personal_is_sealed(make_project) -> None:
    """A tagged property is sealed for its event, at any depth, and open for others."""
    project = make_project(PLAN)
    values = {"price": 1, "note": "for Bo", "more": {"note": ["for Bo"]}}
    project.take([cart(properties=values), Event("crat", user_id="u", properties=values)])
    tagged, other = project.events
    assert tagged.properties == {"price": 1}
    assert project.unsealed(tagged)["properties"] == {k: values[k] for k in ("note", "more")}
    assert other.properties == values


class Unreadable:
    """A vault's connection to a disk that fails."""

    def __init__(self, inner: apsw.Connection, error: apsw.Error) -> None:
        self.inner, self.error, self.fails = inner, error, True

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)

    def execute(self, *args: object) -> object:
        if self.fails and args[0] not in ("BEGIN", "COMMIT"):
            raise self.error
        return self.inner.execute(*args)


def test_what_cannot_be_recorded_is_new_again(project) -> None:
    """Where the vault cannot be read nothing is kept, and a retry is no duplicate."""
    working = project.vault._reading
    project.vault._reading = Unreadable(working, apsw.IOError("disk"))
    group = Group()
    with pytest.raises(Busy) as refused:
        project.door.admit(group, [cart("a"), Event("e")], NOON, "native")
    assert refused.value.code == "vault_away"
    assert group == Group()
    project.vault._reading = working
    assert project.take([cart("a")]).accepted == 1


@pytest.mark.parametrize(("code", "kind"), [(apsw.SQLITE_IOERR_FSYNC, Broken), (0, Busy)])
def test_a_vault_that_does_not_sync_ends_it(project, code: int, kind: type) -> None:
    """An id that may not be durable is never used: a failed sync breaks, another error waits."""
    error = apsw.IOError("disk")
    error.extendedresult = code
    group = Group()
    project.door.admit(group, [cart("a")], NOON, "native")
    project.door.close_group(group)
    project.vault._writing, working = Failing(error), project.vault._writing
    with pytest.raises(kind):
        project.door.commit(group)
    project.vault._writing = working
    assert project.events == []


class Failing:
    """A connection whose transactions fail."""

    def __init__(self, error: apsw.Error) -> None:
        self.error = error

    def __enter__(self) -> None:
        raise self.error

    def __exit__(self, *_: object) -> None: ...

    def close(self) -> None: ...


def test_a_door_without_a_plan_lets_all_pass(project) -> None:
    """No plan is no finding."""
    door = Door(project.log, Seen(), project.vault, project.standing)
    assert door.admit(Group(), [Event("anything", user_id="u")], NOON, "native").warned == 0

"""Consent at the door: what is not allowed is not kept, what was said is, whoever says it."""

from pathlib import Path

import apsw
import pyarrow as pa
import pytest

from ethogram.collect.admission import Refusal, Rules
from ethogram.collect.cleaning.facts import Sender
from ethogram.collect.consenting.needs import Needs, needs
from ethogram.collect.door import Step
from ethogram.collect.group import Group
from ethogram.collect.protocols import native
from ethogram.events import plan as plans
from ethogram.events.errors import Broken, Busy, Invalid
from ethogram.events.event import Event, ProfileChange
from ethogram.events.times import DAY, SECOND
from ethogram.protect.consent.purposes import BUILT_IN, InForce
from ethogram.protect.consent.standing import left_out
from ethogram.protect.sealing import unseal
from ethogram.store.lake.schema import INSTANT
from ethogram.store.log.entries import Consented, pack, unpack_controls, unpack_table

NOON = 20_000 * DAY
ADS = InForce(3, "h3", ("ad_storage", "Advertising"), sharing=True)
PURPOSES = {**BUILT_IN, "marketing": ADS}
REQUIRED = Needs(("analytics",), purposes=PURPOSES)
REFUSES = Sender("Mozilla/5.0", "198.51.100.7", "198.51.100.7", refuses=True)


def view(who: str = "ann", at: int = NOON, **more: object) -> Event:
    """An event of a visitor."""
    return Event("view", anonymous_id=who, timestamp=at, **more)


def consent(given: bool, who: str = "ann", at: int = NOON, **more: object) -> Event:
    """What the tracker sends when somebody agrees, or does not any more."""
    said = {"analytics": given}
    return Event("consent", anonymous_id=who, timestamp=at, kind="consent", consent=said, **more)


@pytest.fixture
def strict(project):
    """A project that requires consent."""
    project.rules = Rules(needs=REQUIRED)
    return project


def records(project) -> list[Consented]:
    """Every record of the log."""
    kept = [r for r in project.log.read(0, 1_000_000) if r.kind == "control"]
    entries = [entry for record in kept for entry in unpack_controls(record.payload)]
    return [entry for entry in entries if isinstance(entry, Consented)]


def names(project) -> list[str]:
    """The events that were kept."""
    return [event.event for event in project.events]


def test_without_needs_everything_is_kept_and_what_is_said_is_recorded(project) -> None:
    """By default nothing needs a purpose; a consent event is a record and an event."""
    outcome = project.take([view(), consent(False), view("bob")], at=NOON)
    assert (outcome.accepted, outcome.withheld) == (3, 0)
    assert [(r.purpose, r.given, r.source) for r in records(project)] == [
        ("analytics", False, "native")
    ]


def test_who_has_not_agreed_leaves_no_trace(strict) -> None:
    """No event, no internal id, no key of deduplication; what was left out is counted."""
    outcome = strict.take([view(event_id="a"), view(event_id="b")], at=NOON)
    assert (outcome.accepted, outcome.withheld, outcome.rejected) == (0, 2, [])
    assert not strict.events and strict.vault.find("anonymous", "ann") is None
    assert left_out(strict.folder / "consent.sqlite") == [("2024-10-04", "analytics", "event", 2)]
    strict.take([consent(True)], at=NOON)
    assert strict.take([view(event_id="a")], at=NOON).accepted == 1


def test_what_one_event_says_counts_for_the_next(strict) -> None:
    """In one request: before, agreed, after, withdrawn, after."""
    said = [view(at=NOON), consent(True, at=NOON + 1), view(at=NOON + 2, event_id="kept"),
            consent(False, at=NOON + 3), view(at=NOON + 4)]  # fmt: skip
    outcome = strict.take(said, at=NOON + SECOND)
    assert (outcome.accepted, outcome.withheld) == (2, 3)
    assert names(strict) == ["consent", "view"]
    assert [r.given for r in records(strict)] == [True, False]


def test_it_holds_after_a_restart_and_without_the_file(make_project) -> None:
    """The log has all of it: the file beside it may be gone."""
    first = make_project()
    first.rules = Rules(needs=REQUIRED)
    first.take([consent(True), consent(False, "bob")], at=NOON)
    for lost in (False, True):
        if lost:
            for path in Path(first.folder).glob("consent.sqlite*"):
                path.unlink()
        again = make_project()
        again.rules = Rules(needs=REQUIRED)
        outcome = again.take([view(), view("bob"), view("eve")])
        assert (outcome.accepted, outcome.withheld) == (1, 2)


def test_what_a_visitor_said_carries_over_when_they_sign_in(strict) -> None:
    """The user counts by the visitor's word, also where later events have the user alone."""
    strict.take([consent(True)], at=NOON)
    signing = Event("login", user_id="u1", anonymous_id="ann", timestamp=NOON)
    assert strict.take([signing], at=NOON).accepted == 1
    later = Event("buy", user_id="u1", timestamp=NOON)
    assert strict.take([later], at=NOON).accepted == 1
    off = Event("consent", user_id="u1", timestamp=NOON + 5, consent={"analytics": False})
    strict.take([off], at=NOON + SECOND)
    assert strict.take([view(at=NOON + 9)], at=NOON + SECOND).withheld == 1


def test_a_second_user_of_a_browser_takes_nothing_over(strict) -> None:
    """Whose browser it was said the word for itself."""
    strict.take([consent(True)], at=NOON)
    strict.take([Event("login", user_id="u1", anonymous_id="ann", timestamp=NOON)], at=NOON)
    other = Event("login", user_id="u2", anonymous_id="ann", timestamp=NOON)
    assert strict.take([other], at=NOON).withheld == 1


def test_a_late_word_of_an_older_time_changes_nothing(strict) -> None:
    """What was queued on a telephone does not undo a withdrawal that came after it."""
    strict.take([consent(False, at=NOON + 10)], at=NOON + SECOND)
    strict.take([consent(True, at=NOON)], at=NOON + SECOND)
    assert strict.take([view()], at=NOON + SECOND).withheld == 1


def test_a_clock_ahead_does_not_outlast_a_withdrawal(strict) -> None:
    """A record never lies in the future: the next word is later."""
    strict.take([consent(True, at=NOON + 20 * 3_600 * SECOND)], at=NOON)
    strict.take([consent(False, at=NOON + SECOND)], at=NOON + SECOND)
    assert strict.take([view()], at=NOON + SECOND).withheld == 1


def test_sent_again_it_is_one_record(strict) -> None:
    """A client that retries a withdrawal does not withdraw what was given since."""
    strict.take([consent(False, event_id="w")], at=NOON)
    strict.take([consent(True, at=NOON + 5, event_id="g")], at=NOON + SECOND)
    assert strict.take([consent(False, event_id="w")], at=NOON + SECOND).duplicates == 1
    assert len(records(strict)) == 2
    assert strict.take([view()], at=NOON + SECOND).accepted == 1


def test_names_sources_and_properties_need_their_own_purposes(project) -> None:
    """The plan tags events and properties, a setting sources; the rest needs nothing."""
    plan = plans.read(
        'events.offer.purpose = "marketing"\n'
        'events.view.properties.segment = { type = "text", purpose = "marketing" }\n'
        'events.view.properties.mail = { type = "text", purpose = "marketing", personal = true }'
    )
    project.rules = Rules(plan, needs=needs(plan, PURPOSES, (), ["ga4=marketing"], True))
    said = [view(properties={"segment": "vip", "mail": "x", "page": "/"}),
            Event("offer", anonymous_id="ann", timestamp=NOON)]  # fmt: skip
    assert project.take(said, at=NOON).withheld == 1
    assert project.take([view()], "ga4", at=NOON).withheld == 1
    (kept,) = project.events
    assert kept.properties == {"page": "/"} and project.unsealed(kept) == {"properties": {}}
    given = Event("consent", anonymous_id="ann", timestamp=NOON, consent={"ad_storage": "granted"})
    project.take([given, *said], at=NOON)
    assert project.events[-2].properties["segment"] == "vip"
    assert names(project)[-1] == "offer"
    assert set(left_out(project.folder / "consent.sqlite")) == {
        ("2024-10-04", "marketing", "event", 2), ("2024-10-04", "marketing", "property", 2)
    }  # fmt: skip


def test_a_browser_that_refuses_withdraws_what_shares_once(project) -> None:
    """Known or not, with the first event; what the person then says of it themselves counts."""
    project.rules = Rules(needs=Needs(events={"offer": "marketing"}, purposes=PURPOSES))
    offer = Event("offer", anonymous_id="ann", timestamp=NOON)
    yes = Event("consent", anonymous_id="ann", timestamp=NOON, consent={"marketing": True})
    project.take([yes, offer], at=NOON)
    assert project.take([offer, view()], at=NOON + 5, sender=REFUSES).withheld == 1
    assert [(r.given, r.source) for r in records(project)] == [(True, "native"), (False, "gpc")]
    again = Event("consent", anonymous_id="ann", timestamp=NOON + 9, consent={"marketing": True})
    outcome = project.take([again, offer], at=NOON + 10, sender=REFUSES)
    assert (outcome.accepted, outcome.withheld) == (2, 0)


def test_a_signal_that_is_not_honoured_changes_nothing(project) -> None:
    """The setting says so; and it never concerns purposes that do not share."""
    loose = Needs(events={"offer": "marketing"}, purposes=PURPOSES, honours=False)
    yes = Event("consent", anonymous_id="ann", timestamp=NOON, consent={"marketing": True})
    project.rules = Rules(needs=loose)
    outcome = project.take([yes, Event("offer", anonymous_id="ann")], at=NOON, sender=REFUSES)
    assert outcome.withheld == 0
    project.rules = Rules(needs=REQUIRED)
    assert project.take([consent(True), view()], at=NOON, sender=REFUSES).withheld == 0


@pytest.mark.parametrize(("event", "found"), [
    (Event("x", consent={"analytics_storage": "denied", "ad_storage": "granted"}),
     {"analytics": False, "marketing": True}),
    (Event("x", context={"consent": {"categoryPreferences": {"Advertising": True}}}),
     {"marketing": True}),
    (Event("x", context={"consentManagement": {"allowedConsentIds": ["analytics"],
                                               "deniedConsentIds": ["Advertising"]}}),
     {"analytics": True, "marketing": False}),
    (Event("consent", properties={"marketing": True, "page": "/"}), {"marketing": True}),
    (Event("consent_granted", kind="consent", consent={"granted": True, "documents": []}),
     {"analytics": True}),
    (Event("consent_withdrawn", kind="consent",
           consent={"granted": False, "documents": [{"id": "Advertising", "version": "2"}]}),
     {"marketing": False}),
    (Event("consent_preferences", kind="consent",
           consent={"granted": None, "documents": [], "eventType": "allow_selected",
                    "consentScopes": ["marketing"]}),
     {"analytics": False, "marketing": True}),
])  # fmt: skip
def test_every_vendors_words_become_records(project, event: Event, found: dict) -> None:
    """Google's, Segment's, RudderStack's, Snowplow's and plain ones."""
    project.rules = Rules(needs=Needs(purposes=PURPOSES))
    event.anonymous_id, event.timestamp = "ann", NOON
    project.take([event], "some", at=NOON)
    assert {r.purpose: r.given for r in records(project)} == found
    assert {r.source for r in records(project)} == {"some"}


def test_what_only_accompanies_an_event_is_recorded_where_it_is_new(project) -> None:
    """Google says it with every hit; the record is made when it changes."""
    granted, denied = {"analytics_storage": "granted"}, {"analytics_storage": "denied"}
    project.take([view(consent=granted), view(consent=granted)], at=NOON)
    project.take([view(consent=granted), view(consent=denied), view(consent=denied)], at=NOON)
    assert [r.given for r in records(project)] == [True, False]


def test_the_proof_is_sealed_and_says_which_text_was_shown(project) -> None:
    """The version in force unless the client says another; the rest only the person's key opens."""
    project.rules = Rules(needs=Needs(purposes=PURPOSES))
    plain = Event("consent", user_id="u", timestamp=NOON, consent={"marketing": True},
                  properties={"form": "inmost words", "email": "u@example.org"})  # fmt: skip
    older = Event("consent", user_id="u", timestamp=NOON, consent={"marketing": True, "version": 2})
    project.take([plain, older], at=NOON)
    first, second = records(project)
    assert (first.version, first.shown, second.version, second.shown) == (3, "h3", 2, "")
    assert first.proof is not None and first.event_id
    opened = unseal(project.vault, first.person, first.event_id, first.proof, part="proof")
    assert opened["proof"]["form"] == "inmost words"
    stored = b"".join(path.read_bytes() for path in project.folder.glob("consent*"))
    assert b"inmost" not in stored and b"inmost" not in pack([first])


def test_rows_of_an_import_are_judged_alike(strict) -> None:
    """A table's rows pass by the same rules; those left out are new again."""
    strict.take([consent(True, "a1"), consent(False, "a2")], at=NOON)
    claims = pa.table({
        "event": ["view"] * 5, "event_id": list("12345"),
        "anonymous_id": ["a1", "a2", "a3", "a1", None],
        "user_id": [None, None, None, "u1", "u1"], "timestamp": pa.array([NOON] * 5, INSTANT),
    })  # fmt: skip
    for step, accepted, withheld in (((0, 5), 2, 3), ((5, 10), 1, 2)):
        group = Group()
        outcome = strict.door.admit_table(group, claims, NOON, Step("file", *step), keyed=True)
        assert (outcome.accepted, outcome.withheld) == (accepted, withheld), outcome
        strict.door.close_group(group)
        strict.door.commit(group)
        strict.door.settle(group)
    kept = [unpack_table(r.payload) for r in strict.log.read(0, 99) if r.kind == "columns"]
    assert kept[0]["event_id"].to_pylist() == ["1", "4"]
    assert strict.vault.find("anonymous", "a3") is None


def test_a_word_that_was_not_kept_does_not_count(strict, monkeypatch) -> None:
    """Where the vault is away a request leaves the standing as it was."""
    group = Group()

    def away(*_: object) -> None:
        raise Busy("vault_away", "away")

    with monkeypatch.context() as patch:
        patch.setattr("ethogram.collect.door.gather", away)
        with pytest.raises(Busy):
            strict.door.admit(group, [consent(True)], NOON, "native")
    assert strict.take([view()], at=NOON).withheld == 1
    lost = Group()
    strict.door.admit(lost, [consent(True)], NOON, "native")
    strict.door.release(lost)
    assert strict.take([view()], at=NOON).withheld == 1


def test_a_crash_between_log_and_file_loses_no_record(make_project, monkeypatch) -> None:
    """What the log has is heard at the next start, whatever the file beside it missed."""
    project = make_project()
    project.rules = Rules(needs=REQUIRED)
    group = Group()
    project.door.admit(group, [consent(True)], NOON, "native")
    project.door.close_group(group)

    def torn(*_: object) -> None:
        raise apsw.IOError("torn")

    with monkeypatch.context() as patch:
        patch.setattr(project.standing, "keep", torn)
        with pytest.raises(Broken, match="could not be kept"):
            project.door.commit(group)
    again = make_project()
    again.rules = Rules(needs=REQUIRED)
    assert again.take([view()], at=NOON).accepted == 1


def test_a_refused_event_of_who_has_not_agreed_is_no_letter(strict) -> None:
    """Its answer says what was wrong; nothing of it is kept, but of who agreed it is."""
    strict.take([consent(True)], at=NOON)
    outcome = strict.take([view("eve", at="never"), view("ann", at="never")], at=NOON)
    assert [each.code for each in outcome.rejected] == ["bad_time", "bad_time"]
    assert len(strict.letters) == 1 and b"ann" in strict.raw(strict.letters[0])


BOTH = Needs(("analytics",), events={"offer": "marketing"}, purposes=PURPOSES)


def shares(who: str = "eve") -> Event:
    """Somebody gave what shares, and nothing else."""
    said = {"marketing": True}
    return Event("consent", anonymous_id=who, timestamp=NOON, kind="consent", consent=said)


def given(project, who: str, purpose: str = "marketing") -> bool:
    """Whether a visitor gives a purpose."""
    return project.standing.of(project.vault.find("anonymous", who)).gives(purpose)


@pytest.mark.parametrize("event", [
    view("eve", at=NOON + 1),
    view("eve", at="never"),
    Refusal(Invalid("x", "x"), b'{"event":"view","anonymous_id":"eve","properties":1}'),
], ids=["withheld", "refused", "unreadable"])  # fmt: skip
def test_a_signal_counts_though_its_event_is_not_kept(strict, event) -> None:
    """Who gave what shares and no more is heard by their browser; nobody new gets an id."""
    strict.take([shares()], at=NOON)
    assert given(strict, "eve") and not given(strict, "eve", "analytics")
    strict.take([event, view("new")], at=NOON + SECOND, sender=REFUSES)
    assert names(strict) == [] and not given(strict, "eve")
    assert strict.vault.find("anonymous", "new") is None
    strict.take([event], at=NOON + 2 * SECOND, sender=REFUSES)
    assert [(r.given, r.source, r.event_id) for r in records(strict)[1:]] == [(False, "gpc", "")]


def test_a_signal_counts_for_a_user_and_the_visitor_that_nobody_tied_to_them(strict) -> None:
    """Each of both gave it, and what would have tied them is not kept."""
    user = Event("consent", user_id="u", timestamp=NOON, consent={"marketing": True})
    strict.take([shares(), user], at=NOON)
    both = Event("view", user_id="u", anonymous_id="eve", timestamp=NOON + 1)
    assert strict.take([both], at=NOON + SECOND, sender=REFUSES).withheld == 1
    assert not given(strict, "eve")
    assert not strict.standing.of(strict.vault.find("user", "u")).gives("marketing")


def test_a_withdrawal_in_an_event_that_is_refused_counts(strict) -> None:
    """With a wrong time it is no event, but what its person does not want is known."""
    strict.take([shares()], at=NOON)
    off = Event("consent", anonymous_id="eve", timestamp="never", consent={"marketing": False})
    on = Event("consent", anonymous_id="eve", timestamp="never", consent={"analytics": True})
    assert len(strict.take([off, on], at=NOON + 1).rejected) == 2
    assert [(r.purpose, r.given) for r in records(strict)[1:]] == [("marketing", False)]
    assert not given(strict, "eve") and not given(strict, "eve", "analytics")


def test_a_refused_event_waits_for_what_its_name_and_its_properties_need(project) -> None:
    """Who withdrew has no letter of it; of a letter that is kept those properties are left out."""
    plan = plans.read(
        'mode = "reject"\nevents.offer.purpose = "marketing"\n'
        'events.view.properties.mail = { type = "text", purpose = "marketing" }\n'
        'events.view.properties.price = { type = "number" }'
    )
    project.rules = Rules(plan, needs=needs(plan, PURPOSES, (), ["ga4=marketing"], True))
    offer = Event("offer", anonymous_id="eve", timestamp="never")
    said = view("eve", properties={"mail": "her words", "price": "dear"},
                profile_ops=[ProfileChange("set", {"mail": "her words"})])  # fmt: skip
    assert len(project.take([offer, said], at=NOON).rejected) == 2
    assert len(project.take([said], "ga4", at=NOON).rejected) == 1
    (letter,) = project.letters
    assert b"dear" in project.raw(letter) and b"her words" not in project.raw(letter)
    yes = Event("consent", anonymous_id="eve", timestamp=NOON, consent={"marketing": True})
    project.rules = Rules(needs=project.rules.needs)
    project.take([yes], at=NOON)
    project.rules = Rules(plan, needs=project.rules.needs)
    project.take([offer, said], at=NOON)
    assert b"offer" in project.raw(project.letters[1])
    assert b"her words" in project.raw(project.letters[2])


@pytest.mark.parametrize(("raw", "needed", "kept"), [
    (b'{"event":"view","anonymous_id":"ann","properties":1}', REQUIRED, True),
    (b'{"event":"view","anonymous_id":"eve","properties":1}', REQUIRED, False),
    (b'{"event":"view","anonymous_id":"eve","properties":1}', Needs(), True),
    (b'{"event":"view","anonymous_id":"eve","properties":1}', Needs(events={"offer": "x"}), True),
    (b'{"event":"offer","anonymous_id":"eve","context":1}', Needs(events={"offer": "x"}), False),
    (b'{"event":["eve"],"anonymous_id":"eve"}', Needs(events={"offer": "x"}), False),
    (b'{"event":"view","anonymous_id":"eve","context":1}',
     Needs(properties={"view": {"mail": "x"}}), False),
    (b'{"event":"view","anonymous_id":"eve"', REQUIRED, False),
    (b'"eve"', REQUIRED, False),
    (b"[" * 100_000 + b'"eve"', REQUIRED, False),
])  # fmt: skip
def test_an_unreadable_event_is_kept_whole_only_where_its_person_agreed(
    project, raw: bytes, needed: Needs, kept: bool
) -> None:
    """Else its error alone; whose it is is read as far as it can be."""
    project.take([consent(True)], at=NOON)
    project.rules = Rules(needs=needed)
    assert len(project.take([native.claim(raw)], at=NOON).rejected) == 1
    (letter,) = project.letters
    assert letter.code and project.raw(letter) == (raw if kept else b"")


def test_what_an_event_changes_of_a_property_needs_its_purpose_too(project) -> None:
    """Whichever way it is said, sealed or not, and in an import's events; the rest is changed."""
    plan = plans.read(
        'events.signup.properties = { company = { type = "text", purpose = "marketing" },'
        ' home = { type = "text", purpose = "marketing", personal = true } }'
    )
    project.rules = Rules(plan, needs=needs(plan, PURPOSES, (), (), True))
    changed = {"company": "ACME", "home": "Street 1", "tier": "gold", "email": "a@example.org"}
    event = Event("signup", anonymous_id="ann", timestamp=NOON, properties={"company": "ACME"},
                  profile_ops=[ProfileChange("set", changed)])  # fmt: skip
    project.take([event], at=NOON)
    group = Group()
    project.door.admit_step(group, [event], NOON, Step("file", 0, 1))
    (imported,) = group.events
    for kept in (project.events[0], imported):
        assert kept.properties == {}
        changes = [each["values"] for each in kept.extra["profile_ops"] if each["values"]]
        assert changes == [{"tier": "gold"}]
        (own,) = project.unsealed(kept)["extra"]["profile_ops"]
        assert own["values"] == {"email": "a@example.org"}
    left = left_out(project.folder / "consent.sqlite")
    assert left == [("2024-10-04", "marketing", "property", 2)]


def test_what_is_said_in_no_known_shape_says_nothing(project) -> None:
    """Documents that are no list are none; the event is kept."""
    odd = view(consent={"granted": True, "documents": None})
    assert project.take([odd], at=NOON).accepted == 1


HOUR = 3_600 * SECOND


def test_a_withdrawal_by_a_clock_that_is_behind_counts(strict) -> None:
    """It came after the agreement, so it holds; who agrees anew by that clock has agreed."""
    strict.take([consent(True, at=NOON)], at=NOON)
    strict.take([consent(False, at=NOON - HOUR)], at=NOON + HOUR)
    assert strict.take([view()], at=NOON + HOUR).withheld == 1
    strict.take([consent(True, at=NOON)], at=NOON + 2 * HOUR)
    assert strict.take([view()], at=NOON + 2 * HOUR).accepted == 1


def test_a_withdrawal_of_history_is_of_its_time(strict) -> None:
    """An import of old years takes nothing back that was said since."""
    strict.take([consent(True, at=NOON)], at=NOON)
    strict.take([consent(False, at=NOON - HOUR, time_is_true=True)], at=NOON + HOUR)
    assert strict.take([view()], at=NOON + HOUR).accepted == 1
    assert [r.history for r in records(strict)] == [False, True]
    strict.take([consent(False, at=NOON + 1, time_is_true=True)], at=NOON + HOUR)
    assert strict.take([view()], at=NOON + HOUR).withheld == 1


def test_a_file_of_before_is_made_again(make_project) -> None:
    """One that knew less of each record hears them all again, and keeps what it alone knows."""
    first = make_project()
    first.rules = Rules(needs=REQUIRED)
    first.take([consent(True), view("bob")], at=NOON)
    older = apsw.Connection(str(Path(first.folder) / "consent.sqlite"))
    older.execute("DROP TABLE said; DROP TABLE upto; CREATE TABLE words(node INTEGER);"
                  "CREATE TABLE heard(position INTEGER); INSERT INTO heard VALUES(99)")  # fmt: skip
    older.close()
    again = make_project()
    again.rules = Rules(needs=REQUIRED)
    assert again.take([view(), view("bob")], at=NOON).accepted == 1
    assert left_out(again.folder / "consent.sqlite")[0][3] == 2

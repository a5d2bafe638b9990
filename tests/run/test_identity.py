"""Who is who, from what clients send to what questions count."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from ethogram.ask.questions.funnel import Funnel
from ethogram.events.errors import Invalid, NotFound
from ethogram.events.event import Event, Link
from ethogram.events.times import iso, now
from ethogram.people.links import Kind
from ethogram.run import assembly, following
from ethogram.run.merging import Merging, node_of, person_of
from ethogram.run.reading import Reading
from ethogram.run.settings import Settings
from ethogram.run.workspace import Workspace, open_workspace
from ethogram.show.api.ports import Person
from ethogram.store.log.entries import Joined, Parted, Statement

STEPS = ("catalog", "cart", "buy")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A new workspace."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return open_workspace(tmp_path / "shop")


class Shop:
    """Both halves of a project, which can be opened anew."""

    def __init__(self, workspace: Workspace, settings: Settings, project: str) -> None:
        self._of = workspace, project
        self.writing = assembly.writing(workspace, project, settings)
        self.reading = self._opened(settings)

    def _opened(self, settings: Settings) -> Reading:
        workspace, project = self._of
        return assembly.reading(workspace, project, self.writing, settings)

    def say(self, events: Sequence[Event]) -> None:
        self.writing.append_claims(list(events))
        self.reading.catch_up()

    def reached(self, steps: Sequence[str] = STEPS) -> list[int]:
        return [row["people"] for row in self.reading.ask(Funnel(tuple(steps))).rows]

    def reopen(self, settings: Settings | None = None) -> None:
        self.reading.close()
        self.reading = self._opened(settings or Settings())

    def node(self, kind: str, name: str) -> int:
        found = self.writing.vault.find(kind, name)
        assert found is not None
        return found

    def close(self) -> None:
        self.reading.close()
        self.writing.close()


@pytest.fixture
def shop(workspace: Workspace) -> Iterator[Shop]:
    """A project without events."""
    made = Shop(workspace, Settings(), "default")
    yield made
    made.close()


def merging_of(shop: Shop) -> Merging:
    """How ids are merged and parted there."""

    def show(said: str) -> Person:
        shop.reading.catch_up()
        node = node_of(said, shop.writing.vault, shop.reading)
        return person_of(shop.reading.people, node)

    def append(statements: Sequence[Statement]) -> None:
        shop.writing.append_statements(statements)
        shop.reading.catch_up()

    return Merging(show, append)


def test_a_visitor_who_signs_in_is_one_person(shop: Shop) -> None:
    """What was seen before the sign-in counts for the user, on every one of their devices."""
    shop.say([Event("catalog", anonymous_id="web"), Event("cart", anonymous_id="phone")])
    assert shop.reached(["catalog", "cart"]) == [1, 0]
    shop.say([Event("signed_in", user_id="ann", anonymous_id="web", kind="identify"),
              Event("signed_in", user_id="ann", anonymous_id="phone", kind="identify"),
              Event("buy", user_id="ann")])  # fmt: skip
    assert shop.reached() == [1, 1, 1]


def test_two_users_of_one_browser_stay_two(shop: Shop) -> None:
    """A visitor becomes the first user only; the second one keeps what is their own."""
    said = [("catalog", None), ("cart", "ann"), ("catalog", "ben"), ("buy", "ben")]
    shop.say([Event(name, user_id=user, anonymous_id="web", timestamp=1_700_000_000 + i)
              for i, (name, user) in enumerate(said)])  # fmt: skip
    assert shop.reached(["catalog", "cart"]) == [2, 1]
    assert shop.reached(["catalog", "buy"]) == [2, 1]


def test_what_is_joined_can_be_parted_and_stays_so(shop: Shop) -> None:
    """After the parting every person is who they were, also when opened again or built anew."""
    shop.say([Event("catalog", user_id="ann"), Event("cart", user_id="ben")])
    ends = sorted((shop.node("user", "ann"), shop.node("user", "ben")))
    joined, parted = Joined(*ends, now()), Parted(Kind.JOINED, *ends, now())
    for statement, counts in ((joined, [1, 1]), (parted, [1, 0])):
        shop.writing.append_statements([statement])
        shop.reading.catch_up()
        assert shop.reached(["catalog", "cart"]) == counts
        shop.reading.settle()
        shop.reopen()
        assert shop.reached(["catalog", "cart"]) == counts
    assert [each.counts for each in shop.reading.people.links(ends[0])] == [False]


@pytest.mark.parametrize("word", ["identify", "alias", "merge"])
@pytest.mark.parametrize("when", ["earlier", "later"])
def test_whom_somebody_parted_no_word_of_clients_links(shop: Shop, word: str, when: str) -> None:
    """Whatever word it is and whenever it was said; what somebody in charge joins is joined."""
    seen = 1_700_000_000
    shop.say([Event("catalog", anonymous_id="web", timestamp=seen),
              Event("cart", user_id="ann", anonymous_id="web", timestamp=seen + 1)])  # fmt: skip
    merging = merging_of(shop)
    assert merging.unmerge("anonymous:web", "user:ann") == 1
    assert shop.reached(["catalog", "cart"]) == [1, 0]
    web = Link(word, "web", "ann", a_kind="anonymous")
    at = seen - 9 if when == "earlier" else seen + 9
    shop.say([Event("login", user_id="ann", timestamp=at, identity_links=[web])])
    assert shop.reached(["catalog", "cart"]) == [1, 0]
    shop.reading.settle()
    shop.reopen()
    assert shop.reached(["catalog", "cart"]) == [1, 0]
    merging = merging_of(shop)
    merging.merge("user:ann", "anonymous:web")
    assert merging.show("user:ann").ids == merging.show("anonymous:web").ids
    assert shop.reached(["catalog", "cart"]) == [1, 1]


def test_a_number_that_nobody_has_is_not_found(shop: Shop) -> None:
    """Nothing is written of it; one that somebody has is theirs."""
    shop.say([Event("catalog", user_id="ann")])
    merging, ann, end = merging_of(shop), f"person:{shop.node('user', 'ann')}", shop.reading.log.end
    for pair in ((ann, "person:123"), ("person:456", ann)):
        with pytest.raises(NotFound):
            merging.merge(*pair)
    assert shop.reading.log.end == end
    assert merging.show(ann).person == ann.removeprefix("person:")


def test_a_question_can_be_asked_of_persons_as_of_a_time(shop: Shop) -> None:
    """Ids count as they were known then, whatever was joined or parted since."""
    shop.say([Event("catalog", user_id="ann"), Event("cart", user_id="ben")])
    ends = sorted((shop.node("user", "ann"), shop.node("user", "ben")))
    start = now()
    shop.writing.append_statements([Joined(*ends, start + 1_000)])
    shop.writing.append_statements([Parted(Kind.JOINED, *ends, start + 2_000)])
    shop.reading.catch_up()

    def reached(at: int) -> list[int]:
        spec = Funnel(("catalog", "cart"), persons_as_of=iso(at))
        return [row["people"] for row in shop.reading.ask(spec).rows]

    assert [reached(start + at) for at in (0, 1_500, 2_500)] == [[1, 0], [1, 1], [1, 0]]
    assert reached(start + 1_500) == [1, 1]
    with pytest.raises(Invalid, match="device"):
        shop.reading.ask(Funnel(("catalog", "cart"), persons_as_of=iso(start), unit="device"))


def test_another_policy_is_another_view_of_the_same_links(shop: Shop) -> None:
    """Nothing has to be sent again: opened with another policy, persons are that policy's."""
    shop.say([Event("catalog", anonymous_id="a", device_id="tv"),
              Event("buy", anonymous_id="b", device_id="tv"),
              Event("login", user_id="ann", identity_links=[Link("alias", "cleo", "ann")]),
              Event("cart", user_id="cleo"), Event("catalog", user_id="ann")])  # fmt: skip
    found = {}
    for policy in ("posthog", "mixpanel", "device-first", "posthog"):
        shop.reading.settle()
        shop.reopen(Settings(identity=policy))
        found[policy] = shop.reached(["catalog", "buy"]), shop.reached(["cart", "catalog"])
    assert found == {
        "posthog": ([2, 0], [1, 1]),
        "mixpanel": ([2, 0], [1, 0]),
        "device-first": ([2, 1], [1, 1]),
    }


@pytest.mark.parametrize("seed", range(4))
def test_the_funnel_of_merged_people_is_that_of_the_joined_stream(
    workspace: Workspace, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Links may come early, late or shuffled, in parts, across restarts and builds of the index."""
    chance = random.Random(seed)
    told, plain = _stream(chance)
    chance.shuffle(told)
    merged, joined = (Shop(workspace, Settings(), name) for name in ("default", "joined"))
    joined.say(plain)
    while told:
        part, told = told[:40], told[40:]
        merged.say(part)
        match chance.randrange(4):
            case 0:
                merged.reading.index.fold()
                merged.reopen()
            case 1:
                merged.reading.settle()
            case 2:
                with monkeypatch.context() as bulk:
                    bulk.setattr(following, "BULK_ENTRIES", 0)
                    merged.reading.catch_up()
            case _:
                pass
    for _ in range(2):
        assert merged.reached() == joined.reached()
        assert merged.reached()[0] > 5
        merged.reading.settle()
        merged.reopen()
    merged.close()
    joined.close()


def _stream(chance: random.Random) -> tuple[list[Event], list[Event]]:
    """Events of some people under their many ids, and the same under one id each."""
    start, told, plain = 1_700_000_000, list[Event](), list[Event]()
    for person in range(30):
        user, visitors = f"user-{person}", [f"visitor-{person}-{i}" for i in range(3)]
        for visitor in visitors:
            event = Event("login", user_id=user, anonymous_id=visitor, timestamp=start)
            told.append(event)
        for step in range(chance.randrange(6)):
            name, who = chance.choice(STEPS), chance.choice([user, *visitors])
            at = start + step * 100 + chance.randrange(90)
            ids = {"user_id": user} if who is user else {"anonymous_id": who}
            told.append(Event(name, timestamp=at, **ids))
            plain.append(Event(name, timestamp=at, user_id=user))
    return told, plain

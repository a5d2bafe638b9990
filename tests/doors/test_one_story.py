"""The same story told through every dialect: the same funnel, the same people, the same money."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.contracts.arrived import Arrived, arrived
from tests.doors import calls
from tests.doors.hits import visitor
from tests.doors.sent import Sent
from tests.doors.story import Moment, converted, revenue, story
from tests.doors.tellers import TELLERS, Teller
from tests.serving import Served, eventually, served

import ethogram as eg
from ethogram.events.times import MINUTE, parse

CLIENT = Teller("client", lambda moments, names: [], companies=False)
"""Our own Python client, which is told events and not requests; their door is the native one."""
EVERY = (*TELLERS, CLIENT)
AGAIN = 100
"""So many of the first moments are told twice."""


class Told:
    """A server that has heard the story by every teller, and what it kept of it."""

    def __init__(self, server: Served, folder: Path) -> None:
        self.server = server
        self.http = httpx.Client(base_url=server.url, timeout=60)
        self.stories = {teller.name: story(teller.name) for teller in EVERY}
        for teller in TELLERS:
            self.tell(teller, self.stories[teller.name])
        with eg.connect(server.url, server.keys["write"], folder=folder, every=0.05) as shop:
            for moment in self.stories["client"]:
                shop.send(_said(moment))
            assert shop.flush()
        self._devices = {visitor(each.device): each.device for each in self.stories["matomo"]}
        self.events = self._events()

        self._await_last(self.stories["client"][-1])

    def _await_last(self, moment: Moment) -> None:
        """What came last is asked for too, and so is all that came before."""
        name, when = CLIENT.names[moment.what], moment.at.isoformat()
        spec = {"question": "trends", "series": [{"event": name}], "from": when}
        for _ in eventually("the last event is asked for"):
            answer = self.http.post("/api/ask", json=spec, headers=self.server.reading)
            if answer.is_success and sum(n for _, n in answer.json()["series"][0]["points"]):
                return

    def tell(self, teller: Teller, moments: list[Moment]) -> None:
        """Tell ``moments``, and be answered with success."""
        for sent in teller.told(moments):
            answer = self._send(sent.by(self.server.keys["write"]))
            assert answer.is_success, (teller.name, answer.text)

    def _send(self, sent: Sent) -> httpx.Response:
        headers = dict(sent.headers)
        return self.http.request(sent.method, sent.path, content=sent.body, headers=headers)

    def ask(self, **spec: Any) -> dict[str, Any]:
        """The answer to a question."""
        answer = self.http.post("/api/ask", json=spec, headers=self.server.reading)
        assert answer.is_success, answer.text
        return answer.json()

    def _events(self) -> dict[str, list[Arrived]]:
        """What is kept, by the teller whose people they are."""
        found: dict[str, list[Arrived]] = {teller.name: [] for teller in EVERY}
        for event in arrived(self.server):
            found[self.name(event.who[1]).partition("-")[0]].append(event)
        return found

    def name(self, id_: str) -> str:
        """The person or the device that an id is, which some dialects write in their own way."""
        return self._devices.get(id_) or id_.removeprefix("$device:")

    def again(self) -> dict[str, int]:
        """How many events more there are of each teller since it told the story."""
        return {name: len(now) - len(self.events[name]) for name, now in self._events().items()}


def _said(moment: Moment) -> eg.Event:
    """A moment as our own client is told it."""
    paid = calls.paid(moment)
    return eg.Event(
        CLIENT.names[moment.what], user_id=moment.user, anonymous_id=moment.device,
        timestamp=moment.at.isoformat(), event_id=f"client {moment.id}", properties=paid,
        value=paid.get("revenue"), currency=paid.get("currency"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with served(load_every=0.5) as server:
        yield Told(server, tmp_path_factory.mktemp("client"))


@pytest.fixture(params=EVERY, ids=lambda teller: teller.name)
def teller(request: pytest.FixtureRequest) -> Teller:
    return request.param


def moments(told: Told, teller: Teller) -> list[Moment]:
    """What the teller has words for."""
    return [each for each in told.stories[teller.name] if teller.logins or each.what != "identify"]


def test_each_moment_is_kept(told: Told, teller: Teller) -> None:
    """By its name, of its person, at its time, once; a slow answer is a wrong clock, too."""
    said = sorted((teller.names[each.what], each.user or each.device, parse(each.at))
                  for each in moments(told, teller))  # fmt: skip
    kept = sorted((each.event, told.name(each.who[1]), each.at)
                  for each in told.events[teller.name])  # fmt: skip
    assert [each[:2] for each in kept] == [each[:2] for each in said]
    assert all(abs(a[2] - b[2]) < MINUTE for a, b in zip(kept, said, strict=True))


def test_the_funnel_is_the_same(told: Told, teller: Teller) -> None:
    """As many people look, put into the cart and pay as in the story, whatever their devices."""
    steps = ("view", "cart", "pay")
    wanted = converted(told.stories[teller.name], *steps, ties=teller.ties)
    spec = {"question": "funnel", "steps": [{"event": teller.names[step]} for step in steps]}
    assert [step["people"] for step in told.ask(**spec)["steps"]] == wanted
    assert wanted[0] > wanted[1] > wanted[2] > 0


def test_who_is_who_is_said(told: Told, teller: Teller) -> None:
    """Which devices are whose is on the events, by a link or by both ids on one event."""
    said = {(each.device, each.user) for each in moments(told, teller) if each.user}
    found = set[tuple[str, str]]()
    for event in told.events[teller.name]:
        found |= {(a, b) for (_, a), (_, b) in event.links}
        if event.anonymous and event.who[0] == "user":
            found.add((event.anonymous, event.who[1]))
    assert {(told.name(a), b) for a, b in found} == (said if teller.ties else set())


def test_the_money_is_the_same(told: Told, teller: Teller) -> None:
    """To the cent: on the events, with its currency, and in an answer."""
    wanted = revenue(told.stories[teller.name])
    sold = [each for each in told.events[teller.name] if each.event == teller.names["pay"]]
    name = teller.names["pay"]
    series = [{"event": name, "measure": "sum", "property": teller.revenue}]
    (line,) = told.ask(question="trends", series=series, interval="month")["series"]
    assert abs(Decimal(sum(value for _, value in line["points"])) - wanted) < Decimal("1e-6")
    if teller.sells:
        assert sum(Decimal(str(each.extra["value"])) for each in sold) == wanted
    if teller.sells and teller.currencies:
        assert {each.extra["currency"] for each in sold} == {"EUR"}


def test_companies_are_the_same(told: Told, teller: Teller) -> None:
    """Who acts for which company, where the dialect has groups."""
    said = {(each.user, each.company) for each in told.stories[teller.name] if each.company}
    found = {(each.who[1], group) for each in told.events[teller.name]
             for type_, group in each.groups.items() if type_ == "company"}  # fmt: skip
    assert found == (said if teller.companies else set())


def test_what_is_told_again_is_known_by_its_own_dialect(told: Told) -> None:
    """The ids are the same in every dialect, and each dialect's are its own."""
    wanted = dict.fromkeys(told.stories, 0)
    for teller in TELLERS:
        again = told.stories[teller.name][:AGAIN]
        told.tell(teller, again)
        wanted[teller.name] = sum(each.what in teller.again for each in again)
    assert told.again() == wanted


def test_the_books_balance(told: Told) -> None:
    """Log, lake and index agree about what came through twelve doors."""
    assert told.server.document("verify")["ok"]

"""Our Python client sends to a running server, through trouble of every kind: once and all."""

import asyncio
import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from tests.contracts.faulty import BROKEN, BUSY, CUT, Exchange, faulty
from tests.faults.ledger import Ledger, stored
from tests.serving import Served, eventually, served

import ethogram as eg

EVENTS = 400


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with served(load_every=0.5) as server:
        yield server


def test_events_arrive_once_through_every_fault(server: Served, tmp_path) -> None:
    """429, 500, an answer that is lost, a kill and a start: none is lost, none is there twice."""
    ledger = Ledger()
    with (
        faulty(server.url) as proxy,
        eg.connect(proxy.url, server.keys["write"], folder=tmp_path, every=0.05) as shop,
    ):
        proxy.fail(BUSY, BROKEN, CUT)
        ids = [shop.track("Viewed", user_id=f"user {i % 70}", properties={"price": i})
               for i in range(EVENTS)]  # fmt: skip
        ledger.send(ids)
        for _ in eventually("the faults have happened"):
            if not proxy.failing:
                break
        server.kill()
        more = [shop.track("Bought", user_id="user 1") for _ in range(EVENTS)]
        ledger.send(more)
        server.start()
        assert shop.flush()
    ledger.acknowledge([*ids, *more])
    ledger.assert_agrees(server.folder)
    assert list(tmp_path.iterdir()) == []


def test_what_a_crash_left_is_sent_at_the_next_start(server: Served, tmp_path) -> None:
    """The process is killed right after it tracked, before anything was sent."""
    code = (
        "import os, sys, ethogram as eg\n"
        "shop = eg.connect(sys.argv[1], sys.argv[2], folder=sys.argv[3], every=60)\n"
        "print(*[shop.track('Viewed', user_id='u') for _ in range(50)], flush=True)\n"
        "os.kill(os.getpid(), 9)"
    )
    words = [sys.executable, "-c", code, "http://127.0.0.1:9", server.keys["write"], str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == -9
    ledger = Ledger()
    ledger.send(everything(server))
    ledger.send(done.stdout.split())
    with eg.connect(server.url, server.keys["write"], folder=tmp_path, every=0.05) as shop:
        assert shop.flush()
    ledger.acknowledge(done.stdout.split())
    ledger.assert_agrees(server.folder)


def test_the_client_of_an_event_loop_does_the_same(server: Served, tmp_path) -> None:
    """Nothing waits for the network but what says so."""
    ledger = Ledger()
    ledger.send(everything(server))

    async def story() -> list[str]:
        with faulty(server.url) as proxy:
            proxy.fail(BROKEN, CUT)
            client = eg.AsyncClient(proxy.url, server.keys["write"], folder=tmp_path, every=0.05)
            async with client as shop:
                ids = [shop.track("Viewed", user_id="u") for _ in range(EVENTS)]
                assert await shop.flush()
            assert proxy.repeated(ids_of) == set()
        return ids

    ids = asyncio.run(story())
    ledger.send(ids)
    ledger.acknowledge(ids)
    ledger.assert_agrees(server.folder)


class Order(Aggregate):
    """An aggregate as its library's users write them."""

    @event("Placed")
    def __init__(self, customer: str, total: int) -> None:
        self.customer = customer
        self.total = total

    @event("Paid")
    def pay(self) -> None:
        self.paid = True


class Orders(Application):
    name = "orders"

    def place(self, customer: str, total: int) -> UUID:
        order = Order(customer, total)
        self.save(order)
        return order.id

    def pay(self, order: UUID) -> None:
        found = self.repository.get(order)
        found.pay()
        self.save(found)


def test_an_event_sourced_application_publishes_its_events(server: Served, tmp_path) -> None:
    """What its notification log holds can be asked about, once, however often it is read."""
    orders = Orders()
    placed = [orders.place(f"customer {i}", 10 * i) for i in range(120)]
    with eg.connect(server.url, server.keys["write"], folder=tmp_path, every=0.05) as shop:
        user = lambda state: state.get("customer")  # noqa: E731
        first = eg.Notifications(orders, shop, user=user).pull()
        for order in placed[:30]:
            orders.pay(order)
        assert first.position == 120
        assert first.pull().position == 150
        eg.Notifications(orders, shop, user=user).pull()
        assert shop.flush()
    asked = {"question": "trends", "interval": "year",
             "series": [{"event": "Order.Placed"}, {"event": "Order.Paid"}]}  # fmt: skip
    for _ in eventually("the events can be asked about"):
        answer = httpx.post(f"{server.url}/api/ask", json=asked, headers=server.reading)
        if answer.is_success and totals(answer.json()) == [120, 30]:
            break


def totals(answer: dict[str, Any]) -> list[float]:
    """The sum of each series."""
    return [sum(value for _, value in one["points"]) for one in answer["series"]]


def everything(server: Served) -> list[str]:
    """The ids of all events that the server has."""
    return list(stored(server.folder, "event_id"))


def ids_of(exchange: Exchange) -> list[str]:
    """The ids of a request's events."""
    body = exchange.body
    body = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
    return [each["event_id"] for each in json.loads(body)]

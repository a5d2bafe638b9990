"""Kills of a served workspace while clients send: rows 6 and 7 of the programme."""

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx
from tests.faults.ledger import Ledger
from tests.serving import Served

CLIENTS = 3


def send(server: Served, name: str, ledger: Ledger, chance: random.Random, stop: threading.Event):
    """One client: batches of events, each sent again until acknowledged or, rarely, given up."""
    number = 0
    with httpx.Client(headers=server.writing, timeout=30) as client:
        while not stop.is_set():
            ids = [f"{name}-{number + i}" for i in range(chance.randint(1, 60))]
            number += len(ids)
            body = [
                {"event": "view", "event_id": id_, "user_id": f"u{chance.randrange(500)}",
                 "properties": {"price": i, "email": "ann@example.org"}}
                for i, id_ in enumerate(ids)
            ]  # fmt: skip
            ledger.send(ids)
            while not stop.is_set() and not _posted(client, server, body):
                if chance.random() < 0.05:
                    break
                time.sleep(0.02)
            else:
                if not stop.is_set():
                    ledger.acknowledge(ids)


def _posted(client: httpx.Client, server: Served, body: list[dict[str, object]]) -> bool:
    with suppress(httpx.TransportError):
        answer = client.post(server.url + "/v1/events", json=body)
        if answer.status_code == 200:
            said = answer.json()
            assert said["accepted"] + said["duplicates"] == len(body), said
            return True
    return False


@contextmanager
def clients(server: Served, ledger: Ledger, chance: random.Random) -> Iterator[None]:
    """Clients that send for as long as the block runs."""
    stop = threading.Event()
    seed = chance.getrandbits(30)
    threads = [
        threading.Thread(
            target=send,
            args=(server, f"{seed}-{i}", ledger, random.Random(seed + i), stop),
        )
        for i in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def kill_while_serving(server: Served, ledger: Ledger, chance: random.Random, kills: int) -> int:
    """Kill one process or the other at random moments, ``kills`` times; start again at once.

    Some come soon after the doors open, some while the lake is loaded too, some while the server
    starts. It runs at the end. The number of kills may be a little larger, and is returned.
    """
    done = 0
    with clients(server, ledger, chance):
        while done < kills:
            if chance.random() < 0.3:
                server.ready()
            time.sleep(chance.expovariate(2))
            if chance.random() < 0.6 and kill_asker(server):
                done += 1
                time.sleep(chance.uniform(0, 1))
            server.kill()
            done += 1
            if chance.random() < 0.2:
                server.launch()
                time.sleep(chance.uniform(0, 2))
                server.kill()
                done += 1
            server.start()
    return done


def kill_asker(server: Served) -> bool:
    """SIGKILL to the process that loads and asks; whether there was one."""
    asker = server.asker()
    if asker is None:
        return False
    with suppress(ProcessLookupError):
        os.kill(asker, signal.SIGKILL)
    return True

"""What is sent more than once is kept once (rows 19 and 20)."""

import random
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest
from tests.faults.ledger import Ledger
from tests.serving import Served, served

SEED = 20260718


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with served(load_every=0.2) as server:
        yield server


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    """Of all that this module's tests send to the one server."""
    return Ledger()


@pytest.fixture(scope="module")
def client(server: Served) -> Iterator[httpx.Client]:
    with httpx.Client(headers=server.writing, timeout=60) as client:
        yield client


def post(client: httpx.Client, url: str, ids: list[str]) -> dict[str, int]:
    """What the server says to events with these ids."""
    body = [{"event": "view", "user_id": "u", "event_id": id_} for id_ in ids]
    answer = client.post(url + "/v1/events", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_storm_of_duplicates_is_kept_once(
    server: Served, client: httpx.Client, ledger: Ledger
) -> None:
    """Batches sent one to five times, at once and overlapping: each event is accepted once."""
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    batches = [[f"storm-{turn * 15 + i}" for i in range(20)] for turn in range(60)]
    storm = [batch for batch in batches for _ in range(chance.randint(1, 5))]
    chance.shuffle(storm)
    ids = {id_ for batch in batches for id_ in batch}
    ledger.send(list(ids))
    with ThreadPoolExecutor(12) as pool:
        said = list(pool.map(lambda batch: post(client, server.url, batch), storm))
    ledger.acknowledge(list(ids))
    assert sum(each["accepted"] for each in said) == len(ids)
    assert sum(each["duplicates"] for each in said) == 20 * len(storm) - len(ids) > 0
    ledger.assert_agrees(server.folder)


def test_a_retry_after_a_lost_answer_is_kept_once(
    server: Served, client: httpx.Client, ledger: Ledger
) -> None:
    """The proxy drops the answer; the client sends again, and is told that they are duplicates."""
    ids = [f"lost-{i}" for i in range(30)]
    ledger.send(ids)
    with answers_lost(server.port) as (url, dropped):
        with pytest.raises(httpx.TransportError):
            post(client, url, ids)
        assert dropped.wait(30)
    said = post(client, server.url, ids)
    ledger.acknowledge(ids)
    assert (said["accepted"], said["duplicates"]) == (0, 30)
    ledger.assert_agrees(server.folder)


@contextmanager
def answers_lost(port: int) -> Iterator[tuple[str, threading.Event]]:
    """A proxy that passes one request on and closes when the answer comes; (its URL, it did)."""
    listener = socket.create_server(("127.0.0.1", 0))
    dropped = threading.Event()

    def work() -> None:
        client, _ = listener.accept()
        with client, socket.create_connection(("127.0.0.1", port)) as upstream:
            while chunk := _received(client):
                upstream.sendall(chunk)
            assert upstream.recv(1 << 16).startswith(b"HTTP/1.1 200")
        dropped.set()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", dropped
    finally:
        thread.join()
        listener.close()


def _received(client: socket.socket) -> bytes:
    """What came, empty once the request has ended: nothing more comes for a while."""
    client.settimeout(1)
    try:
        return client.recv(1 << 16)
    except TimeoutError:
        return b""

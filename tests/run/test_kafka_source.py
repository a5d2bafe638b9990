"""Topics of a real broker are a source: each message comes in once, whatever is killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from confluent_kafka import Producer
from tests.brokers import broker
from tests.serving import eventually, served

import ethogram as eg
from ethogram.collect.door import Step
from ethogram.events.errors import Broken, Invalid
from ethogram.store.log.kafka import Topic


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with broker() as address:
        yield address


@pytest.fixture(autouse=True)
def _keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "keys"))


def send(address: str, topic: str, messages: list[Any], **more: Any) -> None:
    """Produce ``messages``, JSON unless they are bytes or None."""
    producer = Producer({"bootstrap.servers": address})
    for message in messages:
        plain = message is None or isinstance(message, bytes)
        producer.produce(topic, message if plain else msgspec.json.encode(message), **more)
        producer.poll(0)
    assert producer.flush(60) == 0


def source(address: str, topic: str, **table: Any) -> dict[str, Any]:
    return {"kafka": {"servers": address}, "tables": {topic: table or {"native": True}}}


def seen(shop: Any) -> dict[str, int]:
    """How many people did each event."""
    found = shop.sql("SELECT event, count(DISTINCT person) FROM events GROUP BY event")
    return dict(found.to_rows().rows)


def test_native_events_come_in_once_and_go_on(address: str, tmp_path: Path) -> None:
    """A second run brings only what is new; times are the event's, else the message's."""
    with eg.open(tmp_path / "shop") as shop:
        shop.sources.add("stream", source(address, "native"))
        send(address, "native", [{"event": "catalog", "user_id": str(i)} for i in range(50)],
             timestamp=1_770_000_000_000)  # fmt: skip
        assert shop.sources.run("stream").rows.accepted == 50
        assert shop.sources.run("stream").rows.read == 0
        send(address, "native", [{"event": "cart", "user_id": str(i)} for i in range(20)])
        assert shop.sources.run("stream").rows.accepted == 20
        assert seen(shop) == {"catalog": 50, "cart": 20}
        found = shop.sql("SELECT min(timestamp)::DATE::VARCHAR AS day FROM events")
        assert found.to_rows().rows == [["2026-02-02"]]
        assert shop.verify().ok


def test_objects_become_events_by_their_fields(address: str, tmp_path: Path) -> None:
    """A table's mapping holds for messages; what is no event lies among the dead letters."""
    with eg.open(tmp_path / "shop") as shop:
        events = {"event": "what", "user": "who.id", "time": "at", "id": "no"}
        shop.sources.add("stream", source(address, "objects", events=events))
        row = {"what": "cart", "who": {"id": 7}, "at": "2026-03-01", "no": "a", "price": 3}
        odd = [b"{", b"[1]", None, row | {"who": None}, row | {"at": "soon"}, b"\xff"]
        send(address, "objects", [row, *odd, row | {"no": "b"}, row])
        done = shop.sources.run("stream").rows
        assert (done.read, done.accepted, done.duplicates, done.rejected) == (9, 2, 1, 5)
        assert shop.verify().ok


def test_a_kill_loses_and_doubles_nothing(address: str, tmp_path: Path) -> None:
    """A run that is killed at any moment is gone on with exactly where it was."""
    topic, events = "killed", 30_000
    send(address, topic, [{"event": "catalog", "user_id": str(i)} for i in range(events)])
    with eg.open(tmp_path / "shop") as shop:
        shop.sources.add("stream", source(address, topic))
    command = [sys.executable, "-c", "from ethogram.run.cli.app import main; main()",
               "sources", "run", "stream", "-w", str(tmp_path / "shop"), "--json"]  # fmt: skip
    log = tmp_path / "shop" / "projects" / "default" / "log.sqlite-wal"
    for least in (200_000, 1_500_000):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as running:
            for _ in eventually("some messages are in"):
                if running.poll() is not None or (log.exists() and log.stat().st_size > least):
                    break
            running.send_signal(signal.SIGKILL)
    done = subprocess.run(command, capture_output=True, check=True, env=os.environ)
    assert msgspec.json.decode(done.stdout)["accepted"] <= events
    with eg.open(tmp_path / "shop") as shop:
        assert seen(shop) == {"catalog": events}
        assert shop.sql("SELECT count(*) FROM events").to_rows().rows == [[events]]
        assert shop.verify().ok


def test_a_topic_that_lost_messages_is_told(address: str, tmp_path: Path) -> None:
    """What comes in their place is not passed over without a word."""
    send(address, "lost", [{"event": "catalog", "user_id": "1"}])
    with eg.open(tmp_path / "shop") as shop:
        shop.sources.add("stream", source(address, "lost"))
        shop.sources.run("stream")
        with closing(Topic(address, "lost")) as topic, shop.importing() as target:
            mark = f"source:stream:{topic.id}:0"
            target.append_claims([], Step(mark, target.imported(mark), 9))
        with pytest.raises(Broken, match="ends at 1, and 9 of it were read"):
            shop.sources.run("stream")


def test_a_secret_of_a_cluster_is_in_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client repeats an option that it does not know, and the address."""
    monkeypatch.setenv("PLACE", "hidden-host:9")
    monkeypatch.setenv("WAY", "hidden-way")
    said = source("${PLACE}", "any")
    said["kafka"]["options"] = {"security.protocol": "${WAY}"}
    with eg.open(tmp_path / "shop") as shop:
        shop.sources.add("stream", said)
        with pytest.raises(Invalid, match=r"security\.protocol") as failed:
            shop.sources.run("stream")
        (status,) = shop.sources.list()
    assert "hidden" not in f"{failed.value.as_dict()} {status}"


def test_a_server_reads_a_topic_on_its_schedule(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is sent while a server runs comes in by itself."""
    with served(load_every=0.2) as server:
        for name in ("XDG_CONFIG_HOME", "TMPDIR"):
            monkeypatch.setenv(name, server.environment[name])
        with eg.open(server.ready().folder) as shop:
            shop.sources.add("stream", source(address, "live") | {"every": "10s"})
            send(address, "live", [{"event": "catalog", "user_id": "1"}])
            for _ in eventually("the message is seen", 90):
                if seen(shop) == {"catalog": 1}:
                    break

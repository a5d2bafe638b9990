"""The load generator: batches of events by raw HTTP/1.1, as fast as answered or at a pace."""

import asyncio
import random
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

COUNTRIES = ("DE", "FR", "US", "IN", "BR", "JP", "NG", "GB", "MX", "SE")
NAMES = ("view", "cart", "checkout", "payment", "search")


@dataclass
class Answers:
    """What came back: (sent, answered, accepted) per batch, by the monotonic clock."""

    batches: list[tuple[float, float, int]] = field(default_factory=list)
    refused: int = 0

    @property
    def accepted(self) -> int:
        """Events accepted by all batches."""
        return sum(accepted for _, _, accepted in self.batches)


def bodies(batches: int, people: int, size: int = 100, seed: int = 7) -> Iterator[bytes]:
    """JSON arrays of ``size`` events of about 400 bytes: ids, a user, five properties.

    One property, the e-mail, is personal. Half the events come from a tenth of the people, and
    a person has one session, so events a person are also events a session.
    """
    chance = random.Random(seed)
    began = time.time() - 3600
    for batch in range(batches):
        yield (
            b"["
            + b",".join(
                _event(chance, people, seed, began + batch / 50 + chance.random())
                for _ in range(size)
            )
            + b"]"
        )


def _event(chance: random.Random, people: int, seed: int, when: float) -> bytes:
    person = chance.randrange(people if chance.random() < 0.5 else people // 10)
    return msgspec.json.encode(
        {
            "event": chance.choice(NAMES),
            "event_id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            "user_id": f"user-{person:07}",
            "timestamp": datetime.fromtimestamp(when, UTC).isoformat(),
            "session_id": f"session-{person:07}-{seed:04}",
            "properties": {
                "price": round(chance.lognormvariate(3.5, 1), 2),
                "country": COUNTRIES[person % len(COUNTRIES)],
                "item": f"item-{chance.randrange(20_000):05}",
                "member": person % 3 == 0,
                "email": f"somebody.{person:07}@example.org",
            },
            "context": {
                "page": {"path": f"/products/{chance.randrange(2000)}"},
                "locale": "en-GB",
                "library": "tracker 1.4.2",
            },
        }
    )


class Connection:
    """One kept-alive HTTP/1.1 connection."""

    def __init__(self, port: int, key: str) -> None:
        self.port = port
        self.head = (
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {key}\r\nContent-Length: {{length}}\r\n\r\n"
        )

    async def open(self) -> "Connection":
        """Connect."""
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def post(self, path: str, body: bytes) -> tuple[int, bytes]:
        """The status and body of the answer."""
        self.writer.write(self.head.format(path=path, length=len(body)).encode() + body)
        head = await self.reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        length = next(
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        )
        return status, await self.reader.readexactly(length)


async def send(
    port: int, key: str, batches: list[bytes], *, connections: int = 8, pace: float | None = None
) -> Answers:
    """Post every batch to /v1/events; with ``pace``, batch i no sooner than i / pace seconds.

    Without a pace each connection sends its next batch when the last was answered.
    """
    answers = Answers()
    numbered = iter(enumerate(batches))
    began = time.monotonic()

    async def work() -> None:
        connection = await Connection(port, key).open()
        for number, body in numbered:
            if pace is not None:
                await asyncio.sleep(began + number / pace - time.monotonic())
            sent = time.monotonic()
            status, answer = await connection.post("/v1/events", body)
            if status // 100 != 2:
                answers.refused += 1
                continue
            accepted = msgspec.json.decode(answer)["accepted"]
            answers.batches.append((sent, time.monotonic(), accepted))
        connection.writer.close()

    await asyncio.gather(*(work() for _ in range(connections)))
    return answers

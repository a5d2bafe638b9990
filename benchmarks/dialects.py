"""CPU time of the vendors' dialects, beside the native door for the same events.

    python -m benchmarks.dialects --batches 100 --rounds 7

A batch is what the vendor's own client sends of fifty events. The native batch holds the events
that the dialect makes of it, with all their fields: the difference is the dialect's work alone.
A batch goes the whole way through the collector, from its bytes to the disk and the answer; the
socket and the reading of HTTP are left out.
"""

import argparse
import asyncio
import base64
import gc
import random
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.measure import machine
from benchmarks.report import Run, keep, markdown
from ethogram.collect.admission import Refusal
from ethogram.collect.app import Collector, Limits
from ethogram.collect.protocols.dialect import Dialect, Request
from ethogram.collect.protocols.posthog import PostHog
from ethogram.collect.protocols.segment import Segment
from ethogram.collect.protocols.snowplow import Snowplow
from ethogram.protect.access.desk import Desk
from ethogram.run.acceptor import RARE_COLLECTIONS
from ethogram.run.gates import ProjectGates
from ethogram.run.keyrings import Keyrings
from ethogram.run.presence import SERVED
from ethogram.run.settings import Settings
from ethogram.run.workspace import open_workspace

SIZE = 50
PEOPLE = 2000
KEY = "eg_write_benchmark"
JSON = {"content-type": "application/json"}

encode = msgspec.json.encode


class Cost(msgspec.Struct):
    """CPU microseconds an event in one round."""

    dialect: str
    micros: float
    native: float


def segment(chance: random.Random) -> Request:
    """What segment-analytics-python sends."""
    sent = time.time()
    events = [
        {
            "integrations": {},
            "anonymousId": None,
            "properties": _cart(chance),
            "timestamp": _iso(sent - chance.random()),
            "userId": _person(chance),
            "context": {"library": {"name": "analytics-python", "version": "2.4.0"}},
            "event": "cart",
            "type": "track",
            "messageId": _uuid(chance),
        }
        for _ in range(SIZE)
    ]
    body = {"batch": events, "sentAt": _iso(sent)}
    return Request("v1/batch", JSON, {}, encode(body))


def posthog(chance: random.Random) -> Request:
    """What posthog-python sends."""
    sent = time.time()
    events = [
        {
            "properties": _cart(chance)
            | {"$lib": "posthog-python", "$lib_version": "7.91.1", "$geoip_disable": True,
               "$is_server": True, "$process_person_profile": True},
            "timestamp": _iso(sent - chance.random()),
            "distinct_id": _person(chance),
            "event": "cart",
            "uuid": _uuid(chance),
            "type": "capture",
            "library": "posthog-python",
            "library_version": "7.91.1",
        }
        for _ in range(SIZE)
    ]  # fmt: skip
    body = {"batch": events, "historical_migration": False, "sent_at": _iso(sent), "api_key": KEY}
    return Request("batch/", JSON, {}, encode(body))


def snowplow(chance: random.Random) -> Request:
    """What snowplow-tracker sends: self-describing events."""
    sent = int(time.time() * 1000)
    data = [
        {
            "e": "ue",
            "ue_px": _packed(
                "iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0",
                {"schema": "iglu:com.acme/cart/jsonschema/1-0-0", "data": _cart(chance)},
            ),
            "eid": _uuid(chance),
            "dtm": str(sent - chance.randrange(1000)),
            "stm": str(sent),
            "tv": "py-1.1.0",
            "p": "pc",
            "tna": "t",
            "aid": "shop",
            "uid": _person(chance),
            "lang": "de",
        }
        for _ in range(SIZE)
    ]
    schema = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4"
    return Request(
        f"{KEY}/com.snowplowanalytics.snowplow/tp2",
        {"content-type": "application/json; charset=utf-8"},
        {},
        encode({"schema": schema, "data": data}),
    )


TELLERS: dict[str, tuple[Dialect, Callable[[random.Random], Request]]] = {
    "segment": (Segment(), segment),
    "posthog": (PostHog(), posthog),
    "snowplow": (Snowplow(), snowplow),
}


def _cart(chance: random.Random) -> dict[str, Any]:
    return {
        "price": round(chance.lognormvariate(3.5, 1), 2),
        "country": chance.choice(("DE", "FR", "US", "IN", "BR")),
        "item": f"item-{chance.randrange(20_000):05}",
        "member": chance.random() < 0.3,
        "email": f"somebody.{chance.randrange(PEOPLE):07}@example.org",
    }


def _person(chance: random.Random) -> str:
    return f"user-{chance.randrange(PEOPLE):07}"


def _uuid(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _packed(schema: str, data: Any) -> str:
    return base64.urlsafe_b64encode(encode({"schema": schema, "data": data})).decode()


def natively(dialect: Dialect, request: Request) -> Request:
    """The native request with the events of ``request``."""
    claims = dialect.claims(request)
    assert not any(isinstance(claim, Refusal) for claim in claims)
    return Request("", JSON, {}, encode(claims))


async def cost(prefix: str, requests: list[Request], folder: Path) -> float:
    """CPU microseconds an event, in a new workspace in ``folder``."""
    workspace = open_workspace(folder, create=True)
    settings, keyrings = Settings(), Keyrings(workspace)
    gates = ProjectGates(workspace, settings, keyrings, _nobody)
    gate = await gates.of(SERVED)
    key = keyrings.fresh()[SERVED].access("write")
    collector = Collector(gates, _nowhere, Limits())
    began = time.process_time()
    for request in requests:
        await _post(collector, prefix, request, key)
    spent = time.process_time() - began
    await gate.commits.drain()
    assert sum(record.count for record in gate.reader.read(0, 1_000_000)) == len(requests) * SIZE
    await gates.close()
    return spent / (len(requests) * SIZE) * 1e6


async def _post(collector: Collector, prefix: str, request: Request, key: str) -> None:
    """Post ``request`` with its key where its client would put it, and see that it is taken."""
    path, body = request.path.replace(KEY, key), request.body.replace(KEY.encode(), key.encode())
    inside = path != request.path or body != request.body
    bearing = [] if inside else [(b"authorization", f"Bearer {key}".encode())]
    scope = {
        "type": "http",
        "method": "POST",
        "path": prefix + path,
        "query_string": b"",
        "headers": [(n.encode(), v.encode()) for n, v in request.headers.items()] + bearing,
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 50_000),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Mapping[str, Any]) -> None:
        assert message.get("status", 200) == 200, message

    await collector(scope, receive, send)


async def _nowhere(*_: object) -> None:
    raise AssertionError("This is no door.")


def _nobody() -> Desk:
    raise AssertionError("No key is a token.")


def rounds(batches: int, turns: int) -> Iterator[Cost]:
    """Each dialect and its native twin, one after the other, so that noise falls on both."""
    for name, (dialect, teller) in TELLERS.items():
        chance = random.Random(7)  # the same bodies in every run
        told = [teller(chance) for _ in range(batches)]
        said = [natively(dialect, request) for request in told]
        with tempfile.TemporaryDirectory() as place:
            for turn in range(turns):
                micros = asyncio.run(cost(f"/{name}/", told, Path(place) / f"{turn}"))
                native = asyncio.run(cost("/v1/events", said, Path(place) / f"{turn}-native"))
                yield Cost(name, micros, native)


def table(found: list[Cost]) -> str:
    """The median of each dialect, and of the ratios of its rounds."""
    rows = []
    for name in TELLERS:
        mine = [each for each in found if each.dialect == name]
        micros = statistics.median(each.micros for each in mine)
        native = statistics.median(each.native for each in mine)
        ratio = statistics.median(each.micros / each.native for each in mine)
        rows.append([name, f"{micros:.1f}", f"{native:.1f}", f"{ratio:.2f}"])
    return markdown(["dialect", "CPU µs an event", "native, the same events", "ratio"], rows)


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--batches", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--keep", help="the name under which the result is kept")
    arguments = parser.parse_args()
    gc.set_threshold(*RARE_COLLECTIONS)
    found = list(rounds(arguments.batches, arguments.rounds))
    shown = table(found)
    sys.stdout.write(shown + "\n")
    if arguments.keep:
        run = Run(
            command="python -m benchmarks.dialects",
            machine=machine(),
            versions={"msgspec": version("msgspec")},
            parameters=vars(arguments),
            figures=list(found),
        )
        keep(arguments.keep, run, shown)


if __name__ == "__main__":
    main()

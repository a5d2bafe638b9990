"""How long after its acknowledgement an event is seen by questions, while questions run.

    python -m benchmarks.served.freshness --rate 5000 --seconds 60

Batches of 100 events are sent at a fixed pace, whether or not earlier ones were answered. One
loop asks how many events there are; an event is visible when an answer that counts it has
arrived, so the delay includes the question's own time. Another loop asks a funnel meanwhile.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from bisect import bisect_left
from pathlib import Path

import msgspec

from benchmarks.measure import machine
from benchmarks.report import Run, keep, markdown
from benchmarks.served.load import NAMES, Answers, Connection, bodies, send
from benchmarks.served.server import Server, ethogram

TOTALS = {
    "question": "trends",
    "series": [{"event": name, "measure": "total"} for name in NAMES],
    "interval": "day",
}
FUNNEL = {"question": "funnel", "steps": [{"event": name} for name in NAMES[:4]], "within": "7d"}
BATCH, PEOPLE = 100, 10_000
WARM = 10


class Freshness(msgspec.Struct):
    """Seconds from acknowledgement to visibility, and how many questions were answered."""

    p50: float
    p95: float
    worst: float
    events: int
    unseen: int
    questions: int
    median_question: float


async def watch(server: Server, rate: int, seconds: int) -> Freshness:
    """Send ``rate`` events a second for ``seconds`` and watch them become visible."""
    batches = list(bodies(WARM + rate * seconds // BATCH, PEOPLE))
    await _warm(server, batches[:WARM])
    seen: list[tuple[float, int]] = []
    asked: list[float] = []
    async with asyncio.TaskGroup() as tasks:
        looking = tasks.create_task(_count(server, seen, len(batches) * BATCH))
        funnels = tasks.create_task(_ask_again(server, FUNNEL, asked))
        answers = await send(
            server.port, server.write, batches[WARM:], connections=32, pace=rate / BATCH
        )
        await asyncio.wait([looking], timeout=30)
        looking.cancel()
        funnels.cancel()
    return _freshness(answers, seen, asked)


async def _warm(server: Server, batches: list[bytes]) -> None:
    """Send ``batches`` and ask until all of them are counted, so that kernels are compiled."""
    await send(server.port, server.write, batches)
    connection = await Connection(server.port, server.read).open()
    async with asyncio.timeout(120):
        while (await connection.post("/api/ask", msgspec.json.encode(TOTALS)))[0] != 200:
            await asyncio.sleep(0.1)
        while await _total(connection) < len(batches) * BATCH:
            await asyncio.sleep(0.1)
    await _ask(connection, FUNNEL)


def _freshness(answers: Answers, seen: list[tuple[float, int]], asked: list[float]) -> Freshness:
    """Each batch is visible at the first answer that counts all acknowledged up to it."""
    counts = [count for _, count in seen]
    delays, total, unseen = [], WARM * BATCH, 0
    for _, answered, accepted in sorted(answers.batches, key=lambda batch: batch[1]):
        total += accepted
        found = bisect_left(counts, total)
        if found == len(counts):
            unseen += accepted
        else:
            delays.append(max(0.0, seen[found][0] - answered))
    delays.sort()
    return Freshness(
        p50=delays[len(delays) // 2],
        p95=delays[len(delays) * 95 // 100],
        worst=delays[-1],
        events=total - WARM * BATCH,
        unseen=unseen,
        questions=len(asked) + len(seen),
        median_question=statistics.median(asked),
    )


async def _count(server: Server, seen: list[tuple[float, int]], until: int) -> None:
    connection = await Connection(server.port, server.read).open()
    while not seen or seen[-1][1] < until:
        count = await _total(connection)
        seen.append((time.monotonic(), count))


async def _total(connection: Connection) -> int:
    answer = await _ask(connection, TOTALS)
    return sum(point[1] for series in answer["series"] for point in series["points"])


async def _ask_again(server: Server, question: dict, took: list[float]) -> None:
    connection = await Connection(server.port, server.read).open()
    while True:
        began = time.monotonic()
        await _ask(connection, question)
        took.append(time.monotonic() - began)


async def _ask(connection: Connection, question: dict) -> dict:
    status, body = await connection.post("/api/ask", msgspec.json.encode(question))
    if status != 200:
        raise RuntimeError(f"{status}: {body.decode()[:500]}")
    return msgspec.json.decode(body)


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rate", type=int, default=5000, help="events a second")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--keep", help="the name under which the result is kept")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ethogram(Path(folder)) as server:
        found = asyncio.run(watch(server, arguments.rate, arguments.seconds))
    fields = msgspec.to_builtins(found)
    rows = [[name.replace("_", " "), f"{value:,.3f}".rstrip("0").rstrip(".")]
            for name, value in fields.items()]  # fmt: skip
    shown = markdown(["what", "seconds or count"], rows)
    sys.stdout.write(shown + "\n")
    if arguments.keep:
        run = Run("python -m benchmarks.served.freshness", machine(), {}, vars(arguments), [found])
        keep(arguments.keep, run, shown)


if __name__ == "__main__":
    main()

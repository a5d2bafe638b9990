"""One person erased among many events: how long until nobody reads them, until no byte is left.

    python -m benchmarks.erasing --events 10000000

The workspace is opened once for all; persons are erased one after the other, with their events,
and then purged together. Building it is not measured.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa

from benchmarks.measure import machine
from benchmarks.report import Run, keep, markdown
from ethogram.collect.door import Step
from ethogram.run.embedded import Embedded
from ethogram.run.opening import open_
from ethogram.store.lake.schema import INSTANT
from ethogram.store.lake.tables import Lake

EACH = 50
"""So many events has a person."""
START = 1_700_000_000_000_000
ROWS = 50_000
TIMES = 5
NAMES = ("catalog", "view", "cart", "checkout", "buy")


class Erased(msgspec.Struct):
    """Seconds until a person is read nowhere, until no byte is left, and of a scan of the lake.

    The first is the median of `TIMES`. The scan reads the persons of all events: what anybody
    who looks for one's rows must do.
    """

    events: int
    hidden: float
    hidden_cpu: float
    purged: float
    purged_cpu: float
    scan: float


def claims(count: int) -> Iterator[pa.Table]:
    """``count`` events of people in no order."""
    chance = np.random.default_rng(7)
    for first in range(0, count, ROWS):
        rows = range(first, min(first + ROWS, count))
        who = chance.integers(0, count // EACH, len(rows)).astype(str)
        yield pa.table(
            {
                "event": pa.array(np.array(NAMES)[chance.integers(0, len(NAMES), len(rows))]),
                "event_id": pa.array(np.arange(rows.start, rows.stop).astype(str)),
                "timestamp": pa.array(START + chance.integers(0, 10**13, len(rows)), INSTANT),
                "user_id": pa.array(np.char.add("user-", who)),
                "p_price_number": pa.array(chance.integers(0, 100, len(rows)).astype(float)),
                "p_page_text": pa.array(np.char.add("/page/", who)),
            }
        )


def fill(shop: Embedded, count: int) -> None:
    """Bring ``count`` events into log, lake and index."""
    done = 0
    with shop.importing() as target:
        for table in claims(count):
            target.append_table(table, Step("bench", done, done + len(table)), keyed=False)
            done += len(table)
        target.flush()


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """The seconds that ``work`` takes, and those of processors."""
    began, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - used


def measure(count: int, scratch: Path) -> Erased:
    """See `Erased`."""
    os.environ["XDG_CONFIG_HOME"] = str(scratch / "config")
    with open_(scratch / "shop") as shop:
        assert isinstance(shop, Embedded)
        fill(shop, count)
        lake = Lake(scratch / "shop" / "projects" / "default" / "lake").events
        scan, _ = timed(lambda: sum(len(part) for part in lake.scan(columns=["person"])))
        hidden = [
            timed(lambda i=i: shop.requests.erase(f"user:user-{i}", events=True))
            for i in range(TIMES)
        ]
        purged = timed(lambda: shop.requests.erase(purge=True))
        assert shop.verify().ok
    seconds, cpu = (statistics.median(each) for each in zip(*hidden, strict=True))
    return Erased(count, seconds, cpu, *purged, scan)


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--keep", help="the name under which the result is kept")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        found = measure(arguments.events, Path(place))
    shown = markdown(
        ["events", "read nowhere after, s", "CPU s", "no byte after, s", "CPU s", "one scan, s"],
        [[f"{found.events:,}", f"{found.hidden:.2f}", f"{found.hidden_cpu:.2f}",
          f"{found.purged:.1f}", f"{found.purged_cpu:.1f}", f"{found.scan:.2f}"]],
    )  # fmt: skip
    sys.stdout.write(shown + "\n")
    if arguments.keep:
        run = Run("python -m benchmarks.erasing", machine(), {}, vars(arguments), [found])
        keep(arguments.keep, run, shown)


if __name__ == "__main__":
    main()

"""Nanoseconds an event of a funnel on one thread, beside a sum over the same columns by NumPy.

    python -m benchmarks.floor --sizes 1m,10m,100m --keep floor

The columns are codes, seconds and micros of the index, memory-mapped and warm. Processor time,
the best of several runs in turn.
"""

import argparse
import sys
import time
from collections.abc import Callable

import msgspec
import numpy as np

from benchmarks.generate import event_set
from benchmarks.measure import machine
from benchmarks.peers.ethogram import NOW, index
from benchmarks.questions import QUESTIONS, Funnel, names_of
from benchmarks.report import Run, keep, markdown
from ethogram.ask.engines.embedded import answer
from ethogram.ask.questions.catalog import parse
from ethogram.ask.sequences.run import Part, Snapshot, State

ASKED = ("funnel", "funnel-4%", "funnel-0.4%")
RUNS = 15


class Floor(msgspec.Struct):
    """Nanoseconds an event."""

    size: str
    sum: float
    funnels: dict[str, float]


def floor(size: str) -> Floor:
    """What sum and funnels take over the event set of ``size``."""
    run = index(event_set(size))
    snapshot = Snapshot((Part(run, np.zeros(len(run.units), np.uint8)),), State(run.events))
    columns = [np.asarray(column) for column in (run.codes, run.seconds, run.micros)]

    def asked(name: str) -> Callable[[], object]:
        question = QUESTIONS[name]
        assert isinstance(question, Funnel)
        spec = parse({"question": "funnel", "steps": list(names_of(question.steps)),
                      "within": f"{question.days}d"})  # fmt: skip
        return lambda: answer(spec, snapshot, NOW, 1)

    works = {"sum": lambda: [column.sum() for column in columns]}
    works |= {name: asked(name) for name in ASKED}
    best = dict.fromkeys(works, float("inf"))
    for _ in range(RUNS):
        for name, work in works.items():
            began = time.process_time()
            work()
            best[name] = min(best[name], time.process_time() - began)
    taken = {name: 1e9 * seconds / run.events for name, seconds in best.items()}
    return Floor(size, taken.pop("sum"), taken)


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", default="1m", help="event sets, by comma")
    parser.add_argument("--keep", help="the name under which the result is kept")
    arguments = parser.parse_args()
    found = [floor(size) for size in arguments.sizes.split(",")]
    rows = [
        [one.size, f"{one.sum:.2f}",
         *(f"{one.funnels[name]:.2f} ({one.funnels[name] / one.sum:.2f}×)" for name in ASKED)]
        for one in found
    ]  # fmt: skip
    shown = markdown(["events", "NumPy's sum", *ASKED], rows)
    sys.stdout.write(shown + "\n")
    if arguments.keep:
        command = f"python -m benchmarks.floor --sizes {arguments.sizes}"
        result = Run(command, machine(), {"numpy": np.__version__}, {"runs": RUNS}, list(found))
        keep(arguments.keep, result, shown)


if __name__ == "__main__":
    main()

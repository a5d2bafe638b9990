"""How much memory of its own a process needs for a question over many events.

    python -m benchmarks.memory --size 100m

Each question is asked in a new process: first to compile and warm, then once more while
RssAnon is read every few milliseconds. Mapped files are left out, as the system may drop them.
"""

import argparse
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import msgspec

from benchmarks.generate import SIZES, event_set
from benchmarks.measure import machine
from benchmarks.peers import THREADS
from benchmarks.questions import QUESTIONS
from benchmarks.report import Run, keep, markdown
from benchmarks.served.process import anonymous_bytes

MEGABYTE = 2**20


class Needed(msgspec.Struct):
    """Anonymous memory in MB: before the question, and at most while it is answered."""

    question: str
    before: float
    most: float


def needed(size: str, name: str) -> Needed:
    """What the question called ``name`` needs over the event set of ``size``."""
    from benchmarks.peers.ethogram import load

    (engine,) = load(event_set(size))
    before = anonymous_bytes()
    engine.ask(QUESTIONS[name])
    done, most = threading.Event(), [before]

    def watch() -> None:
        while not done.wait(0.002):
            most[0] = max(most[0], anonymous_bytes())

    watcher = threading.Thread(target=watch)
    watcher.start()
    engine.ask(QUESTIONS[name])
    done.set()
    watcher.join()
    return Needed(name, before / MEGABYTE, max(most) / MEGABYTE)


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", choices=SIZES, default="1m")
    parser.add_argument("--only", default=",".join(QUESTIONS), help="questions, by comma")
    parser.add_argument("--keep", help="the name under which the result is kept")
    arguments = parser.parse_args()
    found = []
    for name in arguments.only.split(","):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            found.append(pool.submit(needed, arguments.size, name).result())
    rows = [[one.question, f"{one.before:.0f}", f"{one.most:.0f}"] for one in found]
    shown = markdown(["question", "MB before", "MB at most"], rows)
    sys.stdout.write(shown + "\n")
    if arguments.keep:
        parameters = {"size": arguments.size, "threads": THREADS}
        run = Run("python -m benchmarks.memory", machine(), {}, parameters, list(found))
        keep(arguments.keep, run, shown)


if __name__ == "__main__":
    main()

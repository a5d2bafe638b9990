"""Ask the same questions of Ethogram and its peers, and keep a table of ratios.

python -m benchmarks --size 10m --only funnel,retention --engines chdb,duckdb --runs 7
"""

import argparse
import shlex
import sys
from collections.abc import Callable
from importlib import import_module

import msgspec

from benchmarks.generate import SIZES, EventSet, event_set
from benchmarks.measure import machine, timings
from benchmarks.peers import THREADS, Engine
from benchmarks.questions import QUESTIONS
from benchmarks.report import Run, keep, ratios

PEERS = ("ethogram", "chdb", "duckdb", "polars")


def main() -> None:
    """Generate what is missing, ask, compare, print and keep."""
    arguments = _arguments()
    events = event_set(arguments.size)
    engines = [engine for peer in arguments.engines.split(",") for engine in _load(peer)(events)]
    chosen = {name: QUESTIONS[name] for name in arguments.only.split(",")}
    measured = timings(engines, chosen, arguments.runs)
    table = ratios(measured, [engine.name for engine in engines])
    sys.stdout.write(table + "\n")
    run = Run(
        command=shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]]),
        machine=machine(),
        versions={engine.name: engine.version for engine in engines},
        parameters={"threads": THREADS, "runs": arguments.runs}
        | msgspec.to_builtins(events.parameters),
        figures=list(measured),
    )
    if arguments.keep:
        keep(arguments.keep, run, table)


def _load(peer: str) -> Callable[[EventSet], list[Engine]]:
    return import_module(f"benchmarks.peers.{peer}").load


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", choices=SIZES, default="1m")
    parser.add_argument("--only", default=",".join(QUESTIONS), help="questions, by comma")
    parser.add_argument("--engines", default=",".join(PEERS), help="peers, by comma")
    parser.add_argument("--runs", type=int, default=7, help="warm runs of each")
    parser.add_argument("--keep", help="the name under which the result is kept")
    return parser.parse_args()


if __name__ == "__main__":
    main()

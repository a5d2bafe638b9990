"""Warm medians, taken in rounds: every engine once a round, so that noise falls on all alike."""

import platform
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from benchmarks.peers import Engine
from benchmarks.questions import Counts, Question


class Timing(msgspec.Struct):
    """How long one engine took for one question, in seconds over warm runs.

    ``cpu`` is the median of the CPU time of all threads: other work on the machine lengthens
    the wall's ``median`` much more than it.
    """

    engine: str
    question: str
    median: float
    best: float
    cpu: float
    equal: bool
    """Whether its counts are those of the first exact engine."""


class Machine(msgspec.Struct):
    """Where and when a result was measured."""

    processor: str
    cores: int
    memory_gb: int
    python: str
    system: str
    date: str


def machine() -> Machine:
    """This machine, now."""
    model = [
        line.split(":", 1)[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    kilobytes = int(Path("/proc/meminfo").read_text().split()[1])
    return Machine(
        processor=model[0] if model else platform.processor(),
        cores=len(model),
        memory_gb=round(kilobytes / 2**20),
        python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}",
        date=datetime.now(UTC).date().isoformat(),
    )


def timings(engines: list[Engine], questions: dict[str, Question], runs: int) -> list[Timing]:
    """The timing of each question on each engine counts compared."""
    return [
        timing
        for name, question in questions.items()
        for timing in _question(engines, name, question, runs)
    ]


def _question(engines: list[Engine], name: str, question: Question, runs: int) -> list[Timing]:
    answers = {engine.name: engine.ask(question) for engine in engines}
    expected = next(answers[engine.name] for engine in engines if engine.exact)
    walls: dict[str, list[float]] = {engine.name: [] for engine in engines}
    cpus: dict[str, list[float]] = {engine.name: [] for engine in engines}
    for _ in range(runs):
        for engine in engines:
            wall, cpu = time.perf_counter(), time.process_time()
            engine.ask(question)
            walls[engine.name].append(time.perf_counter() - wall)
            cpus[engine.name].append(time.process_time() - cpu)
    for engine in engines:
        _complain(name, engine, answers[engine.name], expected)
    return [
        Timing(
            engine=engine.name,
            question=name,
            median=statistics.median(walls[engine.name]),
            best=min(walls[engine.name]),
            cpu=statistics.median(cpus[engine.name]),
            equal=answers[engine.name] == expected,
        )
        for engine in engines
    ]


def _complain(name: str, engine: Engine, counts: Counts, expected: Counts) -> None:
    if counts == expected:
        return
    keys = sorted((set(counts) | set(expected)), key=str)
    differ = [key for key in keys if counts.get(key, 0) != expected.get(key, 0)]
    shown = ", ".join(f"{k}: {counts.get(k, 0)} for {expected.get(k, 0)}" for k in differ[:3])
    sys.stderr.write(f"{name}: {engine.name} differs at {len(differ)} of {len(keys)}: {shown}\n")

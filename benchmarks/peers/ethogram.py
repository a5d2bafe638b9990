"""Ethogram itself: an index built from the files, asked by its engine."""

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.generate import DAY, NAMES, START, EventSet
from benchmarks.peers import THREADS
from benchmarks.questions import (
    Correlation,
    Counts,
    Funnel,
    Paths,
    PeopleADay,
    Question,
    Retention,
    TotalsADay,
    names_of,
)
from ethogram.ask.engines.embedded import answer
from ethogram.ask.questions.catalog import parse
from ethogram.ask.sequences.files import open_run
from ethogram.ask.sequences.merging import build_runs
from ethogram.ask.sequences.run import Part, Run, Snapshot, State

PROPERTIES = {"price": "number", "country": "text", "item": "text", "member": "flag"}
WEEKS = 9
NOW = int(START.timestamp()) * 1_000_000 + 100 * DAY
"""An instant at which every week of the event set is over."""


class Ethogram:
    """The engine over one snapshot of memory-mapped columns."""

    name, exact = "ethogram", True
    version = version("ethogram")

    def __init__(self, run: Run) -> None:
        part = Part(run, np.zeros(len(run.units), np.uint8))
        self.snapshot = Snapshot((part,), State(position=run.events))

    def ask(self, question: Question) -> Counts:
        """The counts of ``question``."""
        match question:
            case Funnel(by_country=True):
                groups = self._answer(_funnel(question))["groups"]
                return {
                    (group["by"]["country"], k): step["people"]
                    for group in groups
                    for k, step in enumerate(group["steps"])
                    if step["people"]
                }
            case Funnel():
                steps = self._answer(_funnel(question))["steps"]
                return {(k,): step["people"] for k, step in enumerate(steps)}
            case Retention():
                return self._retention(question)
            case Correlation():
                return self._correlation(question)
            case PeopleADay(event):
                (points,) = self._points((event,), "people")
                return {(day,): people for day, people in enumerate(points) if people}
            case TotalsADay(events):
                series = zip(events, self._points(events, "total"), strict=True)
                return {
                    (event, day): total
                    for event, points in series
                    for day, total in enumerate(points)
                    if total
                }
            case Paths():
                return self._paths(question)

    def close(self) -> None:
        """The files stay mapped until the process ends."""

    def _retention(self, question: Retention) -> Counts:
        (start,) = names_of((question.start,))
        spec = {"question": "retention", "start": {"event": start}, "return": {},
                "period": "week", "periods": WEEKS}  # fmt: skip
        cohorts = self._answer(spec)["cohorts"]
        sizes: Counts = {(week, 0): cohort["size"] for week, cohort in enumerate(cohorts)}
        returned: Counts = {
            (week, since): people
            for week, cohort in enumerate(cohorts)
            for since, people in enumerate(cohort["returned"])
            if since and people
        }
        return sizes | returned

    def _paths(self, question: Paths) -> Counts:
        gap = "none" if question.gap is None else f"{question.gap}s"
        spec = {"question": "paths", "depth": question.depth, "session_gap": gap,
                "most_nodes": len(NAMES), "top": 0}  # fmt: skip
        if question.start is not None:
            (spec["start"],) = names_of((question.start,))
        code = {name: number for number, name in enumerate(NAMES)}
        return {
            (edge["step"], code[edge["from"]], code[edge["to"]], which): edge[number]
            for edge in self._answer(spec)["edges"]
            for which, number in enumerate(("count", "people"))
        }

    def _correlation(self, question: Correlation) -> Counts:
        spec = {"question": "correlation", "steps": list(names_of(question.steps)),
                "within": f"{question.days}d", "top": len(NAMES)}  # fmt: skip
        found = self._answer(spec)
        met = {each["event"]: each for each in found["candidates"]}
        rows = [(question.steps[0], found["started"], found["converted"])]
        rows += [
            (code, met[name]["people"], met[name]["converted"])
            for code, name in enumerate(NAMES) if name in met
        ]  # fmt: skip
        return {
            key: n
            for code, people, converted in rows
            for key, n in (((code, 1), converted), ((code, 0), people - converted)) if n
        }  # fmt: skip

    def _points(self, events: tuple[int, ...], measure: str) -> list[list[int]]:
        series = [{"event": name, "measure": measure} for name in names_of(events)]
        spec = {"question": "trends", "interval": "day", "series": series}
        return [[value for _, value in one["points"]] for one in self._answer(spec)["series"]]

    def _answer(self, spec: dict[str, Any]) -> dict[str, Any]:
        return answer(parse(spec), self.snapshot, NOW, THREADS).results


def _funnel(question: Funnel) -> dict[str, Any]:
    steps = [{"event": name} for name in names_of(question.steps)]
    spec: dict[str, Any] = {"question": "funnel", "steps": steps, "within": f"{question.days}d"}
    if question.over is not None:
        spec["where"] = {"property": "price", "op": ">", "value": question.over}
    return spec | ({"by": ["country"]} if question.by_country else {})


def load(events: EventSet) -> list[Ethogram]:
    """The engine over the index of ``events``."""
    return [Ethogram(index(events))]


def index(events: EventSet) -> Run:
    """The run of the event set, built where it is not there yet."""
    folder = events.folder / "index"
    if not folder.exists():
        build_runs(folder, _tables(events.files))
    return open_run(folder)


def _tables(files: list[Path]) -> Iterator[pa.Table]:
    position = 0
    for file in files:
        rows = pq.read_table(file)
        yield _events(rows, position)
        position += rows.num_rows


def _events(rows: pa.Table, position: int) -> pa.Table:
    """The rows as an events table, as the log would give it from ``position`` on."""
    columns = {
        "position": pa.array(np.arange(position, position + rows.num_rows)),
        "event": rows["event"],
        "timestamp": rows["ts"],
        "person": rows["person"],
    }
    return pa.table(columns | {f"p_{name}_{kind}": rows[name] for name, kind in PROPERTIES.items()})

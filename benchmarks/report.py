"""A run as a table of ratios, printed and kept as Markdown and JSON below ``results/``."""

from pathlib import Path
from typing import Any

import msgspec

from benchmarks.measure import Machine, Timing

RESULTS = Path(__file__).parent / "results"


class Run(msgspec.Struct):
    """Everything that a figure needs to be believed or repeated."""

    command: str
    machine: Machine
    versions: dict[str, str]
    parameters: dict[str, Any]
    figures: list[Any]


def keep(name: str, run: Run, table: str) -> None:
    """Write ``results/NAME.json`` and ``results/NAME.md``."""
    RESULTS.mkdir(exist_ok=True)
    encoded = msgspec.json.format(msgspec.json.encode(run), indent=1)
    (RESULTS / f"{name}.json").write_bytes(encoded + b"\n")
    said = run.machine
    versions = ", ".join(f"{name} {version}" for name, version in run.versions.items())
    parameters = ", ".join(f"{name} {value}" for name, value in run.parameters.items())
    (RESULTS / f"{name}.md").write_text(
        f"# {name}\n\n`{run.command}`, {said.date}, {said.processor}, {said.cores} cores, "
        f"{said.memory_gb} GB, {said.system}, Python {said.python}; {versions}.\n"
        f"Parameters: {parameters}.\n\n{table}\n"
    )


def markdown(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table, its columns aligned for the eye."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    ruled = ["-" * width for width in widths]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in (header, ruled, *rows)
    )


def ratios(timings: list[Timing], engines: list[str], ours: str = "ethogram") -> str:
    """Two tables, wall and CPU seconds, each with its ratio to ours in brackets.

    ``*`` marks counts that differ from those of the engines that compare microseconds.
    """
    return "\n\n".join(
        _ratios(timings, engines, ours, title, measure)
        for title, measure in (("wall seconds", "median"), ("CPU seconds", "cpu"))
    )


def _ratios(timings: list[Timing], engines: list[str], ours: str, title: str, measure: str) -> str:
    cells = {(timing.question, timing.engine): timing for timing in timings}
    rows = []
    for question in dict.fromkeys(timing.question for timing in timings):
        own = cells.get((question, ours))
        rows.append([question, *(_cell(cells.get((question, engine)), own, measure)
                                 for engine in engines)])  # fmt: skip
    return markdown([title, *engines], rows)


def _cell(timing: Timing | None, ours: Timing | None, measure: str) -> str:
    if timing is None:
        return "–"
    mark = "" if timing.equal else "*"
    seconds = getattr(timing, measure)
    other = ours is not None and timing is not ours
    ratio = f" ({seconds / getattr(ours, measure):.1f}×)" if other else ""
    return f"{seconds:.4f}{mark}{ratio}"

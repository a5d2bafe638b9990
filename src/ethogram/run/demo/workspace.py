"""The demo's workspace: made once, filled with the simulated shop, then served like any other."""

from collections.abc import Callable
from pathlib import Path

from ethogram.collect.door import Step
from ethogram.events.times import now
from ethogram.run import assembly
from ethogram.run.demo.simulate import simulate
from ethogram.run.settings import load
from ethogram.run.workspace import open_workspace

MARK = "demo"


def make(folder: Path, say: Callable[[str], object]) -> None:
    """Fill the workspace in ``folder`` with the simulated shop; a filled one stays as it is."""
    workspace = open_workspace(folder, settings={"simulated": True})
    settings = load(folder, {})
    writing = assembly.writing(workspace, "default", settings)
    try:
        if writing.imported(MARK):
            return
        say("Simulating a shop: 10,000 people, 60 days.")
        rows = 0
        for table in simulate(now()):
            step = Step(MARK, rows, rows + table.num_rows)
            writing.append_table(table, step, keyed=False)
            rows = step.upto
        writing.flush()
        reading = assembly.reading(workspace, "default", writing, settings)
        reading.settle()
        reading.close()
        say(f"{rows:,} simulated events are in.")
    finally:
        writing.close()

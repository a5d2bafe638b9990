"""Files of every form are imported under the tracking plan, with a server and without."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.serving import Served, unserved

PLAN = """\
mode = "warn"
closed = true
events.catalog = {}
[events.cart]
mode = "reject"
properties.price = { type = "number", required = true }
"""
VISITS: list[dict[str, Any]] = [
    {"customer": "ann", "when": "2026-03-01T10:00:00Z", "action": "catalog"},
    {"customer": "ann", "when": "never", "action": "catalog"},
    {"customer": "ann", "when": "2026-03-01T10:05:00Z", "action": "cart", "price": 20.0},
    {"customer": "ben", "when": "2026-03-01T11:00:00Z", "action": "cart"},
    {"customer": "ben", "when": "2026-03-01T12:00:00Z", "action": "catolog"},
]
COUNTS = {"read": 5, "accepted": 3, "duplicates": 0, "rejected": 2, "warned": 1, "withheld": 0}
COLUMNS = ("--user", "customer", "--time", "when", "--event", "action")
BETWEEN = {"visits.csv": (3, 5), "visits.jsonl": (2, 4), "visits.parquet": (2, 4)}
"""The lines, or rows, of what has no time and of what has no price."""


def written(path: Path) -> Path:
    """The visits in the form that the name of ``path`` says."""
    names = ["customer", "when", "action", "price"]
    if path.suffix == ".csv":
        cells = [",".join(str(row.get(name, "")) for name in names) for row in VISITS]
        path.write_text("\n".join([",".join(names), *cells]) + "\n")
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in VISITS))
    else:
        columns = {name: [row.get(name) for row in VISITS] for name in names}
        pq.write_table(pa.table(columns), path)
    return path


def planned(workspace: Served) -> None:
    """Give the workspace the plan."""
    project = workspace.folder / "projects" / "default"
    project.mkdir(parents=True)
    (project / "plan.toml").write_text(PLAN)


def imported(workspace: Served, path: Path) -> None:
    """Import ``path`` twice: what is counted and listed is right, and the second adds nothing."""
    words = ("import", str(written(path)), *COLUMNS)
    done = workspace.document(*words)
    rejects = Path(done.pop("rejects")).read_text()
    assert done == COUNTS
    timeless, priceless = BETWEEN[path.name]
    assert [(each["line"], each["code"], each.get("at"))
            for each in map(json.loads, rejects.splitlines())] == [
        (timeless, "bad_time", ""), (priceless, "missing_property", "$.properties.price"),
    ]  # fmt: skip
    assert "ben" not in rejects
    again = workspace.document(*words)
    assert (again["accepted"], again["duplicates"], again["rejected"]) == (0, 4, 1)
    verdict = workspace.document("verify")
    assert (verdict["problems"], verdict["log"]["events"], verdict["index"]["events"]) == ([], 3, 3)


@pytest.mark.parametrize("name", BETWEEN)
def test_a_file_is_imported_under_the_plan(empty: Served, tmp_path: Path, name: str) -> None:
    """Refused rows are in the file beside by line and reason, warned ones are in and counted."""
    planned(empty)
    imported(empty, tmp_path / name)


def test_a_server_imports_under_the_plan_too(tmp_path: Path) -> None:
    """Its door says the same of the same file."""
    with unserved() as server:
        planned(server)
        server.start().ready()
        imported(server, tmp_path / "visits.csv")


def test_people_are_told_of_warned_rows(empty: Served, tmp_path: Path) -> None:
    """Without --json a line says how many of the accepted depart from the plan."""
    planned(empty)
    said = empty.command("import", str(written(tmp_path / "visits.csv")), *COLUMNS).stdout
    assert "Departing from the tracking plan, of the accepted: 1." in said

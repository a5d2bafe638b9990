"""Real processes, read again from their files by plain loops: the same graph and variants."""

import csv
import gzip
import json
import os
import shutil
import statistics
from collections import Counter, defaultdict
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from tests.serving import Served

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("ETHOGRAM_DATA", ROOT.parent / "shared" / "data"))
SETS = ["traffic-fines", "hospital-billing"]
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the real data is not here; set ETHOGRAM_DATA to its folder"
)


def histories(file: Path) -> dict[str, list[tuple[datetime, str]]]:
    """Each case's (time, activity), by time; of one instant in the file's order."""
    cases = defaultdict(list)
    with gzip.open(file, "rt", newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            at = datetime.fromisoformat(row["timestamp"])
            cases[row["case_id"]].append((at, row["activity"]))
    return {case: sorted(events, key=lambda event: event[0]) for case, events in cases.items()}


@pytest.fixture(scope="module", params=SETS)
def process(request, tmp_path_factory) -> tuple[Served, dict[str, list[tuple[datetime, str]]]]:
    """A workspace with the process, and its cases as read here."""
    told = json.loads((ROOT / f"tests/golden/data/{request.param}/import.json").read_text())
    scratch = tmp_path_factory.mktemp(request.param)
    workspace = Served(scratch, {})
    workspace.document("import", shutil.copy(DATA / told["file"], scratch), *told["options"])
    return workspace, histories(DATA / told["file"])


def ask(workspace: Served, spec: dict) -> dict:
    return workspace.document("ask", json.dumps(spec))


def test_states_are_what_follows_what(process) -> None:
    """Every event and pair with its count, cases, starts, ends and median time between."""
    workspace, cases = process
    nodes, edges = defaultdict(list), defaultdict(list)
    for case, events in cases.items():
        for _, name in events:
            nodes[name].append(case)
        for (a, before), (b, after) in pairwise(events):
            edges[before, after].append((case, (b - a).total_seconds()))
    starts = Counter(events[0][1] for events in cases.values())
    ends = Counter(events[-1][1] for events in cases.values())
    found = ask(workspace, {"question": "states"})
    assert found["median_within"] == 0
    assert (found["sessions"], found["people"]) == (len(cases), len(cases))
    assert {node["event"]: tuple(node.values())[1:] for node in found["nodes"]} == {
        name: (len(own), len({*own}), starts[name], ends[name]) for name, own in nodes.items()
    }
    assert {(edge["from"], edge["to"]): tuple(edge.values())[2:] for edge in found["edges"]} == {
        pair: (len(own), len({case for case, _ in own}), statistics.median(s for _, s in own))
        for pair, own in edges.items()
    }


def test_paths_are_the_variants(process) -> None:
    """Whole histories as they are, most frequent first, and their first five different events."""
    workspace, cases = process
    variants = Counter(tuple(name for _, name in events[:20]) for events in cases.values())
    spec = {"question": "paths", "session_gap": "none", "top": 1000}
    found = ask(workspace, spec | {"depth": 20, "collapse": False})
    counts = [each["count"] for each in found["top"]]
    assert counts == sorted(variants.values(), reverse=True)[:1000]
    assert all(variants[*each["path"]] == each["count"] for each in found["top"])
    different = Counter(
        tuple(name for i, name in enumerate(names) if not i or names[i - 1] != name)[:5]
        for names in ([name for _, name in events] for events in cases.values())
    )
    found = ask(workspace, spec)
    assert {tuple(each["path"]): each["people"] for each in found["top"]} == different

"""Real data gives the figures that others published or counted, from the file to the answer.

Under tests/golden/data each data set has a folder: ``import.json`` says what the command is told
and what it must count, ``NAME.json`` is a question, ``NAME.expected.json`` what of the answer is
known. In what is expected, ``…`` stands for anything, or in a list for any elements.
"""

import gzip
import json
import os
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.serving import Served

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("ETHOGRAM_DATA", ROOT.parent / "shared" / "data"))
GOLDEN = ROOT / "tests/golden/data"
SETS = sorted(path.name for path in GOLDEN.iterdir())
QUESTIONS = sorted(
    str(path.relative_to(GOLDEN).with_suffix(""))
    for path in GOLDEN.glob("*/*.json")
    if path.name != "import.json" and not path.name.endswith(".expected.json")
)
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the real data is not here; set ETHOGRAM_DATA to its folder"
)


class Imported:
    """A data set in a workspace of its own, imported by the command."""

    def __init__(self, name: str, scratch: Path) -> None:
        told = json.loads((GOLDEN / name / "import.json").read_text())
        self.workspace = Served(scratch, {})
        self.expected = told["expected"]
        self.words = ["import", shutil.copy(DATA / told["file"], scratch), *told["options"]]
        self.counts = self.workspace.document(*self.words)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Imported]:
    """Imports a data set, once."""
    return cache(lambda name: Imported(name, tmp_path_factory.mktemp(name)))


def agrees(found: Any, expected: Any) -> bool:
    """Whether ``found`` has at least what is expected."""
    if isinstance(expected, dict):
        return all(key in found and agrees(found[key], expected[key]) for key in expected)
    if isinstance(expected, list) and "…" in expected and len(found) != len(expected):
        gap = expected.index("…")
        after = len(expected) - gap - 1
        ends = found[:gap] + found[len(found) - after :]
        return len(found) >= len(ends) and agrees(ends, expected[:gap] + expected[gap + 1 :])
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(agrees, found, expected))
    return expected in ("…", found)


def test_another_figure_does_not_agree() -> None:
    """A number, a key, a row too few or too many is found; what … stands for is not looked at."""
    found = {"steps": [{"event": "a", "people": 3}, {"event": "b", "people": 2}], "state": 1}
    assert agrees(found, {"steps": [{"people": 3}, "…"]})
    assert agrees(found, {"steps": ["…", {"people": 2}]})
    for wrong in ([{"people": 3}], [{"people": 3}, {"people": 1}], ["…", {"people": 3}]):
        assert not agrees(found, {"steps": wrong})
    assert not agrees(found, {"cohorts": []})


@pytest.mark.parametrize("name", SETS)
def test_every_row_is_accepted_or_rejected(imported, name: str) -> None:
    """The import counts what the file holds; rows that equal each other are rows."""
    data = imported(name)
    assert {key: data.counts[key] for key in data.expected} == data.expected
    assert data.counts["accepted"] + data.counts["rejected"] == data.counts["read"]


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_gives_the_known_figures(imported, question: str) -> None:
    """What `ethogram ask` answers is what is known of the data, to the last digit."""
    expected = json.loads((GOLDEN / f"{question}.expected.json").read_text())
    workspace = imported(question.partition("/")[0]).workspace
    answer = workspace.document("ask", str(GOLDEN / f"{question}.json"))
    known = {key: answer[key] for key in expected}
    assert agrees(answer, expected), json.dumps(known, ensure_ascii=False)[:4000]


def test_rejected_rows_are_found_by_their_line(imported) -> None:
    """Every line without a customer is in the list beside; 9,288 lines in all are of cancelled
    invoices, the accepted ones as the question counts them."""
    data = imported("online-retail")
    lines = Path(data.counts["rejects"]).read_text().splitlines()
    rejects = [json.loads(line) for line in lines]
    assert len(rejects) == 135_080
    assert {each["code"] for each in rejects} == {"missing_user"}
    cancelled = json.loads((GOLDEN / "online-retail/cancelled_lines.expected.json").read_text())
    accepted = cancelled["series"][0]["points"][0][1]
    rows = gzip.decompress(Path(data.words[1]).read_bytes()).decode().split("\n")
    assert accepted + sum(rows[each["line"] - 1].startswith("C") for each in rejects) == 9_288


def test_importing_again_adds_nothing(imported) -> None:
    """The second import of the same file counts its rows as duplicates."""
    data = imported("traffic-fines")
    again = data.workspace.document(*data.words)
    assert (again["accepted"], again["duplicates"]) == (0, data.counts["accepted"])


@pytest.mark.parametrize("name", SETS)
def test_what_was_imported_is_proven(imported, name: str) -> None:
    """Chain, lake and index agree on every row."""
    data = imported(name)
    verdict = data.workspace.document("verify")
    assert verdict["problems"] == []
    assert verdict["log"]["events"] == data.counts["accepted"]
    assert verdict["lake"]["events"] == verdict["index"]["events"] == data.counts["accepted"]


def test_kpis_of_online_retail(imported) -> None:
    """Average order value and revenue per person are the revenue, 8,911,407.904, by the 18,532
    invoices and the 4,338 customers that bought."""
    workspace = imported("online-retail").workspace
    clean = [{"property": name, "op": ">", "value": 0} for name in ("Quantity", "UnitPrice")]
    bought = {"event": "purchase", "where": {"all": clean}}
    value = {"product": ["Quantity", "UnitPrice"]}
    of = {
        "average_order_value": ({"order": "InvoiceNo"}, 18_532),
        "revenue_per_person": ({}, 4_338),
    }
    for kind, (more, count) in of.items():
        kpi = {"kind": kind, "event": bought, "value": value, **more}
        workspace.document("kpis", "define", kind, json.dumps(kpi))
        found = workspace.document("kpis", "ask", kind, '{"interval": "month"}')
        assert found["parts"] == {"revenue": 8_911_407.904, [*found["parts"]][1]: count}
        assert found["value"] == 8_911_407.904 / count
        assert len(found["points"]) == 13

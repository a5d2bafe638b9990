"""Every golden case: streams of letters and a question, or a KPI, give the written answer."""

import re
from functools import partial
from pathlib import Path

import msgspec
import pytest

from ethogram.ask.engines.embedded import answer
from ethogram.ask.kpis.asking import asked, asking_of
from ethogram.ask.kpis.definition import definition
from ethogram.ask.questions.catalog import parse

CASES = Path(__file__).parents[2] / "golden" / "questions"
EVENT = re.compile(r"([A-Z])([\d.]+)(d?)(\{.*?\})?(?:\s|$)")
MINUTE, DAY = 60 * 10**6, 86_400 * 10**6
NOW = 30_000 * DAY


def cases():
    """Each case as a mapping of its lines, with the file's name and its title as the id."""
    for file in sorted(CASES.glob("*.txt")):
        for block in file.read_text().split("\n\n"):
            lines = [line for line in block.splitlines() if line and not line.startswith("#")]
            if lines:
                case = dict(line.split(": ", 1) for line in lines)
                yield pytest.param(case, id=f"{file.stem}: {case['title']}")


def instant(number, unit):
    return round(float(number) * (DAY if unit else MINUTE))


def matches(found, wanted, at="$"):
    """``found`` has all that ``wanted`` says: dicts may hold more, lists may not."""
    if isinstance(wanted, dict):
        for name, value in wanted.items():
            matches(found[name], value, f"{at}.{name}")
    elif isinstance(wanted, list):
        assert len(found) == len(wanted), at
        for i, (one, other) in enumerate(zip(found, wanted, strict=True)):
            matches(one, other, f"{at}[{i}]")
    else:
        assert found == wanted, at


@pytest.mark.parametrize("case", list(cases()))
def test_golden(case, row, snapshot):
    """The answer holds what the case says."""
    rows = [
        row(int(person), instant(number, unit), name, msgspec.json.decode(properties or "{}"))
        for person, stream in case.items()
        if person.isdigit()
        for name, number, unit, properties in EVENT.findall(stream)
    ]
    ask = partial(answer, snapshot=snapshot(rows, parts=2), now=NOW)
    if "kpi" in case:
        kpi = definition(msgspec.json.decode(case["kpi"]))
        found = asked(kpi, asking_of(case["ask"].encode()), {}.__getitem__, ask)
    else:
        found = ask(parse(case["ask"])).to_dict()
    matches(msgspec.to_builtins(found), msgspec.json.decode(case["answer"]))

"""Warming compiles what questions of every shape will call."""

import json
import subprocess
import sys
from itertools import product

PRICEY = {"property": "price", "op": ">", "value": 1}
RED = {"property": "colour", "value": "red"}
RANGE = {"from": "1970-01-01", "to": "1980-01-01"}
FUNNELS = [
    {
        "question": "funnel",
        "steps": [{"event": "0"}, {"event": "1"} | step],
        "order": order,
        "by": by,
        "exclude": exclude if order == "ordered" else [],
    }
    | where
    for order, by, exclude, step, where in product(
        ["ordered", "any", "strict"],
        [[], ["colour"]],
        [[], [{"event": "2"}]],
        [{}, {"where": RED}],
        [{}, {"where": PRICEY}, RANGE, {"within": "1d"}],
    )
]
RETENTIONS = [
    {
        "question": "retention",
        "start": {"event": "0"} | start,
        "return": {"event": "1"},
        "mode": mode,
        "start_mode": start_mode,
        "by": by,
    }
    | where
    | more
    for mode, start_mode, by, start, where, more in product(
        ["on", "on_or_after", "streak"],
        ["first_ever", "first_event_ever", "first_in_range", "recurring"],
        [[], ["colour"]],
        [{}, {"where": RED}],
        [{}, {"where": PRICEY}, RANGE],
        [
            {},
            {"semantics": "amplitude"},
            {"brackets": [1, 3]},
            {"by": ["colour"], "by_must_match": True},
        ],
    )
] + [
    {
        "question": "retention",
        "start": {"event": "0"},
        "return": {"event": "1"},
        "silent": "1d",
        "by": ["colour"],
        "clock": clock,
        "by_must_match": match,
    }
    for clock, match in product(["calendar", "rolling"], [False, True])
]
PATHS = [
    {"question": "paths", **ends, **split, **where, **names}
    for ends, split, where, names in product(
        [
            {},
            {"end": {"event": "0"} | {"where": RED}},
            {"start": "0", "end": "1", "pattern": "0->[^1]*->1"},
            {"around": {"funnel": {"steps": ["0", "1"]}, "step": 2, "side": "before"}},
            {"around": {"funnel": {"steps": ["0", "1"]}, "step": 2, "side": "between"}},
        ],
        [{}, {"by": ["colour"]}, {"compare": [RED, PRICEY]}],
        [{}, {"where": PRICEY}, RANGE],
        [{}, {"label": "colour", "session_gap": "none"}],
    )
]
STATES = [
    {"question": "states", "by": by, **where}
    for by, where in product([[], ["colour"]], [{}, {"where": PRICEY}, RANGE])
]
TRENDS = [
    {"question": "trends", "series": [series], "by": by, "interval": interval} | where
    for series, by, interval, where in product(
        [
            {"event": "0"},
            {"event": "0", "measure": "people", "where": RED},
            {"event": "0", "measure": "p90", "property": "price"},
            {"event": "0", "measure": "sum", "property": {"product": ["price", "size"]}},
            {"event": "0", "measure": "distinct", "property": "colour"},
            {"event": "0", "measure": "per_person", "property": "price"},
            {"event": "0", "measure": "people", "trailing": "7d"},
        ],
        [[], ["colour"]],
        ["day", "all"],
        [{}, {"where": PRICEY}, RANGE],
    )
]
TRENDS += [
    *(spec | {"assign": "last", "most_groups": 1} for spec in TRENDS if spec["by"]),
    {"question": "trends", "series": [{"measure": "people"}], "cumulative": True},
    {"question": "trends", "series": ["0"], "from": "1970-01-03", "compare": "previous"},
]
OVER_UNITS = [
    {"question": question, "by": by} | event | where
    for question, by, event, where in product(
        ["distribution", "lifecycle", "sessions", "stickiness"],
        [[], ["colour"]],
        [{}, {"event": {"event": "0"}}, {"event": {"event": "0", "where": RED}}],
        [{}, {"where": PRICEY}, RANGE],
    )
    if question != "sessions" or not event
]
DISTRIBUTIONS = [
    {"question": "distribution", "event": {"event": "0"}, "by": by} | what | where
    for by, what, where in product(
        [[], ["colour"]],
        [
            {"of": "value", "property": "price", "per": "person"},
            {"of": "value", "property": {"product": ["price", "size"]}},
            {"of": "time", "until": {"event": "1"}},
        ],
        [{}, {"where": PRICEY}, RANGE],
    )
]
RFMS = [
    {"question": "rfm", "money": "price", "by": by} | what | where
    for by, what, where in product(
        [[], ["colour"]],
        [{"order": "colour"}, {"frequency": "days"}, {"event": {"event": "0", "where": RED}}],
        [{}, {"where": PRICEY}, RANGE],
    )
]
HEATMAPS = [
    {"question": "heatmap", "event": {"event": "0"}, "page": "red", "page_property": "colour"}
    | dict.fromkeys(("x", "y", "page_width", "page_height", "scroll_depth"), "price")
    | {"element": "colour", "scroll": {"event": "1"}}
    | where
    for where in ({}, {"where": PRICEY}, RANGE)
]
STEPS = ["0", {"event": "1", "where": RED}, {}, {"where": PRICEY}]
TIMES = [{}, {"last": "1d"}, {"to": "1970-01-01T00:00:01"}]
COHORTS = [
    *({"did": step} | when for step, when in product(STEPS, TIMES)),
    *({"first": step} | when for step, when in product(STEPS, TIMES)),
    *({"stopped": step, "silent": "1s"} for step in STEPS),
    *({"sequence": [first, "2"]} | when for first, when in product(STEPS, TIMES)),
    {"is": RED}, {"is": PRICEY}, {"is": PRICEY, "at": "1970-01-01T00:00:01"}, {"ids": [1]},
]  # fmt: skip
AMONG = [
    {"question": "funnel", "steps": ["0", "1"], "people": {"all": [cohort]}} for cohort in COHORTS
] + [
    spec | {"unit": unit, "sample": 0.9, "by": [{"property": "colour", "of": of}],
            "where": PRICEY | {"of": of}}
    for spec in (FUNNELS[0], RETENTIONS[0], TRENDS[0])
    for unit, of in product(["person", "session"], ["then", "now"])
]  # fmt: skip
SEGMENTS = [
    {"question": "segments", "segments": [{"name": "a", "cohort": {"did": "0"}}], "unit": unit}
    | where
    for unit, where in product(["person", "session"], [{}, {"where": PRICEY}, RANGE])
]
CORRELATIONS = [
    {"question": "correlation", "steps": ["0", step], "unit": unit, "properties": ["colour"],
     "person_properties": ["price"]} | where
    for step, unit, where in product(
        ["1", {"event": "1", "where": RED}, {}], ["person", "session"],
        [{}, {"where": PRICEY}, RANGE, {"within": "1d"}],
    )
]  # fmt: skip
RUN = """
import importlib, json, pkgutil, sys
import numpy as np, pyarrow as pa
from numba.core.registry import CPUDispatcher
from ethogram.ask import kernels
from ethogram.ask.engines import warming
from ethogram.ask.engines.embedded import answer
from ethogram.ask.questions.catalog import parse
from ethogram.ask.sequences.build import build
from ethogram.ask.sequences.overlay import whole
from ethogram.ask.sequences.run import Snapshot, State

def compiled():
    modules = [importlib.import_module(f"{kernels.__name__}.{each.name}")
               for each in pkgutil.iter_modules(kernels.__path__)]
    return {(module.__name__, name, signature) for module in modules
            for name, kernel in vars(module).items() if isinstance(kernel, CPUDispatcher)
            for signature in kernel.signatures}

def snapshot(names):
    rows = np.arange(3 * names)
    instants = pa.array(rows * 1_000_000, pa.timestamp("us", "UTC"))
    table = pa.table({"position": rows, "event": [str(row % names) for row in rows],
                      "timestamp": instants, "person": rows % 7, "p_price_number": rows / 2,
                      "p_size_number": rows % 9 * 1.0,
                      "p_colour_text": [("red", "blue")[row % 2] for row in rows]})
    return Snapshot((whole(build(table)),), State(0))

warming.warm()
warm, specs = compiled(), json.load(sys.stdin)
for names in (3, 300):
    here = snapshot(names)
    for spec in specs:
        answer(parse(spec), here, now=0, threads=1)
print(json.dumps(sorted({f"{module}.{name}" for module, name, _ in compiled() - warm})))
"""


def test_a_first_question_compiles_nothing() -> None:
    """In a new process that has warmed up, no question of any kind waits for the compiler."""
    specs = [*DISTRIBUTIONS, *FUNNELS, *HEATMAPS, *OVER_UNITS, *PATHS, *RETENTIONS, *RFMS]
    specs += [*STATES, *TRENDS, *AMONG, *SEGMENTS, *CORRELATIONS]
    done = subprocess.run(
        [sys.executable, "-c", RUN], input=json.dumps(specs), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []

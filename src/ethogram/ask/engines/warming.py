"""Compiling every kernel before somebody waits for it."""

import numpy as np
import pyarrow as pa

from ethogram.ask.engines.embedded import answer
from ethogram.ask.questions.catalog import parse
from ethogram.ask.sequences import warming
from ethogram.ask.sequences.build import build
from ethogram.ask.sequences.overlay import whole
from ethogram.ask.sequences.run import Snapshot, State
from ethogram.events.event import Json

_PRICEY = {"property": "price", "op": ">", "value": 1}
_COHORT = {"all": [{"did": "1"}, {"did": {"where": _PRICEY}}, {"sequence": ["1", "1"]},
                   {"is": _PRICEY}]}  # fmt: skip
_SPECS: tuple[dict[str, Json], ...] = (
    {"question": "correlation", "steps": ["0", "1"], "properties": ["price"],
     "person_properties": ["price"]},
    {"question": "correlation", "steps": ["0", "1"], "where": _PRICEY},
    {"question": "funnel", "steps": [{"event": "0"}, {"event": "1"}]},
    {"question": "funnel", "steps": ["0"], "people": _COHORT, "unit": "session"},
    {"question": "funnel", "steps": [{"event": "0"}, {"event": "1"}], "to": "1980-01-01"},
    {"question": "funnel", "steps": [{"event": "0"}, {"event": "1", "where": _PRICEY}],
     "by": ["price"], "exclude": [{"event": "2", "between": [0, 1]}]},
    {"question": "funnel", "steps": [{"event": "0"}, {"event": "1"}], "order": "any"},
    {"question": "funnel", "steps": [{"event": "0"}, {"event": "1"}], "order": "strict"},
    {"question": "distribution"},
    {"question": "distribution", "of": "value", "property": "price"},
    {"question": "distribution", "event": "0", "of": "time", "until": "1"},
    {"question": "lifecycle", "event": {"event": "0"}, "by": ["price"]},
    {"question": "retention", "start": {"event": "0"}, "return": {"event": "1"}},
    {"question": "retention", "start": {"event": "0"}, "return": {}, "mode": "on_or_after"},
    {"question": "retention", "start": {"event": "0"}, "return": {"event": "1"},
     "start_mode": "recurring", "by": ["price"], "at_least": 2},
    {"question": "retention", "start": {"event": "0"}, "return": {"event": "1"},
     "start_mode": "first_event_ever", "silent": "7d"},
    {"question": "rfm", "event": "0", "money": "price", "frequency": "days"},
    {"question": "sessions"},
    {"question": "stickiness", "event": {"event": "0"}, "by": ["price"]},
    {"question": "paths"},
    {"question": "paths", "start": "0"},
    {"question": "paths", "start": "0", "where": _PRICEY},
    {"question": "paths", "start": "0", "label": "price"},
    {"question": "paths", "where": _PRICEY, "by": ["price"]},
    {"question": "paths", "label": "price", "to": "1980-01-01"},
    {"question": "paths", "around": {"funnel": {"steps": ["0"]}, "step": 1}},
    {"question": "retention", "start": {"event": "0"}, "return": {}, "mode": "on_or_after",
     "where": _PRICEY},
    {"question": "states"},
    {"question": "segments", "segments": [{"name": "all", "cohort": _COHORT}],
     "where": _PRICEY | {"of": "then"}},
    {"question": "trends", "series": ["0", {"event": "0", "measure": "people"}]},
    {"question": "trends", "series": ["0"], "from": "1970-01-01T00:00:00.000001"},
    {"question": "trends", "series": [{"event": "0", "measure": "people"}], "by": ["price"],
     "assign": "first"},
    {"question": "trends", "series": [{"event": "0", "measure": "people", "trailing": "7d"}]},
    {"question": "trends", "series": [{"event": "0", "measure": "people"}], "where": _PRICEY},
    {"question": "trends", "series": [{"event": "0", "measure": "sum", "property": "price"}]},
    {"question": "trends", "series": [{"event": "0", "measure": "sum", "property": "price"}],
     "where": _PRICEY},
)  # fmt: skip


def warm() -> None:
    """Compile, or load from the cache on disk, what questions and the index need.

    Half a minute on a machine's first start, about a second afterwards; made for a thread.
    """
    warming.warm()
    for names in (3, 300):
        snapshot = _snapshot(names)
        for spec in _SPECS:
            answer(parse(spec), snapshot, now=0, threads=1)


def _snapshot(names: int) -> Snapshot:
    """So many event names: codes are bytes up to 256, two bytes beyond."""
    rows = np.arange(names)
    table = pa.table(
        {
            "position": rows,
            "event": [str(row) for row in rows],
            "timestamp": pa.array(rows, pa.timestamp("us", "UTC")),
            "person": rows % 7,
            "p_price_number": rows.astype(np.float64),
        }
    )
    return Snapshot((whole(build(table)),), State(0))

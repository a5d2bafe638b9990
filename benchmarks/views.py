"""What a role's view costs: questions of a million events, asked through a view and without.

    python -m benchmarks.views --runs 15

Two questions take turns with and without a view that sees one country of the event set and hides
a property, and with one that sees all events. Printed are the median ratios, and what the copy
costs that is made once a run.
"""

import argparse
import statistics
import time

from benchmarks.generate import event_set
from benchmarks.peers.ethogram import NOW, Ethogram, load
from ethogram.ask.engines.embedded import answer
from ethogram.ask.questions.catalog import parse
from ethogram.ask.questions.viewing import View
from ethogram.ask.sequences.run import Snapshot
from ethogram.events.predicate import prop

COUNTRY = "country_00"
"""The one that most people are of."""
QUESTIONS: dict[str, dict[str, object]] = {
    "funnel": {"question": "funnel", "steps": [{"event": "event_0"}, {"event": "event_1"}]},
    "trends": {"question": "trends", "series": [{"event": "event_0"}], "by": ["country"]},
}


def seconds(spec: dict[str, object], seen: Snapshot, view: View | None = None) -> float:
    """How long one answer takes, the view's work included."""
    began = time.perf_counter()
    answer(parse(spec), view.of(seen) if view else seen, NOW)
    return time.perf_counter() - began


def main() -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    engine = load(event_set("1m"))[0]
    assert isinstance(engine, Ethogram)
    whole = engine.snapshot
    views = {
        "one country": View(prop("country") == COUNTRY, frozenset({"price"})),
        "all events": View(prop("country") != "nowhere", frozenset({"price"})),
    }
    for name, view in views.items():
        began = time.perf_counter()
        events = sum(part.run.events for part in view.of(whole).parts)
        print(f"{name}: {events:,} events, copied in {time.perf_counter() - began:.2f} s")
        for question, spec in QUESTIONS.items():
            pairs = [(seconds(spec, whole, view), seconds(spec, whole)) for _ in range(runs + 1)]
            through, without = map(statistics.median, zip(*pairs[1:], strict=True))
            print(f"  {question}: {through / without:.2f} ({through * 1e3:.1f} ms)")


if __name__ == "__main__":
    main()

"""What is told of people side by side in parts: stickiness, distributions, money."""

from functools import partial
from typing import Any

from msgspec.structs import replace

from ethogram.ask.questions.distribution import Distribution
from ethogram.ask.questions.rfm import Rfm
from ethogram.ask.questions.stickiness import Stickiness
from ethogram.ask.telling import groups
from ethogram.ask.telling.groups import Row, Split
from ethogram.ask.telling.spreads import opened
from ethogram.ask.telling.tables import apart, is_small, levels
from ethogram.ask.telling.told import Hiding, Results, Rule

MEANS = ("recency", "frequency", "money")
WIDE = 10_000
"""Above the number of parts that a row has: where another kind of numbers begins."""


def _stickiness(_: Stickiness, hiding: Hiding, __: Results) -> None:
    split = Split(
        lambda row: [each["people"] for each in row["stickiness"]],
        lambda a, b: {a, b, *(WIDE + level for level in levels(a, b))},
        partial(_hide_often, hiding),
        lambda place, row: _hide_often(hiding, place, row, {*range(2 * WIDE)}),
    )
    groups.hide(hiding, split)


def _hide_often(hiding: Hiding, place: str, row: Row, places: set[int]) -> None:
    for n, each in enumerate(row["stickiness"]):
        names = [*(("people", "share") if n in places else ())]
        names += ["at_least"] if WIDE + n in places else []
        hiding.null(f"{place}.stickiness[{n}]", each, names)


def _rounded(spec: Distribution) -> Distribution:
    """The same by bins whose edges say nothing of the numbers."""
    return replace(spec, bins="round")


def _distribution(_: Distribution, hiding: Hiding, rounded: Results) -> None:
    results = hiding.results
    results.update({name: rounded[name] for name in ("histogram", "groups") if name in rounded})
    everybody = [each["count"] for each in results["histogram"]]
    rows: list[Row] = [results, *results.get("groups", ())]
    joined = [opened(row, everybody, hiding.k) for row in rows]
    width = len(results["histogram"])
    split = Split(
        lambda row: [*(each["count"] for each in row["histogram"]), row["summary"]["open"]],
        lambda a, b: {a, b, WIDE} if width in (a, b) else {a, b},
        partial(_hide_bins, hiding),
        lambda place, row: _hide_bins(hiding, place, row, {*range(width + 1), WIDE}),
    )
    groups.hide(hiding, split)
    if any(joined):
        hiding.null("$.summary", results["summary"], ["mean"])
        for i, row in enumerate(results.get("groups", ())):
            hiding.null(f"$.groups[{i}].summary", row["summary"], ["mean"])


def _hide_bins(hiding: Hiding, place: str, row: Row, places: set[int]) -> None:
    """Hide counts, and with any of them the mean: it tells how far those reach."""
    summary: dict[str, Any] = row["summary"]
    width = len(row["histogram"])
    for i, each in enumerate(row["histogram"]):
        hiding.null(f"{place}.histogram[{i}]", each, ["count"] if i in places else ())
    names = ["min", "max", *(["open"] if width in places else []),
             *(["count"] if WIDE in places else []), *(["mean"] if places else [])]  # fmt: skip
    hiding.null(f"{place}.summary", summary, names)
    hiding.null(f"{place}.summary.percentiles", summary["percentiles"], summary["percentiles"])


def _by_event(spec: Distribution) -> str | None:
    each = spec.per or ("person" if spec.of == "events" else "event")
    return None if each == "person" else "A number per event does not say"


def _money(_: Rfm, hiding: Hiding, __: Results) -> None:
    split = Split(
        lambda row: [each["people"] for each in row["segments"]],
        apart,
        partial(_hide_segments, hiding),
        partial(_hide_all, hiding),
    )
    rows = [("$", hiding.results)]
    groups.hide(hiding, split)
    rows += [(f"$.groups[{i}]", row) for i, row in enumerate(hiding.results.get("groups", ()))]
    for place, row in rows:
        hiding.keep("scores", row, [])
        few = any(is_small(n, hiding.k) for n in (row["once"], (row["people"] or 0) - row["once"]))
        hiding.null(place, row, ["once"] if few or "by" in row else ())


def _hide_segments(hiding: Hiding, place: str, row: Row, places: set[int]) -> None:
    for i in sorted(places):
        hiding.null(f"{place}.segments[{i}]", row["segments"][i], ("people", "share", *MEANS))


def _hide_all(hiding: Hiding, place: str, row: Row) -> None:
    hiding.null(place, row, ["people"])
    hiding.null(f"{place}.means", row["means"], MEANS)
    _hide_segments(hiding, place, row, {*range(len(row["segments"]))})


STICKINESS = Rule(_stickiness)
DISTRIBUTION = Rule(_distribution, _rounded, _by_event)
RFM = Rule(_money)

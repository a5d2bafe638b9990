"""What is told of who met what: heatmaps, correlations, segments and lifecycles."""

from itertools import combinations
from typing import Any, TypeAlias

from ethogram.ask.questions.correlation import Correlation
from ethogram.ask.questions.heatmap import Heatmap
from ethogram.ask.questions.segments import Segments
from ethogram.ask.telling.tables import hidden, is_small, levels, parts_of
from ethogram.ask.telling.told import Hiding, Results, Rule

Row: TypeAlias = dict[str, Any]


def heatmap(_: Heatmap, hiding: Hiding, __: Results) -> None:
    """Leave out the spots where few people clicked, and depths that few came to, or did not."""
    results, k = hiding.results, hiding.k
    people: int = results["people"]
    if is_small(people, k):
        hiding.null("$", results, ["clicks", "people", "placed"])
    for name in ("cells", "elements"):
        hiding.keep(name, results, _spots(results[name], people, k))
    if not results["cells"]:
        hiding.null("$", results, ["placed"])
    hiding.null("$.other_elements", results["other_elements"], ["clicks"])
    nested = [results["scrolled"], *(each["people"] for each in results["scroll"])]
    few = is_small(nested[0], k)
    places = range(len(nested)) if few else sorted(hidden([parts_of(nested)], k, levels)[0][0])
    hiding.null("$", results, ["scrolled"] if few else ())
    for level in places:
        if level:
            hiding.null(f"$.scroll[{level - 1}]", results["scroll"][level - 1], ["people", "share"])


def correlation(_: Correlation, hiding: Hiding, __: Results) -> None:
    """Leave out what few met, or did not, of those who converted and of those who did not."""
    results, k = hiding.results, hiding.k
    started, converted = results["started"], results["converted"]
    few = [is_small(n, k) for n in (started, converted, started - converted)]
    hiding.null("$", results, ["started"] if few[0] else ())
    hiding.null("$", results, ["converted"] if any(few) else ())
    told = [row for row in results["candidates"] if not any(few) and not any(
        is_small(n, k) for n in _fourfold(row, started, converted))]  # fmt: skip
    hiding.keep("candidates", results, told)


def segments(_: Segments, hiding: Hiding, __: Results) -> None:
    """Hide sizes of few or all but few; of overlaps all, where one of their parts is small."""
    results, k = hiding.results, hiding.k
    total = results["total"]
    if is_small(total, k):
        hiding.null("$", results, ["total"])
    sizes = {each["name"]: each["people"] for each in results["segments"]}
    unsafe = any(is_small(n, k) for n in _patterns(results, sizes))
    if unsafe:
        hiding.null("$", results, ["none"])
        for name in {"pairs", "overlaps"} & results.keys():
            hiding.keep(name, results, [])
    for i, each in enumerate(results["segments"]):
        if is_small(each["people"], k) or is_small(total - each["people"], k):
            hiding.null(f"$.segments[{i}]", each, ["people", "share"])


def _spots(rows: list[Row], people: int, k: int) -> list[Row]:
    """The rows of ``k`` people or more, where as many or nobody did not click.

    Where others are left out, one such is too.
    """
    kept = [row for row in rows if row["people"] >= k and not is_small(people - row["people"], k)]
    if kept and len(kept) < len(rows):
        least = min(kept, key=lambda row: row["people"])
        kept = [row for row in kept if row is not least]
    return kept


def _fourfold(row: Row, started: int, converted: int) -> tuple[int, int, int, int]:
    """The people who met it or did not, and converted or did not."""
    met = row["converted"]
    stayed = row["people"] - met
    return met, stayed, converted - met, started - converted - stayed


def _patterns(results: Results, sizes: dict[str, int]) -> list[int]:
    """The people of each part into which the segments part all; of many segments, of each pair."""
    if "overlaps" in results:
        return [results["none"], *(each["only"] for each in results["overlaps"])]
    found: list[int] = []
    pairs = {frozenset(each["segments"]): each["people"] for each in results["pairs"]}
    for a, b in combinations(sizes, 2):
        both = pairs[frozenset((a, b))]
        only = sizes[a] - both, sizes[b] - both
        found += [both, *only, results["total"] - both - sum(only)]
    return found


HEATMAP = Rule(heatmap)
CORRELATION = Rule(correlation)
SEGMENTS = Rule(segments)

"""What is told of who met what: heatmaps, correlations, segments and lifecycles."""

from typing import Any, TypeAlias

from msgspec.structs import replace

from ethogram.ask.questions.correlation import Correlation
from ethogram.ask.questions.heatmap import MOST_CELLS, Heatmap
from ethogram.ask.questions.segments import MOST_CROSSED, Segments
from ethogram.ask.telling.sizes import sizes_told
from ethogram.ask.telling.tables import hidden, is_small, levels, parts_of
from ethogram.ask.telling.told import Hiding, Results, Rule

Row: TypeAlias = dict[str, Any]


def heatmap(_: Heatmap, hiding: Hiding, every: Results) -> None:
    """Leave out the spots where few people clicked, and depths that few came to, or did not.

    Clicks without a place or an element are what the others leave over of all; ``every`` element
    is counted beside.
    """
    results, k = hiding.results, hiding.k
    people: int = results["people"]
    if is_small(people, k):
        hiding.null("$", results, ["clicks", "people", "placed"])
    unplaced, without = results["unplaced"], results["without_element"]
    hiding.keep("cells", results, _spots(results["cells"], people, unplaced["people"], k))
    elements = _spots(every["elements"], people, without["people"], k)
    hiding.keep("elements", results, [row for row in results["elements"] if row in elements])
    few = _few(unplaced["people"], people, k)
    if few or (results["placed"] and not results["cells"]):
        hiding.null("$", results, ["placed"])
        hiding.null("$.unplaced", unplaced, ["clicks", "people"])
    if _few(without["people"], people, k):
        hiding.null("$.without_element", without, ["clicks", "people"])
    hiding.null("$.other_elements", results["other_elements"], ["clicks"])
    nested = [results["scrolled"], *(each["people"] for each in results["scroll"])]
    few = is_small(nested[0], k)
    places = range(len(nested)) if few else sorted(hidden([parts_of(nested)], k, levels)[0][0])
    hiding.null("$", results, ["scrolled"] if few else ())
    for level in places:
        if level:
            hiding.null(f"$.scroll[{level - 1}]", results["scroll"][level - 1], ["people", "share"])


def _every_element(spec: Heatmap) -> Heatmap:
    return replace(spec, top=MOST_CELLS)


def correlation(__: Correlation, hiding: Hiding, ___: Results) -> None:
    """Leave out what few met, or did not, of those who converted and of those who did not."""
    results, k = hiding.results, hiding.k
    started, converted = results["started"], results["converted"]
    few = [is_small(n, k) for n in (started, converted, started - converted)]
    hiding.null("$", results, ["started"] if few[0] else ())
    hiding.null("$", results, ["converted"] if any(few) else ())
    told = [row for row in results["candidates"] if not any(few) and not any(
        is_small(n, k) for n in _fourfold(row, started, converted))]  # fmt: skip
    events = {row["event"]: row for row in told if row["property"] is None}
    everybody = {"people": started, "converted": converted}
    values: dict[tuple[Any, Any], list[Row]] = {}
    for row in told:
        if row["property"] is not None:
            values.setdefault((row["event"], row["property"]), []).append(row)
    for (event, _), own in values.items():
        whole = everybody if event is None else events.get(event)
        left = own if whole is None else _left(own, whole, k)
        told = [row for row in told if row not in own or row in left]
    hiding.keep("candidates", results, told)


def segments(_: Segments, hiding: Hiding, __: Results) -> None:
    """Hide sizes from which a small part could be computed; where one is small, all overlaps."""
    results, k = hiding.results, hiding.k
    names = [each["name"] for each in results["segments"]]
    parts = {0: results["none"]}
    for each in results["overlaps"]:
        parts[sum(1 << names.index(name) for name in each["segments"])] = each["only"]
    if is_small(results["total"], k):
        hiding.null("$", results, ["total"])
    if any(is_small(n, k) for n in parts.values()):
        hiding.null("$", results, ["none"])
        for name in ("pairs", "overlaps"):
            hiding.keep(name, results, [])
    told = sizes_told(parts, len(names), k)
    for i, each in enumerate(results["segments"]):
        if i not in told:
            hiding.null(f"$.segments[{i}]", each, ["people", "share"])


def _many(spec: Segments) -> str | None:
    """Of more segments it is not counted how all their parts overlap."""
    if len(spec.segments) <= MOST_CROSSED:
        return None
    return f"An answer of more than {MOST_CROSSED} segments does not say"


def _spots(rows: list[Row], people: int, rest: int, k: int) -> list[Row]:
    """The rows of ``k`` people or more, where as many or nobody did not click.

    Where others are left out, or the ``rest`` is of few people, one such is too.
    """
    kept = [row for row in rows if row["people"] >= k and not is_small(people - row["people"], k)]
    if kept and (len(kept) < len(rows) or is_small(rest, k)):
        least = min(kept, key=lambda row: row["people"])
        kept = [row for row in kept if row is not least]
    return kept


def _few(some: int, people: int, k: int) -> bool:
    """Whether few are among some, or not among them."""
    return is_small(some, k) or is_small(people - some, k)


def _left(rows: list[Row], whole: Row, k: int) -> list[Row]:
    """The values of a property without those that tell what few others have, one each or not."""
    left = sorted((row for row in rows if not _unlike([row], whole, k)), key=lambda r: -r["people"])
    while left and _unlike(left, whole, k):
        left.pop()
    return left


def _unlike(rows: list[Row], whole: Row, k: int) -> bool:
    """Whether of the whole few are not in some rows: of who converted, or of who did not."""
    people, met = (whole[name] - sum(row[name] for row in rows) for name in ("people", "converted"))
    return is_small(met, k) or is_small(people - met, k)


def _fourfold(row: Row, started: int, converted: int) -> tuple[int, int, int, int]:
    """The people who met it or did not, and converted or did not."""
    met = row["converted"]
    stayed = row["people"] - met
    return met, stayed, converted - met, started - converted - stayed


HEATMAP = Rule(heatmap, _every_element)
CORRELATION = Rule(correlation)
SEGMENTS = Rule(segments, refused=_many)

"""What is told of a retention: of each cohort's people, those who returned and those who did not.

The rates of all are those of the cohorts that are told; so they tell nothing of the others.
"""

from collections.abc import Sequence
from math import fsum
from typing import Any, TypeAlias

from ethogram.ask.questions.retention import Retention
from ethogram.ask.telling.periods import complemented
from ethogram.ask.telling.tables import folded, hidden, hidden_beside, is_small, levels, parts_of
from ethogram.ask.telling.told import Hiding, Results, Rule

Row: TypeAlias = dict[str, Any]


def hide(spec: Retention, hiding: Hiding, _: Results) -> None:
    """Hide the cohorts of few people, and the returns of few, or of all but few."""
    results = hiding.results
    sizes = [cohort["size"] for cohort in results["cohorts"]]
    told = [not few for few in complemented([sizes], hiding.k)[0]]
    _groups(spec, hiding, told)
    _table(spec, hiding, "$", results, told)
    _survival(hiding, results)


def _table(spec: Retention, hiding: Hiding, place: str, row: Row, told: list[bool]) -> None:
    for c, (cohort, own) in enumerate(zip(row["cohorts"], told, strict=True)):
        if not own:
            at = f"{place}.cohorts[{c}]"
            hiding.null(at, cohort, ["size"])
            hiding.null(f"{at}.returned", cohort["returned"], range(len(cohort["returned"])))
    cohorts = [(c, cohort) for c, cohort in enumerate(row["cohorts"]) if told[c] and cohort["size"]]
    _rates(row, [cohort for _, cohort in cohorts])
    places, sums = _hidden(spec, [cohort for _, cohort in cohorts], hiding.k)
    for (c, cohort), own in zip(cohorts, places, strict=True):
        hiding.null(f"{place}.cohorts[{c}].returned", cohort["returned"], sorted(own))
    hiding.null(f"{place}.mean", row["mean"], sorted({p for own in places for p in own}))
    hiding.null(f"{place}.pooled", row["pooled"], sorted(sums))


def _hidden(spec: Retention, cohorts: list[Row], k: int) -> tuple[list[set[int]], set[int]]:
    """The periods to hide of each cohort, and of the rate of all."""
    width = len(cohorts[0]["returned"]) if cohorts else 0
    if spec.mode == "on":
        places: list[set[int]] = [set() for _ in cohorts]
        sums: set[int] = set()
        for p in range(width):
            known = [c for c, each in enumerate(cohorts) if each["returned"][p] is not None]
            found, few = hidden([_both(cohorts[c], p) for c in known], k, _first, summed=True)
            sums |= {p} if few else set()
            for c, own in zip(known, found, strict=True):
                places[c] |= {p} if own else set()
        return places, sums
    places = [_nested(spec, each, k) for each in cohorts]
    return places, {p for own in places for p in own}


def _nested(spec: Retention, cohort: Row, k: int) -> set[int]:
    """The periods to hide where who returned in one is among those of the one before, or after."""
    known = [p for p, n in enumerate(cohort["returned"]) if n is not None]
    order = known[::-1] if spec.mode == "on_or_before" else known
    nested = [cohort["size"], *(cohort["returned"][p] for p in order)]
    return {order[level - 1] for level in hidden([parts_of(nested)], k, levels)[0][0]}


def _both(cohort: Row, p: int) -> list[int]:
    back: int = cohort["returned"][p]
    return [back, cohort["size"] - back]


def _first(_: int, __: int) -> tuple[int]:
    """Of two parts the first is what is shown."""
    return (0,)


def _rates(row: Row, cohorts: list[Row]) -> None:
    """The pooled and the mean rates of some cohorts."""
    for p in range(len(row["pooled"])):
        known = [each for each in cohorts if each["returned"][p] is not None]
        shares = [each["returned"][p] / each["size"] for each in known]
        back, all_ = (sum(n) for n in (_column(known, p), (each["size"] for each in known)))
        row["pooled"][p] = back / all_ if known else None
        row["mean"][p] = fsum(shares) / len(shares) if known else None


def _column(cohorts: Sequence[Row], p: int) -> list[int]:
    return [each["returned"][p] for each in cohorts]


def _survival(hiding: Hiding, row: Row) -> None:
    """The curve as far as nobody's going, nobody's staying and no end of knowing is of few."""
    if "survival" not in row:
        return
    kept: list[Row] = []
    for point in row["survival"]:
        left = kept[-1]["at_risk"] - kept[-1]["gone"] - point["at_risk"] if kept else 0
        stayed = point["at_risk"] - point["gone"]
        if any(is_small(n, hiding.k) for n in (point["at_risk"], point["gone"], stayed, left)):
            break
        kept.append(point)
    hiding.keep("survival", row, kept)


def _groups(spec: Retention, hiding: Hiding, told: list[bool]) -> None:
    """Of groups the pooled rates are told, of the same cohorts as of all."""
    results, k = hiding.results, hiding.k
    if "groups" not in results:
        return
    every: list[Row] = results["groups"]
    own = [[each for c, each in enumerate(group["cohorts"]) if told[c]] for group in every]
    out = folded([sum(each["size"] for each in cohorts) for cohorts in own], k)
    kept = [i for i in range(len(every)) if i not in out]
    for i in kept:
        _rates(every[i], [each for each in own[i] if each["size"]])
    for p in range(len(results["pooled"])):
        rows = [_sums(cohorts, p) for cohorts in own]
        rest = [sum(rows[i][part] for i in out) for part in (0, 1)]
        shown = [rows[i] for i in kept]
        if spec.by_must_match:
            found, everybody = hidden(shown, k, _first)
        else:
            found, everybody = hidden_beside(shown, rest, k, _first)
        small = [is_small(sum(row), k) for row in (*shown, rest)]
        for at, (i, places) in enumerate(zip(kept, found, strict=True)):
            if places or everybody or any(small):
                hiding.null(f"$.groups[{at}].pooled", every[i]["pooled"], [p])
    hiding.keep("groups", results, [every[i] for i in kept])
    for at, i in enumerate(kept):
        hiding.null(f"$.groups[{at}].mean", every[i]["mean"], range(len(every[i]["mean"])))
        for name in {"cohorts", "survival"} & every[i].keys():
            hiding.keep(name, every[i], [])


def _sums(cohorts: list[Row], p: int) -> list[int]:
    """Of the cohorts that are known so far, how many returned, and how many did not."""
    known = [_both(each, p) for each in cohorts if each["returned"][p] is not None]
    return [sum(both[part] for both in known) for part in (0, 1)]


RULE = Rule(hide)

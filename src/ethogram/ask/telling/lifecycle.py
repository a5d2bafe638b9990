"""What is told of a lifecycle: intervals, each with people in four states.

Who is active in an interval either returns in the next or is dormant there; so an interval with
few people in a state is hidden whole. Where few were active, few return or are dormant in the next.
"""

from typing import Any, TypeAlias

from ethogram.ask.questions.lifecycle import STATES, Lifecycle
from ethogram.ask.telling.tables import folded, is_small
from ethogram.ask.telling.told import Hiding, Results, Rule

Row: TypeAlias = dict[str, Any]
Counts: TypeAlias = list[int]


def hide(_: Lifecycle, hiding: Hiding, __: Results) -> None:
    """Hide the intervals of everybody, and those of all groups in which one's is of few."""
    results, k = hiding.results, hiding.k
    overall = _counts(results)
    if "groups" in results:
        _groups(hiding, len(overall))
    for p in _unsafe(overall, k):
        hiding.null(f"$.intervals[{p}]", results["intervals"][p], STATES)


def _groups(hiding: Hiding, width: int) -> None:
    results, k = hiding.results, hiding.k
    counts = [_counts(group) for group in results["groups"]]
    out = folded([max((max(each) for each in own), default=0) for own in counts], k)
    rest = [[sum(counts[i][p][s] for i in out) for s in range(4)] for p in range(width)]
    kept = [i for i in range(len(counts)) if i not in out]
    unsafe = sorted({p for own in (*(counts[i] for i in kept), rest) for p in _unsafe(own, k)})
    hiding.keep("groups", results, [results["groups"][i] for i in kept])
    for at, group in enumerate(results["groups"]):
        for p in unsafe:
            hiding.null(f"$.groups[{at}].intervals[{p}]", group["intervals"][p], STATES)


def _counts(row: Row) -> list[Counts]:
    return [[abs(each[state]) for state in STATES] for each in row["intervals"]]


def _unsafe(counts: list[Counts], k: int) -> list[int]:
    """The intervals with few people in a state."""
    return [p for p, own in enumerate(counts) if any(is_small(n, k) for n in own)]


RULE = Rule(hide)

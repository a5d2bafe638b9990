"""The numbers of groups beside those of everybody: which are hidden, and which groups are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ethogram.ask.telling.tables import Between, folded, hidden, hidden_beside
from ethogram.ask.telling.told import Hiding

Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Split:
    """How people are split into parts, and what is hidden of a row.

    ``parts`` are the people of a row, an answer's or a group's; ``hide`` hides the numbers at some
    places of a row that stands at a place of the answer. ``total`` hides all numbers of a row.
    """

    parts: Callable[[Row], list[int]]
    between: Between
    hide: Callable[[str, Row, set[int]], None]
    total: Callable[[str, Row], None]


def hide(hiding: Hiding, split: Split, *, disjoint: bool = True) -> None:
    """Hide what is small of everybody's numbers and of each group's.

    The small groups are left out; nobody is in two groups where they are ``disjoint``.
    """
    results, k = hiding.results, hiding.k
    whole, groups = split.parts(results), results.get("groups")
    if sum(whole) < k:
        if any(whole):
            split.total("$", results)
        if groups:
            hiding.keep("groups", results, [])
        return
    if groups is None:
        split.hide("$", results, hidden([whole], k, split.between)[0][0])
        return
    rows = [split.parts(group) for group in groups]
    out = folded([sum(row) for row in rows], k)
    hiding.keep("groups", results, [each for i, each in enumerate(groups) if i not in out])
    kept = [row for i, row in enumerate(rows) if i not in out]
    rest = _together([rows[i] for i in out], len(whole))
    if disjoint:
        found, sums = hidden_beside(kept, rest, k, split.between)
    else:
        found, _ = hidden(kept, k, split.between)
        ((sums,), _) = hidden([whole], k, split.between)
    split.hide("$", results, sums)
    for i, (group, places) in enumerate(zip(results["groups"], found, strict=True)):
        split.hide(f"$.groups[{i}]", group, places)


def _together(rows: Sequence[Sequence[int]], width: int) -> list[int]:
    return [sum(column) for column in zip(*rows, strict=True)] if rows else [0] * width

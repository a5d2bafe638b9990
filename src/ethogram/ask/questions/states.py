"""States: the process that the events themselves show, as what directly follows what."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from ethogram.ask.kernels.counting import GROUP, LANE, NODE, Counted
from ethogram.ask.questions.answer import Row
from ethogram.ask.questions.breakdown import in_order, shown
from ethogram.ask.questions.cuts import Plan
from ethogram.ask.questions.lengths import medians
from ethogram.ask.questions.nodes import Names, Naming, names_of
from ethogram.ask.questions.question import Asked, Behind, Found, Named, Question, Scope
from ethogram.ask.questions.spec import Spec, gap_of
from ethogram.ask.questions.walkers import Went, check_went, walkers
from ethogram.ask.questions.walks import Split, Walks, counted, merge, nothing, rows_of, settled
from ethogram.ask.sequences.run import Int64s
from ethogram.events.errors import Invalid

MOST_EVENTS = 1000

RULES = {
    "sessions": "a person's whole history, or parted where one event is session_gap or more "
    "after the one before",
    "order": "by time; events of one instant in the order they came in",
    "edges": "to happened directly after from, in one session; an event may follow itself",
    "nodes": "count = starts + all that comes in = ends + all that goes out, rare edges included",
    "at_least_share": "of all the times that something followed from",
    "most_events": "the most frequent; edges from and to others are left out with them",
    "median_seconds": "exact where median_within is 0, else off by at most that share of it",
    "by": "the value at the session's first event",
}


class States(Spec, frozen=True, forbid_unknown_fields=True, tag="states"):
    """Which event directly follows which: the process, as people really go through it.

    Of each person's whole history, or of its sessions if a ``session_gap`` is given. Of many
    events the ``most_events`` most frequent are shown; an edge must have come ``at_least`` so
    often, and make up ``at_least_share`` of what follows its first event.

    >>> States(at_least_share=0.05).session_gap
    'none'
    """

    session_gap: str = "none"
    at_least: int = 1
    at_least_share: float = 0.0
    most_events: int = 50


class Move(Went, frozen=True, forbid_unknown_fields=True):
    """Those of whom ``to`` directly followed ``from``; without ``to`` those with that event.

    Without both everybody with an event. Of a group the values ``by``.
    """


def names(spec: States) -> Named:
    """What a process names: nothing; raises `Invalid` where a limit makes no sense."""
    gap_of(spec)
    if not 1 <= spec.most_events <= MOST_EVENTS:
        raise Invalid("bad_most_events", f"It is 1 to {MOST_EVENTS} here.", at="$.most_events")
    if not 0 <= spec.at_least_share <= 1:
        raise Invalid("bad_share", "A share lies between 0 and 1.", at="$.at_least_share")
    return Named([])


def ask(spec: States, scope: Scope) -> Asked[Walks]:
    """The process's numbers."""
    plan, split = _plan(spec, scope), Split(spec.by)
    over = partial(counted, plan, split)
    return Asked(over, merge, nothing(plan, split), partial(finish, spec))


def finish(spec: States, total: Walks) -> Found:
    """Nodes and edges, and with ``by`` each group's."""
    total = settled(total)
    steps, lengths = total.steps.whole(), total.lengths.whole()
    seconds = medians(lengths, total.digits)
    of = rows_of(steps, total.labels, steps.keys[:, 0] >> GROUP)
    results = _process(spec, total.names, of(None), seconds)
    results["median_within"] = 0.0 if total.digits is None else 0.5**total.digits
    if spec.by:
        keys = in_order([label for label in total.labels if isinstance(label, tuple)])
        results["groups"] = [
            {"by": shown(spec.by, key), **_process(spec, total.names, of(key), seconds)}
            for key in keys
        ]
    return Found(results, RULES)


def rows(results: Mapping[str, Any]) -> list[Row]:
    """The edges; with ``by`` those of each group, with its values."""
    if "groups" not in results:
        return results["edges"]
    return [{**group["by"], **edge} for group in results["groups"] for edge in group["edges"]]


def people(spec: States, scope: Scope, cell: Move) -> Asked[Int64s]:
    """The ids of those whom ``cell`` means."""
    plan = _plan(spec, scope)
    check_went(cell, plan, 0)
    return walkers(plan, cell)


def _plan(spec: States, scope: Scope) -> Plan:
    return Plan(spec, Naming(), names_of(scope.events))


def _process(spec: States, names: Names, steps: Counted, seconds: dict[int, float]) -> Row:
    """Of the steps of one label; ``seconds`` are the medians of every edge, by its key."""
    cells, count, people = steps.keys[:, 0] & ((1 << GROUP) - 1), steps.times, steps.people
    from_, to = cells >> LANE, cells & NODE
    edge, node = to != 0, (to == 0) & (cells != 0)
    size = len(names)
    out, into = (np.bincount(ends[edge], count[edge], minlength=size).astype(np.int64)
                 for ends in (from_, to))  # fmt: skip
    order = np.lexsort((from_, -count))
    known = order[node[order]]
    kept = known[: spec.most_events]
    least = spec.at_least * (spec.sample or 1)
    wanted = np.isin(from_, from_[kept]) & np.isin(to, from_[kept]) & (count >= least)
    wanted &= count >= spec.at_least_share * out[from_]
    moves = np.lexsort((to, from_, -count))
    moves = moves[(edge & wanted)[moves]]
    return {
        "sessions": int(count[cells == 0].sum()),
        "people": int(people[cells == 0].sum()),
        "nodes": [
            {"event": names[n], "count": c, "people": p, "starts": c - i, "ends": c - o}
            for n, c, p, i, o in zip(*_lists(from_[kept], count[kept], people[kept],
                                             into[from_[kept]], out[from_[kept]]), strict=True)
        ],
        "edges": [
            {"from": names[a], "to": names[b], "count": c, "people": p,
             "median_seconds": seconds[key]}
            for a, b, c, p, key in zip(*_lists(from_[moves], to[moves], count[moves],
                                                people[moves], steps.keys[moves, 0]), strict=True)
        ],
        "left_out": {"events": len(known) - len(kept), "edges": int(edge.sum()) - len(moves)},
    }  # fmt: skip


def _lists(*arrays: Int64s) -> list[list[int]]:
    return [array.tolist() for array in arrays]


STATES = Question(
    States,
    names,
    ask,
    rows,
    Behind(Move, people),
    counted=frozenset({"sessions", "people", "count", "starts", "ends"}),
)

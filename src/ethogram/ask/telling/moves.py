"""What is told of what follows what: paths and states.

Of an event's number of times nobody knows how many people it is about; so nodes have names only,
and edges their numbers. As many edges are left out that what is left over at each node, and of
each step, is ``k`` times or more.
"""

from typing import Any, TypeAlias

from ethogram.ask.questions.paths import Paths
from ethogram.ask.questions.states import States
from ethogram.ask.telling.tables import is_small
from ethogram.ask.telling.told import Hiding, Results, Rule

Row: TypeAlias = dict[str, Any]
NODE = ("count", "people", "starts", "ends")


def paths(_: Paths, hiding: Hiding, __: Results) -> None:
    """Leave out the edges and whole paths that few people went."""
    results, k = hiding.results, hiding.k
    people: int = results["people"]
    every: list[Row] = results["edges"]
    told: list[Row] = []
    for step in sorted({edge["step"] for edge in every}):
        own = [edge for edge in every if edge["step"] == step]
        kept = _told(own, people, results["paths"], k)
        for name in dict.fromkeys(edge["from"] for edge in own) if step > 1 else ():
            into = sum(e["count"] for e in every if (e["step"], e["to"]) == (step - 1, name))
            at_node = [edge for edge in kept if edge["from"] == name]
            fewer = _told(at_node, people, into, k)
            kept = [edge for edge in kept if edge["from"] != name or edge in fewer]
        told += kept
    hiding.keep("edges", results, told)
    if results["top"] is not None:
        hiding.keep("top", results, _told(results["top"], people, results["paths"], k))
    if is_small(people, k):
        hiding.null("$", results, ["paths", "people"])
    _nodes(hiding, results)
    _pattern(hiding, results)


def states(_: States, hiding: Hiding, __: Results) -> None:
    """Leave out the edges that few people went."""
    results, k = hiding.results, hiding.k
    told = [edge for edge in results["edges"] if _is_told(edge, results["people"], k)]
    results["left_out"]["edges"] += len(results["edges"]) - len(told)
    for i, edge in enumerate(told):
        if edge["people"] < 2 * k:
            hiding.null(f"$.edges[{i}]", edge, ["median_seconds"])
    hiding.keep("edges", results, told)
    _nodes(hiding, results)
    if is_small(results["people"], k):
        hiding.null("$", results, ["sessions", "people"])


def _told(rows: list[Row], people: int, total: int, k: int) -> list[Row]:
    """The rows that are told, but so few that what is left of ``total`` times is no small group."""
    kept = sorted((row for row in rows if _is_told(row, people, k)), key=lambda row: row["people"])
    rest = total - sum(row["count"] for row in kept)
    few = len(kept) < len(rows) and all((row["people"] or 0) < k for row in rows if row not in kept)
    while kept and (few or is_small(rest, k)):
        rest, few = rest + kept.pop(0)["count"], False
    return [row for row in rows if row in kept]


def _is_told(row: Row, people: int, k: int) -> bool:
    """Whether ``k`` of all people went there, and as many or nobody did not."""
    return (row["people"] or 0) >= k and not is_small(people - row["people"], k)


def _nodes(hiding: Hiding, results: Results) -> None:
    told = [node for node in results["nodes"] if (node["people"] or 0) >= hiding.k]
    hiding.keep("nodes", results, told)
    for i, node in enumerate(told):
        hiding.null(f"$.nodes[{i}]", node, NODE)


def _pattern(hiding: Hiding, results: Results) -> None:
    if "pattern" in results:
        found = results["pattern"]
        people, matching = found["people"], found["matching_people"]
        if is_small(matching, hiding.k) or is_small(people - matching, hiding.k):
            hiding.null("$.pattern", found, ["matching_sessions", "matching_people"])
        if is_small(people, hiding.k):
            hiding.null("$.pattern", found, ["sessions", "people"])


def _split_paths(spec: Paths) -> str | None:
    apart = spec.by or spec.compare
    return "An answer by groups does not say" if apart else None


def _split_states(spec: States) -> str | None:
    return "An answer by groups does not say" if spec.by else None


PATHS = Rule(paths, refused=_split_paths)
STATES = Rule(states, refused=_split_states)

"""The predicate language over a run's columns: one of its three evaluators."""

from collections.abc import Iterable
from typing import Any, cast

import numpy as np

from ethogram.ask.questions.comparing import compared, joined
from ethogram.ask.questions.facts import facts_of
from ethogram.ask.questions.profiled import compared_lists, group_column, profile_holds
from ethogram.ask.questions.said import Bools, Test, held_by
from ethogram.ask.sequences.run import Column, Run
from ethogram.ask.sequences.units import GROUP
from ethogram.ask.sequences.within import walk
from ethogram.events.predicate import Predicate


def holds(predicate: Predicate, run: Run, at: str = "$.where") -> Test:
    """``predicate`` made ready for ``run``: words are compared once, not once per event."""
    if predicate.all is not None:
        return joined([holds(part, run, at) for part in predicate.all], np.logical_and, True)
    if predicate.any is not None:
        return joined([holds(part, run, at) for part in predicate.any], np.logical_or, False)
    if predicate.not_ is not None:
        inner = holds(predicate.not_, run, at)
        return lambda first, last: ~inner(first, last)
    if predicate.of.startswith("profile"):
        return profile_holds(predicate, run, at)
    return _compared(predicate, run, at)


def _compared(predicate: Predicate, run: Run, at: str) -> Test:
    if predicate.of.startswith("profile"):
        return profile_holds(predicate, run, at)
    if predicate.of.startswith(GROUP):
        column = group_column(run, predicate.property or "", predicate.of)
        return _nowhere if column is None else compared_lists(column, predicate, at)
    column = column_of(run, predicate.property or "")
    if column is None:
        return _nowhere
    own = compared(column, predicate, at)
    return own if predicate.of == "event" else held_by(run, column, own, predicate.of)


def _nowhere(first: int, last: int) -> Bools:
    return np.zeros(last - first, np.bool_)


def column_of(run: Run, name: str | tuple[str, ...]) -> Column | None:
    """The column of a property; for a path, what its JSON objects hold there."""
    if isinstance(name, str):
        return run.properties.get(name)
    top, *below = name
    return facts_of(run).within(name) if below else run.properties.get(top)


def names_beside(words: Iterable[str], path: tuple[str, ...]) -> list[str] | None:
    """None where one of the JSON values ``words`` of ``path[0]`` has something at ``path``.

    Else what they have instead, as far down as any of them goes, with dots between the names.
    """
    beside: dict[int, set[str]] = {}
    for word in words:
        here = walk(word, ())
        for depth, name in enumerate(path[1:], 1):
            if not isinstance(here, dict):
                break
            if name not in here:
                beside.setdefault(depth, set()).update(cast("dict[str, Any]", here))
                break
            here = here[name]
        else:
            return None
    depth = max(beside, default=0)
    return [".".join((*path[:depth], name)) for name in beside.get(depth, ())]

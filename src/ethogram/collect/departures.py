"""Which rows of a table depart from the tracking plan: `events.plan.check` column by column.

Python looks at the rows that depart, and where a plan lists values, at each value once.
"""

# The functions of pyarrow.compute are made when it is imported.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.collect.sources.cells import whole_cast
from ethogram.collect.sources.instants import Time, instants
from ethogram.events import plan as plans
from ethogram.events.plan import Finding, Plan, PropertyType, Rule
from ethogram.store.lake.schema import INSTANT, Tag, column_name

Mask: TypeAlias = npt.NDArray[np.bool_]
Rows: TypeAlias = npt.NDArray[np.int64]
Found: TypeAlias = dict[int, list[Finding]]

_CLASSES: Mapping[Tag, type] = {"number": float, "text": str, "flag": bool, "json": dict}


@dataclass(frozen=True, slots=True)
class Departures:
    """The findings of each row that has some: rows to refuse, and rows to keep and mark."""

    refused: Found = field(default_factory=Found)
    warned: Found = field(default_factory=Found)


def departures(claims: pa.Table, plan: Plan) -> Departures:
    """How the rows of ``claims`` depart from ``plan``; its columns are those of `columns.table`."""
    found = Departures()
    if not (plan.rules or plan.closed):
        return found
    for event, rows in _by_event(claims["event"]):
        among = found.refused if plans.mode(plan, event) == "reject" else found.warned
        for finding, departing in _findings(event, claims, rows, plan):
            for row in departing.tolist():
                among.setdefault(row, []).append(finding)
    return found


def marked(claims: pa.Table, found: Departures) -> pa.Table:
    """``claims`` without the refused rows; ``extra`` says of the others what is wrong, if any."""
    if found.warned:
        extra: list[bytes | None] = [None] * claims.num_rows
        for row, findings in found.warned.items():
            extra[row] = msgspec.json.encode({"plan": [finding.code for finding in findings]})
        claims = claims.append_column("extra", pa.array(extra, pa.string()))
    if found.refused:
        taken = np.ones(claims.num_rows, np.bool_)
        taken[list(found.refused)] = False
        claims = claims.filter(pa.array(taken))
    return claims


def _by_event(events: pa.ChunkedArray) -> Iterator[tuple[str, Rows]]:
    """Each event's name and the rows that it stands in."""
    coded = events.combine_chunks().dictionary_encode()
    codes = np.asarray(coded.indices)
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=len(coded.dictionary)))
    yield from zip(coded.dictionary.to_pylist(), np.split(order, ends), strict=False)


def _findings(
    event: str, claims: pa.Table, rows: Rows, plan: Plan
) -> Iterator[tuple[Finding, Rows]]:
    """What is wrong in the ``rows`` of an event, in the plan's order, and in which of them."""
    if plans.is_refused(event, plan):
        yield plans.unplanned(event, plan), rows
    for rule in plan.rules.get(event, ()):
        name, required, *_ = rule
        missing = np.ones(len(rows), np.bool_)
        for tag, values in _columns(name, claims, rows):
            missing &= np.asarray(values.is_null())
            wanted = plan.events[event].properties[name].type
            for finding, mask in _departing(values, tag, rule, wanted):
                yield finding, rows[mask]
        if required and missing.any():
            yield plans.missing(name), rows[missing]


def _columns(name: str, claims: pa.Table, rows: Rows) -> Iterator[tuple[Tag, pa.Array]]:
    """The types of which the property ``name`` has values in ``rows``, and its columns there."""
    for tag in _CLASSES:
        at = claims.schema.get_field_index(column_name(name, tag))
        if at >= 0:
            values = claims[at].take(pa.array(rows)).combine_chunks()
            if values.null_count < len(values):
                yield tag, values


def _departing(
    values: pa.Array, tag: Tag, rule: Rule, wanted: PropertyType
) -> Iterator[tuple[Finding, Mask]]:
    """What is wrong with the values that a property has in the column ``tag``, and where."""
    name, _, classes, is_time, allowed = rule
    sound = valid = np.asarray(values.is_valid())
    if _CLASSES[tag] not in classes:
        sound = np.zeros_like(valid)
    elif is_time:
        sound = _are_times(values)
    wrong = valid & ~sound
    if wrong.any():
        for sent, mask in _sent(values, tag):
            yield plans.wrong_type(name, sent, wanted), wrong & mask
    if allowed is not None:
        strange = sound & ~_each(values, allowed.__contains__)
        if strange.any():
            yield plans.not_allowed(name, allowed), strange


def _sent(values: pa.Array, tag: Tag) -> Iterator[tuple[type, Mask | bool]]:
    """The classes that the values of a column have, and where."""
    if tag != "json":
        yield _CLASSES[tag], True
        return
    lists = np.asarray(pc.starts_with(values, "[").fill_null(False))
    yield list, lists
    yield dict, ~lists


def _are_times(values: pa.Array) -> Mask:
    """Which values are times, by the rules of `events.times`; texts of one form as a whole."""
    if not pa.types.is_string(values.type):
        return instants(values)[1] == Time.GOOD
    for kind in (pa.timestamp("us"), INSTANT):
        if (cast := whole_cast(values, kind)) is not None:
            return instants(cast)[1] == Time.GOOD
    return _each(values, plans.means_time)


def _each(values: pa.Array, holds: Callable[[Any], bool]) -> Mask:
    """Where ``holds``, which is asked once for each value; not where there is none."""
    coded = values.dictionary_encode()
    said = np.array([*map(holds, coded.dictionary.to_pylist()), False])
    return said[np.asarray(coded.indices.fill_null(len(said) - 1))]

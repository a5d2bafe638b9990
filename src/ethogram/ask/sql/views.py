"""What SQL can see: the views ``events``, ``sessions`` and ``people``, made of the lake's columns.

A property has a column by its own name, with the type that its values had first; values that it
had with another type stand in ``NAME_TYPE`` beside, and so does a property whose name is taken.
What is sealed is in no view.
"""

import json
from collections.abc import Iterable, Sequence

from ethogram.events.erasure import Struck
from ethogram.store.lake.changes import is_reserved
from ethogram.store.lake.schema import EVENTS, property_of
from ethogram.store.lake.struck import sql_of

VIEWS = ("events", "sessions", "people")
CANONICAL = ("event", "timestamp", "person", "device", "session", "properties", "kind",
             "event_id", "anonymous", "groups", "context", "received_at", "position")  # fmt: skip
_PEOPLE = ("person", "first", "last", "events")
_TYPES = {"int64": "BIGINT", "string": "VARCHAR"}

_SESSIONS = """
WITH edges AS (
    SELECT position, person, timestamp, event, row_number() OVER own AS place,
        coalesce(timestamp - lag(timestamp) OVER own >= INTERVAL 30 MINUTE, true) AS opens,
        coalesce(lead(timestamp) OVER own - timestamp >= INTERVAL 30 MINUTE, true) AS closes
    FROM events WINDOW own AS (PARTITION BY person ORDER BY timestamp, position)
), bounds AS (
    SELECT *, lead(timestamp) OVER own AS closed, lead(event) OVER own AS closing,
        lead(place) OVER own AS last_place
    FROM edges WHERE opens OR closes WINDOW own AS (PARTITION BY person ORDER BY place)
)
SELECT position AS id, person, timestamp AS start,
    CASE WHEN closes THEN timestamp ELSE closed END AS "end",
    CASE WHEN closes THEN 1 ELSE last_place - place + 1 END AS events,
    event AS entry, CASE WHEN closes THEN event ELSE closing END AS exit
FROM bounds WHERE opens"""
"""A pause of 30 minutes or more parts two sessions. Only the first and the last event of each are
carried on, so that the memory it takes is that of one sort."""


def property_columns(columns: Iterable[str], taken: Iterable[str]) -> dict[str, str]:
    """How the lake's property ``columns`` are called in SQL, which does not know cases apart.

    In the order in which they came; ``taken`` names are other columns'.

    >>> property_columns(["p_price_number", "p_price_text", "p_event_text"], ["event"])
    {'p_price_number': 'price', 'p_price_text': 'price_text', 'p_event_text': 'event_text'}
    """
    used, found = {name.casefold() for name in taken}, dict[str, str]()
    for column in columns:
        known = property_of(column)
        if known is None or known[1] == "null" or is_reserved(known[0]):
            continue
        name = known[0] if known[0].casefold() not in used else f"{known[0]}_{known[1]}"
        while not name or name.casefold() in used:
            name += "_"
        used.add(name.casefold())
        found[column] = name
    return found


def empty() -> str:
    """The lake's canonical columns without a row."""
    typed = (f"NULL::{_TYPES.get(str(EVENTS.field(name).type), 'TIMESTAMPTZ')} AS {name}"
             for name in CANONICAL)  # fmt: skip
    return f"SELECT {', '.join(typed)} WHERE false"


def unerased(
    columns: Sequence[str], source: str, erased: Sequence[int], struck: Sequence[Struck]
) -> str:
    """The SELECT of the lake's ``columns`` out of ``source``, without what was erased."""
    shown = {name: quoted(name) for name in columns}
    conditions = [f"person NOT IN ({', '.join(map(str, erased))})"] if erased else []
    for each in struck:
        hit = sql_of(each, columns)
        if each.property is None:
            conditions.append(f"NOT ({hit})")
            continue
        for name in columns:
            known = property_of(name)
            if known is not None and known[0] == each.property:
                shown[name] = f"CASE WHEN {hit} THEN NULL ELSE {shown[name]} END"
        gone = literal(json.dumps({each.property: None}))
        text = shown["properties"]
        shown["properties"] = (
            f"CASE WHEN {hit} THEN json_merge_patch({text}, {gone})::VARCHAR ELSE {text} END"
        )
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    selected = (f"{said} AS {quoted(name)}" for name, said in shown.items())
    return f"SELECT {', '.join(selected)} FROM {source}{where}"


def definitions(columns: Sequence[str]) -> dict[str, str]:
    """The SELECT behind each view, over a relation ``lake`` with ``columns``."""
    named = property_columns(columns, CANONICAL)
    events = [*CANONICAL, *(f"{quoted(own)} AS {quoted(name)}" for own, name in named.items())]
    return {
        "events": f"SELECT {', '.join(events)} FROM lake",
        "sessions": _SESSIONS,
        "people": _people(property_columns(columns, _PEOPLE)),
    }


def _people(named: dict[str, str]) -> str:
    """Of each person the times and the number of events, and the last value of each property."""
    last = [f"arg_max({quoted(own)}, (timestamp, position)) AS {quoted(name)}"
            for own, name in named.items()]  # fmt: skip
    known = ["person", "min(timestamp) AS first", "max(timestamp) AS last", "count(*) AS events"]
    return f"SELECT {', '.join([*known, *last])} FROM lake GROUP BY person"


def quoted(name: str) -> str:
    """``name`` as an identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """``text`` as a value."""
    return "'" + text.replace("'", "''") + "'"

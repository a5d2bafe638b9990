"""The step ``country``: where an address is, by a file of MaxMind's format."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeAlias

import maxminddb

from ethogram.collect.cleaning.facts import Facts
from ethogram.collect.cleaning.step import NOTHING, Found
from ethogram.events.errors import Invalid
from ethogram.events.event import Json

Detail: TypeAlias = Literal["country", "region", "city"]


def country(path: Path, detail: Detail = "country") -> Callable[[Facts], Found]:
    """``country`` (ISO 3166), with ``detail`` also ``region`` (ISO 3166-2), then ``city``.

    Raises `Invalid` where ``path`` is no such file.
    """
    try:
        places = maxminddb.open_database(path)
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
        raise Invalid("bad_geoip", f"{error}.", at="geoip",
                      hint="Name a file in MaxMind's format, such as GeoLite2-Country.mmdb."
                      ) from None  # fmt: skip

    def find(facts: Facts) -> Found:
        if not facts.address:
            return NOTHING
        try:
            adds = _adds(places.get(facts.address), detail)
        except (ValueError, maxminddb.InvalidDatabaseError):
            return NOTHING
        return Found(adds, True) if adds else NOTHING

    return find


def _adds(record: Any, detail: Detail) -> dict[str, Json]:
    """What a record of the file says; in other shapes than MaxMind's it says nothing."""
    if not isinstance(record, dict):
        return {}
    parts = list(record.get("subdivisions") or [{}])
    code = _inside(record, "country", "iso_code") or _inside(
        record, "registered_country", "iso_code"
    )
    region = _inside({"region": parts[0]}, "region", "iso_code")
    adds = {"country": code}
    if detail != "country":
        adds["region"] = f"{code}-{region}" if code and region else None
    if detail == "city":
        names = _inside(record, "city", "names")
        adds["city"] = names.get("en") if isinstance(names, dict) else None
    return {name: value for name, value in adds.items() if isinstance(value, str)}


def _inside(record: dict[str, Any], outer: str, name: str) -> Any:
    inner = record.get(outer)
    return inner.get(name) if isinstance(inner, dict) else None

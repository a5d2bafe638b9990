"""The fields of one event in Snowplow's tracker protocol, each of which is a text.

What is read is taken out, so that the rest is what has no place of its own. Self-describing
events and entities come as JSON (``ue_pr``, ``co``) or as its base64 (``ue_px``, ``cx``), padded
or not.
"""

import binascii
import hashlib
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from ethogram.collect.protocols.fields import decoded, number_of, text_of
from ethogram.events.errors import Invalid
from ethogram.events.event import Json

_schema = re.compile(r"iglu:([\w.-]+)/([\w.-]+)/jsonschema/\d+-\d+-\d+")
_LONG = 20
_encode = msgspec.json.Encoder().encode
_COMMON = frozenset(
    "e eid tv aid uid duid sid tnuid nuid lang tz ua ip p url page refr".split()  # noqa: SIM905
)
"""The texts that any type of event may have."""
_PAGE = {"url": "url", "page": "title", "refr": "referrer"}
_TEXT = frozenset([str])


class Fields:
    """What an event says: its fields are in ``rest`` until they are read.

    Those that any type may have are texts. ``content`` stands for all that is said,
    ``entities`` are ``[{"schema", "data"}]``. All methods raise `Invalid` for values of another
    type.
    """

    def __init__(self, values: dict[str, Any]) -> None:
        self.rest = values
        if not _TEXT.issuperset(map(type, values.values())):
            values |= {name: text_of(values[name], name) for name in _COMMON & values.keys()}
        self.id, sent = values.pop("eid", None) or None, values.pop("stm", None)
        self.content = _content(values)
        values["stm"] = sent
        self.entities = self._entities()
        self.page = self.taken(_PAGE)

    def taken(self, names: Mapping[str, str]) -> dict[str, Json]:
        """What there is of ``names``, which are texts, each under its longer name."""
        rest = self.rest
        return {
            longer: said
            for name, longer in names.items()
            if name in rest and (said := rest.pop(name))
        }

    def text(self, name: str) -> str | None:
        """A text; None where it is empty."""
        value = self.rest.pop(name, None)
        return (value if value is None or value.__class__ is str else text_of(value, name)) or None

    def number(self, name: str) -> float | None:
        """A finite number; None where it is empty."""
        return number_of(self.rest.pop(name, None), name)

    def whole(self, name: str) -> int | None:
        """A whole number; None where it is empty."""
        value = self.rest.pop(name, None)
        if value is None:
            return None
        if value.__class__ is str and len(value) < _LONG and value.isdecimal():
            return int(value)
        number = number_of(value, name)
        return None if number is None else round(number)

    def named(self, names: Mapping[str, str], read: Callable[[str], Json]) -> dict[str, Json]:
        """What there is of ``names``, each under its longer name."""
        return {
            longer: value
            for name, longer in names.items()
            if name in self.rest and (value := read(name)) is not None
        }

    def json(self, plain: str, packed: str) -> dict[str, Json]:
        """The JSON object of a field that has two forms; empty where there is none."""
        if plain in self.rest and (said := self.text(plain)):
            value = decoded(said.encode("utf-8", "replace"))
        elif packed in self.rest and (said := self.text(packed)):
            value = decoded(_unpacked(said, packed))
        else:
            return {}
        if isinstance(value, dict):
            return value
        raise Invalid("wrong_type", "Expected a JSON object.", at=f"$.{plain}")

    def of_schema(self, name: str) -> list[dict[str, Json]]:
        """The data of the entities whose schema has this name, whoever's it is."""
        return [
            each["data"]
            for each in self.entities
            if isinstance(each, dict)
            and isinstance(schema := each.get("schema"), str)
            and f"/{name}/" in schema
            and isinstance(each.get("data"), dict)
        ]

    def _entities(self) -> list[Json]:
        entities = self.json("co", "cx").get("data") or []
        if isinstance(entities, list):
            return entities
        raise Invalid("wrong_type", "Expected an array of entities.", at="$.co.data")


@lru_cache(1_000)
def schema_of(address: str) -> tuple[str, str] | None:
    """(vendor, name) of a schema's address; None where it is none.

    >>> schema_of("iglu:com.acme/cart/jsonschema/1-0-0")
    ('com.acme', 'cart')
    """
    found = _schema.fullmatch(address)
    return (found[1], found[2]) if found else None


def _content(values: dict[str, Any]) -> str:
    """What tells two events with one id apart: all that is said, but the time of sending."""
    return hashlib.blake2b(_encode(values), digest_size=12).hexdigest()


def _unpacked(said: str, place: str) -> bytes:
    try:
        return binascii.a2b_base64(said.replace("-", "+").replace("_", "/") + "==")
    except ValueError:
        raise Invalid("bad_base64", "This is not base64.", at=f"$.{place}") from None

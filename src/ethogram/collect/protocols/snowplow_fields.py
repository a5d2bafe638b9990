"""The fields of one event in Snowplow's tracker protocol, each of which is a text.

What is read is taken out, so that the rest is what has no place of its own. Self-describing
events and entities come as JSON (``ue_pr``, ``co``) or as its base64 (``ue_px``, ``cx``), padded
or not.
"""

import binascii
import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from ethogram.collect.protocols.fields import decoded, number_of, text_of
from ethogram.events.errors import Invalid
from ethogram.events.event import Json

SCHEMA = re.compile(r"iglu:([\w.-]+)/([\w.-]+)/jsonschema/\d+-\d+-\d+")
"""(vendor, name)."""
_PAGE = {"url": "url", "page": "title", "refr": "referrer"}
_URLSAFE = str.maketrans("-_", "+/")


class Fields:
    """An event's fields, its entities (``[{"schema", "data"}]``) and its page.

    All methods raise `Invalid` for values of another type.
    """

    def __init__(self, values: dict[str, Any]) -> None:
        self.content = _content(values)
        self.rest = values
        self.entities = self._entities()
        self.page = self.named(_PAGE, self.text)

    def text(self, name: str) -> str | None:
        """A text; None where it is empty."""
        return text_of(self.rest.pop(name, None), name) or None

    def number(self, name: str) -> float | None:
        """A finite number; None where it is empty."""
        return number_of(self.rest.pop(name, None), name)

    def whole(self, name: str) -> int | None:
        """A whole number; None where it is empty."""
        number = self.number(name)
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
        if said := self.text(plain):
            value = decoded(said.encode("utf-8", "replace"))
        elif said := self.text(packed):
            value = decoded(_unpacked(said, packed))
        else:
            return {}
        if isinstance(value, dict):
            return value
        raise Invalid("wrong_type", "Expected a JSON object.", at=f"$.{plain}")

    def of_schema(self, name: str) -> list[dict[str, Json]]:
        """The data of the entities whose schema has this name, whoever's it is."""
        return [each["data"] for each in self.entities if _is_of(each, name)]

    def _entities(self) -> list[Json]:
        entities = self.json("co", "cx").get("data") or []
        if isinstance(entities, list):
            return entities
        raise Invalid("wrong_type", "Expected an array of entities.", at="$.co.data")


def _content(values: dict[str, Any]) -> str:
    """What tells two events with one id apart: all that is said, but the time of sending."""
    said = sorted((name, value) for name, value in values.items() if name not in ("stm", "eid"))
    return hashlib.blake2b(msgspec.json.encode(said), digest_size=12).hexdigest()


def _unpacked(said: str, place: str) -> bytes:
    try:
        return binascii.a2b_base64(said.translate(_URLSAFE) + "==")
    except ValueError:
        raise Invalid("bad_base64", "This is not base64.", at=f"$.{place}") from None


def _is_of(entity: Json, name: str) -> bool:
    if not (isinstance(entity, dict) and isinstance(entity.get("data"), dict)):
        return False
    schema = entity.get("schema")
    found = SCHEMA.fullmatch(schema) if isinstance(schema, str) else None
    return found is not None and found[2] == name

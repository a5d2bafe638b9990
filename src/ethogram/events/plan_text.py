"""A tracking plan as the TOML that `plan.read` reads."""

import re
from collections.abc import Iterator

import msgspec

from ethogram.events.event import Json
from ethogram.events.plan import Plan, PlannedEvent

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def written(plan: Plan) -> str:
    """``plan`` as TOML, events and properties in their order.

    >>> from ethogram.events.plan import read
    >>> print(written(read('events.cart.properties.price.type = "number"')))
    mode = "warn"
    <BLANKLINE>
    [events.cart]
    properties.price = { type = "number" }
    <BLANKLINE>
    """
    head = [f'mode = "{plan.mode}"', *(["closed = true"] if plan.closed else [])]
    tables = ["\n".join(_event(name, event)) for name, event in plan.events.items()]
    return "\n\n".join(["\n".join(head), *tables]) + "\n"


def _event(name: str, event: PlannedEvent) -> Iterator[str]:
    yield f"[events.{_key(name)}]"
    if event.description:
        yield f"description = {_value(event.description)}"
    if event.mode:
        yield f'mode = "{event.mode}"'
    for property_, wanted in event.properties.items():
        said = msgspec.to_builtins(wanted)
        fields = ", ".join(f"{key} = {_value(value)}" for key, value in said.items())
        yield f"properties.{_key(property_)} = {{ {fields} }}"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _value(name)


def _value(value: Json) -> str:
    """A basic string escapes what JSON does, and DEL too."""
    return msgspec.json.encode(value).decode().replace("\x7f", "\\u007f")

"""A Python module with a function for each planned event."""

import keyword
from collections.abc import Iterator
from unicodedata import normalize

from ethogram.events.plan import Plan, PlannedEvent, PlannedProperty, PropertyType
from ethogram.show.code.names import quoted, sentence, snake, unique

_TYPES: dict[PropertyType, str] = {
    "text": "str",
    "number": "float",
    "flag": "bool",
    "time": "datetime | str | float",
    "json": "dict[str, Any] | list[Any]",
}
_HEAD = '''"""What the tracking plan says can be tracked, a function an event.

Written by ``ethogram plan code``: change the plan, and write this file anew.
"""

from datetime import datetime
from typing import Any, Literal, Protocol, TypedDict


class Client(Protocol):
    """Whatever sends events, such as what ``ethogram.connect`` gives."""

    def track(self, event: str, **fields: Any) -> str:
        """Send an event; its id."""
        ...


class Who(TypedDict, total=False):
    """Who did it, one of the first two, and when."""

    user_id: str
    anonymous_id: str
    session_id: str
    device_id: str
    event_id: str
    timestamp: str | float
    context: dict[str, Any]


def _there(values: dict[str, Any]) -> dict[str, Any]:
    """The values that are given; times as texts."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
        if value is not None
    }
'''
_USED = ("datetime", "Any", "Literal")


def python(plan: Plan) -> str:
    """The module for ``plan``; it needs nothing but Python 3.11, and passes pyright's strict."""
    names = unique(plan.events, lambda name: f"track_{snake(name)}", ())
    functions = [_function(name, names[name], event) for name, event in plan.events.items()]
    return "\n\n".join([_used(functions), *functions])


def _used(functions: list[str]) -> str:
    """The head, which imports what is used."""
    text = "".join(functions)
    return _HEAD if "Literal[" in text else _HEAD.replace("Any, Literal, Protocol", "Any, Protocol")


def _function(name: str, called: str, event: PlannedEvent) -> str:
    arguments = unique(event.properties, _argument, ("client_", "who_", "_there", *_USED))
    ordered = sorted(event.properties.items(), key=lambda each: not each[1].required)
    lines = [
        f"def {called}(",
        "    client_: Client,",
        "    who_: Who,",
        "    /,",
        *(["    *,"] if ordered else []),
        *(f"    {arguments[key]}: {_type(wanted)}," for key, wanted in ordered),
        ") -> str:",
        *_docstring(name, event, arguments),
    ]
    if not event.properties:
        return "\n".join([*lines, f"    return client_.track({quoted(name)}, **who_)", ""])
    values = [f"        {quoted(key)}: {argument}," for key, argument in arguments.items()]
    sent = f"    return client_.track({quoted(name)}, **who_, properties=_there(properties))"
    return "\n".join([*lines, "    properties = {", *values, "    }", sent, ""])


def _argument(name: str) -> str:
    plain = normalize("NFKC", name)
    made = plain if plain.isidentifier() else snake(name)
    made = made if made.isidentifier() else f"_{made}"
    return f"{made}_" if keyword.iskeyword(made) or made.startswith("__") else made


def _type(wanted: PlannedProperty) -> str:
    said = _TYPES[wanted.type]
    if wanted.values and not any(isinstance(value, float) for value in wanted.values):
        said = f"Literal[{', '.join(map(_literal, wanted.values))}]"
    return said if wanted.required else f"{said} | None = None"


def _literal(value: str | int | float | bool) -> str:
    return quoted(value) if isinstance(value, str) else repr(value)


def _docstring(name: str, event: PlannedEvent, arguments: dict[str, str]) -> Iterator[str]:
    said = [
        f"    ``{arguments[key]}``: {sentence(wanted.description)}"
        for key, wanted in event.properties.items()
        if wanted.description
    ]
    first = sentence(event.description) or f"Track {sentence(name)}."
    lines = [line.replace("\\", "\\\\").replace('"', '\\"') for line in [first, *said]]
    if not said:
        yield f'    """{lines[0]}"""'
        return
    yield f'    """{lines[0]}'
    yield ""
    yield from lines[1:]
    yield '    """'

"""A tracking plan as the TOML that `plan.read` reads."""

import re
from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from ethogram.events.errors import Invalid
from ethogram.events.event import Json
from ethogram.events.plan import Plan, PlannedEvent, read

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
    head += [_sealed(plan.sealed)] if plan.sealed else []
    tables = ["\n".join(_event(name, event)) for name, event in plan.events.items()]
    return "\n\n".join(["\n".join(head), *tables]) + "\n"


def also_sealed(source: str, name: str) -> str:
    r"""The plan ``source`` in which the property ``name`` is sealed too, all else as it is written.

    >>> print(also_sealed("# ours\nmode = 'off'", "company"), end="")
    sealed = ["company"]
    # ours
    mode = 'off'
    """
    names = read(source).sealed
    if name in names:
        return source
    own = re.sub(r"\A((?:(?!^\s*\[)[^\n]*\n)*?)\s*sealed\s*=\s*\[[^\]]*\][^\n]*(\n|\Z)", r"\1",
                 source, flags=re.MULTILINE)  # fmt: skip
    made = f"{_sealed((*names, name))}\n{own}"
    wanted = replace(read(source), sealed=(*names, name))
    try:
        same = read(made) == wanted
    except Invalid:
        same = False
    return made if same else written(wanted)


def _sealed(names: tuple[str, ...]) -> str:
    return f"sealed = [{', '.join(map(_value, names))}]"


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

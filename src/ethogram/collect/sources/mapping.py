"""How somebody's file is read: which columns say who, what and when, and what becomes of others."""

from pathlib import Path
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from ethogram.collect.admission import LONGEST_WORD, MOST_TIED, is_word
from ethogram.events.errors import Invalid, NotFound, nearest

Forced = Literal["number", "flag", "text"]
FORCED: tuple[Forced, ...] = get_args(Forced)


class Mapping(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The columns of a file that make an event; every other column becomes a property.

    At least one of ``user`` and ``anonymous``, and exactly one of ``event`` (a column) and
    ``event_name`` (the same name for every row), unless a ``preset`` says them. Without ``id`` a
    row's event id comes from the file's fingerprint and the row's number.

    ``properties`` are the only columns that become properties, ``drop`` some that do not;
    ``rename`` gives others' names, ``types`` says what a column is whatever its cells look like,
    by its name in the file. ``timezone`` is that of times without a zone, UTC unless said.
    ``groups`` are columns by the type of group that they name. ``sheet`` is a spreadsheet's,
    ``year`` that of log lines without one.
    """

    user: str | None = None
    time: str | None = None
    event: str | None = None
    event_name: str | None = None
    id: str | None = None
    anonymous: str | None = None
    session: str | None = None
    device: str | None = None
    properties: list[str] | None = None
    drop: list[str] = []
    rename: dict[str, str] = {}
    types: dict[str, Forced] = {}
    timezone: str | None = None
    groups: dict[str, str] = {}
    preset: str | None = None
    sheet: str | None = None
    year: int | None = None

    @property
    def named(self) -> dict[str, str]:
        """The columns that make an event, by what they say."""
        said = {word: getattr(self, word) for word in _COLUMNS}
        return {word: column for word, column in said.items() if column is not None}

    @property
    def taken(self) -> set[str]:
        """The columns that do not become properties, as far as they are named."""
        return {*self.named.values(), *self.groups.values(), *self.drop}

    def kept(self, columns: list[str]) -> list[str]:
        """Those of ``columns`` that become properties."""
        taken = self.taken
        return [
            column for column in columns
            if column not in taken and (self.properties is None or column in self.properties)
        ]  # fmt: skip

    def called(self, column: str) -> str:
        """What the property of ``column`` is called."""
        return self.rename.get(column, column)


_COLUMNS = ("user", "time", "event", "id", "anonymous", "session", "device")


def check(mapping: Mapping, columns: list[str], name: str, *, all_: bool = True) -> None:
    """Raise `Invalid` unless ``mapping`` fits a file called ``name`` that has ``columns``.

    Unless these are ``all_``, only those are looked for that make an event.
    """
    complete(mapping)
    said = [*mapping.named.items(), *(("groups", name) for name in mapping.groups.values())]
    if all_:
        listed = {"properties": mapping.properties or [], "drop": mapping.drop,
                  "rename": mapping.rename, "types": mapping.types}  # fmt: skip
        said += [(word, column) for word, named in listed.items() for column in named]
    for word, column in said:
        if column not in columns:
            raise Invalid(
                "unknown_column",
                f'{name} has no column "{column}".',
                at=f"--{word}",
                hint=nearest(column, columns),
            )
    called = [mapping.called(column) for column in mapping.kept(columns)]
    if len(called) != len(set(called)):
        raise Invalid("bad_mapping", "Two columns become the same property.", at="--rename")


def complete(mapping: Mapping) -> None:
    """Raise `Invalid` unless ``mapping`` says who, what and when."""
    if mapping.user is None and mapping.anonymous is None:
        raise _bad("Say who did it: --user COLUMN or --anonymous COLUMN.", "--user")
    if mapping.time is None:
        raise _bad("Say when it happened: --time COLUMN.", "--time")
    if (mapping.event is None) == (not mapping.event_name):
        raise _bad(
            "Say what the events are called: either --event COLUMN or --event-name NAME.", "--event"
        )
    if mapping.timezone is not None:
        zone(mapping.timezone)
    words = mapping.groups
    if len(words) > MOST_TIED or not all(is_word(type_) for type_ in words):
        raise Invalid("bad_type", f"A row has at most {MOST_TIED} groups, whose types have 1 to"
                      f" {LONGEST_WORD} characters.", at="groups")  # fmt: skip


def load(path: str) -> Mapping:
    """The mapping in the TOML or JSON file at ``path``. Raises `NotFound` and `Invalid`."""
    file = Path(path)
    if not file.is_file():
        raise NotFound("no_file", f"There is no file {path}.", at="--mapping")
    decode = msgspec.json.decode if file.suffix == ".json" else msgspec.toml.decode
    try:
        return decode(file.read_bytes(), type=Mapping)
    except (msgspec.MsgspecError, ValueError) as error:
        raise Invalid(
            "bad_mapping",
            f"{path} is no mapping: {str(error).rstrip('.')}.",
            at=path,
            hint=f"Its words are {', '.join(Mapping.__struct_fields__)}.",
        ) from error


def save(mapping: Mapping, path: str) -> None:
    """Write ``mapping`` for `load`: JSON where ``path`` says so, else TOML."""
    said: dict[str, Any] = msgspec.to_builtins(mapping)
    text = _json(said) + "\n" if path.endswith(".json") else _toml(said)
    Path(path).write_text(text, encoding="utf-8")


def _toml(said: dict[str, Any]) -> str:
    """Texts, numbers, lists of texts and tables of texts, which JSON writes as TOML does."""
    plain = [f"{name} = {_json(value)}" for name, value in said.items()
             if not isinstance(value, dict)]  # fmt: skip
    tables = [
        f"[{name}]\n" + "".join(f"{_json(key)} = {_json(word)}\n" for key, word in table.items())
        for name, table in said.items()
        if isinstance(table, dict)
    ]
    return "\n".join([*plain, "", *tables])


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def zone(name: str) -> ZoneInfo:
    """The time zone of that name. Raises `Invalid`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _bad(
            "There is no such time zone; write one such as Europe/Berlin.", "--timezone"
        ) from None


def over(mapping: Mapping, before: Mapping) -> Mapping:
    """What ``mapping`` says, and ``before`` where it says nothing."""
    said: dict[str, Any] = msgspec.to_builtins(before) | msgspec.to_builtins(mapping)
    if mapping.event or mapping.event_name:
        said["event"], said["event_name"] = mapping.event, mapping.event_name
    return msgspec.convert(said, Mapping)


def _bad(message: str, at: str) -> Invalid:
    return Invalid("bad_mapping", message, at=at)

"""What a source is: where its tables come from, and what their rows become.

every = "1h"
[sql]
url = "postgresql+psycopg2://reader:${SHOP_PASSWORD}@db/shop"
[tables.orders]
cursor = "updated_at"
events = {name = "order", user = "customer_id", time = "created_at", id = "id"}
"""

import tomllib
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from ethogram.events.duration import microseconds
from ethogram.events.errors import Invalid
from ethogram.events.event import Instant
from ethogram.events.times import SECOND
from ethogram.protect.references import check_no_secret
from ethogram.store.lake.lookups import check_name

Text = Annotated[str, msgspec.Meta(min_length=1)]
KINDS = ("sql", "rest", "python", "kafka")
LEAST_PAUSE: Instant = 10 * SECOND


class Events(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Rows are events: the columns that say what, who and when; all others become properties.

    Exactly one of ``event`` (a column) and ``name`` (the same for every row); ``user``,
    ``anonymous`` or both. With ``id`` a row is the event of that id, however it changes later.
    """

    time: Text
    event: Text | None = None
    name: Text | None = None
    user: Text | None = None
    anonymous: Text | None = None
    id: Text | None = None


class Profiles(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Rows say how somebody is: the person in the column ``user``, or the group in ``id``.

    ``group`` is the type of group. The columns ``once`` are only set where there is nothing yet.
    """

    user: Text | None = None
    group: Text | None = None
    id: Text | None = None
    time: Text | None = None
    once: tuple[Text, ...] = ()


class Lookup(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Rows are a table of their own; ``merge`` goes by the key, else each run replaces it."""

    name: Text | None = None
    write: Literal["replace", "merge"] = "replace"


class Table(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A table, a dlt resource or a topic: what its rows become, one of the four.

    Only messages can be ``native``, events as the door takes them. ``key`` tells rows apart;
    without it dlt's primary key does. ``cursor`` is a column that grows: a run reads what is at
    or past the last one's end. A message is told apart and read on by its place.
    """

    native: bool = False
    events: Events | None = None
    profiles: Profiles | None = None
    lookup: Lookup | None = None
    key: tuple[Text, ...] = ()
    cursor: Text | None = None


class Sql(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A database by its SQLAlchemy URL."""

    url: Text
    schema: Text | None = None


class Python(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A function that gives a dlt source or resource, as ``module:function``.

    ``folder`` is where the module lies, as ``dlt init`` made it.
    """

    function: Annotated[str, msgspec.Meta(pattern=r"^[\w.]+:\w+$")]
    folder: Text | None = None
    arguments: dict[str, Any] = {}


class Kafka(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A cluster by its ``servers`` (``host:port``, comma between), and librdkafka's options."""

    servers: Text
    options: dict[str, str] = {}


class Source(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One of ``sql``, ``rest`` (dlt's configuration of a REST API), ``python`` and ``kafka``.

    ``tables`` are those of a database, a source's resources, or topics.

    ``every`` says how often a server runs it. No field holds a secret: ``${NAME}`` stands for
    one.
    """

    tables: Annotated[dict[Text, Table], msgspec.Meta(min_length=1)]
    sql: Sql | None = None
    rest: dict[str, Any] | None = None
    python: Python | None = None
    kafka: Kafka | None = None
    every: Text | None = None

    @property
    def kind(self) -> str:
        """What it is one of."""
        return next(each for each in KINDS if getattr(self, each) is not None)

    @property
    def pause(self) -> Instant | None:
        """Microseconds from the beginning of one run to that of the next, if it is scheduled."""
        return None if self.every is None else microseconds(self.every, "$.every")


def source(said: bytes | str | Mapping[str, Any]) -> Source:
    """The source that TOML, JSON or what they decode to says. Raises `Invalid` with the place."""
    try:
        found = msgspec.convert(_decoded(said), Source)
    except msgspec.ValidationError as error:
        message, _, at = str(error).partition(" - at ")
        raise Invalid("bad_source", f"{message}.", at=at.strip("`") or "$") from None
    if sum(getattr(found, kind) is not None for kind in KINDS) != 1:
        raise Invalid("bad_source", "A source is one of sql, rest, python and kafka.", at="$",
                      hint='Write [sql] with url = "…", [rest], [python] or [kafka].')  # fmt: skip
    for name, table in found.tables.items():
        _check(table, f"$.tables.{name}", name)
        _check_kind(table, f"$.tables.{name}", messages=found.kafka is not None)
    if found.pause is not None and found.pause < LEAST_PAUSE:
        raise Invalid("bad_source", "A source runs every 10 seconds at most.", at="$.every")
    check_no_secret(msgspec.to_builtins(found))
    return found


def _decoded(said: bytes | str | Mapping[str, Any]) -> Any:
    if isinstance(said, Mapping):
        return said
    text = said.decode() if isinstance(said, bytes) else said
    try:
        return msgspec.json.decode(text) if text.lstrip()[:1] == "{" else tomllib.loads(text)
    except (msgspec.DecodeError, tomllib.TOMLDecodeError) as error:
        message = f"This is neither TOML nor JSON: {error}."
        raise Invalid("bad_source", message, at="$") from None


def _check_kind(table: Table, at: str, *, messages: bool) -> None:
    if table.native and not messages:
        raise Invalid("bad_source", "Only messages are native events.", at=f"{at}.native",
                      hint="Say which columns make an event: events = {…}.")  # fmt: skip
    if messages and (table.lookup is not None or table.cursor is not None or table.key):
        raise Invalid("bad_source", "A topic is no look-up, and has no key or cursor.", at=at,
                      hint="Its messages are told apart by their places.")  # fmt: skip


def _check(table: Table, at: str, name: str) -> None:
    if sum(each is not None for each in (table.events, table.profiles, table.lookup)) != (
        0 if table.native else 1
    ):
        raise Invalid("bad_source", "Rows become one of events, profiles and a lookup, or messages "
                      "are native.", at=at)  # fmt: skip
    if (events := table.events) is not None:
        if (events.event is None) == (events.name is None):
            raise Invalid("bad_source", "Say what the events are called: either event, a column, "
                          "or name.", at=f"{at}.events")  # fmt: skip
        if events.user is None and events.anonymous is None:
            raise Invalid("bad_source", "Say who did it: user or anonymous, a column.",
                          at=f"{at}.events")  # fmt: skip
    if (profiles := table.profiles) is not None:
        person = profiles.user is not None
        group = profiles.group is not None and profiles.id is not None
        if person == group:
            raise Invalid("bad_source", "Say whose profile it is: user, or group and id.",
                          at=f"{at}.profiles")  # fmt: skip
    if (lookup := table.lookup) is not None:
        check_name(lookup.name or name, f"{at}.lookup.name")
        if lookup.write == "replace" and table.cursor is not None:
            raise Invalid("bad_source", "A run reads only what is new, so it cannot replace.",
                          at=f"{at}.lookup.write", hint='Write "merge".')  # fmt: skip

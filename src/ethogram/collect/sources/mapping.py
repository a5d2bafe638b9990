"""Which columns of somebody's file say who, what and when."""

import msgspec

from ethogram.events.errors import Invalid, nearest


class Mapping(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The columns of a file that make an event; every other column becomes a property.

    Exactly one of ``event`` (a column) and ``event_name`` (the same name for every row).
    Without ``id`` a row's event id comes from the file's fingerprint and the row's number.
    """

    user: str
    time: str
    event: str | None = None
    event_name: str | None = None
    id: str | None = None

    @property
    def taken(self) -> set[str]:
        """The columns that do not become properties."""
        return {c for c in (self.user, self.time, self.event, self.id) if c is not None}


def check(mapping: Mapping, columns: list[str], name: str) -> None:
    """Raise `Invalid` unless ``mapping`` fits a file called ``name`` that has ``columns``."""
    if (mapping.event is None) == (not mapping.event_name):
        raise Invalid(
            "bad_mapping",
            "Say what the events are called: either --event COLUMN or --event-name NAME.",
            at="--event",
        )
    for flag in ("user", "time", "event", "id"):
        column = getattr(mapping, flag)
        if column is not None and column not in columns:
            raise Invalid(
                "unknown_column",
                f'{name} has no column "{column}".',
                at=f"--{flag}",
                hint=nearest(column, columns),
            )

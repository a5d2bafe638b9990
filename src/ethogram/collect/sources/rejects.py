"""A row that cannot become an event, and why."""

from collections.abc import Mapping

import msgspec

from ethogram.collect.admission import LONGEST_ID, LONGEST_NAME


class Reject(msgspec.Struct, frozen=True, gc=False):
    """One row that was not taken: where it stands, what was wrong, what to do.

    ``line`` counts from 1; in Parquet it is the number of the row. ``at`` is the place in the
    event. The row itself stays in its file: it may name a person.
    """

    line: int
    code: str
    message: str
    hint: str
    at: str = ""


REASONS: Mapping[str, tuple[str, str]] = {
    "missing_user": ("The row says no user.", "Fill the user column, or leave such rows out."),
    "missing_event": ("The row says no event name.", "Fill the event column."),
    "bad_event_name": (
        f"An event's name has 1 to {LONGEST_NAME} characters.",
        "Name what happened, such as checkout_started; put details into other columns.",
    ),
    "id_too_long": (f"An id has at most {LONGEST_ID} characters.", "Write a hash of it."),
    "missing_time": ("The row says no time.", "Fill the time column."),
    "bad_time": (
        "The row's time cannot be read.",
        "Write ISO 8601, such as 2026-03-01T12:00:00Z, or a Unix time.",
    ),
    "time_out_of_range": (
        "The row's time lies outside 1970 to 2099.",
        "Times must lie from 1970-01-01 up to, and not including, 2100-01-01.",
    ),
    "too_many_cells": ("The row has more cells than the header.", "Quote cells with delimiters."),
    "too_few_cells": ("The row has fewer cells than the header.", "Write empty cells too."),
    "row_too_long": ("The row is longer than 1 MB.", "Leave out the long cell."),
    "unclosed_quote": (
        "A quote opens in this line and does not close within 1 MB.",
        'Close it; a quote inside quotes is written as "".',
    ),
    "not_utf8": ("The row is not UTF-8.", "Save the file as UTF-8."),
    "bad_line": (
        "The line is none of such a log.",
        "See whether the preset is the right one; a line may have been cut off.",
    ),
    "bad_json": ("The line is not a JSON object.", "Write one JSON object a line."),
}


def reject(line: int, code: str) -> Reject:
    """The reject of the row that starts in ``line``, in the words of `REASONS`."""
    return Reject(line, code, *REASONS[code])

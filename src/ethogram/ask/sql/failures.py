"""DuckDB's errors in the one shape: what was wrong, where in the statement, what exists instead."""

import re
from typing import Any

import msgspec

from ethogram.events.errors import EthogramError, Invalid, nearest

CODES = {
    "Parser": "bad_sql",
    "Syntax": "bad_sql",
    "Permission": "sql_refused",
    "Out of Memory": "sql_memory",
}
SUBTYPES = {"COLUMN_NOT_FOUND": "unknown_column"}
MEMORY = ("Ask for less: fewer rows before a sort, a join or a group, fewer columns; or give "
          "SQL more memory by the setting sql_memory.")  # fmt: skip


def explained(error: Exception, sql: str, before: int = 0) -> EthogramError:
    """DuckDB's ``error``, which says it as JSON; ``before`` bytes stood before ``sql``."""
    said = _said(str(error))
    kind = str(said.get("exception_type", ""))
    code = SUBTYPES.get(said.get("error_subtype", "")) or CODES.get(kind, "sql_failed")
    if code == "sql_memory":
        return memory()
    message, _, rest = str(said["exception_message"]).partition("\n")
    position = said.get("position")
    at = "$.sql" if position is None else place(sql, int(position) - before)
    if code == "unknown_column":
        columns = [each.strip('" ') for each in str(said.get("candidates", "")).split(",")]
        return Invalid(code, f"There is no column {said.get('name')!r}.", at=at,
                       hint=nearest(str(said.get("name")), columns))  # fmt: skip
    return Invalid(code, message, at=at, hint=_one_line(rest))


def memory() -> Invalid:
    """The error of a statement that takes more memory than it may."""
    return Invalid("sql_memory", "The statement needs more memory than it may take.", at="$.sql",
                   hint=MEMORY)  # fmt: skip


def place(sql: str, position: int) -> str:
    """Line and column, from 1, of the byte at ``position``; without them where there is none.

    >>> place("SELECT\\n  x", 9)
    '$.sql:2:3'
    """
    data = sql.encode()
    if not 0 <= position <= len(data):
        return "$.sql"
    until = data[:position].decode(errors="ignore")
    return f"$.sql:{until.count(chr(10)) + 1}:{len(until) - until.rfind(chr(10))}"


def _said(text: str) -> dict[str, Any]:
    """The JSON after the type of the error; where there is none, the text as its message."""
    kind, _, rest = text.partition(" Error: ")
    try:
        return msgspec.json.decode(rest, type=dict[str, Any])
    except msgspec.DecodeError:
        return {"exception_type": kind, "exception_message": rest or text}


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()[:400]

"""Which statements are let through: one SELECT, over the views and over what needs no file.

DuckDB itself refuses files, network and settings; this is the fence before that one. It also
keeps a statement from the lake's own files, which DuckDB must be able to read.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import duckdb
import msgspec

from ethogram.ask.sql.failures import explained, place
from ethogram.events.errors import EthogramError, Invalid, nearest

FUNCTIONS = frozenset(["range", "generate_series", "unnest", "json_each", "json_tree"])
"""Table functions that read nothing."""
_PLAIN = re.compile(r"\w+")
_ONE = "Write one SELECT; WITH, FROM, VALUES, DESCRIBE and SUMMARIZE are SELECTs too."


def checked(connection: duckdb.DuckDBPyConnection, sql: str, tables: Iterable[str]) -> None:
    """Raise `Invalid` where ``sql`` is not one SELECT over ``tables`` and what needs no file."""
    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as error:
        raise explained(error, sql) from None
    if len(statements) != 1:
        raise Invalid("bad_sql", "This is not one statement.", at="$.sql", hint=_ONE)
    if statements[0].type != duckdb.StatementType.SELECT:
        kind = statements[0].type.name.replace("_", " ")
        raise Invalid("sql_refused", f"{kind} is no SELECT.", at="$.sql", hint=_ONE)
    said = connection.execute("SELECT json_serialize_sql(?)", [sql]).fetchone()
    tree = _decoded(str(said[0] if said else ""))
    nodes = list(_nodes(tree))
    known = {*tables, *filter(_PLAIN.fullmatch, _names_of_ctes(nodes))}
    for node in nodes:
        _check(node, known, sql)


def _decoded(text: str) -> Any:
    try:
        tree = msgspec.json.decode(text)
    except RecursionError:
        raise Invalid("too_deep", "The statement is nested too deeply.", at="$.sql") from None
    if tree["error"]:
        raise Invalid("sql_refused", f"{tree['error_message']}", at="$.sql", hint=_ONE)
    return tree["statements"]


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object in ``tree``."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _names_of_ctes(nodes: list[dict[str, Any]]) -> Iterator[str]:
    for node in nodes:
        if isinstance(found := node.get("cte_map"), dict):
            yield from (str(each["key"]) for each in found["map"])


def _check(node: dict[str, Any], known: set[str], sql: str) -> None:
    kind = node.get("type")
    if kind == "TABLE_FUNCTION":
        name = str(node["function"]["function_name"])
        if name.casefold() not in FUNCTIONS or node["function"]["schema"]:
            raise _unknown("function", name, FUNCTIONS, node, sql)
    elif kind == "BASE_TABLE":
        path = [str(each) for each in node["qualified_name"]["path"]]
        if len(path) != 1 or path[0].casefold() not in {name.casefold() for name in known}:
            raise _unknown("table", ".".join(path), known, node, sql)
    elif kind == "SHOW_REF" and node["query"] is None:
        raise Invalid("sql_refused", "This shows more than the views.", at="$.sql",
                      hint="DESCRIBE events lists the columns of a view.")  # fmt: skip


def _unknown(
    kind: str, name: str, known: set[str] | frozenset[str], node: dict[str, Any], sql: str
) -> EthogramError:
    at = place(sql, int(node["query_location"]))
    what = "table" if kind == "table" else "function that gives a table"
    return Invalid(f"unknown_{kind}", f"There is no {what} {name!r} here.", at=at,
                   hint=nearest(name, known))  # fmt: skip

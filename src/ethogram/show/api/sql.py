"""The route for SQL: a SELECT over the lake, answered as JSON, or as Arrow where that is asked."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import msgspec
import pyarrow as pa
from starlette.requests import Request
from starlette.responses import Response

from ethogram.ask.sql.answer import SqlAnswer, SqlRows
from ethogram.show.api.asking import JSON
from ethogram.show.api.operation import Operation, as_json, decoded, ports_of
from ethogram.show.api.workers import as_question

ARROW = "application/vnd.apache.arrow.stream"
STATEMENTS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="sql")
"""So many statements run at once, each in a process with its own memory; others wait."""


class Sql(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One SELECT over ``events``, ``sessions`` and ``people``; at most ``limit`` rows of it."""

    sql: str
    limit: int | None = None


async def sql(request: Request) -> Response:
    """Answer the statement in the body."""
    said = await decoded(request, Sql)
    ask = partial(ports_of(request).sql, said.sql, said.limit)
    answer = await as_question(request, ask, STATEMENTS)
    if ARROW in request.headers.get("accept", ""):
        return Response(_stream(answer), media_type=ARROW)
    return as_json(answer.to_rows())


OPERATIONS = (
    Operation(
        "POST",
        "/api/sql",
        "What a SELECT over the lake finds",
        sql,
        {JSON: (SqlRows,), ARROW: ()},
        body=(Sql,),
        fails=(400, 413, 503),
        needs="sql",
        audited="look",
    ),
)


def _stream(answer: SqlAnswer) -> bytes:
    into = pa.BufferOutputStream()
    with pa.ipc.new_stream(into, answer.table.schema) as stream:
        stream.write_table(answer.table)
    return into.getvalue().to_pybytes()

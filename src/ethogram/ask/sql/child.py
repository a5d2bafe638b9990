"""The process that runs one statement: it reads a `Job`, and writes Arrow or an error.

It is started afresh, knows neither keys nor vault, and gives up what it could do before it looks
at the statement: it may then read the lake's files and nothing else, and write nowhere.
"""

import os
import resource
import signal
import sys
import traceback
import warnings

import duckdb
import msgspec
import pyarrow as pa

from ethogram.ask.sql.failures import explained, memory
from ethogram.ask.sql.fence import checked
from ethogram.ask.sql.job import MORE, RESULT_BYTES, TYPES, Job, Limits
from ethogram.ask.sql.views import VIEWS, definitions, empty, literal, quoted, unerased
from ethogram.events.errors import EthogramError, Invalid

_CONFIGURATION: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "python_enable_replacements": False,
    "temp_directory": "",
}
_OVERHEAD = 512 << 20
"""What Python, Arrow and the stacks of threads take beside DuckDB."""
BATCH = 1_000
UNEXPECTED = 3


def main() -> int:
    """Run the job on standard input; 0 with Arrow on standard output, or 1 with an error."""
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    confine(job.limits)
    try:
        table = run(job)
    except EthogramError as error:
        sys.stdout.buffer.write(msgspec.json.encode(error.as_dict()))
        return 1
    except MemoryError:
        sys.stdout.buffer.write(msgspec.json.encode(memory().as_dict()))
        return 1
    with pa.ipc.new_stream(sys.stdout.buffer, table.schema) as stream:
        stream.write_table(table)
    return 0


def confine(limits: Limits) -> None:
    """No memory beyond twice what DuckDB may take, no file written, and an end in any case."""
    for kind, most in (
        (resource.RLIMIT_DATA, 2 * limits.memory + _OVERHEAD),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    signal.setitimer(signal.ITIMER_REAL, limits.seconds + 5)


def run(job: Job) -> pa.Table:
    """The result, of which rows that are too many are cut off. Raises `Invalid`."""
    connection = opened(job)
    checked(connection, job.sql, [*VIEWS, *job.lookups])
    before = "SELECT * FROM (\n"
    try:
        said = f"{before}{job.sql.rstrip().rstrip(';')}\n) LIMIT {job.limits.rows + 1}"
        found = connection.execute(said)
        types = [str(column[1]) for column in found.description or ()]
        with warnings.catch_warnings(action="ignore"):
            batches = found.to_arrow_reader(BATCH)
        return _gathered(batches, types, job.limits.rows)
    except duckdb.Error as error:
        raise explained(error, job.sql, len(before)) from None


def opened(job: Job) -> duckdb.DuckDBPyConnection:
    """A database in memory that has the views, and can no longer reach anything but the files."""
    limits = job.limits
    connection = duckdb.connect(
        config={
            **_CONFIGURATION,
            "memory_limit": f"{limits.memory}B",
            "threads": limits.threads,
        }
    )
    connection.execute("SET errors_as_json = true")
    connection.execute("SET TimeZone = 'UTC'")
    source, columns = _lake(connection, _list(job.files), job)
    lookups = {name: f"FROM read_parquet({_list(files)}, hive_partitioning = false)"
               for name, files in job.lookups.items()}  # fmt: skip
    for name, body in {"lake": source, **definitions(columns), **lookups}.items():
        connection.execute(f"CREATE VIEW {quoted(name)} AS {body}")
    read = [*job.files, *(path for files in job.lookups.values() for path in files)]
    connection.execute(f"SET allowed_paths = {_list(read)}")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _list(paths: list[str]) -> str:
    return f"[{', '.join(map(literal, paths))}]"


def _lake(connection: duckdb.DuckDBPyConnection, paths: str, job: Job) -> tuple[str, list[str]]:
    """The SELECT of all rows, without what is sealed; and its columns."""
    if not job.files:
        return empty(), []
    files = f"read_parquet({paths}, union_by_name = true, hive_partitioning = false)"
    there = {row[0] for row in connection.execute(f"DESCRIBE FROM {files}").fetchall()}
    columns = [name for name in job.columns if name in there and name != "sealed"]
    return unerased(columns, files, job.erased, job.struck), columns


def _gathered(batches: pa.RecordBatchReader, types: list[str], rows: int) -> pa.Table:
    held: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        held.append(batch)
        size += batch.nbytes
        if size > RESULT_BYTES:
            raise Invalid(
                "sql_too_large",
                f"The result is larger than {RESULT_BYTES >> 20} MiB.",
                at="$.sql",
                hint="Ask for fewer rows or columns.",
            )
    table = pa.Table.from_batches(held, batches.schema)
    for place, field in enumerate(table.schema):
        if pa.types.is_interval(field.type):
            table = table.set_column(place, field.name, _lengths(table.column(place).to_pylist()))
    more = table.num_rows > rows
    metadata = {MORE: msgspec.json.encode(more), TYPES: msgspec.json.encode(types)}
    return table.slice(0, rows).replace_schema_metadata(metadata)


def _lengths(values: list[pa.MonthDayNano | None]) -> pa.Array:
    """Intervals as durations, or as texts where one of them has months, which have no length."""
    if any(each is not None and each.months for each in values):
        texts = (each and f"{each.months} months {each.days} days {each.nanoseconds // 1000} µs"
                 for each in values)  # fmt: skip
        return pa.array(texts, pa.string())
    day = 86_400_000_000
    lengths = (each and each.days * day + each.nanoseconds // 1000 for each in values)
    return pa.array(lengths, pa.duration("us"))


def _end() -> None:
    """The process ends without tidying up: it has nothing that outlives it."""
    try:
        status = main()
    except BaseException:  # noqa: BLE001 - whatever it is, the parent reads it
        traceback.print_exc()
        status = UNEXPECTED
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    _end()

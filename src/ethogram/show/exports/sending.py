"""Tables of Arrow are sent by a dlt pipeline, whose working folder is ours and keeps no rows."""

# The functions of pyarrow.compute are made when it is imported.
# pyright: reportAttributeAccessIssue=false

import fcntl
import shutil
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.ask.formulas import harmless
from ethogram.events.errors import Busy, EthogramError, Invalid, nearest
from ethogram.protect.quiet import dlt_at_hand
from ethogram.protect.references import Secrets, root
from ethogram.show.exports.destination import Address, destination

if TYPE_CHECKING:
    from dlt.pipeline.pipeline import Pipeline

Write: TypeAlias = Literal["replace", "append", "merge"]
WRITES: tuple[str, ...] = get_args(Write)
Rows: TypeAlias = Callable[[int], Iterator[pa.Table]]
"""The rows past a position of the log."""
_ONCE = "once-"
_SETTINGS = {
    "LOAD__DELETE_COMPLETED_JOBS": "true",
    "NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION": "true",
}


class Sent(msgspec.Struct, frozen=True):
    """How many ``rows`` went into ``table`` of ``dataset``, and at which place.

    A single file is in no dataset. So many persons were ``left_out`` who had not allowed it.
    """

    rows: int
    table: str
    dataset: str
    to: str
    left_out: int = 0


@dataclass(frozen=True)
class Parcel:
    """What is sent: ``rows`` to be ``table`` in ``dataset``.

    ``key`` is what rows are merged by; ``onward``: of rows that have a ``position`` only those
    go that lie past the last such export's end; ``named``: they say who somebody is.
    """

    rows: Rows
    table: str
    dataset: str
    write: Write
    key: Sequence[str] = ()
    onward: bool = False
    named: bool = False


def send(parcel: Parcel, to: Address, folder: Path, secrets: Secrets) -> Sent:
    """Send ``parcel``; returns when it is there.

    ``folder`` keeps how far exports that go on came. A run that was cut off is first brought
    to its end by the next, but of rows that are ``named`` none stays: they are sent again.
    Raises `Invalid` where the destination cannot do what is asked, `Busy` where another export
    is under way, `EthogramError` (``export_failed``) with the destination's own reason.
    """
    if parcel.write not in WRITES:
        raise Invalid("bad_write", f"There is no way {parcel.write!r} to write.", at="--write",
                      hint=nearest(parcel.write, WRITES))  # fmt: skip
    if parcel.write == "merge" and not (parcel.key and to.merges):
        raise Invalid(
            "cannot_merge",
            "Rows are merged by a key, in a database or in Delta.",
            at="--write",
            hint="Say --key COLUMN, and --format delta for files.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder) as once, dlt_at_hand(**_SETTINGS):
        try:
            if parcel.onward and parcel.named:
                rows = _run_apart(parcel, to, folder, once, secrets)
            else:
                rows = _run(parcel, to, folder if parcel.onward else once, secrets)
        except Exception as error:  # noqa: BLE001 - drivers raise anything
            if isinstance(told := root(error), EthogramError):
                raise told from None
            said = secrets.reason(told)
            raise EthogramError("export_failed", said, at=secrets.hidden(to.place)) from None
    return Sent(rows, parcel.table, parcel.dataset, secrets.hidden(to.place))


@contextmanager
def _alone(folder: Path) -> Generator[Path]:
    """A folder for one export, while there is no other; what a killed one left there goes."""
    with (folder / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy("export_running", "Another export of this project is under way.",
                       hint="Wait until it ends.") from None  # fmt: skip
        for left in folder.glob(f"{_ONCE}*"):
            shutil.rmtree(left)
        with TemporaryDirectory(dir=folder, prefix=_ONCE) as once:
            yield Path(once)


def _run_apart(parcel: Parcel, to: Address, folder: Path, once: Path, secrets: Secrets) -> int:
    """Run in ``once``; ``folder`` has how far it came, and never the rows."""
    kept, mine = folder / _name(parcel, to), once / _name(parcel, to)
    if kept.exists():
        shutil.copytree(kept, mine)
    rows = _run(parcel, to, once, secrets)
    shutil.rmtree(kept, ignore_errors=True)
    mine.rename(kept)
    return rows


def _run(parcel: Parcel, to: Address, folder: Path, secrets: Secrets) -> int:
    import dlt

    count = 0

    def counted() -> Iterator[pa.Table]:
        nonlocal count
        # What is kept here goes to the destination with the rows.
        kept = dlt.current.resource_state()
        for rows in parcel.rows(kept.get("position", 0) if parcel.onward else 0):
            count += rows.num_rows
            if parcel.onward:
                kept["position"] = max(kept.get("position", 0), pc.max(rows["position"]).as_py())
            yield harmless(rows) if in_files and to.form == "csv" else rows

    in_files = to.kind == "filesystem"
    hints: dict[str, Any] = {"name": parcel.table, "write_disposition": parcel.write}
    if parcel.key:
        hints["primary_key"] = list(parcel.key)
    if in_files and to.form == "delta":
        hints["table_format"] = "delta"
    resource = dlt.resource(counted, **hints)
    pipeline = dlt.pipeline(
        _name(parcel, to),
        pipelines_dir=str(folder),
        destination=destination(to, secrets),
        dataset_name=parcel.dataset,
    )
    if pipeline.has_pending_data:
        pipeline.run()
    form: Any = "parquet" if to.form == "delta" else to.form
    pipeline.run(resource, **({"loader_file_format": form} if in_files else {}))
    _clear(pipeline)
    return count


def _name(parcel: Parcel, to: Address) -> str:
    """One place's export of one table; what an address says is only hashed."""
    said = f"{to.kind}\0{to.place}\0{to.form}\0{parcel.dataset}\0{parcel.table}"
    return f"eg_{blake2b(said.encode(), digest_size=8).hexdigest()}"


def _clear(pipeline: "Pipeline") -> None:
    """Of what dlt keeps only its state stays."""
    folder = Path(pipeline.working_dir)
    (folder / "trace.pickle").unlink(missing_ok=True)
    shutil.rmtree(folder / "load" / "loaded", ignore_errors=True)

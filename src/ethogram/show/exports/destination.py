"""Where an export goes: an address becomes one of dlt's destinations."""

from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from ethogram.events.errors import Invalid, nearest
from ethogram.protect.references import Secrets

if TYPE_CHECKING:
    from dlt.common.destination import Destination

Form: TypeAlias = Literal["parquet", "jsonl", "csv", "delta"]
FORMS: tuple[Form, ...] = get_args(Form)
DATABASES = {
    "postgresql": "postgres",
    "postgres": "postgres",
    "redshift": "redshift",
    "snowflake": "snowflake",
    "bigquery": "bigquery",
}
"""Addresses by their scheme, and dlt's name for what is there."""
FILES: dict[str, Form] = {".parquet": "parquet", ".jsonl": "jsonl", ".csv": "csv"}
"""How the names of single files end."""
BUCKETS = ("s3", "gs", "gcs", "az", "abfss", "file")


@dataclass(frozen=True)
class Address:
    """What was said of a destination: ``kind`` is dlt's name for it, ``form`` that of its files."""

    kind: str
    place: str
    form: Form

    @property
    def merges(self) -> bool:
        """Whether rows can be merged by a key there."""
        return self.kind != "filesystem" or self.form == "delta"


def file_of(to: str, form: str) -> tuple[Path, Form] | None:
    """The single file that ``to`` names, and its form; None where it names another place.

    Raises `Invalid` where ``form`` is another one, or the file would lie in a bucket.
    """
    own = FILES.get(PurePath(to).suffix.lower())
    if own is None:
        return None
    scheme, colon, rest = to.partition("://")
    if colon and scheme != "file":
        raise Invalid("file_in_bucket", "A bucket takes folders, not single files.", at="--to",
                      hint=f"Say --to {to.rpartition('/')[0]} --format {own}.")  # fmt: skip
    if form not in ("parquet", own):
        raise Invalid("bad_format", f"The name {PurePath(to).name} says {own}, not {form}.",
                      at="--format", hint="Give the file another ending.")  # fmt: skip
    return Path(rest if colon else to), own


def address(to: str, form: str = "parquet") -> Address:
    """What ``to`` names: a database's address, ``duckdb:FILE``, a bucket, or a folder.

    Raises `Invalid`.

    >>> address("duckdb:shop.duckdb").kind, address("s3://bucket/shop").kind, address("out").kind
    ('duckdb', 'filesystem', 'filesystem')
    """
    if form not in FORMS:
        raise Invalid("bad_format", f"There is no format {form!r}.", at="--format",
                      hint=nearest(form, FORMS))  # fmt: skip
    scheme, colon, rest = to.partition(":")
    if not colon:
        kind = "duckdb" if to.endswith((".duckdb", ".ddb")) else "filesystem"
        return Address("bigquery" if to == "bigquery" else kind, to, form)
    if scheme == "duckdb":
        return Address("duckdb", rest.removeprefix("//"), form)
    own = scheme.partition("+")[0]
    if own in DATABASES:
        return Address(DATABASES[own], f"{own}:{rest}", form)
    if scheme in BUCKETS:
        return Address("filesystem", to, form)
    raise Invalid("unknown_destination", f"There is no destination {scheme!r}.", at="--to",
                  hint=nearest(scheme, [*DATABASES, *BUCKETS, "duckdb"])
                  + " A folder or a file ending in .duckdb will do too.")  # fmt: skip


def destination(to: Address, secrets: Secrets) -> "Destination[Any, Any]":
    """dlt's destination; BigQuery's account is what the environment says."""
    import dlt

    if to.kind == "filesystem":
        local = "://" not in to.place
        place = str(Path(to.place).resolve()) if local else secrets.filled_url(to.place)
        return dlt.destinations.filesystem(place)
    if to.kind == "duckdb":
        return dlt.destinations.duckdb(str(Path(to.place).resolve()))
    if to.kind == "bigquery":
        return dlt.destinations.bigquery()
    return getattr(dlt.destinations, to.kind)(credentials=secrets.filled_url(to.place))

"""What the scan for personal data says of real data sets whose owners published them.

    python -m benchmarks.findings

Every text and number of them is looked at as an event's property would be. Addresses of machines in
the web logs are there; all else that is found is a false alarm.
"""

import bz2
import gzip
import os
from collections.abc import Iterator
from pathlib import Path
from time import process_time

import pyarrow as pa
import pyarrow.csv as csv

from ethogram.protect.kinds import KINDS
from ethogram.run.scanning import Looked, count, said
from ethogram.store.lake.schema import Tag

DATA = Path(os.environ.get("ETHOGRAM_DATA", Path(__file__).parents[2] / "shared" / "data"))
TABLES = {
    "online-retail": ("online-retail/online_retail.csv.gz", ","),
    "online-shoppers": ("online-shoppers/online_shoppers_intention.csv", ";"),
    "reviews": ("reviews/anonreviews.csv.bz2", ","),
    "hospital billing": ("processes/hospital_billing.csv.gz", ","),
    "traffic fines": ("processes/traffic_fines.csv.gz", ","),
    "open bandit": ("open-bandit/random/all.csv.gz", ","),
}
LINES = {"apache log": "web-logs/apache_logs.gz", "sshd log": "web-logs/auth.log.gz"}


def opened(path: Path) -> pa.BufferReader:
    """The file's bytes, unpacked."""
    unpack = {".gz": gzip.decompress, ".bz2": bz2.decompress}.get(path.suffix, bytes)
    return pa.BufferReader(unpack(path.read_bytes()))


def columns() -> Iterator[tuple[str, str, Tag, pa.ChunkedArray]]:
    """(data set, column, what it holds, its values), of all that are there."""
    for name, (file, delimiter) in TABLES.items():
        if (DATA / file).exists():
            table = csv.read_csv(
                opened(DATA / file), parse_options=csv.ParseOptions(delimiter=delimiter)
            )
            for column in table.column_names:
                kind = table[column].type
                number = pa.types.is_integer(kind) or pa.types.is_floating(kind)
                values = table[column].cast(pa.float64() if number else pa.string())
                yield name, column, "number" if number else "text", values
    for name, file in LINES.items():
        if (DATA / file).exists():
            lines = opened(DATA / file).read().decode("utf-8", "replace").splitlines()
            yield name, "line", "text", pa.chunked_array([pa.array(lines)])
            words = [word for line in lines for word in line.split()]
            yield name, "words", "text", pa.chunked_array([pa.array(words)])


def main() -> None:
    """Print what is found, and what would be if a single value were enough."""
    values, began = 0, process_time()
    raised, alone = list[str](), list[str]()
    for name, column, tag, cells in columns():
        looked = Looked()
        at = pa.chunked_array([pa.array([0] * len(cells), pa.timestamp("us", "UTC"))])
        count(looked, column, tag, cells, at)
        values += len(cells)
        raised += [f"{name}, {each.property}: {each.kind} in {each.events:,} ({each.share:.2%})"
                   for each in said(looked, 0).findings]  # fmt: skip
        alone += [f"{name}, {column}: {kind} in {tally.events:,} of {len(cells):,}"
                  for kinds in looked.found.values() for kind, tally in kinds.items()]  # fmt: skip
    took = process_time() - began
    print(f"{values:,} values, {took / max(values, 1) * 1e9:.0f} ns each, {len(KINDS)} kinds")
    print("told:", *raised, sep="\n  ")
    print("found at all:", *alone, sep="\n  ")


if __name__ == "__main__":
    main()

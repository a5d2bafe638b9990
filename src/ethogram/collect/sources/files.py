"""Files of other people's data become claims.

`claims_of` gives what a file's columns claim, by a mapping or a preset for logs; `events_of` the
events of a file that holds events, natively or as a vendor exports them. Neither knows the log
or the vault.
"""

from collections.abc import Iterator

from ethogram.collect.sources.claims import Chunk, EventChunk
from ethogram.collect.sources.delimited import read_csv
from ethogram.collect.sources.exports import read_export
from ethogram.collect.sources.jsonlines import read_jsonl, read_native
from ethogram.collect.sources.logs import read_log
from ethogram.collect.sources.mapping import Mapping
from ethogram.collect.sources.opening import Source
from ethogram.collect.sources.parquet import read_parquet
from ethogram.collect.sources.presets.catalog import preset
from ethogram.collect.sources.presets.preset import Export, Log
from ethogram.collect.sources.spreadsheets import read_spreadsheet
from ethogram.events.errors import Invalid

_READERS = {
    "csv": read_csv,
    "jsonl": read_jsonl,
    "parquet": read_parquet,
    "spreadsheet": read_spreadsheet,
}


def protocol_of(mapping: Mapping | None) -> str | None:
    """Whose events files read by ``mapping`` hold; None where they hold rows to be mapped.

    Raises `NotFound` where it names no preset that there is, `Invalid` where it says more than
    the preset takes.
    """
    if mapping is None:
        return "native"
    found = preset(mapping.preset) if mapping.preset else None
    if not isinstance(found, Export):
        return None
    if mapping != Mapping(preset=mapping.preset, timezone=mapping.timezone):
        raise Invalid(
            "bad_mapping",
            f"The preset {mapping.preset} says itself what its columns are.",
            at="--preset",
            hint="Say --timezone beside it, or nothing.",
        )
    return found.protocol


def by_lines(source: Source, mapping: Mapping | None) -> bool:
    """Whether each line of the file is read by itself."""
    logged = mapping and mapping.preset and isinstance(preset(mapping.preset), Log)
    return bool(logged) or (source.format == "jsonl" and source.start is None)


def claims_of(source: Source, mapping: Mapping, mark: str) -> Iterator[Chunk]:
    """The claims of a file, in the order of its rows, in bounded memory.

    ``mark`` is the file's fingerprint. Rows that cannot be taken are in the chunks' rejects.
    Raises `Invalid` where the file or the mapping cannot be used; unless the file changes
    meanwhile or is a damaged Parquet, before the first chunk.
    """
    found = preset(mapping.preset) if mapping.preset else None
    if isinstance(found, Log):
        return read_log(source, found, mapping, mark)
    return _READERS[source.format](source, mapping, mark)


def events_of(source: Source, mapping: Mapping | None, mark: str) -> Iterator[EventChunk]:
    """The events of a file. Raises `Invalid` where it holds none."""
    found = preset(mapping.preset) if mapping and mapping.preset else None
    if mapping and isinstance(found, Export):
        return read_export(source, found, mapping.timezone, mark)
    if source.format != "jsonl":
        raise Invalid(
            "mapping_needed",
            f"{source.name} is {source.format}; its columns must be said.",
            at=source.file.address,
            hint="Add --user COLUMN --time COLUMN and --event COLUMN or --event-name NAME,"
            " or --preset NAME.",
        )
    return read_native(source, mark)

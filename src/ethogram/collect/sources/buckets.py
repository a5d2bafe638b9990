"""What lies at an address in a cloud's store: a file, a prefix of many, a pattern of names."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from pyarrow import fs

from ethogram.collect.sources.addresses import REJECTS, Found
from ethogram.collect.sources.clouds import Blob, away, opened, store, version_of
from ethogram.events.errors import NotFound

_WILD = re.compile(r"[*?]")


def blobs(address: str) -> Iterator[Found]:
    """The files at ``address``, in the order of their keys. Raises `NotFound` and `Busy`."""
    system, path = store(address)
    scheme, wild = address.partition("://")[0], _WILD.search(path)
    base = path[: wild.start()].rpartition("/")[0] if wild else path.rstrip("/")
    try:
        whole = None if wild else system.get_file_info(base)
        if whole is not None and whole.type == fs.FileType.File:
            yield Found(_blob(system, whole, scheme), named=True)
            return
        infos = system.get_file_info(fs.FileSelector(base, recursive=True, allow_not_found=True))
    except OSError as error:
        raise away(address, error) from error
    called = re.compile(_pattern(path)) if wild else None
    files = [info for info in infos if info.type == fs.FileType.File and info.size
             and not info.base_name.startswith(".") and not info.path.endswith(REJECTS)
             and (called is None or called.fullmatch(info.path))]  # fmt: skip
    if not files:
        raise NotFound("no_file", f"There are no files at {address}.", hint="Check the address.")
    for info in sorted(files, key=lambda info: info.path):
        yield Found(_blob(system, info, scheme), named=False)


def _blob(system: fs.FileSystem, info: fs.FileInfo, scheme: str) -> Blob:
    address = f"{scheme}://{info.path}"
    with opened(system, info.path, address) as file:
        written = (info.mtime or datetime.now(UTC)).date()
        return Blob(system, info.path, address, info.size, version_of(file), written)


def _pattern(path: str) -> str:
    """A regular expression for a path with ``*``, ``?`` and ``**/``.

    >>> bool(re.fullmatch(_pattern("b/**/x-?.csv"), "b/2026/03/x-1.csv"))
    True
    """
    parts = re.split(r"(\*\*/|\*|\?)", path)
    words = {"**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]"}
    return "".join(words.get(part) or re.escape(part) for part in parts)

"""The browser tracker's files: pages load them from the address that they send their events to."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from ethogram.collect.protocols.catalog import DIALECTS
from ethogram.collect.protocols.dialect import Reply
from ethogram.events.errors import Invalid, NotFound

FILES = Path(__file__).parent / "browser"
"""Where the tracker's build puts them."""
PATH = "/t.js"
_TAKEN = (*DIALECTS, "/v1/", "/api/", "/ofrep/", "/healthz", "/readyz", "/metrics")
PARTS = {"": "t.js", "later": "later.js", "messages": "messages.js"}
"""By ``?part=…``: the script itself, and what it fetches when it is needed."""
_HEADERS = {
    "access-control-allow-origin": "*",
    "cache-control": "public, max-age=3600, stale-while-revalidate=86400",
    "cross-origin-resource-policy": "cross-origin",
    "vary": "Accept-Encoding",
    "x-content-type-options": "nosniff",
}


@dataclass(frozen=True)
class _File:
    text: bytes
    packed: bytes
    etag: str


class Tracker:
    """The files in ``folder``, at `PATH` and at ``alias`` where that is not empty."""

    def __init__(self, alias: str = "", folder: Path = FILES) -> None:
        if alias and (not alias.startswith("/") or alias.endswith("/") or "?" in alias):
            raise Invalid("bad_tracker_path", "It is no path of a file.", at="tracker_path",
                          hint='Choose one such as "/assets/shop.js".')  # fmt: skip
        if alias.startswith(_TAKEN):
            raise Invalid("bad_tracker_path", "Something else answers there.", at="tracker_path",
                          hint='Choose one such as "/assets/shop.js".')  # fmt: skip
        self.paths = frozenset({PATH, alias} - {""})
        self._files = {part: _read(folder / name) for part, name in PARTS.items()
                       if (folder / name).is_file()}  # fmt: skip

    def reply(self, query: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        """The file that ``query`` asks for. Raises `NotFound` where it is not there."""
        file = self._files.get(query.get("part", ""))
        if file is None:
            raise NotFound("no_tracker", "The tracker's script is not in this installation.",
                           hint="Run `make web`, or install a released wheel.")  # fmt: skip
        said = {**_HEADERS, "etag": file.etag}
        if file.etag in headers.get("if-none-match", ""):
            return Reply(304, b"", said)
        if "gzip" in headers.get("accept-encoding", ""):
            return Reply(200, file.packed, said | {"content-encoding": "gzip"}, _TYPE)
        return Reply(200, file.text, said, _TYPE)


_TYPE = "text/javascript; charset=utf-8"


def _read(path: Path) -> _File:
    text = path.read_bytes()
    etag = blake2b(text, digest_size=8).hexdigest()
    return _File(text, gzip.compress(text, 9, mtime=0), f'W/"{etag}"')

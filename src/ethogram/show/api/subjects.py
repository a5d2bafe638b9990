"""The routes of what people may ask of what is kept about them: that it goes, and all of it."""

from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import BinaryIO

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from ethogram.events.erasure import Receipt
from ethogram.show.api.asked import Subject, ToErase
from ethogram.show.api.asking import JSON
from ethogram.show.api.operation import Operation, as_json, caller_of, decoded, ports_of
from ethogram.show.api.permitting import looking
from ethogram.show.api.persons import naming
from ethogram.show.api.ports import Whose
from ethogram.show.api.workers import in_thread

ZIP = "application/zip"
CHUNK = 1 << 20
COUNTS = "x-ethogram-subject"
"""The header that says what the archive has (`Subject`, as JSON)."""


async def erase(request: Request) -> Response:
    """Have what the body names forgotten; the receipt."""
    asked, ports = await decoded(request, ToErase), ports_of(request)
    await naming(request, asked.id or "")
    by = caller_of(request).who
    return as_json(await in_thread(request, lambda: ports.erase(asked, by)))


async def receipts(request: Request) -> Response:
    """Give the receipts of all erasures, oldest first."""
    return as_json(await in_thread(request, ports_of(request).receipts))


async def archive(request: Request) -> Response:
    """Give all that is kept about the person of the id in the body."""
    asked, ports = await decoded(request, Whose), ports_of(request)
    await looking(request, "personal")

    def written() -> tuple[Subject, BinaryIO]:
        # It has no name: nothing is left of it, however this ends.
        file = TemporaryFile()  # noqa: SIM115 - the answer closes it
        try:
            said = ports.archive(asked.id, file)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return said, file

    said, file = await in_thread(request, written)
    headers = {"content-disposition": 'attachment; filename="person.zip"',
               COUNTS: msgspec.json.encode(said).decode()}  # fmt: skip
    return StreamingResponse(_chunks(file), media_type=ZIP, headers=headers)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK):
            yield chunk


OPERATIONS = (
    Operation("POST", "/api/erasures", "Have a person, or some of what happened, forgotten", erase,
              {JSON: (Receipt,)}, body=(ToErase,), fails=(400, 404, 413, 503), needs="erase",
              audited="change"),
    Operation("GET", "/api/erasures", "The receipts of all erasures", receipts,
              {JSON: (list[Receipt],)}, fails=(503,), needs="erase"),
    Operation("POST", "/api/person/archive", "All that is kept about a person", archive,
              {ZIP: ()}, body=(Whose,), fails=(400, 404, 413, 503), needs="personal",
              audited="look"),
)  # fmt: skip

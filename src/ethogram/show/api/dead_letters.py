"""The route that says why events were refused."""

from starlette.requests import Request
from starlette.responses import Response

from ethogram.show.api.asking import JSON
from ethogram.show.api.operation import Operation, as_json, ports_of
from ethogram.show.api.ports import Letters
from ethogram.show.api.workers import in_thread


async def dead_letters(request: Request) -> Response:
    """List the dead letters by reason."""
    return as_json(await in_thread(request, ports_of(request).dead_letters))


OPERATIONS = (
    Operation("GET", "/api/dead-letters", "Refused events by reason, never what they hold",
              dead_letters, {JSON: (list[Letters],)}, fails=(503,), needs="letters"),
)  # fmt: skip

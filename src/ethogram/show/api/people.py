"""The route that lists the people behind one of an answer's numbers."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ethogram.events.errors import Invalid
from ethogram.show.api.asking import JSON
from ethogram.show.api.operation import Operation, as_json, body_of, ports_of
from ethogram.show.api.ports import Behind, People
from ethogram.show.api.workers import as_question


async def people(request: Request) -> Response:
    """List the people behind the number in the body."""
    asked, ports = _read(await body_of(request)), ports_of(request)
    return as_json(await as_question(request, lambda left: ports.people(asked, left)))


def _read(body: bytes) -> Behind:
    try:
        return msgspec.json.decode(body, type=Behind)
    except msgspec.ValidationError as error:
        message, _, at = str(error).partition(" - at ")
        raise Invalid("bad_body", f"{message}.", at=at.strip("`") or "$",
                      hint='Send {"question": …, "cell": {"step": 2}, "limit": 1000}.',
                      ) from None  # fmt: skip
    except (msgspec.DecodeError, RecursionError) as error:
        raise Invalid("bad_json", f"The body is not JSON: {error}.", at="$") from None


OPERATIONS = (
    Operation("POST", "/api/people", "The people behind one of an answer's numbers", people,
              {JSON: (People,)}, body=(Behind,), fails=(400, 404, 413, 503), needs="people",
              scanned=True, audited="look"),
)  # fmt: skip

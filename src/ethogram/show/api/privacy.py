"""The routes of personal data that nobody tagged: what was found, and sealing it afterwards."""

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ethogram.show.api.asking import JSON
from ethogram.show.api.findings import Findings, SealedAfterwards, ToSeal
from ethogram.show.api.operation import Operation, as_json, decoded, ports_of, query_of
from ethogram.show.api.workers import QUESTIONS, in_thread


class Look(msgspec.Struct, frozen=True):
    """A sample is each ``one_in``-th event; ``anew`` begins with the first one again."""

    one_in: Annotated[int, msgspec.Meta(ge=1)] = 1
    anew: bool = False


async def findings(request: Request) -> Response:
    """Go on looking from where the last look ended, and tell what was found so far."""
    ports, look = ports_of(request), query_of(request, Look)
    work = lambda: ports.findings(look.one_in, anew=look.anew)  # noqa: E731
    return as_json(await in_thread(request, work, QUESTIONS))


async def seal(request: Request) -> Response:
    """Seal the property in the body from now on, and what stands of it."""
    asked, ports = await decoded(request, ToSeal), ports_of(request)
    return as_json(await in_thread(request, lambda: ports.seal(asked.property), QUESTIONS))


OPERATIONS = (
    Operation("GET", "/api/privacy/findings", "Personal data that nobody tagged", findings,
              {JSON: (Findings,)}, query=Look, fails=(400, 503), needs="audit", audited="look"),
    Operation("POST", "/api/privacy/seal", "Seal a property, and what stands of it", seal,
              {JSON: (SealedAfterwards,)}, body=(ToSeal,), fails=(400, 404, 413, 503),
              needs="erase", audited="change"),
)  # fmt: skip

"""The routes that say how the installation is."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ethogram.events.errors import Busy
from ethogram.show.api.asking import JSON
from ethogram.show.api.operation import Operation, as_json, installation_of, ports_of
from ethogram.show.api.ports import Status, Verdict
from ethogram.show.api.workers import QUESTIONS, in_thread


class Well(msgspec.Struct, frozen=True):
    """What a probe reads: all is well, else the answer is an error."""

    ok: bool = True


async def status(request: Request) -> Response:
    """Say the positions, the lag, the projects and the checks."""
    return as_json(await in_thread(request, ports_of(request).status))


async def verify(request: Request) -> Response:
    """Prove that log, lake and index agree; it reads all of them."""
    return as_json(await in_thread(request, ports_of(request).verify, QUESTIONS))


async def healthz(_: Request) -> Response:
    """Say that the process answers; nothing else is looked at."""
    return as_json(Well())


async def readyz(request: Request) -> Response:
    """Say whether work can be taken. Without a key, so only the names of checks are told."""
    checks = await in_thread(request, installation_of(request).checks)
    failed = [check.name for check in checks if not check.ok]
    if failed:
        raise Busy(
            "not_ready",
            f"Not ready: {', '.join(failed)}.",
            hint="GET /api/status says more.",
        )
    return as_json(Well())


OPERATIONS = (
    Operation("GET", "/api/status", "Positions, lag, projects and checks", status,
              {JSON: (Status,)}, fails=(503,), needs="ask", scanned=True),
    Operation("GET", "/api/verify", "Whether log, lake and index agree", verify,
              {JSON: (Verdict,)}, fails=(503,), needs="settings"),
    Operation("GET", "/healthz", "Whether the process answers", healthz, {JSON: (Well,)},
              needs=None),
    Operation("GET", "/readyz", "Whether work can be taken: disk, log, lag", readyz,
              {JSON: (Well,)}, fails=(503,), needs=None),
)  # fmt: skip

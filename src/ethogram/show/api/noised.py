"""The routes for counts with noise, and for what is left of the budget that they cost."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ethogram.protect.access.budget import Budget, Left
from ethogram.show.api.asking import JSON
from ethogram.show.api.operation import (
    Operation,
    as_json,
    caller_of,
    decoded,
    desk_of,
    ports_of,
)
from ethogram.show.api.ports import Noisy
from ethogram.show.api.workers import as_question, in_thread
from ethogram.show.charts.answers import (
    FunnelAnswer,
    RetentionAnswer,
    SegmentsAnswer,
    TrendsAnswer,
)


async def ask(request: Request) -> Response:
    """Answer the question in the body, with noise in its counts."""
    asked, ports = await decoded(request, Noisy), ports_of(request)
    found = await as_question(request, lambda left: ports.noised(asked, _budget(request), left))
    return as_json(msgspec.Raw(found))


async def left(request: Request) -> Response:
    """Say what is left of this month's budget."""
    return as_json(await in_thread(request, lambda: _budget(request).left()))


def operations() -> tuple[Operation, ...]:
    """The table of these routes."""
    answers = (FunnelAnswer, RetentionAnswer, SegmentsAnswer, TrendsAnswer)
    return (
        Operation("POST", "/api/noised", "The answer to a question, with noise in its counts", ask,
                  {JSON: answers}, body=(Noisy,), fails=(400, 404, 413, 503), needs="ask",
                  scanned=True),
        Operation("GET", "/api/noised", "What is left of the budget for noise", left,
                  {JSON: (Left,)}, fails=(503,), needs="ask", scanned=True),
    )  # fmt: skip


def _budget(request: Request) -> Budget:
    caller = caller_of(request)
    return Budget(desk_of(request).database, caller.project, caller.asker)

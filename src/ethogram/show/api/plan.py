"""The routes of the tracking plan: what it says, what was seen beside it, what could be planned."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ethogram.ask.plans.report import PlanReport
from ethogram.events.plan import Plan
from ethogram.show.api.asking import JSON
from ethogram.show.api.operation import Endpoint, Operation, as_json, ports_of
from ethogram.show.api.ports import Ports
from ethogram.show.api.workers import QUESTIONS, in_thread


def _endpoint(work: Callable[[Ports], Any]) -> Endpoint:
    """The endpoint that answers with what ``work`` makes of the ports."""

    async def endpoint(request: Request) -> Response:
        ports = ports_of(request)
        return as_json(await in_thread(request, lambda: work(ports), QUESTIONS))

    return endpoint


OPERATIONS = (
    Operation("GET", "/api/plan", "The tracking plan", _endpoint(lambda ports: ports.plan()),
              {JSON: (Plan,)}, fails=(400, 503), needs="plan"),
    Operation("GET", "/api/plan/report", "The tracking plan beside what was seen, and what drifts",
              _endpoint(lambda ports: ports.plan_report()), {JSON: (PlanReport,)},
              fails=(400, 503), needs="plan"),
    Operation("GET", "/api/plan/learnt", "A tracking plan that what was seen fits",
              _endpoint(lambda ports: ports.learn_plan()), {JSON: (Plan,)}, fails=(503,),
              needs="plan"),
)  # fmt: skip

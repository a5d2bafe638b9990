"""The application: the route table, the site's files, and the guard before both."""

from collections.abc import Iterable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Route

from ethogram.show.api.failures import HANDLERS
from ethogram.show.api.guard import Guard
from ethogram.show.api.keys import needing_key
from ethogram.show.api.native_door import PATH as EVENTS
from ethogram.show.api.operation import Operation
from ethogram.show.api.ports import Ports
from ethogram.show.api.routes import operations
from ethogram.show.api.site import page


def app(ports: Ports, hosts: Iterable[str] = ()) -> Starlette:
    """The API and the site of ``ports``, reachable by loopback names and by ``hosts``."""
    table = operations(ports.questions)
    api = [_route(each) for each in table if each.path.startswith("/api/")]
    probes = [_route(each) for each in table if not each.path.startswith("/api/")]
    made = Starlette(
        routes=[Mount("/api", routes=api), *probes, Route("/{path:path}", page)],
        middleware=[Middleware(Guard, hosts=hosts)],
        exception_handlers=HANDLERS,
    )
    made.state.ports = ports
    made.state.calls = {EVENTS: "POST"} | {each.path: each.method for each in table}
    return made


def _route(operation: Operation) -> Route:
    endpoint = needing_key(operation.endpoint) if operation.needs_key else operation.endpoint
    return Route(operation.path.removeprefix("/api"), endpoint, methods=[operation.method])

"""The application: the route table, the site's files, and the guard before both."""

from collections.abc import Iterable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Route

from ethogram.show.api.failures import HANDLERS
from ethogram.show.api.guard import Guard
from ethogram.show.api.native_door import PATH as EVENTS
from ethogram.show.api.operation import Operation
from ethogram.show.api.permitting import permitting
from ethogram.show.api.ports import Installation
from ethogram.show.api.routes import operations
from ethogram.show.api.site import page


def app(installation: Installation, hosts: Iterable[str] = (), owned: str = "") -> Starlette:
    """The API and the site of ``installation``, reachable by loopback names and by ``hosts``.

    ``owned`` is the path of the socket that only the machine's owner can open.
    """
    table = operations(installation.questions)
    api = [_route(each) for each in table if each.path.startswith("/api/")]
    probes = [_route(each) for each in table if not each.path.startswith("/api/")]
    made = Starlette(
        routes=[Mount("/api", routes=api), *probes, Route("/{path:path}", page)],
        middleware=[Middleware(Guard, hosts=hosts)],
        exception_handlers=HANDLERS,
    )
    made.state.calls = {EVENTS: "POST"} | {each.path: each.method for each in table}
    made.state.installation, made.state.owned = installation, owned or None
    return made


def _route(operation: Operation) -> Route:
    path = operation.path.removeprefix("/api")
    return Route(path, permitting(operation), methods=[operation.method])

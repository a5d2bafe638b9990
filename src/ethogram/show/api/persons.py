"""The route that shows a person: all ids, and what links them."""

from starlette.requests import Request
from starlette.responses import Response

from ethogram.show.api.asking import JSON
from ethogram.show.api.operation import Operation, as_json, decoded, ports_of
from ethogram.show.api.permitting import looking
from ethogram.show.api.ports import Person, Whose
from ethogram.show.api.workers import in_thread


async def person(request: Request) -> Response:
    """Show the person of the id in the body: in an address it would stay in other logs.

    Who asks by an id that is not ours learns whether somebody has it.
    """
    asked, ports = await decoded(request, Whose), ports_of(request)
    if not asked.id.startswith("person:"):
        await looking(request, "personal")
    return as_json(await in_thread(request, lambda: ports.person(asked.id)))


OPERATIONS = (
    Operation("POST", "/api/person", "The person who has an id, and what links their ids", person,
              {JSON: (Person,)}, body=(Whose,), fails=(400, 404, 413, 503), needs="people"),
)  # fmt: skip

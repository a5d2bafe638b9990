"""What the document says of ``POST /v1/events``, which the process that accepts answers."""

import msgspec

from ethogram.events.event import Event, Json

PATH = "/v1/events"


class RejectedEvent(msgspec.Struct, frozen=True):
    """An event that was not kept, by its place among those that were sent, and why."""

    index: int
    code: str
    message: str
    at: str
    hint: str


class Taken(msgspec.Struct, frozen=True):
    """What became of the events that were sent; ``warned`` of them depart from the plan."""

    accepted: int
    duplicates: int
    rejected: list[RejectedEvent]
    warned: int = 0


KINDS = (Event, list[Event], Taken)


def described(events: Json, taken: Json, failures: dict[str, Json]) -> dict[str, Json]:
    """The operation, of the schemas of what is sent and answered, and its failures by status."""
    lines = {"schema": {"type": "string", "description": "An event a line, as JSON."}}
    answer = {"description": "What became of each", "content": {"application/json": taken}}
    return {
        "operationId": "postEvents",
        "summary": "Take events: one, an array, or one a line; gzip or Zstandard if you like",
        "security": [{"key": []}],
        "x-permission": "write",
        "parameters": [],
        "requestBody": {
            "required": True,
            "content": {"application/json": events, "application/x-ndjson": lines},
        },
        "responses": {"200": answer, **failures},
    }

"""The route that draws: a question, or an answer that was already given, becomes a figure."""

from threading import Event
from typing import Annotated, Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ethogram.events.errors import Broken, Invalid
from ethogram.events.event import Json
from ethogram.show.api.asking import JSON, check_journey
from ethogram.show.api.operation import Operation, as_json, body_of, ports_of, query_of
from ethogram.show.api.ports import Catalog, Ports
from ethogram.show.api.workers import as_question
from ethogram.show.charts.answers import KINDS
from ethogram.show.charts.draw import png, svg
from ethogram.show.charts.figure import Figure, figure
from ethogram.show.charts.theme import Theme

ANSWER_LIMIT = 20_000_000
"""Bytes of an answer that is sent to be drawn: two hundred lines of two thousand points."""


class Look(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a figure is wanted; width and height, in pixels, are those of an SVG or PNG."""

    format: Literal["json", "svg", "png"] = "json"
    theme: Theme = "light"
    width: Annotated[int, msgspec.Meta(ge=200, le=4000)] = 900
    height: Annotated[int, msgspec.Meta(ge=150, le=4000)] = 480


async def draw(request: Request) -> Response:
    """Draw the question or the answer in the body."""
    look = query_of(request, Look)
    body = await body_of(request, ANSWER_LIMIT)
    ports = ports_of(request)
    await check_journey(request, body)
    return await as_question(request, lambda left: _drawn(ports, body, look, left))


def operations(questions: Catalog) -> tuple[Operation, ...]:
    """The table of these routes."""
    return (
        Operation(
            "POST",
            "/api/figure",
            "The figure of a question, or of an answer",
            draw,
            {JSON: (Figure,), "image/svg+xml": (str,), "image/png": ()},
            body=(*questions.values(), *KINDS),
            query=Look,
            fails=(400, 404, 413, 503),
            needs="ask",
            scanned=True,
        ),
    )


def _drawn(ports: Ports, body: bytes, look: Look, left: Event) -> Response:
    given = _parsed(body)
    if "state" not in given:
        return _shown(ports.ask(body, left), look)
    try:
        return _shown(given, look)
    except (ArithmeticError, LookupError, TypeError, ValueError, Broken):
        raise Invalid(
            "bad_answer",
            "This answer cannot be drawn: its numbers or times do not fit together.",
            at="$",
            hint="Send an answer as /api/ask gave it, or the question.",
        ) from None


def _shown(answer: Any, look: Look) -> Response:
    drawn = figure(answer, look.theme)
    if look.format == "json":
        return as_json(drawn)
    if look.format == "svg":
        return Response(svg(drawn, look.width, look.height), media_type="image/svg+xml")
    return Response(png(drawn, look.width, look.height), media_type="image/png")


def _parsed(body: bytes) -> dict[str, Json]:
    try:
        return msgspec.json.decode(body, type=dict[str, Json])
    except (msgspec.DecodeError, RecursionError) as error:
        raise Invalid("bad_json", f"The body is not a JSON object: {error}.", at="$") from None

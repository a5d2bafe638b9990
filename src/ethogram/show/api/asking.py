"""The routes that ask: a question, what there is to ask about, and how questions are written."""

from contextlib import suppress
from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ethogram.ask.questions.cohort import person_id
from ethogram.events.errors import Invalid, NotFound, nearest
from ethogram.events.event import Json
from ethogram.show.api.operation import (
    Kinds,
    Operation,
    as_json,
    body_of,
    installation_of,
    ports_of,
    query_of,
)
from ethogram.show.api.permitting import looking
from ethogram.show.api.ports import Catalog, Vocabulary
from ethogram.show.api.workers import as_question, in_thread
from ethogram.show.charts.answers import KINDS, KpiAnswer

JSON = "application/json"
DIGITS = 19
"""Of an internal id, at most."""
ANSWERS: Kinds = tuple(kind for kind in KINDS if kind is not KpiAnswer)


class How(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether an answer may be one that was given before at the same state of the data."""

    cache: bool = True


async def ask(request: Request) -> Response:
    """Answer the question in the body."""
    how, spec, ports = query_of(request, How), await body_of(request), ports_of(request)
    await check_journey(request, spec)
    answered = partial(ports.ask, spec, cache=how.cache)
    return as_json(await as_question(request, answered))


async def vocabulary(request: Request) -> Response:
    """Say which events and properties exist."""
    return as_json(await in_thread(request, ports_of(request).vocabulary))


async def catalog(request: Request) -> Response:
    """List the catalog."""
    kinds = installation_of(request).questions
    return as_json([QuestionName(name, _first_sentence(kind)) for name, kind in kinds.items()])


async def question(request: Request) -> Response:
    """Give the JSON Schema of one question's spec."""
    name, kinds = request.path_params["name"], installation_of(request).questions
    if name not in kinds:
        raise NotFound(
            "unknown_question", f"There is no question {name!r}.", at="$.name",
            hint=nearest(name, kinds),
        )  # fmt: skip
    return as_json(msgspec.json.schema(kinds[name]))


class QuestionName(msgspec.Struct, frozen=True):
    """A question of the catalog, and what it answers."""

    name: str
    summary: str


def operations(questions: Catalog) -> tuple[Operation, ...]:
    """The table of these routes."""
    specs = tuple(questions.values())
    return (
        Operation("POST", "/api/ask", "The answer to a question", ask, {JSON: ANSWERS},
                  body=specs, query=How, fails=(400, 404, 413, 503), needs="ask",
                  scanned=True),
        Operation("GET", "/api/vocabulary", "The events and properties that exist", vocabulary,
                  {JSON: (Vocabulary,)}, fails=(503,), needs="ask", scanned=True),
        Operation("GET", "/api/questions", "The catalog of questions", catalog,
                  {JSON: (list[QuestionName],)}, needs="ask", scanned=True),
        Operation("GET", "/api/questions/{name}", "The JSON Schema of a question's spec",
                  question, {JSON: (dict[str, Json],)}, fails=(404,), needs="ask",
                  scanned=True),
    )  # fmt: skip


async def check_journey(request: Request, spec: bytes) -> None:
    """A journey shows one person, which is more than a number."""
    with suppress(msgspec.DecodeError, RecursionError):
        said = msgspec.json.decode(spec)
        if isinstance(said, dict) and said.get("question") == "journey":
            await looking(request, "people", question="journey", **_person(said.get("person")))


def _person(said: Json) -> dict[str, Json]:
    """Whose journey it is, where that is an internal id: what else is sent may name somebody."""
    with suppress(Invalid):
        if isinstance(said, int | str) and len(str(said)) <= DIGITS:
            return {"person": str(person_id(said, "$.person"))}
    return {}


def _first_sentence(kind: type) -> str:
    return (kind.__doc__ or "").strip().partition("\n")[0].replace("``", "")

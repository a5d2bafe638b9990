"""The route table: every operation of the API, and the document that describes them."""

from starlette.requests import Request
from starlette.responses import Response

from ethogram.events.event import Json
from ethogram.show.api import (
    account,
    accounts,
    asking,
    audit,
    consent,
    dead_letters,
    figures,
    health,
    invitations,
    live,
    noised,
    people,
    persons,
    plan,
    privacy,
    provider,
    retention,
    saved,
    session,
    sql,
    subjects,
    tokens,
)
from ethogram.show.api.openapi import document
from ethogram.show.api.operation import Operation, as_json, installation_of
from ethogram.show.api.ports import Catalog


async def openapi(request: Request) -> Response:
    """Give the OpenAPI document of this server."""
    return as_json(document(operations(installation_of(request).questions)))


def operations(questions: Catalog) -> tuple[Operation, ...]:
    """Every route of the API."""
    return (
        *asking.operations(questions),
        *people.OPERATIONS,
        *persons.OPERATIONS,
        *subjects.OPERATIONS,
        *noised.operations(),
        *consent.OPERATIONS,
        *retention.OPERATIONS,
        *figures.operations(questions),
        *saved.operations(),
        *sql.OPERATIONS,
        *live.OPERATIONS,
        *dead_letters.OPERATIONS,
        *plan.OPERATIONS,
        *privacy.OPERATIONS,
        *session.OPERATIONS,
        *provider.OPERATIONS,
        *account.OPERATIONS,
        *accounts.OPERATIONS,
        *invitations.OPERATIONS,
        *tokens.OPERATIONS,
        *audit.OPERATIONS,
        *health.OPERATIONS,
        Operation("GET", "/api/openapi.json", "This document", openapi,
                  {asking.JSON: (dict[str, Json],)}, needs="ask", scanned=True),
    )  # fmt: skip

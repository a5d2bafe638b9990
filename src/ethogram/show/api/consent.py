"""The routes of consent: purposes and numbers, what a person allows, giving and withdrawing."""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from ethogram.events.errors import NotFound
from ethogram.events.times import iso, now
from ethogram.protect.consent.purposes import ConsentPurpose
from ethogram.show.api.asking import JSON
from ethogram.show.api.consents import ConsentsOf, Given, PersonConsents, PurposeTold, Say
from ethogram.show.api.operation import (
    Operation,
    as_json,
    body_of,
    caller_of,
    decoded,
    ports_of,
    query_of,
)
from ethogram.show.api.permitting import looking
from ethogram.show.api.saved import Note, Version, told
from ethogram.show.api.workers import in_thread


async def purposes(request: Request) -> Response:
    """List the purposes with their numbers."""
    smallest = caller_of(request).role.smallest
    found = await in_thread(request, ports_of(request).consents.purposes)
    return as_json([each.told_to(smallest) for each in found])


async def set_purpose(request: Request) -> Response:
    """Save a purpose."""
    note, body = query_of(request, Note).note, await body_of(request)
    name, consents = request.path_params["name"], ports_of(request).consents
    return as_json(told(await in_thread(request, partial(consents.set_purpose, name, body, note))))


async def drop_purpose(request: Request) -> Response:
    """Drop a purpose."""
    note, _ = query_of(request, Note).note, await body_of(request)
    name, consents = request.path_params["name"], ports_of(request).consents
    return as_json(told(await in_thread(request, partial(consents.drop_purpose, name, note))))


async def person(request: Request) -> Response:
    """Show what the person of the id in the body allows."""
    asked, consents = await decoded(request, ConsentsOf), ports_of(request).consents
    await _looking(request, asked.id)
    return as_json(await in_thread(request, partial(consents.show, asked.id, asked.at)))


async def say(request: Request) -> Response:
    """Record that a person gave or withdrew a purpose.

    Who may not see personal data is told nothing of whether somebody has the id.
    """
    asked, consents = await decoded(request, Say), ports_of(request).consents
    caller = caller_of(request)
    work = partial(consents.say, asked, "api", caller.who)
    if asked.id.startswith("person:") or caller.may("personal"):
        return as_json(await in_thread(request, work))
    try:
        await in_thread(request, work)
    except NotFound as error:
        if error.code != "unknown_id":
            raise
    held = Given(asked.purpose, asked.given, asked.at or iso(now()))
    return as_json(PersonConsents("", [held], []))


async def _looking(request: Request, id_: str) -> None:
    """By an id that is not ours one learns whether somebody has it."""
    if not id_.startswith("person:"):
        await looking(request, "personal")


OPERATIONS = (
    Operation("GET", "/api/consent", "The purposes, and how many gave or withdrew each", purposes,
              {JSON: (list[PurposeTold],)}, fails=(503,), needs="consent"),
    Operation("POST", "/api/consent", "Record that a person gave or withdrew a purpose", say,
              {JSON: (PersonConsents,)}, body=(Say,), fails=(400, 404, 413, 503),
              needs="consent", audited="change"),
    Operation("POST", "/api/consent/person", "What a person allows, and every record of it", person,
              {JSON: (PersonConsents,)}, body=(ConsentsOf,), fails=(400, 404, 413, 503),
              needs="consent", audited="look"),
    Operation("PUT", "/api/consent/purposes/{name}", "Save a purpose", set_purpose,
              {JSON: (Version,)}, body=(ConsentPurpose,), query=Note, fails=(400, 413, 503),
              needs="purposes", audited="change"),
    Operation("DELETE", "/api/consent/purposes/{name}", "Drop a purpose; its records stay",
              drop_purpose, {JSON: (Version,)}, query=Note, fails=(404, 503), needs="purposes",
              audited="change"),
)  # fmt: skip

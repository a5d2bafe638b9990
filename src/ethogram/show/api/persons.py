"""The routes of a person: all ids and what links them, and how somebody in charge changes that."""

from typing import Annotated

import msgspec
from msgspec import structs
from starlette.requests import Request
from starlette.responses import Response

from ethogram.show.api.asked import AskedPerson, Pair, Parting, Unlinked
from ethogram.show.api.asking import JSON
from ethogram.show.api.operation import (
    Operation,
    as_json,
    caller_of,
    decoded,
    installation_of,
    ports_of,
    query_of,
)
from ethogram.show.api.permitting import looking
from ethogram.show.api.ports import Found, Person, Sought, Tie
from ethogram.show.api.profile import AskedProfile, Profile
from ethogram.show.api.workers import in_thread


class Newest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many at most, the newest."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100


async def person(request: Request) -> Response:
    """Show the person of the id in the body: in an address it would stay in other logs."""
    asked, ports = await decoded(request, AskedPerson), ports_of(request)
    await naming(request, asked.id)
    person = await in_thread(request, lambda: ports.person(asked.id))
    return as_json(paged(person, asked.skip, asked.limit))


def paged(person: Person, skip: int = 0, limit: int = 100) -> Person:
    """``person`` with so many of the ids and of the links, after the first."""
    part = slice(skip, skip + limit)
    return structs.replace(person, ids=person.ids[part], links=person.links[part])


async def merge(request: Request) -> Response:
    """Make the two ids in the body one person's; the person that they are now."""
    pair, ports = await decoded(request, Pair), ports_of(request)
    await naming(request, pair.one, pair.other)
    await in_thread(request, lambda: ports.merge(pair))
    return as_json(paged(await in_thread(request, lambda: ports.person(pair.one))))


async def merges(request: Request) -> Response:
    """List what somebody in charge joined or parted, the newest first."""
    most, ports = query_of(request, Newest).limit, ports_of(request)
    return as_json(await in_thread(request, lambda: ports.merges(most)))


async def unmerge(request: Request) -> Response:
    """Part the id in the body from its person, or from one other id."""
    parting, ports = await decoded(request, Parting), ports_of(request)
    await naming(request, parting.id, parting.other or "")
    return as_json(await in_thread(request, lambda: ports.unmerge(parting)))


async def naming(request: Request, *ids: str) -> None:
    """Who asks by an id that is not ours learns whether somebody has it: that is personal.

    Raises `NotPermitted`.
    """
    if any(each and not each.startswith("person:") for each in ids):
        await looking(request, "personal")


async def find(request: Request) -> Response:
    """Show who said the value in the body of themselves, whole as it stands there.

    Each look is written down, and so many an hour are allowed.
    """
    asked, ports = await decoded(request, Sought), ports_of(request)
    installation_of(request).allow_look(caller_of(request))
    found = await in_thread(request, lambda: ports.find(asked))
    return as_json(Found([paged(person) for person in found.people]))


async def profile(request: Request) -> Response:
    """Show the profile of the person of the id in the body."""
    asked, ports = await decoded(request, AskedProfile), ports_of(request)
    if asked.personal:
        await looking(request, "personal")
    else:
        await naming(request, asked.id)
    return as_json(await in_thread(request, lambda: ports.profile(asked)))


OPERATIONS = (
    Operation("POST", "/api/people/find", "The people who said a personal value of themselves",
              find, {JSON: (Found,)}, body=(Sought,), fails=(400, 413, 429, 503),
              needs="personal", audited="look"),
    Operation("POST", "/api/person", "The person who has an id, and what links their ids", person,
              {JSON: (Person,)}, body=(AskedPerson,), fails=(400, 404, 413, 503), needs="people",
              audited="look"),
    Operation("POST", "/api/person/merge", "Make two ids one person's", merge,
              {JSON: (Person,)}, body=(Pair,), fails=(400, 404, 413, 503), needs="merge",
              audited="change"),
    Operation("GET", "/api/merges", "What somebody in charge joined or parted", merges,
              {JSON: (list[Tie],)}, query=Newest, fails=(400, 503), needs="people",
              audited="look"),
    Operation("POST", "/api/person/unmerge", "Part an id from its person", unmerge,
              {JSON: (Unlinked,)}, body=(Parting,), fails=(400, 404, 413, 503), needs="merge",
              audited="change"),
    Operation("POST", "/api/person/profile", "What is known of a person, and what they did",
              profile, {JSON: (Profile,)}, body=(AskedProfile,), fails=(400, 404, 413, 503),
              needs="people", audited="look"),
)  # fmt: skip

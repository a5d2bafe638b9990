"""The routes by which people sign in at another provider, and come back."""

from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ethogram.events.errors import Busy, EthogramError, NotFound, Refused
from ethogram.protect.access import sessions
from ethogram.protect.access.provider import Provider
from ethogram.show.api import cookies
from ethogram.show.api.asking import JSON
from ethogram.show.api.operation import (
    Operation,
    as_json,
    caller_of,
    decoded,
    desk_of,
    installation_of,
)
from ethogram.show.api.session import browser_of, kept
from ethogram.show.api.workers import in_thread

BACK = "/api/session/provider/back"
_WAY = "way"


class Proven(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The password of who is signed in."""

    password: str


class Way(msgspec.Struct, frozen=True):
    """Where the browser is to go."""

    address: str


async def link(request: Request) -> Response:
    """Have whom the provider will say it is sign in to this account from then on."""
    desk, caller, browser = desk_of(request), caller_of(request), browser_of(request)
    provider, back = _provider(request), _back(request)
    body = await decoded(request, Proven)

    def work() -> tuple[str, str]:
        sessions.prove_own(desk, browser, caller, body.password)
        return provider.begin(desk, back, caller.account)

    address, way = await in_thread(request, work)
    response = as_json(Way(address))
    cookies.give(request, response, way, _WAY, elsewhere=True)
    return response


async def begin(request: Request) -> Response:
    """Send the browser to the provider."""
    provider = _provider(request)
    work = partial(provider.begin, desk_of(request), _back(request))
    try:
        address, way = await in_thread(request, work)
    except (Busy, Refused) as error:
        return _refused(error)
    response = RedirectResponse(address, status_code=303)
    cookies.give(request, response, way, _WAY, elsewhere=True)
    return response


async def finish(request: Request) -> Response:
    """Take the browser back, signed in."""
    provider, desk, browser = _provider(request), desk_of(request), browser_of(request)
    way = cookies.given(request, _WAY, elsewhere=True)
    said = dict(request.query_params)
    work = partial(provider.finish, desk, browser, way, said, _back(request))
    try:
        response = kept(request, await in_thread(request, work), RedirectResponse("/", 303))
    except (Busy, Refused) as error:
        response = _refused(error)
    cookies.take(request, response, _WAY)
    return response


def _refused(error: EthogramError) -> Response:
    """The site's own page says why: it is a person who came, not a program."""
    return RedirectResponse(f"/?refused={error.code}", 303)


def _provider(request: Request) -> Provider:
    provider = installation_of(request).provider
    if provider is None:
        raise NotFound("no_provider", "Nobody signs in by another provider here.",
                       hint="The settings `oidc_…` name one.")  # fmt: skip
    return provider


def _back(request: Request) -> str:
    """The address of this server that the provider sends the browser back to."""
    base = installation_of(request).public_url or str(request.base_url)
    return base.rstrip("/") + BACK


OPERATIONS = (
    Operation("GET", "/api/session/provider", "Sign in at another provider", begin,
              {"text/html": ()}, fails=(404,), needs=None),
    Operation("GET", BACK, "Come back from the provider", finish, {"text/html": ()},
              fails=(404,), needs=None),
    Operation("POST", "/api/account/provider", "Sign in by the provider too, from now on", link,
              {JSON: (Way,)}, body=(Proven,), fails=(400, 404, 413, 429, 503), needs="account",
              scanned=True),
)  # fmt: skip

"""The routes by which people sign in at another provider, and come back."""

from functools import partial

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ethogram.events.errors import Busy, EthogramError, NotFound, Refused
from ethogram.protect.access.provider import Provider
from ethogram.show.api import cookies
from ethogram.show.api.operation import Operation, desk_of, installation_of
from ethogram.show.api.permitting import identified
from ethogram.show.api.session import browser_of, kept
from ethogram.show.api.workers import in_thread

BACK = "/api/session/provider/back"
_WAY = "way"


async def begin(request: Request) -> Response:
    """Send the browser to the provider."""
    provider = _provider(request)
    try:
        account = (await identified(request)).account
    except Refused:
        account = None
    work = partial(provider.begin, desk_of(request), _back(request), account)
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
)  # fmt: skip

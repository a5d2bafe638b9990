"""Who may ask: a read key in the ``Authorization`` header, or in a cookie of this browser.

The cookie is set by opening any page with ``?key=KEY``. A page of another site, or of another
port of this machine, cannot use it: it is SameSite=Strict, and refused where the browser says
that the request comes from elsewhere.
"""

from functools import wraps
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ethogram.events.errors import Refused
from ethogram.show.api.operation import Endpoint, ports_of

_YEAR = 365 * 86_400


def needing_key(endpoint: Endpoint) -> Endpoint:
    """``endpoint`` for those only who send a read key. Else `Refused` (``no_key``, ``bad_key``)."""

    @wraps(endpoint)
    async def permitted(request: Request) -> Response:
        _check(request, _key(request))
        return await endpoint(request)

    return permitted


def signed_in(request: Request, key: str) -> Response:
    """The same page without the key in its address, and the key in a cookie instead."""
    _check(request, key)
    path = "/" + quote(request.url.path.lstrip("/\\"))
    rest = [pair for pair in request.query_params.multi_items() if pair[0] != "key"]
    response = RedirectResponse(path + (f"?{urlencode(rest)}" if rest else ""), status_code=303)
    response.set_cookie(
        _cookie(request), key, max_age=_YEAR, httponly=True, samesite="strict",
        secure=request.url.scheme == "https",
    )  # fmt: skip
    return response


def _key(request: Request) -> str:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return key.strip()
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return ""
    return request.cookies.get(_cookie(request), "")


def _check(request: Request, key: str) -> None:
    hint = "Send `Authorization: Bearer KEY`, or open /?key=KEY once; `ethogram keys` prints it."
    if not key:
        raise Refused("no_key", "A read key is needed.", at=request.url.path, hint=hint)
    if not ports_of(request).permits(key):
        raise Refused(
            "bad_key",
            "This is no read key of the project that is served here.",
            at=request.url.path,
            hint=hint,
        )


def _cookie(request: Request) -> str:
    """Cookies know no ports, so each port's has a name of its own."""
    return f"ethogram-{request.url.port or 'web'}"

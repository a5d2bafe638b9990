"""What a browser shows by itself: a cookie that no script reads and no other site can use."""

from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ethogram.show.api.operation import installation_of

_YEAR = 365 * 86_400
DEVICE = "device"
"""A mark that an account was signed in on this browser, beside what shows who asks."""


def given(request: Request, kind: str = "", *, elsewhere: bool = False) -> str:
    """What the cookie holds. Nothing where the request comes from another site's page, unless it
    is one that is needed on the way back from ``elsewhere``.
    """
    site = request.headers.get("sec-fetch-site", "same-origin")
    if not elsewhere and site not in ("same-origin", "none"):
        return ""
    return request.cookies.get(_name(request, kind), "")


def give(
    request: Request, response: Response, said: str, kind: str = "", *, elsewhere: bool = False
) -> None:
    """Have the browser show ``said`` from now on; see `given`."""
    response.set_cookie(
        _name(request, kind), said, max_age=_YEAR, httponly=True,
        samesite="lax" if elsewhere else "strict", secure=_is_secure(request),
    )  # fmt: skip


def take(request: Request, response: Response, kind: str = "") -> None:
    """Have the browser forget what it shows."""
    response.delete_cookie(
        _name(request, kind), httponly=True, samesite="strict", secure=_is_secure(request)
    )


def without_key(request: Request) -> Response:
    """The same page without the key in its address."""
    path = "/" + quote(request.url.path.lstrip("/\\"))
    rest = [pair for pair in request.query_params.multi_items() if pair[0] != "key"]
    return RedirectResponse(path + (f"?{urlencode(rest)}" if rest else ""), status_code=303)


def _is_secure(request: Request) -> bool:
    public = installation_of(request).public_url
    return request.url.scheme == "https" or public.startswith("https:")


def _name(request: Request, kind: str = "") -> str:
    """Cookies know no ports, so each port's has a name of its own."""
    return "-".join(filter(None, ("ethogram", kind, str(request.url.port or "web"))))

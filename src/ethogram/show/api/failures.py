"""Every error in the one shape, whatever raised it."""

from difflib import get_close_matches

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ExceptionHandler

from ethogram.events.errors import Busy, EthogramError
from ethogram.show.api.operation import as_json

_CODES = {404: "no_such_page", 405: "method_not_allowed"}
_HINT = "GET /api/openapi.json describes every route."


def shown(error: EthogramError) -> Response:
    """The response that says what was wrong."""
    response = as_json(error.as_dict(), error.status)
    if isinstance(error, Busy):
        response.headers["Retry-After"] = str(error.retry_after)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _known(_: Request, error: Exception) -> Response:
    assert isinstance(error, EthogramError)
    return shown(error)


def _of_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    path, status = request.url.path, error.status_code
    if status == 405 and path not in request.app.state.calls and not path.startswith("/api/"):
        status = 404  # only pages have such an address, and nothing is sent to a page
    detail = error.detail if status == error.status_code else "Not Found"
    hint = _nearest(request) + _HINT if status == 404 else _HINT
    said = EthogramError(_CODES.get(status, "not_possible"), f"{detail}.", at=path, hint=hint)
    said.status = status
    response = shown(said)
    if status == error.status_code:
        response.headers.update(error.headers or {})
    return response


def _nearest(request: Request) -> str:
    """The call that was meant, if one has nearly this path."""
    calls: dict[str, str] = request.app.state.calls
    close = get_close_matches(request.url.path, calls, n=1)
    return f"Did you mean {calls[close[0]]} {close[0]}? " if close else ""


def _unexpected(request: Request, _: Exception) -> Response:
    """What went wrong stands in the server's log; a caller learns nothing of the inside."""
    return shown(
        EthogramError(
            "internal",
            "Something went wrong here; nothing was changed.",
            at=request.url.path,
            hint="The server's log says what; ask again, or report it with that log.",
        )
    )


def _gone(_request: Request, _error: Exception) -> Response:
    return Response(status_code=499)


HANDLERS: dict[type[Exception] | int, ExceptionHandler] = {
    EthogramError: _known,
    HTTPException: _of_http,
    ClientDisconnect: _gone,
    Exception: _unexpected,
}

"""Every error in the one shape, whatever raised it."""

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
    code = _CODES.get(error.status_code, "not_possible")
    said = EthogramError(code, f"{error.detail}.", at=request.url.path, hint=_HINT)
    said.status = error.status_code
    response = shown(said)
    response.headers.update(error.headers or {})
    return response


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

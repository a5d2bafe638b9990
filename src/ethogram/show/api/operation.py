"""One route as data: what the server mounts and what the OpenAPI document says."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal, TypeAlias, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ethogram.events.errors import Invalid, TooLarge
from ethogram.protect.access.caller import Caller
from ethogram.protect.access.desk import Desk
from ethogram.protect.access.permissions import Permission
from ethogram.show.api.ports import Installation, Ports

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]
Kinds: TypeAlias = tuple[Any, ...]
"""Types of which a body is one; none for bytes that have no schema."""
Needs: TypeAlias = Permission | Literal["account"] | None
"""A permission; or that an account is signed in, whatever it may; or nothing."""

BODY_LIMIT = 1_000_000
"""Bytes of a question."""

T = TypeVar("T")


@dataclass(frozen=True)
class Operation:
    """A route: its words, its types and its endpoint.

    ``answers`` holds the types by media type. ``query`` is a Struct whose fields are the query
    parameters. ``fails`` are the statuses of its errors, beside 401 and 403 where it needs
    something. ``scanned``: all that it tells passes through the scan at which a role's view is
    applied; others are refused to who sees a part of the data only. ``audited``: each request is a
    line of the audit, since it looks at people one by one, or changes what others see. (What
    changes accounts, roles and tokens writes its own line, in the transaction of the change.)
    """

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    summary: str
    endpoint: Endpoint
    answers: Mapping[str, Kinds]
    body: Kinds = ()
    query: type[msgspec.Struct] | None = None
    fails: tuple[int, ...] = ()
    _: KW_ONLY
    needs: Needs
    scanned: bool = False
    audited: Literal["look", "change"] | None = None

    @property
    def name(self) -> str:
        """The operation's id: the method and the path in words, such as ``getQuestionsName``."""
        words = re.findall(r"[a-z]+", self.path.removeprefix("/api"))
        return self.method.lower() + "".join(word.capitalize() for word in words)


def query_of(request: Request, kind: type[T]) -> T:
    """The query parameters as a ``kind``. Raises `Invalid` (``bad_parameter``)."""
    try:
        return msgspec.convert(dict(request.query_params), kind, strict=False)
    except msgspec.ValidationError as error:
        message, _, at = str(error).partition(" - at ")
        raise Invalid("bad_parameter", f"{message}.", at=at.strip("`") or "$") from None


async def body_of(request: Request, limit: int = BODY_LIMIT) -> bytes:
    """The request's body. Raises `TooLarge` as soon as it exceeds ``limit``."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise TooLarge("body_too_large", f"The body is larger than {limit:,} bytes.")
    return bytes(body)


async def decoded(request: Request, kind: type[T]) -> T:
    """The request's JSON body as a ``kind``. Raises `Invalid` (``bad_json``, ``bad_body``)."""
    try:
        return msgspec.json.decode(await body_of(request), type=kind)
    except msgspec.ValidationError as error:
        message, _, at = str(error).partition(" - at ")
        raise Invalid("bad_body", f"{message}.", at=at.strip("`") or "$") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid("bad_json", f"The body is not JSON: {error}.", at="$") from None


def installation_of(request: Request) -> Installation:
    """The installation that this request is for."""
    return request.app.state.installation


def desk_of(request: Request) -> Desk:
    """Who may look."""
    return installation_of(request).desk


def caller_of(request: Request) -> Caller:
    """Who asks, where the route needs that to be known."""
    return request.state.caller


def ports_of(request: Request) -> Ports:
    """The project that this request is for, as far as who asks may see it."""
    return request.state.ports


def as_json(value: object, status: int = 200) -> Response:
    """``value``, a Struct or plain data, as a JSON response."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")

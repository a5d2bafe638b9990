"""Matomo's tracking API: ``matomo.php``, one hit by GET or POST, or many in one JSON body.

The key is ``token_auth``, or stands in the path before ``matomo.php`` for browsers, which have
none. A hit is answered with a picture, with nothing where it says ``send_image=0``, and many are
answered with how many were taken.
"""

import base64
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import parse_qsl

import msgspec

from ethogram.collect.admission import Claim, Refusal
from ethogram.collect.door import Outcome
from ethogram.collect.protocols.dialect import (
    Alone,
    Reply,
    Request,
    bearer,
    parted,
    refused,
    within,
)
from ethogram.collect.protocols.fields import decoded
from ethogram.collect.protocols.matomo_hit import hit
from ethogram.collect.protocols.native import too_large
from ethogram.collect.protocols.texts import elements, members
from ethogram.events.errors import EthogramError, Invalid, NotFound
from ethogram.events.event import Event

GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAAAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
_CALLS = ("matomo.php", "piwik.php", "")


class Matomo:
    """See the module."""

    name = "matomo"
    methods = frozenset({"GET", "POST"})
    key_inside = True
    largest_body = 0

    def told(self, request: Request) -> Reply | None:
        """See `Dialect.told`: nothing."""

    def key(self, request: Request) -> str | None:
        """See `Dialect.key`: the path, or ``token_auth`` of the query or the body."""
        sent = parted(request.path)[0] or request.query.get("token_auth")
        return sent or bearer(request.headers) or _inside(request.body)

    def claims(self, request: Request) -> list[Claim]:
        """See `Dialect.claims`. Raises `NotFound` for another call."""
        if parted(request.path)[1] not in _CALLS:
            raise NotFound("unknown_call", "Matomo has no such call.", at="path",
                           hint="There is: matomo.php.")  # fmt: skip
        if _many(request.body):
            requests = members(request.body).get("requests")
            if requests is None:
                raise Invalid("bad_batch", "There are no requests.", at="$.requests",
                              hint='Send {"requests": ["?…"], "token_auth": "…"}.')  # fmt: skip
            return [_claim(raw, request.largest) for raw in elements(requests)]
        said = dict(request.query) | _form(request.body)
        if len(raw := msgspec.json.encode(said)) > request.largest:
            return [Refusal(too_large(len(raw), request.largest), raw)]
        try:
            return [hit(said)]
        except EthogramError as error:
            return [Refusal(error, raw)]

    def alone(self, request: Request) -> Alone | None:
        """See `Dialect.alone`."""
        if _many(request.body):
            return within(request, "requests", {})
        return lambda _: replace(request, headers={})

    def answer(self, request: Request, claims: Sequence[Claim], outcome: Outcome) -> Reply:
        """See `Dialect.answer`."""
        if _many(request.body):
            bad = [each.index for each in outcome.rejected]
            said = {
                "status": "success",
                "tracked": outcome.taken,
                "invalid": len(bad),
                "invalid_indices": bad,
            }
            return Reply(200, msgspec.json.encode(said))
        if (dict(request.query) | _form(request.body)).get("send_image") == "0":
            return Reply(204, b"")
        return Reply(200, GIF, {"cache-control": "no-store"}, "image/gif")

    def refused(self, request: Request, error: EthogramError) -> Reply:
        """See `Dialect.refused`: the status is all that its clients look at."""
        return refused(error)


def _many(body: bytes) -> bool:
    return body.lstrip()[:1] == b"{"


def _form(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode("utf-8", "replace")))


def _inside(body: bytes) -> str | None:
    if not _many(body):
        return _form(body).get("token_auth")
    key = decoded(members(body).get("token_auth", b"null"))
    return key if isinstance(key, str) else None


def _claim(raw: bytes, largest: int) -> Claim:
    """One of many: a query as a text, or an object."""
    try:
        if len(raw) > largest:
            raise too_large(len(raw), largest)
        return _hit(raw)
    except EthogramError as error:
        return Refusal(error, raw)


def _hit(raw: bytes) -> Event:
    said = decoded(raw)
    if isinstance(said, dict):
        return hit({name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
                    for name, value in said.items()})  # fmt: skip
    if not isinstance(said, str):
        raise Invalid("wrong_type", "A request is a query.", at="$")
    return hit(dict(parse_qsl(said.partition("?")[2] if "?" in said else said)))

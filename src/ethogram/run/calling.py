"""One call to a server of this workspace, over a socket of this machine."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec

from ethogram.events.errors import (
    Busy,
    EthogramError,
    Invalid,
    NotFound,
    NotPermitted,
    Refused,
    TooLarge,
)


def client_of(socket: Path, headers: Mapping[str, str]) -> httpx.Client:
    """Who calls at ``socket``, with ``headers`` each time."""
    transport = httpx.HTTPTransport(uds=str(socket))
    return httpx.Client(
        transport=transport, base_url="http://server", headers=dict(headers), timeout=600
    )


def told(client: httpx.Client, method: str, path: str, **sent: Any) -> Any:
    """The decoded answer."""
    return msgspec.json.decode(answered(client, method, path, **sent))


def answered(client: httpx.Client, method: str, path: str, **sent: Any) -> bytes:
    """The answer's body; raises the error that it says, or `Busy` where there is none."""
    with calling():
        answer = client.request(method, path, **sent)
        check(answer)
        return answer.content


@contextmanager
def calling() -> Generator[None]:
    """Raises `Busy` where there is no answer."""
    try:
        yield
    except httpx.TransportError as error:
        raise Busy(
            "server_away",
            f"The server of this workspace does not answer: {error}.",
            hint="It may be starting; try again, or see what `ethogram doctor` says.",
        ) from error


def check(answer: httpx.Response) -> None:
    """Raise the error that an answer says, if it does."""
    if answer.is_success:
        return
    error = msgspec.json.decode(answer.read())["error"]
    kind = _KINDS.get(answer.status_code, EthogramError)
    raise kind(error["code"], error["message"], at=error["at"], hint=error["hint"])


_KINDS = {kind.status: kind for kind in (Invalid, Refused, NotPermitted, NotFound, TooLarge, Busy)}

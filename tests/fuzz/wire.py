"""A request as one text, which a fuzzer can change anywhere: a head, an empty line, the body."""

from urllib.parse import parse_qsl

from tests.doors.sent import Sent

from ethogram.collect.app import DIALECTS
from ethogram.collect.protocols.dialect import Dialect, Request

PREFIXES = {dialect.name: prefix for prefix, dialect in DIALECTS.items()}


def dialect_of(name: str) -> Dialect:
    """The dialect that is called ``name``."""
    return DIALECTS[PREFIXES[name]]


def written(sent: Sent, name: str) -> bytes:
    """``sent`` as a text; its path is what follows the dialect's own."""
    lines = [f"{sent.method} {sent.path.removeprefix(PREFIXES[name])}"]
    lines += [f"{header}: {value}" for header, value in sent.headers.items()]
    return "\n".join(lines).encode() + b"\n\n" + sent.pack(sent.body)


def request(said: bytes) -> Request:
    """The request that a text is, whatever it is."""
    head, _, body = said.partition(b"\n\n")
    first, *rest = head.decode("latin-1").split("\n")
    method, _, target = first.partition(" ")
    path, _, query = target.partition("?")
    pairs = (line.partition(":") for line in rest)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs if name}
    return Request(path, headers, dict(parse_qsl(query)), body, method=method or "POST")

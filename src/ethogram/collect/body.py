"""A request's body: received within its time, sniffed, decompressed, never above its limit.

Clients say little that is true about compression, so gzip and Zstandard are known by their
first bytes whatever the headers say.
"""

import asyncio
import zlib
from collections.abc import Callable

import zstandard

from ethogram.collect.asgi import Receive
from ethogram.events.errors import EthogramError, Invalid, TooLarge

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_LARGEST_WINDOW = 8 << 20


async def received(
    receive: Receive, most: int, seconds: float, hold: Callable[[int], None]
) -> bytes:
    """The whole body as it was sent; ``hold`` is told the size so far of every piece.

    Raises `TooLarge` above ``most`` bytes, `Invalid` where the connection ends before the body,
    ``body_too_slow`` after ``seconds``, and what ``hold`` raises.
    """
    chunks: list[bytes] = []
    size, more = 0, True
    try:
        async with asyncio.timeout(seconds):
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Invalid("body_cut_off", "The connection ended inside the body.")
                chunks.append(message.get("body", b""))
                size, more = size + len(chunks[-1]), message.get("more_body", False)
                if size > most:
                    raise _too_large(most)
                hold(size)
    except TimeoutError:
        raise _TooSlow(seconds) from None
    return b"".join(chunks)


def opened(body: bytes, most: int) -> bytes:
    """``body`` without its compression.

    Raises `TooLarge` above ``most`` bytes, of which no more are ever made; `Invalid` where the
    compressed data is broken.
    """
    if body[:2] == _GZIP:
        body = _gunzipped(body, most)
    elif body[:4] == _ZSTD:
        body = _unzstd(body, most)
    if len(body) > most:
        raise _too_large(most)
    return body


class _TooSlow(EthogramError):
    status = 408

    def __init__(self, seconds: float) -> None:
        super().__init__("body_too_slow", f"The body did not arrive within {seconds:g} seconds.")


def _too_large(most: int) -> TooLarge:
    return TooLarge(
        "body_too_large",
        f"A request holds at most {most:,} bytes after decompression.",
        hint="Send fewer events at a time.",
    )


def _gunzipped(body: bytes, most: int) -> bytes:
    inflate = zlib.decompressobj(wbits=31)
    try:
        text = inflate.decompress(body, most + 1)
    except zlib.error as error:
        raise _broken("gzip", error) from None
    if len(text) <= most:
        _check_end("gzip", inflate.eof, inflate.unused_data)
    return text


def _unzstd(body: bytes, most: int) -> bytes:
    """A reader keeps to a limit but does not say whether the frame is whole; a second look does."""
    decompressor = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW)
    try:
        with decompressor.stream_reader(body) as reader:
            text = reader.read(most + 1)
        if len(text) <= most:
            whole = decompressor.decompressobj()
            whole.decompress(body)
            _check_end("Zstandard", whole.eof, whole.unused_data)
    except zstandard.ZstdError as error:
        raise _broken("Zstandard", error) from None
    return text


def _check_end(format_: str, ended: bool, behind: bytes) -> None:
    if not ended:
        raise _broken(format_, "it ends too early")
    if behind:
        raise _broken(format_, "something stands behind its end")


def _broken(format_: str, why: object) -> Invalid:
    return Invalid("bad_compression", f"The {format_} body cannot be decompressed: {why}.")

"""Messages of a topic become claims: native events, or JSON objects as rows.

A message without a value says that something is gone, which is no event. Whatever else cannot
be an event is refused, and so becomes a dead letter.
"""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from ethogram.collect.admission import Claim, Refusal
from ethogram.collect.protocols import native
from ethogram.collect.protocols.texts import UNREADABLE
from ethogram.collect.sources.systems.definition import Table
from ethogram.collect.sources.systems.rows import Identity, Reader
from ethogram.events.errors import EthogramError
from ethogram.store.log.kafka import Told

_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Stretch(NamedTuple):
    """Claims of messages that lie side by side, up to and not including the place ``end``."""

    claims: list[Claim]
    end: int


class Messages:
    """The messages of one partition of the topic ``name``; ``mark`` stands for it for ever."""

    def __init__(self, source: str, name: str, table: Table, mark: str, secret: bytes) -> None:
        self.mark, self._secret = mark, secret
        self._own_id = table.events is not None and table.events.id is not None
        self._reader = None if table.native else Reader(source, name, table, ("place",), secret)

    def stretches(self, messages: Sequence[Told]) -> Iterator[Stretch]:
        """The claims of ``messages``; where places lack between them another stretch begins."""
        claims: list[Claim] = []
        end = 0
        for message in messages:
            if claims and (message.place != end or message.value is None):
                yield Stretch(claims, end)
                claims = []
            if message.value is not None:
                claims.append(self._claim(message, message.value))
                end = message.place + 1
        if claims:
            yield Stretch(claims, end)

    def _claim(self, message: Told, value: bytes) -> Claim:
        identity = blake2b(
            f"{self.mark}:{message.place}".encode(), digest_size=16, key=self._secret
        ).digest()
        if self._reader is None:
            claim = native.claim(value)
            if isinstance(claim, Refusal):
                return claim
            return replace(
                claim,
                event_id=claim.event_id or identity.hex(),
                timestamp=message.time if claim.timestamp is None else claim.timestamp,
            )
        try:
            row = _decode(value)
            own = self._reader.identity(row) if self._own_id else Identity(identity)
            return self._reader.claim(row, own, 0)
        except UNREADABLE as error:
            return Refusal(native.unreadable(error, value), value)
        except EthogramError as error:
            return Refusal(error, value)

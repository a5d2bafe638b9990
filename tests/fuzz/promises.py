"""What every dialect promises of every request, however odd: an answer, and each event's fate.

A request is taken its whole way but the disk's: by a real door, whose group is never committed.
"""

import gc
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from ethogram.collect.admission import Claim
from ethogram.collect.body import opened
from ethogram.collect.door import Door, Outcome
from ethogram.collect.group import Group
from ethogram.collect.letters import replayable
from ethogram.collect.protocols.dialect import Dialect, Reply, Request
from ethogram.events.errors import EthogramError
from ethogram.events.times import now
from ethogram.protect.consent.standing import Standing
from ethogram.protect.vault import Vault
from ethogram.store.log.entries import pack, unpack_controls, unpack_events
from ethogram.store.log.seen import Seen
from ethogram.store.log.sqlite import SqliteLog

LARGEST_BODY = 1 << 20
REQUESTS = 300
"""A door that commits nothing keeps the ids that it made; after so many it is made anew."""


class Promises:
    """Holds ``dialect`` to what it promises, of one request after the other."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._folder = TemporaryDirectory()
        self._open: _Open | None = None
        self._left = 0

    def check(self, request: Request) -> Outcome | None:
        """Fails where a promise is broken; what a dialect raises beside its errors gets out.

        What became of the events is returned, None where they cannot be told apart.
        """
        dialect = self._dialect
        try:
            if (told := dialect.told(replace(request, body=b""))) is not None:
                _check_reply(told)
                return None
            dialect.key(replace(request, body=b""))
            request = replace(
                request, body=opened(request.body, dialect.largest_body or LARGEST_BODY)
            )
            dialect.key(request)
            claims = replayable(dialect.claims(request), dialect, request)
        except EthogramError as error:
            reply = dialect.refused(request, error)
            assert reply.status >= 400
            _check_reply(reply)
            return None
        outcome = self._admitted(claims)
        assert outcome.accepted + outcome.duplicates + len(outcome.rejected) == len(claims)
        _check_reply(dialect.answer(request, claims, outcome))
        return outcome

    def _admitted(self, claims: Sequence[Claim]) -> Outcome:
        """What becomes of ``claims``; what the log would keep can be read again."""
        door, group = self._door(), Group()
        outcome = door.admit(group, claims, now(), self._dialect.name)
        door.close_group(group)
        assert unpack_events(pack(group.events)) == group.events
        assert unpack_controls(pack(group.controls)) == group.controls
        door.release(group)
        return outcome

    def _door(self) -> Door:
        """One that has not made too many ids yet."""
        if not self._left:
            self._left = REQUESTS
            if self._open:
                self._open.close()
            self._open = _Open(Path(self._folder.name))
            gc.collect()
        assert self._open
        self._left -= 1
        return self._open.door


class _Open:
    """A door, and the files behind it."""

    def __init__(self, folder: Path) -> None:
        self.vault = Vault(folder / "vault.sqlite", b"m" * 32)
        self.log = SqliteLog(folder / "log.sqlite", self.vault.keyring.chain)
        self.standing = Standing(folder / "consent.sqlite")
        self.door = Door(self.log, Seen(self.log.keys(0)), self.vault, self.standing)

    def close(self) -> None:
        """Let go of the files."""
        self.vault.close()
        self.standing.close()
        self.log.close()


def _check_reply(reply: Reply) -> None:
    """It can be sent, and is what it says it is."""
    assert 200 <= reply.status < 600
    for name, value in reply.headers.items():
        assert name.encode("ascii")
        value.encode("latin-1")
        assert not {"\r", "\n"} & set(value)
    if reply.body and reply.content_type == "application/json":
        msgspec.json.decode(reply.body)

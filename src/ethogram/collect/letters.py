"""Dead letters on their way: what a refusal keeps for later, and how it comes in again then.

An event that could be read and failed a check is tried as it was read. One that could not be
read is said again to its dialect, alone: its decoding may have been mended since.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import msgspec

from ethogram.collect.admission import Claim, Refusal
from ethogram.collect.cleaning.facts import NOBODY, Sender
from ethogram.collect.door import Door, Letter
from ethogram.collect.group import Group
from ethogram.collect.protocols import native
from ethogram.collect.protocols.catalog import BY_NAME
from ethogram.collect.protocols.dialect import Dialect, Request
from ethogram.collect.sender import sender
from ethogram.events.errors import Busy, EthogramError, Invalid
from ethogram.events.times import now

MOST_BESIDE = 1 << 20
"""Bytes that the refusals of one request keep of what was said beside them, all together: each
keeps it again, so the log would grow by many times what was sent."""
AT_ONCE = 500
BYTES_AT_ONCE = 8 << 20
"""So many letters, and bytes of them, come in by one commit."""


class Stayed(msgspec.Struct, frozen=True):
    """A letter that failed again, and why; nothing was changed."""

    position: int
    code: str
    message: str
    at: str
    hint: str


class Replayed(msgspec.Struct):
    """What became of letters; ``already`` were replayed before."""

    accepted: int = 0
    duplicates: int = 0
    already: int = 0
    rejected: list[Stayed] = []

    def count(self, other: "Replayed") -> None:
        """Add what became of ``other`` letters."""
        self.accepted += other.accepted
        self.duplicates += other.duplicates
        self.already += other.already
        self.rejected = self.rejected + other.rejected


def replayable(claims: list[Claim], dialect: Dialect, request: Request) -> list[Claim]:
    """``claims`` whose refusals know a request that says them alone, where there is one.

    The first do, as many as there is room for in `MOST_BESIDE`.
    """
    alone = dialect.alone(request) if any(isinstance(each, Refusal) for each in claims) else None
    if alone is None:
        return claims
    room = iter(range(MOST_BESIDE // len(_encode(alone(b"")))))
    return [
        replace(claim, alone=_encode(alone(claim.raw)))
        if isinstance(claim, Refusal) and next(room, None) is not None
        else claim
        for claim in claims
    ]


def batches(letters: Iterable[Letter]) -> Iterator[list[Letter]]:
    """``letters`` in their order, those together that one commit takes: at least one, at most
    `AT_ONCE`, and no more than `BYTES_AT_ONCE` where they are several.
    """
    batch, size = list[Letter](), 0
    for letter in letters:
        if batch and (len(batch) == AT_ONCE or size + len(letter.sealed) > BYTES_AT_ONCE):
            yield batch
            batch, size = [], 0
        batch.append(letter)
        size += len(letter.sealed)
    if batch:
        yield batch


def take_letters(door: Door, group: Group, letters: Sequence[Letter], largest: int) -> Replayed:
    """Take ``letters`` into ``group``, events of at most ``largest`` bytes.

    Raises `Busy` as `Door.admit` does; letters before that one are in the group.
    """
    done, at = Replayed(), now()
    for letter in letters:
        try:
            claim, who = _claim(letter, door.open_letter(letter.sealed), largest)
            became = door.admit_letter(group, letter, claim, at, who)
        except Busy:
            raise
        except (EthogramError, RecursionError) as error:
            done.rejected.append(_stayed(letter.position, error))
            continue
        done.accepted += became == "accepted"
        done.duplicates += became == "duplicate"
        done.already += became == "already"
    return done


def _stayed(position: int, error: EthogramError | RecursionError) -> Stayed:
    if isinstance(error, RecursionError):
        error = Invalid("too_deep", "The JSON is nested too deeply.", at="$")
    return Stayed(position, error.code, error.message, error.at, error.hint)


def said_alone(held: bytes) -> Request:
    """The request that a letter of the form ``request`` holds."""
    return msgspec.msgpack.decode(held, type=Request)


def event_of(held: bytes) -> tuple[bytes, Sender]:
    """The event, as JSON, that a letter of the form ``event`` holds, and who sent it."""
    said, _, sent = held.partition(b"\n")
    return said, msgspec.json.decode(sent, type=Sender) if sent else NOBODY


def _encode(request: Request) -> bytes:
    return msgspec.msgpack.encode(request)


def _claim(letter: Letter, held: bytes, largest: int) -> tuple[Claim, Sender]:
    if letter.form == "event":
        said, who = event_of(held)
        return native.claim(said, len(said)), who
    if letter.form == "bytes":
        return _older(letter, held, largest), NOBODY
    dialect, request = BY_NAME.get(letter.protocol), replace(said_alone(held), largest=largest)
    claims = dialect.claims(request) if dialect else []
    if len(claims) != 1:
        raise _not_repeatable(letter.protocol)
    return claims[0], sender(request.headers, request.address)


def _older(letter: Letter, held: bytes, largest: int) -> Claim:
    """A native event, or one of ours as older letters hold it, or what cannot be said alone."""
    claim = native.claim(held, largest)
    if isinstance(claim, Refusal) and letter.protocol != "native":
        raise _not_repeatable(letter.protocol)
    return claim


def _not_repeatable(protocol: str) -> Invalid:
    return Invalid(
        "not_repeatable",
        f"What {protocol} said of this event does not stand by itself.",
        hint="`ethogram dead-letters show` gives it: mend it, and import it as a native event.",
    )

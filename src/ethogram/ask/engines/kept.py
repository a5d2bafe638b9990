"""Answers that were given, by definition and state: asked again, they need not be worked out."""

from collections import OrderedDict
from threading import Lock

import msgspec

from ethogram.ask.questions.question import Found
from ethogram.ask.questions.spec import Spec
from ethogram.ask.sequences.run import State

MOST_BYTES = 64 << 20

_decode = msgspec.json.Decoder(Found).decode


class Kept:
    """The answers that were asked for last, ``most`` bytes at most; for any thread.

    They are kept as JSON: small, and nobody who holds an answer can change them.
    """

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most, self._bytes = most, 0
        self._answers: OrderedDict[tuple[bytes, State], bytes] = OrderedDict()
        self._changing = Lock()

    def find(self, spec: Spec, state: State) -> Found | None:
        """What ``spec``, which says its ``now``, has found at ``state``."""
        key = msgspec.json.encode(spec), state
        with self._changing:
            said = self._answers.get(key)
            if said is None:
                return None
            self._answers.move_to_end(key)
        return _decode(said)

    def keep(self, spec: Spec, state: State, found: Found) -> None:
        """Keep what was found, in place of what was not asked for longest.

        What JSON cannot say as it is, such as infinity, is not kept.
        """
        key, said = (msgspec.json.encode(spec), state), msgspec.json.encode(found)
        if _size(key, said) > self._most or _decode(said) != found:
            return
        with self._changing:
            self._bytes -= _size(key, self._answers.pop(key, None))
            self._answers[key] = said
            self._bytes += _size(key, said)
            while self._bytes > self._most:
                self._bytes -= _size(*self._answers.popitem(last=False))


def _size(key: tuple[bytes, State], said: bytes | None) -> int:
    return 0 if said is None else len(key[0]) + len(said)

"""Answers that were given, by definition and state: asked again, they need not be worked out."""

from collections import OrderedDict
from threading import Lock

import msgspec

from ethogram.ask.questions.spec import Spec
from ethogram.ask.sequences.run import State

MOST_BYTES = 64 << 20


class Kept:
    """What was found last, encoded, ``most`` bytes at most; for any thread."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most, self._bytes = most, 0
        self._found: OrderedDict[tuple[bytes, State], bytes] = OrderedDict()
        self._changing = Lock()

    def find(self, spec: Spec, state: State) -> bytes | None:
        """What ``spec``, which says its ``now``, has found at ``state``."""
        key = msgspec.json.encode(spec), state
        with self._changing:
            found = self._found.get(key)
            if found is not None:
                self._found.move_to_end(key)
            return found

    def clear(self) -> int:
        """Let go of all of it; how many answers there were."""
        with self._changing:
            count = len(self._found)
            self._found.clear()
            self._bytes = 0
            return count

    def keep(self, spec: Spec, state: State, found: bytes) -> None:
        """Keep what was found, in place of what was not asked for longest."""
        key = msgspec.json.encode(spec), state
        if _size(key, found) > self._most:
            return
        with self._changing:
            self._bytes -= _size(key, self._found.pop(key, None))
            self._found[key] = found
            self._bytes += _size(key, found)
            while self._bytes > self._most:
                self._bytes -= _size(*self._found.popitem(last=False))


def _size(key: tuple[bytes, State], found: bytes | None) -> int:
    return 0 if found is None else len(key[0]) + len(found)

"""A JSON list as JSON Lines: each element in a line of its own, in one pass and bounded memory.

An element's line break becomes a space and the comma after it a line break; nothing is decoded.
"""

import re
from typing import Any

import numpy as np
import numpy.typing as npt

_SCALAR = rb'(?:"(?:[^"\\]|\\.)*"|[-+.\w]+)'
_START = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:\{\s*(?:" + _SCALAR + rb"\s*:\s*" + _SCALAR + rb"\s*,\s*)*"
    + rb'"(?:results|events)"\s*:\s*)?\[(?=\s*[{\]])'
)  # fmt: skip
_QUOTE, _BACKSLASH, _COMMA, _LF, _CR, _SPACE = b'"\\,\n\r '
_DEEPER, _HIGHER = frozenset(b"[{"), frozenset(b"]}")
_STEP = np.array([(c in _DEEPER) - (c in _HIGHER) for c in range(256)], np.int8)


def list_start(start: bytes) -> int | None:
    """Where the first element of a list stands that is the document, or its ``results``.

    ``events`` is another name for these. A line that is an object with a list may be one of many:
    then there is none.

    >>> list_start(b'[{"a": 1}]'), list_start(b'{"next": null, "results": [{"a": 1}]}')
    (1, 27)
    >>> list_start(b'{"a": [{}]}\\n{"a": [{}]}') is None
    True
    """
    found = _START.match(start)
    if found is None:
        return None
    line = start.partition(b"\n")[0]
    alone = not start.lstrip().startswith(b"{") or _is_document(start, line)
    return found.end() if alone else None


def _is_document(start: bytes, line: bytes) -> bool:
    """Whether an object is not but the first of several lines."""
    rest = start[len(line) :].lstrip()
    return not (rest.startswith(b"{") and line.rstrip().endswith(b"}"))


class Lines:
    """The elements of the list in ``stream`` that begins after ``start`` bytes, a line each.

    What follows the list is dropped where it closes an object, and else a line that is no JSON.
    """

    def __init__(self, stream: Any, start: int) -> None:
        self._stream, self._start = stream, start
        self._depth, self._inside, self._escaped = 1, False, False
        self._object = False

    def read(self, size: int) -> bytes:
        """The next bytes, at most ``size``, none at the end."""
        if self._start:
            before = self._stream.read(self._start)
            self._object, self._start = b"{" in before, 0
        block = self._stream.read(size)
        return self._lined(block) if block else block

    def _lined(self, block: bytes) -> bytes:
        codes = np.frombuffer(block, np.uint8).copy()
        outside = self._outside(block, codes)
        steps = np.where(outside, _STEP[codes], 0)
        depth = self._depth + np.cumsum(steps, dtype=np.int64)
        self._depth = int(depth[-1])
        codes[(codes == _LF) | (codes == _CR)] = _SPACE
        codes[outside & (codes == _COMMA) & (depth == 1)] = _LF
        ended = np.flatnonzero(depth <= 0)
        if len(ended):
            codes[ended[0]] = _LF
            if self._object:
                codes[ended[0] :] = _SPACE
                self._depth = -(1 << 40)
        return codes.tobytes()

    def _outside(self, block: bytes, codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
        """Which bytes stand outside texts; the quotes that close them do, too."""
        quotes = codes == _QUOTE
        if b"\\" in block or self._escaped:
            quotes &= ~self._after_escape(codes)
        inside = (np.cumsum(quotes) + self._inside) & 1
        self._inside = bool(inside[-1])
        return inside == 0

    def _after_escape(self, codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
        """Which bytes an odd number of backslashes stands before."""
        slashes = np.flatnonzero(codes == _BACKSLASH)
        fresh = np.ones(len(slashes), np.bool_)
        fresh[1:] = np.diff(slashes) > 1
        first = np.maximum.accumulate(np.where(fresh, np.arange(len(slashes)), 0))
        number = np.arange(len(slashes)) - first
        if self._escaped and len(slashes) and slashes[0] == 0:
            number[first == 0] += 1
        escapes = slashes[number % 2 == 0]
        after = np.zeros(len(codes) + 1, np.bool_)
        after[escapes + 1] = True
        after[0] = self._escaped
        self._escaped = bool(after[-1])
        return after[:-1]

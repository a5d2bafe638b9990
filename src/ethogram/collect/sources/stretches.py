"""A file's content in stretches, each a load of its own: a file that has grown is known by them.

What was imported before, and is how a file begins now, stays the load that it was; what is beyond
is a new one. It is the content that counts, decompressed, so a log is known again after it was
renamed and packed. The last line of a log may not be whole yet: without a line break after it, it
is a stretch by itself, which is given up should the line go on.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b

from ethogram.collect.sources.clouds import Blob
from ethogram.collect.sources.opening import WHOLE, Reader, Source

_BLOCK = 1 << 20
_LF = b"\n"


@dataclass(frozen=True)
class Stretch:
    """The bytes ``start`` to ``end`` of a content; ``digest`` stands for all of it up to there."""

    start: int
    end: int
    digest: str

    def __str__(self) -> str:
        return f"{self.start}:{self.end}:{self.digest}"


def stretch(said: str) -> Stretch:
    """What a stretch says at the end of a name.

    >>> stretch("import:native::0:12:ab")
    Stretch(start=0, end=12, digest='ab')
    """
    start, end, digest = said.split(":")[-3:]
    return Stretch(int(start), int(end), digest)


def stretches(
    source: Source, known: Iterable[Stretch], *, by_lines: bool
) -> Iterator[tuple[Stretch, Source]]:
    """What a file consists of, in order, and each as a source; ``known`` was imported before.

    ``by_lines`` says that it is read line by line, so that its last line can stand by itself.
    What lies in a cloud's store is known by its version, whole, and so is what is not text.
    """
    if isinstance(source.file, Blob) or source.format in WHOLE:
        yield Stretch(0, source.file.size, source.file.fingerprint()), source
        return
    known = list(known)
    cuts, ends = _cuts(source, {each.end for each in known})
    at = cuts[0] = _Cut(0, "", 0)
    while fitting := [each.end for each in known if _fits(each, at.end, cuts)]:
        yield _part(source, at, cuts[max(fitting)])
        at = cuts[max(fitting)]
    for end in ends if by_lines else ends[-1:]:
        if end.end > at.end:
            yield _part(source, at, end)
            at = end


@dataclass(frozen=True)
class _Cut:
    """A place in a content: ``breaks`` lines end before it, ``digest`` stands for all before."""

    end: int
    digest: str
    breaks: int


def _fits(each: Stretch, start: int, cuts: dict[int, _Cut]) -> bool:
    cut = cuts.get(each.end)
    return each.start == start and cut is not None and cut.digest == each.digest


def _part(source: Source, start: _Cut, end: _Cut) -> tuple[Stretch, Source]:
    part = replace(source, span=(start.end, end.end), line=start.breaks + 1)
    return Stretch(start.end, end.end, end.digest), part


def _cuts(source: Source, ends: set[int]) -> tuple[dict[int, _Cut], list[_Cut]]:
    """Those of ``ends`` where a line ends; the last such place in the file, and its end."""
    wanted, found = sorted(ends), dict[int, _Cut]()
    line = last = _Cut(0, "", 0)
    digest, at, breaks = blake2b(digest_size=16), 0, 0
    with source.whole() as reader:
        for block, following in _blocks(reader):
            size, begin = len(block), 0
            here = wanted[bisect_right(wanted, at) : bisect_right(wanted, at + size)]
            stops = {*(end - at for end in here), block.rfind(_LF) + 1, size} - {0}
            for stop in sorted(stops):
                piece, begin = block[begin:stop], stop
                digest.update(piece)
                breaks += piece.count(_LF)
                last = _Cut(at + stop, digest.hexdigest(), breaks)
                line = last if piece.endswith(_LF) else line
                after = block[stop : stop + 1] or following
                if last.end in ends and (piece.endswith(_LF) or after in (b"", b"\r", _LF)):
                    found[last.end] = last
            at += size
    return found, [line, last]


def _blocks(reader: Reader) -> Iterator[tuple[bytes, bytes]]:
    """The bytes in blocks, and the byte that follows each, none at the end."""
    block = reader.read(_BLOCK)
    while block:
        following = reader.read(_BLOCK)
        yield block, following[:1]
        block = following

"""Bodies are decompressed whatever the headers say, whole, and never beyond their limit."""

import gzip
import subprocess
import sys
import zlib

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from ethogram.collect.body import opened
from ethogram.events.errors import Invalid, TooLarge

MOST = 1 << 20
PACK = {"plain": bytes, "gzip": gzip.compress, "zstd": zstandard.compress}


@given(st.binary(max_size=2_000), st.sampled_from(sorted(PACK)))
def test_what_was_packed_is_opened(text: bytes, how: str) -> None:
    """Plain, gzip and Zstandard bodies give what was packed."""
    if how == "plain" and text[:2] in (b"\x1f\x8b", b"\x28\xb5"):
        return
    assert opened(PACK[how](text), MOST) == text


@pytest.mark.parametrize("how", sorted(PACK))
def test_the_limit_is_of_the_opened_body(how: str) -> None:
    """As many bytes as the limit pass, one more does not."""
    assert len(opened(PACK[how](b" " * MOST), MOST)) == MOST
    with pytest.raises(TooLarge, match="1,048,576"):
        opened(PACK[how](b" " * (MOST + 1)), MOST)


@pytest.mark.parametrize("how", ["gzip", "zstd"])
@pytest.mark.parametrize("harm", [
    lambda packed: packed[:-1], lambda packed: packed[: len(packed) // 2],
    lambda packed: packed[:4], lambda packed: packed + b"x", lambda packed: packed + packed,
    lambda packed: packed[:-9] + b"\xff" + packed[-8:],
], ids=["one byte less", "half", "header", "more behind", "two", "changed"])  # fmt: skip
def test_a_broken_body_is_refused_whole(how: str, harm) -> None:
    """Cut, changed or followed by something: nothing of it is taken for the whole."""
    packed = PACK[how](bytes(range(256)) * 64)
    if how == "zstd":
        packed = zstandard.ZstdCompressor(write_checksum=True).compress(bytes(range(256)) * 64)
    with pytest.raises(Invalid) as refused:
        opened(harm(packed), MOST)
    assert refused.value.code == "bad_compression"


BOMBS = r"""
import gzip, resource, sys, zlib, zstandard
from ethogram.collect.body import opened
from ethogram.collect.protocols.native import claims
from ethogram.events.errors import EthogramError

def packed(pack, megabytes):
    return b"".join([*(pack.compress(bytes(1 << 20)) for _ in range(megabytes)), pack.flush()])

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

bombs = [packed(zlib.compressobj(9, wbits=31), 256),
         packed(zstandard.ZstdCompressor().compressobj(), 1024),
         gzip.compress(b"[" * (1 << 20)), gzip.compress(b"[" * (1 << 19) + b"]" * (1 << 19)),
         gzip.compress(b'[' + b'{"event":"e"},' * 39_000 + b'{}]'), gzip.compress(b'"' * (1 << 20)),
         zstandard.compress(b'[' + b'[],' * 349_000 + b'[]]'), b"{}\n" * 340_000]
claims(b'[{"event":"e","user_id":"u"}]')
opened(zstandard.compress(b" " * 1000), 1 << 20)
before, codes = peak(), []
for bomb in bombs:
    try:
        codes.append(len(claims(opened(bomb, 1 << 20))))
    except EthogramError as error:
        codes.append(error.status)
print(*codes, (peak() - before) // 1024)
"""


def test_bombs_cost_little_memory() -> None:
    """A gigabyte in a body, and a megabyte of brackets or of nothings, cost less than 50 MB."""
    ran = subprocess.run([sys.executable, "-c", BOMBS], capture_output=True, text=True, check=True)
    *codes, more = map(int, ran.stdout.split())
    assert codes == [413, 413, 400, 1, 39_001, 400, 413, 413]
    assert more < 50, f"{more} MiB"


def test_compression_is_known_by_its_first_bytes() -> None:
    """A zlib stream without gzip's mark is not guessed at: it stays what it is."""
    packed = zlib.compress(b"x")
    assert opened(packed, MOST) == packed

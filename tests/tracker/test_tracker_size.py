"""The script is small."""

import gzip

import pytest

from ethogram.collect.tracker import FILES, PARTS

LARGEST = {"": 6 << 10, "later": 3000, "messages": 1500}
"""Bytes of each part, compressed."""


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_below_its_size(part: str) -> None:
    """Everybody who sees a page loads the first of them, before anything else is known of it."""
    file = FILES / PARTS[part]
    if not file.is_file():
        pytest.skip("the tracker is not built: make web")
    assert len(gzip.compress(file.read_bytes(), 9)) < LARGEST[part]

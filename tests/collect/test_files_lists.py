"""One JSON list is read as lines are, element by element."""

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reading import events, read

from ethogram.collect.sources.listed import Lines, list_start
from ethogram.collect.sources.mapping import Mapping

MAPPING = Mapping(user="user", time="time", event_name="seen")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='ab"\\[]{},:\n é', max_size=6),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text('a"]},', max_size=2), inner),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.dictionaries(st.text('ab"\\', max_size=3), JSON, max_size=3), min_size=1,
             max_size=4),
    st.sampled_from([None, 1, 4]),
    st.sampled_from(["", '{"next": null, "count": 3, "results": ']),
    st.integers(1, 9),
)  # fmt: skip
def test_elements_are_lines_wherever_blocks_end(elements, indent, before, size):
    """Texts with brackets, quotes and backslashes, and cuts at any byte, change no element."""
    text = (before + json.dumps(elements, indent=indent, ensure_ascii=False)
            + ("}" if before else "") + "\n").encode()  # fmt: skip
    start = list_start(text)
    assert start is not None
    stream, found = Lines(io.BytesIO(text), start), b""
    while block := stream.read(size):
        found += block
    assert [json.loads(line) for line in found.split(b"\n") if line.strip()] == elements


def test_a_list_is_mapped_and_native_as_lines_are(tmp_path):
    """Its rows have the same claims; an element that is none is named by its number."""
    path = tmp_path / "t.json"
    rows = [{"user": i, "time": "2026-01-02", "a": i} for i in range(3)]
    path.write_text(json.dumps([*rows, "no object"], indent=1))
    chunks = list(read(path, MAPPING))
    assert [i for chunk in chunks for i in chunk.table["p_a_number"].to_pylist()] == [0, 1, 2]
    assert [(r.line, r.code) for chunk in chunks for r in chunk.rejects] == [(4, "bad_json")]
    path.write_text(json.dumps([{"event": "a", "user_id": "1"}] * 2))
    claims = [claim for chunk in events(path) for claim in chunk.claims]
    assert [claim.event for claim in claims] == ["a", "a"]
    assert len({claim.event_id for claim in claims}) == 2


@pytest.mark.parametrize(
    "text",
    [
        "ROW, {",
        "ROW] and more",
        'ROW, {"user": "',
        "ROW]]]]",
        "ROW,,{]",
        'ROW, {"user": 1}}, {"user": 2}]',
    ],
)
def test_a_list_that_breaks_off_is_rejects(tmp_path, text):
    """What is no element is a reject with its reason; nothing of it is lost silently."""
    path = tmp_path / "t.json"
    path.write_text(text.replace("ROW", '[{"user": 1, "time": 2}'))
    assert sum(len(chunk.rejects) for chunk in read(path, MAPPING)) >= 1


@pytest.mark.parametrize(
    "text", ['{"event": "x", "items": [{"a": 1}], "user_id": "7"}', '{"results": [{}]}\n{"a": 1}']
)
def test_a_line_with_a_list_is_a_line(text):
    """An event that has a list is one event, and an object that lines follow is one of them."""
    assert list_start(text.encode()) is None

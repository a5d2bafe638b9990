"""The event as a client sends it: kept verbatim, or refused with the place."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethogram.events.event import Event, Recorded

decode = msgspec.json.Decoder(Event).decode
words = st.text(max_size=12)
json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False,
                                                                         allow_infinity=False)
    | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
events = st.builds(
    Event,
    event=words,
    user_id=st.none() | words,
    anonymous_id=st.none() | words,
    timestamp=st.none() | st.integers(0, 2**53) | words,
    properties=st.dictionaries(words, json, max_size=4),
    context=st.dictionaries(words, json, max_size=4),
)


@given(events)
def test_an_event_survives_json(event: Event) -> None:
    """Encoded and decoded, nothing about it has changed."""
    assert decode(msgspec.json.encode(event)) == event


NAMES = ["NA", "null", "0", "007", "1e5", "", " a ", "日本", "\u00e9", "e\u0301"]


@pytest.mark.parametrize("name", NAMES)
def test_ids_are_kept_verbatim(name: str) -> None:
    """An id is text and nothing else: no trimming, no number, no missing value, no folding."""
    event = decode(msgspec.json.encode({"event": "cart", "user_id": name}))
    assert event.user_id == name


@pytest.mark.parametrize(
    ("sent", "place"),
    [
        (b'{"event": 1}', "$.event"),
        (b'{"user_id": "7"}', "event"),
        (b'{"event": "a", "user_id": 7}', "$.user_id"),
        (b'{"event": "a", "properties": []}', "$.properties"),
        (b'{"event": "a", "timestamp": {}}', "$.timestamp"),
        (b'{"event": "a", "timestamp": true}', "$.timestamp"),
        (b'{"event": "a", "userId": "7"}', "userId"),
        (b'{"event": "a", "kind": "click"}', "$.kind"),
        (b"[]", "object"),
    ],
)
def test_a_wrong_field_is_named(sent: bytes, place: str) -> None:
    """A wrong type, an unknown field and a missing name say which one it is."""
    with pytest.raises(msgspec.ValidationError) as caught:
        decode(sent)
    assert place in str(caught.value)


def test_events_share_no_properties() -> None:
    """The empty properties of one event are not those of another."""
    one, other = Event("a"), Event("b")
    one.properties["price"] = 1
    assert other.properties == {}


def test_what_is_kept_survives_its_encoding() -> None:
    """A recorded event is an array in JSON, sealed bytes included, and comes back equal."""
    kept = Recorded("cart", "track", "e1", 1, 2, 2**62, None, 3, None, {"a": [1, {}]}, {},
                    {"company": 5}, b"\x00\xff", {"value": 1.5})  # fmt: skip
    assert msgspec.json.decode(msgspec.json.encode(kept), type=Recorded) == kept

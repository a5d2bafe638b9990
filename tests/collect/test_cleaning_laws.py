"""What holds of all steps together, whatever a client says, event by event or as a table."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.collect.cleaning.done import CLEANED
from ethogram.collect.cleaning.facts import NAMES, NOBODY, Sender
from ethogram.collect.cleaning.pipeline import Cleaning, cleaned
from ethogram.collect.cleaning.steps import Options, cleaning
from ethogram.collect.cleaning.tables import cleaned_table
from ethogram.events.added import OF_BOTH, OF_THE_DOOR
from ethogram.events.errors import Invalid
from ethogram.events.event import Event
from ethogram.store.lake.schema import INSTANT, column_name, property_of

AT = 1_772_366_400_000_000
OWN = ("10.0.0.0/8", "@example.org", "u7")
WORDS = ["", "null", "N/A", "x", "-", "$direct", "EUR", "usd", "10.0.0.1", "ann@example.org",
         "https://www.Shop.example/p?utm_source=a&email=b&q=1#x", "https://shop.example/?gclid=1",
         "https://www.google.com/", "/p?token=1", "?q=1", "Googlebot/2.1", "curl/8",
         "Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0"]  # fmt: skip
TOLD = [name for names in NAMES.values() for name in names]
ADDED = ["path", "host", "utm_source", "browser", "bot", "internal", "referrer_class", "search"]
names = st.sampled_from(TOLD + ADDED) | st.text(max_size=6)
texts = st.sampled_from(WORDS) | st.text(max_size=40)
numbers = st.floats(-1e6, 1e6) | st.integers(-(10**6), 10**6)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=2),
    max_leaves=4,
)
around = st.fixed_dictionaries(
    {}, optional={"userAgent": values, "ip": values, "page": values, "user_agent": texts}
)
pages = st.dictionaries(st.sampled_from(["url", "referrer", "search", "title"]), values)
events = st.builds(
    Event, st.just("e"), user_id=st.sampled_from(["u7", "u8", "ann@example.org", "null"]),
    anonymous_id=st.sampled_from([None, "v", "0"]), device_id=st.sampled_from([None, "d", "id"]),
    properties=st.dictionaries(names, values, max_size=6),
    context=around | pages.map(lambda page: {"page": page}),
    kind=st.sampled_from(["track", "page"]), value=st.none() | numbers,
    currency=st.none() | texts, timestamp=st.none() | texts | numbers,
    ip_policy=st.sampled_from(["use", "override", "ignore"]),
)  # fmt: skip
senders = st.builds(Sender, texts, texts, texts)


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> Cleaning:
    """Every step that needs no file of places."""
    path = tmp_path_factory.mktemp("rates") / "rates.csv"
    path.write_text("currency,rate\nUSD,0.9\n")
    return cleaning(Options(own=OWN, rates=path, base="EUR"))


@given(event=events, sender=senders)
@settings(max_examples=400, deadline=None)
def test_nothing_said_is_overwritten(steps: Cleaning, event: Event, sender: Sender) -> None:
    """Values stay as they were said, are spelt anew as addresses, or are none; never an error.

    What is added stands behind, and has names that are known to be the door's.
    """
    before = deepcopy(event)
    after, done = cleaned(event, steps, sender, AT)
    assert event == before
    absent = event.properties.keys() - after.properties.keys()
    assert all(event.properties[name].strip(" ") == "" or "missing" in done for name in absent)
    for name in event.properties.keys() & after.properties.keys() - {"path", "host"}:
        if after.properties[name] != event.properties[name]:
            assert {"missing", "urls"} & done.keys()
    own = [name for name in event.properties if name in after.properties]
    assert list(after.properties)[: len(own)] == own
    assert done or after is event
    assert after.properties.keys() - event.properties.keys() <= OF_THE_DOOR | OF_BOTH


@given(event=events, sender=senders)
@settings(max_examples=400, deadline=None)
def test_cleaning_twice_is_cleaning_once(steps: Cleaning, event: Event, sender: Sender) -> None:
    """A cleaned event has nothing more to be done, but what only its request or money says."""
    once, _ = cleaned(event, steps, sender, AT)
    twice, done = cleaned(once, steps, sender, AT)
    assert twice.context == once.context
    assert twice.properties == once.properties
    assert {name for name, word in done.items() if word != "unknown"} == set()


columns = st.fixed_dictionaries(
    {},
    optional={
        name: st.lists(st.none() | texts, min_size=6, max_size=6)
        for name in ("user_agent", "ip", "url", "referrer", "email", "currency", "host", "note")
    }
    | {"revenue": st.lists(st.none() | numbers.map(float), min_size=6, max_size=6)},
)


@given(said=columns)
@settings(max_examples=150, deadline=None)
def test_a_table_is_cleaned_as_its_events_are(steps: Cleaning, said: dict[str, list[Any]]) -> None:
    """The same rows as a table and as events have the same properties, and say the same of it."""
    claims = table(said)
    after, refused = cleaned_table(claims, steps)
    assert not refused
    words = after[CLEANED].to_pylist() if CLEANED in after.column_names else [None] * 6
    for row, (found, word) in enumerate(zip(rows(after), words, strict=True)):
        event = Event("e", user_id=f"u{row + 4}", properties=rows(claims)[row], timestamp=AT)
        want, done = cleaned(event, steps, NOBODY, AT)
        assert found == want.properties
        assert msgspec.json.decode(word or "{}") == done


def table(said: dict[str, Sequence[Any]]) -> pa.Table:
    """Claims of six rows."""
    fields = {
        column_name(name, "number" if name == "revenue" else "text"): pa.array(
            column, pa.float64() if name == "revenue" else pa.string()
        )
        for name, column in said.items()
    }
    return pa.table(
        {
            "event": ["e"] * 6,
            "user_id": [f"u{row + 4}" for row in range(6)],
            "timestamp": pa.array([AT] * 6).cast(INSTANT),
            "event_id": [str(row) for row in range(6)],
            **fields,
        }
    )


def rows(claims: pa.Table) -> list[dict[str, Any]]:
    """The properties of each row, without those that are null."""
    shredded = {name: found[0] for name in claims.column_names if (found := property_of(name))}
    return [
        {shredded[name]: value for name, value in row.items() if value is not None}
        for row in claims.select(list(shredded)).to_pylist()
    ] or [{}] * claims.num_rows


def test_a_step_can_be_left_out() -> None:
    """What is off does nothing; a step that is none is refused with its place and a hint."""
    said = Event(
        "e", user_id="u", properties={"user_agent": "curl/8", "url": "/a?token=1", "x": ""}
    )
    assert cleaned(said, cleaning(Options()), NOBODY, AT)[1] == {
        "missing": ["x"], "urls": ["token"], "devices": True, "bots": True
    }  # fmt: skip
    off = cleaning(Options(off=("missing", "urls", "devices", "bots")))
    assert cleaned(said, off, NOBODY, AT) == (said, {})
    with pytest.raises(Invalid) as error:
        cleaning(Options(off=("device",)))
    assert (error.value.at, "devices" in error.value.hint) == ("cleaning_off", True)


def test_what_is_refused_says_why() -> None:
    """A bot or internal traffic is an error with its own code where settings refuse it."""
    steps = cleaning(Options(bots="refuse", internal="refuse", own=OWN))
    for sent, code in (({"user_agent": "curl/8"}, "bot"), ({"ip": "10.1.1.1"}, "internal")):
        with pytest.raises(Invalid) as error:
            cleaned(Event("e", user_id="u", properties=sent), steps, NOBODY, AT)
        assert error.value.code == code
    claims = table({"user_agent": ["curl/8", None, "x", "", "Googlebot/2.1", "x"]})
    _, refused = cleaned_table(claims, steps)
    assert {row: said[0].code for row, said in refused.items()} == {
        0: "bot", 3: "internal", 4: "bot"
    }  # fmt: skip


def test_an_address_that_may_not_be_used_is_not() -> None:
    """The event's own word on its address counts: use, override or ignore."""
    steps = cleaning(Options(own=("10.0.0.1", "10.0.0.2")))
    sender = Sender("Mozilla/5.0", "10.0.0.1", "10.0.0.1")

    def is_internal(policy: Any, said: str, sender: Sender = sender) -> bool:
        event = Event("e", user_id="u", ip_policy=policy, context={"ip": said} if said else {})
        return "internal" in cleaned(event, steps, sender, AT)[1]

    assert is_internal("use", "") and is_internal("use", "10.0.0.2")
    assert not is_internal("use", "10.9.9.9")
    assert not is_internal("override", "") and is_internal("override", "10.0.0.2")
    assert not is_internal("ignore", "") and not is_internal("ignore", "10.0.0.2")

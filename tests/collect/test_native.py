"""Our own dialect: what is taken, and what is said of what is not."""

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.collect.admission import Refusal, Rules
from ethogram.collect.door import Door
from ethogram.collect.group import Group
from ethogram.collect.protocols.dialect import LARGEST_EVENT
from ethogram.collect.protocols.native import claim, claims
from ethogram.collect.protocols.texts import _parts, elements
from ethogram.events.errors import Invalid
from ethogram.events.event import Event
from ethogram.events.times import now

GOOD = b'{"event":"cart","user_id":"ann"}'


def nested(depth: int) -> bytes:
    """A sound event whose properties are ``depth`` objects in each other."""
    return (
        b'{"event":"e","user_id":"u","properties":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"
    )


def tied(**more: object) -> bytes:
    """A sound event with ``more``."""
    return json.dumps({"event": "e", "user_id": "u"} | more).encode()


def codes(project, *texts: bytes) -> list[str | None]:
    """What is said of each text, sent together between two good events; None where it was kept."""
    outcome = project.take(claims(b"[" + b",".join([GOOD, *texts, GOOD]) + b"]"))
    said = {each.index - 1: each for each in outcome.rejected}
    assert outcome.accepted == len(texts) + 2 - len(said)
    assert all(each.message.endswith(".") and each.at.startswith("$") for each in said.values())
    return [said[i].code if i in said else None for i in range(len(texts))]


@pytest.mark.parametrize("body", [
    b"[" + GOOD + b"," + GOOD + b"]",
    b" \n[" + GOOD + b" ,\n" + GOOD + b"]\r\n",
    GOOD + b"\n" + GOOD,
    GOOD + b"\r\n\r\n" + GOOD + b"\r\n",
])  # fmt: skip
def test_an_array_or_a_line_each(body: bytes) -> None:
    """Events come as a JSON array or one a line, with any white space around."""
    assert claims(body) == [Event("cart", user_id="ann")] * 2


def test_one_event_over_several_lines() -> None:
    """One event may be printed over lines."""
    assert claims(msgspec.json.format(GOOD, indent=2)) == [Event("cart", user_id="ann")]


def test_text_between_lines_is_no_line_end() -> None:
    """Line and paragraph separators inside a text belong to it."""
    text = "a\u2028b\u0085c"
    body = msgspec.json.encode({"event": text, "user_id": "u"})
    assert claims(body + b"\n" + body) == [Event(text, user_id="u")] * 2


def test_an_empty_array_has_no_events() -> None:
    """Nothing to keep is not an error."""
    assert claims(b"[]") == claims(b"[ ]") == []


@pytest.mark.parametrize("body", [
    b"", b" \n ", b"{", b"[{", b'[{"event":"a"', b'"', b"nope", b"\xff\xfe", b"\x00", b"[1,2",
    b"[]]", b"[][]", b'["\\"]', b"[" * 1_000_000, b"[NaN", b"<html>",
])  # fmt: skip
def test_what_is_not_json_is_refused_whole(body: bytes) -> None:
    """A body that cannot be taken apart raises `Invalid` with code, place and hint."""
    with pytest.raises(Invalid) as refused:
        claims(body)
    assert refused.value.code in ("bad_json", "empty_body")
    assert refused.value.at == "$"
    assert refused.value.hint


BAD = {
    b"5": "wrong_type",
    b"null": "wrong_type",
    b"[]": "wrong_type",
    b"{}": "missing_field",
    b'{"user_id":"u"}': "missing_field",
    b'{"event":"e","user_id":"u","userid":"x"}': "unknown_field",
    b'{"event":5,"user_id":"u"}': "wrong_type",
    b'{"event":"e","user_id":7}': "wrong_type",
    b'{"event":"e","user_id":"u","properties":[]}': "wrong_type",
    b'{"event":"e","user_id":"u","kind":"x"}': "wrong_value",
    b'{"event":"e","user_id":"u","timestamp":true}': "wrong_type",
    b'{"event":"e","user_id":"u","timestamp":"yesterday"}': "bad_time",
    b'{"event":"e","user_id":"u","timestamp":"9999-12-31T23:59:59Z"}': "time_out_of_range",
    b'{"event":"e","user_id":"u","timestamp":-1}': "time_out_of_range",
    b'{"event":"e","user_id":"u","timestamp":1' + b"0" * 300 + b"}": "time_out_of_range",
    b'{"event":"e","user_id":"u","timestamp":1,"sent_at":"x"}': "bad_time",
    b'{"event":"e"}': "no_id",
    b'{"event":"e","user_id":""}': "no_id",
    b'{"event":"","user_id":"u"}': "bad_event_name",
    b'{"event":"' + b"e" * 201 + b'","user_id":"u"}': "bad_event_name",
    b'{"event":"e","user_id":"' + b"u" * 513 + b'"}': "id_too_long",
    b'{"event":"e","user_id":"u","event_id":"' + b"i" * 513 + b'"}': "id_too_long",
    b'{"event":"e","user_id":"u","properties":{"a":"' + b"x" * LARGEST_EVENT + b'"}}':
        "event_too_large",
    b'{"event":"e","user_id":"u","properties":{"a":NaN}}': "bad_json",
    b'{"event":"e","user_id":"u","properties":{"a":Infinity}}': "bad_json",
    b'{"event":"e","user_id":"u","properties":{"a":1e999}}': "number_out_of_range",
    b'{"event":"e","user_id":"u","properties":{"a":"\\ud83d"}}': "bad_text",
    b'{"event":"e","user_id":"u","properties":{"a":"\\ude00 x"}}': "bad_text",
    b'{"event":"e","user_id":"u","properties":{"a":"\xff"}}': "bad_text",
    b'{"event":"e","user_id":"u","properties":{"a":"\xed\xa0\x80"}}': "bad_text",
    tied(groups=[{"type": "t" * 65, "id": "g"}]): "bad_type",
    tied(groups=[{"type": "a\0b", "id": "g"}]): "bad_type",
    tied(groups=[{"type": "", "id": "g"}]): "bad_type",
    tied(groups=[{"type": "t", "id": "g" * 513}]): "bad_id",
    tied(groups=[{"type": "t", "id": "g"}] * 33): "too_many_ids",
    tied(identity_links=[{"kind": "k" * 65, "a": "a", "b": "b"}]): "bad_type",
    tied(identity_links=[{"kind": "k", "a": "a" * 513, "b": "b"}]): "bad_id",
    tied(identity_links=[{"kind": "k", "a": "a", "b": ""}]): "bad_id",
    tied(identity_links=[{"kind": "k", "a": "a", "b": "b"}] * 33): "too_many_ids",
    tied(identity_links=[{"kind": "k", "a": "a", "b": "b", "a_kind": "x"}]): "wrong_value",
    nested(33): "too_deep",
    nested(990): "too_deep",
    nested(1_000): "too_deep",
    nested(5_000): "too_deep",
    b'{"event":"e","user_id":"u","items":[' + b"[" * 40 + b"]" * 40 + b"]}": "too_deep",
    b'{"event":"e","user_id":"u","consent":{"a":' + b"[" * 40 + b"]" * 40 + b"}}": "too_deep",
    nested(100_000): "event_too_large",
}  # fmt: skip


@pytest.mark.parametrize("text", BAD, ids=lambda text: text[:60].decode("latin-1"))
def test_a_bad_event_has_a_code_and_fails_no_other(project, text: bytes) -> None:
    """Each thing that can be wrong has its code, in a batch, and as the only event of a line."""
    assert codes(project, text) == [BAD[text]]
    assert len(project.events) == 2
    assert [letter.code for letter in project.letters] == [BAD[text]]


def test_all_bad_events_of_a_batch_are_told_apart(project) -> None:
    """However many are bad and in whatever way, each is rejected under its own index."""
    texts = [text for text in BAD if len(text) < 9_000]
    assert codes(project, *texts) == [BAD[text] for text in texts]
    assert [letter.code for letter in project.letters] == [BAD[text] for text in texts]


@pytest.mark.parametrize("depth", range(900, 1_010))
def test_no_depth_is_in_between(project, depth: int) -> None:
    """Just below what can be decoded at all, what was decoded can be checked and kept too."""
    assert codes(project, nested(depth)) == ["too_deep"]
    outcome = project.take(claims(nested(depth)))
    assert [each.code for each in outcome.rejected] == ["too_deep"]


def test_an_event_may_be_as_large_and_as_deep_as_settings_say(project) -> None:
    """The limits of an event's bytes and levels are those that the door is given."""
    assert len(claims(GOOD, len(GOOD))) == 1
    (refused,) = claims(GOOD, len(GOOD) - 1)
    assert isinstance(refused, Refusal)
    assert refused.error.code == "event_too_large"
    strict = Door(
        project.log, project.seen, project.vault, project.standing, lambda: Rules(levels=3)
    )
    outcome = strict.admit(Group(), claims(nested(3)) + claims(nested(4)), now(), "native")
    assert [each.index for each in outcome.rejected] == [1]


def test_what_was_sent_stays_in_the_dead_letter(project) -> None:
    """A rejected event can be repaired: its own bytes are kept, encrypted."""
    text = b'{"event":"e","user_id":"ann","extra":"\xc3\xa9"}'
    project.take(claims(text))
    (letter,) = project.letters
    assert project.raw(letter) == text
    assert b"ann" not in letter.sealed


@pytest.mark.parametrize("value", [
    2**53 + 1, -(2**63), 2**64, 10**40, 1.5, "", "null", "NA", "日本語", "\u202ea", "e\u0301",
    "\U0001f469\u200d\U0001f467",
    "\\ud83d", None, True, [1, {"a": None}], {"": {"b": []}}, nested(0).decode(),
])  # fmt: skip
def test_values_are_kept_to_the_last_digit(project, value: object) -> None:
    """Numbers beyond 2^53 and 64 bits, any script, and nothing at all come back as they were."""
    body = msgspec.json.encode([{"event": "e", "user_id": "u", "properties": {"v": value}}])
    project.take(claims(body))
    (event,) = project.events
    assert event.properties == {"v": value}


@pytest.mark.parametrize("name", ["NA", "null", "None", "0", "007", " a ", "日本", "Ann", "ann"])
def test_an_id_is_taken_verbatim(project, name: str) -> None:
    """Ids that look like nothing, or like each other, are people of their own."""
    body = msgspec.json.encode([{"event": "e", "user_id": name}, {"event": "e", "user_id": "x"}])
    project.take(claims(body))
    assert project.vault.name(project.events[0].person) == ("user", name)
    assert len({event.person for event in project.events}) == 2


@settings(max_examples=300, deadline=None)
@given(st.lists(st.recursive(
    st.none() | st.integers() | st.text("ab\"\\,[]{}\ud800é\n"),
    lambda part: st.lists(part, max_size=4) | st.dictionaries(st.text('a"\\]'), part, max_size=3),
    max_leaves=12,
), max_size=6))  # fmt: skip
def test_taking_an_array_apart_agrees_with_decoding(values: list[object]) -> None:
    """Where the bracket finder has to step in, it finds what a decoder of each part would."""
    text = json.dumps(values).encode()
    assert [json.loads(part) for part in elements(text)] == values
    assert [json.loads(part) for part in _parts(text, b"[") or []] == values


@pytest.mark.parametrize("name", [
    "ann@example.org", "+49 30 123456", "Ann Smith", "x` - at `$.ann@example.org", "a" * 65,
])  # fmt: skip
def test_a_refusal_repeats_no_strange_name(project, name: str) -> None:
    """A field's name, at any place and however deep, is repeated only where it is an identifier."""
    fields = {name: 1}, {"source": {name: 1}}, {"properties": {name: json.loads(nested(40))}}
    texts = [json.dumps({"event": "e", "user_id": "u"} | more).encode() for more in fields]
    assert codes(project, *texts) == ["unknown_field", "unknown_field", "too_deep"]
    said = [(letter.message, letter.at, letter.hint) for letter in project.letters]
    assert name not in str(said)
    assert "ann@" not in str(said)


def test_a_misspelt_field_is_named() -> None:
    """Who wrote ``userid`` is told so."""
    refused = claim(b'{"event":"e","userid":"x"}')
    assert isinstance(refused, Refusal)
    assert "`userid`" in refused.error.message


def test_a_refusal_repeats_no_value() -> None:
    """What is wrong is said without the value, which may be somebody's name."""
    texts = [text.replace(b'"x"', b'"ann@example.org"').replace(b"yesterday", b"ann@example.org")
             for text in BAD if b'"x"' in text or b"yesterday" in text]  # fmt: skip
    for each in claims(b"[" + b",".join(texts) + b"]"):
        assert "ann" not in str(each.error if isinstance(each, Refusal) else "")

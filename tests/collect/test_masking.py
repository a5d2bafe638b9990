"""Addresses are cut before anything is kept, and read whole before they are cut."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethogram.collect.admission import Refusal, Rules
from ethogram.collect.cleaning.facts import Sender
from ethogram.collect.cleaning.steps import Options, cleaning
from ethogram.collect.door import Door, Step
from ethogram.collect.group import Group
from ethogram.collect.masking import masked, masked_table
from ethogram.events.errors import Invalid
from ethogram.events.event import Event, ProfileChange
from ethogram.events.times import now
from ethogram.protect.access.addresses import network, truncated
from ethogram.store.lake.schema import INSTANT

FOURS, SIXES = st.ip_addresses(v=4), st.ip_addresses(v=6)
REMOTE = "198.51.100.77"


@given(FOURS, st.sampled_from(["{}", " {} ", "{}:8080", "::ffff:{}", "[::ffff:{}]:1"]))
def test_of_ipv4_the_last_octet_goes(address: IPv4Address, form: str) -> None:
    """However it is written, mapped into IPv6 too."""
    said = truncated(form.format(address))
    assert ip_address(said) in ip_network(f"{address}/24", strict=False)
    assert said.endswith(".0")


@given(SIXES, st.sampled_from(["{}", "[{}]", "[{}]:443", "{}%eth0", "[{}%25en1]:1"]))
def test_of_ipv6_the_last_80_bits_go(address: IPv6Address, form: str) -> None:
    """With zone, brackets and port; one that holds an address of IPv4 is cut as that."""
    said = truncated(form.format(address))
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None:
        assert int(ip_address(said)) == int(address) >> 80 << 80
    else:
        assert said == truncated(str(inner))


@given(FOURS)
def test_an_address_in_another_does_not_stay_whole(address: IPv4Address) -> None:
    """6to4 has all of one in its first 48 bits."""
    outer = IPv6Address(0x2002 << 112 | int(address) << 80 | 1)
    assert truncated(str(outer)) == truncated(str(address))
    assert network(str(outer)) == network(str(address))


@given(st.text())
def test_what_is_kept_is_an_address_or_nothing(text: str) -> None:
    """Of whatever was sent; cut again it stays as it is."""
    said = truncated(text)
    assert said == "" or truncated(said) == said


@pytest.mark.parametrize("text", [
    "", "1.2.3", "1.2.3.4, 5.6.7.8", "unknown", "1.2.3.4/32", "[", "ann@example.org", "1.2.3.256",
    "::1::2", "0x7f.1", "01.2.3.4",
])  # fmt: skip
def test_what_is_no_address_is_dropped(text: str) -> None:
    """Nobody can say what would be left of it."""
    assert truncated(text) == ""
    assert masked({"ip": text, "a": 1}, "truncate") == {"a": 1}


VALUES = st.one_of(
    st.none(), st.integers(), st.text(max_size=9), FOURS.map(str), SIXES.map(str),
    st.lists(FOURS.map(str), max_size=2),
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["ip", "$ip", "client.address", "note"]), VALUES),
       st.sampled_from(["drop", "truncate", "keep"]))  # fmt: skip
def test_other_values_stay(values: dict[str, Any], policy: Any) -> None:
    """What is not called an address is untouched, the client's own object too."""
    before = dict(values)
    kept = masked(values, policy)
    assert values == before
    assert kept.get("note") == values.get("note")
    if policy == "keep":
        assert kept == values
    if policy == "drop":
        assert not kept.keys() - {"note"}


@given(st.lists(st.one_of(st.none(), FOURS.map(str), SIXES.map(str), st.text(max_size=4)),
                min_size=1, max_size=9), st.sampled_from(["drop", "truncate", "keep"]))  # fmt: skip
def test_a_column_is_cut_as_its_rows(said: list[str | None], policy: Any) -> None:
    """An import keeps of each row what the door would keep of an event."""
    table = pa.table({"p_ip_text": pa.array(said, pa.string()), "p_note_text": said,
                      "p_ip_json": ['["198.51.100.77"]'] * len(said)})  # fmt: skip
    cut = masked_table(table, policy)
    kept = [masked({} if each is None else {"ip": each}, policy).get("ip") for each in said]
    assert cut["p_ip_text"].to_pylist() == kept
    assert cut["p_note_text"].to_pylist() == said
    assert (cut["p_ip_json"].null_count == 0) == (policy == "keep")


def _door(project: Any, policy: Any) -> Door:
    rules = Rules(cleaning=cleaning(Options(own=(f"{REMOTE}/32",))), ip=policy)
    return Door(project.log, project.seen, project.vault, project.standing, lambda: rules)


@pytest.mark.parametrize(("policy", "kept"), [
    ("drop", {}), ("truncate", {"ip": "198.51.100.0"}), ("keep", {"ip": REMOTE})])  # fmt: skip
def test_steps_see_the_whole_address(project: Any, policy: Any, kept: dict[str, str]) -> None:
    """The one that is cut away is known as internal; what is kept is sealed."""
    project.door = _door(project, policy)
    change = ProfileChange("set", {"$ip": REMOTE, "plan": "pro"})
    project.take([Event("e", user_id="u", context={"ip": REMOTE}, profile_ops=[change])])
    (event,) = project.events
    assert event.properties["internal"] is True
    hidden = {} if event.sealed is None else project.unsealed(event)
    assert hidden.get("context", {}) == kept
    assert (REMOTE in str([hidden, event.extra])) == (policy == "keep")
    assert "pro" in str([hidden, event.extra])


def test_the_sender_of_what_is_refused_is_cut(project: Any) -> None:
    """Its address stands beside the refused event no more than it would beside a taken one."""
    project.door = _door(project, "truncate")
    group = Group()
    claims = [Event("", user_id="u"), Refusal(Invalid("odd", "Odd."), b"x")]
    project.door.admit(group, claims, now(), "native", Sender("Mozilla/5.0", REMOTE, REMOTE))
    letters = [project.raw(letter) for letter in group.controls]
    assert b"198.51.100.0" in letters[0]
    assert not any(REMOTE.encode() in letter for letter in letters)


def test_an_import_is_cut(project: Any) -> None:
    """Its addresses are internal first, and cut then."""
    project.door = _door(project, "truncate")
    table = pa.table({
        "event": ["e"] * 2, "user_id": ["a", "b"], "event_id": ["1", "2"],
        "timestamp": pa.array([now()] * 2).cast(INSTANT), "p_ip_text": [REMOTE, "nothing"],
    })  # fmt: skip
    group = Group()
    project.door.admit_table(group, table, now(), Step("x", 0, 2), keyed=False)
    payload = b"".join(batch.payload for batch in group.tables)
    assert b"internal" in payload
    assert REMOTE.encode() not in payload

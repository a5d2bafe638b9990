"""Kinds of personal data, by form and check digits; what only looks a little like it is none."""

import random
import re

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethogram.protect.kinds import KINDS, kinds_of, masked


@pytest.mark.parametrize(("text", "kind"), [
    ("ann@example.org", "e-mail"), ("write to <ann.b+c@mail.example.org>", "e-mail"),
    ("+49 (30) 123456-78", "telephone"), ("0049 30 12345678", "telephone"),
    ("call +4930123456 now", "telephone"),
    ("4111 1111 1111 1111", "card number"), ("378282246310005", "card number"),
    ("5555-5555-5555-4444", "card number"), ("card 4111 1111 1111 1111, thanks", "card number"),
    ("DE89 3704 0044 0532 0130 00", "IBAN"), ("GB82WEST12345698765432", "IBAN"),
    ("to NO9386011117947 today", "IBAN"), ("FR1420041010050500013M02606", "IBAN"),
    ("198.51.100.7", "IP address"), ("2001:db8::1", "IP address"),
    ("12345678Z", "national id"), ("X1234567L", "national id"), ("131052-308T", "national id"),
    ("44051401359", "national id"), ("111.444.777-35", "national id"),
    ("11010519491231002X", "national id"), ("86095742719", "national id"),
    ("255081416802538", "national id"),
])  # fmt: skip
def test_a_kind_is_known(text: str, kind: str) -> None:
    """By published examples of each; its hint lets it by, in the engine that looks first."""
    assert kinds_of(text) == [kind]
    (hint,) = [each.hint for each in KINDS if each.name == kind]
    assert re.search(hint, text)
    assert pc.match_substring_regex(pa.array([text]), hint).to_pylist() == [True]


@pytest.mark.parametrize("text", [
    "", "7", "ann", "ann@", "@example", "a@b", "1.2.3", "1.2.3.4.5", "12:30:45", "2026-03-01",
    "1700000000000", "4111111111111112", "4444 4444", "0000000000000000", "DE89370400440532013001",
    "AB12", "12345678A", "X1234567A", "131052-308A", "44051401358", "11144477730", "11111111111",
    "99999999999", "550e8400-e29b-41d4-a716-446655440000", "+1", "A+49", "3.14159265358979",
    "SKU-4111-1111-1111-1111", "999999-9999",
])  # fmt: skip
def test_what_only_looks_like_it_is_none(text: str) -> None:
    """Wrong check digits, dates, numbers of articles, identifiers."""
    assert kinds_of(text) == []


@given(st.text(max_size=40))
def test_any_text_can_be_looked_at(text: str) -> None:
    """No text makes a check fail; what is found is a part of it, or an address in short."""
    for kind in KINDS:
        found = kind.check(text)
        assert found is None or kind.name == "IP address" or found in text
    assert len(masked(text)) <= max(len(text) + 2, 3)


@given(st.emails())
def test_a_mask_tells_nobody(address: str) -> None:
    """Of an address the first letters and the ending are left."""
    name, _, host = address.rpartition("@")
    shown = masked(address)
    assert len(name) < 2 or name not in shown
    assert host.partition(".")[0] not in shown or len(host.partition(".")[0]) < 2
    assert shown.endswith(host.rpartition(".")[2])


@pytest.mark.parametrize(("digits", "kind"), [(16, "card number"), (11, "national id")])
def test_few_numbers_pass_by_chance(digits: int, kind: str) -> None:
    """Fewer than the share of a property's values from which on the kind is told."""
    chance = random.Random(7)
    numbers = [str(chance.randrange(10 ** (digits - 1), 10**digits)) for _ in range(4_000)]
    (share,) = [each.share for each in KINDS if each.name == kind]
    assert sum(kind in kinds_of(number) for number in numbers) < share / 2 * len(numbers)

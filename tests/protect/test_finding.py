"""People are found by a personal value that is sealed, and by nothing of those who were erased."""

from pathlib import Path

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethogram.events.erasure import Erasure
from ethogram.events.errors import Invalid
from ethogram.events.times import DAY
from ethogram.protect.finding import normalised
from ethogram.protect.vault import Vault

MASTER = b"m" * 32
AT = 20_000 * DAY


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """A vault of Ann and Ben, whose telephone is one."""
    vault = Vault(tmp_path / "vault.sqlite", MASTER)
    for name in ("ann", "ben"):
        person = vault.id("user", name)
        vault.hashes.note(person, "email", f"{name}@example.org", AT)
        vault.hashes.note(person, "phone", "+49 30 123456", AT)
    store(vault)
    return vault


def store(vault: Vault) -> None:
    """Make durable what was made."""
    made = vault.take()
    vault.store(made)
    vault.stored(made)


@pytest.mark.parametrize(("name", "value", "found"), [
    ("email", " Ann@Example.ORG ", "ann@example.org"),
    ("contact", "ann@example.org", "ann@example.org"),
    ("phone", "0049 (30) 12-34 56", "4930123456"),
    ("Mobile Number", "030/123456", "030123456"),
    ("tel", 4930123456, "4930123456"),
    ("fax", "+49 30 123456", "4930123456"),
    ("full_name", "  Ann   B\u00c4R ", "ann b\u00e4r"),
    ("Name", "Ann B\u0061\u0308r", "ann b\u00e4r"),
    ("sex", "f", None), ("birthday", "1990-04-01", None), ("first_name", "Ann", None),
    ("note", "write to ann@example.org", None), ("email", "x" * 400 + "@b.org", None),
    ("email", ["ann@example.org"], None), ("phone", True, None), ("name", " ", None),
    ("phone", "none", None),
])  # fmt: skip
def test_values_are_compared_as_people_mean_them(name: str, value: object, found: object) -> None:
    """Addresses, numbers and full names alone, spelt one way; what many share is not looked for."""
    assert normalised(name, value) == found


@given(st.text(max_size=40), st.text(max_size=40))
def test_how_a_value_is_compared_stays(name: str, value: str) -> None:
    """What is compared is compared with itself, whatever the text is."""
    said = normalised(name, value)
    assert said is None or normalised(name, said) in (said, said.removeprefix("00") or None, None)


def test_a_value_finds_everybody_who_said_it(vault: Vault) -> None:
    """Under this property alone, in any spelling, after a restart too."""
    ann, ben = vault.id("user", "ann"), vault.id("user", "ben")
    assert vault.found("$email", "ANN@example.org") == [ann]
    assert vault.found("phone", "004930123456") == sorted([ann, ben])
    assert vault.found("contact", "ann@example.org") == []
    assert vault.found("email", "nobody@example.org") == []
    with pytest.raises(Invalid):
        vault.found("sex", "f")


def test_a_value_is_kept_once(vault: Vault, tmp_path: Path) -> None:
    """Said again it makes nothing; said on a later day, that day counts."""
    ann = vault.id("user", "ann")
    vault.hashes.note(ann, "email", "ann@example.org", AT + DAY // 2)
    assert not vault.take()
    vault.hashes.note(ann, "email", "ann@example.org", AT + 3 * DAY)
    vault.hashes.note(ann, "email", "ann@example.org", AT + DAY)
    store(vault)
    rows = apsw.Connection(str(tmp_path / "vault.sqlite")).execute("SELECT id, day FROM hashes")
    assert (ann, 20_003) in [*rows]
    assert vault.found_by(ann) == 2


def test_what_could_not_be_stored_comes_again(vault: Vault) -> None:
    """As ids do: it is not forgotten that it is still to be kept."""
    vault.hashes.note(vault.id("user", "cleo"), "email", "cleo@example.org", AT)
    vault.put_back(vault.take())
    store(vault)
    assert len(vault.found("email", "cleo@example.org")) == 1


def _others(vault: Vault) -> bool:
    return vault.found("email", "ben@example.org") == [vault.id("user", "ben")]


@pytest.mark.parametrize("stored", [True, False])
def test_who_is_erased_is_found_no_more(vault: Vault, stored: bool) -> None:
    """What is on its way to the disk neither; others are."""
    ann = vault.id("user", "ann")
    if not stored:
        vault.hashes.note(ann, "full_name", "Ann Other", AT)
    vault.erase(Erasure("1", AT, nodes=(ann,)))
    store(vault)
    assert vault.found("email", "ann@example.org") == []
    assert vault.found("full_name", "ann other") == []
    assert vault.found_by(ann) == 0
    assert _others(vault)
    assert len(vault.found("phone", "+4930123456")) == 1


@pytest.mark.parametrize(("erasure", "email", "phone"), [
    (Erasure("1", AT, property_name="email"), 0, 1),
    (Erasure("1", AT, property_name="email", open_only=True), 1, 1),
    (Erasure("1", AT, property_name="$E-Mail"), 0, 1),
    (Erasure("1", AT, property_name="email", until=AT), 1, 1),
    (Erasure("1", AT, property_name="email", until=AT + DAY), 0, 1),
    (Erasure("1", AT, until=AT + DAY), 0, 0),
    (Erasure("1", AT, since=AT + DAY), 1, 1),
    (Erasure("1", AT, since=AT, until=AT + 1, event="cart"), 1, 1),
    (Erasure("1", AT, letters=(7,)), 1, 1),
    (Erasure("1", AT, purge=True), 1, 1),
])  # fmt: skip
def test_a_property_that_goes_finds_nobody(
    vault: Vault, erasure: Erasure, email: int, phone: int
) -> None:
    """Everywhere or where it was last said in the time that goes; said again, it finds again."""
    vault.erase(erasure)
    assert len(vault.found("email", "ann@example.org")) == email
    assert len(vault.found("phone", "+49 30 123456")) == phone * 2
    vault.hashes.note(vault.id("user", "ann"), "email", "ann@example.org", AT)
    store(vault)
    assert len(vault.found("email", "ann@example.org")) == 1


def test_a_property_of_one_person_goes(vault: Vault) -> None:
    """Others are found by it as before."""
    vault.erase(Erasure("1", AT, nodes=(vault.id("user", "ann"),), property_name="email"))
    assert vault.found("email", "ann@example.org") == []
    assert _others(vault)


def test_the_file_holds_no_value(vault: Vault, tmp_path: Path) -> None:
    """Neither a value nor the name of its property; another project's hashes are others."""
    text = b"".join(path.read_bytes() for path in tmp_path.glob("vault.sqlite*"))
    assert b"example.org" not in text
    assert b"email" not in text
    assert b"123456" not in text
    other = Vault(tmp_path / "other.sqlite", MASTER)
    assert other.hashes.of("email", "a@b.org") != vault.hashes.of("email", "a@b.org")
    other.close()

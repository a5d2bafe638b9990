"""The vault keeps ids and keys: random, stable, durable when it says so, useless without a key."""

from pathlib import Path

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ethogram.events.erasure import Erasure
from ethogram.events.errors import Broken, NotFound
from ethogram.protect import sealing
from ethogram.protect.erasures import Remembered
from ethogram.protect.keyring import nonces
from ethogram.protect.sealing import unseal
from ethogram.protect.vault import ID_BITS, Vault

MASTER = b"m" * 32


@pytest.fixture
def vault(tmp_path: Path):
    vault = Vault(tmp_path / "vault.sqlite", MASTER)
    yield vault
    vault.close()


def seal(vault: Vault, person: int, event_id: str, values: dict[str, object]) -> bytes:
    return sealing.seal(vault, person, event_id, values, nonces(1)[0])


def keep(vault: Vault) -> None:
    made = vault.take()
    vault.store(made)
    vault.stored(made)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(st.tuples(st.sampled_from(["user", "device"]), st.text())))
def test_one_id_a_kind_and_name(vault: Vault, names: list[tuple[str, str]]) -> None:
    """Equal (kind, name) gives an equal id, different ones different ids, below 2^53."""
    ids = {said: vault.id(*said) for said in names}
    assert len(set(ids.values())) == len(ids)
    assert all(vault.id(*said) == made < 1 << ID_BITS for said, made in ids.items())
    keep(vault)
    assert all(vault.name(made) == said for said, made in ids.items())


def test_ids_and_keys_outlive_a_restart(vault: Vault, tmp_path: Path) -> None:
    """What was stored is found again by another process with the same master key."""
    person = vault.id("user", "ann")
    sealed = seal(vault, person, "e1", {"email": "ann@example.org"})
    keep(vault)
    again = Vault(tmp_path / "vault.sqlite", MASTER)
    assert again.id("user", "ann") == again.find("user", "ann") == person
    assert unseal(again, person, "e1", sealed) == {"email": "ann@example.org"}
    again.close()


def test_what_was_not_stored_is_given_again(vault: Vault) -> None:
    """A failed store loses nothing: the next take has the old and the new."""
    first = vault.id("user", "ann")
    vault.put_back(vault.take())
    second = vault.id("user", "bob")
    keep(vault)
    assert vault.name(first) == ("user", "ann")
    assert vault.name(second) == ("user", "bob")


def test_another_master_key_opens_nothing(vault: Vault, tmp_path: Path) -> None:
    """The folder without its master key is refused."""
    with pytest.raises(Broken, match="does not open"):
        Vault(tmp_path / "vault.sqlite", b"x" * 32)


def test_no_name_stands_in_the_file(vault: Vault, tmp_path: Path) -> None:
    """External ids and personal values are nowhere readable."""
    person = vault.id("user", "ann-the-visible")
    seal(vault, person, "e1", {"email": "ann@example.org"})
    keep(vault)
    everything = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"ann-the-visible" not in everything
    assert b"ann@example.org" not in everything


def test_a_destroyed_key_destroys_what_it_sealed(vault: Vault, tmp_path: Path) -> None:
    """Without the person's key the blob is gone, and asking does not make a new key."""
    person = vault.id("user", "ann")
    sealed = seal(vault, person, "e1", {"email": "ann@example.org"})
    keep(vault)
    apsw.Connection(str(tmp_path / "vault.sqlite")).execute("DELETE FROM keys")
    again = Vault(tmp_path / "vault.sqlite", MASTER)
    with pytest.raises(NotFound, match="erased"):
        unseal(again, person, "e1", sealed)
    assert not again.take()
    again.close()


def test_a_blob_belongs_to_its_event(vault: Vault) -> None:
    """A sealed value moved to another event, or changed, does not open."""
    person = vault.id("user", "ann")
    sealed = seal(vault, person, "e1", {"email": "a@example.org"})
    with pytest.raises(Broken):
        unseal(vault, person, "e2", sealed)
    with pytest.raises(Broken):
        unseal(vault, person, "e1", sealed[:-1] + bytes([sealed[-1] ^ 1]))
    with pytest.raises(Broken):
        unseal(vault, person, "e1", sealed, part="proof")


def test_a_name_belongs_to_its_id(vault: Vault, tmp_path: Path) -> None:
    """Who exchanges the names of two people in the file does not have one erased for the other."""
    ann, ben = vault.id("user", "ann"), vault.id("user", "ben")
    keep(vault)
    file = apsw.Connection(str(tmp_path / "vault.sqlite"))
    names = dict(file.execute("SELECT id, name FROM ids"))
    file.executemany("UPDATE ids SET name=? WHERE id=?", [(names[ann], ben), (names[ben], ann)])
    file.close()
    with pytest.raises(Broken):
        vault.name(ann)


def test_a_key_is_made_once(vault: Vault, tmp_path: Path) -> None:
    """Whenever it is asked for, before and after it is durable, a person's key is the same."""
    person = vault.id("user", "ann")
    keep(vault)
    assert vault.kept_cipher(person) is None
    sealed = [seal(vault, person, "e1", {"n": 1})]
    keep(vault)
    sealed.append(seal(vault, person, "e1", {"n": 2}))
    again = Vault(tmp_path / "vault.sqlite", MASTER)
    sealed.append(seal(again, person, "e1", {"n": 3}))
    assert [unseal(vault, person, "e1", blob)["n"] for blob in sealed] == [1, 2, 3]
    assert not again.take()
    again.close()


def test_kinds_are_not_hoarded(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many types of groups clients name, memory lets go of them, and of no id."""
    monkeypatch.setattr("ethogram.protect.vault._MOST_IDS", 100)
    made = {f"group:{i}": vault.id(f"group:{i}", "x") for i in range(200)}
    keep(vault)
    assert len(vault._ids) == 4
    assert {kind: vault.id(kind, "x") for kind in made} == made


@pytest.mark.parametrize("most_ids", [2, 200_000])
@pytest.mark.parametrize("most_ciphers", [2, 200_000])
@pytest.mark.parametrize("renewed", [0, 3, 200_000])
def test_ids_and_keys_outlast_the_cache(
    vault: Vault, monkeypatch: pytest.MonkeyPatch, most_ids: int, most_ciphers: int, renewed: int
) -> None:
    """What memory lets go of is found in the file, and what is not durable yet is not let go of.

    Also where look-ups keep to a view of the file that is older than what was stored.
    """
    monkeypatch.setattr("ethogram.protect.vault._MOST_IDS", most_ids)
    monkeypatch.setattr("ethogram.protect.vault._MOST_CIPHERS", most_ciphers)
    monkeypatch.setattr("ethogram.protect.vault._RENEWED", renewed)
    vault.look()
    vault.id("user", "somebody")
    people = [vault.id("user", f"u{i}") for i in range(6)]
    blobs = [seal(vault, person, "e", {"n": i}) for i, person in enumerate(people[:4])]
    taken = vault.take()
    vault.store(taken)
    late = vault.id("user", "late")
    blobs.append(seal(vault, late, "e", {"n": 4}))
    vault.stored(taken)
    vault.look()
    assert [vault.id("user", f"u{i}") for i in range(6)] == people
    assert vault.id("user", "late") == late
    blobs += [seal(vault, person, "e", {"n": i}) for i, person in enumerate(people[4:], 5)]
    owners = [*people[:4], late, *people[4:]]
    found = [unseal(vault, who, "e", blob)["n"] for who, blob in zip(owners, blobs, strict=True)]
    assert found == list(range(7))


def test_what_is_erased_is_destroyed(vault: Vault, tmp_path: Path) -> None:
    """Id and key are in no cache and no file; who comes back is another; other people stay."""
    ann, ben = vault.id("user", "ann"), vault.id("user", "ben")
    sealed = seal(vault, ann, "e1", {"email": "ann@example.org"})
    kept = seal(vault, ben, "e2", {"email": "ben@example.org"})
    keep(vault)
    rows = apsw.Connection(str(tmp_path / "vault.sqlite"))
    name = rows.execute("SELECT name FROM ids WHERE id=?", (ann,)).fetchone()[0]
    key = rows.execute("SELECT wrapped FROM keys WHERE id=?", (ann,)).fetchone()[0]
    rows.close()
    vault.erase(Erasure("1", 0, nodes=(ann,)))
    assert vault.find("user", "ann") is None
    with pytest.raises(NotFound, match="erased"):
        unseal(vault, ann, "e1", sealed)
    everything = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert name not in everything
    assert key not in everything
    assert vault.id("user", "ann") != ann
    assert (vault.id("user", "ben"), unseal(vault, ben, "e2", kept)) == (
        ben, {"email": "ben@example.org"})  # fmt: skip


def test_who_is_erased_before_they_are_stored_is_not_stored(vault: Vault) -> None:
    """An id and a key that were made and not written yet are not written either."""
    ann = vault.id("user", "ann")
    seal(vault, ann, "e1", {"email": "ann@example.org"})
    vault.erase(Erasure("1", 0, nodes=(ann,)))
    keep(vault)
    assert vault.find("user", "ann") is None
    assert vault.kept_cipher(ann) is None


def test_what_was_remembered_is_erased_again(tmp_path: Path) -> None:
    """An older file that is put back forgets what stands beside the key, once."""
    file = tmp_path / "vault.sqlite"
    beside = Remembered(tmp_path / "beside", "shop")
    vault = Vault(file, MASTER, beside)
    ann = vault.id("user", "ann")
    keep(vault)
    vault.close()
    older = file.read_bytes()
    vault = Vault(file, MASTER, beside)
    vault.erase(Erasure("1", 0, nodes=(ann,)))
    vault.say(["1"], 7)
    assert vault.unsaid() == []
    vault.close()
    for path in tmp_path.glob("vault.sqlite*"):
        path.unlink()
    file.write_bytes(older)
    (tmp_path / "beside").open("ab").write(b'\n{"project":"shop","erasu')
    again = Vault(file, MASTER, Remembered(tmp_path / "beside", "shop"))
    assert [erasure.number for erasure in again.unsaid()] == ["1"]
    assert again.find("user", "ann") is None
    assert len(beside.all()) == 1
    again.close()

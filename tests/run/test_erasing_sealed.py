"""Erasing reaches what is sealed: it opens nowhere at once, and leaves the files when purged."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import httpx
import pyarrow.parquet as pq
import pytest
from tests.run.test_erasing import found_in
from tests.serving import served

from ethogram.events.errors import Busy, NotFound
from ethogram.events.event import Event, ProfileChange
from ethogram.protect.sealing import unseal
from ethogram.run import assembly
from ethogram.run.embedded import Embedded
from ethogram.run.opening import open_

IBAN = "DE89370400440532013000"
CHANGES = [ProfileChange("set", {"email": "first@x.org", "plan": "pro"})]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a workspace is made; its key lies beside."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "shop"


@pytest.fixture
def shop(folder: Path) -> Iterator[Embedded]:
    """A workspace in which Ann and Ben said how they can be reached, and what plan they have."""
    with open_(folder) as shop:
        assert isinstance(shop, Embedded)
        shop.append([_signup("ann"), _signup("ben")])
        yield shop


def _signup(name: str) -> Event:
    said = {"email": f"{name}@example.org", "phone": f"+49 30 1234{len(name)}{name[0]}", "n": 1}
    return Event("signup", user_id=name, timestamp=1_700_000_000, properties=said,
                 profile_ops=CHANGES)  # fmt: skip


def _opened(shop: Embedded, name: str, to: Path) -> list[str]:
    """What of the e-mail is told wherever sealed values are opened for who may see them."""
    told = shop.profile(f"user:{name}", personal=True)
    found = [str(deed.personal) for deed in told.events]
    found += [str(each) for each in told.properties]
    shop.requests.export(f"user:{name}", to / "archive.zip")
    with ZipFile(to / "archive.zip") as archive:
        found += [archive.read(each).decode() for each in archive.namelist()]
    shop.export(str(to / "events.parquet"), table="events", with_names=True)
    rows = pq.read_table(to / "events.parquet").to_pylist()
    return [*found, *(str(row["personal"]) for row in rows if row["user"] == name)]


def _kept(shop: Embedded) -> list[dict[str, Any]]:
    """What is sealed in the lake, opened with nothing left out."""
    shop._reading.load_all()
    delta = shop._reading.lake.events.delta()
    assert delta
    rows = delta.to_pyarrow_table().select(["person", "event_id", "sealed"]).to_pylist()
    return [unseal(shop._writing.vault, **{"person": row["person"], "event_id": row["event_id"],
                                           "sealed": row["sealed"]}) for row in rows]  # fmt: skip


@pytest.mark.parametrize("purge", [False, True])
@pytest.mark.parametrize("whose", [None, "user:ann"])
def test_a_sealed_property_goes(
    shop: Embedded, tmp_path: Path, whose: str | None, purge: bool
) -> None:
    """Of events and of profiles, of one or of everybody; other sealed values stay."""
    assert any("@example.org" in each for each in _opened(shop, "ann", tmp_path))
    receipt = shop.requests.erase(whose, property="email", purge=purge)
    people = 1 if whose else 2
    assert {each.room: each.things for each in receipt.rooms}["events"] == people
    anns, bens = _opened(shop, "ann", tmp_path), _opened(shop, "ben", tmp_path)
    assert not any("@example.org" in each or "first@x.org" in each for each in anns)
    assert any("+49 30 1234" in each for each in anns)
    assert any("ben@example.org" in each for each in bens) is (whose is not None)
    if purge:
        kept = _kept(shop)
        assert sum("email" in each["properties"] for each in kept) == 2 - people
        assert all("phone" in each["properties"] for each in kept)
        assert sum("first@x.org" in str(each) for each in kept) == 2 - people
    shop.append([_signup("ann")])
    assert any("ann@example.org" in each for each in _opened(shop, "ann", tmp_path))
    assert shop.verify().ok, shop.verify().problems


def test_an_open_property_of_a_profile_goes(shop: Embedded) -> None:
    """No question sees a change of it before the files are written anew either."""
    pro = {"property": "plan", "value": "pro", "of": "profile"}
    series = [{"event": "signup", "where": pro}]
    spec = {"question": "trends", "interval": "all", "series": series}
    assert shop.ask(spec).results["series"][0]["points"][0][1] == 2
    shop._reading.settle()
    shop.requests.erase("user:ann", property="plan")
    assert shop.ask(spec).results["series"][0]["points"][0][1] == 1
    assert [each.name for each in shop.profile("user:ann").properties] == []


def test_sealing_afterwards_erases_what_is_open_alone(shop: Embedded, tmp_path: Path) -> None:
    """What was sealed before under the same name stays, and finds people as before."""
    shop.append([Event("note", user_id="cleo", properties={"contact": "cleo@example.org"})])
    shop.append([Event("note", user_id="dora", properties={"contact": "by the door"})])
    shop._reading.load_all()
    shop.seal("contact")
    assert any("cleo@example.org" in each for each in _opened(shop, "cleo", tmp_path))
    assert any("by the door" in each for each in _opened(shop, "dora", tmp_path))
    assert shop.requests.receipts[-1].erasure.open_only


def test_masked_examples_go_with_an_erasure(shop: Embedded, folder: Path) -> None:
    """What a scan found is forgotten, and is found again where it still stands."""
    shop.append([Event("note", user_id="cleo", properties={"account": IBAN})])
    shop._reading.load_all()
    assert len(shop.findings().findings) == 1
    shop.requests.erase("user:cleo", events=True, purge=True)
    assert not (folder / "projects" / "default" / "findings.json").exists()
    assert shop.findings().findings == []


def test_who_is_linked_while_an_erasure_is_on_its_way_goes_too(shop: Embedded) -> None:
    """The ids that became the same person before the writer erased."""
    ask = shop.requests.derived

    def derived(nodes: Any) -> Any:
        other = Event("login", anonymous_id="web", properties={"email": "other@x.org"})
        shop.append([Event("login", user_id="ann", anonymous_id="web", kind="identify"), other])
        return ask(nodes)

    object.__setattr__(shop.requests, "derived", derived)
    shop.requests.erase("user:ann", purge=True)
    with pytest.raises(NotFound):
        shop.profile("anonymous:web")
    assert shop._writing.vault.found("email", "other@x.org") == []


def test_nothing_is_erased_where_that_cannot_be_written_down(shop: Embedded, folder: Path) -> None:
    """Else a backup that is put back would bring it again; the reason is said."""
    (beside,) = (folder.parent / "config" / "ethogram").glob("*.key")
    blocked = beside.with_name(f"{beside.stem}.erasures.jsonl")
    blocked.mkdir()
    with pytest.raises(Busy):
        shop.requests.erase("user:ann", purge=True)
    assert shop.profile("user:ann").total == 1
    blocked.rmdir()
    shop.requests.erase("user:ann", purge=True)
    assert blocked.stat().st_mode & 0o077 == 0


def test_a_server_that_opened_a_person_opens_them_no_more() -> None:
    """Whoever looked before an erasure, and the process that showed it, keep no key."""
    with served() as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", server.environment["XDG_CONFIG_HOME"])
        said = [{"event": "signup", "user_id": "ann", "properties": {"email": "ann@example.org"}}]
        httpx.post(f"{server.url}/v1/events", json=said, headers=server.writing)
        server.ready()
        with open_(server.folder) as shop:
            before = shop.profile("user:ann", personal=True)
            assert "ann@example.org" in str(before)
            shop.requests.erase("user:ann", purge=True)
            after = shop.profile(f"person:{before.person}", personal=True)
        assert after.total == 1
        assert "ann@example.org" not in str(after)
        assert found_in(server.folder, ("ann@example.org",)) == []


def test_two_who_open_one_vault_forget_alike(shop: Embedded) -> None:
    """A key that one of them used is not used again once the other destroyed it."""
    with closing(assembly.vault(shop._workspace, "default")) as other:
        person = int(shop.profile("user:ann").person)
        assert other.kept_cipher(person)
        shop.requests.erase("user:ann")
        assert other.kept_cipher(person) is None


def test_a_property_of_profiles_is_found_and_sealed(shop: Embedded, tmp_path: Path) -> None:
    """Also one that no event has itself: its values are opened in their order for who may."""
    for said in (IBAN, "none"):
        changes = [ProfileChange("set", {"account": said, "nick": f"{said} of the profile"})]
        shop.append([Event("note", user_id="cleo", properties={"nick": said}, profile_ops=changes)])
    shop._reading.load_all()
    assert {each.property for each in shop.findings().findings} == {"account", "nick"}
    assert shop.seal("account").events == shop.seal("nick").events == 2
    assert "account" not in {each.name for each in shop.profile("user:cleo").properties}
    opened = {each.name: each.value for each in shop.profile("user:cleo", personal=True).properties}
    assert (opened["account"], opened["nick"]) == ("none", "none of the profile")
    with ZipFile(_archive(shop, tmp_path)) as archive:
        events = archive.read("events.ndjson").decode()
    assert events.count(IBAN) == 3
    assert events.count('"values":{}') == 0
    assert found_in(shop._reading.folder, (IBAN,)) == []


def _archive(shop: Embedded, to: Path) -> Path:
    shop.requests.export("user:cleo", to / "cleo.zip")
    return to / "cleo.zip"

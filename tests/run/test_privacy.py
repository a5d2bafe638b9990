"""``ethogram privacy``: personal data that nobody tagged is found, and sealed afterwards."""

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.run.test_erasing import found_in
from tests.serving import Served, served

from ethogram.events.errors import Invalid, NotFound
from ethogram.events.event import Event
from ethogram.protect.sealing import unseal
from ethogram.run.embedded import Embedded
from ethogram.run.opening import open_

SECRETS = ("acme-of-ann", "acme-of-ben", "acme-of-cleo")
CARD, IBAN = "4111 1111 1111 1111", "DE89370400440532013000"


@contextmanager
def opened(folder: Path) -> Iterator[Embedded]:
    with open_(folder) as shop:
        assert isinstance(shop, Embedded)
        yield shop


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a workspace is made; its key lies beside."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "shop"


def _events(**also: Any) -> list[Event]:
    return [
        Event("cart", user_id=name, timestamp=1_700_000_000 + at, properties={
            "company": f"acme-of-{name}", "email": f"{name}@example.org", "price": 20, **also})
        for at, name in enumerate(("ann", "ben", "cleo"))
    ]  # fmt: skip


def _kinds(found: Any) -> dict[str, str]:
    return {each.property: each.kind for each in found.findings}


def test_what_nobody_tagged_is_found(folder: Path) -> None:
    """Each kind with how many events, since when, and a mask; what is sealed is not among it."""
    with opened(folder) as shop:
        shop.append(_events(pay=CARD, account=f"to {IBAN}", host="198.51.100.7", order=7,
                            nested=[{"a": IBAN}], shipping_zipcode="10115"))  # fmt: skip
        found = shop.findings()
        assert _kinds(found) == {"pay": "card number", "account": "IBAN", "host": "IP address",
                                 "nested": "IBAN", "shipping_zipcode": "name"}  # fmt: skip
        (card,) = [each for each in found.findings if each.property == "pay"]
        assert (card.events, card.share, card.example) == (3, 1.0, "4…1")
        assert card.since == "2023-11-14T22:13:20Z"
        text = (shop._reading.folder / "findings.json").read_text()
        assert "1111" not in text
        assert IBAN not in text


def test_a_scan_goes_on_where_the_last_one_ended(folder: Path) -> None:
    """Each event counts once; anew it begins again; a sample keeps nothing."""
    with opened(folder) as shop:
        shop.append(_events(pay=CARD))
        assert shop.findings().findings[0].events == 3
        assert shop.findings().findings[0].events == 3
        shop.append(_events(pay="no card"))
        found = shop.findings()
        assert (found.findings[0].events, found.findings[0].share) == (3, 0.5)
        assert shop.findings(anew=True).findings[0].events == 3
        assert [each.events for each in shop.findings(2).findings] in ([1], [2])
        assert shop.findings().findings[0].events == 3
        with pytest.raises(Invalid):
            shop.findings(0)


def test_what_was_erased_is_not_found(folder: Path) -> None:
    """Whoever's events are hidden, and values that were struck out."""
    with opened(folder) as shop:
        shop.append(_events(pay=CARD, account=IBAN))
        shop.requests.erase("user:ann", events=True)
        shop.requests.erase(property="account")
        assert {each.property: each.events for each in shop.findings().findings} == {"pay": 2}


def test_a_property_is_sealed_afterwards(folder: Path) -> None:
    """What stands leaves log, lake and index in the open, and is there for the key's holder."""
    with opened(folder) as shop:
        shop.append([*_events(), Event("view", user_id="dora", properties={"company": None})])
        shop.append(
            [Event("login", user_id="erik", properties={"company": "acme-of-cleo", "a": 1})]
        )
        shop._reading.settle()
        assert {secret for _, secret in found_in(folder, SECRETS)} == {*SECRETS}
        done = shop.seal("company")
        assert (done.events, done.nobodys) == (5, 0)
        assert found_in(folder, SECRETS) == []
        _assert_sealed(shop, 4)
        shop.append(_events())
        shop._reading.settle()
        assert found_in(folder, SECRETS) == []
        _assert_sealed(shop, 7)
        assert shop.plan.show().sealed == ("company",)
        assert shop.verify().ok, shop.verify().problems
        prices = {"question": "trends", "interval": "all", "series": [
            {"event": "cart", "measure": "sum", "property": "price"}]}  # fmt: skip
        assert shop.ask(prices).results["series"][0]["points"][0][1] == 120
        shop.requests.export("user:ann", folder.parent / "ann.zip")
        with zipfile.ZipFile(folder.parent / "ann.zip") as archive:
            lines = archive.read("events.ndjson").decode().splitlines()
        assert [json.loads(line)["properties"]["company"] for line in lines] == ["acme-of-ann"] * 2
    with opened(folder) as again:
        _assert_sealed(again, 7)
        assert again.verify().ok


def _assert_sealed(shop: Embedded, values: int) -> None:
    """So many values of ``company`` can be opened, beside the addresses that were sealed before."""
    (rows,) = shop._reading.lake.events.scan()
    vault, found = shop._writing.vault, []
    for row in rows.to_pylist():
        inner = unseal(vault, row["person"], row["event_id"], row["sealed"])["properties"]
        assert row["event"] != "cart" or inner["email"] == f"{inner['company'][8:]}@example.org"
        found += [inner["company"]] if inner.get("company") else []
        assert "company" not in row["properties"]
    assert len(found) == values
    assert set(found) == {*SECRETS}


def test_who_was_erased_gets_no_key_again(folder: Path) -> None:
    """Of whom no key is left the value goes; it is counted."""
    with opened(folder) as shop:
        shop.append(_events())
        shop.requests.erase("user:ann")
        done = shop.seal("company")
        assert (done.events, done.nobodys) == (2, 1)
        assert found_in(folder, SECRETS) == []
        assert shop.verify().ok, shop.verify().problems


def test_only_what_is_there_is_sealed(folder: Path) -> None:
    """A property that no event has is said, and the plan stays as it is."""
    with opened(folder) as shop:
        shop.append(_events())
        with pytest.raises(NotFound, match="No event"):
            shop.seal("compnay")
        assert shop.plan.show().sealed == ()


def test_a_server_finds_and_seals() -> None:
    """Over the API for who may, by commands for the owner; its doors go on meanwhile."""
    with served() as server:
        events = [{"event": "cart", "user_id": name, "properties": {
            "company": f"acme-of-{name}", "pay": CARD}} for name in ("ann", "ben")]  # fmt: skip
        httpx.post(f"{server.url}/v1/events", json=events, headers=server.writing)
        server.ready()
        done = server.document("privacy", "seal", "company")
        assert done == {"property": "company", "events": 2, "nobodys": 0}
        httpx.post(f"{server.url}/v1/events", json=events, headers=server.writing)
        found = server.document("privacy", "scan")
        assert {each["property"]: each["kind"] for each in found["findings"]} == {
            "pay": "card number"}  # fmt: skip
        assert found_in(server.folder, SECRETS) == []
        assert "4…1" in server.command("privacy", "scan").stdout
        assert server.document("verify")["ok"]
        refused = httpx.get(f"{server.url}/api/privacy/findings", headers=server.reading)
        assert refused.status_code == 403
        archive = server.scratch / "ann.zip"
        server.document("people", "export", "user:ann", "-o", str(archive))
        with zipfile.ZipFile(archive) as opened:
            lines = opened.read("events.ndjson").decode().splitlines()
        assert [json.loads(line)["properties"]["company"] for line in lines] == ["acme-of-ann"] * 2


def test_a_folder_is_scanned_by_a_command(shop: Served) -> None:
    """Where nothing looks like personal data it says so."""
    assert shop.document("privacy", "scan")["findings"] == []
    assert "Nothing looks" in shop.command("privacy", "scan", "--one-in", "2").stdout

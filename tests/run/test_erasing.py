"""Erasing: what is forgotten is read nowhere at once, and leaves no byte when it is purged."""

import base64
import json
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ethogram.collect.admission import Refusal
from ethogram.events.erasure import Receipt
from ethogram.events.errors import Invalid, NotFound
from ethogram.events.event import Event
from ethogram.run.embedded import Embedded
from ethogram.run.opening import open_

SECRETS = ("ann-the-visible", "ann-on-the-web", "anns-phone", "anns-session", "ann@example.org",
           "anns-own-company")  # fmt: skip
"""What is said of Ann alone; the last one is a property that nobody took for personal."""
START = 1_700_000_000


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a workspace is made; its key lies beside."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "shop"


@pytest.fixture
def shop(folder: Path) -> Iterator[Embedded]:
    """A workspace in which Ann, Ben and Cleo did the same, and Ann something that was refused."""
    with filled(folder) as shop:
        yield shop


@contextmanager
def filled(folder: Path) -> Iterator[Embedded]:
    with open_(folder) as shop:
        assert isinstance(shop, Embedded)
        fill(shop)
        yield shop


def fill(shop: Embedded) -> None:
    shop.append([*_of("ann", company="anns-own-company"), *_of("ben"), *_of("cleo")])
    refused = {"event": "cart", "user_id": "ann-the-visible", "surprise": "ann@example.org"}
    raw = json.dumps(refused).encode()
    shop._writing.append_claims([Refusal(Invalid("odd", "It is odd."), raw)])


def _of(name: str, **also: str) -> list[Event]:
    user, web = f"{name}-the-visible", f"{name}-on-the-web"
    said = {"email": f"{name}@example.org", "price": 20, **also}
    return [
        Event("catalog", anonymous_id=web, device_id=f"{name}s-phone", timestamp=START,
              session_id=f"{name}s-session", properties=said),
        Event("login", user_id=user, anonymous_id=web, timestamp=START + 60),
        Event("cart", user_id=user, timestamp=START + 120, properties=said),
    ]  # fmt: skip


def found_in(folder: Path, secrets: tuple[str, ...] = SECRETS) -> list[tuple[str, str]]:
    """(file, secret) for each that stands in a file below, in any of the usual ways."""
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        parts = [path.read_bytes()]
        if path.suffix == ".parquet":
            parts += [str(row).encode() for row in pq.read_table(path).to_pylist()]
        for secret in secrets:
            ways = {secret.encode(), secret.encode("utf-16-le"), secret.encode().hex().encode()}
            for before in range(3):
                coded = base64.b64encode(bytes(before) + secret.encode())
                ways.add(coded[(0, 2, 3)[before] : len(coded) // 4 * 4 - 4])
            if any(way in part for way in ways for part in parts):
                found.append((str(path.relative_to(folder)), secret))
    return found


def reached(shop: Any, *steps: str) -> list[int]:
    answer = shop.ask({"question": "funnel", "steps": steps or ("catalog", "cart")})
    return [row["people"] for row in answer.rows]


def test_no_byte_is_left_and_nothing_is_read_before(folder: Path) -> None:
    """Not in log, lake, index, vault or receipts: raw, decompressed, in base64 and other ways."""
    with filled(folder) as shop:
        _erase_ann(shop, folder)
    assert found_in(folder) == []
    with open_(folder) as again:
        assert reached(again) == [2, 2]
        assert again.verify().ok


def _erase_ann(shop: Embedded, folder: Path) -> None:
    shop._reading.settle()
    assert {secret for _, secret in found_in(folder)} == {"anns-own-company"}
    said = shop.sql("SELECT count(*) FROM events").to_arrow().to_pylist()
    receipt = shop.requests.erase("user:ann-the-visible", events=True)
    assert len(receipt.erasure.nodes) == 4
    assert reached(shop) == [2, 2]
    assert list(said[0].values()) == [9]
    left = shop.sql("SELECT properties FROM events").to_arrow().to_pylist()
    assert len(left) == 6
    assert "anns-own-company" not in str(left)
    assert shop.dead_letters.list() == []
    purged = shop.requests.erase(purge=True)
    assert purged.purged_at is not None
    assert found_in(folder) == []
    assert found_in(folder.parent / "config") == []
    assert shop.verify().ok, shop.verify().problems
    assert reached(shop) == [2, 2]


def test_events_that_stay_count_and_name_nobody(shop: Embedded, folder: Path) -> None:
    """Without ``events`` the numbers are as before; ids and personal values are gone for good."""
    before = reached(shop)
    receipt = shop.requests.erase("anonymous:ann-on-the-web", purge=True)
    assert receipt.purged_at is not None
    assert reached(shop) == before == [3, 3]
    for kind in ("user:ann-the-visible", "device:anns-phone"):
        with pytest.raises(NotFound):
            shop.merging.show(kind)
    for node in receipt.erasure.nodes:
        with pytest.raises(NotFound):
            shop._writing.vault.name(node)
        assert shop._writing.vault.kept_cipher(node) is None
    assert not set(found_in(folder)) - {
        (where, "anns-own-company") for where, _ in found_in(folder)
    }
    assert shop.verify().ok


def test_who_comes_back_is_somebody_new(shop: Embedded) -> None:
    """Under any of the ids; what is sent again as it was before adds nothing."""
    late = Event("cart", user_id="ben-the-visible", event_id="order-7")
    shop.append([late])
    old = {name: shop.merging.show(name).id for name in ("user:ben-the-visible",
                                                         "anonymous:ben-on-the-web")}  # fmt: skip
    shop.requests.erase("user:ben-the-visible", events=True)
    assert shop.append([late]).duplicates == 1
    with pytest.raises(NotFound):
        shop.merging.show("user:ben-the-visible")
    shop.append(_of("ben"))
    assert reached(shop) == [3, 3]
    for name, node in old.items():
        assert shop.merging.show(name).id != node


def test_a_letter_of_the_erased_does_not_come_in_again(shop: Embedded) -> None:
    """It is in no list, cannot be opened, and is not replayed; letters of others are."""
    (letters,) = shop.dead_letters.list()
    shop._writing.append_claims([Refusal(Invalid("odd", "It is odd."), b'{"user_id": "ben"}')])
    shop.requests.erase("user:ann-the-visible")
    with pytest.raises(NotFound):
        shop.dead_letters.show(letters.newest)
    assert [each.count for each in shop.dead_letters.list()] == [1]
    assert len(shop.dead_letters.replay().rejected) == 1
    shop.requests.erase(purge=True)
    assert [each.count for each in shop.dead_letters.list()] == [1]
    assert shop.verify().ok


def test_a_backup_that_is_put_back_forgets_again(folder: Path) -> None:
    """What was erased since stands beside the master key, and is erased again at the start."""
    with filled(folder) as shop:
        shop._reading.settle()
    backup = folder.with_name("backup")
    shutil.copytree(folder, backup)
    with open_(folder) as shop:
        shop.requests.erase("user:ann-the-visible", events=True)
        shop.requests.erase(property="price", event="cart")
    shutil.rmtree(folder)
    shutil.copytree(backup, folder)
    with open_(folder) as restored:
        assert reached(restored) == [2, 2]
        prices = restored.sql("SELECT event, price FROM events ORDER BY event").to_arrow()
        assert prices["price"].to_pylist() == [None, None, 20, 20, None, None]
        with pytest.raises(NotFound):
            restored.merging.show("user:ann-the-visible")
        assert restored.dead_letters.list() == []
        restored.requests.erase(purge=True)
        assert found_in(folder) == []
        assert restored.verify().ok, restored.verify().problems


@pytest.mark.parametrize("purge", [False, True])
def test_a_range_of_time_goes(shop: Embedded, purge: bool) -> None:
    """Of one person, or of everybody; what happens then in later events stays."""
    shop.requests.erase("user:ann-the-visible", since="2023-11-14T22:14:00Z", purge=purge)
    assert reached(shop) == [3, 2]
    shop.requests.erase(until="2023-11-14T22:13:30Z", purge=purge)
    assert reached(shop, "login", "cart") == [2, 2]
    assert shop.sql("SELECT event FROM events").to_arrow()["event"].to_pylist().count("cart") == 2
    shop.append([Event("catalog", user_id="dora", timestamp=START)])
    assert reached(shop) == [1, 0]
    assert shop.verify().ok, shop.verify().problems


@pytest.mark.parametrize("purge", [False, True])
def test_a_property_goes(shop: Embedded, folder: Path, purge: bool) -> None:
    """Of one event, of a person, or everywhere; the events stay, and what is sent later."""
    spec = {"question": "trends", "interval": "all",
            "series": [{"event": "cart", "measure": "sum", "property": "price"}]}  # fmt: skip
    shop.requests.erase(property="company", purge=purge)
    shop.requests.erase("user:ann-the-visible", property="price", purge=purge)
    assert shop.ask(spec).results["series"][0]["points"][0][1] == 40
    shop.requests.erase(property="price", event="catalog", purge=purge)
    assert shop.ask(spec).results["series"][0]["points"][0][1] == 40
    rows = shop.sql("SELECT event, price, properties FROM events").to_arrow().to_pylist()
    assert sorted(row["price"] for row in rows if row["price"]) == [20, 20]
    assert sum("price" in row["properties"] for row in rows) == 2
    assert len(rows) == 9
    shop.append([Event("cart", user_id="dora", properties={"price": 2})])
    assert shop.ask(spec).results["series"][0]["points"][0][1] == 42
    if purge:
        assert found_in(folder, ("anns-own-company",)) == []
    assert shop.verify().ok, shop.verify().problems


def test_the_archive_has_everything_about_a_person(shop: Embedded, tmp_path: Path) -> None:
    """Ids, events with personal values, refused ones, links; and nothing of anybody else."""
    done = shop.requests.export("user:ann-the-visible", tmp_path / "ann.zip")
    assert (done.events, done.refused) == (3, 1)
    with zipfile.ZipFile(tmp_path / "ann.zip") as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    everything = "".join(files.values())
    assert all(secret in everything for secret in SECRETS)
    assert "ben" not in everything
    assert [json.loads(line)["event"] for line in files["events.ndjson"].splitlines()] == [
        "catalog", "login", "cart"]  # fmt: skip
    assert len(files["manifest-sha256.txt"].splitlines()) == 6


def test_nothing_is_erased_by_half_a_word(shop: Embedded) -> None:
    """Who is unknown, what is not named and what contradicts itself is refused."""
    with pytest.raises(NotFound):
        shop.requests.erase("user:nobody")
    with pytest.raises(Invalid):
        shop.requests.erase()
    with pytest.raises(Invalid):
        shop.requests.erase("user:ben-the-visible", events=True, property="price")
    assert reached(shop) == [3, 3]


def test_a_receipt_has_internal_ids_only(shop: Embedded, folder: Path) -> None:
    """Who asked, when, which ids, and every room with what it had."""
    receipt = shop.requests.erase("user:ann-the-visible", events=True, by="the officer")
    assert receipt.erasure.by == "the officer"
    rooms = {room.room: room.things for room in receipt.rooms}
    assert rooms["dead_letters"] == 1
    assert rooms["vault"] == 4
    assert not any(room.gone for room in receipt.rooms)
    assert isinstance(receipt, Receipt)
    assert found_in(folder / "projects" / "default" / "receipts") == []

"""The audit can be added to and nothing else."""

import threading
from collections.abc import Iterator
from pathlib import Path

import apsw
import msgspec
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ethogram.events.errors import Broken
from ethogram.protect.access.desk import Desk
from ethogram.protect.access.trail import Line, Root
from ethogram.protect.keyring import unwrap, wrap

LINES = 12


def opened(tmp_path: Path) -> Desk:
    """The desk whose file is there."""
    return Desk(f"sqlite:///{tmp_path}/access.sqlite", lambda: [bytes(32)], dict)


def add(desk: Desk, at: str) -> None:
    """Add a line to the audit of ``shop``."""
    with desk.database.writing() as connection:
        desk.trail.append(connection, "shop", Line(at, "owner", "x", "", ""))


def wrapped(tmp_path: Path) -> bytes:
    """The workspace's secret, as it is kept."""
    connection = apsw.Connection(str(tmp_path / "access.sqlite"))
    kept = connection.execute("SELECT value FROM kept WHERE name = 'secret'").get
    connection.close()
    assert isinstance(kept, bytes)
    return kept


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk whose audit of ``shop`` has lines of three days, and that of ``other`` one."""
    desk = opened(tmp_path)
    for i in range(LINES):
        day = f"2026-03-0{1 + i // 4}"
        said = Line(f"{day}T10:00:00Z", "owner", "token added", f"token:{i}", "local")
        with desk.database.writing() as connection:
            desk.trail.append(connection, "shop", said)
    with desk.database.writing() as connection:
        desk.trail.append(connection, "other", Line("2026-03-01T10:00:00Z", "owner", "x", "", ""))
    yield desk
    desk.close()


def changed(tmp_path: Path, *statements: str) -> None:
    """Somebody with the file runs ``statements``."""
    with apsw.Connection(str(tmp_path / "access.sqlite")) as connection:
        for statement in statements:
            connection.execute(statement)


def test_what_nobody_touched_is_whole(desk: Desk) -> None:
    """Every line counts, in each project for itself."""
    assert (desk.trail.verify("shop"), desk.trail.verify("other")) == (LINES, 1)
    assert desk.trail.verify("nothing") == 0


@pytest.mark.parametrize(
    "tampering",
    [
        ["UPDATE audit SET entry = replace(entry, 'owner', 'nobdy') WHERE number = 5"],
        ["UPDATE audit SET entry = CAST(replace(entry, 'owner', 'nobdy') AS BLOB) "
         "WHERE number = 5"],
        ["UPDATE audit SET link = zeroblob(32) WHERE number = 12 AND project = 'shop'"],
        ["DELETE FROM audit WHERE number = 5"],
        ["DELETE FROM audit WHERE project = 'shop' AND number = 12"],
        ["DELETE FROM audit WHERE project = 'shop'"],
        ["DELETE FROM audit WHERE project = 'shop'", "DELETE FROM audit_ends",
         "UPDATE audit_ends SET number = 0"],
        ["DELETE FROM audit WHERE number > 8",
         "UPDATE audit_ends SET number = 8, link = (SELECT link FROM audit WHERE number = 8)"],
        ["DELETE FROM audit WHERE number > 7",
         "UPDATE audit_ends SET number = 7, day = '2026-03-02', link = "
         "(SELECT link FROM audit WHERE number = 7) WHERE project = 'shop'"],
        ["DELETE FROM audit WHERE number = 1 AND project = 'shop'"],
        ["UPDATE audit SET number = 99 WHERE number = 5", "UPDATE audit SET number = 5 WHERE "
         "number = 6", "UPDATE audit SET number = 6 WHERE number = 99"],
        ["UPDATE audit_roots SET signature = zeroblob(64)"],
        ["UPDATE audit_roots SET day = '2026-02-28' WHERE day = '2026-03-01'"],
        ["UPDATE audit SET project = 'moved' WHERE project = 'shop'",
         "UPDATE audit SET project = 'shop' WHERE project = 'other'",
         "UPDATE audit_ends SET number = 1, day = '2026-03-01', link = "
         "(SELECT link FROM audit WHERE project = 'shop') WHERE project = 'shop'",
         "DELETE FROM audit_roots"],
        ["DELETE FROM audit WHERE number > 6", "DELETE FROM audit_roots WHERE number > 6",
         "UPDATE audit_ends SET number = 6, day = '2026-03-02', link = "
         "(SELECT link FROM audit WHERE number = 6) WHERE project = 'shop'"],
        ["DELETE FROM audit_roots WHERE number = 4"],
        ["DELETE FROM audit", "DELETE FROM audit_ends", "DELETE FROM audit_roots"],
        ["DELETE FROM audit WHERE project = 'shop'", "DELETE FROM audit_ends "
         "WHERE project = 'shop'", "DELETE FROM audit_roots", "DELETE FROM kept "
         "WHERE name = 'audit'"],
        ["DELETE FROM audit WHERE project = 'other'", "DELETE FROM audit_ends "
         "WHERE project = 'other'"],
    ],
)  # fmt: skip
def test_what_was_changed_is_found(desk: Desk, tmp_path: Path, tampering: list[str]) -> None:
    """Flipped, deleted, cut off, reordered, moved to another project: each is said."""
    changed(tmp_path, *tampering)
    with pytest.raises(Broken):
        desk.trail.verify("shop")


def test_what_was_taken_away_stays_missing(desk: Desk, tmp_path: Path) -> None:
    """Lines that come later, and opening it anew, make nothing whole again."""
    changed(tmp_path, "DELETE FROM audit", "DELETE FROM audit_ends", "DELETE FROM audit_roots")
    add(desk, "2026-03-04T10:00:00Z")
    desk.close()
    again = opened(tmp_path)
    try:
        add(again, "2026-03-04T11:00:00Z")
        with pytest.raises(Broken, match="taken away"):
            again.trail.verify("shop")
    finally:
        again.close()


@pytest.mark.parametrize(
    "times",
    [
        ["2026-03-03T23:59:59.9Z", "2026-03-04T00:00:00.1Z", "2026-03-03T23:59:59.95Z",
         "2026-03-04T00:00:01Z", "2026-03-05T10:00:00Z"],
        ["2026-03-05T10:00:00Z", "2026-03-03T10:00:00Z", "2026-03-04T10:00:00Z",
         "2026-03-05T11:00:00Z", "2026-03-06T10:00:00Z"],
    ],
    ids=["late over midnight", "a clock that is set back"],
)  # fmt: skip
def test_a_line_of_a_day_that_is_over_is_of_the_next(desk: Desk, times: list[str]) -> None:
    """It and all behind it are added; of each day there is one root, and all is whole."""
    for each in times:
        add(desk, each)
    assert desk.trail.verify("shop") == LINES + len(times)
    days = [each.day for each in desk.trail.roots("shop")]
    assert days == sorted(set(days)) and days[-1] == times[-1][:10]


def test_an_audit_that_a_late_line_had_stopped_goes_on(desk: Desk, tmp_path: Path) -> None:
    """One from before the mend has a last day that is over already: opening it puts that right."""
    for each in ("2026-03-04T00:00:01Z", "2026-03-03T23:59:59Z"):
        add(desk, each)
    desk.close()
    changed(tmp_path, "UPDATE audit_ends SET day = '2026-03-03' WHERE project = 'shop'",
            "UPDATE alembic_version SET version_num = '0003'")  # fmt: skip
    again = opened(tmp_path)
    try:
        add(again, "2026-03-04T00:00:02Z")
        assert again.trail.verify("shop") == LINES + 3
    finally:
        again.close()


def test_an_audit_from_before_the_seal_is_sealed_once(desk: Desk, tmp_path: Path) -> None:
    """What it has when it is opened first; a seal that is taken away later is missed."""
    secret = unwrap(AESGCM(bytes(32)), wrapped(tmp_path), "access, audit sealed")
    desk.close()
    before = wrap(AESGCM(bytes(32)), secret, "access").hex()
    changed(tmp_path, "DELETE FROM kept WHERE name = 'audit'",
            f"UPDATE kept SET value = x'{before}' WHERE name = 'secret'")  # fmt: skip
    for whole in (True, False):
        again = opened(tmp_path)
        try:
            if whole:
                assert again.trail.verify("shop") == LINES
            else:
                with pytest.raises(Broken):
                    again.trail.verify("shop")
        finally:
            again.close()
        changed(tmp_path, "DELETE FROM kept WHERE name = 'audit'")


def test_who_no_longer_waits_stops_nobody(desk: Desk) -> None:
    """The line is written all the same, and so are those that come behind it."""
    with desk.database.writing():
        kept = desk.trail.keep("shop", Line("2026-03-03T12:00:00Z", "owner", "x", "", ""))
        assert not kept.cancel()
    kept.result(60)
    desk.trail.keep("shop", Line("2026-03-03T12:00:01Z", "owner", "y", "", "")).result(60)
    assert desk.trail.verify("shop") == LINES + 2


def test_a_root_that_was_kept_elsewhere_tells_of_a_whole_backup(desk: Desk, tmp_path: Path) -> None:
    """Also where the whole file is an older one, whose seal fits it."""
    older = (tmp_path / "access.sqlite").read_bytes()
    add(desk, "2026-03-04T10:00:00Z")
    kept = desk.trail.roots("shop")
    desk.trail.compare("shop", kept)
    with pytest.raises(Broken):
        desk.trail.compare("shop", [msgspec.structs.replace(kept[0], number=3)])
    desk.close()
    for file in tmp_path.glob("access.sqlite*"):
        file.unlink()
    (tmp_path / "access.sqlite").write_bytes(older)
    again = opened(tmp_path)
    try:
        assert again.trail.verify("shop") == LINES
        with pytest.raises(Broken, match="There was a line here on 2026-03-04"):
            again.trail.compare("shop", kept)
    finally:
        again.close()


def test_a_root_can_be_checked_elsewhere(desk: Desk) -> None:
    """By the public key alone; of another end it is not."""
    roots = desk.trail.roots("shop")
    assert [(each.day, each.number) for each in roots] == [
        ("2026-03-01", 4), ("2026-03-02", 8), ("2026-03-03", 12)
    ]  # fmt: skip

    def check(root: Root) -> None:
        said = f"ethogram audit {root.project} {root.day} {root.number} {root.link}".encode()
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(root.public_key))
        key.verify(bytes.fromhex(root.signature), said)

    for root in roots:
        check(root)
        with pytest.raises(InvalidSignature):
            check(msgspec.structs.replace(root, number=root.number - 1))


def test_lines_of_many_threads_are_all_durable_when_said(desk: Desk) -> None:
    """They share commits, and none is lost or doubled."""

    def add(thread: int) -> None:
        for i in range(20):
            said = Line("2026-03-03T11:00:00Z", f"account:{thread}", f"{i}", "", "")
            desk.trail.keep("shop", said).result()

    threads = [threading.Thread(target=add, args=(i,)) for i in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert desk.trail.verify("shop") == LINES + 100


def test_pages_of_lines_follow_each_other(desk: Desk) -> None:
    """The newest without a place, else those behind it."""

    def numbers(after: int | None, most: int) -> list[int]:
        return [each.number for each in desk.trail.read("shop", after, most)]

    assert numbers(None, 3) == [10, 11, 12]
    assert numbers(0, 3) == [1, 2, 3]
    assert numbers(11, 3) == [12]

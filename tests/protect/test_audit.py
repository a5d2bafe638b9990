"""The audit can be added to and nothing else."""

import threading
from collections.abc import Iterator
from pathlib import Path

import apsw
import msgspec
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ethogram.events.errors import Broken
from ethogram.protect.access.desk import Desk
from ethogram.protect.access.trail import Line, Root

LINES = 12


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk whose audit of ``shop`` has lines of three days, and that of ``other`` one."""
    desk = Desk(f"sqlite:///{tmp_path}/access.sqlite", lambda: [bytes(32)], dict)
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
    ],
)  # fmt: skip
def test_what_was_changed_is_found(desk: Desk, tmp_path: Path, tampering: list[str]) -> None:
    """Flipped, deleted, cut off, reordered, moved to another project: each is said."""
    changed(tmp_path, *tampering)
    with pytest.raises(Broken):
        desk.trail.verify("shop")


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

"""Vault and log on one disk that loses power: no event is left whose person the vault forgot."""

import random
from pathlib import Path

import apsw
from tests.faults.crash_disk import Disk, crashes, lay_out, recording
from tests.faults.log_crashes import FILE, Tally, checkpoint_every, scratch

from ethogram.collect.door import Door
from ethogram.collect.group import Group
from ethogram.events.errors import EthogramError
from ethogram.events.event import Event, Recorded
from ethogram.events.times import now
from ethogram.protect.consent.standing import Standing
from ethogram.protect.sealing import unseal
from ethogram.protect.vault import Vault
from ethogram.store.log.chain import verified
from ethogram.store.log.entries import unpack_events
from ethogram.store.log.seen import Seen
from ethogram.store.log.sqlite import SqliteLog

MASTER = b"m" * 32
VAULT = "vault.sqlite"


def run(disk: Disk, commits: int, chance: random.Random) -> list[tuple[int, list[Event]]]:
    """Take events in at a door; (operations done when they were acknowledged, the events)."""
    vault = Vault(disk.folder / VAULT, MASTER)
    log = SqliteLog(disk.folder / FILE, vault.keyring.chain)
    standing = Standing(disk.folder / "consent.sqlite")
    door = Door(log, Seen(), vault, standing)
    ledger: list[tuple[int, list[Event]]] = []
    for turn in range(commits):
        events = [_event(turn * 10 + i, chance) for i in range(chance.randint(1, 6))]
        group = Group()
        door.admit(group, events, now(), "native")
        door.close_group(group)
        door.commit(group)
        door.settle(group)
        ledger.append((len(disk.operations), events))
    log.close()
    vault.close()
    standing.close()
    return ledger


def _event(number: int, chance: random.Random) -> Event:
    person = chance.randrange(40)
    return Event(
        "view",
        user_id=f"u{person}",
        event_id=f"e{number}",
        session_id=f"s{number // 7}",
        properties={"email": f"u{person}@example.org"},
    )


def check(folder: Path, acknowledged: set[str], tally: Tally) -> None:
    """Every event that is found can say whose it is, and every acknowledged one is found."""
    tally.states += 1
    tally.acknowledged += len(acknowledged)
    try:
        vault = Vault(folder / VAULT, MASTER)
        log = SqliteLog(folder / FILE, vault.keyring.chain)
        try:
            list(verified(log.proofs(), vault.keyring.chain))
            found = [e for record in log.read(0, 1 << 40) for e in unpack_events(record.payload)]
            for event in found:
                _whose(event, vault)
        finally:
            log.close()
            vault.close()
    except (EthogramError, apsw.Error, AssertionError) as error:
        tally.corrupt.append(repr(error))
        return
    if missing := acknowledged - {event.event_id for event in found}:
        tally.lost.append(f"{len(missing)} events")


def _whose(event: Recorded, vault: Vault) -> None:
    """Raises where an id or a key is gone."""
    kind, name = vault.name(event.person)
    assert kind == "user"
    assert event.session is not None
    assert vault.name(event.session)[0] == "session"
    assert event.sealed is not None
    opened = unseal(vault, event.person, event.event_id, event.sealed)
    assert opened == {"properties": {"email": f"{name}@example.org"}}


def power_cuts(seed: int, commits: int, each: int, pages: int = 8) -> Tally:
    """``each`` power cuts behind every operation on vault and log."""
    chance, tally = random.Random(seed), Tally()
    with scratch() as root, checkpoint_every(pages):
        (root / "work").mkdir()
        with recording(root / "work") as disk:
            ledger = run(disk, commits, chance)
        for done, files in crashes(disk, chance, each):
            acknowledged = {e.event_id or "" for at, events in ledger if at <= done for e in events}
            lay_out(root / "found", files)
            check(root / "found", acknowledged, tally)
    return tally

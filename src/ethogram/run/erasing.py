"""Forgetting, in the process that reads a project: room by room, with a receipt for each erasure.

The writer has destroyed ids and keys by then, and said so in the log. Whatever is cut off is
begun again: an erasure without a receipt is forgotten, a receipt without an end purged.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

import msgspec
from msgspec.structs import replace

from ethogram.events.erasure import Erasure, Forgets, Receipt, Touched
from ethogram.events.event import Instant
from ethogram.events.times import now
from ethogram.protect.vault import Vault
from ethogram.run.reading import Reading

_decode = msgspec.json.Decoder(Receipt).decode


class Receipts:
    """The receipts of a project, a JSON file each."""

    def __init__(self, project: Path) -> None:
        self._folder = project / "receipts"

    def find(self, number: str) -> Receipt | None:
        """That of the erasure ``number``; None where it is not done."""
        try:
            return _decode((self._folder / f"{number}.json").read_bytes())
        except FileNotFoundError:
            return None

    def all(self) -> list[Receipt]:
        """All, oldest first."""
        found = [_decode(path.read_bytes()) for path in self._folder.glob("*.json")]
        return sorted(found, key=lambda receipt: receipt.erasure.at)

    def keep(self, receipt: Receipt) -> None:
        """Write ``receipt``, durably, in place of what it said before."""
        self._folder.mkdir(exist_ok=True)
        draft = self._folder / f"{receipt.erasure.number}.draft"
        with draft.open("wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(receipt)))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(draft.with_suffix(".json"))
        folder = os.open(self._folder, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)


class Erasing:
    """Has the ``rooms`` of a project forget what the ``vault`` says was erased.

    Within ``tidy`` microseconds all is purged by itself; None where that has to be asked for.
    """

    def __init__(
        self, reading: Reading, vault: Vault, rooms: Sequence[Forgets], tidy: Instant | None = None
    ) -> None:
        self._reading, self._vault, self._rooms, self._tidy = reading, vault, rooms, tidy
        self._turn = Lock()
        self._heard = -1
        self.receipts = Receipts(reading.folder)

    def receipt(self, erasure: Erasure) -> Receipt:
        """That of an erasure which the log says; the rooms have forgotten it when this returns."""
        while True:
            found = self.receipts.find(erasure.number)
            if found and (found.purged_at or not erasure.purge):
                return found
            self._reading.catch_up_to_end()
            self.step()

    def step(self) -> None:
        """Forget what was said since the last time, and purge where that was asked for."""
        with self._turn:
            heard = self._reading.people.erasures
            if heard == self._heard:
                return
            done = self._forget_all()
            if any(each.erasure.purge for each in self._pending()):
                self._purge()
            if done:
                self._heard = heard

    def purge(self) -> None:
        """Let go of the last byte of all that was forgotten and is still there."""
        with self._turn:
            self._forget_all()
            if self._pending():
                self._purge()

    def _forget_all(self) -> bool:
        """Whether nothing waits for the log, or for the index to take it from there."""
        self._vault.look_again()
        reached, waiting = self._reading.index.snapshot.state.position, False
        for position, erasure in self._vault.erasures():
            if position is None or position > reached:
                waiting = True
            elif self.receipts.find(erasure.number) is None:
                touched = [Touched(room.name, room.forget(erasure), False) for room in self._rooms]
                until = None if self._tidy is None else now() + self._tidy
                self.receipts.keep(Receipt(erasure, now(), touched, until))
        return not waiting

    def _pending(self) -> list[Receipt]:
        return [each for each in self.receipts.all() if each.purged_at is None]

    def _purge(self) -> None:
        pending = self._pending()
        numbers = {receipt.erasure.number for receipt in pending}
        said = [each for each in self._vault.unseen.said if each[1].number in numbers]
        self._reading.load_all()
        for room in self._rooms:
            room.purge(said)
        for receipt in pending:
            gone = [replace(each, gone=True) for each in receipt.rooms]
            done = replace(receipt, rooms=gone, pending_until=None, purged_at=now())
            self.receipts.keep(done)

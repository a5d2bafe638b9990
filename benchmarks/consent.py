"""What consent costs at the door: the same events unlooked at, with no needs, and required.

    python -m benchmarks.consent --rounds 9

Everybody agreed before, so that both keep the same. A batch is fifty events of our dialect from
claims to the disk; an import's table has 50,000 rows of 10,000 persons. Processor time, so that a
busy machine tells the same. The first ratio is that of no needs to a door that does not look at
what events say of consent, the second that of required to no needs.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from ethogram.collect.admission import Checked, Rules
from ethogram.collect.cleaning.facts import Sender
from ethogram.collect.consenting.needs import Needs
from ethogram.collect.consenting.passing import Passing
from ethogram.collect.door import Door, Step
from ethogram.collect.group import Group
from ethogram.events.event import Event, Instant
from ethogram.events.times import now
from ethogram.protect.consent.standing import Standing
from ethogram.protect.vault import Vault
from ethogram.store.lake.schema import INSTANT
from ethogram.store.log.seen import Seen
from ethogram.store.log.sqlite import SqliteLog

PERSONS, SIZE, BATCHES, ROWS = 10_000, 50, 200, 50_000
REQUIRED = Needs(("analytics",))


class Unlooked(Passing):
    """Everything passes, whatever it says."""

    def take(self, checked: list[Checked]) -> None:
        """See `Passing.take`."""
        self.passed.kept = checked


class BlindDoor(Door):
    """A door that does not look at what events say of consent."""

    def _passing(
        self, rules: Rules, received_at: Instant, protocol: str, sender: Sender
    ) -> Passing:
        return Unlooked(
            rules.needs, self._vault, self._standing, received_at, protocol, sender.refuses
        )


class Place:
    """A door in a new folder, where everybody agreed."""

    def __init__(self, folder: Path, needs: Needs, door: type[Door] = Door) -> None:
        self.vault = Vault(folder / "vault.sqlite", b"k" * 32)
        log = SqliteLog(folder / "log.sqlite", self.vault.keyring.chain)
        standing = Standing(folder / "consent.sqlite")
        self.rules = Rules(needs=needs)
        self.door = door(log, Seen(), self.vault, standing, lambda: self.rules)
        agreed = {"analytics": True}
        for start in range(0, PERSONS, 1000):
            people = range(start, start + 1000)
            said = [Event("consent", user_id=f"u{n}", consent=agreed) for n in people]
            self.settle(lambda group, said=said: self.door.admit(group, said, now(), "native"))

    def settle(self, admit: Callable[[Group], object]) -> None:
        """Admit and commit."""
        group = Group()
        admit(group)
        self.door.close_group(group)
        self.door.commit(group)
        self.door.settle(group)

    def events(self, turn: int) -> float:
        """Processor seconds of `BATCHES` batches."""
        batches = [[_event(turn, batch, i) for i in range(SIZE)] for batch in range(BATCHES)]
        began = time.process_time()
        for batch in batches:
            self.settle(lambda group, batch=batch: self.door.admit(group, batch, now(), "native"))
        return time.process_time() - began

    def table(self, turn: int) -> float:
        """Processor seconds of one table."""
        claims = pa.table({
            "event": ["view"] * ROWS, "event_id": [f"{turn}-{n}" for n in range(ROWS)],
            "user_id": [f"u{n * 7919 % PERSONS}" for n in range(ROWS)],
            "timestamp": pa.array([now()] * ROWS, INSTANT),
            "p_price_number": [n * 0.5 for n in range(ROWS)],
        })  # fmt: skip
        step = Step("file", turn * ROWS, (turn + 1) * ROWS)
        began = time.process_time()
        self.settle(lambda g: self.door.admit_table(g, claims, now(), step, keyed=True))
        return time.process_time() - began


def _event(turn: int, batch: int, i: int) -> Event:
    person = (turn * 31 + batch * SIZE + i) * 7919 % PERSONS
    properties = {"price": 20, "product": f"p{i}", "page": "/shop"}
    return Event("view", user_id=f"u{person}", event_id=f"{turn}-{batch}-{i}",
                 properties=properties, context={"locale": "de"})  # fmt: skip


def main() -> None:
    """Print the medians, and the median ratio of rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds: int = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        doors = (("blind", Needs(), BlindDoor), ("free", Needs(), Door), ("strict", REQUIRED, Door))
        places: list[Place] = []
        for name, needs, door in doors:
            (Path(folder) / name).mkdir()
            places.append(Place(Path(folder) / name, needs, door))
        for word, count in (("events", SIZE * BATCHES), ("table", ROWS)):
            turns = [[getattr(each, word)(turn) for each in places] for turn in range(rounds)]
            micro = [statistics.median(each) / count * 1e6 for each in zip(*turns, strict=True)]
            ratios = [statistics.median(turn[i + 1] / turn[i] for turn in turns) for i in (0, 1)]
            print(f"{word}: {', '.join(f'{each:.2f}' for each in micro)} µs an event, "
                  f"ratios {ratios[0]:.3f} and {ratios[1]:.3f}")  # fmt: skip


if __name__ == "__main__":
    main()

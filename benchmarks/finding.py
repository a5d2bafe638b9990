"""What it costs at the door that people are found by sealed values, and what its hashes give away.

    python -m benchmarks.finding

Events are admitted and committed with and without hashes, in turns, so that noise falls on both;
then somebody who has the vault's file, but no key, guesses values by how often each comes.
"""

import argparse
import random
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import process_time

import numpy as np
import pyarrow as pa

from ethogram.collect.door import Door, Step
from ethogram.collect.group import Group
from ethogram.events.event import Event, Instant, Json
from ethogram.events.times import now
from ethogram.protect.consent.standing import Standing
from ethogram.protect.finding import Hashes
from ethogram.protect.vault import Vault
from ethogram.store.log.memory import MemoryLog
from ethogram.store.log.seen import Seen

SIZE = 500
"""Events of a request."""
ROWS = 50_000
"""Rows of an import's step."""
NEW, KNOWN = 10_000_000, 3_000
"""Among so many people events fall: then nearly each is a new person's, or nearly none."""
PEOPLE = 100_000
"""Whose values are guessed."""
_note = Hashes.note


def _nothing(self: Hashes, person: int, name: str, value: Json, at: Instant) -> None:
    """No hash is made."""


def requests(count: int, people: int) -> float:
    """Microseconds of the processor an event, in requests whose events have an address."""
    door, vault, chance = *_door(), random.Random(7)
    told = [[_event(chance.randrange(people)) for _ in range(SIZE)] for _ in range(count)]
    began = process_time()
    for events in told:
        group = Group()
        door.admit(group, events, now(), "native")
        _keep(door, group)
    spent = process_time() - began
    vault.close()
    return spent / (count * SIZE) * 1e6


def imports(count: int, people: int) -> float:
    """The same for an import, ``count`` steps of rows with an address."""
    door, vault, chance = *_door(), np.random.default_rng(7)
    tables = [_table(chance.integers(0, people, ROWS).tolist(), step) for step in range(count)]
    began = process_time()
    for step, table in enumerate(tables):
        group = Group()
        mark = Step("a file", step * ROWS, (step + 1) * ROWS)
        door.admit_table(group, table, now(), mark, keyed=False)
        _keep(door, group)
    spent = process_time() - began
    vault.close()
    return spent / (count * ROWS) * 1e6


def _door() -> tuple[Door, Vault]:
    folder = Path(tempfile.mkdtemp())
    vault = Vault(folder / "vault.sqlite", b"k" * 32)
    standing = Standing(folder / "consent.sqlite")
    return Door(MemoryLog(vault.keyring.chain), Seen(), vault, standing), vault


def _keep(door: Door, group: Group) -> None:
    door.close_group(group)
    door.commit(group)
    door.settle(group)


def _event(person: int) -> Event:
    said = {"email": f"somebody.{person}@example.org", "price": 20, "country": "DE"}
    return Event("cart", user_id=f"u{person}", properties=said)


def _table(people: list[int], step: int) -> pa.Table:
    return pa.table({
        "event": ["cart"] * ROWS,
        "user_id": [f"u{each}" for each in people],
        "event_id": [f"{step}/{row}" for row in range(ROWS)],
        "timestamp": pa.array([1_700_000_000_000_000] * ROWS, pa.timestamp("us", "UTC")),
        "p_email_text": [f"somebody.{each}@example.org" for each in people],
        "p_price_number": [20.0] * ROWS,
    })  # fmt: skip


def guessed(values: list[str]) -> float:
    """The share of people whose value is guessed from equality alone.

    The guesser knows how often each value comes among others like them, another sample of as many,
    and takes the hash that comes as many-th often for the value that does.
    """
    half = len(values) // 2
    known, kept = Counter(values[:half]), Counter(values[half:])
    ranks = zip(known.most_common(), kept.most_common(), strict=False)
    return sum(count for (said, _), (true, count) in ranks if said == true) / (len(values) - half)


def populations(count: int) -> dict[str, list[str]]:
    """Values of ``count`` people by property; first names as Zipf's law has them."""
    chance = np.random.default_rng(11)
    names = chance.zipf(1.3, count)
    days = chance.integers(0, 365, count)
    years = np.clip(chance.normal(1985, 15, count).astype(int), 1930, 2012)
    return {
        "sex": [str(each) for each in chance.choice(["f", "m", "x"], count, p=[0.5, 0.48, 0.02])],
        "year of birth": [str(each) for each in years],
        "first name": [f"name {min(each, 5_000)}" for each in names],
        "birthday": [f"{year}-{day}" for year, day in zip(years, days, strict=True)],
        "e-mail": [f"{each}@example.org" for each in range(count)],
    }


def compared(run: Callable[[], float], turns: int) -> tuple[float, float]:
    """(the cost with hashes, the ratio to that without), medians of ``turns``."""
    ratios, costs = list[float](), list[float]()
    for _ in range(turns):
        Hashes.note = _nothing
        without = run()
        Hashes.note = _note
        costs.append(run())
        ratios.append(costs[-1] / without)
    return median(costs), median(ratios)


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--turns", type=int, default=7)
    turns = parser.parse_args().turns
    for name, run, count in (("requests", requests, 60), ("imports", imports, 3)):
        for people in (NEW, KNOWN):
            cost, ratio = compared(lambda run=run, of=(count, people): run(*of), turns)
            print(f"{name} among {people:,} people: {cost:.2f} us an event, {ratio:.3f} of without")
    for name, values in populations(2 * PEOPLE).items():
        print(f"{name}: {len(set(values)):,} values, {guessed(values):.1%} guessed")


if __name__ == "__main__":
    main()

"""The whole fault programme once, with figures.

    python -m tests.faults.full crashes --states 100000
    python -m tests.faults.full serving|loading|importing --kills 300
    python -m tests.faults.full losing --losses 200

Each prints its seed and, as it goes, what was tried; it ends with a traceback where something is
lost, doubled or made up, and where nothing was acknowledged.
"""

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.faults import log_crashes, vault_crashes
from tests.faults.forked_kills import Trial, kill_while_importing, kill_while_loading, lose_files
from tests.faults.ledger import Ledger
from tests.faults.log_crashes import Tally
from tests.faults.serving_kills import kill_while_serving
from tests.serving import served

CUTS: dict[str, Callable[[int], Tally]] = {
    "writes": lambda seed: log_crashes.power_cuts(seed, 60, 3),
    "checkpoints": lambda seed: log_crashes.power_cuts(seed, 60, 2, pages=4),
    "recovery": lambda seed: log_crashes.power_cuts_in_recovery(seed, 60, 120),
    "vault": lambda seed: vault_crashes.power_cuts(seed, 25, 2),
}
ROUND = 20
"""Kills on one workspace; then a new one is made."""


def crashes(states: int, seed: int) -> Iterator[str]:
    """Power cuts of every kind until so many states were looked at."""
    totals = {name: Tally() for name in CUTS}
    while sum(tally.states for tally in totals.values()) < states:
        for name, cut in CUTS.items():
            found = cut(seed)
            found.assert_sound()
            totals[name].add(found)
            seed += 1
        yield ", ".join(f"{tally.states} {name}" for name, tally in totals.items()) + ": all sound"


def serving(kills: int, seed: int) -> Iterator[str]:
    """Kills of the processes of a served workspace while clients send."""
    chance, done, events = random.Random(seed), 0, 0
    while done < kills:
        ledger = Ledger()
        with served(load_every=0.2, tick=0.02) as server:
            done += kill_while_serving(server, ledger, chance, ROUND)
            server.kill()
            assert server.document("verify")["ok"]
            ledger.assert_agrees(server.folder)
        events += len(ledger.acknowledged)
        yield f"{done} kills, {events:,} events acknowledged: none lost, none twice"


def alone(
    work: Callable[[Trial], object], tries: int, seed: int, column: str = "event_id"
) -> Iterator[str]:
    """Kills, or losses of files, of workspaces that one process has to itself."""
    chance, done, events = random.Random(seed), 0, 0
    while done < tries:
        with tempfile.TemporaryDirectory(prefix="eg-") as scratch:
            trial = Trial(Path(scratch), chance, column)
            work(trial)
            trial.ledger.assert_agrees(trial.folder, column)
            done += trial.kills or ROUND
            events += len(trial.ledger.acknowledged)
        yield f"{done} times, {events:,} events acknowledged: none lost, none twice"


WORKS: dict[str, Callable[[int, int], Iterator[str]]] = {
    "crashes": crashes,
    "serving": serving,
    "loading": lambda tries, seed: alone(lambda t: kill_while_loading(t, ROUND), tries, seed),
    "importing": lambda tries, seed: alone(
        lambda t: kill_while_importing(t, ROUND, 200_000), tries, seed, "p_said_text"
    ),
    "losing": lambda tries, seed: alone(lambda t: lose_files(t, ROUND), tries, seed),
}


def main() -> None:
    """Do what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=list(WORKS))
    parser.add_argument("--states", "--kills", "--losses", dest="tries", type=int, required=True)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(30))
    given = parser.parse_args()
    os.nice(15)
    began = time.monotonic()
    print(f"{given.what}, seed {given.seed}", flush=True)
    for said in WORKS[given.what](given.tries, given.seed):
        print(f"{time.monotonic() - began:6.0f} s  {said}", flush=True)


if __name__ == "__main__":
    main()

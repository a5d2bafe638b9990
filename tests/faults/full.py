"""The whole fault programme once, with figures.

    python -m tests.faults.full crashes --states 100000

Prints one line a round: the seed, what was tried, what was found wrong.
"""

import argparse
import os
import random
import sys
import time
from collections.abc import Callable

from tests.faults import log_crashes, vault_crashes
from tests.faults.log_crashes import Tally

ROUNDS: dict[str, Callable[[int], Tally]] = {
    "writes": lambda seed: log_crashes.power_cuts(seed, 60, 3),
    "checkpoints": lambda seed: log_crashes.power_cuts(seed, 60, 2, pages=4),
    "recovery": lambda seed: log_crashes.power_cuts_in_recovery(seed, 60, 120),
    "vault": lambda seed: vault_crashes.power_cuts(seed, 25, 2),
}


def cut_power(states: int, seed: int) -> bool:
    """Rounds of every kind until so many states were looked at; whether all were sound."""
    totals = {name: Tally() for name in ROUNDS}
    began = time.monotonic()
    while sum(tally.states for tally in totals.values()) < states:
        for name, round_ in ROUNDS.items():
            found = round_(seed)
            totals[name].add(found)
            print(f"{name} seed {seed}: {told(found)}", flush=True)
            seed += 1
    for name, tally in totals.items():
        print(f"ALL {name}: {told(tally)}")
    print(f"{sum(t.states for t in totals.values())} states, {time.monotonic() - began:.0f} s")
    return not any(t.corrupt or t.lost or t.phantom or not t.acknowledged for t in totals.values())


def told(tally: Tally) -> str:
    """What ``tally`` says, in a line."""
    return (
        f"{tally.states} states, {tally.acknowledged} records had been acknowledged,"
        f" {len(tally.corrupt)} corrupt, {len(tally.lost)} lost, {len(tally.phantom)} phantom"
    )


def main() -> int:
    """Run what the command line names; 1 where something was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["crashes"])
    parser.add_argument("--states", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(30))
    given = parser.parse_args()
    os.nice(15)
    return 0 if cut_power(given.states, given.seed) else 1


if __name__ == "__main__":
    sys.exit(main())

"""Tasks on threads, until the time for them is over or nobody waits any more."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import chain, islice
from threading import Event
from time import monotonic
from typing import TypeVar

from ethogram.ask.questions.waiting import ended_by
from ethogram.events.errors import Busy, TooLarge

P = TypeVar("P")


@dataclass(frozen=True)
class Patience:
    """How many seconds a question may take (0: as many as it takes).

    ``left`` is set, by any thread, when nobody waits for it any more.
    """

    seconds: float = 0.0
    left: Event = field(default_factory=Event)


class Work:
    """The tasks of one question, on ``threads`` (None: one for each core), from now on."""

    def __init__(self, threads: int | None, patience: Patience) -> None:
        self._threads = threads or os.cpu_count() or 1
        self._patience = patience
        self._until = monotonic() + patience.seconds

    def each(self, tasks: Iterable[Callable[[], P]], take: Callable[[P], None]) -> None:
        """Run ``tasks``; one after the other, as they end, ``take`` what they give.

        Where one fails, or `check` does, no other begins. At most two for each thread are begun or
        waiting to be taken.
        """
        with ended_by(self.check):
            self._each(tasks, take)

    def _each(self, tasks: Iterable[Callable[[], P]], take: Callable[[P], None]) -> None:
        coming = iter(tasks)
        first = list(islice(coming, 2))
        if self._threads == 1 or len(first) == 1:
            for task in chain(first, coming):
                take(self.run(task))
            return
        coming = chain(first, coming)
        with ThreadPoolExecutor(self._threads) as pool:
            begun = {pool.submit(self.run, task) for task in islice(coming, 2 * self._threads)}
            try:
                while begun:
                    ended, begun = wait(begun, return_when=FIRST_COMPLETED)
                    for done in ended:
                        take(done.result())
                        begun |= {pool.submit(self.run, task) for task in islice(coming, 1)}
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def check(self) -> None:
        """Raise `TooLarge` where the time is over, `Busy` where nobody waits."""
        if self._patience.left.is_set():
            raise Busy("nobody_waits", "Who asked has gone.")
        if self._patience.seconds and monotonic() > self._until:
            raise TooLarge(
                "question_too_long",
                f"The question took longer than {self._patience.seconds:g} seconds.",
                at="$",
                hint='Ask about less time or fewer people ("sample": 0.1), or raise the setting '
                "question_seconds.",
            )

    def run(self, task: Callable[[], P]) -> P:
        """What ``task`` gives, run here; it ends where `check` fails."""
        self.check()
        with ended_by(self.check):
            return task()

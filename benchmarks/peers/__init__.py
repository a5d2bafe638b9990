"""One file a peer: ``load(events)`` makes an `Engine` that answers questions as counts."""

from typing import Protocol

from benchmarks.questions import Counts, Question

THREADS = 2


class Engine(Protocol):
    """Something that answers the benchmark's questions, ready and warm after it is made."""

    name: str
    version: str
    exact: bool
    """Whether times are compared in microseconds; where false, counts may differ by ties."""

    def ask(self, question: Question) -> Counts:
        """The counts, equal to every other exact engine's."""
        ...

    def close(self) -> None:
        """Free what the engine holds."""
        ...

"""Which names of events an index tells apart.

A code has two bytes. Where a client puts into names what belongs into properties, the names that
come after the limit are all one, so that the others can still be asked about. A name is known in
every run of an index or in none: no answer counts a part of its events.
"""

from collections.abc import Iterable, Sequence
from threading import Lock

MOST = 2**16
"""How many names a run can hold."""
OTHER = "(other events)"
"""What every name beyond the limit is called."""


class Names:
    """The names that are told apart, at most `MOST` with `OTHER`; one index, one of these."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._known = set(known) - {OTHER}
        self._taking = Lock()

    def take(self, names: Sequence[str]) -> Sequence[str]:
        """Know ``names`` while there is room; for each what it is called."""
        with self._taking:
            for name in names:
                if len(self._known) >= MOST - 1:
                    break
                if name != OTHER:
                    self._known.add(name)
            return self.called(names)

    def called(self, names: Sequence[str]) -> Sequence[str]:
        """For each of ``names`` what it is called."""
        if len(self._known) < MOST - 1:
            return names
        return [name if name in self._known else OTHER for name in names]

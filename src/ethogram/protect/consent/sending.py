"""Who may be sent where: asked of the records when something leaves for others."""

# The functions of pyarrow.compute are made when it is imported.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.events.event import Instant
from ethogram.protect.consent.words import NEVER

Ids: TypeAlias = npt.NDArray[np.int64]


class Sending:
    """What is allowed by ``records`` (`store.lake.tables.CONSENTS`).

    ``resolve`` gives the person of every internal id.
    """

    def __init__(self, records: pa.Table, resolve: Callable[[Ids], Ids]) -> None:
        self._records, self._resolve = records, resolve

    def may_send(self, person: int, purpose: str, at: Instant | None = None) -> bool:
        """Whether the person with an id had given ``purpose``, as known ``at`` a time, or now."""
        return bool(self.may_send_all(np.array([person]), purpose, at)[0])

    def may_send_all(
        self, persons: Ids, purpose: str, at: Instant | None = None
    ) -> npt.NDArray[np.bool_]:
        """See `may_send`, for each id."""
        return np.isin(self._resolve(persons), self.states(purpose, at)[0])

    def states(self, purpose: str, at: Instant | None = None) -> tuple[Ids, Ids]:
        """The persons who gave ``purpose``, and those who withdrew it."""
        said = self._records.filter(pc.equal(self._records["purpose"], purpose))
        if at is not None:
            said = said.filter(pc.less_equal(said["received_at"].cast(pa.int64()), at))
        ids, of = np.unique(self._persons(said), return_inverse=True)
        given, when, came = _times(said)
        taken_said, taken_came = (np.full(len(ids), NEVER) for _ in range(2))
        np.maximum.at(taken_said, of[~given], when[~given])
        np.maximum.at(taken_came, of[~given], came[~given])
        holds = np.zeros(len(ids), np.bool_)
        for order in (np.lexsort((came, when, of)), np.lexsort((when, came, of))):
            rows = order[given[order]]
            rows = rows[np.append(of[rows][1:] != of[rows][:-1], True)[: len(rows)]]
            whose = of[rows]
            holds[whose] |= (when[rows] > taken_said[whose]) & (came[rows] >= taken_came[whose])
        return ids[holds], ids[~holds]

    def _persons(self, said: pa.Table) -> Ids:
        return self._resolve(said["person"].to_numpy().astype(np.int64))


def _times(said: pa.Table) -> tuple[npt.NDArray[np.bool_], Ids, Ids]:
    """Whether each record gave, when it was said, and when it came: see `words`."""
    at, received_at = (said[name].cast(pa.int64()).to_numpy() for name in ("at", "received_at"))
    history = np.zeros(said.num_rows, np.bool_)
    if "history" in said.column_names:
        history = np.array(pc.fill_null(said["history"], False), np.bool_)
    return np.array(said["given"], np.bool_), at, np.where(history, at, received_at)

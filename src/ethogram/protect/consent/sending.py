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
        persons = self._resolve(said["person"].to_numpy().astype(np.int64))
        given, when = np.array(said["given"], bool), said["at"].cast(pa.int64()).to_numpy()
        order = np.lexsort((~given, when, persons))
        persons, given = persons[order], given[order]
        last = np.append(persons[1:] != persons[:-1], True)[: len(persons)]
        return persons[last & given], persons[last & ~given]

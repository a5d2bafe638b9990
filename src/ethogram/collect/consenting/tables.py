"""Which rows of an import pass: the same rules as for events (`passing`), once for each person."""

# The functions of pyarrow.compute are made when it is imported.
# pyright: reportAttributeAccessIssue=false

from collections import Counter
from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.collect.consenting.needs import Needs
from ethogram.collect.consenting.passing import allowed_by, gives
from ethogram.protect.consent.standing import Allowed, Standing, Tie
from ethogram.protect.vault import Vault
from ethogram.store.lake.schema import property_of

Mask: TypeAlias = npt.NDArray[np.bool_]
_KINDS = {"user_id": "user", "anonymous_id": "anonymous"}


class Rows:
    """The persons of the rows of ``claims``, and what they allow."""

    def __init__(self, claims: pa.Table, vault: Vault, standing: Standing) -> None:
        self._vault, self._standing = vault, standing
        users, user = self._coded(claims, "user_id")
        visitors, visitor = self._coded(claims, "anonymous_id")
        pairs, self._pair = np.unique(user * (len(visitors) + 1) + visitor, return_inverse=True)
        standing.look(node for node in (*users, *visitors) if node is not None)
        users, visitors = [*users, None], [*visitors, None]
        named = (divmod(int(pair), len(visitors)) for pair in pairs)
        self._allowed: list[tuple[Allowed, ...]] = [
            allowed_by(standing, users[u], visitors[v], is_user=u < len(users) - 1)
            for u, v in named
        ]

    def give(self, purpose: str) -> Mask:
        """For each row whether its person gave ``purpose``."""
        return np.array([gives(each, purpose) for each in self._allowed], bool)[self._pair]

    def _coded(self, claims: pa.Table, name: str) -> tuple[list[int | None], Any]:
        """(the internal id of each external one, None where it is new; each row's place in it)."""
        if name not in claims.column_names:
            return [], np.zeros(claims.num_rows, np.int64)
        coded = pc.if_else(pc.equal(claims[name], ""), None, claims[name]).combine_chunks()
        coded = coded.dictionary_encode()
        names: list[str] = coded.dictionary.to_pylist()
        self._vault.recall(_KINDS[name], names)
        ids = self._vault.ids(_KINDS[name])
        places = pc.fill_null(coded.indices.cast(pa.int64()), len(names))
        return [ids.get(each) for each in names], places.to_numpy()


def passing(
    claims: pa.Table, needs: Needs, source: str, vault: Vault, standing: Standing
) -> tuple[pa.Table, Mask, Counter[tuple[str, str]]]:
    """(the rows that pass, without what nobody allowed; which they were; what was left out)."""
    withheld: Counter[tuple[str, str]] = Counter()
    rows = Rows(claims, vault, standing)
    passes = np.ones(claims.num_rows, bool)
    for purpose, concerned in _wanted(claims, needs, source):
        refused = concerned & ~rows.give(purpose)
        withheld["event", purpose] += int(refused.sum())
        passes &= ~refused
    for event, names in needs.properties.items():
        of_event = np.array(pc.equal(claims["event"], event))
        for name, purpose in names.items():
            gone = of_event & passes & ~rows.give(purpose)
            claims, count = _dropped(claims, name, gone)
            withheld["property", purpose] += count
    kept = claims if passes.all() else claims.filter(pa.array(passes))
    return kept, passes, +withheld


def _wanted(claims: pa.Table, needs: Needs, source: str) -> Iterable[tuple[str, Mask]]:
    """Each purpose, and the rows that need it."""
    found: dict[str, Mask] = {}
    everywhere = np.ones(claims.num_rows, bool)
    for purpose in needs.of("", source):
        found[purpose] = everywhere
    for event, purpose in needs.events.items():
        mask = np.array(pc.equal(claims["event"], event))
        found[purpose] = found.get(purpose, ~everywhere) | mask
    return found.items()


def _dropped(claims: pa.Table, name: str, gone: Mask) -> tuple[pa.Table, int]:
    """``claims`` without the values of a property in the rows ``gone``; how many there were."""
    count = np.zeros(len(gone), bool)
    for at, column in enumerate(claims.column_names):
        found = property_of(column)
        if found is not None and found[0] == name:
            count |= gone & np.array(pc.is_valid(claims[column]))
            kept = claims[column].take(pa.array(np.arange(len(gone)), mask=gone))
            claims = claims.set_column(at, column, kept)
    return claims, int(count.sum())


def ties(table: pa.Table, standing: Standing) -> list[Tie]:
    """The visitors and users who are seen together in the rows of a batch, and were not before."""
    both = table.filter(pc.not_equal(table["person"], table["anonymous"]))
    pairs = both.select(["anonymous", "person"]).group_by(["anonymous", "person"]).aggregate([])
    listed = zip(pairs["anonymous"].to_pylist(), pairs["person"].to_pylist(), strict=True)
    made = (Tie(visitor, user, True) for visitor, user in listed if visitor is not None)
    return [tie for tie in made if standing.tie(tie)]

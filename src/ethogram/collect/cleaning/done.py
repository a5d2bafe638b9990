"""What was done to the rows of a table, and how it stands in their ``extra``."""
# pyright: reportAttributeAccessIssue=false
# The functions of pyarrow.compute are made when it is imported.

from collections.abc import Sequence
from typing import TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.events.event import Json

CLEANED = "cleaned"
"""The column that says, as JSON, what was done to a row; null where nothing was."""
Codes: TypeAlias = npt.NDArray[np.int64]


class Done:
    """The words of each step for each of so many rows; later ones take an earlier one's place."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._words: list[tuple[str, list[Json], Codes]] = []

    def note(self, name: str, words: Sequence[Json], codes: Codes) -> None:
        """The step ``name`` says ``words[code]`` of each row, and nothing where that is None."""
        texts = [None if word is None else msgspec.json.encode(word) for word in words]
        distinct = dict(zip(texts, words, strict=True))
        if distinct.keys() != {None}:
            at = {text: index for index, text in enumerate(distinct)}
            few = np.array([at[text] for text in texts], np.int64)
            self._words.append((name, list(distinct.values()), few[codes]))

    def __bool__(self) -> bool:
        return bool(self._words)

    def column(self) -> pa.Array:
        """The column `CLEANED`; each combination of words is written once."""
        whole = np.zeros(self._rows, np.int64)
        for _, words, codes in self._words:
            _, whole = np.unique(whole * len(words) + codes, return_inverse=True)
        _, rows, whole = np.unique(whole, return_index=True, return_inverse=True)
        texts = [self._text(row) for row in rows.tolist()]
        return pa.array(texts, pa.string()).take(pa.array(whole))

    def _text(self, row: int) -> bytes | None:
        said = [(name, words[codes[row]]) for name, words, codes in self._words]
        found = {name: word for name, word in said if word is not None}
        return msgspec.json.encode(found) if found else None


def with_cleaned(claims: pa.Table) -> pa.Table:
    """``claims`` whose ``extra`` says what was `CLEANED`, beside what it says already."""
    if CLEANED not in claims.column_names:
        return claims
    said = pc.binary_join_element_wise('{"cleaned":', claims[CLEANED], "}", "")
    if "extra" not in claims.column_names:
        return claims.append_column("extra", said)
    extra = claims["extra"]
    both = pc.binary_join_element_wise(
        pc.utf8_slice_codeunits(extra, 0, -1), pc.utf8_slice_codeunits(said, 1), ","
    )
    at = claims.schema.get_field_index("extra")
    return claims.set_column(at, "extra", pc.coalesce(both, said, extra))

"""Which dead letters speak of a person: refused events know no internal ids."""

# The functions of pyarrow.compute are made when it is imported.
# pyright: reportAttributeAccessIssue=false

import json
import re
from base64 import b64encode
from collections.abc import Collection, Iterator
from urllib.parse import quote, quote_plus

import pyarrow.compute as pc

from ethogram.collect.door import LETTER, letter_cipher
from ethogram.protect.keyring import Keyring, unwrap
from ethogram.run.dead_letters import content, letter_rows
from ethogram.store.lake.tables import Lake
from ethogram.store.log.port import LogReader

_NEEDED = ["position", "sealed", "form", "replays"]
LONG = 8
"""Only an id of so many characters is looked for inside of base64, where a short one may stand by
chance."""


def letters_of(
    names: Collection[str], log: LogReader, lake: Lake, keyring: Keyring, after: int = 0
) -> list[int]:
    """The positions past ``after`` of letters that hold one of ``names``, ids as clients say them.

    An id must stand by itself, between characters that are no letters or digits.
    """
    if not names:
        return []
    said = re.compile("|".join(f"(?:{each})" for name in names for each in _patterns(name)))
    cipher, found = letter_cipher(keyring), list[int]()
    for table in letter_rows(log, lake, _NEEDED, (after, 1 << 62)):
        letters = table.filter(pc.is_null(table["replays"]))
        for row in letters.to_pylist():
            held = unwrap(cipher, row["sealed"], LETTER)
            text = json.dumps(content(row["form"], held), ensure_ascii=False)
            if said.search(text) or said.search(held.decode(errors="replace")):
                found.append(row["position"])
    return found


def _patterns(name: str) -> Iterator[str]:
    for said in {name, json.dumps(name)[1:-1], quote(name), quote(name, ""), quote_plus(name)}:
        yield rf"(?<![^\W_]){re.escape(said)}(?![^\W_])"
    data = name.encode("utf-8", "surrogatepass")
    for before in range(3) if len(data) >= LONG else ():
        coded = b64encode(bytes(before) + data).decode().rstrip("=")
        whole = len(coded) - ((before + len(data)) % 3 > 0)
        yield re.escape(coded[(0, 2, 3)[before] : whole])

"""Changes to requests that keep them requests: a value of the body's JSON becomes an odd one."""

import json
import random
from base64 import b64decode, b64encode
from collections.abc import Callable
from copy import deepcopy
from typing import Any
from urllib.parse import quote_from_bytes, unquote_to_bytes

Mutate = Callable[[bytes, int], bytes]
ODD: list[Any] = [
    None, True, 0, -1, 2**53 + 1, 2**63, 2**64, 10**30, 1.5, 1e308, float("nan"), float("inf"),
    "", " ", "\0", "\ud800", "\udfff\ud800", "😀", "a" * 600, "ann@example.org", "+49 30 1234567",
    "NaN", "1e400", "1_0", "٣", "9" * 30, "-1", "2026-03-01T12:00:00Z", "1900-01-01",
    "9999-12-31T23:59:59+14:00", [], {}, [[]], [None], {"": None}, {"a": {"b": [1]}}, "@deep",
    "eg_write_x", "=?%zz", "eyJhIjoxfQ==", {"\ud800": 1}, {"a" * 300: {}},
]  # fmt: skip
NAMES = ("", "event", "properties", "\0", "x" * 70, "ann@example.org")
DEEP = "[" * 1500 + "]" * 1500


def mutated(said: bytes, most: int, seed: int, mutate: Mutate) -> bytes:
    """``said`` with one change: half of the time of any byte, else of a value of its JSON."""
    chance = random.Random(seed)
    head, empty, body = said.partition(b"\n\n")
    if chance.random() < 0.5 or not empty:
        return mutate(said, most)
    changed = _changed(body, chance)
    return mutate(said, most) if changed is None else (head + empty + changed)[:most]


def _changed(body: bytes, chance: random.Random) -> bytes | None:
    """The body with another value; None where it is no JSON and no form with JSON in it."""
    if body.startswith(b"data="):
        data, _, rest = body[5:].partition(b"&")
        try:
            inside = _changed(b64decode(unquote_to_bytes(data)), chance)
        except ValueError:
            return None
        return inside and b"data=" + quote_from_bytes(b64encode(inside)).encode() + b"&" + rest
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    for _ in range(chance.randint(1, 3)):
        value = _other(value, chance)
    return json.dumps(value).replace('"@deep"', DEEP).encode()


def _other(value: Any, chance: random.Random) -> Any:
    """``value`` with a change at some depth."""
    if not value or not isinstance(value, dict | list) or chance.random() < 0.15:
        return deepcopy(chance.choice(ODD))
    place: Any = chance.choice([*value] if isinstance(value, dict) else range(len(value)))
    what = chance.random()
    if what < 0.1:
        del value[place]
    elif what > 0.2:
        value[place] = _other(value[place], chance)
    elif isinstance(value, list):
        value += [deepcopy(value[place]) for _ in range(chance.choice([1, 30, 300]))]
    else:
        value[chance.choice(NAMES)] = deepcopy(value[place])
    return value

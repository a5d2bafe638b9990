"""The people behind a number, as every surface tells them."""

from collections.abc import Mapping
from typing import Any

from ethogram.ask.engines.embedded import Asking
from ethogram.show.api.ports import People
from ethogram.show.charts.answers import State


def people(asking: Asking, cell: Mapping[str, Any], limit: int | None) -> People:
    """Those behind the number that ``cell`` names, ``limit`` of them (None: all).

    Raises `Invalid` where the question lists no people, or its answer has no such number.
    """
    ids, state = asking.people(cell), asking.snapshot.state
    shown = [str(each) for each in ids[:limit].tolist()]
    return People(shown, len(ids), State(state.position, state.identity, state.erasures))

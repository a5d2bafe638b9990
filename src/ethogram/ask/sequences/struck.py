"""What of a run may be seen: without those who are erased, and what was struck out of others."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ethogram.ask.sequences.arrange import Rows
from ethogram.ask.sequences.run import Column, Int64s
from ethogram.events.erasure import Struck
from ethogram.people.identity import Identity
from ethogram.store.lake.changes import holds


def seen(rows: Rows, nodes: Int64s, identity: Identity) -> tuple[Rows, Int64s]:
    """What ``identity`` shows of ``rows``, which were recorded under ``nodes``; and their nodes."""
    shown = ~identity.hides(nodes)
    for struck in identity.struck:
        hit = _hit(rows, nodes, struck)
        if struck.property is None:
            shown &= ~hit
        else:
            rows = replace(rows, properties=_blank(rows.properties, struck.property, hit))
    at = np.flatnonzero(shown)
    return rows.take(at), nodes[at]


def _hit(rows: Rows, nodes: Int64s, struck: Struck) -> np.ndarray:
    hit = rows.positions < struck.position
    if struck.node is not None:
        hit &= nodes == struck.node
    at = (rows.origin + rows.seconds.astype(np.int64)) * 1_000_000 + rows.micros
    if struck.since is not None:
        hit &= at >= struck.since
    if struck.until is not None:
        hit &= at < struck.until
    if struck.event is not None:
        named = [i for i, name in enumerate(rows.names) if name == struck.event]
        hit &= np.isin(rows.codes, named)
    return hit


def _blank(properties: Mapping[str, Column], name: str, rows: np.ndarray) -> dict[str, Column]:
    """``properties`` with nothing in ``rows`` of the one called ``name``, nor what changes it."""
    left = dict(properties)
    for each, column in properties.items():
        if holds(each, name):
            tags, values = column.tags.copy(), column.values.copy()
            tags[rows], values[rows] = 0, 0
            left[each] = Column(tags, values, column.words)
    return left

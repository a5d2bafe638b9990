"""What is kept of the address that an event came from, once all steps have read it."""

from collections.abc import Mapping

import pyarrow as pa

from ethogram.collect.cleaning.facts import ADDRESSES, Sender
from ethogram.events.event import Json
from ethogram.protect.access.addresses import Policy, truncated
from ethogram.store.lake.schema import TYPES, column_name

_NAMES = frozenset(ADDRESSES)


def masked(values: dict[str, Json], policy: Policy) -> dict[str, Json]:
    """``values`` with their addresses as ``policy`` has them; they are not changed in place.

    What is called an address and is none, or a list of some, is dropped.
    """
    if policy == "keep" or _NAMES.isdisjoint(values):
        return values
    kept = {name: _kept(value, policy) if name in _NAMES else value
            for name, value in values.items()}  # fmt: skip
    return {name: value for name, value in kept.items() if value or name not in _NAMES}


def masked_sender(sender: Sender, policy: Policy) -> Sender:
    """``sender`` as it may stand beside what was refused."""
    if policy == "keep":
        return sender
    return Sender(sender.agent, _kept(sender.address, policy), _kept(sender.remote, policy))


def masked_table(claims: pa.Table, policy: Policy) -> pa.Table:
    """As `masked`, for the properties of an import's rows."""
    if policy == "keep":
        return claims
    columns: Mapping[str, bool] = {
        column_name(name, tag): tag == "text" for name in ADDRESSES for tag in TYPES
    }
    for at, column in enumerate(claims.column_names):
        if column not in columns:
            continue
        if columns[column] and policy == "truncate":
            coded = claims[column].combine_chunks().dictionary_encode()
            said = [truncated(text) or None for text in coded.dictionary.to_pylist()]
            values = pa.array(said, pa.string()).take(coded.indices)
        else:
            values = pa.nulls(claims.num_rows, claims.schema.field(at).type)
        claims = claims.set_column(at, column, values)
    return claims


def _kept(value: Json, policy: Policy) -> str:
    return truncated(value) if policy == "truncate" and isinstance(value, str) else ""

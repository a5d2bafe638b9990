"""The steps over a table of claims: the same functions, once for each that says the same.

Columns say facts by their names, as properties do (`facts.NAMES`).
"""
# pyright: reportAttributeAccessIssue=false
# The functions of pyarrow.compute are made when it is imported.

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.collect.cleaning import facts as known
from ethogram.collect.cleaning.addresses import LONGEST_PAGE, address
from ethogram.collect.cleaning.campaigns import way
from ethogram.collect.cleaning.done import CLEANED, Codes, Done
from ethogram.collect.cleaning.facts import Facts
from ethogram.collect.cleaning.nobody import IDS, OTHER
from ethogram.collect.cleaning.pipeline import REFUSALS, REFUSED_HINT, Cleaning
from ethogram.collect.cleaning.step import Findings, Group
from ethogram.events.event import Json
from ethogram.events.plan import Finding
from ethogram.events.repeated import repeatable
from ethogram.store.lake.schema import TYPES, Tag, column_name, property_of

Mask: TypeAlias = npt.NDArray[np.bool_]
_Taken: TypeAlias = tuple[str, ...] | None
"""The parameters that an address lost; None where it stayed as it was."""
_TAGS: Mapping[type, Tag] = {str: "text", bool: "flag", float: "number", int: "number"}


def cleaned_table(
    claims: pa.Table, cleaning: Cleaning
) -> tuple[pa.Table, dict[int, list[Finding]]]:
    """(``claims`` after all steps, with `CLEANED` where they did something; the rows refused)."""
    done, refused = Done(claims.num_rows), dict[int, list[Finding]]()
    claims = _without_nobody(claims, cleaning.nobody, done) if cleaning.nobody else claims
    claims = _without_missing(claims, cleaning.absent, done) if cleaning.absent else claims
    table = claims
    for group in cleaning.groups:
        table = _grouped(table, claims, group, done, refused)
    if cleaning.rewrites:
        table = _rewritten(table, done)
    return table.append_column(CLEANED, done.column()) if done else table, refused


def _without_nobody(claims: pa.Table, nobody: frozenset[str], done: Done) -> pa.Table:
    """``claims`` without the ids that name nobody, but for the last one that a row has."""
    whole, words = np.zeros(claims.num_rows, np.int64), pa.array(sorted(nobody))
    for at, name in enumerate(IDS):
        ids, other = _column(claims, name), _column(claims, OTHER[name])
        if ids is None or other is None:
            continue
        gone = pc.and_(pc.is_in(ids, words), pc.fill_null(pc.not_equal(other, ""), False))
        if pc.any(gone).as_py():
            left = pc.if_else(gone, pa.scalar(None, pa.string()), ids)
            claims = claims.set_column(claims.schema.get_field_index(name), name, left)
            whole |= np.asarray(gone).astype(np.int64) << at
    bits, codes = np.unique(whole, return_inverse=True)
    shown = [[name for at, name in enumerate(IDS) if bit >> at & 1] for bit in bits.tolist()]
    done.note("ids", [each or None for each in shown], codes)
    return claims


def _without_missing(claims: pa.Table, absent: frozenset[str], done: Done) -> pa.Table:
    words = pa.array(sorted(absent))
    whole, names = np.zeros(claims.num_rows, np.int64), list[str]()
    for column in claims.column_names:
        found = property_of(column)
        if found is None or found[1] != "text":
            continue
        none = pc.is_in(claims[column], words)
        if not pc.any(none).as_py():
            continue
        at = claims.schema.get_field_index(column)
        values = pc.if_else(none, pa.scalar(None, pa.string()), claims[column])
        claims = claims.set_column(at, column, values)
        whole |= np.asarray(none).astype(np.int64) << len(names)
        names.append(found[0])
    bits, codes = np.unique(whole, return_inverse=True)
    shown = [[name for at, name in enumerate(names) if bit >> at & 1] for bit in bits.tolist()]
    done.note("missing", [_repeated(each) if each else None for each in shown], codes)
    return claims


def _repeated(names: list[str]) -> list[Json]:
    return [name for name in names if repeatable(name)]


def _grouped(
    table: pa.Table, claims: pa.Table, group: Group, done: Done, refused: dict[int, list[Finding]]
) -> pa.Table:
    """``table`` with what the steps of ``group`` find in ``claims``."""
    said = {name: column for name in group.names
            if (column := _fact(claims, name)) is not None}  # fmt: skip
    if not said:
        return table
    codes, first = _distinct(list(said.values()))
    rows = pa.array(first)
    values = zip(*(column.take(rows).to_pylist() for column in said.values()), strict=True)
    found = [group.find(_facts(said, each)) for each in values]
    for code, each in enumerate(found):
        if each.refuses:
            reason = Finding(*REFUSALS[each.refuses], "$", REFUSED_HINT)
            refused |= {row: [reason] for row in np.flatnonzero(codes == code).tolist()}
    return _with_found(table, found, codes, done)


def _facts(names: Iterable[str], values: Iterable[Any]) -> Facts:
    facts = Facts(**{name: value for name, value in zip(names, values, strict=True)
                     if value is not None})  # fmt: skip
    facts.long = len(facts.url) + len(facts.referrer) > LONGEST_PAGE
    return facts


def _fact(claims: pa.Table, name: str) -> pa.Array | None:
    """The column of a fact: the first of its properties that has a value; None where none has."""
    if name == "user":
        return _column(claims, "user_id")
    if name == "happened":
        return claims["timestamp"].combine_chunks().cast(pa.int64())
    if name in ("host", "way"):
        url = _fact(claims, "url")
        return None if url is None else _of_address(url, name)
    if name == "value":
        columns = [_column(claims, column_name(each, "number")) for each in known.VALUES]
        return _first(columns)
    columns = [_column(claims, column_name(each, "text")) for each in known.NAMES[name]]
    there = [pc.if_else(pc.equal(each, ""), None, each) for each in columns if each is not None]
    if name == "referrer" and "kind" in claims.column_names:
        there.append(_unreferred(claims))
    found = _first(there)
    most = _MOST.get(name)
    return found if found is None or most is None else pc.utf8_slice_codeunits(found, 0, most)


_MOST = {
    "agent": known.LONGEST_AGENT,
    "email": known.LONGEST_AGENT,
    "address": known.LONGEST_ADDRESS,
    "currency": known.LONGEST_ADDRESS,
}


def _first(columns: Sequence[pa.Array | None]) -> pa.Array | None:
    there = [each for each in columns if each is not None]
    return pc.coalesce(*there) if there else None


def _of_address(url: pa.Array, name: str) -> pa.Array:
    """The host of each address, or the way that it names; empty where there is none."""
    coded = url.dictionary_encode()
    pages = [address(text) for text in coded.dictionary.to_pylist()]
    said = [page.host if name == "host" else way(page) for page in pages]
    return pa.array(said, pa.string()).take(coded.indices)


def _unreferred(claims: pa.Table) -> pa.Array:
    """`NO_REFERRER` for pages that were seen and do not name one."""
    url = _fact(claims, "url")
    seen = pc.equal(claims["kind"].combine_chunks(), "page")
    return pc.if_else(seen if url is None else pc.and_(seen, pc.is_valid(url)),
                      None if url is None else known.NO_REFERRER, None)  # fmt: skip


def _column(claims: pa.Table, name: str) -> pa.Array | None:
    if name not in claims.column_names:
        return None
    return claims[name].combine_chunks()


def _distinct(columns: list[pa.Array]) -> tuple[Codes, Codes]:
    """(which combination of values each row has, a row that has each)."""
    whole = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        coded = column.dictionary_encode()
        size = len(coded.dictionary)
        codes = np.asarray(coded.indices.fill_null(size)).astype(np.int64)
        _, whole = np.unique(whole * (size + 1) + codes, return_inverse=True)
    _, first, whole = np.unique(whole, return_index=True, return_inverse=True)
    return whole, first


def _with_found(table: pa.Table, found: list[Findings], codes: Codes, done: Done) -> pa.Table:
    """``table`` with the properties of ``found``, by row, where it has none of that name."""
    names = dict.fromkeys(name for each in found for name in each.adds)
    there = {name: _present(table, name) for name in names}
    for step in dict.fromkeys(name for each in found for name in each.each):
        words: list[Json] = [None, *(each.said.get(step) for each in found)]
        done.note(step, words, np.where(_adding(found, step, codes, there), codes + 1, 0))
    for name in names:
        values = [each.adds.get(name) for each in found]
        table = _with_property(table, name, values, codes, there[name])
    return table


def _adding(found: list[Findings], step: str, codes: Codes, there: dict[str, Mask | None]) -> Mask:
    """The rows to which a step adds something, or of which it says that it cannot."""
    adds = [each.each[step].adds if step in each.each else None for each in found]
    empty = np.array([each is not None and not each for each in adds])[codes]
    for name in dict.fromkeys(name for each in adds for name in each or ()):
        has = np.array([each is not None and name in each for each in adds])[codes]
        present = there[name]
        empty |= has if present is None else has & ~present
    return empty


def _present(table: pa.Table, name: str) -> Mask | None:
    """The rows that have the property ``name``; None where none has."""
    columns = [column for tag in TYPES if (column := column_name(name, tag)) in table.column_names]
    if not columns:
        return None
    return np.logical_or.reduce([np.asarray(table[column].is_valid()) for column in columns])


def _with_property(
    table: pa.Table, name: str, values: list[Json], codes: Codes, present: Mask | None
) -> pa.Table:
    tag: Tag = next(_TAGS[value.__class__] for value in values if value is not None)
    rows = pa.array(codes, mask=present)
    added = pa.array(values, TYPES[tag]).take(rows)
    column = column_name(name, tag)
    at = table.schema.get_field_index(column)
    if at < 0:
        return table.append_column(column, added)
    return table.set_column(at, column, pc.coalesce(table[column], added))


def _rewritten(table: pa.Table, done: Done) -> pa.Table:
    """``table`` whose addresses are spelt anew, each distinct one once."""
    taken: list[tuple[list[_Taken], Codes]] = []
    for at, column in enumerate(table.column_names):
        name = property_of(column)
        if name is None or name[1] != "text" or name[0] not in known.PLACES:
            continue
        coded = table.column(at).combine_chunks().dictionary_encode()
        said: list[str] = coded.dictionary.to_pylist()
        anew = [address(text) for text in said]
        removed = [new.removed if new.text != old else None
                   for new, old in zip(anew, said, strict=True)]  # fmt: skip
        if any(each is not None for each in removed):
            texts = pa.array([new.text for new in anew], pa.string())
            table = table.set_column(at, column, texts.take(coded.indices))
            rows = np.asarray(coded.indices.fill_null(len(said)))
            kinds = list(dict.fromkeys([None, *removed]))
            few = np.array([*map(kinds.index, removed), 0], np.int64)
            taken.append((kinds, few[rows]))
    if taken:
        _note_removed(taken, done)
    return table


def _note_removed(taken: list[tuple[list[_Taken], Codes]], done: Done) -> None:
    """What was taken out of the addresses of each row, true where they were only spelt anew."""
    whole = np.zeros(len(taken[0][1]), np.int64)
    for kinds, codes in taken:
        _, whole = np.unique(whole * len(kinds) + codes, return_inverse=True)
    _, rows, whole = np.unique(whole, return_index=True, return_inverse=True)
    words: list[Json] = []
    for row in rows.tolist():
        removed = [each for kinds, codes in taken if (each := kinds[codes[row]]) is not None]
        names = dict.fromkeys(name for each in removed for name in each)
        words.append((list(names) or True) if removed else None)
    done.note("urls", words, whole)

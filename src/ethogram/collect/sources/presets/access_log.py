"""Access logs of web servers: the common and the combined format of Apache and nginx.

Sources: httpd.apache.org/docs/2.4/mod/mod_log_config.html (``%h %l %u %t "%r" %>s %b``, then
``"%{Referer}i" "%{User-agent}i"``; ``%v`` or ``%v:%p`` before it all in vhost_combined),
nginx.org/en/docs/http/ngx_http_log_module.html (``combined``). A quote inside quotes is ``\\"``
or ``\\x22``. What stands after the user agent is not looked at.

A visitor is the user who signed in, or else a hash of address and user agent: two people behind
one address with one browser are one, one with two browsers two. The address itself is not kept,
unless a mapping says so.
"""
# pyright: reportAttributeAccessIssue=false
# The functions of pyarrow.compute are made when it is imported.

from collections.abc import Callable
from datetime import date
from hashlib import blake2b

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.collect.cleaning.addresses import address, without_secrets
from ethogram.collect.sources.mapping import Mapping
from ethogram.collect.sources.presets.months import month_numbers
from ethogram.collect.sources.presets.preset import Log, Parsed

_QUOTED = r'(?:[^"\\]|\\.)*'
_LINE = (
    r"^(?P<who>[^\[]+ )"
    r"\[(?P<time>\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2} [-+]\d{4})\] "
    rf'"(?P<request>{_QUOTED})" (?P<answer>\d{{3}} (?:\d+|-)(?: .*)?)$'
)
"""At most five groups, and no byte that two of them could take: then RE2 needs a single pass."""
_WHO = (
    r"^(?:(?P<host>[^ ]+) (?P<address>[0-9A-Za-z:][^ ]*) - (?P<login>.+)"
    r"|(?P<alone>[^ ]+) [^ ]+ (?P<user>.+)) $"
)
_ANSWER = (
    r"^(?P<status>\d{3}) (?P<bytes>\d+|-)"
    rf'(?: "(?P<referrer>{_QUOTED})" "(?P<agent>{_QUOTED})"(?: .*)?)?$'
)
_REQUEST = (
    r"^(?P<method>[A-Za-z_-]+) (?P<path>[^?\s]*)(?:\?(?P<query>[^\s]*))?(?: (?P<protocol>[^\s]+))?$"
)


def parse(lines: pa.StringArray, _: date) -> Parsed:
    """The lines' requests; every line is one or bad."""
    said = pc.extract_regex(lines, _LINE)
    who = pc.extract_regex(pc.struct_field(said, "who"), _WHO)
    answer = pc.extract_regex(pc.struct_field(said, "answer"), _ANSWER)
    good = np.asarray(pc.and_(who.is_valid(), answer.is_valid()))
    field = {
        part.name: pc.struct_field(group, part.name).filter(pa.array(good))
        for group in (said, who, answer)
        for part in group.type
    }
    request = pc.extract_regex(field["request"], _REQUEST)
    part = {f.name: pc.struct_field(request, f.name) for f in request.type}
    client = _either(field["address"], field["alone"])
    agent = _unless_empty(field["agent"])
    login = _unless_empty(_either(field["login"], field["user"]))
    table = pa.table(
        {
            "time": _times(field["time"]),
            "login": login,
            "visitor": pc.if_else(login.is_null(), _visitors(client, field["agent"]), _NONE),
            "address": client,
            "host": _unless_empty(field["host"]),
            "method": part["method"],
            "path": pc.coalesce(part["path"], _each(_page, field["request"])),
            "query": _unless_empty(_each(without_secrets, part["query"])),
            "protocol": _unless_empty(part["protocol"]),
            "status": field["status"].cast(pa.float64()),
            "bytes": pc.replace_substring(field["bytes"], "-", "0").cast(pa.float64()),
            "referrer": _unless_empty(field["referrer"]),
            "user_agent": agent,
        }
    )
    return Parsed(table, np.flatnonzero(good), np.flatnonzero(~good))


_NONE = pa.scalar(None, pa.string())


def _unless_empty(texts: pa.StringArray) -> pa.StringArray:
    """Null where there is nothing, or the hyphen that stands for it."""
    return pc.if_else(pc.is_in(texts, pa.array(["", "-"])), _NONE, texts)


def _either(one: pa.StringArray, other: pa.StringArray) -> pa.StringArray:
    """What the one group of an alternative found, or the other."""
    return pc.if_else(pc.equal(one, ""), other, one)


def _each(spell: Callable[[str], str], texts: pa.StringArray) -> pa.StringArray:
    """``texts``, each distinct one spelt once."""
    coded = texts.dictionary_encode()
    return pa.array(map(spell, coded.dictionary.to_pylist()), pa.string()).take(coded.indices)


def _page(text: str) -> str:
    return address(text).text


def _times(said: pa.StringArray) -> pa.StringArray:
    """ISO 8601 of ``01/Mar/2026:10:00:00 +0100``."""
    day, name, year, clock, zone = (
        pc.utf8_slice_codeunits(said, start, stop)
        for start, stop in ((0, 2), (3, 6), (7, 11), (12, 20), (21, 26))
    )
    date = pc.binary_join_element_wise(year, month_numbers(name), day, "-")
    return pc.binary_join_element_wise(pc.binary_join_element_wise(date, clock, "T"), zone, "")


def _visitors(addresses: pa.StringArray, agents: pa.StringArray) -> pa.StringArray:
    """A hash of each pair."""
    pairs = pc.binary_join_element_wise(addresses, agents, "\0").dictionary_encode()
    hashed = [blake2b(pair.encode(), digest_size=16).hexdigest()
              for pair in pairs.dictionary.to_pylist()]  # fmt: skip
    return pa.array(hashed, pa.string()).take(pairs.indices)


ACCESS_LOG = Log(
    about="requests to Apache or nginx, common or combined",
    mapping=Mapping(
        user="login",
        anonymous="visitor",
        time="time",
        event_name="request",
        drop=["address"],
    ),
    parse=parse,
)

"""Log-ins and attempts in the log of OpenSSH's server: ``auth.log``, ``secure``, journals.

Sources: auth.c (``auth_log``: "Accepted|Failed|Postponed METHOD for [invalid user ]USER from
ADDRESS port PORT ssh2"), auth2.c and packet.c (disconnects) of OpenSSH; RFC 3164 for lines
without a year, RFC 5424 and rsyslog for those with an ISO 8601 time. "message repeated N times"
is one event that says so. Lines of other programs, and others of sshd's, are left out.

Who does it is the address: what one address tries under many names is one story. The name that
was tried is the property ``user``.
"""
# pyright: reportAttributeAccessIssue=false
# The functions of pyarrow.compute are made when it is imported.

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.collect.sources.mapping import Mapping
from ethogram.collect.sources.presets.months import month_numbers
from ethogram.collect.sources.presets.preset import Log, Parsed

_FROM = r"from (?P<address>[0-9A-Za-z.:%_-]+)(?: port (?P<port>\d+))?"
_LINE = (
    r"^(?:<\d+>)?(?:\d+ )?(?:(?P<month>[A-Z][a-z]{2}) +(?P<day>\d{1,2}) (?P<clock>[\d:]{8})"
    r"|(?P<iso>\d{4}-\d{2}-\d{2}[T ][\d:.]+(?:Z|[-+]\d{2}:?\d{2})?))"
    r" (?P<host>[^\s]+) sshd[\w-]*(?:\[(?P<pid>\d+)\])?:? (?P<message>.*)$"
)
_SYSLOG = r"^(?:<\d+>)?(?:\d+ )?(?:[A-Z][a-z]{2} +\d{1,2} [\d:]{8}|\d{4}-\d{2}-\d{2}[T ][\d:.]+)"
_REPEATED = r"^message repeated (?P<times>\d+) times: \[ ?(?P<message>.*)\]$"
_LOGIN = (
    r"^(?P<word>Accepted|Failed) (?P<method>[\w/-]+) for (?P<invalid>(?:invalid|illegal) user )?"
    rf"(?P<user>.*) {_FROM}"
)
_INVALID = rf"^(?:Invalid|Illegal) user (?P<user>.*) {_FROM}"
_CLOSED = (
    r"^(?P<word>Disconnected from|Received disconnect from|Connection closed by|"
    r"Connection reset by)(?: (?:(?:invalid|authenticating) )?user (?P<user>[^ ]*))? "
    r"(?P<address>[0-9A-Fa-f.:]+)(?: port (?P<port>\d+))?"
)
_FIELDS = ("user", "address", "port", "method")
_NONE = pa.scalar(None, pa.string())


def parse(lines: pa.StringArray, written: date) -> Parsed:
    """The log-ins, attempts and disconnects; lines that are no lines of a log are bad."""
    said = pc.extract_regex(lines, _LINE)
    ours = np.asarray(said.is_valid())
    said = said.filter(pa.array(ours))
    repeated = pc.extract_regex(pc.struct_field(said, "message"), _REPEATED)
    inner = pc.struct_field(repeated, "message")
    message = pc.coalesce(inner, pc.struct_field(said, "message"))
    event, fields = _told(message)
    known = event.is_valid()
    columns = {
        "event": event,
        "time": _times(said, written),
        **fields,
        "host": pc.struct_field(said, "host"),
        "repeated": pc.struct_field(repeated, "times").cast(pa.float64()),
    }
    table = pa.table(columns).filter(known)
    rows = np.flatnonzero(ours)[np.asarray(known)]
    return Parsed(table, rows, np.flatnonzero(~ours & ~_is_log(lines)))


def _told(message: pa.StringArray) -> tuple[pa.StringArray, dict[str, pa.Array]]:
    """What each message says happened, null where it is none of these, and its parts."""
    login, invalid, closed = (pc.extract_regex(message, r) for r in (_LOGIN, _INVALID, _CLOSED))
    accepted = pc.fill_null(pc.equal(pc.struct_field(login, "word"), "Accepted"), False)
    event = pc.case_when(
        pc.make_struct(accepted, login.is_valid(), invalid.is_valid(), closed.is_valid()),
        "login",
        "login_failed",
        "invalid_user",
        "disconnect",
    )
    fields = {
        name: pc.coalesce(
            *(
                pc.struct_field(each, name)
                for each in (login, invalid, closed)
                if each.type.get_field_index(name) >= 0
            )
        )
        for name in _FIELDS
    }
    fields = {n: pc.if_else(pc.equal(v, ""), _NONE, v) for n, v in fields.items()}
    fields["known_user"] = pc.if_else(
        login.is_valid(), pc.equal(pc.struct_field(login, "invalid"), ""), None
    )
    return event, fields | {"port": fields["port"].cast(pa.float64())}


def _times(said: pa.StructArray, written: date) -> pa.StringArray:
    """ISO 8601; a line without a year is of the last one in which it was not to come."""
    part = {name: pc.struct_field(said, name) for name in ("month", "day", "clock", "iso")}
    month = month_numbers(part["month"])
    later = pc.greater(month, f"{written.month:02d}")
    year = pc.if_else(later, f"{written.year - 1:04d}", f"{written.year:04d}")
    day = pc.utf8_lpad(part["day"], 2, "0")
    date = pc.binary_join_element_wise(year, month, day, "-")
    short = pc.binary_join_element_wise(date, part["clock"], "T")
    return pc.if_else(pc.equal(part["iso"], ""), short, part["iso"])


def _is_log(lines: pa.StringArray) -> np.ndarray:
    return np.asarray(pc.match_substring_regex(lines, _SYSLOG))


SSHD = Log(
    about="log-ins, attempts and disconnects of OpenSSH's server",
    mapping=Mapping(user="address", time="time", event="event"),
    parse=parse,
)

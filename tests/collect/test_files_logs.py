"""Logs of web servers and of sshd: every line is an event, left out, or a reject."""

import gzip
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reading import read

from ethogram.collect.sources.mapping import Mapping
from ethogram.store.lake.schema import property_of

WEB, SSH = Mapping(preset="access-log"), Mapping(preset="sshd", year=2024)
COMMON = '192.0.2.1 - - [01/Mar/2026:10:00:00 +0100] "GET /a?b=c HTTP/1.1" 200 12'


def rows(tmp_path: Path, text: str | bytes, mapping: Mapping) -> list[dict[str, Any]]:
    """The claims of a log with that text, properties by their own names."""
    path = tmp_path / "x.log"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    found = [row for chunk in read(path, mapping) for row in chunk.table.to_pylist()]
    return [{(property_of(k) or (k,))[0]: v for k, v in row.items() if v is not None}
            for row in found]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (COMMON, {"path": "/a", "query": "b=c", "status": 200.0, "bytes": 12.0, "method": "GET"}),
        (COMMON.replace("192.0.2.1", "2001:db8::1"), {"path": "/a"}),
        ("shop.example:443 " + COMMON, {"host": "shop.example:443", "path": "/a"}),
        (COMMON.replace(" 12", " -"), {"bytes": 0.0}),
        (COMMON.replace("GET /a?b=c HTTP/1.1", "-"), {"path": "-", "status": 200.0}),
        (COMMON + r' "http://x/" "A \"B\" C"', {"referrer": "http://x/",
                                               "user_agent": r"A \"B\" C"}),
        (COMMON + ' "-" "-" 0.012', {"path": "/a"}),
        (COMMON.replace("GET /a?b=c HTTP/1.1", r"\x16\x03\x01"), {"path": r"\x16\x03\x01"}),
        (COMMON.replace("- - [", "- ann [") + "\r", {"user_id": "ann"}),
    ],
)  # fmt: skip
def test_a_request_is_read_in_each_format(tmp_path, line, said):
    """Common and combined, with a host before or more behind, IPv6, escapes, no bytes."""
    (row,) = rows(tmp_path, line + "\n", WEB)
    assert {name: row.get(name) for name in said} == said
    assert row["timestamp"].isoformat() == "2026-03-01T09:00:00+00:00"
    assert "address" not in row


def test_what_a_log_of_requests_knows_of_a_person_is_not_kept(tmp_path):
    """No token of an address, and no network address, whatever else is left out."""
    said = COMMON.replace("b=c", "id=7&token=hush&utm_source=news&to=%2Fx%3Fpassword%3Dhush")
    broken = COMMON.replace("/a?b=c", "/a b?token=hush")
    first, second = rows(
        tmp_path, f"{said}\n{broken}\n", Mapping(preset="access-log", drop=["bytes"])
    )
    assert (first["path"], first["query"]) == ("/a", "id=7&utm_source=news")
    assert "hush" not in f"{first} {second}"
    assert not {"address", "bytes"} & first.keys()


def test_a_visitor_is_an_address_with_its_browser(tmp_path):
    """Who signed in is themselves; of the others, another browser or address is another one."""
    agents = [' "-" "A"', ' "-" "B"', ' "-" "A"']
    lines = [COMMON + agent for agent in agents]
    lines += [COMMON.replace("192.0.2.1", "192.0.2.2") + agents[0]]
    who = [row["anonymous_id"] for row in rows(tmp_path, "\n".join(lines), WEB)]
    assert who[0] == who[2]
    assert len(set(who)) == 3
    assert not any("192.0" in each for each in who)


def test_a_mapping_goes_before_a_preset(tmp_path):
    """Columns can be renamed, left out and named as others than the preset does."""
    mapping = Mapping(
        preset="access-log", user="address", event="method", properties=["path", "status"],
        rename={"path": "page"}, types={"status": "text"},
    )  # fmt: skip
    (row,) = rows(tmp_path, COMMON, mapping)
    assert (row["user_id"], row["event"], row["page"], row["status"]) == (
        "192.0.2.1", "GET", "/a", "200",
    )  # fmt: skip
    assert "bytes" not in row


SSHD = """\
Mar  7 13:06:56 box sshd[12]: Accepted publickey for ann from 192.0.2.1 port 22 ssh2: RSA SHA256:x
Mar 17 13:06:57 box sshd[12]: Failed password for invalid user x from y from 192.0.2.2 port 5 ssh2
Mar 17 13:06:58 box sshd[12]: message repeated 3 times: [ Failed password for root from ::1 port 5]
2024-03-17T14:06:59.5+01:00 box sshd-session[12]: Invalid user  from 192.0.2.3
Feb 29 13:00:00 box sshd[12]: Connection closed by 192.0.2.4 port 9 [preauth]
Mar 17 13:07:00 box CRON[3]: pam_unix(cron:session): session opened for user root by (uid=0)
Mar 17 13:07:00 box sshd[12]: Server listening on :: port 22.
no log at all
Mon 99 13:07:00 box sshd[12]: Accepted password for ann from 192.0.2.1 port 22 ssh2
"""


def test_log_ins_are_read_with_their_parts(tmp_path):
    """Who tried what from where, by which method; names may hold anything."""
    found = rows(tmp_path, SSHD, SSH)
    assert [
        (row["event"], row["user_id"], row.get("user"), row.get("port"), row.get("method"))
        for row in found
    ] == [
        ("login", "192.0.2.1", "ann", 22.0, "publickey"),
        ("login_failed", "192.0.2.2", "x from y", 5.0, "password"),
        ("login_failed", "::1", "root", 5.0, "password"),
        ("invalid_user", "192.0.2.3", None, None, None),
        ("disconnect", "192.0.2.4", None, 9.0, None),
    ]
    assert [str(row["timestamp"])[:19] for row in found] == [
        "2024-03-07 13:06:56", "2024-03-17 13:06:57", "2024-03-17 13:06:58",
        "2024-03-17 13:06:59", "2024-02-29 13:00:00",
    ]  # fmt: skip
    assert [row.get("known_user") for row in found] == [True, False, True, None, None]
    assert found[2]["repeated"] == 3.0


def test_a_line_without_a_year_is_of_the_files(tmp_path):
    """The year in which the file was last written, or the one before for months still to come."""
    path = tmp_path / "auth.log"
    path.write_text("".join(line.replace("Mar  7", month) + "\n" for month in ("Feb 20", "Dec 31")
                            for line in SSHD.splitlines()[:1]))  # fmt: skip
    moment = datetime(2023, 3, 1, tzinfo=UTC).timestamp()
    os.utime(path, (moment, moment))
    (chunk,) = [chunk for chunk in read(path, Mapping(preset="sshd")) if chunk.rows > 1]
    assert [time.year for time in chunk.table["timestamp"].to_pylist()] == [2023, 2022]


def test_what_is_no_line_of_a_log_is_a_reject(tmp_path):
    """Lines of other programs are left out; those that no program wrote are named by number."""
    path = tmp_path / "auth.log"
    path.write_text(SSHD)
    rejects = [(r.line, r.code) for chunk in read(path, SSH) for r in chunk.rejects]
    assert rejects == [(8, "bad_line"), (9, "bad_time")]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from([COMMON.encode(), b"\n", b'"', b" ", b"\\", b"\xff", b"[", b"\0x",
                              b' "-" "x"']) | st.binary(max_size=8), max_size=12),
    st.booleans(),
)  # fmt: skip
def test_no_bytes_stop_an_access_log(tmp_path_factory, pieces, packed):
    """Whatever stands in it, each line is a request or a reject, and none is twice."""
    body = b"".join([COMMON.encode(), b"\n", *pieces, b"\n", COMMON.encode()])
    if b"\0" in body:
        body = body.replace(b"\0", b"\x01")
    path = tmp_path_factory.mktemp("log") / "access"
    path.write_bytes(gzip.compress(body) if packed else body)
    lines = [line for line in body.replace(b"\r", b"\n").split(b"\n") if line]
    chunks = list(read(path, WEB))
    ids = [i for chunk in chunks for i in chunk.table["event_id"].to_pylist()]
    assert len(set(ids)) == len(ids) >= 1
    assert sum(chunk.rows for chunk in chunks) == len(lines)

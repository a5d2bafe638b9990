"""Events that wait outlive the process that wrote them."""

import errno
import os
import signal
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.events.errors import Busy
from ethogram.send import outbox
from ethogram.send.outbox import Outbox, Waiting


def lines_of(box: Outbox, events: int = 10, size: int = 1000) -> list[bytes]:
    """All that waits, taken lot by lot."""
    found: list[bytes] = []
    while (lot := box.lot(events, size)) is not None:
        found += lot.lines
        lot.file.arrived(lot.upto)
    return found


@settings(max_examples=60, deadline=None)
@given(
    lines=st.lists(
        st.binary(min_size=1, max_size=40).filter(lambda b: b"\n" not in b), max_size=30
    ),
    events=st.integers(1, 7),
    size=st.integers(1, 60),
)
def test_lots_hold_every_event_once_in_order(tmp_path_factory, lines, events, size):
    """However large a lot may be, and longer events than that too."""
    box = Outbox(tmp_path_factory.mktemp("outbox"))
    for line in lines:
        box.append([line])
    assert lines_of(box, events, size) == lines
    box.close()


def test_what_a_killed_process_left_is_sent_by_the_next(tmp_path):
    """The dead one's events come first; while it lives nobody else touches them."""
    code = (
        "import sys, time; from pathlib import Path; from ethogram.send.outbox import Outbox\n"
        "box = Outbox(Path(sys.argv[1])); box.append([b'one', b'two'])\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        early = Outbox(tmp_path)
        assert lines_of(early) == []
        early.close()
        process.send_signal(signal.SIGKILL)
    box = Outbox(tmp_path)
    box.append([b"three"])
    assert lines_of(box) == [b"one", b"two", b"three"]
    box.close()
    assert list(tmp_path.iterdir()) == []


def test_what_has_arrived_is_not_sent_again(tmp_path):
    """The mark beside a file is as durable as the file."""
    box = Outbox(tmp_path)
    box.append([b"one", b"two"])
    lot = box.lot(1, 100)
    assert lot is not None
    lot.file.arrived(lot.upto)
    box.close()
    again = Outbox(tmp_path)
    assert lines_of(again) == [b"two"]
    again.close()


def test_half_an_event_at_the_end_is_left_out(tmp_path):
    """As a loss of power leaves it; the file goes when the rest has arrived."""
    (tmp_path / "1-a.jsonl").write_bytes(b"one\ntw")
    box = Outbox(tmp_path)
    assert lines_of(box) == [b"one"]
    box.close()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_keeps_all_of_an_append_or_nothing(tmp_path, monkeypatch):
    """What did not fit is gone, and the next append is whole."""
    file = Waiting(tmp_path / "1-a.jsonl")
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, text: write(handle, text[:2]))
    with pytest.raises(OSError) as error:
        file.append([b"three"])
    assert error.value.errno == errno.ENOSPC
    monkeypatch.undo()
    file.append([b"four"])
    lot = file.lot(9, 99)
    assert lot is not None
    assert lot.lines == [b"four"]


def test_too_many_events_are_refused_not_dropped(tmp_path, monkeypatch):
    """The caller hears of it; what was there stays."""
    monkeypatch.setattr(outbox, "LARGEST", 10)
    box = Outbox(tmp_path)
    box.append([b"12345678"])
    with pytest.raises(Busy) as error:
        box.append([b"9"] * 3)
    assert error.value.code == "outbox_full"
    assert lines_of(box) == [b"12345678"]


def test_a_file_that_was_sent_begins_anew(tmp_path, monkeypatch):
    """It does not grow for ever."""
    monkeypatch.setattr(outbox, "SPENT", 8)
    box = Outbox(tmp_path)
    for _ in range(5):
        box.append([b"123456789"])
        assert lines_of(box) == [b"123456789"]
    (file,) = tmp_path.glob("*.jsonl")
    assert file.stat().st_size == 0
    box.close()


def test_a_forked_process_has_a_file_of_its_own(tmp_path):
    """Parent and child do not write into one another's."""
    box = Outbox(tmp_path)
    box.append([b"parent"])
    child = os.fork()
    if child == 0:
        box.append([b"child"])
        os._exit(0)
    os.waitpid(child, 0)
    assert lines_of(box) == [b"parent"]
    box.close()
    left = Outbox(tmp_path)
    assert lines_of(left) == [b"child"]
    left.close()

"""What /proc says of a process: CPU time, anonymous memory, children, and a port's owner."""

import os
import socket
from contextlib import suppress
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """CPU seconds of ``pid``, user and system, all threads."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / TICKS


def anonymous_bytes(pid: int | str = "self") -> int:
    """Resident memory that no file backs: what a process holds for itself."""
    return resident_bytes(pid)[0]


def resident_bytes(pid: int | str = "self") -> tuple[int, int]:
    """Resident memory that no file backs, and all that is resident."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    found = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if "Rss" in line}
    anonymous = found["RssAnon"]
    return anonymous, anonymous + found["RssFile"] + found["RssShmem"]


def family(pid: int) -> list[int]:
    """``pid`` and every process below it."""
    children: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError):  # a thread that has just ended
            children += map(int, (task / "children").read_text().split())
    return [pid, *(one for child in children for one in family(child))]


def listener(port: int, pids: list[int]) -> int:
    """The first of ``pids`` that holds the listening socket of ``port``."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    wanted = {
        f"socket:[{fields[9]}]"
        for fields in map(str.split, lines)
        if fields[1].endswith(f":{port:04X}") and fields[3] == "0A"
    }
    for pid in pids:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            if descriptor.is_symlink() and str(descriptor.readlink()) in wanted:
                return pid
    raise ProcessLookupError(f"nobody listens on {port}")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

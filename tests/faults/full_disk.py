"""A served workspace on a disk that fills up; for `test_disks`, in a mount namespace of its own."""

import json
import subprocess
import tempfile
from itertools import islice
from pathlib import Path

from tests.faults.ledger import Ledger, batches, post
from tests.serving import Served, eventually

SPACE, LEFT = 32 << 20, 2 << 20


def fill(folder: Path) -> Path:
    """A file that leaves `LEFT` bytes of the disk."""
    ballast = folder / "ballast"
    with ballast.open("wb") as file:
        for _ in range((free(folder) - LEFT) >> 16):
            file.write(bytes(1 << 16))
    return ballast


def free(folder: Path) -> int:
    """Bytes that are left of the disk."""
    said = subprocess.check_output(["df", "--output=avail", "-B1", str(folder)], text=True)
    return int(said.split()[-1])


def refused(server: Served, ledger: Ledger) -> list[str]:
    """Events are sent until some are refused; these."""
    for ids in islice(batches(), 2000):
        status = post(server, ledger, ids)
        if status != 200:
            assert status == 503, status
            return ids
    raise AssertionError("the disk never filled up")


def main(scratch: Path) -> None:
    """Fill the disk, see the door close, make space, see it open; nothing acknowledged is lost."""
    ledger, server = Ledger(), Served(scratch, {"load_every": 0.5})
    server.folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SPACE}", "tmpfs", str(server.folder)]
    subprocess.run(mount, check=True)
    try:
        server.start()
        assert post(server, ledger, ["first"]) == 200
        ballast = fill(server.folder)
        ids = refused(server, ledger)
        assert server.running()
        ballast.unlink()
        for _ in eventually("events are taken again"):
            if post(server, ledger, ids) == 200:
                break
        server.kill()
        # What runs here would still map files of the disk that is to go.
        verdict = json.loads(server.command_apart("verify", "--json").stdout)
        assert verdict["ok"], verdict
        ledger.assert_agrees(server.folder)
        print(f"drained, {len(ledger.acknowledged)} events")
    finally:
        server.end()
        # The process behind the one that was killed ends by itself, and holds files until then.
        for _ in eventually("the disk is let go"):
            if subprocess.run(["umount", str(server.folder)], check=False).returncode == 0:
                break


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="eg-") as folder:
        main(Path(folder))

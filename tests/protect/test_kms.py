"""The master key is wrapped by a key service, which is a command of somebody else's."""

import subprocess
import sys
from pathlib import Path

import pytest

from ethogram.events.errors import Broken, Invalid
from ethogram.protect.kms import Kms, decrypted, encrypted, words

KEY = bytes(range(32))
SERVICE = """
import sys, time
way, how = sys.argv[1:]
said = sys.stdin.buffer.read()
if how == "slow":
    time.sleep(600)
if how == "failing":
    sys.exit("access denied")
if how == "endless":
    while True:
        sys.stdout.write("0" * 4096)
if how == "rubbish":
    said = b"\\xff\\x00 this is no key"
elif how == "another":
    said = b"42" * 32 if way == "decrypt" else said[::-1]
elif how == "nothing":
    said = b""
elif how == "orphan":
    import subprocess
    subprocess.Popen(["sleep", "600"])
    time.sleep(600)
elif how != "idle":
    said = bytes(byte ^ 0x5A for byte in said)
sys.stdout.buffer.write(said + (b"\\n" if way == "decrypt" else b""))
"""


@pytest.fixture
def service(tmp_path: Path) -> Path:
    """A script that plays a key service; its last word says how it behaves."""
    path = tmp_path / "service.py"
    path.write_text(SERVICE)
    return path


def kms(service: Path, decrypt: str = "well", encrypt: str = "well", seconds: float = 30) -> Kms:
    """The two commands."""
    command = (sys.executable, str(service))
    return Kms((*command, "encrypt", encrypt), (*command, "decrypt", decrypt), seconds)


def test_what_was_wrapped_is_opened(service: Path) -> None:
    """And the wrapped key holds nothing of the key."""
    wrapped = encrypted(kms(service), KEY)
    assert KEY not in wrapped
    assert KEY.hex().encode() not in wrapped
    assert decrypted(kms(service), wrapped) == KEY


@pytest.mark.parametrize("how", ["failing", "rubbish", "nothing", "endless"])
def test_a_service_that_does_not_open_is_said(service: Path, how: str) -> None:
    """Failing, empty, endless or rubbish: one error, and nothing of what went through."""
    wrapped = encrypted(kms(service), KEY)
    with pytest.raises(Broken) as failed:
        decrypted(kms(service, how), wrapped)
    assert failed.value.code == "key_service"
    said = f"{failed.value} {failed.value.__cause__!r} {failed.value.__context__!r}"
    assert KEY.hex() not in said
    assert "no key" not in said


@pytest.mark.parametrize("how", ["slow", "orphan"])
def test_a_service_that_takes_too_long_is_ended(service: Path, how: str) -> None:
    """With all that it started: nothing of it runs on, and nobody waits for it."""
    wrapped = encrypted(kms(service), KEY)
    with pytest.raises(Broken, match="took longer than"):
        decrypted(kms(service, how, seconds=1.5), wrapped)
    running = subprocess.run(["ps", "axo", "args"], capture_output=True, text=True, check=True)
    assert str(service) not in running.stdout


@pytest.mark.parametrize(
    ("encrypt", "decrypt"),
    [("idle", "idle"), ("nothing", "well"), ("well", "another"), ("failing", "well")],
)
def test_nothing_is_wrapped_that_could_not_be_opened(
    service: Path, encrypt: str, decrypt: str
) -> None:
    """One that gives the key back as it is, gives nothing, or opens another one is refused."""
    with pytest.raises(Broken):
        encrypted(kms(service, decrypt, encrypt), KEY)


def test_a_command_that_is_not_there_is_said() -> None:
    """With its name."""
    with pytest.raises(Broken, match="cannot be started") as failed:
        decrypted(Kms(("no-such-command",), ("no-such-command",)), b"wrapped")
    assert failed.value.at == "no-such-command"


def test_no_shell_reads_a_command(tmp_path: Path) -> None:
    """What would be a second command to a shell is a word."""
    mark = tmp_path / "mark"
    said = words(f"true '$(touch {mark})' ; touch {mark}", "--decrypt")
    with pytest.raises(Broken):
        decrypted(Kms(said, said), b"wrapped")
    assert not mark.exists()
    with pytest.raises(Invalid):
        words("gcloud 'kms", "--decrypt")

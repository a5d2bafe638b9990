"""``ethogram keys``: the master key is rotated, and wrapped by a key service and opened again."""

import json
import shlex
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from tests.protect.test_kms import SERVICE
from tests.serving import Served, served

from ethogram.events.errors import Broken, Busy
from ethogram.protect.vault import Vault
from ethogram.run.rotating import rotate
from ethogram.run.workspace import open_workspace


def _key_file(shop: Served) -> Path:
    (found,) = (shop.scratch / "config" / "ethogram").glob("*.key")
    return found


def _vault(shop: Served) -> Path:
    return shop.folder / "projects" / "default" / "vault.sqlite"


@pytest.fixture
def shop(empty: Served, visits: list[str]) -> Served:
    """A workspace with six events of three people."""
    empty.document(*visits)
    return empty


def _files(shop: Served) -> Mapping[str, str]:
    """The hash of every file of log, lake and index."""
    project = shop.folder / "projects" / "default"
    files = [path for path in project.rglob("*") if path.is_file() and "vault" not in path.name]
    return {str(path): sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_rotation_touches_no_event(shop: Served) -> None:
    """Log, lake and index stay to the byte, keys of clients too; the old key opens nothing."""
    old = bytes.fromhex(_key_file(shop).read_text())
    before, keys = _files(shop), shop.document("keys")
    assert shop.document("keys", "rotate") == {"projects": ["default"]}
    assert _files(shop) == before
    assert shop.document("keys") == keys
    new = bytes.fromhex(_key_file(shop).read_text())
    assert new != old
    with pytest.raises(Broken):
        Vault(_vault(shop), old)
    vault = Vault(_vault(shop), new)
    assert vault.find("user", "ann")
    vault.close()
    assert shop.document("verify")["ok"]
    assert _key_file(shop).stat().st_mode & 0o777 == 0o600


def test_a_served_workspace_goes_on(visits: list[str]) -> None:
    """Its writer wraps anew between commits, projects opened later look again."""
    with served() as server:
        server.document(*visits)
        server.document(*visits, "--project", "second")
        server.ready()
        old = bytes.fromhex(_key_file(server).read_text())
        for _ in range(2):
            assert server.document("keys", "rotate") == {"projects": ["default", "second"]}
            event = {"event": "cart", "user_id": "ann"}
            said = httpx.post(f"{server.url}/v1/events", json=event, headers=server.writing)
            assert said.json()["accepted"] == 1
        with pytest.raises(Broken):
            Vault(_vault(server), old)
        server.document(*visits, "--project", "third")
        for project in ("default", "second", "third"):
            found = server.document("people", "show", "user:ann", "--project", project)
            assert found["ids"]
            assert server.document("verify", "--project", project)["ok"]
        told = server.document("audit", "show")
        assert "ethogram keys rotate" in json.dumps(told)


def _commands(tmp_path: Path, how: str = "well") -> list[str]:
    service = tmp_path / "service.py"
    service.write_text(SERVICE)
    command = f"{shlex.quote(sys.executable)} {service}"
    return ["--encrypt", f"{command} encrypt well", "--decrypt", f"{command} decrypt {how}"]


def test_a_key_service_has_the_key(
    shop: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its file holds the key no more; everything works, rotation too; and there is a way back."""
    plain = _key_file(shop).read_text()
    shop.document("keys", "wrap", *_commands(tmp_path))
    assert plain not in _key_file(shop).read_text()
    assert shop.document("verify")["ok"]
    shop.document("keys", "rotate")
    assert "wrapped" in _key_file(shop).read_text()
    away = f"{sys.executable} {tmp_path / 'service.py'} decrypt failing"
    monkeypatch.setitem(shop.environment, "ETHOGRAM_KMS_DECRYPT", away)
    done = shop.command("verify", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["code"] == "key_service"
    monkeypatch.delitem(shop.environment, "ETHOGRAM_KMS_DECRYPT")
    shop.document("keys", "unwrap")
    assert len(bytes.fromhex(_key_file(shop).read_text())) == 32
    assert _key_file(shop).read_text() != plain
    assert shop.document("verify")["ok"]


def test_a_key_is_not_given_to_a_service_that_loses_it(shop: Served, tmp_path: Path) -> None:
    """What is wrapped is opened before the key that stands there is let go."""
    plain = _key_file(shop).read_text()
    done = shop.command("keys", "wrap", *_commands(tmp_path, "another"))
    assert done.returncode == 1
    assert _key_file(shop).read_text() == plain


def test_keys_of_the_environment_are_rotated_there(
    shop: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One alone cannot be; beside the new one the old one opens what it still wraps."""
    old, new = _key_file(shop).read_text(), bytes(range(32)).hex()
    monkeypatch.setitem(shop.environment, "ETHOGRAM_MASTER_KEY", old)
    done = shop.command("keys", "rotate", "--json")
    assert json.loads(done.stdout)["error"]["code"] == "key_in_environment"
    monkeypatch.setitem(shop.environment, "ETHOGRAM_MASTER_KEY", f"{new},{old}")
    shop.document("keys", "rotate")
    monkeypatch.setitem(shop.environment, "ETHOGRAM_MASTER_KEY", new)
    assert shop.document("verify")["ok"]
    monkeypatch.setitem(shop.environment, "ETHOGRAM_MASTER_KEY", old)
    assert shop.command("verify").returncode == 1


def test_a_rotation_waits_for_who_reads_the_vault(
    shop: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not done while an older state may be read: it says so, and both keys hold."""
    monkeypatch.setenv("XDG_CONFIG_HOME", shop.environment["XDG_CONFIG_HOME"])
    monkeypatch.setattr("ethogram.run.rotating.PATIENCE", 0.0)
    workspace = open_workspace(shop.folder)
    (old,) = workspace.masters
    reader = Vault(_vault(shop), old)
    reader.id("user", "somebody new")
    reader.store(reader.take())
    reader.look()
    assert reader.known("user", "ann")
    with pytest.raises(Busy):
        rotate(workspace)
    assert old in workspace.masters
    assert len(workspace.masters) == 2
    reader.close()
    rotate(workspace)
    assert len(workspace.masters) == 1
    with pytest.raises(Broken):
        Vault(_vault(shop), old)

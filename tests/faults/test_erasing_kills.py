"""A kill between any two steps of an erasure: done or not begun, and never by half for long."""

import importlib
import multiprocessing
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ethogram.events.event import Event
from ethogram.run.opening import open_

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__, "ethogram.run.rooms", "ethogram.run.requests"])
STEPS = (
    ("ethogram.protect.vault", "Vault._destroy"),
    ("ethogram.protect.erasures", "Remembered.add"),
    ("ethogram.store.log.sqlite", "SqliteLog.append"),
    ("ethogram.protect.vault", "Vault.say"),
    ("ethogram.run.erasing", "Receipts.keep"),
    ("ethogram.store.log.sqlite", "SqliteLog.alter"),
    ("ethogram.store.lake.erasing", "sync"),
    ("ethogram.run.rooms", "forget_history"),
    ("ethogram.store.lake.erasing", "forget_commits"),
    ("ethogram.ask.sequences.index", "Index.fold"),
)
FUNNEL = {"question": "funnel", "steps": ["catalog", "cart"]}
SECRET = b"of-ann-and-nobody-else"


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with three people, loaded and indexed, beside its key."""
    folder = tmp_path_factory.mktemp("before")
    with _key_in(folder), open_(folder / "shop") as shop:
        for name in ("ann", "ben", "cleo"):
            own = {"note": SECRET.decode()} if name == "ann" else {}
            shop.append([Event("catalog", user_id=name, properties=own),
                         Event("cart", user_id=name, properties=own)])  # fmt: skip
        shop._reading.settle()
    return folder


@contextmanager
def _key_in(folder: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        yield


def _erase(folder: Path, module: str, name: str, *, after: bool) -> None:
    """Erase Ann, and kill this process at a step."""
    os.environ["XDG_CONFIG_HOME"] = str(folder / "config")
    holder: Any = importlib.import_module(module)
    *owner, word = name.split(".")
    if owner:
        holder = getattr(holder, owner[0])
    whole = getattr(holder, word)

    def cut(*given: Any, **also: Any) -> None:
        if after:
            whole(*given, **also)
        os.kill(os.getpid(), signal.SIGKILL)

    with open_(folder / "shop") as shop:
        setattr(holder, word, cut)
        shop.requests.erase("user:ann", events=True, purge=True)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step[1])
def test_what_was_begun_is_done_at_the_next_start(
    before: Path, tmp_path: Path, step: tuple[str, str], after: bool
) -> None:
    """Ann is there with all she did, or hidden at once and gone with the next purge."""
    folder = tmp_path / "killed"
    shutil.copytree(before, folder)
    process = FORKS.Process(target=_erase, args=(folder, *step), kwargs={"after": after})
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    with _key_in(folder), open_(folder / "shop") as shop:
        begun = bool(shop._writing.vault.erasures())
        assert begun == ((step[1], after) != ("Vault._destroy", False))
        assert [row["people"] for row in shop.ask(FUNNEL).rows] == ([2, 2] if begun else [3, 3])
        assert (shop._writing.vault.find("user", "ann") is None) == begun
        shop.requests.erase(purge=True)
        assert all(receipt.purged_at for receipt in shop.requests.receipts)
        assert len(shop.requests.receipts) == 1 + begun
        assert (_stands(folder) == []) == begun
        assert shop.verify().ok, shop.verify().problems


def _stands(folder: Path) -> list[Path]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".parquet")
    return [path for path in files if SECRET in path.read_bytes()]

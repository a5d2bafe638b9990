"""A kill between any two steps of sealing a property afterwards: sealed again, nothing is lost."""

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
from tests.run.test_erasing import found_in

from ethogram.events.event import Event
from ethogram.protect.sealing import unseal
from ethogram.run.opening import open_

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__, "ethogram.run.rooms", "ethogram.run.sealing"])
STEPS = (
    ("ethogram.run.sealing", "set_plan"),
    ("ethogram.run.writing", "Writing.make_keys"),
    ("ethogram.store.log.sqlite", "SqliteLog.alter"),
    ("ethogram.store.lake.erasing", "write_deltalake"),
    ("ethogram.store.lake.erasing", "sync"),
    ("ethogram.store.lake.erasing", "forget_commits"),
    ("ethogram.run.scanning", "Scanning.forget"),
)
PEOPLE = ("ann", "ben", "cleo")
SECRETS = tuple(f"acme-of-{name}" for name in PEOPLE)


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with three people's companies in the open, beside its key; Ann has a key."""
    folder = tmp_path_factory.mktemp("before")
    with _key_in(folder), open_(folder / "shop") as shop:
        for name in PEOPLE:
            own = {"email": "ann@example.org"} if name == "ann" else {}
            said = {"company": f"acme-of-{name}", "price": 20, **own}
            shop.append([Event("cart", user_id=name, properties=said)])
        shop._reading.settle()
    return folder


@contextmanager
def _key_in(folder: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        yield


def _seal(folder: Path, module: str, name: str, *, after: bool) -> None:
    """Seal the property, and kill this process at a step."""
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
        shop.seal("company")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step[1])
def test_sealing_again_ends_what_was_cut_off(
    before: Path, tmp_path: Path, step: tuple[str, str], after: bool
) -> None:
    """Every value is where its person's key opens it, and in no file in the open."""
    folder = tmp_path / "killed"
    shutil.copytree(before, folder)
    process = FORKS.Process(target=_seal, args=(folder, *step), kwargs={"after": after})
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    with _key_in(folder), open_(folder / "shop") as shop:
        assert shop.verify().ok, shop.verify().problems
        shop.seal("company")
        assert found_in(folder / "shop", SECRETS) == []
        (rows,) = shop._reading.lake.events.scan()
        assert _opened(shop, rows.to_pylist()) == [*SECRETS]
        assert shop.verify().ok, shop.verify().problems


def _opened(shop: Any, rows: list[dict[str, Any]]) -> list[str]:
    vault = shop._writing.vault
    inner = [unseal(vault, row["person"], row["event_id"], row["sealed"]) for row in rows]
    assert [each["properties"].get("email") for each in inner].count("ann@example.org") == 1
    return sorted(each["properties"]["company"] for each in inner)

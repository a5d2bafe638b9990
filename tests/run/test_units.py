"""Devices and groups as units: an index of their own, kept as fresh as that of persons."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ethogram.ask.kpis.asking import Asking
from ethogram.ask.questions.funnel import Funnel
from ethogram.ask.questions.trends import Trends
from ethogram.ask.sequences.index import Index
from ethogram.events.errors import Busy, Invalid
from ethogram.events.event import Event, Group
from ethogram.run import assembly, following, units
from ethogram.run.reading import Reading
from ethogram.run.settings import Settings
from ethogram.run.verify import verify
from ethogram.run.workspace import Workspace, open_workspace
from ethogram.run.writing import Writing
from ethogram.store.log.entries import Erased

ACME, HOOLI = Group("company", "acme"), Group("company", "hooli")


def event(name: str, user: str, *groups: Group, device: str | None = None) -> Event:
    return Event(name, user_id=user, device_id=device, groups=list(groups))


EVENTS = [
    event("view", "ann", ACME, Group("home", "1"), device="phone"),
    event("buy", "ben", ACME, device="laptop"),
    event("view", "cleo", HOOLI, device="phone"),
    event("buy", "cleo", device="phone"),
    event("view", "dan"),
]
STEPS = ("view", "buy")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A new workspace."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return open_workspace(tmp_path / "shop")


@pytest.fixture
def halves(workspace: Workspace) -> Iterator[tuple[Writing, Reading]]:
    """Both halves of a project with five events."""
    writing = assembly.writing(workspace, "default", Settings())
    reading = assembly.reading(workspace, "default", writing, Settings())
    writing.append_claims(EVENTS)
    reading.settle()
    yield writing, reading
    reading.close()
    writing.close()


def reached(reading: Reading, unit: str) -> list[int]:
    """How many of ``unit`` saw something, and how many bought afterwards."""
    return [row["people"] for row in reading.ask(Funnel(STEPS, unit=unit)).rows]


def test_each_unit_is_counted_as_itself(halves: tuple[Writing, Reading]) -> None:
    """A device that two people use is one, a company's people are one, and who has none is none."""
    _, reading = halves
    assert reached(reading, "person") == [3, 1]
    assert reached(reading, "device") == [1, 1]
    assert reached(reading, "group:company") == [2, 1]
    with pytest.raises(Invalid, match="There is no event 'buy'"):
        reached(reading, "group:home")


def test_a_kpi_counts_units_too(halves: tuple[Writing, Reading]) -> None:
    """The same KPI, of persons, devices and companies."""
    _, reading = halves
    reading.saved.kpis.save("rate", {"kind": "conversion", "steps": list(STEPS)})
    values = {unit: reading.kpi("rate", Asking(unit=unit))["value"]
              for unit in ("person", "device", "group:company")}  # fmt: skip
    assert values == {"person": pytest.approx(1 / 3), "device": 1.0, "group:company": 0.5}


def test_an_unknown_type_of_groups_names_those_that_exist(halves: tuple[Writing, Reading]) -> None:
    """Also where they are in the log and not in the lake; and nothing is made for it."""
    writing, reading = halves
    writing.append_claims([event("view", "eve", Group("house", "2"))])
    with pytest.raises(Invalid) as raised:
        reached(reading, "group:hose")
    assert (raised.value.code, raised.value.at) == ("unknown_group", "$.unit")
    assert raised.value.hint == (
        'Did you mean "group:house"? There are: group:company, group:home, group:house.'
    )
    assert not list(reading.folder.glob("index-*"))


def test_where_no_event_has_a_device_there_is_nothing_to_ask(workspace: Workspace) -> None:
    """The error says how devices are named."""
    writing = assembly.writing(workspace, "default", Settings())
    reading = assembly.reading(workspace, "default", writing, Settings())
    writing.append_claims([event("view", "ann")])
    with pytest.raises(Invalid, match=r"No event has a device.*device_id"):
        reached(reading, "device")
    reading.close()
    writing.close()


def test_what_is_new_is_seen_in_every_unit(halves: tuple[Writing, Reading]) -> None:
    """After the first question an index follows the log, folds, and opens where it was."""
    writing, reading = halves
    assert reached(reading, "group:company") == [2, 1]
    writing.append_claims([event("buy", "cleo", HOOLI)])
    assert reading.following(Funnel(STEPS, unit="group:company")).catch_up() == writing.log.end
    assert reached(reading, "group:company") == [2, 2]
    reading.close()
    again = Index(reading.folder / "index-group-company")
    assert (again.unit, again.snapshot.state.position) == ("group:company", writing.log.end)


def test_a_group_may_be_of_any_type(halves: tuple[Writing, Reading]) -> None:
    """Its index has a folder of its own, and is found again by what it holds."""
    writing, reading = halves
    types = ["../..", "Company", "a" * 64, "ÄÖ/ü", "."]
    writing.append_claims([event("view", "ann", *(Group(each, "1") for each in types))])
    for each in types:
        writing.append_claims([event("buy", "ann", Group(each, "1"))])
        assert reached(reading, f"group:{each}") == [1, 1]
    assert len(list(reading.folder.glob("index-*"))) == len(types)
    known = {each.index.unit for each in reading.units.known}
    reading.close()
    reopened = units.Units(reading.folder, reading.log, reading.lake, reading._follow)
    reopened.open()
    assert {each.index.unit for each in reopened.known} == known


def test_two_who_ask_at_once_make_one_index(
    halves: tuple[Writing, Reading], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are answered; a third is told to wait, and who asks about persons does not."""
    _, reading = halves
    made: list[str] = []
    build = units.Units._made

    def slowly(self: units.Units, unit: str) -> following.Following:
        made.append(unit)
        assert reached(reading, "person") == [3, 1]
        while self._waiting._value:
            pass
        with pytest.raises(Busy, match="An index is being made"):
            self.of("group:home")
        return build(self, unit)

    monkeypatch.setattr(units.Units, "_made", slowly)
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(reached, reading, "device") for _ in range(2)]
        assert [each.result(60) for each in both] == [[1, 1], [1, 1]]
    assert made == ["device"]


def test_who_is_erased_is_hidden_in_every_unit(halves: tuple[Writing, Reading]) -> None:
    """By the person, not by the device: at once, in what comes later, and after a build."""
    writing, reading = halves
    assert reached(reading, "device") == [1, 1]
    ann, cleo = (writing.vault.id("user", name) for name in ("ann", "cleo"))
    writing.append_statements([Erased(1, cleo, events=True)])
    reading.settle()
    totals = Trends(("view",), interval="all", unit="device")
    assert reading.ask(totals).rows[0]["value"] == 1
    assert reading.ask(totals).state.erasures == 1
    writing.append_statements([Erased(2, ann, events=True)])
    writing.append_claims([event("view", "cleo", device="phone"), event("view", "eve", device="x")])
    reading.catch_up()
    reading.following(totals).catch_up()
    assert reading.ask(totals).rows[0]["value"] == 1
    assert verify(reading, writing.vault.keyring.chain).ok


def test_verify_looks_at_every_index(halves: tuple[Writing, Reading]) -> None:
    """A device's event that the index lost is a problem that names the index."""
    writing, reading = halves
    reached(reading, "device")
    chain = writing.vault.keyring.chain
    assert verify(reading, chain).ok
    index = reading.units.of("device").index
    index.rebuild(
        [following.tail(reading.log, reading.lake).slice(1)], index.snapshot.state.position
    )
    assert "index of device differs" in verify(reading, chain).problems[0]


def test_a_build_that_was_broken_off_leaves_nothing(halves: tuple[Writing, Reading]) -> None:
    """A folder without a whole index in it is removed, and made anew when it is asked for."""
    _, reading = halves
    (reading.folder / "index-device" / "runs" / "half").mkdir(parents=True)
    shutil.copytree(reading.folder / "index-device", reading.folder / "index-group-company")
    reading.units.open()
    assert not list(reading.folder.glob("index-*"))
    assert reached(reading, "device") == [1, 1]

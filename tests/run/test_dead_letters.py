"""Dead letters are listed, opened and brought in again, each once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import ethogram as eg
from ethogram.collect.door import Letter
from ethogram.collect.group import Group
from ethogram.events.errors import Busy, NotFound
from ethogram.events.times import SECOND, now, parse
from ethogram.run.embedded import Embedded
from ethogram.run.opening import open_

STRICT = b'mode = "reject"\nevents.cart.properties.price = { type = "number", required = true }\n'
OPEN = b'mode = "warn"\n'
FUNNEL = eg.Funnel(["catalog", "cart"])


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Embedded]:
    """A workspace whose plan asks for a price."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with open_(tmp_path / "shop") as opened:
        assert isinstance(opened, Embedded)
        planned(shop_folder(tmp_path), STRICT)
        yield opened


def shop_folder(tmp_path: Path) -> Path:
    """The folder of the project."""
    return tmp_path / "shop" / "projects" / "default"


def planned(folder: Path, plan: bytes) -> None:
    """Write the project's plan."""
    (folder / "plan.toml").write_bytes(plan)


def cart(user: str, event_id: str | None = None, **more: object) -> eg.Event:
    """A cart without its price."""
    return eg.Event("cart", user_id=user, event_id=event_id, **more)


def people(shop: Embedded) -> list[int]:
    """How many people each step of the funnel has."""
    return [step["people"] for step in shop.ask(FUNNEL).to_dict()["steps"]]


def test_a_letter_comes_in_once_its_plan_is_mended(shop: Embedded, tmp_path: Path) -> None:
    """Refused events count after a replay as if they had been taken; verify agrees throughout."""
    seen = [eg.Event("catalog", user_id=user) for user in ("ann", "zoe")]
    priced = eg.Event("cart", user_id="zoe", properties={"price": 1})
    shop.append([*seen, cart("ann", "1"), cart("ben", "2"), priced])
    assert people(shop) == [2, 1]
    assert [(each.code, each.count) for each in shop.dead_letters.list()] == [
        ("missing_property", 2)
    ]
    assert len(shop.dead_letters.replay().rejected) == 2
    planned(shop_folder(tmp_path), OPEN)
    done = shop.dead_letters.replay()
    assert (done.accepted, done.duplicates, done.rejected) == (2, 0, [])
    assert people(shop) == [2, 2]
    again = shop.dead_letters.replay()
    assert (again.accepted, again.duplicates, again.already) == (0, 0, 0)
    assert [(each.count, each.replayed) for each in shop.dead_letters.list()] == [(2, 2)]
    shop.sql("SELECT 1")
    verdict = shop.verify()
    assert (verdict.problems, verdict.lake["dead_letters"], verdict.lake["replayed"]) == ([], 2, 2)
    assert verdict.lake["events"] == 5


def test_a_replay_that_breaks_off_has_taken_nothing(
    shop: Embedded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the vault is away in the middle, the letters before come in the next time."""
    shop.append([cart("ann", "1"), cart("ben", "2")])
    planned(shop_folder(tmp_path), OPEN)
    door = shop._writing.door
    admit, last = door.admit_letter, shop.dead_letters.list()[0].newest

    def away(group: Group, letter: Letter, *more: Any) -> object:
        if letter.position == last:
            raise Busy("vault_away", "The vault cannot be used now.")
        return admit(group, letter, *more)

    with monkeypatch.context() as patch:
        patch.setattr(door, "admit_letter", away)
        with pytest.raises(Busy):
            shop.dead_letters.replay()
    assert shop.dead_letters.replay().accepted == 2
    assert door._marks == {}


def test_what_its_client_sent_again_is_not_doubled(shop: Embedded, tmp_path: Path) -> None:
    """The same id is the same event, whether the client or the replay comes first."""
    shop.append([cart("ann", "1"), cart("ann", "1"), cart("ben", "2")])
    planned(shop_folder(tmp_path), OPEN)
    assert shop.append([cart("ben", "2")]).accepted == 1
    done = shop.dead_letters.replay()
    assert (done.accepted, done.duplicates) == (1, 2)
    assert shop.append([cart("ann", "1")]).duplicates == 1
    assert shop.verify().log["events"] == 2


def test_a_letter_counts_as_received_when_it_was(shop: Embedded, tmp_path: Path) -> None:
    """An event without a time happened when the letter came, not when it was replayed."""
    before = now()
    shop.append([cart("ann")])
    after = now()
    planned(shop_folder(tmp_path), OPEN)
    shop.dead_letters.replay()
    (row,) = shop.sql("SELECT timestamp, received_at FROM events").to_rows().rows
    at = [parse(said) for said in row]
    assert before <= at[0] == at[1] <= after + SECOND // 1000


def test_what_is_replayed_can_be_chosen(shop: Embedded, tmp_path: Path) -> None:
    """By code, protocol, time and number; the oldest come first."""
    shop.append([cart("ann"), eg.Event("", user_id="ann"), cart("ben")])
    planned(shop_folder(tmp_path), OPEN)
    letters = shop.dead_letters
    assert letters.replay(since="2098-01-01").accepted == 0
    assert letters.replay(code="missing_property", limit=1).accepted == 1
    done = letters.replay()
    assert (done.accepted, [each.code for each in done.rejected]) == (1, ["bad_event_name"])


@pytest.mark.parametrize("chosen", [{"code": "wrong_typ"}, {"protocol": "segmnt"}])
def test_a_slip_in_what_is_chosen_is_said(shop: Embedded, chosen: dict[str, str]) -> None:
    """Nothing is replayed in silence: a reason that no letter has is an error."""
    shop.append([eg.Event("", user_id="ann")])
    with pytest.raises(NotFound) as missing:
        shop.dead_letters.replay(**chosen)
    assert missing.value.at in chosen


def test_a_letter_is_opened_for_its_owner(shop: Embedded) -> None:
    """What it holds is the native event, which can be mended and imported."""
    shop.append([cart("ann", "1")])
    (reason,) = shop.dead_letters.list()
    opened = shop.dead_letters.show(reason.newest)
    assert (opened.form, opened.replayed) == ("event", False)
    assert opened.content == {"event": "cart", "user_id": "ann", "event_id": "1"}
    with pytest.raises(NotFound):
        shop.dead_letters.show(10_000)


def test_letters_are_found_in_the_lake_and_in_the_log(shop: Embedded, tmp_path: Path) -> None:
    """A letter that is loaded, one that is not, and replays of both are told once."""
    shop.append([cart("ann")])
    shop.sql("SELECT 1")
    shop.append([cart("ben")])
    assert [each.count for each in shop.dead_letters.list()] == [2]
    planned(shop_folder(tmp_path), OPEN)
    assert shop.dead_letters.replay(limit=1).accepted == 1
    shop.sql("SELECT 1")
    assert shop.dead_letters.replay().accepted == 1
    assert [(each.count, each.replayed) for each in shop.dead_letters.list()] == [(2, 2)]
    assert shop.verify().problems == []


def test_large_letters_come_in_a_few_at_a_time(
    shop: Embedded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one commit takes is bounded by its bytes, whatever the letters' number."""
    big = {"text": "x" * (1 << 20)}
    shop.append([cart(f"u{n}", properties=big) for n in range(20)])
    planned(shop_folder(tmp_path), OPEN)
    door, commits = shop._writing.door, list[int]()
    commit = door.commit

    def counted(group: Group) -> None:
        commits.append(len(group.events))
        commit(group)

    monkeypatch.setattr(door, "commit", counted)
    assert shop.dead_letters.replay().accepted == 20
    assert commits == [7, 7, 6]


def test_a_letter_says_the_name_of_a_planned_event(shop: Embedded, tmp_path: Path) -> None:
    """In the log and in the lake; another name may hold anything, and stays sealed."""
    slips = [cart("ann"), cart("ben", timestamp="never"), eg.Event("ann@mail.example")]
    shop.append([*slips])
    wanted = {("cart", "missing_property"), ("cart", "bad_time"), ("", "no_id")}
    assert {(each.event, each.code) for each in shop.dead_letters.list()} == wanted
    shop.sql("SELECT 1")
    assert {(each.event, each.code) for each in shop.dead_letters.list()} == wanted
    newest = {each.code: each.newest for each in shop.dead_letters.list()}
    assert shop.dead_letters.show(newest["bad_time"]).event == "cart"

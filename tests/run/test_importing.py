"""An import goes on where it stopped, whoever goes on with it."""

from pathlib import Path

import msgspec
import pyarrow as pa
import pytest
from msgspec.structs import replace

import ethogram as eg
from ethogram.collect.admission import Claim
from ethogram.collect.door import Outcome, Rejected, Step
from ethogram.collect.sources.mapping import Mapping
from ethogram.collect.sources.stored import Local
from ethogram.events.event import Event, Group
from ethogram.run.importing import import_file

COLUMNS = Mapping(user="user", time="time", event_name="bought")
ROWS = 100


class Kept:
    """A target that keeps rows in memory, and is killed before it has ``most``."""

    def __init__(self, rows: int, most: int) -> None:
        self.rows, self.most = rows, most
        self.users: list[str] = []
        self.marks: dict[str, int] = {}
        self.flushed = 0

    def imported(self, mark: str) -> int:
        return self.marks.get(mark, 0)

    def imports(self, beginning: str) -> dict[str, int]:
        return {name: rows for name, rows in self.marks.items() if name.startswith(beginning)}

    def append_table(self, claims: pa.Table, step: Step, *, keyed: bool) -> Outcome:
        assert not keyed
        assert 0 < claims.num_rows <= self.rows
        if len(self.users) + claims.num_rows > self.most:
            raise InterruptedError
        return self.take(claims["user_id"].to_pylist(), step)

    def flush(self) -> None:
        self.flushed = len(self.users)

    def append_claims(self, claims: list[Claim], step: Step, protocol: str = "native") -> Outcome:
        """Half of a block is kept where the whole is too much, as by a server."""
        users = [claim.user_id or "" for claim in claims if isinstance(claim, Event)]
        room = self.most - len(self.users)
        if len(users) > room:
            if room > 0:
                self.take(users[:room], replace(step, upto=step.upto - len(users) + room))
            raise InterruptedError
        return self.take(users, step)

    def take(self, users: list[str], step: Step) -> Outcome:
        """Keep the users of a step, which begins where the one before ended."""
        assert step.since == self.marks.get(step.name, 0)
        self.users += users
        self.marks[step.name] = step.upto
        return Outcome(len(users))


class Choosy(Kept):
    """A target whose plan refuses each user whose number ends with 3."""

    def append_table(self, claims: pa.Table, step: Step, *, keyed: bool) -> Outcome:
        outcome = super().append_table(claims, step, keyed=keyed)
        users = claims["user_id"].to_pylist()
        outcome.rejected = [
            Rejected(index, "missing_property", "…", "$.properties.price", "…")
            for index, user in enumerate(users)
            if user.endswith("3")
        ]
        outcome.accepted -= len(outcome.rejected)
        return outcome


@pytest.mark.parametrize("first", [1, 7, 1000])
@pytest.mark.parametrize("second", [1, 7, 1000])
@pytest.mark.parametrize("killed", [0, 1, 50, 89])
def test_every_row_is_in_once(tmp_path: Path, first: int, second: int, killed: int) -> None:
    """However many rows at a time were and are taken, and however many were bad before."""
    path = tmp_path / "orders.csv"
    lines = [f"u{i},2026-03-01" if i % 10 else f"u{i},never" for i in range(ROWS)]
    path.write_text("user,time\n" + "\n".join(lines) + "\n")
    kept = Kept(first, killed)
    with pytest.raises(InterruptedError):
        import_file(kept, Local(path), COLUMNS, lambda _done, _so_far: None)
    already = len(kept.users)
    kept.rows, kept.most = second, ROWS
    done = import_file(kept, Local(path), COLUMNS, lambda _done, _so_far: None)
    assert kept.users == [f"u{i}" for i in range(ROWS) if i % 10]
    assert kept.flushed == len(kept.users)
    assert (done.read, done.accepted, done.duplicates, done.rejected) == (
        ROWS, 90 - already, already, 10,
    )  # fmt: skip


@pytest.mark.parametrize("rows", [1, 7, 1000])
@pytest.mark.parametrize("killed", [0, 50, 100])
def test_refused_rows_are_listed_by_their_lines(tmp_path: Path, rows: int, killed: int) -> None:
    """Whatever was refused before them, however many come at a time; no row is looked at twice."""
    path = tmp_path / "orders.csv"
    lines = [f"u{i},2026-03-01" if i % 10 else f"u{i},never" for i in range(ROWS)]
    path.write_text("user,time\n" + "\n".join(lines) + "\n")
    kept = Choosy(rows, killed)
    if killed < ROWS:
        with pytest.raises(InterruptedError):
            import_file(kept, Local(path), COLUMNS, lambda _done, _so_far: None)
    already, kept.most = len(kept.users), ROWS
    done = import_file(kept, Local(path), COLUMNS, lambda _done, _so_far: None)
    fresh = kept.users[already:]
    refused = [int(user[1:]) for user in fresh if user.endswith("3")]
    told = [msgspec.json.decode(line) for line in (tmp_path / "orders.csv.rejects.jsonl").open()]
    assert [each["line"] - 2 for each in told if each["code"] == "missing_property"] == refused
    assert (done.read, done.accepted, done.duplicates, done.rejected) == (
        ROWS, len(fresh) - len(refused), already, 10 + len(refused),
    )  # fmt: skip
    assert sorted(kept.users) == sorted(f"u{i}" for i in range(ROWS) if i % 10)


def test_what_is_in_adds_nothing(tmp_path: Path) -> None:
    """A file that was imported whole is all duplicates."""
    path = tmp_path / "orders.csv"
    path.write_text("user,time\nann,2026-03-01\n")
    kept = Kept(10, 10)
    import_file(kept, Local(path), COLUMNS, lambda _done, _so_far: None)
    done = import_file(kept, Local(path), COLUMNS, lambda _done, _so_far: None)
    assert (done.accepted, done.duplicates, kept.users) == (0, 1, ["ann"])


@pytest.mark.parametrize("killed", [0, 1, 57, 200, 300])
def test_every_native_line_is_in_once(tmp_path: Path, killed: int) -> None:
    """Native lines go on where they stopped, inside a block too, however long ago that was."""
    path = tmp_path / "events.jsonl"
    long = "x" * 20_000
    lines = [f'{{"event":"e","user_id":"u{i}","properties":{{"a":"{long}"}}}}' for i in range(300)]
    path.write_text("\n".join([*lines[:5], "\x00" * 2_000_000, *lines[5:]]) + "\n")
    kept = Kept(10, killed)
    if killed < 300:
        with pytest.raises(InterruptedError):
            import_file(kept, Local(path), None, lambda _done, _so_far: None)
    else:
        import_file(kept, Local(path), None, lambda _done, _so_far: None)
    kept.most = 300
    done = import_file(kept, Local(path), None, lambda _done, _so_far: None)
    assert kept.users == [f"u{i}" for i in range(300)]
    assert (done.read, done.accepted, done.duplicates, done.rejected) == (
        301, 300 - killed, killed, 1,
    )  # fmt: skip


def test_rows_have_groups_as_events_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A group that a column names is the one that an event names, as a unit of questions."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    path = tmp_path / "rows.csv"
    path.write_text("user,time,firm\nann,2026-03-01,acme\nben,2026-03-01,acme\neve,2026-03-01,\n")
    funnel = {"question": "funnel", "steps": [{"event": "bought"}], "unit": "group:company"}
    with eg.open(tmp_path / "shop") as shop:
        shop.append([
            eg.Event("bought", user_id="zoe", groups=[Group("company", name)])
            for name in ("acme", "globex")
        ])  # fmt: skip
        mapping = replace(COLUMNS, groups={"company": "firm"})
        for accepted in (3, 0):
            with shop.importing() as target:
                done = import_file(target, Local(path), mapping, lambda *_: None)
            assert done.accepted == accepted
        assert shop.ask(funnel).to_dict()["steps"][0]["people"] == 2
        assert shop.ask(funnel | {"unit": "person"}).to_dict()["steps"][0]["people"] == 4
        assert shop.verify().ok

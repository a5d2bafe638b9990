"""Dead letters of a served workspace come in through its server, exactly once, also after kills."""

import threading
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest
from tests.serving import Served, eventually, served

from ethogram.events.errors import EthogramError
from ethogram.run.opening import Opened, open_

STRICT = 'mode = "reject"\nevents.cart.properties.price = { type = "number", required = true }\n'
FUNNEL = {"question": "funnel", "steps": [{"event": "catalog"}, {"event": "cart"}]}
SEGMENT = {"sentAt": "2026-03-01T12:00:00Z", "batch": [
    {"type": "track", "event": "catalog", "userId": "ann", "messageId": "1"},
    {"type": "track", "event": "cart", "userId": "ann", "messageId": "2"},
]}  # fmt: skip
MIXPANEL = [
    {"event": "catalog", "properties": {"distinct_id": "ben", "$insert_id": "1"}},
    {"event": "cart", "properties": {"distinct_id": "ben", "$insert_id": "2"}},
]
MANY = 3000


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    """A served workspace with a strict plan."""
    with served(load_every=0.2) as server:
        plan(server, STRICT)
        yield server.ready()


@pytest.fixture
def shop(server: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    """The served workspace, opened from here."""
    for name in ("XDG_CONFIG_HOME", "TMPDIR"):
        monkeypatch.setenv(name, server.environment[name])
    with open_(server.folder) as opened:
        yield opened


def plan(server: Served, text: str) -> None:
    """Write the project's plan, whole or not at all."""
    path = server.folder / "projects" / "default" / "plan.toml"
    draft = path.with_suffix(".draft")
    draft.write_text(text)
    draft.rename(path)


def send(server: Served) -> None:
    """What two vendors' clients and ours send; the carts have no price."""
    key = server.keys["write"]
    base = httpx.Client(base_url=server.url, timeout=60)
    base.post("/segment/v1/batch", json=SEGMENT, auth=(key, "")).raise_for_status()
    base.post("/mixpanel/track", json=MIXPANEL, auth=(key, "")).raise_for_status()
    native = [{"event": "cart", "user_id": f"u{n}"} for n in range(3)]
    base.post("/v1/events", json=native, headers=server.writing).raise_for_status()


def test_a_mended_plan_counts_at_once_and_letters_come_in(server: Served, shop: Opened) -> None:
    """Plan mended, no restart: replayed letters are in the funnel, the list and the proof."""
    send(server)
    listed = httpx.get(f"{server.url}/api/dead-letters", headers=server.reading).json()
    assert sorted((each["protocol"], each["count"]) for each in listed) == [
        ("mixpanel", 1), ("native", 3), ("segment", 1),
    ]  # fmt: skip
    opened = shop.dead_letters.show(listed[-1]["newest"])
    assert opened.content["user_id"] in ("ann", "ben")
    assert opened.content["user_id"] not in [word for each in listed for word in each.values()]
    plan(server, "")
    httpx.post(f"{server.url}/mixpanel/track", json=MIXPANEL, auth=(server.keys["write"], ""))
    done = server.document("dead-letters", "replay")
    assert (done["accepted"], done["duplicates"], done["rejected"]) == (4, 1, [])
    for _ in eventually("what came in again is answered"):
        with suppress(EthogramError):
            steps = shop.ask(FUNNEL).to_dict()["steps"]
            if [step["people"] for step in steps] == [2, 2]:
                break
    verdict = shop.verify()
    assert (verdict.problems, verdict.log["events"]) == ([], 7)


def test_a_replay_that_is_killed_goes_on_and_doubles_nothing(server: Served, shop: Opened) -> None:
    """The server is killed in the middle of a replay; in the end each letter is in once."""
    before = shop.verify().log["events"]
    plan(server, STRICT)
    letters = [{"event": "cart", "user_id": f"u{n % 50}"} for n in range(MANY)]
    sent = httpx.post(f"{server.url}/v1/events", json=letters, headers=server.writing, timeout=60)
    assert len(sent.json()["rejected"]) == MANY
    plan(server, "")
    left = MANY - killed(server)
    assert left > 0
    server.start()
    server.ready()
    with open_(server.folder) as again:
        assert again.dead_letters.replay().accepted == left
        assert again.dead_letters.replay().accepted == 0
        for _ in eventually("all is in the lake"):
            verdict = again.verify()
            if not verdict.lake["pending"]:
                break
    assert (verdict.problems, verdict.log["events"]) == ([], before + MANY)
    assert verdict.lake["dead_letters"] == verdict.lake["replayed"]


def killed(server: Served) -> int:
    """Kill the server once a replay has brought in its first letters; how many came in."""
    with open_(server.folder) as opened:

        def replay() -> None:
            with suppress(EthogramError):
                opened.dead_letters.replay()

        def waiting() -> int:
            return sum(each.count - each.replayed for each in opened.dead_letters.list())

        all_ = waiting()
        replaying = threading.Thread(target=replay)
        replaying.start()
        for _ in eventually("the first letters are in"):
            if waiting() < all_:
                break
        server.kill()
        replaying.join()
        return all_ - waiting()

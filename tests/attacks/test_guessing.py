"""Guessing: passwords, second factors, recovery codes, invitations, sessions and keys. What people
choose or type is slowed, whoever guesses and whatever is restarted; the rest is random in 256 bits.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from pyotp import TOTP
from tests.serving import Served, unserved

from ethogram.events.errors import NotFound, Refused, Throttled
from ethogram.events.times import DAY, now
from ethogram.protect.access import (
    accounts,
    invitations,
    passwords,
    second,
    sessions,
    tokens,
    tries,
)
from ethogram.protect.access.caller import Caller, owner
from ethogram.protect.access.credentials import made
from ethogram.protect.access.desk import Desk
from ethogram.protect.access.roles import Role
from ethogram.protect.access.sessions import Browser
from ethogram.run import assembly
from ethogram.run.workspace import open_workspace
from ethogram.store.registry.access import rows
from ethogram.store.registry.access.records import Tries

PASSWORD = "correct horse battery"
WRONG = "wrong horse battery"
OFFICE = Browser("203.0.113.0/24")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that cost little: what is tested is not how slow they are."""
    hasher = passwords.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", hasher)
    passwords._nobodys.cache_clear()


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[], Desk]]:
    """Opens the desk of one workspace, as each of its processes does."""
    found: list[Desk] = []

    def make() -> Desk:
        found.append(
            Desk(f"sqlite:///{tmp_path}/access.sqlite", lambda: [bytes(32)], dict, lambda: at)
        )
        return found[-1]

    at = now()
    yield make
    for each in found:
        each.close()


def guess(desk: Desk, browser: Browser = OFFICE, email: str = "ann@shop.eu", code: str = "") -> str:
    """How a wrong try is answered."""
    with pytest.raises((Refused, Throttled)) as refused:
        sessions.sign_in(desk, browser, email, PASSWORD if code else WRONG, code)
    return refused.value.code


def signed(desk: Desk, browser: Browser = OFFICE, email: str = "ann@shop.eu") -> Caller:
    """Somebody who has signed in."""
    return desk.caller(sessions.sign_in(desk, browser, email, PASSWORD).session, "")


def test_tries_count_in_every_process(opened: Callable[[], Desk]) -> None:
    """Two processes' tries are one row of tries, and a third process knows them."""
    one, two = opened(), opened()
    accounts.add(one, owner("default"), "ann@shop.eu", "admin", PASSWORD)
    assert [guess(each) for each in (one, two, one, two, one)] == ["not_signed_in"] * 5
    assert [guess(each) for each in (two, one, opened())] == ["too_many_tries"] * 3


def test_a_network_is_slowed_by_what_failed_alone(opened: Callable[[], Desk]) -> None:
    """An office of hundreds signs in every morning; who guesses from one is slowed, at any name."""
    desk = opened()
    accounts.add(desk, owner("default"), "ann@shop.eu", "admin", PASSWORD)
    for _ in range(tries.FREE["network"] + 10):
        signed(desk)
    for i in range(tries.FREE["network"]):
        assert guess(desk, email=f"p{i}@shop.eu") == "not_signed_in"
    assert guess(desk, email="another@shop.eu") == "too_many_tries"
    assert guess(desk, Browser("198.51.100.0/24"), "another@shop.eu") == "not_signed_in"


@pytest.fixture
def secret(opened: Callable[[], Desk]) -> tuple[Desk, str, list[str]]:
    """Ann's desk, and her second factor: its secret and its recovery codes."""
    desk = opened()
    accounts.add(desk, owner("default"), "ann@shop.eu", "admin", PASSWORD)
    ann = signed(desk)
    said, _ = second.begin(desk, ann)
    codes = second.confirm(desk, ann, said, TOTP(said).at(desk.clock() // 1_000_000))
    return desk, said, codes


def test_codes_are_slowed_as_passwords_are(secret: tuple[Desk, str, list[str]]) -> None:
    """Who has the password guesses five codes, of the telephone or of recovery, and then waits."""
    desk, _, codes = secret
    wrong = ["000000", "aaaaaaaaaaaaaaaa", "111111", codes[0][:-1] + "1", "222222"]
    assert [guess(desk, code=each) for each in wrong] == ["not_signed_in"] * 5
    assert guess(desk, code=codes[0]) == "too_many_tries"


def test_asking_whether_a_code_is_needed_gives_no_guess_back(
    secret: tuple[Desk, str, list[str]],
) -> None:
    """The right password without a code is no failure, and makes none of those before it good."""
    desk, *_ = secret
    for i in range(5):
        with pytest.raises(Refused) as needed:
            sessions.sign_in(desk, OFFICE, "ann@shop.eu", PASSWORD)
        assert needed.value.code == "second_factor"
        assert guess(desk, code=f"{i:06}") == "not_signed_in"
    with pytest.raises(Throttled):
        sessions.sign_in(desk, OFFICE, "ann@shop.eu", PASSWORD)


def test_an_invitation_is_no_way_around_the_second_factor(
    secret: tuple[Desk, str, list[str]],
) -> None:
    """Who runs another project and has Ann's password invites her, and guesses codes as slowly."""
    desk, _, codes = secret
    accounts.add(desk, owner("other"), "eve@shop.eu", "admin", PASSWORD)
    invitation = invitations.invite(
        desk, signed(desk, email="eve@shop.eu"), "ann@shop.eu", "viewer"
    )
    answers: list[str] = []
    for code in ("", "000000", *codes[0][:5]):
        with pytest.raises((Refused, Throttled)) as refused:
            invitations.accept(desk, OFFICE, invitation, PASSWORD, code)
        answers.append(refused.value.code)
    assert answers == ["second_factor"] + ["not_signed_in"] * 5 + ["too_many_tries"]
    at = desk.clock() + DAY
    desk.clock = lambda: at
    assert invitations.accept(desk, OFFICE, invitation, PASSWORD, codes[0]).project == "other"


def test_a_stolen_session_makes_no_marks(opened: Callable[[], Desk]) -> None:
    """A mark has five tries of its own, so whoever could have new ones could guess for ever."""
    desk = opened()
    accounts.add(desk, owner("default"), "ann@shop.eu", "admin", PASSWORD)
    first = sessions.sign_in(desk, OFFICE, "ann@shop.eu", PASSWORD)
    stolen = Browser(OFFICE.address, session=first.session)
    caller = desk.caller(first.session, "")
    taken = sessions.switch(desk, caller, stolen, "default")
    code = invitations.invite(desk, owner("other"), "ann@shop.eu", "viewer")
    joined = invitations.accept(desk, replace(stolen, session=taken.session), code, "")
    assert [taken.device, joined.device] == ["", ""]
    own = replace(stolen, session=joined.session, device=first.device)
    kept = sessions.switch(desk, desk.caller(joined.session, ""), own, "default")
    assert kept.device == first.device


def test_a_stolen_session_neither_guesses_nor_replaces_the_second_factor(
    secret: tuple[Desk, str, list[str]],
) -> None:
    """Doing without it is slowed as a sign-in is, and another one is not put in its place."""
    desk, _, codes = secret
    (account,) = accounts.members(desk, "default")
    thief = Caller(f"account:{account.id}", "default", Role(()), "", b"session")
    answers = []
    for i in range(8):
        with pytest.raises((Refused, Throttled)) as refused:
            second.remove(desk, thief, f"{i:06}")
        answers.append(refused.value.code)
    assert answers == ["wrong_code"] * 5 + ["too_many_tries"] * 3
    other, _ = second.begin(desk, thief)
    with pytest.raises(Exception) as kept:
        second.confirm(desk, thief, other, TOTP(other).at(desk.clock() // 1_000_000))
    assert kept.value.code == "second_factor_set"
    at = desk.clock() + DAY
    desk.clock = lambda: at
    second.remove(desk, thief, codes[0])


def test_what_nobody_types_is_random_and_kept_as_its_hash(
    opened: Callable[[], Desk], tmp_path: Path
) -> None:
    """256 bits each, no two alike; the database holds none of them, nor a password."""
    desk = opened()
    said = [made("session") for _ in range(1000)]
    assert len(set(said)) == 1000
    assert all(len(re.sub("^eg_session_", "", each)) * 5 >= 256 for each in said)
    accounts.add(desk, owner("default"), "ann@shop.eu", "admin", PASSWORD)
    shown = [
        sessions.sign_in(desk, OFFICE, "ann@shop.eu", PASSWORD).session,
        invitations.invite(desk, owner("default"), "ben@shop.eu", "viewer"),
        accounts.set_up_code(desk),
        tokens.add(desk, owner("default"), "t", ["ask"])[0],
        PASSWORD,
    ]
    with sqlite3.connect(tmp_path / "access.sqlite") as database:
        kept = b"".join(repr(row).encode() for row in database.iterdump())
    assert not [each for each in shown if each.rpartition("_")[2].encode() in kept]


def test_what_is_guessed_wrong_costs_no_hash(
    opened: Callable[[], Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stranger with a wrong code of set-up or of an invitation makes nobody wait."""
    desk = opened()
    accounts.set_up_code(desk)
    monkeypatch.setattr(passwords, "hashed", lambda _: pytest.fail("a hash was made"))
    for wrong in ("eg_setup_wrong", ""):
        with pytest.raises(NotFound):
            accounts.set_up(desk, OFFICE, wrong, "eve@shop.eu", PASSWORD)
        with pytest.raises(NotFound):
            invitations.accept(desk, OFFICE, wrong, PASSWORD)


def test_a_server_that_is_killed_forgets_no_try() -> None:
    """Started again, it lets nobody guess anew, and no session, key or token of nobody passes."""
    with unserved() as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", server.environment["XDG_CONFIG_HOME"])
        server.start().ready()
        desk = assembly.desk(open_workspace(server.folder, create=False))
        accounts.add(desk, owner("default"), "ann@shop.eu", "admin", PASSWORD)
        assert _tried(server) == 401
        subject = tries.subject(desk.keyring, "account", "ann@shop.eu")
        with desk.database.writing() as connection:
            (one,) = rows.many(connection, Tries, "last_at", subject=subject[1])
            assert one.failures == 1
            rows.put(connection, Tries(one.subject, 15, one.last_at))
        desk.close()
        server.kill()
        server.start().ready()
        assert _tried(server) == 429
        for wrong in ("eg_read_x", "eg_write_x", "eg_token_x", "eg_session_x", made("session")):
            answer = httpx.get(f"{server.url}/api/status",
                               headers={"authorization": f"Bearer {wrong}"})  # fmt: skip
            assert answer.status_code == 401


def _tried(server: Served) -> int:
    body = {"email": "ann@shop.eu", "password": WRONG}
    return httpx.post(f"{server.url}/api/session", json=body).status_code

"""People sign in, and out; nobody else does, and no session outlives its reason."""

import time
from typing import Any

import httpx
import pyotp
import pytest
from tests.show.signing import OWN, PASSWORD, code_of, signed

from ethogram.events.errors import Invalid
from ethogram.events.times import DAY, MINUTE, SECOND
from ethogram.protect.access import accounts, invitations, passwords, saved_roles, sessions, tokens
from ethogram.protect.access.caller import owner
from ethogram.protect.access.roles import Role
from ethogram.store.registry.access import rows
from ethogram.store.registry.access.records import Account, Identity, RecoveryCode


def test_who_signs_in_is_known_until_they_sign_out(stranger, ann) -> None:
    """The cookie is for no script and no other site; the session ends here, not in the cookie."""
    answer = signed(stranger)
    assert answer.json()["email"] == "ann@shop.eu"
    said = answer.headers.get_list("set-cookie")
    assert all("HttpOnly" in each and "SameSite=strict" in each for each in said)
    assert stranger.get("/api/vocabulary").status_code == 200
    kept = dict(stranger.cookies)
    assert stranger.request("DELETE", "/api/session", headers=OWN).status_code == 200
    assert stranger.get("/api/vocabulary").status_code == 401
    stranger.cookies.update(kept)
    assert stranger.get("/api/vocabulary").status_code == 401


def test_the_account_and_the_password_are_wrong_alike(stranger, ann) -> None:
    """Nobody learns who has an account."""
    wrong = [signed(stranger, password="wrong wrong wrong"), signed(stranger, email="eve@shop.eu")]
    assert wrong[0].json() == wrong[1].json()
    assert code_of(wrong[0]) == (401, "not_signed_in")


def test_a_password_is_compared_also_where_there_is_no_account(
    stranger, ann, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the answer takes as long."""
    seen, verify = [], passwords.PasswordHasher.verify

    def noted(self: Any, kept: str, said: str) -> bool:
        seen.append(kept.rsplit("$", 2)[0])
        return verify(self, kept, said)

    monkeypatch.setattr(passwords.PasswordHasher, "verify", noted)
    passwords._nobodys.cache_clear()
    signed(stranger, password="wrong wrong wrong")
    signed(stranger, email="eve@shop.eu")
    assert len(seen) == 2 and seen[0] == seen[1]
    passwords._nobodys.cache_clear()


def test_a_sign_in_rotates_the_session(stranger, ann) -> None:
    """The session that a browser had does not go on beside the new one."""
    signed(stranger)
    before = dict(stranger.cookies)
    signed(stranger)
    after = dict(stranger.cookies)
    assert before["ethogram-8000"] != after["ethogram-8000"]
    stranger.cookies.update(before)
    assert stranger.get("/api/vocabulary").status_code == 401


def test_a_new_password_ends_every_session_but_a_new_one(stranger, client_of, ann) -> None:
    """An old cookie gives 401, on other browsers and on this."""
    other = client_of()
    signed(stranger), signed(other)
    before = dict(stranger.cookies)
    body = {"old": PASSWORD, "new": "another horse battery"}
    assert stranger.put("/api/account/password", json=body, headers=OWN).status_code == 200
    assert stranger.get("/api/vocabulary").status_code == 200
    assert other.get("/api/vocabulary").status_code == 401
    stranger.cookies.update(before)
    assert stranger.get("/api/vocabulary").status_code == 401


@pytest.mark.parametrize("later", [13 * 60 * MINUTE, 15 * DAY])
def test_a_session_ends_by_itself(stranger, ann, at, later: int) -> None:
    """Where it was not used for long, and at the latest after its days."""
    signed(stranger)
    if later > DAY:
        for hour in range(6, 15 * 24, 6):
            at(hour * 60 * MINUTE)
            stranger.get("/api/vocabulary")
    at(later)
    assert stranger.get("/api/vocabulary").status_code == 401


def test_a_changed_role_ends_the_sessions_and_holds_at_once(stranger, installation, ann) -> None:
    """What somebody may is looked up, never remembered."""
    ben = accounts.add(installation.desk, owner("default"), "ben@shop.eu", "admin", PASSWORD)
    signed(stranger, email="ben@shop.eu")
    accounts.change_role(installation.desk, owner("default"), ben.id, "viewer")
    assert stranger.get("/api/vocabulary").status_code == 401
    assert signed(stranger, email="ben@shop.eu").json()["permissions"] == ["ask"]
    accounts.remove(installation.desk, owner("default"), ben.id)
    assert stranger.get("/api/vocabulary").status_code == 401
    assert code_of(signed(stranger, email="ben@shop.eu")) == (401, "not_signed_in")


def test_guessing_becomes_slow_and_nobody_is_locked_out(stranger, client_of, ann, at) -> None:
    """Strangers wait longer each time; the browser that Ann has used is counted by itself."""
    own = client_of()
    signed(own)
    statuses = [signed(stranger, password=f"wrong guess {i}").status_code for i in range(9)]
    assert statuses == [401] * 5 + [429] * 4
    assert code_of(signed(stranger))[0] == 429, "also for the right password"
    assert signed(own).status_code == 200
    waited = 0
    for _ in range(20):
        answer = signed(stranger, password="wrong again")
        if answer.status_code == 429:
            waited += int(answer.headers["retry-after"])
            at(waited * SECOND)
    assert waited > 15 * 60
    at(waited * SECOND + DAY)
    assert signed(stranger).status_code == 200


def test_an_unknown_account_is_slowed_as_a_known_one(stranger, ann, at) -> None:
    """The waiting tells nothing either."""
    for email in ("ann@shop.eu", "eve@shop.eu"):
        statuses = [signed(stranger, email=email, password="no no no no").status_code
                    for _ in range(7)]  # fmt: skip
        assert statuses == [401] * 5 + [429] * 2


@pytest.mark.parametrize(
    "headers",
    [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {},
     {"origin": "http://evil.example"}, {"origin": "http://localhost:9000"}, {"origin": "null"}],
)  # fmt: skip
def test_no_other_site_changes_anything(stranger, ann, headers: dict[str, str]) -> None:
    """A change that comes with the cookie is refused unless the browser says it is ours."""
    signed(stranger)
    kept = dict(stranger.cookies)
    for method, path in (("DELETE", "/api/session"), ("POST", "/api/tokens"), ("POST", "/api/ask")):
        answer = stranger.request(method, path, json={}, headers=headers)
        assert code_of(answer) == (403, "cross_site")
    assert stranger.get("/api/session", headers=OWN).json()["email"] == "ann@shop.eu"
    assert dict(stranger.cookies) == kept
    own = stranger.post("/api/tokens", json={"name": "t", "permissions": ["ask"]},
                        headers={"origin": "http://localhost:8000"})  # fmt: skip
    assert own.status_code == 200


def test_an_invitation_holds_once_and_for_seven_days(stranger, client_of, ann, at) -> None:
    """Who has it sets the password; then it is gone."""
    signed(stranger)
    body = {"email": "Ben@shop.eu", "role": "analyst"}
    codes = [stranger.post("/api/accounts", json=body | {"email": f"b{i}@shop.eu"}, headers=OWN)
             .json()["invitation"] for i in range(2)]  # fmt: skip
    taken = {"invitation": codes[0], "password": "a password of ben"}
    ben = client_of()
    assert ben.post("/api/session/invitation", json=taken, headers=OWN).json()["email"] == (
        "b0@shop.eu"
    )
    again = client_of().post("/api/session/invitation", json=taken, headers=OWN)
    assert code_of(again) == (404, "no_invitation")
    at(8 * DAY)
    late = client_of().post("/api/session/invitation", json=taken | {"invitation": codes[1]})
    assert code_of(late) == (404, "no_invitation")


def test_an_invitation_takes_nobodys_account_over(stranger, installation, ann) -> None:
    """Somebody of another project cannot set Ann's password by inviting her."""
    code = invitations.invite(installation.desk, owner("other"), "ann@shop.eu", "viewer")
    taken = {"invitation": code, "password": "a password of eve"}
    answer = stranger.post("/api/session/invitation", json=taken)
    assert code_of(answer) == (401, "not_signed_in")
    answer = stranger.post("/api/session/invitation", json=taken | {"password": PASSWORD})
    assert sorted(answer.json()["projects"]) == ["default", "other"]


def test_an_invitation_holds_as_long_as_its_maker_may_give_it(stranger, installation, at) -> None:
    """With a lesser role, without the maker, or over, it opens nothing and is in nobody's way."""
    desk, boss = installation.desk, owner("default")
    saved_roles.save(desk, boss, "guest", Role(("ask",)))
    accounts.add(desk, boss, "ann@shop.eu", "admin", PASSWORD)
    ben = accounts.add(desk, boss, "ben@shop.eu", "admin", PASSWORD)
    signed(stranger, email="ben@shop.eu")

    def invited(role: str) -> str:
        body = {"email": "eve@shop.eu", "role": role}
        return stranger.post("/api/accounts", json=body, headers=OWN).json()["invitation"]

    def taken(code: str) -> httpx.Response:
        said = {"invitation": code, "password": "a password of eve"}
        return stranger.post("/api/session/invitation", json=said, headers=OWN)

    code = invited("guest")
    with pytest.raises(Invalid, match="Somebody has the role"):
        saved_roles.drop(desk, boss, "guest")
    accounts.change_role(desk, boss, ben.id, "marketer")
    assert code_of(taken(code)) == (404, "no_invitation")
    assert invitations.listed(desk, "default") == []
    accounts.change_role(desk, boss, ben.id, "admin")
    signed(stranger, email="ben@shop.eu")
    code = invited("guest")
    accounts.remove(desk, boss, ben.id)
    assert code_of(taken(code)) == (404, "no_invitation")
    invitations.invite(desk, boss, "eve@shop.eu", "guest")
    at(8 * DAY)
    saved_roles.drop(desk, boss, "guest")


def test_an_invitation_is_seen_and_taken_back(stranger, client_of, installation, ann) -> None:
    """Without its code; who may not give its role does not take it back either."""
    desk = installation.desk
    signed(stranger)
    body = {"email": "Eve@shop.eu", "role": "admin"}
    code = stranger.post("/api/accounts", json=body, headers=OWN).json()["invitation"]
    (told,) = stranger.get("/api/invitations").json()
    assert (told["email"], told["role"]) == ("eve@shop.eu", "admin")
    assert told["made_by"] == f"account:{ann.id}"
    assert code not in str(told)
    saved_roles.save(desk, owner("default"), "host", Role(("ask", "accounts")))
    accounts.add(desk, owner("default"), "ben@shop.eu", "host", PASSWORD)
    ben = client_of()
    signed(ben, email="ben@shop.eu")
    path = f"/api/invitations/{told['id']}"
    assert code_of(ben.request("DELETE", path, headers=OWN)) == (403, "more_than_own")
    lesser = ben.post("/api/accounts", json=body | {"role": "host"}, headers=OWN)
    assert code_of(lesser) == (403, "more_than_own"), "it would be in the other's place"
    assert stranger.request("DELETE", path, headers=OWN).status_code == 200
    assert stranger.get("/api/invitations").json() == []
    taken = {"invitation": code, "password": "a password of eve"}
    answer = client_of().post("/api/session/invitation", json=taken)
    assert code_of(answer) == (404, "no_invitation")
    assert code_of(stranger.request("DELETE", path, headers=OWN)) == (404, "unknown_invitation")


def test_a_project_keeps_somebody_who_says_who_may_look(stranger, installation, ann) -> None:
    """The last one is neither removed nor made less, by whomever but the machine's owner."""
    desk, boss = installation.desk, owner("default")
    host = Role(("ask", "accounts", "roles"))
    signed(stranger)
    role = {"role": "viewer"}
    path = f"/api/accounts/{ann.id}"
    assert code_of(stranger.put(path, json=role, headers=OWN)) == (400, "last_manager")
    assert code_of(stranger.request("DELETE", path, headers=OWN)) == (400, "last_manager")
    asked = {"email": ann.email, "role": "viewer"}
    code = stranger.post("/api/accounts", json=asked, headers=OWN).json()["invitation"]
    taken = {"invitation": code, "password": PASSWORD}
    answer = stranger.post("/api/session/invitation", json=taken, headers=OWN)
    assert code_of(answer) == (400, "last_manager")
    saved_roles.save(desk, boss, "host", host)
    accounts.add(desk, boss, "ben@shop.eu", "host", PASSWORD)
    assert stranger.put(path, json={"role": "host"}, headers=OWN).status_code == 200
    signed(stranger)
    less = stranger.put("/api/roles/host", json={"permissions": ["ask", "roles"]}, headers=OWN)
    assert code_of(less) == (400, "last_manager")
    assert stranger.request("DELETE", path, headers=OWN).status_code == 200
    (ben,) = accounts.members(desk, "default")
    accounts.remove(desk, boss, ben.id)
    assert accounts.members(desk, "default") == []


def test_the_set_up_code_holds_once(stranger, client_of, installation) -> None:
    """The first account is made by what the server printed, and by nothing else ever again."""
    code = accounts.set_up_code(installation.desk)
    said = {"code": code, "email": "ann@shop.eu", "password": PASSWORD}
    assert code_of(stranger.post("/api/session/first", json=said | {"code": "no"}))[0] == 404
    assert stranger.post("/api/session/first", json=said).json()["projects"] == ["default"]
    again = client_of().post("/api/session/first", json=said | {"email": "eve@shop.eu"})
    assert code_of(again) == (404, "no_set_up")
    later = accounts.set_up_code(installation.desk)
    eve = said | {"code": later, "email": "eve@shop.eu"}
    assert code_of(client_of().post("/api/session/first", json=eve)) == (404, "no_set_up")


def test_once_people_sign_in_a_key_is_for_programs(stranger, client_of, key, ann) -> None:
    """A browser with the key in its cookie is asked to sign in; a bearer is answered."""
    stranger.cookies.set("ethogram-8000", key, domain="localhost.local")
    assert stranger.get("/api/vocabulary").status_code == 401
    assert stranger.get("/api/session").json()["sign_in"] == "password"
    bearer = {"authorization": f"Bearer {key}"}
    assert client_of().get("/api/vocabulary", headers=bearer).status_code == 200
    assert "set-cookie" not in client_of().get(f"/?key={key}", follow_redirects=False).headers


def test_a_second_factor_is_needed_and_no_code_counts_twice(stranger, client_of, ann, at) -> None:
    """Nor does a recovery code; both are good for one sign-in."""
    signed(stranger)
    made = stranger.post("/api/account/second", headers=OWN).json()
    assert made["picture"].startswith("<svg")
    code = pyotp.TOTP(made["secret"])
    now = time.time()
    said = {"secret": made["secret"], "code": code.at(now), "password": PASSWORD}
    wrong = said | {"code": "000000"}
    assert stranger.put("/api/account/second", json=wrong, headers=OWN).status_code == 400
    stolen = said | {"password": "a session is not enough"}
    refused = stranger.put("/api/account/second", json=stolen, headers=OWN)
    assert code_of(refused) == (401, "not_signed_in")
    codes = stranger.put("/api/account/second", json=said, headers=OWN).json()["codes"]
    assert len(set(codes)) == 10
    other = client_of()
    assert code_of(signed(other)) == (401, "second_factor")
    assert code_of(signed(other, code=code.at(now))) == (401, "not_signed_in"), "it was used"
    at(60 * SECOND)
    assert signed(other, code=code.at(now + 60)).json()["second_factor"] is True
    assert code_of(signed(client_of(), code=code.at(now + 60)))[0] == 401
    assert signed(client_of(), code=codes[0]).status_code == 200
    assert code_of(signed(client_of(), code=codes[0]))[0] == 401


def test_whose_tokens_they_are_spends_one_budget(stranger, installation, ann) -> None:
    """Several tokens of one person are one asker, and not each a new one."""
    desk = installation.desk
    session = sessions.sign_in(desk, sessions.Browser(""), "ann@shop.eu", PASSWORD)
    own = desk.caller(session.session, "")
    askers = {desk.caller(tokens.add(desk, own, "t", ["ask"])[0], "").asker for _ in range(3)}
    assert askers == {own.asker} == {f"account:{ann.id}"}


def test_a_stolen_session_ties_no_provider_to_the_account(stranger, installation, ann) -> None:
    """The password is asked for; the way to the provider alone is of nobody."""
    begun: list[str | None] = []

    class Known:
        name = "Example"

        def begin(self, desk: Any, back: str, account: str | None = None) -> tuple[str, str]:
            begun.append(account)
            return "https://provider.example/authorize", "way"

    installation.provider = Known()
    signed(stranger)
    stranger.get("/api/session/provider", follow_redirects=False)
    wrong = stranger.post("/api/account/provider", json={"password": "no no no no"}, headers=OWN)
    assert code_of(wrong) == (401, "not_signed_in")
    said = stranger.post("/api/account/provider", json={"password": PASSWORD}, headers=OWN)
    assert said.json() == {"address": "https://provider.example/authorize"}
    assert begun == [None, ann.id]


def test_the_owner_of_the_machine_gives_an_account_back(stranger, installation, ann) -> None:
    """Whatever somebody set with a stolen session goes with the password that the owner sets."""
    desk = installation.desk
    with desk.database.writing() as connection:
        rows.add(connection, Identity("https://evil.example", "eve", ann.id))
        rows.add(connection, RecoveryCode(ann.id, bytes(32)))
        rows.change(connection, Account, {"id": ann.id}, second=b"eve's", second_step=7)
    accounts.set_password(desk, owner("default"), "ann@shop.eu", PASSWORD)
    assert signed(stranger).json()["second_factor"] is False
    with desk.database.reading() as connection:
        for kind in (Identity, RecoveryCode):
            assert rows.many(connection, kind, "account", account=ann.id) == []

"""People sign in, and out; nobody else does, and no session outlives its reason."""

import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import httpx
import msgspec
import pyotp
import pytest

from ethogram.events.errors import Invalid, NotPermitted
from ethogram.events.predicate import Predicate
from ethogram.events.times import DAY, MINUTE, SECOND
from ethogram.protect.access import accounts, invitations, passwords, saved_roles, sessions, tokens
from ethogram.protect.access.caller import Caller, owner
from ethogram.protect.access.permissions import PERMISSIONS
from ethogram.protect.access.roles import Role
from ethogram.show.api.routes import operations
from ethogram.store.registry.access import rows
from ethogram.store.registry.access.records import Account, Identity, RecoveryCode

PASSWORD = "correct horse battery"
OWN = {"sec-fetch-site": "same-origin"}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that cost little: what is tested is not how slow they are."""
    hasher = passwords.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", hasher)


@pytest.fixture
def ann(installation: Any) -> accounts.Member:
    """An admin of the default project."""
    return accounts.add(installation.desk, owner("default"), "Ann@Shop.eu", "admin", PASSWORD)


@pytest.fixture
def at(installation: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Moves the desk's clock."""
    began = installation.desk.clock()

    def moved(later: int) -> None:
        monkeypatch.setattr(installation.desk, "clock", lambda: began + later)

    moved(0)
    return moved


def signed(client: httpx.Client, **said: str) -> httpx.Response:
    """The answer to a sign-in as Ann."""
    body = {"email": "ann@shop.eu", "password": PASSWORD} | said
    return client.post("/api/session", json=body, headers=OWN)


def code_of(answer: httpx.Response) -> tuple[int, str]:
    """The status and the error's code."""
    return answer.status_code, answer.json()["error"]["code"]


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


def test_a_token_does_no_more_than_who_made_it_may_now(stranger, client_of, installation) -> None:
    """It ends with its maker's role, sees what its maker sees, and makes no other token."""
    desk = installation.desk
    ben = accounts.add(desk, owner("default"), "ben@shop.eu", "engineer", PASSWORD)
    signed(stranger, email="ben@shop.eu")
    body = {"name": "t", "permissions": ["ask", "tokens"]}
    made = stranger.post("/api/tokens", json=body, headers=OWN).json()
    more = stranger.post("/api/tokens", json=body | {"permissions": ["erase"]}, headers=OWN)
    assert code_of(more) == (403, "more_than_own")
    bearer = client_of()
    bearer.headers["authorization"] = f"Bearer {made['token']}"
    assert code_of(bearer.post("/api/tokens", json=body)) == (403, "token_makes_token")
    assert bearer.get("/api/tokens").status_code == 200
    accounts.change_role(desk, owner("default"), ben.id, "viewer")
    assert bearer.get("/api/vocabulary").status_code == 200
    assert bearer.get("/api/tokens").status_code == 403
    accounts.remove(desk, owner("default"), ben.id)
    assert bearer.get("/api/vocabulary").status_code == 401


def test_nobody_gives_more_than_they_have(stranger, installation) -> None:
    """Who may invite and define roles cannot become more by it, nor change who is more."""
    desk = installation.desk
    few = Role(("ask", "accounts", "roles"))
    saved_roles.save(desk, owner("default"), "host", few)
    admin = accounts.add(desk, owner("default"), "ann@shop.eu", "admin", PASSWORD)
    accounts.add(desk, owner("default"), "ben@shop.eu", "host", PASSWORD)
    signed(stranger, email="ben@shop.eu")
    refused = [
        stranger.post("/api/accounts", json={"email": "e@v.e", "role": "admin"}, headers=OWN),
        stranger.put(f"/api/accounts/{admin.id}", json={"role": "viewer"}, headers=OWN),
        stranger.request("DELETE", f"/api/accounts/{admin.id}", headers=OWN),
        stranger.put("/api/roles/more", json={"permissions": ["sql"]}, headers=OWN),
    ]
    assert [code_of(each) for each in refused] == [(403, "more_than_own")] * 4
    assert [each.role for each in accounts.members(desk, "default")] == ["admin", "host"]


def test_a_small_group_cannot_be_given_to_oneself(stranger, installation) -> None:
    """The smallest group of a role is what it may, as its permissions are; own role or another."""
    desk, boss = installation.desk, owner("default")
    saved_roles.save(desk, boss, "host", Role(("ask", "accounts", "roles"), k=50))
    ben = accounts.add(desk, boss, "ben@shop.eu", "host", PASSWORD)
    ann = accounts.add(desk, boss, "ann@shop.eu", "viewer", PASSWORD)
    signed(stranger, email="ben@shop.eu")
    refused = [
        stranger.put("/api/roles/host", json={"permissions": ["ask"], "k": 1}, headers=OWN),
        stranger.put("/api/roles/new", json={"permissions": ["ask"]}, headers=OWN),
        stranger.post("/api/accounts", json={"email": "e@v.e", "role": "viewer"}, headers=OWN),
        stranger.put(f"/api/accounts/{ben.id}", json={"role": "viewer"}, headers=OWN),
        stranger.request("DELETE", f"/api/accounts/{ann.id}", headers=OWN),
    ]
    assert [code_of(each) for each in refused] == [(403, "more_than_own")] * 5
    assert "fewer than 50" in refused[0].json()["error"]["message"]
    same = {"permissions": ["ask"], "k": 50}
    assert stranger.put("/api/roles/new", json=same, headers=OWN).status_code == 200


NORTH = Predicate(property="region", value="north")
SOUTH = Predicate(property="region", value="south")


@pytest.mark.parametrize(
    ("more", "said"),
    [(Role(("ask", "sql"), NORTH, ("margin",), 20), ["sql"]),
     (Role(("ask",), NORTH, ("margin",), 19), ["groups of fewer than 20"]),
     (Role(("ask",), NORTH, ("margin",)), ["groups of fewer than 20"]),
     (Role(("ask",), SOUTH, ("margin",), 20), ["other events"]),
     (Role(("ask",), None, ("margin",), 20), ["other events"]),
     (Role(("ask",), NORTH, ("cost",), 20), ["the property 'margin'"]),
     (Role(("ask",), NORTH, ("margin", "cost"), 30), []),
     (Role((), NORTH, ("margin",), 20), [])],
)  # fmt: skip
def test_each_part_of_a_role_counts(more: Role, said: list[str]) -> None:
    """Who sees a part gives no role that sees more of it, other events or smaller groups."""
    own = Role(("ask",), NORTH, ("margin",), 20)
    assert more.beyond(own) == said
    boss = Caller("account:1", "default", own)
    with pytest.raises(NotPermitted) if said else nullcontext():
        boss.give(more, "$")


def test_nothing_of_another_project_is_found(stranger, installation, ann) -> None:
    """Every look-up by an id is one by project and id."""
    desk = installation.desk
    other = accounts.add(desk, owner("other"), "zoe@other.eu", "admin", PASSWORD)
    _, token = tokens.add(desk, owner("other"), "t", ["ask"])
    saved_roles.save(desk, owner("other"), "own", Role(("ask",)))
    session = sessions.sign_in(desk, sessions.Browser(""), "zoe@other.eu", PASSWORD)
    theirs = sessions.id_of(sessions.listed(desk, session.account)[0])
    signed(stranger)
    for method, path, body in (
        ("PUT", f"/api/accounts/{other.id}", {"role": "viewer"}),
        ("DELETE", f"/api/accounts/{other.id}", None),
        ("DELETE", f"/api/tokens/{token.id}", None),
        ("DELETE", "/api/roles/own", None),
        ("DELETE", f"/api/account/sessions/{theirs}", None),
        ("PUT", "/api/session/project", {"project": "other"}),
        ("PUT", f"/api/accounts/{ann.id}", {"role": "own"}),
    ):
        answer = stranger.request(method, path, json=body, headers=OWN)
        assert answer.status_code == 404, path
    for path in ("/api/accounts", "/api/tokens", "/api/roles", "/api/audit"):
        assert "zoe" not in stranger.get(path).text and token.id not in stranger.get(path).text
    assert desk.caller(session.session, "").project == "other"


def test_what_is_more_than_a_question_is_written_down(stranger, installation, key, ann) -> None:
    """A look at people, a sign-in and its failure, each change; who and where from, no raw id."""
    bearer = {"authorization": f"Bearer {key}", "x-ethogram-address": "203.0.113.77"}
    stranger.get("/api/vocabulary", headers=bearer)
    stranger.post("/api/people", json={"question": {}, "cell": {}}, headers=bearer)
    journey = {"question": "journey", "person": 7, "steps": []}
    stranger.post("/api/ask", json=journey, headers=bearer)
    signed(stranger, password="wrong wrong wrong")
    signed(stranger)
    stranger.post("/api/tokens", json={"name": "t", "permissions": ["ask"]}, headers=OWN)
    desk = installation.desk
    found = [msgspec.json.decode(each.entry) for each in desk.trail.lines("default")]
    assert [(each["who"], each["did"]) for each in found] == [
        ("owner", "role given"),
        ("key:read", "POST /api/people"),
        ("key:read", "POST /api/ask"),
        (f"account:{ann.id}", "failed to sign in"),
        (f"account:{ann.id}", "signed in"),
        (f"account:{ann.id}", "token added"),
    ]
    assert found[1]["address"] == "203.0.113.0/24"
    assert "ann@shop" not in str(found)
    assert desk.trail.verify("default") == 6


def test_a_look_at_masks_or_addresses_is_written_down(stranger, installation, ann) -> None:
    """At what nobody tagged, with its masked examples, and at the accounts of the project."""
    signed(stranger)
    for path in ("/api/privacy/findings", "/api/accounts"):
        assert stranger.get(path).status_code == 200
    found = [msgspec.json.decode(each.entry) for each in installation.desk.trail.lines("default")]
    assert [each["did"] for each in found[-2:]] == ["GET /api/privacy/findings",
                                                    "GET /api/accounts"]  # fmt: skip


def test_no_line_has_what_somebody_sent_in(stranger, installation) -> None:
    """Of a journey an internal id, of a path what can be a name; all else may name a person."""
    said, _ = tokens.add(installation.desk, owner("default"), "t", ["ask", "people", "save"])
    bearer = {"authorization": f"Bearer {said}"}
    sent = "user:ann@example.org"
    for person in (sent, [sent], {sent: 1}, "7" * 5_000_000, True, None, 7, "8"):
        body = {"question": "journey", "person": person, "steps": []}
        stranger.post("/api/figure", json=body, headers=bearer)
    for name in (sent, "n" * 101, "own"):
        stranger.put(f"/api/cohorts/{name}", json={}, headers=bearer)
    _, *lines = (each.entry for each in installation.desk.trail.lines("default"))
    found = [msgspec.json.decode(each) for each in lines]
    assert [each["detail"].get("person") for each in found[:8]] == [*[None] * 6, "7", "8"]
    assert [each["detail"] for each in found[8:]] == [{}, {}, {"name": "own"}]
    assert not any(b"example.org" in each for each in lines)


def test_who_is_nobody_here_is_in_the_audit_of_the_workspace(stranger, installation, ann) -> None:
    """No project's people read who tried to come into another."""
    signed(stranger, email="eve@shop.eu")
    (said,) = installation.desk.trail.lines("")
    assert msgspec.json.decode(said.entry)["who"] == "nobody"


def test_a_role_that_sees_a_part_gets_what_is_scanned_only(stranger, installation) -> None:
    """Whatever could tell of the rest is refused to it: a new route too, until it says that not."""
    desk = installation.desk
    part = Role(tuple(PERMISSIONS), Predicate(property="tenant", value="own"))
    saved_roles.save(desk, owner("default"), "part", part)
    accounts.add(desk, owner("default"), "ben@shop.eu", "part", PASSWORD)
    signed(stranger, email="ben@shop.eu")
    for operation in operations(installation.questions):
        if operation.needs is None or operation.method == "DELETE":
            continue
        path = operation.path.replace("{name}", "x").replace("{id}", "x")
        answer = stranger.request(operation.method, path, headers=OWN)
        refused = answer.status_code == 403 and answer.json()["error"]["code"] == "not_in_view"
        assert refused == (not operation.scanned), path
    for path in ("/api/sql", "/api/live", "/api/tokens", "/api/audit", "/api/dead-letters"):
        scanned = [each.scanned for each in operations(installation.questions) if each.path == path]
        assert scanned and not any(scanned)

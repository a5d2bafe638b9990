"""Nobody gives more than they have, sees another project, or leaves no line in the audit."""

from contextlib import nullcontext

import msgspec
import pytest
from tests.show.signing import OWN, PASSWORD, code_of, signed

from ethogram.events.errors import NotPermitted
from ethogram.events.predicate import Predicate
from ethogram.protect.access import accounts, saved_roles, sessions, tokens
from ethogram.protect.access.caller import Caller, owner
from ethogram.protect.access.permissions import PERMISSIONS
from ethogram.protect.access.roles import Role
from ethogram.show.api.routes import operations


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

"""Who may what: every route of the document against everybody who could ask for it."""

from collections.abc import Callable
from typing import Any, get_args

import httpx
import msgspec
import pytest

from ethogram.ask.questions.catalog import CATALOG
from ethogram.protect.access import tokens
from ethogram.protect.access.caller import owner
from ethogram.protect.access.permissions import PERMISSIONS, Permission
from ethogram.protect.access.roles import BUILT_IN
from ethogram.show.api.native_door import PATH as DOOR
from ethogram.show.api.openapi import document
from ethogram.show.api.routes import operations

QUESTIONS = {name: question.spec for name, question in CATALOG.items()}
DOCUMENT: Any = msgspec.json.decode(msgspec.json.encode(document(operations(QUESTIONS))))
ROUTES = [
    (method.upper(), path, said["x-permission"])
    for path, methods in DOCUMENT["paths"].items()
    for method, said in methods.items()
    if path != DOOR
]
OPEN = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/api/session"),
    ("POST", "/api/session"),
    ("POST", "/api/session/first"),
    ("GET", "/api/session/provider"),
    ("GET", "/api/session/provider/back"),
    ("POST", "/api/session/invitation"),
}
"""What answers anybody: the probes, and what leads to a session."""
REFUSALS = (401, 403)
QUIET = {
    "what is counted, planned, ruled or erased, and nobody one by one": [
        "GET /api/consent", "GET /api/dead-letters", "GET /api/erasures", "GET /api/plan",
        "GET /api/plan/learnt", "GET /api/plan/report", "GET /api/retention", "GET /api/verify",
    ],
    "what is known of everybody's rights under internal ids": [
        "GET /api/audit", "GET /api/audit/roots", "GET /api/roles", "GET /api/tokens",
    ],
    "what writes its own line, in the transaction of the change": [
        "DELETE /api/accounts/{id}", "DELETE /api/invitations/{id}", "DELETE /api/roles/{name}",
        "DELETE /api/tokens/{id}", "POST /api/accounts", "POST /api/tokens",
        "PUT /api/accounts/{id}", "PUT /api/roles/{name}",
    ],
}  # fmt: skip
"""Why a request for more than numbers is no line of the audit."""
READING = {
    ("POST", "/api/ask"),
    ("POST", "/api/figure"),
    ("POST", "/api/kpis/{name}/ask"),
    ("POST", "/api/noised"),
    ("POST", "/api/people"),
    ("POST", "/api/person"),
    ("POST", "/api/person/profile"),
    ("POST", "/api/sql"),
}
"""Questions: no GET, and yet they change nothing."""
KEPT = {
    ("PUT", "/api/retention/{name}"),
    ("DELETE", "/api/retention/{name}"),
    ("POST", "/api/retention"),
    ("PUT", "/api/consent/purposes/{name}"),
    ("DELETE", "/api/consent/purposes/{name}"),
}
"""What says how long something is kept, and what people are asked to allow."""


def asked(client: httpx.Client, method: str, path: str, credential: str) -> httpx.Response:
    """The answer to ``credential``; names in the path are those of nothing."""
    path = path.replace("{name}", "nothing").replace("{id}", "0" * 16)
    headers = {"authorization": f"Bearer {credential}"} if credential else {}
    return client.request(method, path, headers=headers)


@pytest.fixture
def token(installation: Any) -> Callable[..., str]:
    """Makes a token of ``permissions`` in a project."""

    def made(*permissions: Permission, project: str = "default", until: int | None = None) -> str:
        return tokens.add(installation.desk, owner(project), "t", permissions, until)[0]

    return made


def test_every_permission_has_its_words() -> None:
    """A permission that nobody explains cannot be given."""
    assert set(PERMISSIONS) == set(get_args(Permission))
    assert all(PERMISSIONS.values())


def test_every_route_says_what_it_needs() -> None:
    """Open are the probes and what leads to a sign-in; all else names a permission."""
    for method, path, needs in ROUTES:
        said = DOCUMENT["paths"][path][method.lower()]
        assert (needs is None) == ((method, path) in OPEN), path
        assert needs in (None, "account", *PERMISSIONS), path
        assert bool(said["security"]) == (needs is not None), path
        assert {"401", "403"} <= set(said["responses"]) or needs is None, path


def test_every_route_that_shows_more_than_numbers_is_in_the_audit() -> None:
    """Or it is said here why it is not; a new one is in neither."""
    quiet = {
        f"{each.method} {each.path}"
        for each in operations(QUESTIONS)
        if each.needs not in (None, "account", "ask") and each.audited is None
    }
    assert quiet == {each for why in QUIET.values() for each in why}
    looks = [each.method for each in operations(QUESTIONS) if each.audited == "change"]
    assert "GET" not in looks


@pytest.mark.parametrize(("method", "path", "needs"), ROUTES)
def test_nobody_gets_what_needs_a_permission(
    stranger: httpx.Client, token: Callable[..., str], installation: Any,
    method: str, path: str, needs: str | None,
) -> None:  # fmt: skip
    """Without a key, with a wrong one, with a token that is over or revoked: 401."""
    desk = installation.desk
    over, gone = token("ask", until=desk.clock() + 10_000_000), token(*PERMISSIONS)
    tokens.revoke(desk, owner("default"), tokens.listed(desk, "default")[-1].id)
    later = desk.clock() + 20_000_000
    desk.clock = lambda: later
    for credential in ("", "nonsense", "eg_read_wrong", "eg_session_wrong", over, gone):
        answer = asked(stranger, method, path, credential)
        known = answer.status_code != 401 or answer.json()["error"]["code"] == "not_signed_in"
        assert known == (needs is None), (path, credential)


@pytest.mark.parametrize(("method", "path", "needs"), ROUTES)
def test_the_one_permission_opens_and_all_others_do_not(
    stranger: httpx.Client, token: Callable[..., str], method: str, path: str, needs: str | None
) -> None:
    """A token with what the route names gets in; one with everything else gets 403."""
    if needs is None:
        return
    others = [each for each in PERMISSIONS if each != needs]
    refused = asked(stranger, method, path, token(*others))
    code = "no_account" if needs == "account" else "not_permitted"
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, code)
    if needs == "account":
        return
    if needs == "tokens" and method == "POST":
        return  # only people make tokens
    assert asked(stranger, method, path, token(needs)).status_code not in REFUSALS


@pytest.mark.parametrize("role", BUILT_IN)
def test_a_role_opens_what_it_names(
    stranger: httpx.Client, token: Callable[..., str], role: str
) -> None:
    """Every route, asked for by every built-in role."""
    permissions = BUILT_IN[role].permissions
    credential = token(*permissions)
    for method, path, needs in ROUTES:
        answer = asked(stranger, method, path, credential)
        assert (answer.status_code == 403) == (needs is not None and needs not in permissions), path


@pytest.mark.parametrize(("method", "path", "needs"), ROUTES)
def test_the_write_key_opens_no_route(
    stranger: httpx.Client, installation: Any, method: str, path: str, needs: str | None
) -> None:
    """It is known, and may send events only."""
    answer = asked(stranger, method, path, installation.keyrings["default"].access("write"))
    assert (answer.status_code == 403) == (needs is not None)


def test_the_read_key_asks_and_changes_nothing(
    stranger: httpx.Client, key: str, installation: Any
) -> None:
    """It lies in scripts and notebooks: of what is no GET, questions alone are open to it."""
    opened = {
        (method, path)
        for method, path, needs in ROUTES
        if method != "GET" and needs is not None
        if asked(stranger, method, path, key).status_code not in REFUSALS
    }
    assert opened == READING


def test_privacy_officers_say_what_is_kept_and_asked(
    stranger: httpx.Client, token: Callable[..., str]
) -> None:
    """A rule of retention erases by itself, and a hold that is dropped lets it."""
    opened = {
        role
        for role in BUILT_IN
        for method, path in KEPT
        if asked(stranger, method, path, token(*BUILT_IN[role].permissions)).status_code != 403
    }
    assert opened == {"privacy officer", "admin"}


def test_who_asks_too_often_is_told_when_to_come_back(
    stranger: httpx.Client, token: Callable[..., str], installation: Any
) -> None:
    """Questions and changes count, looks at what is there do not."""
    installation.most = 0
    refused = asked(stranger, "POST", "/api/ask", token("ask"))
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "7")
    assert asked(stranger, "GET", "/api/vocabulary", token("ask")).status_code == 200


def test_who_knows_a_name_asks_for_personal_data(
    stranger: httpx.Client, token: Callable[..., str]
) -> None:
    """A person is shown by our number to who may see people; by a client's own id to few."""

    def status(said: str, *permissions: Permission) -> int:
        headers = {"authorization": f"Bearer {token(*permissions)}"}
        return stranger.post("/api/person", json={"id": said}, headers=headers).status_code

    assert status("person:7", "people") == 200
    assert status("user:ann", "people") == 403
    assert status("user:ann", "people", "personal") == 200


def test_numbers_of_few_who_consent_are_for_who_sees_people(
    stranger: httpx.Client, token: Callable[..., str]
) -> None:
    """Others are told of ten people and more, and nothing by the day."""
    ((seen,), (told,)) = (
        asked(stranger, "GET", "/api/consent", credential).json()
        for credential in (token("consent", "personal"), token("consent"))
    )
    assert (seen["given"], seen["withdrawn"], len(seen["days"]), len(seen["left_out"])) == (
        1, 0, 1, 1
    )  # fmt: skip
    assert (told["given"], told["withdrawn"], told["days"], told["left_out"]) == (None, 0, [], [])

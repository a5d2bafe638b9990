"""People sign in at a real provider, and nobody comes in beside it."""

import json
import shutil
import subprocess
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from tests.serving import eventually, free_port

from ethogram.events.errors import Refused
from ethogram.protect.access import accounts, invitations
from ethogram.protect.access import provider as providers
from ethogram.protect.access.caller import owner
from ethogram.protect.access.provider import Provider
from ethogram.protect.access.sessions import Browser, SignedIn

FOLDER = Path(__file__).parent / "provider"
PASSWORD = "correct horse battery"
BACK = "http://localhost:8000/api/session/provider/back"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider of its own process."""
    if not (FOLDER / "node_modules" / "oidc-provider").exists() or not shutil.which("node"):
        pytest.skip("there is no oidc-provider: npm ci in tests/show/provider")
    port = free_port()
    command = ["node", "server.mjs", str(port), BACK]
    process = subprocess.Popen(command, cwd=FOLDER, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in eventually("the provider answers", 60):
            try:
                httpx.get(f"{url}/.well-known/openid-configuration")
            except httpx.TransportError:
                continue
            break
        yield url
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def known(installation: Any, issuer: str) -> Provider:
    """The installation knows the provider."""
    roles = {"admins": "admin", "data": "analyst"}
    made = Provider("Example", issuer, "ethogram", "a secret of both", "groups", roles)
    installation.provider = made
    return made


def came_back(client: httpx.Client, who: str) -> str:
    """The address to which the provider sends ``who`` back."""
    sent = client.get("/api/session/provider", follow_redirects=False)
    assert sent.status_code == 303
    with httpx.Client(cookies={"as": who}) as browser:
        address = sent.headers["location"]
        while not address.startswith(BACK):
            answer = browser.get(address)
            address = str(httpx.URL(address).join(answer.headers["location"]))
    return address


def back(client: httpx.Client, address: str) -> httpx.Response:
    """The answer to the way back, which comes from the provider's page."""
    path = address.removeprefix("http://localhost:8000")
    return client.get(path, headers={"sec-fetch-site": "cross-site"}, follow_redirects=False)


def test_who_the_provider_knows_is_signed_in(stranger, installation, known) -> None:
    """With the role that its claim means; the cookie of the way is gone."""
    answer = back(stranger, came_back(stranger, "ann"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    me = stranger.get("/api/session").json()
    assert (me["email"], me["projects"], me["provider"]) == ("ann@shop.eu", ["default"], "Example")
    assert "sql" in me["permissions"] and "accounts" not in me["permissions"]


@pytest.mark.parametrize("who", ["ben", "eve"])
def test_whom_it_gives_no_role_or_no_address_is_not_let_in(stranger, known, who: str) -> None:
    """An address that is not verified might be anybody's."""
    answer = back(stranger, came_back(stranger, who))
    assert (answer.status_code, answer.headers["location"]) == (303, "/?refused=no_role")
    assert stranger.get("/api/vocabulary").status_code == 401


def test_a_way_back_without_the_way_there_leads_nowhere(stranger, client_of, known) -> None:
    """Another browser's, a second time, with another state: no session."""
    address = came_back(stranger, "ann")
    refused = "/?refused=not_signed_in"
    assert back(client_of(), address).headers["location"] == refused
    query = parse_qs(urlsplit(address).query)
    other = address.replace(query["state"][0], "x" * 43)
    assert back(stranger, other).headers["location"] == refused
    address = came_back(stranger, "ann")
    assert back(stranger, address).headers["location"] == "/"
    assert back(stranger, address).headers["location"] == refused


def test_a_role_that_the_provider_takes_away_is_gone_with_the_next_sign_in(
    stranger, installation, known
) -> None:
    """What it says at that moment counts."""
    back(stranger, came_back(stranger, "ann"))
    installation.provider = Provider("E", known.issuer, known.client, known.secret, "groups",
                                     {"all": "viewer"})  # fmt: skip
    back(stranger, came_back(stranger, "ann"))
    assert stranger.get("/api/session").json()["permissions"] == ["ask"]


@pytest.fixture
def forged(installation: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Has a provider that says whatever a test likes; gives how it is tried."""
    key = RSAKey.generate_key(2048, {"kid": "own"})
    public = {"keys": [key.as_dict(private=False)]}
    made = Provider("F", "https://issuer.test", "ethogram", "s", "groups", {"data": "analyst"})
    made._known.update(issuer=made.issuer, token_endpoint="t", jwks_uri="j",
                       authorization_endpoint="a")  # fmt: skip
    desk = installation.desk
    at = desk.clock() // 1_000_000
    right = {"iss": made.issuer, "aud": "ethogram", "sub": "1", "exp": at + 300, "iat": at,
             "email": "ann@shop.eu", "email_verified": True, "groups": ["data"]}  # fmt: skip

    def tried(
        header: dict[str, str] | None = None, signing: Any = key, own: str | None = None,
        **claims: Any,
    ) -> SignedIn:  # fmt: skip
        address, way = made.begin(desk, BACK, own)
        query = parse_qs(urlsplit(address).query)
        said = {"nonce": query["nonce"][0], **right, **claims}
        said = {name: value for name, value in said.items() if value is not None}
        head = header or {"alg": "RS256", "kid": "own"}
        if head["alg"] == "none":
            parts = (urlsafe_b64encode(json.dumps(each).encode()) for each in (head, said))
            token = ".".join(each.decode().rstrip("=") for each in parts) + "."
        else:
            token = jwt.encode(head, said, signing, algorithms=[head["alg"]])
        told = {"t": {"id_token": token}, "j": public}
        monkeypatch.setattr(providers, "is_inside", lambda _: True)
        monkeypatch.setattr(
            providers, "fetched", lambda _, url, **__: httpx.Response(
                200, json=told[url], request=httpx.Request("GET", "https://issuer.test")
            ),
        )  # fmt: skip
        return made.finish(desk, Browser(""), way, {"state": query["state"][0], "code": "c"}, BACK)

    tried.public = public
    return tried


def test_what_is_right_is_let_in(forged) -> None:
    """The forger's own keys and words are otherwise those of a provider."""
    forged()


@pytest.mark.parametrize(
    "claims",
    [{"iss": "https://evil.test"}, {"aud": "another"}, {"aud": None}, {"nonce": "another"},
     {"nonce": None}, {"exp": 1}, {"exp": None}, {"sub": None}, {"email_verified": None},
     {"email_verified": "true"}, {"groups": None}, {"email": ""}],
)  # fmt: skip
def test_a_claim_that_is_wrong_lets_nobody_in(forged, claims: dict[str, Any]) -> None:
    """Issuer, audience, nonce, times, address: each counts."""
    with pytest.raises(Refused):
        forged(**claims)


def test_a_signature_by_another_algorithm_lets_nobody_in(forged) -> None:
    """Neither none, nor the public key as a shared secret, nor somebody else's key."""
    shared = OctKey.import_key(str(forged.public["keys"][0]["n"]))
    other = RSAKey.generate_key(2048, {"kid": "own"})
    for header, signing in (
        ({"alg": "none", "kid": "own"}, None),
        ({"alg": "HS256", "kid": "own"}, shared),
        ({"alg": "RS256", "kid": "own"}, other),
    ):
        with pytest.raises(Refused):
            forged(header, signing)


def test_an_address_alone_takes_nobodys_account_over(stranger, installation, forged) -> None:
    """An account with a password becomes the provider's only for who is signed in to it."""
    desk, boss = installation.desk, owner("default")
    ann = accounts.add(desk, boss, "ann@shop.eu", "admin", PASSWORD)
    with pytest.raises(Refused) as refused:
        forged()
    assert refused.value.code == "another_account"
    forged(own=ann.id)
    forged()
    assert [each.role for each in accounts.members(desk, "default")] == ["analyst"]


def test_who_is_who_is_said_by_the_providers_own_name(stranger, installation, forged) -> None:
    """Another address is the same account still, and a reused address nobody else's."""
    first = forged().account
    assert forged(email="ann.lee@shop.eu").account == first
    with pytest.raises(Refused) as refused:
        forged(sub="2")
    assert refused.value.code == "another_account"
    assert forged(sub="2", email="ben@shop.eu").account != first


def test_whom_the_provider_knows_may_be_in_other_projects(installation, forged) -> None:
    """An invitation needs no password of who has none; without a role here they are there only."""
    desk = installation.desk
    signed = forged()
    code = invitations.invite(desk, owner("other"), "ann@shop.eu", "viewer")
    with pytest.raises(Refused):
        invitations.accept(desk, Browser(""), code, PASSWORD)
    joined = invitations.accept(desk, Browser("", session=signed.session), code, "")
    assert (joined.account, joined.project) == (signed.account, "other")
    assert forged(groups=["strangers"]).project == "other"
    assert accounts.members(desk, "default") == []

"""Only who has a read key may ask; and no other site can ask in their name."""

import pytest

from ethogram.show.api.routes import operations


def test_every_route_needs_a_key_but_those_that_lead_to_one(stranger, installation):
    """A request without a key is refused before anything is read."""
    for operation in operations(installation.questions):
        response = stranger.request(operation.method, operation.path.replace("{name}", "funnel"))
        refused = response.status_code == 401
        assert refused == (operation.needs is not None)
        if refused:
            assert response.json()["error"]["code"] == "no_key"
            assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("said", ["Bearer wrong", "Bearer ", "Basic KEY", "KEY", "bearer"])
def test_a_wrong_key_is_refused(stranger, key, said):
    """Only the key itself, sent as a bearer, opens."""
    response = stranger.get("/api/vocabulary", headers={"Authorization": said.replace("KEY", key)})
    assert response.status_code == 401


def test_a_page_with_the_key_signs_in(stranger, key):
    """The key goes from the address into a cookie that no script can read, and then permits."""
    response = stranger.get(f"/funnel?key={key}&a=1&a=2", follow_redirects=False)
    assert response.status_code == 303
    assert response.headers["location"] == "/funnel?a=1&a=2"
    cookie = response.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert stranger.get("/api/vocabulary").status_code == 200


def test_a_page_with_a_wrong_key_signs_nobody_in(stranger):
    """No cookie is set for a key that is not one."""
    response = stranger.get("/?key=wrong", follow_redirects=False)
    assert response.status_code == 401
    assert "set-cookie" not in response.headers


def test_a_browser_with_a_wrong_key_gets_the_page_that_asks_for_one(stranger):
    """Not an error in JSON: the site says what a key is and where one is found."""
    response = stranger.get("/?key=wrong", headers={"accept": "text/html"}, follow_redirects=False)
    assert response.status_code == 401
    assert response.headers["content-type"].startswith("text/html")
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize("path", ["//evil.example/", "/%5cevil.example/", "/%2f%2fevil.example"])
def test_signing_in_never_leads_elsewhere(stranger, key, path):
    """The redirect stays on this server, however the path is written."""
    response = stranger.get(f"http://localhost:8000{path}?key={key}", follow_redirects=False)
    target = response.headers["location"]
    assert target[0] == "/"
    assert target[1] not in "/\\"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_cannot_use_the_cookie(stranger, key, site):
    """Not even a page on another port of this machine."""
    stranger.get(f"/?key={key}")
    assert stranger.get("/api/vocabulary", headers={"Sec-Fetch-Site": site}).status_code == 401
    own = stranger.get("/api/vocabulary", headers={"Sec-Fetch-Site": "same-origin"})
    assert own.status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8000", 200),
        ("127.0.0.1:1", 200),
        ("[::1]:8000", 200),
        ("shop.example", 200),
        ("evil.example", 400),
        ("localhost.evil.example", 400),
        ("evil.example:localhost", 400),
        ("127.0.0.1.evil.example:80", 400),
        ("", 400),
    ],
)
def test_only_known_hosts_are_answered(client_of, host, status):
    """A name that was pointed at this machine (DNS rebinding) gets nothing."""
    response = client_of("Shop.example").get("/healthz", headers={"Host": host})
    assert response.status_code == status
    if status == 400:
        assert response.json()["error"]["code"] == "unknown_host"


def test_every_response_forbids_inline_script(client):
    """The policy and nosniff stand on pages, on JSON, on figures and on errors."""
    for path in ("/", "/api/vocabulary", "/api/nothing", "/healthz"):
        headers = client.get(path).headers
        policy = dict(part.strip().split(" ", 1) for part in
                      headers["content-security-policy"].split(";"))  # fmt: skip
        assert policy["script-src"] == "'self'"
        assert policy["frame-ancestors"] == "'none'"
        assert headers["x-content-type-options"] == "nosniff"


def test_names_from_events_are_never_html(client):
    """A hostile event name leaves the API as JSON only, and the browser is told so."""
    response = client.get("/api/vocabulary")
    assert response.headers["content-type"] == "application/json"
    assert "<script>" in response.json()["events"][0]["name"]

"""Requests forged by other sites' pages: CSRF, login CSRF, clickjacking, DNS rebinding. A browser
in which somebody is signed in does nothing for a page that is not ours.
"""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from tests.serving import Served

from ethogram.protect.access import accounts
from ethogram.protect.access.caller import owner
from ethogram.protect.access.desk import Desk
from ethogram.run import assembly
from ethogram.run.workspace import open_workspace

TRICKS = {
    "a form": """<form method=post enctype=text/plain action="{at}/api/tokens">
        <input name='{{"name":"evil","permissions":["ask"],"x":"' value='"}}'></form>
        <script>document.forms[0].submit()</script>""",
    "a form's sign-out": """<form method=post action="{at}/api/session"></form>
        <script>document.forms[0].submit()</script>""",
    "a plain fetch": """<script>fetch("{at}/api/tokens", {{method: "POST", mode: "no-cors",
        credentials: "include", headers: {{"content-type": "text/plain"}},
        body: '{{"name":"evil","permissions":["ask"]}}'}})</script>""",
    "a fetch that asks first": """<script>fetch("{at}/api/session", {{method: "DELETE",
        credentials: "include"}}).catch(() => 0)</script>""",
    "a beacon": """<script>navigator.sendBeacon("{at}/api/tokens",
        '{{"name":"evil","permissions":["ask"]}}')</script>""",
    "a sign-in as somebody else": """<form method=post enctype=text/plain action="{at}/api/session">
        <input name='{{"email":"ben@shop.eu","password":"correct horse battery","code":"'
        value='"}}'></form><script>document.forms[0].submit()</script>""",
    "an image that is a route": """<img src="{at}/api/session/provider">
        <img src="{at}/api/live">""",
}


@pytest.fixture(scope="module")
def evil() -> Iterator[Callable[[str], None]]:
    """Another site, on another name of this machine; gives how its page is set, and its port."""
    pages = {"said": ""}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(pages["said"].encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def put(said: str) -> None:
        pages["said"] = said

    put.port = server.server_port
    yield put
    server.shutdown()


@pytest.fixture
def page(context: Any, shop: Served, password: str) -> Any:
    """A page of a browser in which Ann is signed in."""
    body = {"email": "ann@shop.eu", "password": password}
    assert context.request.post(f"{shop.url}/api/session", data=body).ok
    return context.new_page()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("trick", TRICKS)
def test_another_sites_page_does_nothing(
    page: Any, shop: Served, evil: Any, trick: str, host: str
) -> None:
    """From another site, and from another port of the same: nothing is made, nobody changes."""
    evil(TRICKS[trick].format(at=shop.url))
    page.goto(f"http://{host}:{evil.port}/")
    page.wait_for_load_state("load")
    page.wait_for_timeout(200)
    me = page.context.request.get(f"{shop.url}/api/session").json()
    assert (me["email"], me["project"]) == ("ann@shop.eu", "default")
    names = [each["name"] for each in page.context.request.get(f"{shop.url}/api/tokens").json()]
    assert "evil" not in names


def test_our_own_page_does_the_same(page: Any, shop: Served) -> None:
    """What is refused to others is what the site's own page may: the tricks are no mistakes."""
    page.goto(f"{shop.url}/account")
    status = page.evaluate("""() => fetch("/api/tokens", {method: "POST",
        headers: {"content-type": "text/plain"},
        body: '{"name":"own","permissions":["ask"]}'}).then(({status}) => status)""")
    assert status == 200


def test_no_page_is_framed(page: Any, shop: Served, evil: Any) -> None:
    """Another site's page shows none of ours within itself, so nobody is led to click on it."""
    evil(f'<iframe src="{shop.url}/team"></iframe>')
    page.goto(f"http://localhost:{evil.port}/")
    page.wait_for_timeout(300)
    (frame,) = page.frames[1:]
    assert not frame.url.startswith(shop.url)
    assert frame.get_by_role("heading").count() == 0


def test_another_sites_page_reads_nothing(page: Any, shop: Served, evil: Any) -> None:
    """Neither an answer nor a script nor an image of ours, with or without the cookie."""
    evil("<p>evil</p>")
    for host in ("localhost", "127.0.0.1"):
        page.goto(f"http://{host}:{evil.port}/")
        for path in ("/api/session", "/api/accounts", "/api/openapi.json", "/"):
            said = page.evaluate(
                """at => fetch(at, {credentials: "include"}).then(r => r.text(), () => null)""",
                shop.url + path,
            )
            assert said is None, path


@pytest.mark.parametrize("origin", [{}, {"origin": "null"}, {"origin": "http://evil.test"},
                                    {"origin": "http://127.0.0.1:1"}, {"origin": ""}])  # fmt: skip
@pytest.mark.parametrize("kind", ["application/json", "text/plain",
                                  "application/x-www-form-urlencoded"])  # fmt: skip
def test_a_cookie_without_our_origin_changes_nothing(
    ann: httpx.Client, origin: dict[str, str], kind: str
) -> None:
    """Missing, none's, another's or another port's: refused, whatever the body calls itself."""
    del ann.headers["origin"]
    body = '{"name": "evil", "permissions": ["ask"]}'
    answer = ann.post("/api/tokens", content=body, headers={"content-type": kind} | origin)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "cross_site")


@pytest.mark.parametrize("host", ["evil.test", "evil.test:80", "127.0.0.1.evil.test", "0.0.0.0",
                                  "localhost.", "[::ffff:127.0.0.1]", "",
                                  "127.0.0.1@evil.test"])  # fmt: skip
def test_a_name_that_was_bound_to_us_is_answered_nothing(ann: httpx.Client, host: str) -> None:
    """A page whose name its own server points here reads nothing: the name is none of ours."""
    port = ann.base_url.port
    for path in ("/api/session", "/", "/healthz"):
        name = host if ":" in host or not host else f"{host}:{port}"
        answer = ann.get(path, headers={"host": name})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unknown_host"), path


def test_a_session_cannot_be_given(shop: Served, password: str) -> None:
    """Session fixation: what a browser held before the sign-in is nobody's session after it."""
    name = f"ethogram-{shop.port}"
    with httpx.Client(base_url=shop.url, headers={"origin": shop.url}) as client:
        client.cookies.set(name, "eg_session_" + "a" * 52)
        body = {"email": "ann@shop.eu", "password": password}
        given = client.post("/api/session", json=body).headers.get_list("set-cookie")
        for said in (each.lower() for each in given):
            assert "httponly" in said and "samesite=strict" in said and "path=/" in said
            assert "domain=" not in said and "eg_session_aaaa" not in said
    fixed = httpx.get(f"{shop.url}/api/accounts", cookies={name: "eg_session_" + "a" * 52})
    assert fixed.status_code == 401


def test_sessions_end_with_what_they_were_given_for(
    shop: Served, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Airflow CVE-2023-40273: a new password, another role, a removal; the old cookie gives 401."""
    monkeypatch.setenv("XDG_CONFIG_HOME", shop.environment["XDG_CONFIG_HOME"])
    desk = assembly.desk(open_workspace(shop.folder, create=False))
    try:
        for end in (_renew, _demote, _remove):
            email = f"{end.__name__}@shop.eu"
            made = accounts.add(desk, owner("default"), email, "viewer", password)
            with httpx.Client(base_url=shop.url, headers={"origin": shop.url}) as client:
                body = {"email": email, "password": password}
                assert client.post("/api/session", json=body).is_success
                assert client.get("/api/vocabulary").status_code == 200
                end(desk, made)
                assert client.get("/api/vocabulary").status_code == 401, end
    finally:
        desk.close()


def _renew(desk: Desk, made: accounts.Member) -> None:
    accounts.set_password(desk, owner("default"), made.email, "another horse battery")


def _demote(desk: Desk, made: accounts.Member) -> None:
    accounts.change_role(desk, owner("default"), made.id, "analyst")


def _remove(desk: Desk, made: accounts.Member) -> None:
    accounts.remove(desk, owner("default"), made.id)

"""The tracker's script is given to any page, and takes events at its own address."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.serving import Served, served

from ethogram.collect.tracker import FILES, PARTS, PATH, Tracker
from ethogram.events.errors import Invalid, NotFound

ALIAS = "/assets/shop.js"


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with served(tracker_path=ALIAS) as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files as the build makes them."""
    for name in PARTS.values():
        (tmp_path / name).write_text(f"// {name} " + "x" * 500)
    return tmp_path


def test_a_file_is_given_once(folder: Path) -> None:
    """Compressed for those who can, with a mark by which they see that it is still the same."""
    tracker = Tracker(folder=folder)
    plain, packed = tracker.reply({}, {}), tracker.reply({}, {"accept-encoding": "br, gzip"})
    assert plain.body == gzip.decompress(packed.body) == (folder / "t.js").read_bytes()
    assert packed.headers["content-encoding"] == "gzip"
    assert plain.headers["access-control-allow-origin"] == "*"
    again = tracker.reply({}, {"if-none-match": plain.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    (folder / "t.js").write_text("// new")
    new = Tracker(folder=folder).reply({}, {"if-none-match": plain.headers["etag"]})
    assert (new.status, new.body) == (200, b"// new")


def test_parts_have_names(folder: Path) -> None:
    """What the script fetches later is at its own address; another part is not there."""
    tracker = Tracker(folder=folder)
    assert b"// later.js" in tracker.reply({"part": "later"}, {}).body
    with pytest.raises(NotFound):
        tracker.reply({"part": "../app.py"}, {})


def test_without_the_files_it_says_what_to_do(tmp_path: Path) -> None:
    """An installation without Node has no script, and goes on."""
    with pytest.raises(NotFound, match="not in this installation"):
        Tracker(folder=tmp_path).reply({}, {})


@pytest.mark.parametrize(
    "path", ["shop.js", "/", "/shop/", "/a.js?b", "/v1/log", "/api/ask", "/segment/t.js"]
)
def test_an_alias_is_the_path_of_a_file(path: str) -> None:
    """Anything else is refused when the server starts."""
    with pytest.raises(Invalid):
        Tracker(path)


@pytest.mark.parametrize("path", [PATH, ALIAS])
def test_events_are_taken_where_the_script_is(server: Served, path: str) -> None:
    """At either path, from any origin, without a preflight; other paths are the site's."""
    url, key = server.url + path, server.keys["write"]
    body = '{"event": "seen", "anonymous_id": "a"}\n{"event": "seen", "anonymous_id": "b"}'
    headers = {"content-type": "text/plain", "origin": "https://shop.example"}
    said = httpx.post(url, params={"key": key}, content=body, headers=headers)
    assert said.json()["accepted"] == 2
    assert said.headers["access-control-allow-origin"] == "https://shop.example"
    assert httpx.post(url, params={"key": "eg_write_no"}, content=body).status_code == 401
    asked = httpx.get(url, headers={"origin": "https://shop.example"})
    assert asked.status_code == (200 if (FILES / "t.js").is_file() else 404)
    head = httpx.head(url)
    assert (head.status_code, head.content) == (asked.status_code, b"")

"""What is shipped: development endpoints (Plausible CVE-2026-8467), default secrets (Superset
CVE-2023-27524), set-up endpoints (Metabase CVE-2023-38646), pickles (Superset CVE-2023-37941,
skops CVE-2025-54412).
"""

import ast
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from starlette.routing import Mount, Route
from tests.serving import Served

from ethogram.ask.questions.catalog import CATALOG
from ethogram.collect.app import FEED, OWN
from ethogram.collect.protocols.catalog import DIALECTS
from ethogram.collect.tracker import PATH as SCRIPT
from ethogram.events.errors import Invalid
from ethogram.protect import master
from ethogram.run import assembly
from ethogram.run.settings import Settings
from ethogram.run.workspace import open_workspace
from ethogram.show.api.app import app

SOURCE = Path(__file__).parents[2] / "src" / "ethogram"
KNOWN = (Path(__file__).parent / "routes.txt").read_text().splitlines()


class Nothing:
    """An installation of which nothing is asked but what could be."""

    def __init__(self) -> None:
        self.questions = {name: question.spec for name, question in CATALOG.items()}


def routes() -> list[str]:
    """Every route of the two processes, as a method and a path."""
    found = [f"DOOR {path}" for path in (*DIALECTS, FEED, SCRIPT)]
    found += [f"OWNER {path}" for path in OWN]
    made: Any = app(Nothing())
    for route in made.routes:
        inner = route.routes if isinstance(route, Mount) else [route]
        prefix = route.path if isinstance(route, Mount) else ""
        for each in inner:
            assert isinstance(each, Route)
            methods = (each.methods or set()) - {"HEAD"}
            found += [f"{method} {prefix}{each.path}" for method in methods]
    return sorted(found)


def test_the_routes_are_those_that_are_known() -> None:
    """One that is new is written down in routes.txt by whoever adds it, on purpose."""
    assert routes() == KNOWN


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/debug", "/console",
                                  "/admin", "/storefront/", "/metrics", "/server-status",
                                  "/.env", "/.git/config", "/actuator",
                                  "/debug/pprof/"])  # fmt: skip
def test_no_tool_of_development_answers(shop: Served, path: str) -> None:
    """A program that looks for one finds nothing; a browser is shown the site's own page."""
    assert httpx.get(shop.url + path).status_code == 404
    assert httpx.post(shop.url + path).status_code == 404


def test_an_error_shows_nothing_of_the_inside(shop: Served, ann: httpx.Client) -> None:
    """Neither a traceback, nor a path, nor a line of source, whatever is sent."""
    for path in ("/api/ask", "/api/figure", "/api/sql", "/api/people"):
        for body in ("", "{", "[]", '{"question": 1}', '{"sql": "\\u0000"}', "\ud83d".encode(
                "utf-16", "surrogatepass")):  # fmt: skip
            said = ann.post(path, content=body)
            assert 400 <= said.status_code < 500, (path, body)
            assert "Traceback" not in said.text and ".py" not in said.text
            assert str(shop.folder) not in said.text


def test_no_secret_has_a_value_that_all_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every secret is made with the workspace: two workspaces have nothing alike."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    held: list[str] = []
    for name in ("one", "two"):
        workspace = open_workspace(tmp_path / name)
        vault = assembly.vault(workspace, "default")
        held += [*map(bytes.hex, workspace.masters), *map(vault.keyring.access, ("read", "write"))]
        vault.close()
        assert master.location(workspace.id).stat().st_mode & 0o077 == 0
    assert len(set(held)) == len(held)
    defaults = msgspec.structs.asdict(Settings())
    secrets = {name: said for name, said in defaults.items() if "secret" in name or "key" in name}
    assert secrets == {"oidc_secret": "${OIDC_SECRET}"}


@pytest.mark.parametrize("key", ["0" * 64, "f" * 64, "deadbeef" * 8, "0123456789abcdef" * 4])
def test_a_key_that_everybody_knows_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """A master key out of an example opens no workspace and begins none."""
    monkeypatch.setenv("ETHOGRAM_MASTER_KEY", key)
    with pytest.raises(Invalid) as refused:
        open_workspace(tmp_path / "shop")
    assert refused.value.code == "known_master_key"


def test_nothing_is_unpickled() -> None:
    """No module imports what loads objects, nor asks another library to."""
    banned = {
        "pickle",
        "cPickle",
        "dill",
        "cloudpickle",
        "joblib",
        "shelve",
        "marshal",
        "jsonpickle",
    }
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names = {each.name.partition(".")[0] for each in node.names}
            elif isinstance(node, ast.ImportFrom):
                names = {(node.module or "").partition(".")[0]}
            elif isinstance(node, ast.keyword):
                names = {node.arg} if node.arg == "allow_pickle" else set()
            else:
                continue
            assert not names & (banned | {"allow_pickle"}), path

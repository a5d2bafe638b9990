"""Files read by imports: Metabase CVE-2021-41277, MLflow CVE-2023-1177. A folder or an archive
from somebody else brings its own files and no others, and no request names a file.
"""

import zipfile
from pathlib import Path

import pytest
from msgspec.json import schema_components
from tests.serving import Served

from ethogram.ask.questions.catalog import CATALOG
from ethogram.collect.sources.addresses import found
from ethogram.show.api.routes import operations

LINE = '{"event": "%s", "user_id": "1", "timestamp": "2026-03-01T00:00:00Z"}\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that somebody sent, and a file beside it that they would like to read."""
    (tmp_path / "secret.jsonl").write_text(LINE % "secret")
    made = tmp_path / "sent"
    (made / "inner").mkdir(parents=True)
    (made / "own.jsonl").write_text(LINE % "own")
    return made


def test_a_link_that_leads_out_of_a_folder_is_not_followed(folder: Path) -> None:
    """To a file or to a folder, absolute or relative; one that stays inside is a file."""
    (folder / "a.jsonl").symlink_to(folder.parent / "secret.jsonl")
    (folder / "b.jsonl").symlink_to("../secret.jsonl")
    (folder / "inner" / "up").symlink_to(folder.parent, target_is_directory=True)
    (folder / "inner" / "same.jsonl").symlink_to(folder / "own.jsonl")
    assert [Path(each.file.name).name for each in found(str(folder))] == ["same.jsonl", "own.jsonl"]


@pytest.mark.parametrize("name", ["../secret.jsonl", "/secret.jsonl", "..\\..\\secret.jsonl"])
def test_an_archive_names_no_place_of_ours(folder: Path, name: str) -> None:
    """Its files are read out of it, wherever they say they lie, and nothing is written."""
    archive = folder.parent / "sent.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr(name, LINE % "packed")
        link = zipfile.ZipInfo("link.jsonl")
        link.external_attr = 0o120777 << 16
        packed.writestr(link, str(folder.parent / "secret.jsonl"))
    before = {path: path.stat().st_mtime_ns for path in folder.parent.rglob("*")}
    server = Served(folder.parent / "scratch", {})
    server.scratch.mkdir()
    done = server.command("import", str(archive), "--json")
    assert "secret" not in done.stdout.replace(str(archive.parent), "").replace(name, "")
    if done.returncode == 0:
        events = server.command("sql", "SELECT DISTINCT event FROM events", "--csv").stdout
        assert events.split() in (["event", "packed"], ["event"])
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_no_request_names_a_file_or_an_address() -> None:
    """What reads files and other systems is the owner's command; no route takes a place to read."""
    questions = {name: question.spec for name, question in CATALOG.items()}
    sent = [kind for each in operations(questions) for kind in (*each.body, each.query) if kind]
    schemas = schema_components(sent)[1].values()
    names = {
        name
        for schema in schemas
        for name, said in schema.get("properties", {}).items()
        if said.get("type") == "string"
    }
    places = {"path", "file", "folder", "filename", "uri", "url", "href", "host", "address_of"}
    assert sorted(names & places) == []

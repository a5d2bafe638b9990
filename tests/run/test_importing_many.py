"""``ethogram import`` of many files, by presets and by saved mappings, as somebody types it."""

import gzip
import json
import subprocess
from pathlib import Path

import httpx
import pytest
from tests.serving import ETHOGRAM, Served, eventually, served

WORDS = ["--user", "who", "--time", "when", "--event-name", "seen"]
MIXPANEL = {
    "event": "cart",
    "properties": {"time": 1772366400, "distinct_id": "ann", "$insert_id": "i1", "price": 2},
}
TOTAL = '{"question": "trends", "interval": "year", "series": [{"measure": "total"}]}'


def folder(scratch: Path, files: int, rows: int) -> Path:
    """A folder of CSV files, all users different."""
    place = scratch / "in"
    place.mkdir()
    for i in range(files):
        lines = [f"{i}-{row},2026-03-01" for row in range(rows)]
        (place / f"{i}.csv").write_text("\n".join(["who,when", *lines]) + "\n")
    return place


def test_a_folder_is_one_import(empty: Served, tmp_path: Path) -> None:
    """Its files' rows are summed; files of another kind are left out and named; twice adds none."""
    place = folder(tmp_path, 3, 4)
    (place / "photo.png").write_bytes(b"\x89PNG\r\n\0\0")
    (place / "x.csv").write_text("")
    (place / "readme.md").write_text("# Words\n\nof no use\n")
    done = empty.command("import", str(place), *WORDS, "--json")
    counts = json.loads(done.stdout)
    assert (counts["read"], counts["accepted"]) == (12, 12)
    assert "photo.png is not text" in done.stderr
    assert "x.csv is empty" in done.stderr
    assert "readme.md" in done.stderr
    (place / "0.csv.rejects.jsonl").write_text('{"line": 1}\n')
    again = empty.document("import", str(place / "*.csv*"), *WORDS)
    assert (again["accepted"], again["duplicates"]) == (0, 12)


def test_a_folder_of_which_nothing_fits_is_an_error(empty: Served, tmp_path: Path) -> None:
    """Leaving out everything is no success: the first reason is said."""
    place = folder(tmp_path, 2, 1)
    words = ["--user", "whom", "--time", "when", "--event-name", "seen"]
    done = empty.command("import", str(place), *words)
    assert done.returncode == 1
    assert 'has no column "whom"' in done.stderr


def test_a_saved_mapping_is_the_same_import(empty: Served, tmp_path: Path) -> None:
    """What was imported by flags is known when the same is said by a file."""
    place, saved = folder(tmp_path, 1, 3), tmp_path / "map.toml"
    done = empty.document("import", str(place), *WORDS, "--save-mapping", str(saved))
    assert done["accepted"] == 3
    again = empty.document("import", str(place), "--mapping", str(saved))
    assert (again["accepted"], again["duplicates"]) == (0, 3)


def test_the_presets_are_listed(empty: Served) -> None:
    """By name and in a line each; a slip in a name is told from them."""
    assert {"access-log", "sshd", "mixpanel"} <= set(empty.document("import", "--presets"))
    wrong = empty.command("import", __file__, "--preset", "mixpannel")
    assert wrong.returncode == 1
    assert 'Did you mean "mixpanel"?' in wrong.stderr


def test_a_kill_between_files_loses_nothing(empty: Served, tmp_path: Path) -> None:
    """However an import of a folder ends, the next one takes the rest, and no row twice."""
    place = folder(tmp_path, 6, 2_000)
    words = [*ETHOGRAM, "import", str(place), "-w", str(empty.folder), *WORDS, "--json"]
    for delay in (0.05, 0.5):
        process = subprocess.Popen(
            words, env=empty.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        log = empty.folder / "projects/default/log.sqlite"
        for _ in eventually("the import has begun"):
            if log.exists() or process.poll() is not None:
                break
        try:
            process.wait(delay)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    done = empty.document("import", str(place), *WORDS)
    assert done["accepted"] + done["duplicates"] == done["read"] == 12_000
    answer = empty.document("ask", TOTAL)
    assert answer["series"][0]["points"] == [["2026-01-01T00:00:00Z", 12_000]]
    assert empty.document("verify")["problems"] == []


def test_an_export_adds_nothing_to_what_its_client_sent(tmp_path: Path) -> None:
    """Sent by the client and then exported, an event is in once, served or not."""
    path = tmp_path / "export.jsonl.gz"
    other = {"event": "cart", "properties": MIXPANEL["properties"] | {"$insert_id": "i2"}}
    path.write_bytes(gzip.compress(b"".join(json.dumps(e).encode() + b"\n"
                                            for e in (MIXPANEL, other))))  # fmt: skip
    with served() as server:
        server.ready()
        key = server.document("keys")["write"]
        sent = json.loads(json.dumps(MIXPANEL))
        sent["properties"] |= {"token": key, "time": 1772366400.5}
        answer = httpx.post(server.url + "/mixpanel/track?verbose=1", json=[sent])
        assert answer.json()["status"] == 1
        done = server.document("import", str(path), "--preset", "mixpanel")
        assert (done["read"], done["accepted"], done["duplicates"]) == (2, 1, 1)
        again = server.document("import", str(path), "--preset", "mixpanel")
        assert (again["accepted"], again["duplicates"]) == (0, 2)


def test_rejects_of_an_export_have_their_lines(empty: Served, tmp_path: Path) -> None:
    """What the preset and what the door refuse is listed together, by line and reason."""
    path = tmp_path / "export.jsonl"
    nameless = MIXPANEL | {"event": ""}
    timeless = {"event": "x", "properties": {"distinct_id": "ann"}}
    path.write_text("\n".join(map(json.dumps, [MIXPANEL, nameless, timeless])) + "\nnone\n")
    done = empty.document("import", str(path), "--preset", "mixpanel")
    assert (done["read"], done["accepted"], done["rejected"]) == (4, 1, 3)
    found = [json.loads(line) for line in Path(done["rejects"]).read_text().splitlines()]
    assert sorted((each["line"], each["code"]) for each in found) == [
        (2, "bad_event_name"), (3, "missing_field"), (4, "bad_json"),
    ]  # fmt: skip


def test_every_word_of_a_mapping_has_a_flag(empty: Served, tmp_path: Path) -> None:
    """What the guide's file says can be said on the command line; the saved mapping is the same."""
    (tmp_path / "a.csv").write_text("who,when,zip,debug,acc\nann,2026-03-01,01234,x,acme\n")
    empty.document(
        "import", str(tmp_path / "a.csv"), "--user", "who", "--time", "when",
        "--event-name", "visit", "--drop", "debug", "--rename", "zip=postcode",
        "--types", "zip=text", "--groups", "company=acc",
        "--save-mapping", str(tmp_path / "m.json"),
    )  # fmt: skip
    said = json.loads((tmp_path / "m.json").read_text())
    assert (said["drop"], said["rename"]) == (["debug"], {"zip": "postcode"})
    assert (said["types"], said["groups"]) == ({"zip": "text"}, {"company": "acc"})
    found = empty.document("sql", "SELECT properties FROM events")
    assert json.loads(found["rows"][0][0]) == {"postcode": "01234"}


@pytest.mark.parametrize("slip", [["--types", "zip=txt"], ["--rename", "zip"]])
def test_a_slip_in_such_a_flag_is_usage(empty: Served, tmp_path: Path, slip: list[str]) -> None:
    """It ends with 2, and nothing is imported."""
    done = empty.command("import", "a.csv", "--user", "u", "--time", "t", "--event", "e", *slip)
    assert (done.returncode, empty.folder.exists()) == (2, False)

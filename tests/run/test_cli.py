"""The commands keep their words: documents, exit statuses, outputs, and a clear word for errors."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.serving import Served
from typer.testing import CliRunner

from ethogram.run.cli.app import app
from ethogram.run.doctor import examine
from ethogram.run.workspace import open_workspace

FUNNEL = {"question": "funnel", "steps": ["catalog", "cart", "payment_done"], "within": "7d"}
HEAVY = ("numba", "polars", "pyarrow", "numpy", "deltalake", "starlette", "uvicorn")


def failure(workspace: Served, *words: str) -> dict[str, str]:
    """The error with which the command ends, with status 1; nothing but it is on stdout."""
    done = workspace.command(*words, "--json")
    assert done.returncode == 1
    said = json.loads(done.stdout)
    assert set(said) == {"error"}
    assert set(said["error"]) == {"code", "message", "hint", "at"}
    return said["error"]


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (["ask", json.dumps(FUNNEL)], {"question", "steps", "times", "definition", "state"}),
        (["keys"], {"write", "read"}),
        (["verify"], {"ok", "log", "lake", "index", "problems"}),
    ],
)
def test_a_document_is_all_that_is_printed(shop: Served, words: list[str], keys: set[str]) -> None:
    """With --json standard output is one JSON document, with the fields that are promised."""
    done = shop.command_apart(*words, "--json")
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)) == keys


def test_a_spec_may_be_text_a_file_or_piped(shop: Served, tmp_path: Path) -> None:
    """The three ways to say a question give the same steps."""
    file = tmp_path / "funnel.json"
    file.write_text(json.dumps(FUNNEL))
    asked = [shop.document("ask", said)["steps"] for said in (json.dumps(FUNNEL), str(file))]
    assert [step["people"] for step in asked[0]] == [3, 2, 1]
    assert asked[0] == asked[1]
    piped = shop.command_apart("ask", "-", "--json", said=file.read_text())
    assert json.loads(piped.stdout)["steps"] == asked[0]


def test_questions_are_listed_and_described() -> None:
    """The catalog names each question with a sentence, and gives a JSON Schema of one."""
    listed, described = (
        json.loads(CliRunner().invoke(app, ["questions", word]).stdout)
        for word in ("--json", "funnel")
    )
    assert {"funnel", "retention", "trends"} <= {each["question"] for each in listed}
    assert all(each["asks"] for each in listed)
    assert "steps" in json.dumps(described)


def test_an_answer_becomes_files(shop: Served, tmp_path: Path) -> None:
    """CSV has the main list, the workbook and the picture are what their first bytes say."""
    printed = shop.command("ask", json.dumps(FUNNEL), "--csv")
    rows = list(csv.DictReader(io.StringIO(printed.stdout)))
    assert [(row["event"], row["people"]) for row in rows] == [
        ("catalog", "3"), ("cart", "2"), ("payment_done", "1"),
    ]  # fmt: skip
    book, picture = tmp_path / "funnel.xlsx", tmp_path / "funnel.png"
    done = shop.command("ask", json.dumps(FUNNEL), "--xlsx", str(book))
    assert (done.returncode, done.stdout) == (0, "")
    assert book.read_bytes().startswith(b"PK\x03\x04")
    drawn = shop.command("ask", json.dumps(FUNNEL), "--png", str(picture))
    if "no_assets" in drawn.stderr:
        pytest.skip("the site is not built: make web")
    assert picture.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_people_read_a_sentence_and_a_table(shop: Served) -> None:
    """Without --json the answer is said in words and as a table."""
    said = shop.command("ask", json.dumps(FUNNEL)).stdout
    assert "33.3% of 3 people reached payment_done" in said
    assert "conversion" in said


def test_importing_twice_adds_nothing(empty: Served, visits: list[str]) -> None:
    """The second time every row is a duplicate, and verify finds six events."""
    assert empty.document(*visits) == {
        "read": 6, "accepted": 6, "duplicates": 0, "rejected": 0, "warned": 0, "rejects": None,
        "withheld": 0,
    }  # fmt: skip
    again = empty.document(*visits)
    assert (again["accepted"], again["duplicates"]) == (0, 6)
    verdict = empty.document("verify")
    assert verdict["ok"]
    assert verdict["log"]["events"] == verdict["index"]["events"] == 6


def test_rows_that_cannot_be_taken_are_listed_beside(empty: Served, tmp_path: Path) -> None:
    """The good rows are in; each bad one is in the file beside with its line and reason alone."""
    file = tmp_path / "bad.csv"
    file.write_text("who,when,what\nann,2026-03-01,a\n,2026-03-01,b\nben,someday,c\n")
    words = ["--user", "who", "--time", "when", "--event", "what"]
    done = empty.document("import", str(file), *words)
    assert (done["accepted"], done["rejected"]) == (1, 2)
    said = Path(done["rejects"]).read_text()
    assert "ben" not in said and "someday" not in said
    rejects = [json.loads(line) for line in said.splitlines()]
    assert [(each["line"], each["code"]) for each in rejects] == [
        (3, "missing_user"), (4, "bad_time"),
    ]  # fmt: skip


def test_native_lines_need_no_mapping(empty: Served, tmp_path: Path) -> None:
    """JSON lines are native events; a bad line does not keep the others out."""
    file = tmp_path / "events.jsonl"
    good = {"event": "cart", "user_id": "7", "properties": {"price": 20}}
    file.write_text(f'{json.dumps(good)}\n{{"event": 3}}\n')
    done = empty.document("import", str(file))
    assert (done["read"], done["accepted"], done["rejected"]) == (2, 1, 1)
    reject = json.loads(Path(done["rejects"]).read_text())
    assert (reject["line"], reject["code"], reject["at"]) == (2, "wrong_type", "$.event")
    again = empty.document("import", str(file))
    assert (again["read"], again["accepted"], again["duplicates"]) == (2, 0, 2)


@pytest.mark.parametrize(
    ("file", "text", "code"),
    [("empty.csv", "", "empty_file"), ("gone.csv", None, "no_file"), ("none", None, "no_file"),
     ("odd.csv", "who,what\nann,a\n", "unknown_column")],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_named(
    empty: Served, tmp_path: Path, file: str, text: str | None, code: str
) -> None:
    """An empty, missing or foreign file, or an empty folder, ends the command with a clear word."""
    (tmp_path / "none").mkdir()
    if text is not None:
        (tmp_path / file).write_text(text)
    words = ["--user", "who", "--time", "wen", "--event", "what"]
    said = failure(empty, "import", str(tmp_path / file), *words)
    assert said["code"] == code
    assert said["message"]


def test_an_unknown_column_names_the_nearest(empty: Served, visits: list[str]) -> None:
    """A column that is not there is answered with the one that was meant, and all that are."""
    said = failure(empty, *[word.replace("customer", "custmer") for word in visits])
    assert said["at"] == "--user"
    assert 'Did you mean "customer"?' in said["hint"]


@pytest.mark.parametrize(
    ("spec", "code", "at", "meant"),
    [
        ({"question": "funel"}, "unknown_question", "$.question", "funnel"),
        ({"question": "funnel", "steps": ["crt"]}, "unknown_event", "$.steps[0].event", "cart"),
        ({"question": "funnel", "stesp": []}, "unknown_field", "$.stesp", "steps"),
        ({"question": "trends", "series": ["cart"], "by": ["prise"]}, "unknown_property",
         "$.by[0]", "price"),
    ],
)  # fmt: skip
def test_a_name_that_is_not_there_is_answered_with_the_nearest(
    shop: Served, spec: dict, code: str, at: str, meant: str
) -> None:
    """Question, event, field and property: the place in the spec, and what was meant."""
    said = failure(shop, "ask", json.dumps(spec))
    assert (said["code"], said["at"]) == (code, at)
    assert f'Did you mean "{meant}"?' in said["hint"]


def test_a_spec_that_is_no_json_or_no_file_is_said(shop: Served) -> None:
    """Broken text and a path to nothing have codes of their own."""
    assert failure(shop, "ask", '{"question": ')["code"] == "bad_json"
    assert failure(shop, "ask", "nowhere.json")["code"] == "no_spec"


@pytest.mark.parametrize("words", [["ask", json.dumps(FUNNEL)], ["verify"], ["keys"]])
def test_a_workspace_that_is_not_there_is_not_made(empty: Served, words: list[str]) -> None:
    """Only what writes makes a workspace; others say which folder, and what makes one."""
    said = failure(empty, *words)
    assert (said["code"], said["at"]) == ("no_workspace", str(empty.folder))
    assert "-w" in said["hint"] and "ethogram import" in said["hint"]
    assert list(empty.scratch.iterdir()) == []


@pytest.mark.parametrize("words", [["ask", json.dumps(FUNNEL)], ["verify"], ["keys"]])
def test_a_project_that_is_not_there_is_not_made(shop: Served, words: list[str]) -> None:
    """A project's name that is misspelt is answered with the nearest."""
    said = failure(shop, *words, "--project", "defalt")
    assert said["code"] == "no_project"
    assert 'Did you mean "default"?' in said["hint"]
    assert [path.name for path in (shop.folder / "projects").iterdir()] == ["default"]


def test_another_master_key_opens_nothing(shop: Served, monkeypatch) -> None:
    """A key that is not the workspace's is refused, and so is one that is no key."""
    monkeypatch.setitem(shop.environment, "ETHOGRAM_MASTER_KEY", bytes(range(32)).hex())
    assert failure(shop, "verify")["code"] == "wrong_key"
    monkeypatch.setitem(shop.environment, "ETHOGRAM_MASTER_KEY", "secret")
    said = failure(shop, "verify")
    assert said["code"] == "bad_master_key"
    assert "secret" not in said["message"]


def test_a_damaged_workspace_file_is_said(empty: Served) -> None:
    """A workspace whose file lost its id is not taken for a new one."""
    empty.folder.mkdir()
    (empty.folder / "ethogram.toml").write_text("[workspace")
    assert failure(empty, "verify")["code"] == "bad_workspace"


def test_a_workspace_cannot_be_made_in_a_file(empty: Served, visits: list[str]) -> None:
    """What the system refuses is said in its words, and where."""
    empty.folder.write_text("")
    said = failure(empty, *visits)
    assert (said["code"], said["message"]) == ("os_error", "Not a directory.")
    assert said["at"].startswith(str(empty.folder))


@pytest.mark.parametrize(
    "words",
    [["frobnicate"], ["ask"], ["import"], ["import", "x.csv", "--user", "who"], ["serve", "--prt"]],
)
def test_what_is_not_understood_ends_with_2(words: list[str]) -> None:
    """Usage that is wrong is said on standard error, and nothing on standard output."""
    done = command(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "  code: bad_usage" in done.stderr


def test_doctor_finds_what_is_wrong(shop: Served, empty: Served) -> None:
    """A workspace that is well passes; where it is missing the status is 1, with what to do."""
    assert {"SQLite", "workspace", "master key", "disk"} <= {
        each["name"] for each in json.loads(shop.command("doctor", "--json").stdout)
    }
    ill = empty.command("doctor", "--json")
    wrong = {each["name"]: each for each in json.loads(ill.stdout) if not each["ok"]}
    assert ill.returncode == 1
    assert "ethogram" in wrong["workspace"]["hint"]
    assert not empty.folder.exists()


def test_doctor_reads_what_a_server_will_read(tmp_path: Path, monkeypatch) -> None:
    """A setting or a tracking plan that a server would stumble over is found before."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    workspace = open_workspace(tmp_path / "shop")
    assert all(check.ok for check in examine(workspace.folder))
    (workspace.project() / "plan.toml").write_text("mode = ")
    identity = workspace.folder / "ethogram.toml"
    said = identity.read_text().replace("[settings]", '[settings]\nport = "eighty"')
    identity.write_text(said)
    wrong = {check.name: check.found for check in examine(workspace.folder) if not check.ok}
    assert set(wrong) == {"settings", "plan of default"}
    assert "plan.toml" in wrong["plan of default"]
    assert "port" in wrong["settings"]


def test_memory_that_runs_out_is_said(tmp_path: Path) -> None:
    """A file larger than all memory ends the command with status 1, and a sentence on it."""
    spec = tmp_path / "spec.json"
    with spec.open("wb") as file:
        file.truncate(1 << 36)
    bounded = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 33, 1 << 33))\n"
        "from ethogram.run.cli.app import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", bounded, "ask", str(spec), "-w", str(tmp_path), "--json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "")
    said = json.loads(done.stdout)["error"]
    assert said["code"] == "no_memory"
    assert "answering the question" in said["message"] and "ETHOGRAM_THREADS" in said["hint"]


def test_help_loads_nothing_heavy() -> None:
    """`ethogram --help` answers before anything large is imported."""
    probe = (
        "import sys\nfrom ethogram.run.cli.app import app\n"
        "try: app(['--help'])\nexcept SystemExit: pass\n"
        "print(*{name.split('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "import" in done.stdout
    assert [name for name in HEAVY if name in done.stderr.split()] == []


def command(*words: str) -> "subprocess.CompletedProcess[str]":
    """The command without a workspace."""
    program = "from ethogram.run.cli.app import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, check=False
    )

"""Files in a cloud's store are read as those of a folder, by the stores' own kinds of servers."""

import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import fs

from ethogram.collect.door import Outcome, Step
from ethogram.collect.sources.addresses import found
from ethogram.collect.sources.clouds import store
from ethogram.collect.sources.files import claims_of
from ethogram.collect.sources.mapping import Mapping
from ethogram.collect.sources.opening import examine
from ethogram.events.errors import Busy, Invalid, NotFound
from ethogram.run.importing import import_file

MAPPING = Mapping(user="user", time="time", event_name="seen")
CSV = b"user,time,a\n" + b"".join(b"%d,2026-01-02,x\n" % i for i in range(5))
AZURITE = Path(__file__).parent / "stores/node_modules/.bin/azurite-blob"
GCS = Path(__file__).parent / "stores/bin/fake-gcs-server"
AZURE_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
"""The key that Azurite is known to have."""


class S3:
    """Moto's server, in this process; what it holds outlives it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.surroundings = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ACCESS_KEY_ID": "k",
            "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "us-east-1",
        }  # fmt: skip
        self.writer = fs.S3FileSystem(
            endpoint_override=f"127.0.0.1:{port}", scheme="http", region="us-east-1",
            access_key="k", secret_key="s", allow_bucket_creation=True,
        )  # fmt: skip

    def start(self) -> None:
        server = pytest.importorskip("moto.server", reason="moto is not installed: no S3")
        self.server = server.ThreadedMotoServer(ip_address="127.0.0.1", port=self.port,
                                                verbose=False)  # fmt: skip
        self.server.start()

    def stop(self) -> None:
        self.server.stop()


class Process:
    """A server that is a process of its own."""

    words: list[str]

    def start(self) -> None:
        self.process = subprocess.Popen(self.words, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)  # fmt: skip

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


class Azure(Process):
    """Azurite."""

    def __init__(self, port: int) -> None:
        if not AZURITE.exists():
            pytest.skip("Azurite is not installed; `make test` installs it")
        self.words = [str(AZURITE), "--inMemoryPersistence", "--blobPort", str(port), "--silent",
                      "--skipApiVersionCheck", "--disableTelemetry"]  # fmt: skip
        self.surroundings = {"AZURE_STORAGE_CONNECTION_STRING":
            f"AccountName=devstoreaccount1;AccountKey={AZURE_KEY};"
            f"BlobEndpoint=http://127.0.0.1:{port}/devstoreaccount1;"}  # fmt: skip

    @property
    def writer(self) -> fs.FileSystem:
        return store("az://shop/x")[0]


class Google(Process):
    """fake-gcs-server."""

    def __init__(self, port: int) -> None:
        if not GCS.exists():
            pytest.skip("fake-gcs-server is not there; `make test` installs it where Go is")
        self.words = [str(GCS), "-scheme", "http", "-host", "127.0.0.1", "-port", str(port),
                      "-backend", "memory", "-public-host", f"127.0.0.1:{port}"]  # fmt: skip
        self.surroundings = {
            "STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{port}",
            "GOOGLE_CLOUD_PROJECT": "test",
        }

    @property
    def writer(self) -> fs.FileSystem:
        return store("gs://shop/x")[0]


STORES = {"s3": S3, "az": Azure, "gs": Google}


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def wait_for(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError


@pytest.fixture(scope="module", params=STORES)
def running(request: pytest.FixtureRequest) -> Iterator[tuple[str, Any]]:
    """A store's scheme and its server, to which the surroundings lead, with a bucket."""
    server = STORES[request.param](port := free_port())
    with pytest.MonkeyPatch.context() as patch:
        for name, value in server.surroundings.items():
            patch.setenv(name, value)
        server.start()
        wait_for(port)
        server.writer.create_dir("shop")
        yield request.param, server
        server.stop()


@pytest.fixture
def scheme(running: tuple[str, Any]) -> str:
    return running[0]


@pytest.fixture
def bucket(running: tuple[str, Any]) -> fs.FileSystem:
    """The store, for writing."""
    return running[1].writer


def put(system: fs.FileSystem, key: str, content: bytes) -> None:
    with system.open_output_stream(f"shop/{key}") as file:
        file.write(content)


def rows(address: str) -> dict[str, int]:
    """How many rows each file at the address has."""
    return {
        each.file.address: sum(
            chunk.rows for chunk in claims_of(examine(each.file), MAPPING, each.file.fingerprint())
        )
        for each in found(address)
    }


def test_an_address_is_a_file_a_prefix_or_a_pattern(scheme, bucket, tmp_path):
    """In the order of the keys; empty marks and rejects are left out."""
    pq.write_table(pa.table({"user": ["1"], "time": ["2026-01-02"]}), tmp_path / "x.parquet")
    put(bucket, "in/2026/b.csv", CSV)
    put(bucket, "in/2025/a.csv", CSV)
    put(bucket, "in/c.parquet", (tmp_path / "x.parquet").read_bytes())
    put(bucket, "in/_SUCCESS", b"")
    put(bucket, "in/b.csv.rejects.jsonl", b"{}")
    a, b, c = (f"{scheme}://shop/in/{name}" for name in ("2025/a.csv", "2026/b.csv", "c.parquet"))
    whole = {a: 5, b: 5, c: 1}
    assert rows(f"{scheme}://shop/in/") == rows(f"{scheme}://shop/in") == whole
    assert [*rows(f"{scheme}://shop/in/**/*.csv")] == [a, b]
    assert [*rows(f"{scheme}://shop/in/*.parquet")] == [c]
    assert rows(b) == {b: 5}
    with pytest.raises(NotFound):
        rows(f"{scheme}://shop/none/")


def test_a_file_written_anew_is_another(scheme, bucket):
    """It has another fingerprint, and what is being read does not go on with the new one."""
    put(bucket, "a.csv", CSV)
    (before,) = found(f"{scheme}://shop/a.csv")
    (same,) = found(f"{scheme}://shop/a.csv")
    assert before.file.fingerprint() == same.file.fingerprint()
    put(bucket, "a.csv", CSV.replace(b"x", b"y"))
    (after,) = found(f"{scheme}://shop/a.csv")
    assert after.file.fingerprint() != before.file.fingerprint()
    with pytest.raises(Invalid, match="written anew"):
        examine(before.file)


class Kept:
    """A target that keeps the users of each row."""

    rows = 1_000

    def __init__(self) -> None:
        self.users: list[str] = []
        self.marks: dict[str, int] = {}

    def imported(self, mark: str) -> int:
        return self.marks.get(mark, 0)

    def imports(self, beginning: str) -> dict[str, int]:
        return {name: rows for name, rows in self.marks.items() if name.startswith(beginning)}

    def append_table(self, claims: pa.Table, step: Step, *, keyed: bool) -> Outcome:
        assert step.since == self.imported(step.name)
        self.users += claims["user_id"].to_pylist()
        self.marks[step.name] = step.upto
        return Outcome(claims.num_rows)

    def flush(self) -> None: ...


def test_a_store_that_dies_meanwhile_is_gone_on_with(tmp_path, monkeypatch):
    """The error says so, and the next run takes every row that was not taken, and none twice."""
    monkeypatch.chdir(tmp_path)
    server = S3(free_port())
    for name, value in server.surroundings.items():
        monkeypatch.setenv(name, value)
    server.start()
    wait_for(server.port)
    server.writer.create_dir("shop")
    bucket = server.writer
    long = "x" * 1_000
    text = "".join(f"{i},2026-01-02,{long}\n" for i in range(20_000))
    put(bucket, "a.csv", f"user,time,a\n{text}".encode())
    kept, alive = Kept(), [server]

    def die(*_: object) -> None:
        while alive:
            alive.pop().stop()

    (each,) = found("s3://shop/a.csv")
    with pytest.raises(Busy) as caught:
        import_file(kept, each.file, MAPPING, die)
    assert caught.value.code == "store_away"
    assert 0 < len(kept.users) < 20_000
    server.start()
    (each,) = found("s3://shop/a.csv")
    done = import_file(kept, each.file, MAPPING, lambda *_: None)
    server.stop()
    assert kept.users == [str(i) for i in range(20_000)]
    assert done.accepted + done.duplicates == 20_000


def test_a_store_that_is_gone_says_so(monkeypatch):
    """The error names the address, the reason, and that the same command goes on."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    with pytest.raises(Busy) as caught:
        list(found("s3://shop/a.csv"))
    assert caught.value.code == "store_away"
    assert "goes on where it stopped" in caught.value.hint


def test_an_unknown_scheme_names_the_known(tmp_path):
    """A slip in the scheme is found."""
    with pytest.raises(Invalid, match="s4:// is no store"):
        list(found("s4://shop/a.csv"))

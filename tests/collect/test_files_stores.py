"""Files in a cloud's store are read as those of a folder, by the store's own servers."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import fs

from ethogram.collect.door import Outcome, Step
from ethogram.collect.sources.addresses import found
from ethogram.collect.sources.files import claims_of
from ethogram.collect.sources.mapping import Mapping
from ethogram.collect.sources.opening import examine
from ethogram.events.errors import Busy, Invalid, NotFound
from ethogram.run.importing import import_file

moto = pytest.importorskip("moto.server", reason="moto is not installed: no S3 to read from")

MAPPING = Mapping(user="user", time="time", event_name="seen")
running: dict[str, Any] = {}
CSV = b"user,time,a\n" + b"".join(b"%d,2026-01-02,x\n" % i for i in range(5))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """An S3 server of this machine, and its address."""
    first = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    first.start()
    host, port = first.get_host_and_port()
    address = f"http://{host}:{port}"
    running[address] = first
    yield address
    running.pop(address).stop()


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[fs.S3FileSystem]:
    """The server's store with an empty bucket; the surroundings lead to it."""
    for name, value in {"AWS_ENDPOINT_URL": server, "AWS_ACCESS_KEY_ID": "k", "AWS_REGION":
                        "us-east-1", "AWS_SECRET_ACCESS_KEY": "s"}.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    system = fs.S3FileSystem(
        endpoint_override=server.removeprefix("http://"), scheme="http", region="us-east-1",
        access_key="k", secret_key="s", allow_bucket_creation=True, allow_bucket_deletion=True,
    )  # fmt: skip
    system.create_dir("shop")
    yield system
    system.delete_dir("shop")


def put(system: fs.S3FileSystem, key: str, content: bytes) -> None:
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


def test_an_address_is_a_file_a_prefix_or_a_pattern(bucket, tmp_path):
    """In the order of the keys; empty marks and rejects are left out."""
    pq.write_table(pa.table({"user": ["1"], "time": ["2026-01-02"]}), tmp_path / "x.parquet")
    put(bucket, "in/2026/b.csv", CSV)
    put(bucket, "in/2025/a.csv", CSV)
    put(bucket, "in/c.parquet", (tmp_path / "x.parquet").read_bytes())
    put(bucket, "in/_SUCCESS", b"")
    put(bucket, "in/b.csv.rejects.jsonl", b"{}")
    names = ["2025/a.csv", "2026/b.csv", "c.parquet"]
    whole = {f"s3://shop/in/{name}": 5 if "csv" in name else 1 for name in names}
    assert rows("s3://shop/in/") == rows("s3://shop/in") == whole
    assert list(rows("s3://shop/in/**/*.csv")) == ["s3://shop/in/2025/a.csv",
                                                   "s3://shop/in/2026/b.csv"]  # fmt: skip
    assert list(rows("s3://shop/in/*.parquet")) == ["s3://shop/in/c.parquet"]
    assert rows("s3://shop/in/2026/b.csv") == {"s3://shop/in/2026/b.csv": 5}
    with pytest.raises(NotFound):
        rows("s3://shop/none/")


def test_a_file_written_anew_is_another(bucket):
    """It has another fingerprint, and what is being read does not go on with the new one."""
    put(bucket, "a.csv", CSV)
    (before,) = found("s3://shop/a.csv")
    (same,) = found("s3://shop/a.csv")
    assert before.file.fingerprint() == same.file.fingerprint()
    put(bucket, "a.csv", CSV.replace(b"x", b"y"))
    (after,) = found("s3://shop/a.csv")
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

    def append_table(self, claims: pa.Table, step: Step, *, keyed: bool) -> Outcome:
        assert step.since == self.imported(step.name)
        self.users += claims["user_id"].to_pylist()
        self.marks[step.name] = step.upto
        return Outcome(claims.num_rows)

    def flush(self) -> None: ...


def test_a_store_that_dies_meanwhile_is_gone_on_with(server, bucket, tmp_path, monkeypatch):
    """The error says so, and the next run takes every row that was not taken, and none twice."""
    monkeypatch.chdir(tmp_path)
    long = "x" * 1_000
    text = "".join(f"{i},2026-01-02,{long}\n" for i in range(20_000))
    put(bucket, "a.csv", f"user,time,a\n{text}".encode())
    kept, port = Kept(), int(server.rpartition(":")[2])

    def die(*_: object) -> None:
        if server in running:
            running.pop(server).stop()

    (each,) = found("s3://shop/a.csv")
    with pytest.raises(Busy) as caught:
        import_file(kept, each.file, MAPPING, die)
    assert caught.value.code == "store_away"
    assert 0 < len(kept.users) < 20_000
    running[server] = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    running[server].start()
    (each,) = found("s3://shop/a.csv")
    done = import_file(kept, each.file, MAPPING, lambda *_: None)
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

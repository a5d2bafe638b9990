"""Files are found in folders, by patterns and in archives, always in the same order."""

import gzip
import zipfile
from pathlib import Path

import pytest

from ethogram.collect.sources.addresses import found
from ethogram.collect.sources.files import claims_of
from ethogram.collect.sources.mapping import Mapping
from ethogram.collect.sources.opening import examine
from ethogram.events.errors import Invalid, NotFound

MAPPING = Mapping(user="user", time="time", event_name="seen")
CSV = b"user,time\n1,2026-01-02\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with files in folders, hidden ones, and the list of rejects of an import."""
    for name in ("b/2.csv", "b/1.csv", "a.csv", ".hidden.csv", "b/.git/x.csv",
                 "a.csv.rejects.jsonl"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(CSV)
    return tmp_path


def names(word: str | Path, root: Path) -> list[str]:
    return [str(Path(each.file.address).relative_to(root)) for each in found(str(word))]


def test_a_folder_has_the_files_of_its_folders(folder):
    """Sorted by their names; hidden files and what an import wrote are left out."""
    assert names(folder, folder) == ["a.csv", "b/1.csv", "b/2.csv"]


def test_a_pattern_has_what_it_matches(folder):
    """Folders among it with all they have; a file whose own name has such signs is that file."""
    assert names(folder / "**/*.csv", folder) == ["a.csv", "b/1.csv", "b/2.csv"]
    assert names(folder / "?.csv", folder) == ["a.csv"]
    assert names(folder / "[ab]*", folder)[-2:] == ["b/1.csv", "b/2.csv"]
    (folder / "x[1].csv").write_bytes(CSV)
    assert names(folder / "x[1].csv", folder) == ["x[1].csv"]
    with pytest.raises(NotFound):
        names(folder / "*.tsv", folder)


def test_an_archive_is_a_folder(folder):
    """Each file in it is read as if it lay beside, in whatever archive: its mark is the same."""
    (folder / "b/1.csv.gz").write_bytes(gzip.compress(CSV))
    for name in ("one.zip", "two.zip"):
        with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(folder / "b/1.csv.gz", "in/1.csv.gz")
            archive.write(folder / "a.csv", "a.csv")
    archives = [list(found(str(folder / name))) for name in ("one.zip", "two.zip")]
    for members in archives:
        rows = [
            chunk.table.num_rows
            for each in members
            for chunk in claims_of(examine(each.file), MAPPING, each.file.fingerprint())
        ]
        assert rows == [1, 1]
    one, two = ([each.file.fingerprint() for each in members] for members in archives)
    assert one == two
    assert archives[0][1].file.beside.name == "one.zip.in-1.csv.gz"


def test_a_damaged_member_is_told(folder):
    """A byte that is wrong in an archive is an error, not other data."""
    path = folder / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", CSV * 10)
    content = bytearray(path.read_bytes())
    content[60] ^= 1
    path.write_bytes(content)
    (each,) = found(str(path))
    with pytest.raises(Invalid) as caught:
        list(claims_of(examine(each.file), MAPPING, "mark"))
    assert caught.value.code == "damaged_file"

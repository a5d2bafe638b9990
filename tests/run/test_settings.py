"""Settings come from four places, each stronger than the one before, and no name is passed over."""

import re
from pathlib import Path

import msgspec
import pytest

from ethogram.events.errors import Invalid
from ethogram.run.settings import Settings, load


def said(folder: Path, text: str) -> Path:
    """A workspace's file of settings."""
    (folder / "ethogram.toml").write_text(f"[settings]\n{text}\n")
    return folder


def test_without_a_word_the_defaults_hold(tmp_path: Path) -> None:
    """A folder without a file, an environment without a word."""
    assert load(tmp_path, {}) == Settings()


def test_a_flag_beats_the_environment_beats_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each place is heard where no stronger one speaks; a flag that is not given says nothing."""
    folder = said(tmp_path, "port = 1\nevent_limit = 2\ndepth_limit = 3")
    monkeypatch.setenv("ETHOGRAM_PORT", "4")
    monkeypatch.setenv("ETHOGRAM_EVENT_LIMIT", "5")
    found = load(folder, {"port": 6, "event_limit": None})
    assert (found.port, found.event_limit, found.depth_limit) == (6, 5, 3)


@pytest.mark.parametrize("place", ["file", "environment", "flags"])
def test_a_name_that_is_none_is_refused_with_the_nearest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """Where it stands and which one may be meant are said."""
    folder, flags = tmp_path, dict[str, int]()
    if place == "file":
        folder = said(tmp_path, "prot = 1")
    elif place == "environment":
        monkeypatch.setenv("ETHOGRAM_PROT", "1")
    else:
        flags = {"prot": 1}
    with pytest.raises(Invalid) as refused:
        load(folder, flags)
    assert refused.value.code == "unknown_setting"
    assert place in refused.value.at or refused.value.at.endswith("ethogram.toml")
    assert "port" in refused.value.hint


def test_the_guide_has_every_setting_with_its_default() -> None:
    """A row a setting, in their order, with what holds without a word."""
    guide = Path(__file__).parents[2] / "docs" / "guide" / "settings.md"
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \|", guide.read_text(), re.MULTILINE)
    said = {name: value.strip("`").replace(",", "") for name, value in rows}
    plain = msgspec.structs.asdict(Settings())
    assert list(said) == list(plain)
    words = {"()": "none", "": "none", "False": "false"}
    assert said == {
        name: words.get(str(value), str(value).removesuffix(".0")) for name, value in plain.items()
    }


def test_a_value_of_another_type_is_refused(tmp_path: Path) -> None:
    """A setting that cannot be what it should be is named."""
    with pytest.raises(Invalid, match="port"):
        load(said(tmp_path, 'port = "eighty"'), {})


def test_a_list_stands_in_the_environment_with_commas(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words parted by commas, with or without blanks, are the list of the file."""
    monkeypatch.setenv("ETHOGRAM_CLEANING_OFF", "devices, urls")
    monkeypatch.setenv("ETHOGRAM_HOSTS", "stats.example.org")
    found = load(tmp_path, {})
    assert (found.cleaning_off, found.hosts) == (("devices", "urls"), ("stats.example.org",))

"""What every registry promises; an adapter's test says only how to open one."""

from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ethogram.events.errors import Invalid, NotFound
from ethogram.store.registry.port import Definition, Registry

BUYERS = {"did": {"event": "purchase"}}
MANY = {"did": {"event": "purchase"}, "at_least": 3}


class RegistryContract(ABC):
    @abstractmethod
    def open(self, folder: Path) -> Registry:
        """A registry in ``folder``, made where it is missing."""

    @pytest.fixture
    def registry(self, tmp_path: Path):
        registry = self.open(tmp_path)
        yield registry
        registry.close()

    def test_the_newest_version_counts_and_the_others_stay(self, registry: Registry) -> None:
        """Each change is a version; what it was before can still be read."""
        first = registry.save("cohort", "buyers", BUYERS, 1, "as asked")
        second = registry.save("cohort", "buyers", MANY, 2)
        assert first == Definition("cohort", "buyers", 1, BUYERS, 1, "as asked")
        assert registry.get("cohort", "buyers") == second
        assert registry.history("cohort", "buyers") == [first, second]

    def test_what_is_saved_again_unchanged_makes_no_version(self, registry: Registry) -> None:
        """So a script that defines everything can run at every start."""
        first = registry.save("cohort", "buyers", BUYERS, 1)
        assert registry.save("cohort", "buyers", dict(BUYERS), 2) == first

    def test_dropping_is_a_version_that_says_so(self, registry: Registry) -> None:
        """It is found no more, but its history is; saving goes on counting."""
        registry.save("cohort", "buyers", BUYERS, 1)
        dropped = registry.drop("cohort", "buyers", 2, "nobody asks")
        assert (dropped.version, dropped.body, dropped.note) == (2, None, "nobody asks")
        with pytest.raises(NotFound, match="was dropped"):
            registry.get("cohort", "buyers")
        with pytest.raises(NotFound, match="was dropped"):
            registry.drop("cohort", "buyers", 3)
        assert [each.version for each in registry.history("cohort", "buyers")] == [1, 2]
        assert registry.save("cohort", "buyers", BUYERS, 3).version == 3

    def test_kinds_have_names_of_their_own(self, registry: Registry) -> None:
        """A list holds one kind, by name, without what was dropped."""
        for kind, name in (("kpi", "a"), ("cohort", "b"), ("cohort", "a"), ("cohort", "c")):
            registry.save(kind, name, BUYERS, 1)
        registry.drop("cohort", "c", 2)
        assert [each.name for each in registry.list("cohort")] == ["a", "b"]
        assert [each.name for each in registry.list("kpi")] == ["a"]

    def test_unknown_names_say_what_there_is(self, registry: Registry) -> None:
        """With the nearest spelling."""
        registry.save("cohort", "buyers", BUYERS, 1)
        for look in (registry.get, registry.history):
            with pytest.raises(NotFound) as failed:
                look("cohort", "byers")
            assert failed.value.hint == 'Did you mean "buyers"? There are: buyers.'
            assert failed.value.code == "unknown_cohort"

    @pytest.mark.parametrize("name", ["", " a", "a/b", "a\nb", "x" * 101, "-"])
    def test_a_name_that_fits_no_address_is_refused(self, registry: Registry, name: str) -> None:
        """Names stand in addresses and commands."""
        with pytest.raises(Invalid, match="cannot be a name"):
            registry.save("cohort", name, BUYERS, 1)

    def test_bodies_come_back_as_they_were(self, registry: Registry) -> None:
        """Whatever JSON they are."""
        body = {"ü": [1, 2.5, None, True, {"deep": ["😀", 2**62]}], "": {}}
        registry.save("kpi", "odd", body, 1)
        assert registry.get("kpi", "odd").body == body

    def test_what_is_saved_is_there_after_opening_again(self, tmp_path: Path) -> None:
        """Opening a registry that stands changes nothing."""
        before = self.open(tmp_path)
        saved = before.save("kpi", "a", BUYERS, 1)
        before.close()
        again = self.open(tmp_path)
        assert again.list("kpi") == [saved]
        again.close()

    def test_writers_at_once_lose_nothing(self, tmp_path: Path) -> None:
        """Each opens it for itself, the first time too; every version is there once."""

        def write(writer: int) -> list[int]:
            registry = self.open(tmp_path)
            made = [registry.save("kpi", "a", {"by": [writer, n]}, n).version for n in range(10)]
            registry.close()
            return made

        with ThreadPoolExecutor(4) as pool:
            versions = [version for made in pool.map(write, range(4)) for version in made]
        assert sorted(versions) == list(range(1, 41))

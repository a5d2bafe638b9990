"""A role's filter by what profiles hold, over a real project: never more than what it says."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from ethogram.ask.questions.catalog import parse
from ethogram.ask.questions.viewing import View
from ethogram.events.errors import Invalid, NotPermitted
from ethogram.events.event import Event, Group, ProfileChange
from ethogram.events.predicate import Predicate
from ethogram.protect.access import roles
from ethogram.protect.access.roles import Role
from ethogram.run.embedded import Embedded
from ethogram.run.opening import open_

SECRET = {"property": "tier", "value": "internal"}
COUNTED: dict[str, Any] = {
    "question": "trends", "interval": "all", "series": [{"event": "used", "measure": "people"}]
}  # fmt: skip


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """Ann of an internal company, and Ben of another; both have the trait ``visits``."""
    folder = tmp_path_factory.mktemp("views")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        with open_(folder / "shop") as opened:
            assert isinstance(opened, Embedded)
            for name, tier in (("ann", "internal"), ("ben", "paying")):
                said = [ProfileChange("set", {"tier": tier}, to) for to in ("person", "group")]
                groups = [Group("company", name)]
                opened.append([Event("used", user_id=name, groups=groups, profile_ops=said,
                                     properties={"n": 1})])  # fmt: skip
            opened.traits.save("visits", {"measure": "total", "event": "used"})
            assert people(opened, None) == 2
            yield opened


def people(shop: Embedded, seen: dict[str, Any] | None, **more: Any) -> int:
    """How many a role with the filter ``seen`` counts."""
    reading = shop._reading
    reading.catch_up_to_end()
    view = seen and View(msgspec.convert(seen, Predicate))
    sight = reading.sight(view) if view else reading.whole
    found = reading.ask(parse(COUNTED | more), sight=sight)
    return found.to_dict()["series"][0]["points"][0][1]


@pytest.mark.parametrize("of", ["profile", "profile_then"])
@pytest.mark.parametrize("unit", ["person", "session"])
def test_a_role_sees_by_what_profiles_hold(shop: Embedded, of: str, unit: str) -> None:
    """Who holds it, or does not hold it, as the same filter in a question says."""
    for where in (SECRET | {"of": of}, {"not": SECRET | {"of": of}}):
        assert people(shop, where, unit=unit) == people(shop, None, unit=unit, where=where) == 1


@pytest.mark.parametrize(
    "where",
    [
        SECRET | {"of": "group:company"},
        {"property": "visits", "op": ">=", "value": 1, "of": "profile"},
        {"property": "tire", "value": "internal", "of": "profile"},
        {"property": "tier", "value": "internal"},
    ],
)
def test_a_role_whose_filter_is_not_known_sees_nothing(
    shop: Embedded, where: dict[str, Any]
) -> None:
    """By a group's property, a trait, a name that nobody said: not even where it is negated."""
    for said in (where, {"not": where}, where | {"op": "!="}):
        with pytest.raises(Invalid, match="no event 'used'"):
            people(shop, said)


def test_what_groups_hold_is_refused_in_a_role() -> None:
    """With its place, however deep it stands."""
    deep = {"any": [SECRET, {"not": SECRET | {"of": "group:company"}}]}
    with pytest.raises(Invalid) as refused:
        roles.check(Role(("ask",), msgspec.convert(deep, Predicate)))
    assert (refused.value.code, refused.value.at) == ("bad_role", "$.where.any[1].not.of")
    for of in ("event", "profile", "profile_then", "then", "now"):
        roles.check(Role(("ask",), msgspec.convert(SECRET | {"of": of}, Predicate)))


@pytest.mark.parametrize("of", ["profile", "profile_then", "then", "now"])
def test_who_sees_by_persons_asks_about_persons(shop: Embedded, of: str) -> None:
    """An index of groups has profiles of its own, which say nothing of who is seen."""
    where = {"not": {"property": "n", "value": 2} | {"of": of}}
    where = {"not": SECRET | {"of": of}} if of.startswith("profile") else where
    for more in (
        {"unit": "group:company"},
        {"by": [{"property": "tier", "of": "group:company"}]},
    ):
        with pytest.raises(NotPermitted, match="by their persons"):
            people(shop, where, **more)
    assert people(shop, {"property": "n", "value": 1}, unit="group:company") == 2

"""A cohort saved under a name stands wherever a cohort can stand, and is looked up before."""

import pytest

from ethogram.ask.questions.catalog import cohort_of, parse
from ethogram.ask.questions.cohort import Cohort
from ethogram.ask.questions.saved import Saved, resolved
from ethogram.events.errors import Invalid, NotFound, nearest

BUYERS = Cohort(did="purchase", at_least=3)
KNOWN = {
    "buyers": Saved(BUYERS, 4),
    "others": Saved(Cohort(not_=Cohort(saved="buyers")), 2),
    "one": Saved(Cohort(any=(Cohort(saved="two"),)), 1),
    "two": Saved(Cohort(all=(BUYERS, Cohort(saved="one"))), 1),
    "then": Saved(Cohort(did="purchase", at="2026-01-01"), 1),
}
SERIES = {"question": "trends", "series": ["a"]}


def lookup(name: str) -> Saved:
    if name not in KNOWN:
        raise NotFound("unknown_cohort", f"The cohort {name!r} does not exist.",
                       hint=nearest(name, KNOWN))  # fmt: skip
    return KNOWN[name]


@pytest.mark.parametrize("plain", [False, True])
def test_references_are_replaced_wherever_a_cohort_can_stand(plain: bool) -> None:
    """As people, in by, within all, any and not; the versions are told."""

    def spec(named: dict, other: dict):
        return parse({**SERIES, "people": {"all": [named, {"any": [{"not": named}, other]}]},
                      "by": ["country", {"cohort": other, "name": "o"}]})  # fmt: skip

    buyers = {"did": {"event": "purchase"}, "at_least": 3}
    found, versions = resolved(spec({"saved": "buyers"}, {"saved": "others"}), lookup)
    assert found == spec(buyers, {"not": buyers})
    assert versions == {"buyers": 4, "others": 2}


def test_a_spec_without_references_stays_as_it_is() -> None:
    """The very same, and nothing is looked up."""
    spec = parse({**SERIES, "people": {"did": "a"}})
    assert resolved(spec, lookup) == (spec, {})
    assert resolved(spec, lookup)[0] is spec


def test_an_unknown_name_says_where_and_what_exists() -> None:
    """With the nearest spelling."""
    spec = parse({**SERIES, "by": [{"cohort": {"not": {"saved": "byers"}}}]})
    with pytest.raises(NotFound) as failed:
        resolved(spec, lookup)
    assert failed.value.at == "$.by[0].cohort.not.saved"
    assert 'Did you mean "buyers"?' in failed.value.hint


def test_a_cohort_that_holds_itself_is_refused() -> None:
    """By whatever way round, and the way is told."""
    with pytest.raises(Invalid, match="one → two → one") as failed:
        resolved(parse({**SERIES, "people": {"saved": "one"}}), lookup)
    assert failed.value.code == "cohort_circle"


def test_the_reference_says_the_instant_unless_the_cohort_does() -> None:
    """A saved cohort can be looked at as it was."""
    at = "2026-05-01"
    assert resolved(Cohort(saved="buyers", at=at), lookup)[0].at == at
    assert resolved(Cohort(saved="then", at=at), lookup)[0].at == "2026-01-01"


def test_a_reference_says_nothing_else() -> None:
    """What it may not say is refused as in any cohort; so is what is no cohort."""
    with pytest.raises(Invalid, match="at_least"):
        resolved(Cohort(saved="buyers", at_least=2), lookup)
    for said in (b"[]", b"{}", b"{", b'{"did": "a", "saved": "b"}', {"dod": "a"}):
        with pytest.raises(Invalid):
            cohort_of(said)

"""What holds of records is a function of their set; the file that the door asks agrees with it."""

import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.protect.consent.sending import Sending
from ethogram.protect.consent.standing import MOST_TIED, Standing, Tie
from ethogram.protect.consent.words import holding, word
from ethogram.store.lake.tables import CONSENTS
from ethogram.store.log.entries import Consented, Erased, Joined, Parted

WORDS = st.builds(
    lambda given, said, late: word(given, said, said + late),
    st.booleans(), st.integers(0, 5), st.integers(0, 5),
)  # fmt: skip
SAID = st.lists(st.tuples(st.sampled_from(["analytics", "marketing"]), WORDS), max_size=12)
AT = 1_000_000


def said(
    person: int, at: int, given: bool, purpose: str = "analytics", came: int = AT, **more: object
) -> Consented:
    """A record."""
    return Consented(person, purpose, given, at, came, "native", **more)


@given(SAID, st.randoms(use_true_random=False))
def test_the_order_of_records_plays_no_part(words: list, chance: random.Random) -> None:
    """Any order of the same records, and any of them twice, tells the same."""
    shuffled = words + words[:3]
    chance.shuffle(shuffled)
    assert holding(shuffled) == holding(words)


@pytest.mark.parametrize(("told", "given"), [
    ([(False, 1, 1), (True, 2, 2)], True),
    ([(False, 2, 2), (True, 2, 2)], False),
    ([(True, 3, 3), (False, 1, 4)], False),
    ([(True, 3, 3), (False, 1, 4), (True, 2, 5)], True),
    ([(False, 3, 3), (True, 2, 9)], False),
    ([(False, 2, 5), (True, 3, 5)], True),
    ([(True, 3, 3), (False, 1, 1)], True),
], ids=["later", "at one time", "a clock behind", "and again by it", "under way for long",
        "in one request", "history"])  # fmt: skip
def test_an_agreement_holds_that_is_later_by_all_clocks(told: list, given: bool) -> None:
    """A withdrawal that came after it ends it, whatever its clock says; history is what it was."""
    words = [("a", word(*each)) for each in told]
    assert holding(words)["a"].given is given


@given(SAID, SAID)
def test_a_withdrawal_more_gives_nothing(words: list, more: list) -> None:
    """Whoever withdraws once more, at whatever time, is not sent more than before."""
    taken = [each for each in more if not each[1].given]
    before, after = holding(words), holding(words + taken)
    assert all(before[name].given for name, each in after.items() if each.given)


@pytest.fixture
def standing(tmp_path: Path):
    made = Standing(tmp_path / "consent.sqlite")
    yield made
    made.close()


def keep(standing: Standing, *controls: object, ties: tuple[Tie, ...] = ()) -> None:
    """As the door does it: heard, written down, settled."""
    for each in controls:
        if isinstance(each, Consented):
            standing.hear(each)
    standing.keep(controls, ties, {}, AT, 1)
    standing.settle(controls, ties)


LINKED = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)), max_size=5)
RECORDS = st.lists(
    st.tuples(st.integers(1, 6), st.integers(0, 4), st.booleans(), st.sampled_from("ab"),
              st.integers(0, 4), st.booleans()),
    max_size=12,
)  # fmt: skip


@given(RECORDS, LINKED, st.integers(0, 12), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_the_file_tells_what_the_records_of_all_tied_ids_tell(
    tmp_path_factory: pytest.TempPathFactory,
    records: list,
    joins: list,
    kept: int,
    chance: random.Random,
) -> None:
    """Whether a record is written down already or on its way, all ids of a person say the same."""
    standing = Standing(tmp_path_factory.mktemp("standing") / "consent.sqlite")
    made = [
        said(who, at, given, purpose, at + late, history=true)
        for who, at, given, purpose, late, true in records
    ]
    chance.shuffle(made)
    keep(standing, *made[:kept])
    for each in made[kept:]:
        standing.hear(each)
        standing.of(each.person)
    for a, b in joins:
        if a != b:
            standing.tie(Tie(a, b, False))
    groups = {node: {node} for node in range(1, 7)}
    for a, b in joins:
        union = groups[a] | groups[b]
        groups |= dict.fromkeys(union, union)
    for node, together in groups.items():
        expected = holding(
            (each.purpose, word(each.given, each.at, each.came))
            for each in made
            if each.person in together
        )
        assert standing.of(node).words == expected
    standing.close()


def test_parting_gives_back_what_each_had(standing: Standing) -> None:
    """A merge unmade leaves both with their own words."""
    keep(standing, said(1, 5, True), said(2, 9, False), Joined(1, 2, AT))
    assert not standing.of(1).gives("analytics")
    keep(standing, Parted(0, 1, 2, AT))
    assert standing.of(1).gives("analytics") and not standing.of(2).gives("analytics")


@pytest.mark.parametrize("pending", [False, True])
def test_who_was_parted_is_tied_again_only_by_who_is_in_charge(
    standing: Standing, pending: bool
) -> None:
    """Not by being seen together once more, nor by what was on its way; a merge joins them."""
    seen = Tie(5, 7, True)
    assert standing.tie(seen)
    if pending:
        keep(standing, said(7, 5, True), Parted(4, 5, 7, AT))
        assert standing.of(5).nodes <= {5}
        keep(standing, ties=(seen,))
    else:
        keep(standing, ties=(seen,))
        keep(standing, Parted(4, 5, 7, AT))
    assert standing.of(5).nodes <= {5}
    assert not standing.tie(seen) and not standing.tie(Tie(7, 5, False))
    keep(standing, said(7, 5, True), Joined(5, 7, AT))
    assert standing.of(5).nodes == {5, 7}
    keep(standing, Parted(0, 5, 7, AT))
    assert standing.of(5).nodes <= {5} and not standing.tie(seen)


def test_a_merge_unmade_leaves_what_was_seen(standing: Standing) -> None:
    """As in the ledger of persons, it takes back nothing but itself."""
    seen = Tie(5, 7, True)
    assert standing.tie(seen)
    keep(standing, said(7, 5, True), ties=(seen,))
    keep(standing, Joined(5, 7, AT), Parted(0, 5, 7, AT))
    assert standing.of(5).nodes == {5, 7}


def test_a_visitor_has_one_user_the_first(standing: Standing) -> None:
    """A shared browser's visitor is its first user's; a second user takes nothing over."""
    keep(standing, said(1, 5, True))
    assert standing.tie(Tie(1, 20, True))
    assert not standing.tie(Tie(1, 30, True))
    assert standing.of(20).gives("analytics") and not standing.of(30).gives("analytics")


def test_an_id_with_too_many_others_takes_no_more(standing: Standing) -> None:
    """A till's or a tester's id does not carry one visitor's word to all."""
    ties = [tie for n in range(1, MOST_TIED + 50) if standing.tie(tie := Tie(n, 9_999, True))]
    assert len(ties) == MOST_TIED - 1


def test_who_is_erased_leaves_nothing(standing: Standing) -> None:
    """No word and no tie of an erased id stays; a range of time is no such erasure."""
    keep(standing, said(1, 5, True), said(2, 5, True), Joined(1, 2, AT))
    keep(standing, Erased(AT, 1, True), Erased(AT, 2, True, until=7))
    assert not standing.of(1).words
    assert standing.of(2).gives("analytics") and standing.of(2).nodes <= {2}


@given(RECORDS, st.dictionaries(st.integers(1, 6), st.integers(1, 6)), st.integers(0, 9))
def test_who_may_be_sent_is_who_the_records_say(records: list, persons: dict, at: int) -> None:
    """For every id what the records of its person tell, as known at each time."""

    def resolve(nodes: np.ndarray) -> np.ndarray:
        return np.array([persons.get(node, node) for node in nodes.tolist()], np.int64)

    rows = [
        {"position": i, "person": who, "purpose": purpose, "given": given, "at": when,
         "received_at": when + late, "history": true}
        for i, (who, when, given, purpose, late, true) in enumerate(records)
    ]  # fmt: skip
    sending = Sending(pa.Table.from_pylist(rows, CONSENTS), resolve)
    for node in range(1, 7):
        known = (row for row in rows if row["received_at"] <= at)
        whose = persons.get(node, node)
        mine = [row for row in known if persons.get(row["person"], row["person"]) == whose]
        times = ((row, row["at"], row["at" if row["history"] else "received_at"]) for row in mine)
        held = holding((row["purpose"], word(row["given"], *came)) for row, *came in times)
        for purpose in "ab":
            may = purpose in held and held[purpose].given
            assert sending.may_send(node, purpose, at) == may

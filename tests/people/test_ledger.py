"""Persons are a function of the links: whatever order they come in, however many at once."""

from collections.abc import Collection, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.people import ledger
from ethogram.people.ledger import Ledger
from ethogram.people.links import Kind, Link, ordered
from ethogram.people.policy import POLICIES, Rule

NODES = range(1, 9)
FEW = 3
"""In these tests an id with more links than so many names no one person."""
ROOM = 4
"""And a person has no more ids than so many, but for what somebody in charge joined."""


def link(kind: Kind, a: int, b: int, at: int) -> Link:
    return Link(*ordered(kind, a, b, directed=True), at, at)


said = st.builds(
    link, st.sampled_from(Kind), st.sampled_from(NODES), st.sampled_from(NODES), st.integers(0, 9)
).filter(lambda each: each.a != each.b)
links = st.lists(said, max_size=14)
policies = st.sampled_from(list(POLICIES))


def persons(of: Ledger) -> dict[int, int]:
    return {node: of.identity.person(node) for node in NODES}


def filled(policy: str, batches: Sequence[Sequence[Link]]) -> Ledger:
    made = Ledger(POLICIES[policy], FEW, ROOM)
    for version, batch in enumerate(batches, 1):
        made.add(batch, version)
    return made


def oracle(
    policy: str, said: Sequence[Link], gone: Collection[tuple[int, int, int]] = ()
) -> dict[int, int]:
    """Persons as sets, link after link in the order of what happened."""
    rules = POLICIES[policy].rules
    counting = {each[:3]: each for each in sorted(said, key=lambda each: -each.at)
                if rules[Kind(each.kind)] != Rule.NEVER}  # fmt: skip
    pairs = {frozenset(each[1:]) for each in counting if each[0] != Kind.JOINED}
    ends = [end for pair in pairs for end in pair]
    crowd = {node for node in NODES if ends.count(node) > FEW}
    sets, known = {node: {node} for node in NODES}, set[int]()
    parted = {frozenset(each[1:]) for each in gone if each[0] != Kind.JOINED}
    for each in sorted(counting.values(), key=lambda link: (link.at, link.kind, link.a, link.b)):
        if each[:3] in gone or (each.kind != Kind.JOINED and frozenset(each[1:3]) in parted):
            continue
        if each.kind != Kind.JOINED and (each.a in crowd or each.b in crowd):
            continue
        rule, a, b = rules[Kind(each.kind)], sets[each.a], sets[each.b]
        a_known, b_known = bool(a & known), bool(b & known)
        refused = a is not b and (
            (rule == Rule.FIRST_USER and a_known)
            or (rule == Rule.ONE_KNOWN and a_known and b_known)
            or (rule != Rule.ALWAYS and len(a | b) > ROOM)
        )
        if rule == Rule.FIRST_USER:
            known.add(each.b)
        if not refused and a is not b:
            a |= b
            for node in b:
                sets[node] = a
    return {node: min(sets[node]) for node in NODES}


@settings(deadline=None)
@given(policies, links, st.data())
def test_any_order_of_links_gives_the_same_persons(policy, said, data) -> None:
    """One by one, in parts or all at once, early, late or twice: the persons are the oracle's."""
    shuffled = data.draw(st.permutations(said + said[:3]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(shuffled)), max_size=3)))
    parts = [shuffled[a:b] for a, b in zip([0, *cuts], [*cuts, len(shuffled)], strict=True)]
    assert persons(filled(policy, parts)) == oracle(policy, said)
    assert persons(filled(policy, [[each] for each in shuffled])) == oracle(policy, said)


def test_a_chain_of_merges_makes_no_endless_person() -> None:
    """Link after link, late or all at once, no person has more ids than there is room for."""
    chain = [link(Kind.MERGE, each, each + 1, each) for each in range(50)]
    made, late, whole = (Ledger(most_ids=ROOM) for _ in range(3))
    for version, each in enumerate(chain, 1):
        made.add([each], version)
        late.add([chain[-version]], version)
    whole.add(chain, 1)
    for each in (made, late, whole):
        assert [len(each.members(node)) for node in range(48)] == [ROOM] * 48


@settings(deadline=None)
@given(policies, links)
def test_many_links_at_once_are_the_same_as_few(policy, said) -> None:
    """The way that computes all persons and the way that computes those nearby agree."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger, "MANY", 1)
        assert persons(filled(policy, [said[:5], said[5:]])) == oracle(policy, said)


@settings(deadline=None)
@given(policies, links, st.sampled_from(NODES), st.sampled_from(NODES))
def test_unmerge_is_the_inverse_of_merge(policy, said, a, b) -> None:
    """Two ids that are joined and parted again leave every person as it was."""
    joined = link(Kind.JOINED, a, b, 100)
    made = filled(policy, [[each for each in said if each[:3] != joined[:3]]])
    before = persons(made)
    _, to = made.add([joined], 2)
    assert persons(made)[a] == persons(made)[b]
    back = made.withdraw(*joined[:3], 101, 3)
    assert persons(made) == before
    assert sorted(to.tolist()) == sorted(back.tolist())


@settings(deadline=None)
@given(policies, links, st.data())
def test_what_is_withdrawn_counts_no_more(policy, said, data) -> None:
    """After links are withdrawn, in any order, persons are what the other links make.

    Two whom clients linked are parted for all that clients say of them, early, late or again; all
    of it still counts to what makes an id a crowd, which so does not depend on the order either.
    """
    heard = data.draw(st.integers(0, len(said)))
    gone = data.draw(st.lists(st.sampled_from(said[:heard]), max_size=3)) if heard else []
    withdrawn = {each[:3] for each in gone}
    late = [each for each in said[heard:] if each.kind != Kind.JOINED or each[:3] not in withdrawn]
    again = [each for each in gone if each.kind != Kind.JOINED]
    kept = said[:heard]
    made = filled(policy, [kept])
    for version, each in enumerate(gone, 2):
        made.withdraw(*each[:3], 100, version)
    made.add([*late, *again], 9)
    assert persons(made) == oracle(policy, [*kept, *late], withdrawn)
    restored = Ledger(POLICIES[policy], FEW, ROOM)
    rows = [*kept, *gone, *late]
    restored.restore(rows, [len(kept) <= i < len(kept) + len(gone) for i in range(len(rows))], 1)
    assert persons(restored) == persons(made)


@settings(deadline=None)
@given(policies, st.lists(said, max_size=10), st.integers(0, 10))
def test_identity_as_of_a_time_is_what_was_known_then(policy, said, then) -> None:
    """As of a time, only links that were known by then count."""
    made = filled(policy, [said])
    past = made.as_of(then)
    found = {node: past.person(node) for node in NODES}
    assert found == oracle(policy, [each for each in said if each.known_at <= then])

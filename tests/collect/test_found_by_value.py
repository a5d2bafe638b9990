"""What comes in at a door makes the person findable by it, whichever way it comes."""

import pyarrow as pa
import pytest

from ethogram.collect.door import Step
from ethogram.collect.group import Group
from ethogram.events.event import Event, ProfileChange
from ethogram.events.times import now
from ethogram.protect.vault import Vault

AT = 1_700_000_000_000_000


@pytest.mark.parametrize("event", [
    Event("cart", user_id="ann", properties={"email": "Ann@example.org"}),
    Event("cart", user_id="ann", context={"traits": {"email": "ann@example.org"}}),
    Event("set", user_id="ann", profile_ops=[ProfileChange("set", {"email": "ann@example.org"})]),
])  # fmt: skip
def test_a_value_is_noted_where_it_is_said(project, event: Event) -> None:
    """In properties, traits and changes of the profile; durable with the event."""
    project.take([event])
    again = Vault(project.folder / "vault.sqlite", b"m" * 32)
    assert again.found("email", "ann@example.org") == [again.id("user", "ann")]
    again.close()


def test_what_is_a_groups_is_nobodys(project) -> None:
    """A company's address finds no person; what is open is not hashed."""
    change = ProfileChange("set", {"email": "all@example.org"}, target="company")
    project.take([Event("set", user_id="ann", profile_ops=[change], properties={"item": "a b"})])
    assert project.vault.found("email", "all@example.org") == []
    assert project.vault.found_by(project.vault.id("user", "ann")) == 0


def test_an_import_notes_what_its_events_do(project) -> None:
    """Row by row the same people are found by the same values, on the same days."""
    said = [("ann", "ann@example.org", 4930123456.0, AT), ("ann", "ANN@example.org", None, AT + 1),
            ("ben", "ben@example.org", float("nan"), AT), ("ben", None, 4930123456.0, AT),
            ("cleo", "no address", 0.5, AT)]  # fmt: skip
    users, emails, phones, times = zip(*said, strict=True)
    table = pa.table({
        "event": ["e"] * 5, "user_id": users, "event_id": [str(i) for i in range(5)],
        "timestamp": pa.array(times, pa.timestamp("us", "UTC")),
        "p_email_text": pa.array(emails, pa.string()),
        "p_phone_number": pa.array(phones, pa.float64()),
    })  # fmt: skip
    group = Group()
    project.door.admit_table(group, table, now(), Step("a file", 0, 5), keyed=False)
    project.door.close_group(group)
    project.door.commit(group)
    project.door.settle(group)
    vault = project.vault
    ann, ben = vault.id("user", "ann"), vault.id("user", "ben")
    assert vault.found("email", "ann@example.org") == [ann]
    assert vault.found("email", "ben@example.org") == [ben]
    assert vault.found("phone", "+49 30 123456") == sorted([ann, ben])
    assert vault.found_by(vault.id("user", "cleo")) == 0

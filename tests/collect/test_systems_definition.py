"""A source's definition says where rows come from and what they become, and holds no secret."""

from typing import Any

import msgspec
import pytest

from ethogram.collect.sources.systems.definition import source
from ethogram.events.errors import Invalid
from ethogram.events.times import SECOND

ORDERS = """
every = "1h"
[sql]
url = "postgresql://reader:${SHOP_PASSWORD}@db/shop"
[tables.orders]
cursor = "updated_at"
events = {name = "order", user = "customer_id", time = "created_at", id = "id"}
[tables.products]
lookup = {}
"""
EVENTS = {"events": {"name": "order", "user": "u", "time": "t"}}


def test_toml_and_json_say_the_same() -> None:
    """What is saved as JSON is what was written as TOML."""
    found = source(ORDERS)
    assert source(msgspec.json.encode(found)) == source(msgspec.to_builtins(found)) == found
    assert found.pause == 3600 * SECOND
    assert list(found.tables) == ["orders", "products"]


@pytest.mark.parametrize(
    ("change", "code", "at"),
    [
        ({"sql": None}, "bad_source", "$"),
        ({"python": {"function": "m:f"}}, "bad_source", "$"),
        ({"python": {"function": "os.system"}, "sql": None}, "bad_source", "$.python.function"),
        ({"tables": {}}, "bad_source", "$.tables"),
        ({"every": "often"}, "bad_duration", "$.every"),
        ({"every": "1s"}, "bad_source", "$.every"),
        ({"often": True}, "bad_source", "$"),
        ({"tables": {"a": {}}}, "bad_source", "$.tables.a"),
        ({"tables": {"a": EVENTS | {"lookup": {}}}}, "bad_source", "$.tables.a"),
        ({"tables": {"a": {"events": {"user": "u", "time": "t"}}}}, "bad_source",
         "$.tables.a.events"),
        ({"tables": {"a": {"events": {"name": "n", "time": "t"}}}}, "bad_source",
         "$.tables.a.events"),
        ({"tables": {"a": {"profiles": {"group": "company"}}}}, "bad_source",
         "$.tables.a.profiles"),
        ({"tables": {"a": {"lookup": {}, "cursor": "at"}}}, "bad_source",
         "$.tables.a.lookup.write"),
        ({"tables": {"events": {"lookup": {}}}}, "bad_name", "$.tables.events.lookup.name"),
        ({"sql": {"url": "mysql://me:hunter2@db/x"}}, "secret_in_source", "$.sql.url"),
    ],
)  # fmt: skip
def test_what_is_no_source_is_refused(change: dict[str, Any], code: str, at: str) -> None:
    """With the place in the definition."""
    body = {"sql": {"url": "sqlite:///x.db"}, "tables": {"a": EVENTS}} | change
    with pytest.raises(Invalid) as refused:
        source({name: value for name, value in body.items() if value is not None})
    assert (refused.value.code, refused.value.at) == (code, at)


def test_a_secret_deep_in_an_api_is_found() -> None:
    """A token is a reference, also where dlt's configuration nests it; other words may stand."""
    client = {"base_url": "https://x", "auth": {"type": "bearer", "token": "${TOKEN}"},
              "paginator": {"type": "cursor", "cursor_path": "next"}}  # fmt: skip
    body = {"rest": {"client": client, "resources": ["a"]}, "tables": {"a": EVENTS}}
    assert source(body).rest == body["rest"]
    client["auth"] = {"type": "bearer", "token": "sesame"}
    with pytest.raises(Invalid) as refused:
        source(body)
    assert refused.value.at == "$.rest.client.auth.token"
    assert "sesame" not in str(refused.value)

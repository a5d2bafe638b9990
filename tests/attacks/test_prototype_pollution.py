"""Prototype pollution: LangSmith CVE-2026-40190. What a page, its address or a store of the
browser gives the tracker changes no object but its own.
"""

import json
from typing import Any

import pytest
from tests.serving import Served
from tests.tracker.visiting import visiting

KEYS = ("__proto__", "constructor", "prototype", "toString", "hasOwnProperty")
HOSTILE = '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}'
CALLS = """said => { for (const each of said) { const make = () => JSON.parse(each);
  ethogram.track("Own", make()); ethogram.identify("ann", make()); ethogram.page(make());
  ethogram.group("__proto__", "constructor", make()); ethogram.group("constructor", "x", make());
  ethogram.track("__proto__", make()); ethogram.alias("__proto__"); } ethogram.track("Done"); }"""
CLEAN = """() => ["polluted", "a"].every(name => !(name in {}) && !(name in []) &&
  !(name in Function.prototype)) && ({}).toString() === "[object Object]" &&
  Object.keys(Object.prototype).length === 0"""


def hostile() -> list[str]:
    """JSON in which every key that objects have already is one of its own, at two depths."""
    plain = [json.dumps({key: {"polluted": 1, other: {"a": 1}}}) for key in KEYS for other in KEYS]
    return [HOSTILE, *plain]


@pytest.mark.parametrize("stored", [False, True])
def test_no_key_changes_an_object_of_the_page(chromium: Any, shop: Served, stored: bool) -> None:
    """In calls, in the page's address, in what the browser has stored; what is sent comes in."""
    query = "?" + "&".join(f"{key}[polluted]=1&{key}.a=1&utm_{key}=1&utm_source={key}"
                           for key in KEYS)  # fmt: skip
    with visiting(shop, chromium, at=shop.url) as visit:
        page = visit.open("/own", query=query)
        if stored:
            page.evaluate(
                """said => { for (const store of [localStorage, sessionStorage])
                for (const name of Object.keys(store)) store.setItem(name, said); }""",
                HOSTILE,
            )
            page.reload()
        page.evaluate(CALLS, hostile())
        page.evaluate("() => ethogram.flush()")
        if not stored:
            visit.wait("Done")
        assert page.evaluate(CLEAN)
        assert visit.complaints == []

"""Heatmaps against a slow and obvious oracle."""

from math import floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.ask.engines import embedded
from ethogram.ask.engines.embedded import answer
from ethogram.ask.questions.heatmap import Heatmap
from ethogram.events.errors import Invalid
from ethogram.events.predicate import prop

COLUMNS, ROWS = 2, 3
PLACE = st.sampled_from([-1, 0, 3, 5, 9, 10, 11, "3"])
CLICK = st.fixed_dictionaries(
    {"page": st.sampled_from("/?"), "g": st.integers(0, 1)},
    optional={"x": PLACE, "y": PLACE, "page_width": st.sampled_from([0, 10]),
              "page_height": st.just(10), "element": st.sampled_from(["buy", "menu", 7, None]),
              "scroll_depth": st.sampled_from([-0.5, 0, 0.05, 0.1, 0.3, 0.95, 1, 2, "1"])},
)  # fmt: skip
EVENT = st.tuples(st.integers(0, 5), st.sampled_from(["click", "scroll", "view"]), CLICK)
CROWD = st.lists(st.lists(EVENT, max_size=8), min_size=1, max_size=4)
KNOWN = {"page": "/", "g": 1, "x": 1, "y": 1, "page_width": 10, "page_height": 10,
         "element": "buy", "scroll_depth": 0.5}  # fmt: skip


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    """Chunks of a few events, so that every answer is merged of several."""
    monkeypatch.setattr(embedded, "CHUNK", 5)


def rows_of(row, crowd):
    return [row(99, 0, name, KNOWN) for name in ("click", "scroll")] + [
        row(person, t, name, properties)
        for person, stream in enumerate(crowd, 1)
        for t, name, properties in stream
    ]


def cell_of(p):
    """The column and the row of a click, if it has any."""
    sizes = [p.get(name) for name in ("x", "y", "page_width", "page_height")]
    if not all(isinstance(size, int) for size in sizes):
        return None
    x, y, width, height = sizes
    if not (width > 0 and 0 <= x <= width and 0 <= y <= height):
        return None
    return min(floor(x * COLUMNS / width), COLUMNS - 1), min(floor(y * ROWS / height), ROWS - 1)


def by_key(pairs):
    """Of (key, person) pairs: each key's clicks and people."""
    found = {}
    for key, person in pairs:
        found.setdefault(key, []).append(person)
    return found


@settings(max_examples=100, deadline=None)
@given(crowd=CROWD, where=st.booleans(), parts=st.integers(1, 3), wide=st.booleans())
def test_heat_is_that_of_lists_of_clicks(row, snapshot, crowd, where, parts, wide):
    """Every cell, element and depth, and the people behind each."""
    rows = rows_of(row, crowd)
    spec = Heatmap("/", columns=COLUMNS, rows=ROWS, where=prop("g") > 0 if where else None)
    found = answer(spec, snapshot(rows, parts=parts, wide=wide), 0)
    told = found.results
    kept = [r for r in rows if r.properties["page"] == "/"
            and (not where or r.properties["g"] > 0)]  # fmt: skip
    clicks = [r for r in kept if r.event == "click"]
    people = {r.person for r in clicks}
    assert (told["clicks"], told["people"]) == (len(clicks), len(people))
    assert found.drill({}).tolist() == sorted(people)
    placed = by_key((cell_of(r.properties), r.person) for r in clicks)
    placed.pop(None, None)
    assert told["placed"] == sum(map(len, placed.values()))
    cells = {(each["column"], each["row"]): each for each in told["cells"]}
    assert cells.keys() == placed.keys()
    elements = by_key((r.properties.get("element"), r.person) for r in clicks)
    elements.pop(None, None)
    shown = {each["element"]: each for each in told["elements"]}
    assert shown.keys() == elements.keys()
    for numbers, wanted, cell in (
        *((cells[key], own, dict(zip(("column", "row"), key, strict=True)))
          for key, own in placed.items()),
        *((shown[key], own, {"element": key}) for key, own in elements.items()),
    ):  # fmt: skip
        assert (numbers["clicks"], numbers["people"]) == (len(wanted), len(set(wanted)))
        assert found.drill(cell).tolist() == sorted(set(wanted))
    deepest = {}
    for r in kept:
        depth = r.properties.get("scroll_depth", "")
        if r.event == "scroll" and not isinstance(depth, str):
            deepest[r.person] = max(deepest.get(r.person, -9), depth)
    assert told["scrolled"] == len(deepest)
    for k, each in enumerate(told["scroll"], 1):
        reached = sorted(person for person, depth in deepest.items() if depth * 10 >= k)
        assert (each["people"], each["depth"]) == (len(reached), k / 10)
        assert found.drill({"depth": each["depth"]}).tolist() == reached


def test_fields_that_make_no_sense_are_refused(row, snapshot):
    """No groups, no endless grid, no unknown names, no spot of two kinds."""
    events = snapshot([row(1, 0, "click", {"page": "/"})])
    for fields, at in (
        ({"by": ["page"]}, r"\$.by"),
        ({"columns": 1000}, r"\$.columns"),
        ({"top": -1}, r"\$.top"),
        ({"event": "clack"}, "click"),
        ({"scroll": "scrol"}, r"\$.scroll"),
        ({"element": "elem"}, r"\$.element"),
        ({"page_property": "pag"}, "page"),
    ):
        with pytest.raises(Invalid) as refused:
            answer(Heatmap("/", **fields), events, 0)
        assert at.replace("\\", "") in str(refused.value)
    found = answer(Heatmap("/"), events, 0)
    for cell in ({"column": 1}, {"element": "a", "depth": 0.5}):
        with pytest.raises(Invalid, match="spot"):
            found.drill(cell)

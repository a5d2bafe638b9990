"""Specs as JSON: every error names its code, its place and the nearest name."""

import msgspec
import pytest

from ethogram.ask.engines.embedded import answer
from ethogram.ask.questions.catalog import CATALOG, parse, schema
from ethogram.ask.questions.cohort import Cohort
from ethogram.ask.questions.correlation import Correlation
from ethogram.ask.questions.funnel import Funnel
from ethogram.ask.questions.retention import Retention
from ethogram.ask.questions.segments import Segment, Segments
from ethogram.ask.questions.split import Split
from ethogram.ask.questions.trends import Trends
from ethogram.events.errors import Invalid
from ethogram.events.predicate import prop
from ethogram.events.times import DAY

FUNNEL = {"question": "funnel", "steps": ["catalog", "cart"]}
MINIMAL = {
    "distribution": {"question": "distribution"},
    "correlation": {"question": "correlation", "steps": ["catalog", "cart"]},
    "funnel": FUNNEL,
    "heatmap": {"question": "heatmap", "page": "x", "event": "catalog", "page_property": "c"},
    "journey": {"question": "journey", "person": 1},
    "lifecycle": {"question": "lifecycle"},
    "retention": {"question": "retention", "start": "catalog", "return": "cart"},
    "rfm": {"question": "rfm", "event": "catalog", "money": "c"},
    "sessions": {"question": "sessions"},
    "stickiness": {"question": "stickiness"},
    "paths": {"question": "paths"},
    "states": {"question": "states"},
    "segments": {"question": "segments", "segments": [{"name": "a", "cohort": {"did": "cart"}}]},
    "trends": {"question": "trends", "series": ["catalog"]},
}
WHOLE = ("correlation", "segments")
"""Questions whose answers nothing splits."""
NUMBERS = "heatmap"
"""Its rows hold numbers only."""


@pytest.mark.parametrize(
    ("said", "code", "at", "hint"),
    [
        (b'{"question"', "bad_json", "$", ""),
        (b"[]", "bad_spec", "$", ""),
        ({}, "unknown_question", "$.question", "funnel"),
        ({"question": "funel"}, "unknown_question", "$.question", '"funnel"'),
        ({"question": "funnel"}, "missing_field", "$", ""),
        (FUNNEL | {"witin": "7d"}, "unknown_field", "$.witin", '"within"'),
        (FUNNEL | {"order": "strickt"}, "bad_spec", "$.order", '"strict"'),
        (FUNNEL | {"steps": ["cart", {"event": 3}]}, "bad_spec", "$.steps[1].event", ""),
        (FUNNEL | {"steps": ["cart", {"evnt": "a"}]}, "unknown_field", "$.steps[1].evnt",
         '"event"'),
        (FUNNEL | {"where": {"all": [{"property": "p", "op": "=="}]}}, "bad_spec",
         "$.where.all[0].op", '"="'),
    ],
)  # fmt: skip
def test_a_spec_that_does_not_parse_says_where_and_what(said, code, at, hint):
    """Code, place and the nearest name, from the JSON alone."""
    with pytest.raises(Invalid) as error:
        parse(said)
    assert (error.value.code, error.value.at) == (code, at)
    assert hint in error.value.hint


@pytest.mark.parametrize(
    ("change", "code", "at", "hint"),
    [
        ({"steps": ["catalog", "crt"]}, "unknown_event", "$.steps[1].event", '"cart"'),
        ({"by": ["contry"]}, "unknown_property", "$.by[0]", '"country"'),
        ({"where": {"not": {"property": "contry", "op": "exists"}}}, "unknown_property",
         "$.where.not.property", '"country"'),
        ({"where": {"property": "country", "op": "in", "value": "x"}}, "bad_predicate",
         "$.where.value", ""),
        ({"within": "7 moons"}, "bad_duration", "$.within", "7d"),
        ({"from": "yesterday"}, "bad_time", "$.from", "ISO"),
        ({"from": "2026-02-01", "to": "2026-01-01"}, "empty_range", "$.to", ""),
        ({"timezone": "Europe/Berlinn"}, "unknown_timezone", "$.timezone", "Europe/Berlin"),
        ({"timezone": "/etc/passwd"}, "unknown_timezone", "$.timezone", ""),
        ({"steps": []}, "no_steps", "$.steps", ""),
        ({"steps": ["cart"] * 61}, "too_many_steps", "$.steps[60]", "fewer"),
        ({"exclude": [{"event": "cart", "between": [1, 5]}]}, "bad_between",
         "$.exclude[0].between", ""),
    ],
)  # fmt: skip
def test_a_spec_that_does_not_fit_the_data_says_where_and_what(
    row, snapshot, change, code, at, hint
):
    """Names are held against what the snapshot knows."""
    events = snapshot([row(1, 0, "catalog", {"country": "x"}), row(1, 1, "cart")])
    with pytest.raises(Invalid) as error:
        answer(parse(FUNNEL | change), events, 0)
    assert (error.value.code, error.value.at) == (code, at)
    assert hint in error.value.hint


CARRIED = {"country": "x", "price": 20, "device": {"os": "x", "screen": {"width": 3}}}
NOWHERE = {"property": "contry", "op": "exists"}
COUNTRY = 'Did you mean "country"?'


def measured(property: object) -> dict:
    """A trend of one property's values."""
    return {"question": "trends", "series": [{"measure": "sum", "property": property}]}


@pytest.mark.parametrize(
    ("said", "at", "hint"),
    [
        (measured("prise"), "$.series[0].property", 'Did you mean "price"?'),
        (measured({"product": ["price", "quantity"]}), "$.series[0].property", "There are:"),
        (measured(["devise", "os"]), "$.series[0].property", 'Did you mean "device"?'),
        (measured(["device", "so"]), "$.series[0].property", "device.os"),
        (measured(["device", "screen", "widht"]), "$.series[0].property", "device.screen.width"),
        (measured(["price", "net"]), "$.series[0].property", "none"),
        ({"question": "trends", "series": [{"where": NOWHERE}]}, "$.series[0].where.property",
         COUNTRY),
        (FUNNEL | {"where": {"any": [{"property": ["device", "oss"], "op": "exists"}]}},
         "$.where.any[0].property", '"device.os"'),
        (FUNNEL | {"by": [["device", "oss"]]}, "$.by[0]", '"device.os"'),
        (FUNNEL | {"exclude": [{"event": "cart", "where": NOWHERE}]},
         "$.exclude[0].where.property", COUNTRY),
        (MINIMAL["retention"] | {"return": {"where": NOWHERE}}, "$.return.where.property",
         COUNTRY),
    ],
)  # fmt: skip
def test_a_property_that_no_event_has_is_never_taken_for_nothing(row, snapshot, said, at, hint):
    """Wherever a spec names one, as a path too, the nearest one that exists is named."""
    events = snapshot([row(1, 0, "catalog", CARRIED), row(1, 1, "cart")])
    with pytest.raises(Invalid) as error:
        answer(parse(said), events, 0)
    assert (error.value.code, error.value.at) == ("unknown_property", at)
    assert hint in error.value.hint


@pytest.mark.parametrize("property", ["price", ["device", "screen", "width"], ["device", "screen"]])
def test_a_property_that_some_event_has_may_be_asked_of_any(row, snapshot, property):
    """An event that never has it, and a range in which none has it, sum up to nothing."""
    events = snapshot([row(1, 0, "catalog", CARRIED), row(2, DAY, "cart")], parts=2)
    said = measured(property)
    said["series"][0]["event"] = "cart"
    assert answer(parse(said), events, 2 * DAY).results["series"][0]["points"][-1][1] == 0
    later = measured(property) | {"from": "1970-01-02"}
    assert answer(parse(later), events, 2 * DAY).results["series"][0]["points"][-1][1] == 0


@pytest.mark.parametrize("said", [FUNNEL | {"by": [[]]}, measured([])])
def test_a_path_names_a_property(row, snapshot, said):
    """An empty one is refused."""
    with pytest.raises(Invalid) as error:
        answer(parse(said), snapshot([row(1, 0, "catalog"), row(1, 1, "cart")]), 0)
    assert error.value.code == "bad_property"


@pytest.mark.parametrize("depth", [100, 400, 100_000])
@pytest.mark.parametrize(("opens", "closes"), [('{"not": ', "}"), ('{"all": [', "]}")])
def test_a_spec_that_is_nested_too_deeply_is_refused(row, snapshot, depth, opens, closes):
    """However deep it is, that is what is said."""
    events = snapshot([row(1, 0, "catalog", {"c": 1})])
    where = opens * depth + '{"property": "c", "value": 1}' + closes * depth
    said = f'{{"question": "funnel", "steps": ["catalog"], "where": {where}}}'
    with pytest.raises(Invalid) as error:
        answer(parse(said), events, 0)
    assert error.value.code == "too_deep"
    assert "100 predicates" in error.value.hint


@pytest.mark.parametrize("name", CATALOG)
def test_every_question_writes_out_its_defaults(row, snapshot, name):
    """The definition has every field of the spec, parses again, and gives the same answer."""
    events = snapshot([row(1, 0, "catalog", {"c": 1}), row(1, 1, "cart")])
    found = answer(parse(MINIMAL[name]), events, 0)
    said = {k: v for k, v in found.definition.items() if k != "rules"}
    fields = {field.encode_name for field in msgspec.structs.fields(CATALOG[name].spec)}
    assert set(said) == fields | {"question"}
    again = answer(parse(msgspec.json.encode(said)), events, 0)
    assert again == found
    assert msgspec.json.decode(msgspec.json.encode(found.to_dict()))["question"] == name


@pytest.mark.parametrize("name", CATALOG)
def test_every_question_has_a_schema(name):
    """The JSON Schema holds the spec's fields and forbids others."""
    definition = schema(name)["$defs"][CATALOG[name].spec.__name__]
    assert definition["additionalProperties"] is False
    assert {"from", "to", "where", "by", "question"} <= set(definition["properties"])


def test_python_and_json_say_the_same():
    """A spec made in Python equals the one that its JSON parses to."""
    for spec in (
        Correlation(["catalog", "cart"], properties=["price", ["device", "os"]]),
        Segments([Segment("buyers", Cohort(did="cart") & ~Cohort(is_=prop("price") > 3))]),
        Funnel(["cart"], people=Cohort(sequence=["catalog", "cart"]), by=[Split("c", of="now")]),
        Funnel(["catalog", "cart"], within="7d", by=["country"]),
        Retention("catalog", "cart", period="week"),
        Trends(["catalog"], interval="month", timezone="Europe/Berlin"),
    ):
        assert parse(msgspec.json.encode(spec)) == spec


@pytest.mark.parametrize("name", [name for name in CATALOG if name not in (NUMBERS, *WHOLE)])
def test_an_answer_becomes_every_kind_of_frame(row, snapshot, name):
    """Polars, Arrow, pandas and the notebook's table show the same rows."""
    events = snapshot([row(1, 0, "catalog", {"c": "<b>"}), row(1, 1, "cart")])
    split = {} if name == "journey" else {"by": ["c"]}
    found = answer(parse(MINIMAL[name] | split), events, 10**6)
    frame = found.to_polars()
    assert frame.height == len(found.rows) == found.to_arrow().num_rows == len(found.to_pandas())
    assert "<b>" in frame.row(0)
    assert "&lt;b&gt;" in found._repr_html_()


def test_nothing_can_be_asked_of_nothing(snapshot):
    """Without any event, an event's name is unknown and the hint says that there are none."""
    with pytest.raises(Invalid, match="There are none yet"):
        answer(parse(FUNNEL), snapshot([]), 0)

"""Vendors' exports become what their clients would have sent here, and are not counted twice."""

import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reading import events

from ethogram.collect.protocols import amplitude_events, mixpanel_events, posthog_events
from ethogram.collect.sources.addresses import found
from ethogram.collect.sources.files import events_of, protocol_of
from ethogram.collect.sources.mapping import Mapping
from ethogram.collect.sources.opening import examine
from ethogram.collect.sources.presets.catalog import PRESETS
from ethogram.collect.sources.presets.preset import Export
from ethogram.events.event import Event
from ethogram.events.times import parse

EXPORTS = sorted(name for name, preset in PRESETS.items() if isinstance(preset, Export))


def told(path: Path, preset: str, **more: Any) -> list[Event]:
    """The events of an export; all of it is read."""
    chunks = list(events(path, Mapping(preset=preset, **more)))
    assert [each for chunk in chunks for each in chunk.rejects] == []
    return [claim for chunk in chunks for claim in chunk.claims if isinstance(claim, Event)]


def lines(path: Path, *rows: dict[str, Any]) -> Path:
    """A file of JSON Lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


MIXPANEL = {
    "event": "cart",
    "properties": {"time": 1772366400, "distinct_id": "ann", "$device_id": "d1", "$user_id": "ann",
                   "$insert_id": "i1", "revenue": 9.5, "currency": "EUR", "company": "acme"},
}  # fmt: skip


def test_mixpanel_is_what_its_client_sent(tmp_path):
    """Ids, revenue and time are the dialect's, and so is the key that finds a repeat."""
    (event,) = told(lines(tmp_path / "m.jsonl", MIXPANEL), "mixpanel")
    sent = json.loads(json.dumps(MIXPANEL))
    sent["properties"]["time"] = 1772366400.25
    live = mixpanel_events.event_of(sent, mixpanel_events.Beside())
    assert event.dedup_key == live.dedup_key
    assert (event.user_id, event.anonymous_id, event.event_id) == ("ann", "$device:d1", "i1")
    assert (event.value, event.currency, event.timestamp) == (9.5, "EUR", 1772366400)
    assert event.time_is_true


def test_mixpanels_times_are_those_of_the_project(tmp_path):
    """A project's clock in winter and in summer is taken for what it showed."""
    summer = json.loads(json.dumps(MIXPANEL))
    summer["properties"]["time"] = 1782000000
    path = lines(tmp_path / "m.jsonl", MIXPANEL, summer)
    shown = [event.timestamp for event in told(path, "mixpanel", timezone="Europe/Berlin")]
    assert shown == [1772366400 - 3600, 1782000000 - 7200]


AMPLITUDE = {
    "event_type": "revenue_amount", "$insert_id": "i1", "user_id": "annie", "device_id": "phone",
    "session_id": 1772366400000, "event_time": "2026-03-01 12:00:00.250000", "amplitude_id": 7,
    "client_event_time": "2026-03-01 11:59:00.000000", "event_id": 3, "uuid": "u", "country": "DE",
    "event_properties": {"$price": 4, "$quantity": 3, "$productId": "p"}, "ip_address": "192.0.2.1",
    "user_properties": {"plan": "pro"}, "groups": {"company": ["acme"]}, "library": "x/1.0",
    "adid": None,
}  # fmt: skip


def test_amplitudes_archive_is_read_as_it_comes(tmp_path):
    """A ZIP archive of gzipped lines: ids, corrected time, groups and revenue, none twice."""
    packed = gzip.compress((json.dumps(AMPLITUDE) + "\n").encode())
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("123/123_2026-03-01_12#0.json.gz", packed)
        archive.writestr("__MACOSX/x", b"x")
    (member,) = found(str(path))
    chunks = events_of(examine(member.file), Mapping(preset="amplitude"), "mark")
    (event,) = [claim for chunk in chunks for claim in chunk.claims]
    live = amplitude_events.event(
        {"event_type": "x", "device_id": "phone", "insert_id": "i1"}, amplitude_events.Batch()
    )
    assert event.dedup_key == live.dedup_key
    assert parse(event.timestamp) == parse("2026-03-01T12:00:00.25Z")
    assert (event.user_id, event.anonymous_id, event.value) == ("annie", "phone", 12)
    assert (event.groups[0].type, event.groups[0].id) == ("company", "acme")
    assert event.profile_ops[0].values == {"plan": "pro"}
    assert event.context["location"] == {"country": "DE"}
    assert event.x["amplitude"]["amplitude_id"] == 7


POSTHOG = {
    "uuid": "0190-1", "event": "$identify", "distinct_id": "ann",
    "timestamp": "2026-03-01 12:00:00",
    "properties": {"$anon_distinct_id": "0190-anon", "$device_id": "0190-anon", "a": 1,
                   "$groups": {"company": "acme"}, "$session_id": "s", "$set": {"plan": "pro"}},
    "team_id": 1,
}  # fmt: skip


@pytest.mark.parametrize("form", ["jsonl", "parquet", "csv", "api", "columns"])
def test_posthog_is_the_same_in_every_form(tmp_path, form):
    """Batch export as lines and Parquet, CSV whole or in columns, the API's pages."""
    text = POSTHOG | {"properties": json.dumps(POSTHOG["properties"])}
    path = tmp_path / "export"
    if form == "jsonl":
        lines(path, POSTHOG)
    elif form == "api":
        row = {k: v for k, v in POSTHOG.items() if k != "uuid"} | {"id": POSTHOG["uuid"]}
        path.write_text(json.dumps({"next": None, "results": [row]}, indent=1))
    elif form == "parquet":
        pq.write_table(pa.Table.from_pylist([text]), path)
    else:
        row = text
        if form == "columns":
            row = {f"*.{k}": v for k, v in text.items() if k != "properties"}
            row |= {f"*.properties.{k}": v if isinstance(v, str) else json.dumps(v)
                    for k, v in POSTHOG["properties"].items()}  # fmt: skip
        cells = ",".join(
            f'"{value}"' for value in (str(v).replace('"', '""') for v in row.values())
        )
        path.write_text(f"{','.join(row)}\n{cells}\n")
    (event,) = told(path, "posthog")
    live = posthog_events.event_of(json.loads(json.dumps(POSTHOG)), posthog_events.Beside())
    for name in ("event_id", "user_id", "anonymous_id", "device_id", "session_id", "kind",
                 "identity_links", "groups", "profile_ops", "timestamp"):  # fmt: skip
        assert getattr(event, name) == getattr(live, name), name


def param(key: str, **value: Any) -> dict[str, Any]:
    """A parameter as BigQuery writes it."""
    kinds = ("string_value", "int_value", "float_value", "double_value")
    return {"key": key, "value": dict.fromkeys(kinds) | value}


GA4 = {
    "event_date": "20260301", "event_timestamp": 1772366400250000, "event_name": "purchase",
    "event_params": [param("ga_session_id", int_value=77), param("value", double_value=12.5),
                     param("currency", string_value="EUR"),
                     param("page_location", string_value="https://x/")],
    "user_id": None, "user_pseudo_id": "123.456", "stream_id": "9",
    "user_properties": [param("plan", string_value="pro")],
    "device": {"category": "mobile", "web_info": {"browser": None}},
    "geo": {"country": "Germany", "city": None},
    "ecommerce": {"transaction_id": "T1", "purchase_revenue": 12.5},
    "items": [{"item_id": "p", "price": 12.5, "quantity": 1, "coupon": None}],
}  # fmt: skip


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_ga4_is_read_from_bigquery(tmp_path, form):
    """Nested parameters, times in microseconds, a sale with its items and its order's key."""
    path = tmp_path / "events"
    if form == "jsonl":
        row = json.loads(json.dumps(GA4))
        row["event_timestamp"] = str(row["event_timestamp"])
        row["event_params"][0]["value"]["int_value"] = "77"
        lines(path, row)
    else:
        pq.write_table(pa.Table.from_pylist([GA4]), path)
    (event,) = told(path, "ga4")
    assert (event.event, event.anonymous_id, event.session_id) == ("purchase", "123.456", "77")
    assert event.timestamp == 1772366400250000
    assert (event.value, event.currency, event.order_id) == (12.5, "EUR", "T1")
    assert event.dedup_key == "purchase\0T1"
    assert event.items == [{"item_id": "p", "price": 12.5, "quantity": 1}]
    assert event.profile_ops[0].values == {"plan": "pro"}
    assert event.context["device"] == {"category": "mobile"}
    assert event.context["page"] == {"url": "https://x/"}
    assert event.x["ga4"]["stream_id"] == "9"


MATOMO = {
    "idSite": "1", "idVisit": "5", "visitorId": "0123456789abcdef", "userId": "ann",
    "country": "Germany", "browserName": "Firefox", "referrerUrl": "https://r/",
    "actionDetails": [
        {"type": "action", "url": "https://x/a", "pageTitle": "A", "timestamp": 1772366400},
        {"type": "event", "url": "https://x/a", "eventCategory": "video", "eventAction": "play",
         "eventValue": 2.5, "timestamp": 1772366410},
        {"type": "outlink", "url": "https://o/", "timestamp": 1772366420},
        {"type": "search", "siteSearchKeyword": "shoe", "timestamp": 1772366425},
        {"type": "goal", "goalId": 3, "revenue": 1, "timestamp": 1772366430},
        {"type": "ecommerceOrder", "orderId": "T1", "revenue": "12.50", "timestamp": 1772366440,
         "itemDetails": [{"itemSKU": "p", "itemName": "P", "price": 12.5, "quantity": 1}]},
    ],
}  # fmt: skip


def test_matomos_visits_become_their_hits(tmp_path):
    """Each action is an event of its own name, by whom, when, in which visit; an order is known."""
    path = tmp_path / "visits.json"
    path.write_text(json.dumps([MATOMO, MATOMO | {"idVisit": "6"}], indent=2))
    found = told(path, "matomo")
    assert [event.event for event in found[:6]] == [
        "page", "play", "outlink", "search", "goal", "order",
    ]  # fmt: skip
    assert len({event.event_id for event in found}) == 12
    assert {event.session_id for event in found} == {"1-5", "1-6"}
    assert {(event.user_id, event.anonymous_id) for event in found} == {("ann", "0123456789abcdef")}
    order = found[5]
    assert (order.value, order.order_id, order.dedup_key) == (12.5, "T1", "1\0T1")
    assert order.items[0]["item_id"] == "p"
    assert parse(order.timestamp) == 1772366440_000000
    assert found[0].context["page"] == {"url": "https://x/a"}
    assert found[0].context["location"] == {"country": "Germany"}


def test_matomos_tables_are_read(tmp_path):
    """Conversions, visits and actions as CSV, each with its own names of the same."""
    path = tmp_path / "log_conversion.csv"
    path.write_text(
        "idvisit,idsite,idvisitor,user_id,server_time,idgoal,idorder,revenue\n"
        "5,1,0x0123456789ABCDEF,ann,2026-03-01 12:00:00,0,T1,12.5\n"
        "5,1,0x0123456789ABCDEF,ann,2026-03-01 12:00:01,-1,,3\n"
    )
    order, cart = told(path, "matomo")
    assert (order.event, order.anonymous_id, order.dedup_key) == (
        "order", "0123456789abcdef", "1\0T1",
    )  # fmt: skip
    assert (cart.event, cart.value, cart.session_id) == ("cart", 3.0, "1-5")
    visits = tmp_path / "log_visit.csv"
    visits.write_text(
        "idvisit,idsite,idvisitor,visit_first_action_time\n"
        "5,1,0123456789abcdef,2026-03-01 12:00:00\n"
    )
    (visit,) = told(visits, "matomo")
    assert (visit.event, visit.kind) == ("visit", "track")


ROWS = [MIXPANEL, AMPLITUDE, POSTHOG, GA4, MATOMO]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2)
    | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(EXPORTS), st.sampled_from(ROWS), st.data())
def test_no_value_stops_an_export(tmp_path_factory, preset, row, data):
    """Whatever stands at whichever place, the row is events or one reject."""
    said = json.loads(json.dumps(row))
    for _ in range(data.draw(st.integers(1, 3))):
        place = said
        name = data.draw(st.sampled_from(sorted(place)))
        while isinstance(place[name], dict) and place[name] and data.draw(st.booleans()):
            place = place[name]
            name = data.draw(st.sampled_from(sorted(place)))
        place[name] = data.draw(VALUES)
    path = lines(tmp_path_factory.mktemp("export") / "x", said, said)
    chunks = list(events(path, Mapping(preset=preset)))
    places = {place for chunk in chunks for place in chunk.places}
    rejected = [reject.line for chunk in chunks for reject in chunk.rejects]
    assert len(set(rejected)) == len(rejected)
    assert places.isdisjoint(rejected)


def test_each_export_has_the_keys_of_a_dialect():
    """The protocol's name is that of the vendor's door."""
    assert {name: protocol_of(Mapping(preset=name)) for name in EXPORTS} == {
        name: name for name in EXPORTS
    }

"""Real files give the figures that were counted independently."""

import os
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from tests.reading import read

from ethogram.collect.sources.claims import Chunk
from ethogram.collect.sources.mapping import Mapping

DATA = Path(os.environ.get("ETHOGRAM_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the real data is not here; set ETHOGRAM_DATA to its folder"
)


def claimed(name: str, mapping: Mapping) -> tuple[pa.Table, list[Chunk]]:
    chunks = list(read(DATA / name, mapping))
    return pa.concat_tables([chunk.table for chunk in chunks]), chunks


def test_online_retail():
    """406,829 lines have a customer, 135,080 are rejected for having none; codes stay text."""
    mapping = Mapping(user="CustomerID", time="InvoiceDate", event_name="purchase")
    table, chunks = claimed("online-retail/online_retail.csv.gz", mapping)
    assert table.num_rows == 406_829
    assert Counter(r.code for c in chunks for r in c.rejects) == {"missing_user": 135_080}
    assert table["p_%stock%code_text"][0].as_py() == "85123A"
    assert table["user_id"][0].as_py() == "17850.0"
    quantity, price = "p_%quantity_number", "p_%unit%price_number"
    bought = table.filter((pc.field(quantity) > 0) & (pc.field(price) > 0))
    assert bought.num_rows == 397_884
    assert len(pc.unique(bought["user_id"])) == 4_338
    assert len(pc.unique(bought["p_%invoice%no_text"])) == 18_532
    revenue = pc.sum(pc.multiply(bought[quantity], bought[price]))
    assert revenue.as_py() == pytest.approx(8_911_407.904, abs=1e-4)
    assert str(pc.min(table["timestamp"])) == "2010-12-01 08:26:00+00:00"


def test_reviews():
    """578,805 reviews, all taken, minutes-only times and CRLF; ratings as counted."""
    mapping = Mapping(user="reviewerId", time="date", event_name="review")
    table, _ = claimed("reviews/anonreviews.csv.bz2", mapping)
    assert table.num_rows == 578_805
    assert len(pc.unique(table["user_id"])) == 400_141
    ratings = Counter(table["p_rating_number"].to_pylist())
    assert ratings == {0: 530, 1: 11870, 2: 10377, 3: 14971, 4: 74205, 5: 466852}


def test_hospital_billing():
    """NA is a case like any other, .order is a property's literal name."""
    mapping = Mapping(user="case_id", time="timestamp", event="activity")
    table, _ = claimed("processes/hospital_billing.csv.gz", mapping)
    assert table.num_rows == 49_951
    assert len(pc.unique(table["user_id"])) == 10_000
    assert "NA" in table["user_id"].to_pylist()
    assert "p_.order_number" in table.column_names


def test_traffic_fines():
    """34,724 events of 10,000 fines, with days as times."""
    mapping = Mapping(user="case_id", time="timestamp", event="activity")
    table, _ = claimed("processes/traffic_fines.csv.gz", mapping)
    assert table.num_rows == 34_724
    assert len(pc.unique(table["user_id"])) == 10_000
    assert pc.sum(pc.equal(table["event"], "Create Fine")).as_py() == 10_000


def test_a_column_without_a_name_has_one():
    """A data frame's index column has no name in the header; it is called by its place."""
    mapping = Mapping(user="case:concept:name", time="time:timestamp", event="concept:name")
    table, _ = claimed("processes/running-example.csv", mapping)
    assert table.num_rows == 42
    assert "p_column_1_number" in table.column_names

"""A mapping says what becomes of each column, on the command line or in a file."""

import msgspec
import pytest
from tests.reading import read

from ethogram.collect.sources.mapping import Mapping, load, over, save
from ethogram.events.errors import Invalid
from ethogram.run.importing import _digest

CSV = b"""who,visitor,visit,phone_id,when,what,price,zip,debug
ann,v1,s1,d1,2026-03-01 12:00,cart,20,04109,x
,v2,s2,,2026-07-01 12:00,cart,much,10115,x
"""
FULL = Mapping(
    user="who", anonymous="visitor", session="visit", device="phone_id", time="when", event="what",
    drop=["debug"], rename={"zip": "postcode"}, types={"price": "number", "zip": "text"},
    timezone="Europe/Berlin",
)  # fmt: skip


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_every_word_of_a_mapping_is_followed(tmp_path, form):
    """Ids of each kind, a zone for naive times, columns renamed, left out and of a forced type."""
    path = tmp_path / f"t.{form}"
    path.write_bytes(CSV)
    if form == "jsonl":
        names, *rows = [line.split(",") for line in CSV.decode().splitlines()]
        path.write_bytes(b"".join(
            msgspec.json.encode({n: v for n, v in zip(names, row, strict=True) if v}) + b"\n"
            for row in rows
        ))  # fmt: skip
    (table,) = [chunk.table for chunk in read(path, FULL) if chunk.table.num_rows]
    rows = table.drop_columns(["event", "event_id"]).to_pylist()
    assert [(r["user_id"], r["anonymous_id"], r["session_id"], r["device_id"]) for r in rows] == [
        ("ann", "v1", "s1", "d1"), (None, "v2", "s2", None),
    ]  # fmt: skip
    assert [row["timestamp"].hour for row in rows] == [11, 10]
    assert [row["p_postcode_text"] for row in rows] == ["04109", "10115"]
    assert [(row["p_price_number"], row["p_price_text"]) for row in rows] == [
        (20.0, None), (None, "much"),
    ]  # fmt: skip
    assert not [name for name in table.column_names if "debug" in name or "zip" in name]


def test_only_what_is_listed_becomes_a_property(tmp_path):
    """Where a mapping lists its properties there are no others."""
    path = tmp_path / "t.csv"
    path.write_bytes(CSV)
    (chunk,) = read(path, Mapping("who", "when", event="what", properties=["zip"]))
    assert [name for name in chunk.table.column_names if name.startswith("p_")] == ["p_zip_text"]


def test_groups_are_named_by_columns(tmp_path):
    """A row's groups go with its event, and its properties are what they are without them."""
    path = tmp_path / "t.csv"
    path.write_bytes(CSV)
    mapping = Mapping("visitor", "when", event="what", groups={"company": "who"})
    (chunk,) = read(path, mapping)
    first, second = chunk.table.to_pylist()
    assert (first["group:company"], second["group:company"]) == ("ann", None)
    assert (first["user_id"], first["p_zip_text"]) == ("v1", "04109")
    assert "p_who_text" not in first


def test_a_type_of_group_is_a_short_word(tmp_path):
    """What no event could say is told before anything is read."""
    path = tmp_path / "t.csv"
    path.write_bytes(CSV)
    for groups in ({"c" * 65: "who"}, {"": "who"}, {f"c{n}": "who" for n in range(33)}):
        with pytest.raises(Invalid) as refused:
            list(read(path, Mapping("visitor", "when", event="what", groups=groups)))
        assert refused.value.code == "bad_type"


@pytest.mark.parametrize("ending", ["toml", "json"])
def test_a_saved_mapping_is_the_same(tmp_path, ending):
    """What was written is read again; what is said beside it goes before it."""
    path = str(tmp_path / f"map.{ending}")
    odd = msgspec.structs.replace(FULL, rename={'a "b"\\': "c.d", "zip": "Ä"})
    save(odd, path)
    assert load(path) == odd
    said = over(Mapping(user="visitor", event_name="seen"), load(path))
    assert (said.user, said.event, said.event_name) == ("visitor", None, "seen")
    assert said.rename == odd.rename


@pytest.mark.parametrize(
    ("text", "word"), [("usr = 'a'", "usr"), ("user = 3", "str"), ("user = ", "no mapping")]
)
def test_a_file_that_is_no_mapping_says_why(tmp_path, text, word):
    """An unknown word, a wrong type or no TOML at all is named."""
    path = tmp_path / "map.toml"
    path.write_text(text)
    with pytest.raises(Invalid, match=word) as caught:
        load(str(path))
    assert caught.value.code == "bad_mapping"


@pytest.mark.parametrize(
    ("mapping", "code"),
    [
        (Mapping(time="when", event="what"), "bad_mapping"),
        (Mapping(user="who", event="what"), "bad_mapping"),
        (Mapping("who", "when", event="what", timezone="Europe/Berln"), "bad_mapping"),
        (Mapping("who", "when", event="what", drop=["x"]), "unknown_column"),
        (Mapping("who", "when", event="what", rename={"zip": "price"}), "bad_mapping"),
        (Mapping("who", "when", event="what", session="x"), "unknown_column"),
    ],
)
def test_a_mapping_that_does_not_fit_says_so(tmp_path, mapping, code):
    """Before the first row."""
    path = tmp_path / "t.csv"
    path.write_bytes(CSV)
    with pytest.raises(Invalid) as caught:
        list(read(path, mapping))
    assert caught.value.code == code


def test_what_was_imported_before_stays_known():
    """The mark of a mapping of the first kind is what it was in the first release."""
    assert _digest(Mapping("user", "time", event="event")) == "1ff16a02c5336241"
    assert _digest(Mapping("u", "t", event_name="x", id="i")) == "eb41f61772290214"

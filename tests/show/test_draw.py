"""What is drawn is really there: labels, marks, colours; and nothing in it can run."""

import json
import re
import struct
import subprocess
import sys
import threading
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as Tree

import numpy as np
import pytest

from ethogram.events.errors import Broken, NotFound
from ethogram.show.charts import draw
from ethogram.show.charts.figure import Figure, figure
from ethogram.show.charts.notebook import Chart
from ethogram.show.charts.words import DRAWN

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def site():
    """The assets, without which nothing here can be tested."""
    try:
        return draw.assets()
    except NotFound as missing:
        pytest.skip(str(missing))


def texts(svg: str) -> list[str]:
    """The texts of an SVG, which must be well-formed."""
    return ["".join(each.itertext()) for each in Tree.fromstring(svg).iter(f"{SVG}text")]


def pixels(png: bytes) -> np.ndarray:
    """The pixels of an 8-bit RGBA PNG, its filters undone (PNG specification, section 9)."""
    width, height = struct.unpack(">II", png[16:24])
    assert tuple(png[24:26]) == (8, 6)
    data, at = b"", 8
    while at < len(png):
        (size,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + size]
        at += size + 12
    rows = np.frombuffer(zlib.decompress(data), np.uint8).reshape(height, 1 + 4 * width)
    shown = np.zeros((height + 1, width + 1, 4), np.int32)
    for y, row in enumerate(rows, 1):
        kind, line = row[0], row[1:].reshape(width, 4).astype(np.int32)
        for x in range(1, width + 1):
            a, b, c = shown[y, x - 1], shown[y - 1, x], shown[y - 1, x - 1]
            p = a + b - c
            near = np.where((abs(p - a) <= abs(p - b)) & (abs(p - a) <= abs(p - c)), a,
                            np.where(abs(p - b) <= abs(p - c), b, c))  # fmt: skip
            shown[y, x] = (line[x - 1] + (0, a, b, (a + b) // 2, near)[kind]) % 256
    return shown[1:, 1:].astype(np.uint8)


def test_a_kpi_is_drawn_below_its_heading(client):
    """Its answer, sent to be drawn, becomes a picture with the large number under the sentence."""
    case = Path(__file__).parent / "figures/kpi_by_country.json"
    answer = json.loads(case.read_text(encoding="utf-8"))["answer"]
    sent = client.post("/api/figure?format=svg", json=answer)
    texts = re.findall(r'translate\(\S+ ([\d.]+)\)"[^>]*>([^<]*)</text>', sent.text)
    tops = {text: float(at) for at, text in texts}
    assert tops["12.3%"] > tops["How does sign-ups that pay change from month to month?"]
    assert tops["12.3%"] < tops["2026-01"]
    assert "no country" in tops


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_svg_has_its_labels_and_describes_itself(answer_of, theme):
    """Steps, numbers, title and sentence are text in it; title and desc are for readers aloud."""
    made = figure(answer_of("catalog", "cart", "pay"), theme)
    svg = draw.svg(made, 640, 360)
    root = Tree.fromstring(svg)
    assert (root.get("width"), root.get("height"), root.get("role")) == ("640", "360", "img")
    assert root[0].text == made.title
    assert root[1].text == made.headline
    said = " ".join(texts(svg))
    for label in ("1. catalog", "2. cart", "3. pay", "1,000 · 100%", "500 · 50%", made.title):
        assert label in said


def test_hostile_names_are_text(answer_of, hostile):
    """A name full of markup is drawn letter by letter, and makes no element or attribute."""
    svg = draw.svg(figure(answer_of(hostile, "cart")))
    root = Tree.fromstring(svg)
    tags = {each.tag.removeprefix(SVG) for each in root.iter()}
    assert tags <= {"svg", "title", "desc", "rect", "path", "text", "g", "style", "defs",
                    "clipPath", "tspan"}  # fmt: skip
    assert not [name for each in root.iter() for name in each.attrib if name.startswith("on")]
    assert "".join(hostile.split()) in "".join("".join(texts(svg)).split())
    assert hostile in root[0].text


@pytest.mark.parametrize(
    "name", ["\0", "a\x1bb\x0c", "a\nb\r\tc", "\ufffe", "\u202eright", " ", ""]
)
def test_names_that_xml_forbids_are_drawn_all_the_same(answer_of, name):
    """Control characters become a sign that a character is missing; the SVG stays well-formed."""
    made = figure(answer_of(name, "cart"))
    assert len(texts(draw.svg(made))) > 4
    assert draw.png(made).startswith(b"\x89PNG")


def test_a_png_shows_bars_and_letters(answer_of):
    """The bars' colour, their ground and the text's colour all fill pixels."""
    answer = answer_of("catalog", "cart")
    seen = pixels(draw.png(figure(answer), 300, 200, scale=1))
    assert seen.shape == (200, 300, 4)
    colours, counts = np.unique(seen.reshape(-1, 4)[:, :3], axis=0, return_counts=True)
    often = {bytes(colour).hex(): count for colour, count in zip(colours, counts, strict=True)}
    assert often["0072b2"] > 500
    assert often["ffffff"] > 10_000
    assert often["f1f2f4"] > 100
    heading = seen[:40, :, :3].astype(int).sum(axis=2)
    assert (heading < 300).sum() > 100, "no dark letters in the title"


def test_missing_assets_say_what_to_do(monkeypatch, tmp_path):
    """Without the site's build a figure is refused, and the hint is the command."""
    monkeypatch.setattr(draw, "SITE", tmp_path)
    with pytest.raises(NotFound, match="make web"):
        draw.assets()


def test_a_figure_without_its_labels_fails_loudly(monkeypatch, answer_of):
    """Where the drawing lacks the words, there is an error and no picture."""

    class Blank:
        def call(self, *_, **__):
            return '<svg width="1" height="1"><path d="M0 0"/></svg>'

    monkeypatch.setattr(draw, "_engine", Blank)
    with pytest.raises(Broken, match="labels"):
        draw.svg(figure(answer_of("a", "b")))


def test_threads_draw_one_after_the_other(answer_of):
    """Figures asked for at once come out as they do alone."""
    figures = [figure(answer_of(name, "cart")) for name in ("a", "b", "c", "d")]
    alone = [texts(draw.svg(each)) for each in figures]
    together: dict[int, list[str]] = {}

    def work(i: int) -> None:
        together[i] = texts(draw.svg(figures[i]))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[i] for i in range(4)] == alone


def test_a_process_that_has_drawn_ends():
    """The embedded V8 does not keep a script from ending."""
    script = (
        "from ethogram.show.charts import draw; from ethogram.show.charts.figure import figure\n"
        "step = dict(event='a', people=1, conversion=1.0, conversion_from_previous=None,"
        " median_seconds=None)\n"
        "answer = dict(question='funnel', definition={}, steps=[step],"
        " state=dict(position=1, identity=0, erasures=0))\n"
        "print(draw.svg(figure(answer))[:4])"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60)
    assert (ended.returncode, ended.stdout.strip()) == (0, b"<svg"), ended.stderr


def test_a_notebook_shows_picture_and_table(answer_of, hostile):
    """The picture is an image, which runs nothing; the answer's own table follows."""

    class Answer:
        def to_dict(self):
            return answer_of(hostile, "b")

        def _repr_html_(self):
            return "<table></table>"

    chart = Chart(Answer())
    shown = chart._repr_html_()
    assert shown.startswith("<img alt=")
    assert shown.endswith("<table></table>")
    assert "<script>" not in shown
    assert isinstance(chart.figure, Figure)
    assert chart.png(300, 200).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("wanted", "media", "starts"),
    [
        ("", "application/json", b'{"title":'),
        ("?format=svg&theme=dark&width=400", "image/svg+xml", b'<svg width="400" height="480"'),
        ("?format=png&width=300&height=200", "image/png", b"\x89PNG"),
    ],
)
def test_the_api_draws_questions_and_answers(client, answer_of, wanted, media, starts):
    """POST /api/figure takes a spec or an answer, and both become the same figure."""
    spec = {"question": "funnel", "steps": ["a", "b"]}
    asked = client.post(f"/api/figure{wanted}", json=spec)
    given = client.post(f"/api/figure{wanted}", json=answer_of("a", "b"))
    assert asked.status_code == 200
    assert asked.headers["content-type"].startswith(media)
    assert asked.headers["x-content-type-options"] == "nosniff"
    assert asked.content.startswith(starts)
    if media != "image/svg+xml":
        assert asked.content == given.content


def test_an_answer_of_many_lines_is_drawn(client):
    """A trend of sixty groups hour by hour, which is far larger than a question, has a figure."""
    hours = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in range(1000)]
    points = [[hour.isoformat(), 123] for hour in hours]
    answer = {
        "question": "trends",
        "definition": {"interval": "hour"},
        "state": {"position": 9, "identity": 1, "erasures": 0},
        "series": [{"name": "cart", "by": {"sku": f"{i}"}, "points": points} for i in range(60)],
    }
    response = client.post("/api/figure", json=answer)
    assert response.status_code == 200
    assert len(response.json()["option"]["series"]) == DRAWN


@pytest.mark.parametrize("query", ["format=gif", "width=99999", "height=x", "theme=red", "x=1"])
def test_a_look_that_is_not_known_is_refused(client, query):
    """A wrong parameter is a 400 that names it."""
    response = client.post(f"/api/figure?{query}", json={})
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "bad_parameter"


def test_a_narrow_heat_map_keeps_its_numbers():
    """A picture stands alone, so it has the numbers that a narrow page leaves to its table."""
    case = json.loads((Path(__file__).parent / "figures/retention.json").read_text())
    narrow = texts(draw.svg(figure(case["answer"]), width=400))
    assert sum(text.endswith("%") for text in narrow) > len(case["answer"]["cohorts"])


def test_streams_lie_below_the_sentence():
    """Paths are drawn with every node's label, and none of them in the heading."""
    case = json.loads((Path(__file__).parent / "figures/paths.json").read_text())
    made = figure(case["answer"])
    root = Tree.fromstring(draw.svg(made))
    drawn = {"".join(each.itertext()): each for each in root.iter(f"{SVG}text")}
    (streams,) = made.option["series"]
    assert {node["label"]["formatter"] for node in streams["data"]} <= {*drawn}
    assert made.title in drawn

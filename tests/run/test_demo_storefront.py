"""The storefront keeps to a strict content policy and says what it is."""

import re
from html.parser import HTMLParser
from importlib.resources import files

from ethogram.run.demo import shop
from ethogram.run.demo.examples import examples

FOLDER = files("ethogram.run.demo").joinpath("storefront")
PAGE = FOLDER.joinpath("index.html").read_text()


class Tags(HTMLParser):
    """Collects every tag with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_nothing_runs_inline():
    """No inline script, style or handler, nothing from elsewhere: default-src 'self' suffices."""
    tags = Tags()
    tags.feed(PAGE)
    for tag, attributes in tags.found:
        assert tag != "style"
        assert tag != "script" or attributes.get("src")
        assert not any(name == "style" or name.startswith("on") for name in attributes)
        assert not any("//" in (attributes.get(name) or "") for name in ("src", "href"))
    scripts = [FOLDER.joinpath(name).read_text() for name in ("storefront.js", "events.js")]
    assert not any(re.search(r"innerHTML|outerHTML|insertAdjacentHTML|eval\(", s) for s in scripts)


def test_it_says_that_it_is_simulated():
    """The first words of the page say so."""
    body = PAGE[PAGE.index("<body>") :]
    assert "Simulated." in body[: body.index("<header>")]


def test_it_sells_what_the_simulation_sells():
    """Both read one list; its ids are unique and its prices are positive."""
    ids = [product.id for product in shop.products()]
    assert len(set(ids)) == len(ids) > 10
    assert all(product.price > 0 for product in shop.products())
    assert "products.json" in FOLDER.joinpath("storefront.js").read_text()


def test_its_clicks_are_the_funnels_steps():
    """Each step of the simulated funnel is an event that the page sends."""
    script = FOLDER.joinpath("storefront.js").read_text()
    assert all(f'send("{step}"' in script for step in shop.STEPS)


def test_every_example_asks_about_events_of_the_shop():
    """The saved questions have a title and name only events that the simulation has."""
    assert {example.spec["question"] for example in examples()} == {"funnel", "retention", "trends"}
    for example in examples():
        assert example.title.endswith("?")
        said = re.findall(r'"([a-z_]+)"', str(example.spec).replace("'", '"'))
        assert set(said) & set(shop.STEPS)

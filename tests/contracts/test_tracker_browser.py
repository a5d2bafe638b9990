"""What people do on a page, in Chromium, arrives as events that say it."""

from collections.abc import Iterator

import pytest
from tests.contracts.visiting import Browser, Visit, chromium, visiting
from tests.serving import Served, served


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with served(load_every=0.5) as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def visit(server: Served, browser: Browser) -> Iterator[Visit]:
    with visiting(server, browser) as visit:
        yield visit


def test_a_click_says_what_was_clicked_and_where(visit: Visit) -> None:
    """Element, link without its query, place and sizes; no text."""
    page = visit.open("/shop", '<a id=buy class="big red" href="#x?token=1">Buy it</a>')
    page.click("#buy")
    (click,) = visit.wait("click")
    print(click)
    print(visit.events)
    said = click.properties
    assert said["page"] == "/shop"

"""One server for all tests of the tracker; a browser for each file of them."""

from collections.abc import Iterator

import pytest
from tests.contracts.faulty import Proxy, faulty
from tests.serving import Served, served
from tests.tracker.visiting import Browser, Visit, chromium, visiting


@pytest.fixture(scope="session")
def server() -> Iterator[Served]:
    """Where events go."""
    off = "missing,referrers,urls,devices,bots"
    with served(
        load_every=0.5, tick=0.05, tracker_path="/assets/shop.js", cleaning_off=off
    ) as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; two of them in one thread would be one too many for Playwright."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def proxy(server: Served) -> Iterator[Proxy]:
    """What stands before the server."""
    with faulty(server.url) as proxy:
        yield proxy


@pytest.fixture
def visit(server: Served, browser: Browser, proxy: Proxy) -> Iterator[Visit]:
    """A person's browser, whose events go by the proxy."""
    with visiting(server, browser, at=proxy.url) as visit:
        yield visit

"""Whatever happens between a page and the server, each event is there once, as it was."""

import msgspec
from tests.contracts.faulty import BROKEN, BUSY, CUT, Exchange, Fault, Proxy
from tests.serving import Served, eventually
from tests.tracker.visiting import Browser, Page, Visit, visiting

from ethogram.events.times import MINUTE, now

EVENTS = 40
WAIT = Fault(429, headers={"retry-after": "60"})
MANY = """([name, events]) => {
  for (let i = 0; i < events; i++) ethogram.track(name, {i, of: "ä 🎈"}); }"""
ALL_OFF = "page click scroll engaged impression form video rage_click dead_click web_vital"


def ids(exchange: Exchange) -> list[str]:
    """The ids that a request carried."""
    lines = exchange.body.splitlines() if exchange.method == "POST" else []
    return [msgspec.json.decode(line)["event_id"] for line in lines]


def sent(page: Page, name: str, events: int = EVENTS) -> None:
    """Track so many events called ``name``."""
    page.evaluate(MANY, [name, events])


def told(page: Page, proxy: Proxy) -> None:
    """Wait until the fault that was to be has happened, and the page knows of it."""
    for _ in eventually("the fault has happened"):
        page.wait_for_timeout(100)
        if not proxy.failing:
            return


def assert_all(visit: Visit, name: str, events: int = EVENTS) -> None:
    """Each event is there once, with its own id, property, person, session, and time."""
    found = visit.wait(name, events)
    assert sorted(each.properties["i"] for each in found) == list(range(events))
    assert {each.properties["of"] for each in found} == {"ä 🎈"}
    assert len({each.id for each in found}) == events
    assert len({each.who for each in found}) == 1
    assert all(abs(each.at - now()) < MINUTE for each in found)


def test_faults_cost_nothing(visit: Visit, proxy: Proxy) -> None:
    """Refusals for now and cut connections; nothing is sent again that was taken."""
    page = visit.open("/", data_off=ALL_OFF)
    proxy.fail(BUSY, BROKEN, CUT, where="key=")
    sent(page, "faults")
    page.evaluate("() => ethogram.flush()")
    assert_all(visit, "faults")
    page.wait_for_timeout(500)
    assert proxy.failing == 0
    assert proxy.repeated(ids) == set()


def test_nothing_hurries_a_server_that_is_busy(visit: Visit, proxy: Proxy) -> None:
    """While it asked us to wait, neither a call nor a page that ends sends anything."""
    page = visit.keeping(visit.open("/", data_off=ALL_OFF))
    proxy.fail(WAIT, where="key=")
    sent(page, "busy")
    page.evaluate("() => ethogram.flush()")
    told(page, proxy)
    page.evaluate("() => { ethogram.flush(); ethogram.track('more'); ethogram.flush(); }")
    page.close()
    visit.open("/", data_off=ALL_OFF)
    assert_all(visit, "busy")
    visit.wait("more")
    assert [each.status for each in proxy.exchanges if each.method == "POST"] == [429, 200]


def test_a_server_that_dies_and_comes_back(visit: Visit, proxy: Proxy, server: Served) -> None:
    """What was sent meanwhile waits, and arrives."""
    page = visit.open("/", data_off=ALL_OFF)
    server.kill()
    sent(page, "killed")
    page.evaluate("() => ethogram.flush()")
    page.wait_for_timeout(300)
    server.start()
    assert_all(visit, "killed")
    assert proxy.repeated(ids) == set()


def test_a_tab_that_closes_while_nobody_answers(visit: Visit, proxy: Proxy) -> None:
    """Without a network and without its tab, an event waits for the next visit."""
    page = visit.keeping(visit.open("/", data_off=ALL_OFF))
    visit.context.set_offline(True)
    sent(page, "offline")
    page.close()
    visit.context.set_offline(False)
    visit.open("/", data_off=ALL_OFF)
    assert_all(visit, "offline")


def test_a_tab_that_closes_in_the_middle(visit: Visit, proxy: Proxy) -> None:
    """More than a page may send when it ends: the rest is sent by the next."""
    page = visit.keeping(visit.open("/", data_off=ALL_OFF))
    sent(page, "closed", 600)
    page.close(run_before_unload=False)
    visit.open("/", data_off=ALL_OFF)
    assert_all(visit, "closed", 600)
    assert sum(len(each.body) > 64 << 10 for each in proxy.exchanges) == 0


def test_two_tabs_send_what_is_theirs(visit: Visit, proxy: Proxy) -> None:
    """One person and one session in both; what waits in one is not sent by the other."""
    left = visit.keeping(visit.open("/", data_off=ALL_OFF))
    proxy.fail(WAIT, where="key=")
    sent(left, "left")
    left.evaluate("() => ethogram.flush()")
    told(left, proxy)
    right = visit.keeping(visit.open("/", data_off=ALL_OFF))
    sent(right, "right")
    assert_all(visit, "right")
    left.evaluate("() => dispatchEvent(new Event('online'))")
    assert_all(visit, "left")
    assert len({each.who for each in visit.events}) == 1
    for _ in eventually("each tab has been answered"):
        right.wait_for_timeout(100)
        if sum(each.method == "POST" for each in proxy.exchanges) == 3:
            break
    bodies = b"\n".join(each.body for each in proxy.exchanges if each.method == "POST")
    lines = [msgspec.json.decode(line) for line in bodies.splitlines()]
    assert len({line["session_id"] for line in lines}) == 1
    assert proxy.repeated(ids) == set()


def test_what_is_refused_for_good_is_dropped(visit: Visit, proxy: Proxy) -> None:
    """The page's author reads of it; it is not sent again, and what follows is."""
    heard: list[str] = []
    page = visit.open("/", data_off=ALL_OFF)
    page.on("console", lambda message: heard.append(message.text))
    proxy.fail(Fault(400), where="key=")
    sent(page, "refused", 3)
    page.evaluate("() => ethogram.flush()")
    page.wait_for_timeout(300)
    page.evaluate("() => { ethogram.track('after'); ethogram.flush(); }")
    visit.wait("after")
    assert visit.named("refused") == []
    assert "Ethogram refused 3 events with 400; they are dropped." in heard
    (refused,) = [set(ids(each)) for each in proxy.exchanges if each.status == 400]
    again = [set(ids(each)) & refused for each in proxy.exchanges if each.status != 400]
    assert not any(again)


def test_a_clock_that_is_a_year_off(server: Served, browser: Browser) -> None:
    """Events have the time at which they happened."""
    wrong = "const now = Date.now; Date.now = () => now() - 400 * 86400e3;"
    with visiting(server, browser, at=server.url, script=wrong) as visit:
        sent(visit.open("/", data_off=ALL_OFF), "late")
        assert_all(visit, "late")


def test_a_page_from_the_browsers_cache_goes_on(visit: Visit, proxy: Proxy) -> None:
    """It was left and is back: what it tracks arrives once, and it is seen again."""
    page = visit.open("/first", "<a href=/second>on</a>")
    visit.write("/second", "Second")
    page.evaluate("() => addEventListener('pageshow', (event) => window.back = event.persisted)")
    page.click("a")
    page.wait_for_url("**/second")
    page.go_back(wait_until="commit")
    page.wait_for_function("() => window.back")
    sent(page, "back")
    assert_all(visit, "back")
    pages = [each.properties["page"] for each in visit.wait("page", 3)]
    assert pages == ["/first", "/second", "/first"]


def test_an_event_that_is_too_large_holds_up_no_other(visit: Visit, server: Served) -> None:
    """The server refuses it, and it waits nowhere."""
    page = visit.keeping(visit.open("/", data_off=ALL_OFF))
    page.evaluate("() => ethogram.track('large', {of: 'x'.repeat(100_000)})")
    page.evaluate("() => ethogram.flush()")
    sent(page, "behind", 3)
    assert_all(visit, "behind", 3)
    assert visit.named("large") == []


def test_an_address_that_redirects_has_taken_nothing(visit: Visit, proxy: Proxy) -> None:
    """A POST becomes a GET on the way: whatever that answers, the events are sent again."""
    page = visit.open("/", data_off=ALL_OFF)
    moved = Fault(301, headers={"location": f"{visit.at}/t.js", "access-control-allow-origin": "*"})
    proxy.fail(moved, where="key=")
    sent(page, "moved", 3)
    page.evaluate("() => ethogram.flush()")
    assert_all(visit, "moved", 3)

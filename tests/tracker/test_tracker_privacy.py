"""What a person does not want is not done: nothing is sent, and nothing is kept in the browser."""

import pytest
from tests.contracts.faulty import Proxy
from tests.serving import Served
from tests.tracker.visiting import Browser, Page, visiting

GPC = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true});"
DNT = "Object.defineProperty(Navigator.prototype, 'doNotTrack', {get: () => '1'});"
KEPT = """async () => [document.cookie, {...localStorage}, {...sessionStorage},
    (await indexedDB.databases()).map((each) => each.name)]"""
NOTHING = ["", {}, {}, []]
BODY = "<button>Buy</button><div data-eg-impression=x>Ad</div>"


def used(page: Page) -> None:
    """Somebody does what is captured by itself, and the page tells more."""
    page.click("button")
    page.evaluate("() => { ethogram.identify('ann', {plan: 'pro'}); ethogram.track('Told'); }")
    page.evaluate("() => ethogram.flush()")
    page.wait_for_timeout(300)


def posts(proxy: Proxy) -> int:
    """How many requests with events there were."""
    return sum(each.method == "POST" for each in proxy.exchanges)


@pytest.mark.parametrize("signal", [GPC, DNT], ids=["gpc", "dnt"])
def test_who_says_no_is_left_alone(
    server: Served, browser: Browser, proxy: Proxy, signal: str
) -> None:
    """By Global Privacy Control or Do Not Track; not even consent changes that."""
    with visiting(server, browser, at=proxy.url, script=signal) as visit:
        page = visit.open("/", BODY)
        used(page)
        page.evaluate("() => ethogram.consent(true)")
        used(page)
        assert page.evaluate(KEPT) == NOTHING
        page.close()
        visit.context.new_page().wait_for_timeout(200)
        assert posts(proxy) == 0
        assert visit.context.cookies() == []


def test_a_signal_may_mean_anonymous(server: Served, browser: Browser) -> None:
    """Then events are sent, of nobody known, and nothing is kept."""
    with visiting(server, browser, at=server.url, script=GPC) as visit:
        page = visit.open("/", BODY, data_gpc="anonymous")
        used(page)
        (told,) = visit.wait("Told")
        assert told.who[0] == "anonymous"
        assert visit.named("identify") == []
        assert page.evaluate(KEPT) == NOTHING


def test_a_signal_may_be_ignored(server: Served, browser: Browser) -> None:
    """Where the page says so, for each signal by itself."""
    with visiting(server, browser, at=server.url, script=GPC + DNT) as visit:
        used(visit.open("/", BODY, data_gpc="ignore", data_dnt="ignore"))
        assert visit.wait("Told")[0].who == ("user", "ann")


def test_without_storage_nothing_is_kept(server: Served, browser: Browser) -> None:
    """Events arrive; a page that comes after is another person's."""
    with visiting(server, browser, at=server.url) as visit:
        page = visit.open("/", BODY, data_storage="none")
        page.evaluate("() => ethogram.flush()")
        visit.wait("page")
        assert page.evaluate(KEPT) == NOTHING
        page.reload()
        one, other = visit.wait("page", 2)
        assert one.who != other.who
        assert page.evaluate(KEPT) == NOTHING
        assert visit.context.cookies() == []


def test_before_consent_nothing_is_kept_or_sent(
    server: Served, browser: Browser, proxy: Proxy
) -> None:
    """After it, what was held is sent, and the next page need not ask."""
    with visiting(server, browser, at=proxy.url) as visit:
        page = visit.open("/", BODY, data_consent="required")
        used(page)
        assert (page.evaluate(KEPT), posts(proxy)) == (NOTHING, 0)
        page.evaluate("() => ethogram.consent(true)")
        visit.wait("consent")
        assert {"page", "click", "identify", "Told"} <= {each.event for each in visit.events}
        assert visit.named("consent")[0].extra["consent"] == {"analytics": True}
        page.reload()
        first, second = visit.wait("page", 2)
        assert second.who == ("user", "ann")
        assert second.anonymous == first.who[1]


def test_a_refusal_leaves_nothing(server: Served, browser: Browser, proxy: Proxy) -> None:
    """What was held is forgotten, and no later page changes that before it is asked again."""
    with visiting(server, browser, at=proxy.url) as visit:
        page = visit.open("/", BODY, data_consent="required")
        used(page)
        page.evaluate("() => ethogram.consent(false)")
        used(page)
        page.reload()
        used(page)
        assert (page.evaluate(KEPT), posts(proxy)) == (NOTHING, 0)


def test_an_agreement_can_be_withdrawn(server: Served, browser: Browser) -> None:
    """That is told, what was kept is forgotten, and later pages remember the refusal alone."""
    with visiting(server, browser, at=server.url) as visit:
        page = visit.open("/", BODY)
        used(page)
        visit.wait("Told")
        page.evaluate("() => ethogram.consent(false)")
        (said,) = visit.wait("consent")
        assert said.extra["consent"] == {"analytics": False}
        page.wait_for_timeout(300)
        page.reload()
        used(page)
        assert page.evaluate(KEPT) == ["", {"ethogram": '{"consent":false}'}, {}, []]
        assert len(visit.named("Told")) == 1


def test_who_refused_may_agree_later(server: Served, browser: Browser) -> None:
    """On a later page too, as somebody new."""
    with visiting(server, browser, at=server.url) as visit:
        page = visit.open("/", BODY)
        page.evaluate("() => ethogram.consent(false)")
        page.wait_for_function("() => localStorage.ethogram === '{\"consent\":false}'")
        page.reload()
        page.evaluate("() => ethogram.consent(true)")
        used(page)
        (told,) = visit.wait("Told")
        assert told.who == ("user", "ann")
        assert [each.extra["consent"] for each in visit.wait("consent", 2)] == [
            {"analytics": False},
            {"analytics": True},
        ]


def test_a_refusal_holds_in_every_tab(server: Served, browser: Browser) -> None:
    """A tab that was open already tells nothing more, and keeps nothing anew."""
    for consent, said in (("given", 1), ("required", 3)):
        with visiting(server, browser, at=server.url) as visit:
            first = visit.open("/first", BODY, data_consent=consent)
            second = visit.open("/second", BODY, data_consent=consent)
            for page in (first, second):
                page.evaluate("() => ethogram.consent(true)")
                page.evaluate("() => { ethogram.track('Before'); ethogram.flush(); }")
            visit.wait("Before", 2)
            first.evaluate("() => ethogram.consent(false)")
            visit.wait("consent", said)
            used(second)
            kept = {"ethogram": '{"consent":false}'} if consent == "given" else {}
            assert second.evaluate(KEPT) == ["", kept, {}, []]
            second.close()
            first.wait_for_timeout(300)
            assert visit.named("Told") == visit.named("click") == []
            assert len(visit.named("consent")) == said


def test_who_signs_out_is_out_in_every_tab(server: Served, browser: Browser) -> None:
    """What the other tabs tell then is not told of the user who was there."""
    with visiting(server, browser, at=server.url) as visit:
        first, second = visit.open("/first"), visit.open("/second")
        first.evaluate("() => { ethogram.identify('ann'); ethogram.group('company', 'a'); }")
        second.evaluate("() => { ethogram.track('Known'); ethogram.flush(); }")
        assert visit.wait("Known")[0].who == ("user", "ann")
        first.evaluate("() => ethogram.reset()")
        second.evaluate("() => { ethogram.track('Out'); ethogram.flush(); }")
        (out,) = visit.wait("Out")
        assert out.who[0] == "anonymous"


AGREEING = """at => setTimeout(() => {
    ethogram.consent(true); ethogram.track('After');
}, at - Date.now())"""


@pytest.mark.parametrize("apart", [0, 100, 1000])
def test_who_agrees_in_two_tabs_is_one(server: Served, browser: Browser, apart: int) -> None:
    """At once or one after the other: what was held and what comes then is told of one visitor."""
    with visiting(server, browser, at=server.url) as visit:
        pages = [visit.open(path, BODY, data_consent="required") for path in ("/one", "/two")]
        at = pages[0].evaluate("Date.now()") + 500
        for number, page in enumerate(pages):
            page.evaluate(AGREEING, at + number * apart)
        visit.wait("After", 2)
        visit.wait("page", 2)
        assert len({each.who for each in visit.events}) == 1


def test_two_users_who_agree_stay_two(server: Served, browser: Browser) -> None:
    """Somebody who is known as another user does not become the one who agreed before."""
    with visiting(server, browser, at=server.url) as visit:
        for user in ("ann", "ben"):
            page = visit.open(f"/{user}", BODY, data_consent="required")
            page.evaluate(f"() => {{ ethogram.identify('{user}'); ethogram.consent(true); }}")
            page.evaluate("() => { ethogram.track('Told'); ethogram.flush(); }")
            visit.wait("Told", 1 if user == "ann" else 2)
        told = visit.named("Told")
        assert {each.who for each in told} == {("user", "ann"), ("user", "ben")}
        assert len({each.anonymous for each in told}) == 2


def test_who_agrees_and_leaves_at_once_is_told_of(server: Served, browser: Browser) -> None:
    """A page that ends with the agreement sends what it held, and the next need not ask."""
    with visiting(server, browser, at=server.url) as visit:
        page = visit.open("/", BODY, data_consent="required")
        page.evaluate("() => { ethogram.consent(true); location.reload(); }")
        (said,) = visit.wait("consent")
        assert {each.anonymous or each.who[1] for each in visit.wait("page", 2)} == {said.who[1]}

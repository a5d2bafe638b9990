"""What people do on a page, in Chromium, arrives as events that say it."""

import io
import wave
from base64 import b64encode
from pathlib import Path

import httpx
import msgspec
import pytest
from tests.contracts.faulty import Proxy
from tests.serving import Served, eventually
from tests.tracker.visiting import Page, Visit

from ethogram.events.times import MINUTE, now

PACKAGE = Path(__file__).parents[2] / "tracker" / "dist"
TALL = "<div style='height:2400px'></div>"
CARD = "<div {} style='width:200px;height:100px;margin:20px'>See</div>"


def test_a_page_view_says_where_and_from_where(visit: Visit) -> None:
    """Address without what may be secret, title, referrer, sizes; campaigns' parameters stay."""
    page = visit.open("/one", "<a href='/two?token=1&utm_source=mail&q=shoe#top'>two</a>")
    visit.write("/two", TALL, data_query="q")
    page.click("a")
    first, second = visit.wait("page", 2)
    assert first.kind == "page"
    assert abs(first.at - now()) < MINUTE
    said = second.properties
    assert said["url"] == f"{visit.site.url}/two?utm_source=mail&q=shoe"
    assert (said["page"], said["path"], said["title"]) == ("/two", "/two", "/two")
    assert said["referrer"] == f"{visit.site.url}/one"
    assert (said["viewport_width"], said["viewport_height"]) == (1000, 600)
    assert said["page_height"] > 2400
    assert first.who == second.who
    assert first.who[0] == "anonymous"


def test_an_application_has_as_many_views_as_pages(visit: Visit) -> None:
    """By the history and by the fragment; a change of nothing but the query is no page."""
    page = visit.open("/app")
    page.evaluate("() => { history.pushState({}, '', '/app/cart'); document.title = 'Cart'; }")
    page.wait_for_timeout(150)
    page.evaluate("() => { history.replaceState({}, '', '/app/cart?sort=price'); }")
    page.evaluate("() => { location.hash = '#/pay?step=2'; }")
    page.evaluate("() => { location.hash = '#top'; }")
    page.evaluate("() => { history.go(-3); }")
    views = visit.wait("page", 5)
    said = [(each.properties["page"], each.properties["title"]) for each in views]
    assert said == [("/app", "/app"), ("/app/cart", "Cart"), ("/app/cart#/pay", "Cart"),
                    ("/app/cart", "Cart"), ("/app", "Cart")]  # fmt: skip
    assert views[1].properties["referrer"] == f"{visit.site.url}/app"


def test_a_click_says_what_was_clicked_and_where(visit: Visit) -> None:
    """Element, address without its query, place and sizes; no text unless the page asks for it."""
    body = '<a id=buy class="big red wide old" href="#x?token=1">Buy <b>it</b></a>'
    page = visit.open("/plain", body)
    page.click("b")
    (click,) = visit.wait("click")
    said = click.properties
    assert (said["tag"], said["id"], said["classes"]) == ("a", "buy", ["big", "red", "wide"])
    assert (said["element"], said["page"]) == ("a#buy.big.red.wide", "/plain")
    assert said["href"] == f"{visit.site.url}/plain"
    at = page.locator("b").bounding_box()
    assert at is not None
    assert abs(said["x"] - (at["x"] + at["width"] / 2)) <= 1
    assert abs(said["viewport_y"] - (at["y"] + at["height"] / 2)) <= 1
    assert (said["page_width"], said["viewport_height"]) == (1000, 600)
    assert "text" not in said
    told = visit.open("/told", "<button data-eg-name=order>Order now</button>", data_text="")
    told.click("button")
    _, order = visit.wait("click", 2)
    assert (order.properties["element"], order.properties["name"]) == ("order", "order")
    assert order.properties["text"] == "Order now"


def test_odd_elements_are_told_too(visit: Visit) -> None:
    """A broken link, a form whose field hides its id, a part of a component, a telephone number."""
    body = """<div onclick="return false"><a href="http://[">bad</a>
        <a href="tel:+4930123456">call</a></div>
        <form id=f data-eg-name=f onclick=""><input name=id value=5><i>inside</i></form>
        <p id=host></p>"""
    page = visit.open("/odd", body)
    page.evaluate("""() => { const root = host.attachShadow({mode: "open"});
        root.append(Object.assign(document.createElement("button"), {textContent: "deep"})); }""")
    for text in ("bad", "call", "inside", "deep"):
        page.click(f"text={text}")
    said = [each.properties for each in visit.wait("click", 4)]
    assert [each["element"] for each in said] == ["a", "a", "f", "button"]
    assert [each.get("href") for each in said] == ["", "tel:", None, None]
    assert said[2]["id"] == "f"


def test_a_key_that_clicks_has_no_place(visit: Visit) -> None:
    """And what a script clicks is no click of a person."""
    page = visit.open("/keys", "<button id=go>Go</button>")
    page.evaluate("() => document.querySelector('#go').click()")
    page.focus("#go")
    page.keyboard.press("Enter")
    (click,) = visit.wait("click")
    assert click.properties["element"] == "button#go"
    assert "x" not in click.properties


def test_what_is_private_is_never_read(visit: Visit) -> None:
    """Passwords, cards, one-time codes and marked parts: the tag, and nothing else."""
    body = """<form id=login name=login action="/in?next=1" onsubmit="return false">
        <input name=mail><input type=password name=pass id=p class=c>
        <input autocomplete="cc-number" name=card><div data-eg-private>
        <span id=secret>Diagnosis</span><input name=illness></div><button>In</button></form>"""
    page = visit.open("/login", body, data_text="")
    page.fill("[name=mail]", "ann@example.org")
    page.fill("[type=password]", "hunter2")
    page.fill("[name=card]", "4111111111111111")
    for each in ("[type=password]", "[name=card]", "#secret"):
        page.click(each)
    page.click("button")
    (form,) = visit.wait("form")
    clicks = [each.properties for each in visit.wait("click", 4)]
    assert [said.keys() - {"page"} for said in clicks[:3]] == [{"tag", "element"}] * 3
    assert [said["element"] for said in clicks[:3]] == ["input", "input", "span"]
    assert form.properties["fields"] == ["mail"]
    assert form.properties["name"] == "login"
    assert form.properties["action"] == f"{visit.site.url}/in"
    assert not [word for word in ("hunter2", "4111", "Diagnosis", "illness", "@example", "pass")
                if word in str(visit.events)]  # fmt: skip


def test_depth_and_time_are_told_when_a_page_is_left(visit: Visit) -> None:
    """As far as was seen, and as long as somebody was there; a later page has its own."""
    page = visit.open("/long", TALL)
    page.mouse.move(100, 100)
    page.evaluate("() => scrollTo(0, 600)")
    page.wait_for_timeout(400)
    page.mouse.move(200, 200)
    page.evaluate("() => { history.pushState({}, '', '/next'); }")
    (scroll,) = visit.wait("scroll")
    (engaged,) = visit.wait("engaged")
    height = scroll.properties["page_height"]
    assert scroll.properties["page"] == engaged.properties["page"] == "/long"
    assert scroll.properties["scroll_depth"] == pytest.approx(1200 / height, abs=0.002)
    assert 0.3 <= engaged.properties["seconds"] <= 10
    page.close()
    _, last = visit.wait("scroll", 2)
    assert last.properties["page"] == "/next"


def test_what_is_seen_for_a_second_is_an_impression_once(visit: Visit) -> None:
    """Half of it, for a second; what comes later too; not what is below; each page view anew."""
    body = CARD.format("data-eg-impression=hero") + TALL + CARD.format("data-eg-impression=deep")
    page = visit.open("/ads", body)
    page.evaluate("""() => { const late = document.createElement("p");
        late.setAttribute("data-eg-impression", "late"); late.textContent = "x";
        document.body.prepend(late); }""")
    seen = visit.wait("impression", 2)
    assert sorted(each.properties["impression"] for each in seen) == ["hero", "late"]
    page.evaluate("() => { history.pushState({}, '', '/again'); }")
    visit.wait("impression", 4)
    page.click("[data-eg-impression=deep]")
    page.click("[data-eg-impression=deep]")
    clicks = visit.wait("click", 2)
    found = visit.named("impression")
    assert len(found) == 5
    assert found[-1].properties["impression"] == "deep"
    assert {each.properties["page"] for each in found[2:]} == {"/again"}
    assert {each.properties["impression"] for each in clicks} == {"deep"}


def test_rage_and_dead_clicks(visit: Visit) -> None:
    """Three clicks in one place; a click that nothing came of; a button that works is neither."""
    body = """<button id=broken>Pay</button>
        <button id=works onclick="this.textContent += '!'">More</button>"""
    page = visit.whole(visit.open("/rage", body))
    page.click("#works")
    page.click("#broken", click_count=4, delay=10)
    (rage,) = visit.wait("rage_click")
    assert (rage.properties["element"], rage.properties["clicks"]) == ("button#broken", 3)
    (dead,) = visit.wait("dead_click")
    assert dead.properties["element"] == "button#broken"
    assert len(visit.wait("click", 5)) == 5


def test_watched_seconds_of_a_video(visit: Visit) -> None:
    """What was played, not what was skipped."""
    source = "data:audio/wav;base64," + b64encode(tone(6)).decode()
    page = visit.whole(visit.open("/video", f"<video id=film src={source} muted></video>"))
    page.evaluate("""async () => { const film = document.querySelector("video");
        await film.play(); await new Promise((go) => setTimeout(go, 900));
        film.currentTime = 5; await new Promise((go) => setTimeout(go, 300)); film.pause(); }""")
    (video,) = visit.wait("video")
    said = video.properties
    assert (said["element"], said["duration"], said["ended"]) == ("video#film", 6, False)
    assert 0.6 <= said["seconds"] <= 2
    assert said["position"] > 5


def test_web_vitals_come_once(visit: Visit) -> None:
    """Each measure of a page load, when it is known."""
    page = visit.whole(visit.open("/fast", "<h1>Shop</h1><button>Press</button>"))
    page.evaluate("""() => document.querySelector("button").onclick = () => {
        const until = performance.now() + 80; while (performance.now() < until); }""")
    page.click("button")
    page.wait_for_timeout(200)
    page.evaluate("() => { history.pushState({}, '', '/other'); }")
    found = visit.wait("web_vital", 5)
    said = {each.properties["metric"]: each.properties["value"] for each in found}
    assert said.keys() == {"TTFB", "FCP", "LCP", "CLS", "INP"}
    assert said["INP"] >= 80
    assert said["LCP"] >= said["FCP"] > said["TTFB"] > 0
    assert said["CLS"] == 0


def test_calls_become_what_they_say(visit: Visit) -> None:
    """Identify, track, group, alias and reset; a second person on a browser is another person."""
    page = visit.open("/calls")
    page.evaluate("""() => { ethogram.identify("ann", {plan: "pro"});
        ethogram.group("company", "acme", {seats: 5});
        ethogram.track("Paid", {price: 12.5, of: "ä 🎈"});
        ethogram.alias("old-ann"); ethogram.page({name: "Home"}); ethogram.identify("ben");
        ethogram.track("Seen"); ethogram.reset(); ethogram.track("Gone"); ethogram.flush(); }""")
    visit.wait("Gone")
    by = {each.event: each for each in visit.events}
    ann, ben = visit.named("identify")
    assert (ann.who, ben.who) == (("user", "ann"), ("user", "ben"))
    assert ann.anonymous != ben.anonymous
    assert ann.extra["profile_ops"] == [
        {"op": "set", "values": {"plan": "pro"}, "target": "person"}
    ]
    assert by["group"].groups == by["Paid"].groups == {"company": "acme"}
    assert by["group"].extra["profile_ops"][0]["target"] == "group"
    assert by["Paid"].who == ("user", "ann")
    assert by["Paid"].properties == {"page": "/calls", "price": 12.5, "of": "ä 🎈"}
    assert by["alias"].links == [(("user", "old-ann"), ("user", "ann"))]
    assert "Home" in [each.properties.get("name") for each in visit.named("page")]
    assert (by["Seen"].who, by["Seen"].groups) == (("user", "ben"), {})
    assert by["Gone"].who[0] == "anonymous"
    assert by["Gone"].who[1] not in (ann.anonymous, ben.anonymous)


def test_a_script_that_is_there_twice_does_nothing_more(visit: Visit) -> None:
    """And one without a key does nothing at all; the page hears of no error."""
    page = visit.open("/twice", f"<script defer src='{visit.at}/t.js' data-key=other></script>")
    page.evaluate("() => { ethogram.track('Odd', {self: window}); ethogram.identify(Symbol()); }")
    page.evaluate("() => ethogram.track('Done')")
    visit.wait("Done")
    assert len(visit.named("page")) == 1
    bare = visit.open("/bare", data_key="")
    assert bare.evaluate("() => typeof ethogram") == "undefined"


def test_a_session_ends_with_time_or_a_campaign(visit: Visit, proxy: Proxy) -> None:
    """After half an hour of nothing, after a day, and where a campaign brings its person back."""

    def session(page: Page, earlier: str) -> str:
        """The session of the next event, where what is kept says so."""
        before = len(visit.named("Next"))
        page.evaluate(f"""() => {{ const kept = JSON.parse(localStorage.ethogram);
            {earlier}; localStorage.ethogram = JSON.stringify(kept);
            ethogram.track("Next"); ethogram.flush(); }}""")
        visit.wait("Next", before + 1)
        for _ in eventually("the page has been answered"):
            posts = [each.body for each in proxy.exchanges if each.method == "POST"]
            lines = [msgspec.json.decode(line) for body in posts for line in body.splitlines()]
            said = [line["session_id"] for line in lines if line["event"] == "Next"]
            if len(said) > before:
                return said[-1]
        raise AssertionError

    page = visit.open("/session", data_off="page click scroll engaged web_vital")
    page.evaluate("() => ethogram.track('Begun')")
    first = session(page, "")
    assert session(page, "kept.seen -= 29 * 60e3") == first
    second = session(page, "kept.seen -= 31 * 60e3")
    assert second != first
    third = session(page, "kept.began -= 25 * 3600e3")
    assert third != second
    page.goto(f"{visit.site.url}/session?utm_source=mail")
    fourth = session(page, "")
    assert fourth != third
    page.goto(f"{visit.site.url}/session")
    assert session(page, "") == fourth


def test_the_package_does_what_the_script_does(visit: Visit, server: Served) -> None:
    """`connect` in an application's own code; the server's address and the key are given."""
    if not (PACKAGE / "index.js").is_file():
        pytest.skip("the tracker is not built: make web")
    for file in PACKAGE.glob("*.js"):
        visit.site.pages[f"/package/{file.name}"] = ("text/javascript", file.read_bytes())
    page = visit.open("/module", "<button>Go</button>", data_key="")
    page.evaluate("""async ([url, key]) => {
        const { connect } = await import("/package/index.js");
        window.eg = connect(url, key, {off: ["scroll"]});
        eg.show({name: "hello", kind: "banner", title: "Hi", text: "There"}); }""",
        [visit.at, server.keys["write"]])  # fmt: skip
    page.click("button >> text=Go")
    page.evaluate("() => { history.pushState({}, '', '/later'); eg.flush(); }")
    visit.wait("page", 2)
    assert {"click", "message"} <= {each.event for each in visit.events}
    assert visit.named("scroll") == []


def test_messages_are_text_and_can_be_dismissed(visit: Visit) -> None:
    """A popup by keyboard, a banner by its button, one for those who leave; each is told of."""
    page = visit.open("/hello")
    show = """(message) => ethogram.show({title: "Hi", text: "<b>10 %</b> off", ...message})"""
    page.evaluate(show, {"name": "offer", "kind": "popup"})
    page.get_by_role("dialog", name="Hi").wait_for()
    assert page.get_by_text("<b>10 %</b> off").is_visible()
    page.keyboard.press("Escape")
    link = {"text": "Look", "href": "#look"}
    page.evaluate(show, {"name": "news", "kind": "banner", "link": link})
    page.get_by_role("link", name="Look").click()
    page.evaluate(show, {"name": "bye", "kind": "popup", "when": "exit"})
    page.evaluate("""() => document.documentElement.dispatchEvent(
        new MouseEvent("mouseout", {bubbles: true, clientY: -1}))""")
    page.get_by_role("button", name="Close").click()
    said = [(each.properties["name"], each.properties["action"])
            for each in visit.wait("message", 6)]  # fmt: skip
    assert said == [("offer", "shown"), ("offer", "dismissed"), ("news", "shown"),
                    ("news", "clicked"), ("bye", "shown"), ("bye", "dismissed")]  # fmt: skip
    assert page.get_by_role("dialog").count() == 0


def test_a_heatmap_and_a_click_through_of_what_was_done(visit: Visit, server: Served) -> None:
    """By the names that questions look for when they are not told any."""
    body = CARD.format("data-eg-impression=hero") + "<button id=buy>Buy</button>" + TALL
    page = visit.open("/heat", body)
    visit.wait("impression")
    page.click("[data-eg-impression=hero]")
    page.click("#buy")
    page.close()
    visit.open("/heat", body)
    visit.wait("impression", 2)
    visit.wait("click", 2)
    visit.wait("scroll")
    server.ready()
    ask = {"question": "heatmap", "page": "/heat"}
    for _ in eventually("the answer has all"):
        heat = answer(server, "/api/ask", ask)
        if heat["clicks"] == 2 and heat["scrolled"] == 1:
            break
    assert (heat["clicks"], heat["placed"], heat["people"]) == (2, 2, 1)
    assert {each["element"] for each in heat["elements"]} == {"div", "button#buy"}
    shares = [each["share"] for each in heat["scroll"]]
    assert (shares[0], shares[-1]) == (1.0, 0.0)
    kpi = {"kind": "click_through",
           "shown": {"event": "impression", "where": one_page("hero")},
           "clicked": {"event": "click", "where": one_page("hero")}}  # fmt: skip
    server.document("kpis", "define", "hero", msgspec.json.encode(kpi).decode())
    found = answer(server, "/api/kpis/hero/ask", {})
    assert found["parts"] == {"clicks": 1, "shown": 2}
    assert found["value"] == 0.5


def one_page(name: str) -> dict:
    """The predicate of what was marked ``name`` on the page of the heatmap."""
    wanted = {"page": "/heat", "impression": name}
    return {"all": [{"property": k, "op": "=", "value": v} for k, v in wanted.items()]}


def answer(server: Served, path: str, body: dict) -> dict:
    """What the server answers to a question."""
    said = httpx.post(server.url + path, json=body, headers=server.reading, timeout=60)
    assert said.is_success, said.text
    return said.json()


def tone(seconds: int) -> bytes:
    """A WAV of silence."""
    kept = io.BytesIO()
    with wave.open(kept, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(1)
        out.setframerate(8000)
        out.writeframes(b"\x80" * 8000 * seconds)
    return kept.getvalue()

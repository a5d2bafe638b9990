"""Each step of cleaning by itself: what it finds in what an event says."""

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from ethogram.collect.cleaning.addresses import address
from ethogram.collect.cleaning.bots import bots
from ethogram.collect.cleaning.currency import currency, read_rates
from ethogram.collect.cleaning.devices import devices
from ethogram.collect.cleaning.facts import NOBODY, Facts, facts_of
from ethogram.collect.cleaning.hosts import kind_of
from ethogram.collect.cleaning.internal import internal
from ethogram.collect.cleaning.missing import USUAL, missing, spellings
from ethogram.collect.cleaning.nobody import IDS
from ethogram.collect.cleaning.pipeline import cleaned
from ethogram.collect.cleaning.referrers import referrers
from ethogram.collect.cleaning.steps import Options, cleaning
from ethogram.collect.cleaning.tables import cleaned_table
from ethogram.collect.cleaning.urls import urls
from ethogram.events.errors import Invalid
from ethogram.events.event import Event, Link
from ethogram.events.times import DAY, parse
from ethogram.store.lake.schema import INSTANT

MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"  # noqa: E501
AGENTS = {
    MAC: ("Chrome", "126", "Mac OS X", "desktop"),
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0": (
        "Firefox", "127", "Windows", "desktop"),
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1": (  # noqa: E501
        "Mobile Safari", "17", "iOS", "mobile"),
    "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1": (  # noqa: E501
        "Mobile Safari", "16", "iOS", "tablet"),
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36": (  # noqa: E501
        "Chrome Mobile", "126", "Android", "mobile"),
    "Mozilla/5.0 (Linux; Android 13; SM-X200) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Safari/537.36": (  # noqa: E501
        "Chrome", "125", "Android", "tablet"),
    "Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/538.1 (KHTML, like Gecko) Version/6.0 TV Safari/538.1": (  # noqa: E501
        "Safari", "6", "Tizen", "tv"),
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": (
        "Googlebot", "2", None, "bot"),
    "myapp": (None, None, None, "other"),
}  # fmt: skip


@pytest.mark.parametrize(("agent", "told"), AGENTS.items(), ids=range(len(AGENTS)))
def test_a_user_agent_tells_browser_system_and_kind(agent: str, told: tuple) -> None:
    """What real browsers call themselves is read as people would."""
    adds = devices(Facts(agent=agent)).adds
    names = ("browser", "browser_version", "os", "device_type")
    assert tuple(adds.get(name) for name in names) == told


@pytest.mark.parametrize(
    ("agent", "is_one"),
    [
        (MAC, False),
        ("", False),
        ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", True),
        (
            "Mozilla/5.0 AppleWebKit/537.36 (compatible; GPTBot/1.2; +https://openai.com/gptbot)",
            True,
        ),
        ("curl/8.5.0", True),
        ("UptimeRobot/2.0", True),
    ],
)
def test_a_program_by_itself_is_a_bot(agent: str, is_one: bool) -> None:
    """Crawlers, monitors and libraries are marked, and a person's browser is not."""
    assert bots(Facts(agent=agent)).adds == ({"bot": True} if is_one else {})


ADDRESSES = {
    "HTTPS://WWW.Shop.Example:443/Cart": "https://www.shop.example/Cart",
    "http://shop.example:80": "http://shop.example/",
    "http://shop.example:8080/": "http://shop.example:8080/",
    "https://ann:secret@shop.example/": "https://shop.example/",
    "https://shop.example/#top": "https://shop.example/",
    "https://shop.example/#/cart?token=7": "https://shop.example/#/cart",
    "https://shop.example/a?b=1&utm_source=x&c=2&gclid=9": "https://shop.example/a?b=1&c=2",
    "https://shop.example/a?utm_source=x": "https://shop.example/a",
    "https://shop.example/a?Email=x&PASSWORD=y&access_token=z&q=1": "https://shop.example/a?q=1",
    "https://shop.example/a?next=ann%40example.org&q=1": "https://shop.example/a?q=1",
    "https://shop.example/a;jsessionid=8F?q=1": "https://shop.example/a?q=1",
    "/a?token=1&q=a%20b": "/a?q=a%20b",
    "?utm_medium=cpc": "",
    "?q=1": "?q=1",
    "https://[2001:db8::1]:443/": "https://[2001:db8::1]/",
    "https://пример.example/ё?q=ё": "https://пример.example/ё?q=ё",
    "app://Screen/Home?token=1": "app://Screen/Home",
    "about:blank": "about:blank",
    "javascript:alert(1)": "javascript:alert(1)",
    "shop.example/a?token=1": "shop.example/a",
    "shop.example/a?q=1#access_token=1": "shop.example/a?q=1",
    "https://ann:p@ss@shop.example/": "https://shop.example/",
    " https://shop.example/a?token=1&q=1": " https://shop.example/a?q=1",
    "https://shop.example:x/?token=1": "https://shop.example:x/",
    "https://shop.example/#!/a&token=3": "https://shop.example/#!/a",
    "https://shop.example/?reset_token=1&user%5Bpassword%5D=2": "https://shop.example/",
    "https://shop.example/?back=/cart?token=1": "https://shop.example/",
    "https://shop.example/?back=%2Fcart%3Ftoken%3D1&q=1": "https://shop.example/?q=1",
    "https://shop.example/?back=%2Fcart%3Fid%3D1": "https://shop.example/?back=%2Fcart%3Fid%3D1",
    "https://shop.example/?a=1;token=2": "https://shop.example/",
    "shoes size? 7 #sale": "shoes size? 7 #sale",
    "null": "null",
    "": "",
}  # fmt: skip


@pytest.mark.parametrize(("said", "kept"), ADDRESSES.items())
def test_an_address_has_one_spelling_and_names_nobody(said: str, kept: str) -> None:
    """Case, port, fragment, campaign and persons leave the address; its own parameters stay."""
    assert address(said).text == kept
    assert address(kept).text == kept


def test_what_left_an_address_is_named_but_not_repeated() -> None:
    """The names of parameters are told, unless a name itself might be somebody's."""
    said = "https://a.example/?email=ann@b.org&utm_source=x&ann%40b.org=1"
    assert address(said).removed == ("email", "utm_source")


def test_of_a_thousand_parameters_the_first_are_kept() -> None:
    """An address made to cost is cut, and says so."""
    found = address("/?" + "&".join(f"a{n}={n}" for n in range(1000)))
    assert found.text.endswith("a99=99")
    assert found.removed == ("others",)


def test_a_campaign_becomes_properties() -> None:
    """Google's parameters by their names, and the click's id whoever made it."""
    url = (
        "https://a.example/p?utm_source=news&utm_medium=E-Mail&utm_id=7&utm_x=1&gclid=Cj0&fbclid=I"
    )
    assert urls(Facts(url=url)).adds == {
        "utm_source": "news", "utm_medium": "E-Mail", "utm_id": "7", "click_id": "Cj0",
        "host": "a.example", "path": "/p",
    }  # fmt: skip


SHOP = "https://www.shop.example/p"
WAYS = [
    (SHOP, "-", "direct"),
    (SHOP, "$direct", "direct"),
    (SHOP, "https://shop.example/", "internal"),
    (SHOP, "https://blog.shop.example/", "internal"),
    (SHOP, "https://www.google.de/", "search"),
    (SHOP, "https://www.google.co.uk/search?q=x", "search"),
    (SHOP, "https://google.evil.example/", "referral"),
    (SHOP, "https://mail.google.com/", "email"),
    (SHOP, "https://gemini.google.com/app", "ai"),
    (SHOP, "https://chatgpt.com/", "ai"),
    (SHOP, "https://l.facebook.com/", "social"),
    (SHOP, "android-app://com.google.android.gm/", "email"),
    (SHOP, "https://example.org/", "referral"),
    (SHOP + "?gclid=1", "https://www.google.com/", "ads"),
    (SHOP + "?fbclid=1", "https://l.facebook.com/", "social"),
    (SHOP + "?utm_medium=CPC", "-", "ads"),
    (SHOP + "?utm_medium=email", "-", "email"),
    (SHOP + "?utm_source=chatgpt.com", "-", "ai"),
    (SHOP + "?utm_medium=email", "https://shop.example/", "email"),
    (SHOP, "null", None),
    (SHOP, "", None),
]


@pytest.mark.parametrize(("url", "referrer", "way"), WAYS)
def test_the_way_somebody_came_has_a_class(url: str, referrer: str, way: str | None) -> None:
    """The campaign counts first, then the page that was left; what was not said is no class."""
    said = Event("e", properties={"url": url, "referrer": referrer})
    assert referrers(facts_of(said)).adds.get("referrer_class") == way


def test_a_host_is_known_by_the_longest_name() -> None:
    """A service below another's domain is itself, and a name inside another is not it."""
    assert kind_of("notgoogle.com") == kind_of("google.com.evil.example") == ""
    assert kind_of("outlook.live.com") == "email"


def test_internal_traffic_is_told_by_network_id_and_domain() -> None:
    """Each kind of thing that the setting can name is found, and nothing else."""
    find = internal(["10.0.0.0/8", "2001:db8::/32", "198.51.100.7", "@example.org", "u7"])
    own = [
        Facts(address="10.1.2.3"), Facts(address="::ffff:10.1.2.3"), Facts(address="2001:db8::5"),
        Facts(address="198.51.100.7"), Facts(user="u7"), Facts(user="Ann@Example.org"),
        Facts(email="ann@example.org"),
    ]  # fmt: skip
    others = [Facts(), Facts(address="11.1.2.3"), Facts(address="x"), Facts(user="u77"),
              Facts(email="ann@notexample.org")]  # fmt: skip
    assert all(find(facts).adds == {"internal": True} for facts in own)
    assert not any(find(facts).adds for facts in others)


def test_words_for_nothing_are_nothing() -> None:
    """In the usual spellings, as a whole; longer texts and other types stay."""
    said = {"a": "", "b": "  ", "c": "NULL", "d": "Undefined", "e": "NaN", "f": "n/a",
            "g": "nullable", "h": None, "i": 0, "j": ["null"], "k": False}  # fmt: skip
    assert missing(said, spellings(USUAL)) == ["a", "b", "c", "d", "e", "f"]
    assert missing({"g": "x", "c": "null"}, spellings(USUAL)) == ["c"]


RATES = {
    "USD": ([0, 20_000], [Decimal("0.9"), Decimal("0.8")]),
    "JPY": ([20_000], [Decimal("0.006")]),
}


@pytest.mark.parametrize(
    ("value", "said", "day", "base"),
    [
        (10, "USD", 0, 9.0),
        (10, " usd ", 20_000, 8.0),
        (0.1, "USD", 0, 0.09),
        (19.99, "USD", 30_000, 15.992),
        (5.5, "EUR", 0, 5.5),
        (1000, "JPY", 19_999, None),
        (1, "XXX", 0, None),
    ],
)
def test_money_is_changed_exactly(value: float, said: str, day: int, base: float | None) -> None:
    """At the rate of the day, as a decimal; a currency without a rate is said to be unknown."""
    found = currency("EUR", RATES)(Facts(value=value, currency=said, happened=day * DAY + 5))
    assert found.adds == ({} if base is None else {"value_base": base, "currency_base": "EUR"})
    assert found.said == ("unknown" if base is None else True)


def test_rates_come_from_a_file(tmp_path: Path) -> None:
    """By currency, and by day where the file has days; a bad line is named."""
    path = tmp_path / "rates.csv"
    path.write_text("day,currency,rate\n2026-03-02,usd,0.8\n2026-03-01,USD,0.9\n")
    find = currency("EUR", read_rates(path))
    at = parse("2026-03-01T23:59:59Z")
    assert find(Facts(value=1, currency="USD", happened=at)).adds["value_base"] == 0.9
    path.write_text("currency,rate\nUSD,0.9\nJPY,nan\n")
    with pytest.raises(Invalid) as error:
        read_rates(path)
    assert error.value.at == f"{path}:3"
    path.write_text("name,rate\n")
    with pytest.raises(Invalid):
        read_rates(path)


@pytest.mark.parametrize(
    ("said", "left", "names"),
    [
        (("null", "v", None), (None, "v", None), ["user_id"]),
        (("ann", "0", "unknown"), ("ann", None, None), ["anonymous_id", "device_id"]),
        (("Anonymous", "undefined", None), (None, "undefined", None), ["user_id"]),
        (("guest", None, None), ("guest", None, None), []),
        (("ann", "v", "d"), ("ann", "v", "d"), []),
    ],
)
def test_ids_that_name_nobody_are_none(said: tuple, left: tuple, names: list[str]) -> None:
    """An id in whose place a program sends a word is left out where another one says who it was."""
    steps, ids = cleaning(Options()), dict(zip(IDS, said, strict=True))
    event, done = cleaned(Event("e", **ids), steps, NOBODY, 1)
    assert tuple(getattr(event, name) for name in IDS) == left
    assert done.get("ids", []) == names
    columns = {name: pa.array([one], pa.string()) for name, one in ids.items()}
    rows, _ = cleaned_table(pa.table(columns | {"timestamp": pa.array([1], INSTANT)}), steps)
    assert tuple(rows[name][0].as_py() for name in IDS) == left


def test_a_link_to_nobody_is_none() -> None:
    """It would make everybody who sends that word one person."""
    links = [Link("alias", "undefined", "ann"), Link("alias", "anna", "ann")]
    event, done = cleaned(Event("e", "ann", identity_links=links), cleaning(Options()), NOBODY, 1)
    assert event.identity_links == links[1:]
    assert done["ids"] == ["identity_links"]

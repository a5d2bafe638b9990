"""Code that is written from a plan is right in its own language, and finds mistakes there."""

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.events.event import Event
from ethogram.events.plan import Plan, PlannedEvent, PlannedProperty, check, read
from ethogram.show.code.python import python
from ethogram.show.code.typescript import typescript

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "code"
TSC = ROOT / "web" / "node_modules" / ".bin" / "tsc"
PLAN = read((GOLDEN / "plan.toml").read_bytes())
STRICT = ("--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "--target",
          "es2022", "--module", "es2022", "--moduleResolution", "bundler", "--lib",
          "es2022,dom")  # fmt: skip


@pytest.mark.parametrize(("write", "file"), [(python, "tracked.py.txt"),
                                             (typescript, "tracked.ts.txt")])  # fmt: skip
def test_the_code_is_the_golden_one(write: Any, file: str) -> None:
    """A change of what is written shows as a change of these files."""
    assert write(PLAN) == (GOLDEN / file).read_text()


class Heard:
    """A client that keeps what it is given to send."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def track(self, event: str, **fields: Any) -> str:
        """Keep the event."""
        self.events.append(Event(event, **fields))
        return "id"


def module(plan: Plan) -> ModuleType:
    """The Python code of ``plan``, run."""
    made = ModuleType("tracked")
    exec(python(plan), made.__dict__)
    return made


def test_no_property_hides_what_the_code_needs() -> None:
    """Whatever a property is called, its function can be called."""
    names = ("_there", "client_", "who_", "properties", "datetime")
    heard = Heard()
    plan = Plan(
        events={"e": PlannedEvent(properties=dict.fromkeys(names, PlannedProperty("text")))}
    )
    assert module(plan).track_e(heard, {"user_id": "ann"}, properties="x") == "id"
    assert heard.events[0].properties == {"properties": "x"}


def test_what_python_sends_fits_the_plan() -> None:
    """Properties keep their own names; what is not given is not sent; times are texts."""
    tracked, heard = module(PLAN), Heard()
    who = {"user_id": "ann", "timestamp": "2026-03-01"}
    tracked.track_cart(heard, who, price=2, items=[1], class_="x", gift_wrapped=False)
    tracked.track_order_completed(heard, who, _2nd=1, price_a=3)
    tracked.track_日本(heard, who)
    cart, order, last = heard.events
    assert cart.properties == {"price": 2, "items": [1], "class": "x", "gift wrapped?": False}
    assert order.properties == {"2nd": 1, "price_a": 3}
    assert (last.event, last.user_id, last.timestamp) == ("日本", "ann", "2026-03-01")
    assert [check(each, PLAN) for each in heard.events] == [[], [], []]


RIGHT = """
import ethogram as eg
import tracked

with eg.connect("http://127.0.0.1:8000", "eg_write_x") as shop:
    tracked.track_cart(shop, {"user_id": "7"}, price=2, items={}, currency="EUR")
"""
WRONG = """
tracked.track_cart(shop, {"user_id": "7"}, price="2", items={})
tracked.track_cart(shop, {"user_id": "7"}, price=2)
tracked.track_cart(shop, {"user_id": "7"}, price=2, items={}, currency="GBP")
tracked.track_cart(shop, {"user": "7"}, price=2, items={})
tracked.track_crat(shop, {"user_id": "7"})
"""


def test_pyright_finds_mistakes_and_nothing_else(tmp_path: Path) -> None:
    """The code is strictly typed; wrong types, values, names and what is missing are found."""
    (tmp_path / "tracked.py").write_text(python(PLAN))
    (tmp_path / "used.py").write_text(RIGHT + WRONG)
    settings = {"typeCheckingMode": "strict", "pythonVersion": "3.11",
                "extraPaths": [str(ROOT / "src")]}  # fmt: skip
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    words = [sys.executable, "-m", "pyright", "--outputjson", "-p", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)["generalDiagnostics"]
    lines = {(Path(each["file"]).name, each["range"]["start"]["line"]) for each in found}
    first = len(RIGHT.splitlines()) + 1
    assert lines == {("used.py", first + i) for i in range(5)}


USED = """
import { planned, send, type Tracker } from "./tracked";
declare const tracker: Tracker;
const track = planned(tracker);
track("cart", { price: 2, items: [1], currency: "EUR", at: new Date() });
track("import");
void send("http://127.0.0.1", "k", { user_id: "7" }, "Order Completed", { "2nd": 2 });
track("cart", { price: "2", items: [] });
track("cart", { price: 2 });
track("cart");
track("cart", { price: 2, items: [], currency: "GBP" });
track("crat");
track("cart", { price: 2, items: [], prize: 2 });
void send("http://127.0.0.1", "k", { user: "7" }, "import");
"""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Where tsc has compiled the code and what uses it, and what it found wrong."""
    if not TSC.exists():
        pytest.skip("node_modules is missing: npm ci in web/")
    folder = tmp_path_factory.mktemp("code")
    (folder / "tracked.ts").write_text(typescript(PLAN))
    (folder / "used.ts").write_text(USED)
    words = [str(TSC), *STRICT, "--outDir", str(folder), str(folder / "used.ts")]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=folder)
    return folder, [line for line in done.stdout.splitlines() if "error" in line]


def test_tsc_finds_mistakes_and_nothing_else(compiled: tuple[Path, list[str]]) -> None:
    """The same for TypeScript, in its strictest settings."""
    places = [line.partition("(") for line in compiled[1]]
    lines = {(Path(file).name, int(at.partition(",")[0])) for file, _, at in places}
    assert lines == {("used.ts", 8 + i) for i in range(7)}


def test_what_typescript_sends_is_a_native_event(compiled: tuple[Path, list[str]]) -> None:
    """Run by Node: `planned` passes on, `send` posts what the door takes."""
    folder, _ = compiled
    (folder / "tracked.js").rename(folder / "tracked.mjs")
    (folder / "run.mjs").write_text("""
import { planned, send } from "./tracked.mjs";
const said = [];
planned({ track: (...given) => said.push(given) })("cart", { price: 2, items: [] });
globalThis.fetch = async (url, request) => said.push([url, request.method, request.body]);
await send("http://s", "k", { user_id: "7" }, "cart", { price: 1, items: [], at: new Date(0) });
console.log(JSON.stringify(said));
""")
    done = subprocess.run(["node", str(folder / "run.mjs")], capture_output=True, check=True)
    (name, properties), (url, method, body) = json.loads(done.stdout)
    assert (name, properties) == ("cart", {"price": 2, "items": []})
    assert (url, method) == ("http://s/v1/events", "POST")
    event = Event(**json.loads(body))
    assert event.properties["at"] == "1970-01-01T00:00:00.000Z"
    assert check(event, PLAN) == []


NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)


@settings(max_examples=100, deadline=None)
@given(
    names=st.dictionaries(NAMES, st.lists(NAMES, unique=True, max_size=4), max_size=5), text=NAMES
)
def test_any_names_make_code_that_runs(names: dict[str, list[str]], text: str) -> None:
    """Whatever events and properties are called, and described as, each is sent as it is called."""
    wanted = PlannedProperty("text", description=text, required=True)
    events = {
        name: PlannedEvent(text, properties=dict.fromkeys(properties, wanted))
        for name, properties in names.items()
    }
    made, heard = module(Plan(events=events)), Heard()
    functions = [each for name, each in vars(made).items() if name.startswith("track_")]
    assert len(functions) == len(names)
    for function in functions:
        arguments = function.__kwdefaults__ or {}
        required = function.__code__.co_varnames[2 : 2 + function.__code__.co_kwonlyargcount]
        assert not arguments
        function(heard, {"user_id": "ann"}, **dict.fromkeys(required, "x"))
    assert {each.event: list(each.properties) for each in heard.events} == names

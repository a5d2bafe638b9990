"""The budget of noisy answers: spent before an answer leaves, once for each question."""

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from ethogram.events.errors import NotPermitted
from ethogram.events.times import DAY
from ethogram.protect.access.budget import PER_ASKER, PER_PROJECT, Budget
from ethogram.store.registry.access.database import Database

SPEND = """
import sys
from itertools import count
from ethogram.protect.access.budget import Budget
from ethogram.store.registry.access.database import Database
budget = Budget(Database(sys.argv[1]), "p", "token:a")
for i in count():
    budget.spend(b"%032d" % i, 0.01, lambda: b"%d" % i)
    print(i, flush=True)
"""


def key(n: int) -> bytes:
    return b"%032d" % n


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/access.sqlite"


@pytest.fixture
def database(url):
    opened = Database(url)
    yield opened
    opened.close()


def test_the_same_question_is_answered_as_it_was_and_costs_nothing(database):
    """Asking a thousand times tells no more than asking once."""
    budget, made = Budget(database, "p", "token:a"), count()
    answers = {budget.spend(key(1), 1.0, lambda: b"%d" % next(made)) for _ in range(5)}
    assert answers == {b"0"} == {budget.kept(key(1))}
    assert budget.left().yours == PER_ASKER - 1


def test_what_is_spent_is_refused_until_the_next_month(database):
    """With a code, and with what is left; another project and another month have their own."""
    now = [DAY * 20]
    budget = Budget(database, "p", "token:a", lambda: now[0])
    budget.spend(key(1), PER_ASKER - 0.5, lambda: b"")
    with pytest.raises(NotPermitted, match=r"0\.5 left") as error:
        budget.spend(key(2), 0.6, lambda: b"")
    assert error.value.code == "budget_spent"
    assert budget.kept(key(2)) is None
    budget.spend(key(3), 0.5, lambda: b"")
    assert Budget(database, "q", "token:a", lambda: now[0]).left().yours == PER_ASKER
    now[0] += 31 * DAY
    assert budget.left().yours == PER_ASKER


def test_many_askers_share_the_budget_of_a_project(database):
    """So that no number of tokens learns more of its people."""
    spent = 0.0
    for i in range(100):
        try:
            Budget(database, "p", f"token:{i}").spend(key(i), 1.5, lambda: b"")
        except NotPermitted:
            break
        spent += 1.5
    assert PER_PROJECT - 1.5 < spent <= PER_PROJECT


def test_those_who_ask_at_once_spend_no_more_than_there_is(database):
    """Forty at once, for a budget of twenty-five."""
    budget = Budget(database, "p", "token:a")

    def spend(n: int) -> bool:
        try:
            return budget.spend(key(n), PER_ASKER / 25, lambda: b"") == b""
        except NotPermitted:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(spend, range(40))) == 25
    assert budget.left().yours == 0


def test_what_was_answered_is_paid_for_also_after_a_kill(url):
    """Whoever saw an answer has it in the budget, and the answer stays what it was."""
    Database(url).close()
    with subprocess.Popen([sys.executable, "-c", SPEND, url], stdout=subprocess.PIPE) as asking:
        assert asking.stdout is not None
        seen = [int(asking.stdout.readline()) for _ in range(20)]
        asking.send_signal(signal.SIGKILL)
        seen += [int(line) for line in asking.stdout.read().split()]
    database = Database(url)
    budget = Budget(database, "p", "token:a")
    assert budget.left().yours <= PER_ASKER - 0.01 * len(seen) + 1e-9
    assert [budget.kept(key(i)) for i in seen] == [b"%d" % i for i in seen]
    database.close()

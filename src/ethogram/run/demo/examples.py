"""The demo's saved questions: specs as people would write them, with a title."""

from importlib.resources import files
from typing import Any

import msgspec

TITLES = {
    "where-people-stop": "Which step loses people?",
    "phones-and-the-payment": "Do phones stop people from paying?",
    "who-comes-back": "Who comes back, week after week?",
    "people-a-day": "How many people come and buy each day?",
    "revenue-a-week": "What does each country bring in a week?",
}


class Example(msgspec.Struct, frozen=True):
    """A saved question: ``spec`` is what `/api/ask` takes."""

    name: str
    title: str
    spec: dict[str, Any]


def examples() -> list[Example]:
    """The demo's questions, the most telling first."""
    folder = files("ethogram.run.demo").joinpath("questions")
    return [
        Example(name, title, msgspec.json.decode(folder.joinpath(f"{name}.json").read_bytes()))
        for name, title in TITLES.items()
    ]

"""The made-up shop: what it sells, who comes, and how likely each step is.

Nothing here was measured anywhere; it is chosen so that the demo has something to find. People
on phones stop more often at the payment, and a campaign brings people who look but do not buy.
"""

from functools import cache
from importlib.resources import files

import msgspec
import numpy as np
import numpy.typing as npt


class Product(msgspec.Struct, frozen=True):
    """One thing for sale; the price is in euros."""

    id: str
    name: str
    category: str
    price: float


STEPS = ("catalog", "product", "cart", "checkout_started", "payment_started", "payment_done")
"""The funnel; a session that takes a step has taken all before it."""
GOES_ON = (0.72, 0.45, 0.55, 0.82, 0.88)
"""How likely a session goes on from each step to the next, on a computer."""
PHONE_PAYS = 0.75
"""On a phone the step to payment_started is less likely by this factor."""

COUNTRIES = {"Germany": 34, "France": 22, "Netherlands": 14, "Spain": 12, "Poland": 10, "Japan": 8}
DEVICES = {"phone": 55, "computer": 38, "tablet": 7}
CAMPAIGNS = {"": 55, "newsletter": 15, "search": 18, "video": 12}
CAMPAIGN_CARTS = {"": 1.0, "newsletter": 1.25, "search": 1.0, "video": 0.45}
"""The factor of each campaign on the step to cart."""
QUERIES = {"lamp": 30, "gift": 25, "wool": 15, "tea": 15, "chair": 10, "pen": 5}

WEEKDAYS = (1.0, 0.95, 0.95, 1.0, 1.1, 1.35, 1.3)
"""How busy Monday to Sunday are."""
HOURS = (
    *(0.4, 0.25, 0.15, 0.1, 0.1, 0.15, 0.3, 0.6, 0.9, 1.0, 1.1, 1.2),
    *(1.3, 1.2, 1.1, 1.1, 1.2, 1.3, 1.5, 1.8, 2.0, 1.8, 1.3, 0.8),
)
"""How busy each hour of the day is, UTC."""
GROWTH = 0.012
"""Each day brings so many more new people than the day before, as a share."""


def comes_back(week: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """How likely a person comes in a later week of theirs; in week 0 everybody does."""
    return np.where(week == 0, 1.0, 0.12 + 0.33 * np.exp(-week / 2.5))


@cache
def products() -> tuple[Product, ...]:
    """What is for sale, the most wanted first; the storefront reads the same file."""
    text = files("ethogram.run.demo").joinpath("storefront", "products.json").read_bytes()
    return tuple(msgspec.json.decode(text, type=list[Product]))

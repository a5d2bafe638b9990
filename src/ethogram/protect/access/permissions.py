"""What somebody may be permitted to do, as words that roles, tokens and routes share."""

from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

Permission: TypeAlias = Literal[
    "ask", "people", "personal", "sql", "export", "save", "plan", "letters", "merge", "erase",
    "consent", "purposes", "audit", "tokens", "accounts", "roles", "settings", "write",
]  # fmt: skip

PERMISSIONS: Mapping[Permission, str] = {
    "ask": "ask questions whose answers are numbers",
    "people": "see pseudonymous people one by one: lists, journeys, the live stream",
    "personal": "see raw ids and sealed values",
    "sql": "read the lake by SQL",
    "export": "send data to other systems, and read the log",
    "save": "save cohorts and KPIs",
    "plan": "read and change the tracking plan",
    "letters": "read and replay what was refused",
    "merge": "say which people are one, and part them",
    "erase": "erase people and their events, and say how long what is kept",
    "consent": "record what people allowed",
    "purposes": "say what people are asked to allow",
    "audit": "read who did what",
    "tokens": "make and revoke tokens",
    "accounts": "invite people, and give them roles",
    "roles": "define roles",
    "settings": "read how the installation is, and what its rules are",
    "write": "send events",
}

assert set(PERMISSIONS) == set(get_args(Permission))

"""A served workspace as the API sees it (`ethogram.show.api.ports.Installation`)."""

from functools import lru_cache

from ethogram.ask.questions.catalog import CATALOG
from ethogram.protect.access.allowance import Allowance
from ethogram.protect.access.caller import Caller
from ethogram.protect.access.desk import Desk
from ethogram.protect.access.provider import Provider
from ethogram.protect.access.roles import Role
from ethogram.run.ports import ProjectPorts
from ethogram.run.presence import SERVED
from ethogram.run.projects import Projects
from ethogram.run.settings import Settings
from ethogram.show.api.guard import LOOPBACK
from ethogram.show.api.ports import Catalog, Check

SOUGHT_AN_HOUR = 60
"""So often who may see personal data may look for somebody by it: to serve, not to try out."""
MOST_CALLERS = 4096
"""Whose questions are counted at once."""


class Installed:
    """A workspace's ``projects``, and the ``desk`` at which people are known."""

    def __init__(
        self, desk: Desk, projects: Projects, settings: Settings, provider: Provider | None
    ) -> None:
        self.desk, self._projects, self._settings = desk, projects, settings
        self.provider = provider
        rate = settings.questions_per_second
        self._allowances = lru_cache(MOST_CALLERS)(lambda _: Allowance(rate, what="questions"))
        self._looks = lru_cache(MOST_CALLERS)(
            lambda _: Allowance(SOUGHT_AN_HOUR / 3600, what="looks", most=SOUGHT_AN_HOUR)
        )

    @property
    def questions(self) -> Catalog:
        """See `Installation`."""
        return {name: question.spec for name, question in CATALOG.items()}

    @property
    def is_open(self) -> bool:
        """See `Installation`: no other machine reaches the server."""
        return self._settings.host in LOOPBACK

    @property
    def public_url(self) -> str:
        """See `Installation`."""
        return self._settings.public_url

    def allow(self, caller: Caller) -> None:
        """See `Installation`."""
        if self._settings.questions_per_second and caller.who != "owner":
            allowance = self._allowances((caller.project, caller.who))
            allowance.check()
            allowance.take(1)

    def allow_look(self, caller: Caller) -> None:
        """See `Installation`."""
        if caller.who != "owner":
            allowance = self._looks((caller.project, caller.asker))
            allowance.check()
            allowance.take(1)

    def checks(self) -> list[Check]:
        """See `Installation`."""
        return self._projects.of(SERVED).status().checks

    def ports(self, project: str, role: Role) -> ProjectPorts:
        """See `Installation`."""
        return self._projects.of(project).seen_by(role)

"""A served workspace as the API sees it (`ethogram.show.api.ports.Installation`)."""

from ethogram.ask.questions.catalog import CATALOG
from ethogram.protect.access.desk import Desk
from ethogram.protect.access.roles import Role
from ethogram.run.ports import ProjectPorts
from ethogram.show.api.ports import Catalog, Check


class Installed:
    """The ``ports`` of a workspace's project, and the ``desk`` at which people are known."""

    def __init__(self, desk: Desk, ports: ProjectPorts) -> None:
        self.desk, self._ports = desk, ports

    @property
    def questions(self) -> Catalog:
        """See `Installation`."""
        return {name: question.spec for name, question in CATALOG.items()}

    def checks(self) -> list[Check]:
        """See `Installation`."""
        return self._ports.status().checks

    def ports(self, project: str, role: Role) -> ProjectPorts:
        """See `Installation`."""
        return self._ports

"""Who asks, as every route knows them."""

from dataclasses import dataclass

from ethogram.events.errors import NotPermitted
from ethogram.protect.access.permissions import Permission
from ethogram.protect.access.roles import BUILT_IN, Role


@dataclass(frozen=True)
class Caller:
    """Somebody who is known, in one ``project``.

    ``who`` is how the audit names them: ``owner``, ``key:read``, ``token:ID``, ``account:ID``.
    ``address`` is where they ask from, cut so that it names no household. ``session`` is the
    fingerprint of the session that they are signed in by; ``made_by`` says who made a token.
    """

    who: str
    project: str
    role: Role
    address: str = ""
    session: bytes | None = None
    made_by: str | None = None

    @property
    def asker(self) -> str:
        """By whom a budget is counted: who has several tokens is one asker still."""
        return self.made_by or self.who

    @property
    def account(self) -> str | None:
        """The id of the account that is signed in."""
        kind, _, id_ = self.who.partition(":")
        return id_ if kind == "account" and self.session else None

    def may(self, permission: Permission) -> bool:
        """Whether this is permitted."""
        return permission in self.role.permissions

    def permit(self, permission: Permission, at: str = "") -> None:
        """Raise `NotPermitted` where this is not."""
        if not self.may(permission):
            raise NotPermitted(
                "not_permitted",
                f"This needs the permission {permission!r}.",
                at=at,
                hint=f"You may: {', '.join(self.role.permissions) or 'nothing'}.",
            )

    def give(self, role: Role, at: str) -> None:
        """Raise `NotPermitted` where a role that somebody gets or has is more than one's own."""
        if more := role.beyond(self.role):
            raise NotPermitted(
                "more_than_own",
                f"Nobody gives, takes or changes more than they have: {', '.join(more)}.",
                at=at,
                hint="Ask somebody who has it.",
            )


def owner(project: str) -> Caller:
    """The one whose machine it is: by the command line, or the workspace's own socket."""
    return Caller("owner", project, BUILT_IN["admin"], "local")

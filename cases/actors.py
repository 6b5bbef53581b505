"""Who does something to a case."""

from __future__ import annotations

from dataclasses import dataclass

from cases.lifecycle import Role


@dataclass(frozen=True)
class Actor:
    """A person or the machine, in one role.

    ``name`` is written into the history; ``unit_code`` binds a handler to the cases of the
    unit; ``contact_id`` binds a citizen to their own cases.
    """

    role: Role
    name: str
    user_id: int | None = None
    unit_code: str | None = None
    contact_id: int | None = None
    #: The number of the one case whose tracking code a citizen without a chat has shown.
    proven_number: str | None = None

    @classmethod
    def bot(cls) -> Actor:
        """The machine itself."""
        return cls(Role.BOT, "呼应")

    @classmethod
    def citizen(cls, contact_id: int | None, name: str = "诉求人") -> Actor:
        """The citizen who owns the case."""
        return cls(Role.CITIZEN, name, contact_id=contact_id)

    @classmethod
    def tracker(cls, number: str) -> Actor:
        """A citizen who showed number and tracking code, and may act on that case only."""
        return cls(Role.CITIZEN, "诉求人", proven_number=number)

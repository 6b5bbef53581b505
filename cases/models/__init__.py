"""Every table of Huying, one place to import them from."""

from cases.models.base import Base
from cases.models.case import Attachment, Case, CaseUnit, HistoryEntry, PredictionEntry
from cases.models.messaging import (
    ChatMessage,
    Contact,
    Dialogue,
    InboxMessage,
    OutboxMessage,
)
from cases.models.staff import (
    ApiToken,
    IdempotentReply,
    PasswordLink,
    StaffSession,
    User,
)
from cases.models.town import CalendarDay, Category, Responsibility, Unit

__all__ = [
    "ApiToken",
    "Attachment",
    "Base",
    "CalendarDay",
    "Case",
    "CaseUnit",
    "Category",
    "ChatMessage",
    "Contact",
    "Dialogue",
    "HistoryEntry",
    "IdempotentReply",
    "InboxMessage",
    "OutboxMessage",
    "PasswordLink",
    "PredictionEntry",
    "Responsibility",
    "StaffSession",
    "Unit",
    "User",
]

"""Every table of Huying, one place to import them from."""

from cases.models.addresses import AddressAlias, AddressLoad, AddressUnit
from cases.models.answers import AnswerCardRevision, AnswerCardRow, Consultation
from cases.models.base import Base
from cases.models.callers import CallBack, CallTranscript, SmsReport, TranscriptCase
from cases.models.case import Attachment, Case, CaseUnit, HistoryEntry, PredictionEntry
from cases.models.desk import CasePresence, KeptCall, ReplyMacro
from cases.models.errands import Errand, ErrandEvent, ErrandItem, ErrandPaper, Runner
from cases.models.imports import OrderImport, RefusedRow
from cases.models.labels import (
    LabelClaim,
    LabelImport,
    LabelRoom,
    LabelSuspect,
    LabelText,
    LabelVote,
)
from cases.models.messaging import (
    ChatMessage,
    Contact,
    DeskMessage,
    Dialogue,
    InboxMessage,
    OutboxMessage,
)
from cases.models.same_event import CaseKey, CaseMerge, CasePrint, CaseReporter
from cases.models.staff import (
    ApiToken,
    IdempotentReply,
    PasswordLink,
    StaffSession,
    User,
)
from cases.models.town import (
    CalendarDay,
    Category,
    CategoryEvent,
    Place,
    PlaceEvent,
    Responsibility,
    Unit,
)
from cases.models.training_jobs import ModelEvent, ModelServer, TrainingJob

__all__ = [
    "AddressAlias",
    "AddressLoad",
    "AddressUnit",
    "AnswerCardRevision",
    "AnswerCardRow",
    "ApiToken",
    "Attachment",
    "Base",
    "CalendarDay",
    "CallBack",
    "CallTranscript",
    "Case",
    "CaseKey",
    "CaseMerge",
    "CasePresence",
    "CasePrint",
    "CaseReporter",
    "CaseUnit",
    "Category",
    "CategoryEvent",
    "ChatMessage",
    "Consultation",
    "Contact",
    "DeskMessage",
    "Dialogue",
    "Errand",
    "ErrandEvent",
    "ErrandItem",
    "ErrandPaper",
    "HistoryEntry",
    "IdempotentReply",
    "InboxMessage",
    "KeptCall",
    "LabelClaim",
    "LabelImport",
    "LabelRoom",
    "LabelSuspect",
    "LabelText",
    "LabelVote",
    "ModelEvent",
    "ModelServer",
    "OrderImport",
    "OutboxMessage",
    "PasswordLink",
    "Place",
    "PlaceEvent",
    "PredictionEntry",
    "RefusedRow",
    "ReplyMacro",
    "Responsibility",
    "Runner",
    "SmsReport",
    "StaffSession",
    "TrainingJob",
    "TranscriptCase",
    "Unit",
    "User",
]

"""One step of a case while it is being taken: what the effects read and write."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.errors import InvalidData
from cases.lifecycle import Role, State, Transition
from cases.models import Case
from cases.town import Town

REQUEST_TYPES = ("praise", "suggest", "consult", "report", "help", "complaint")
URGENCIES = ("normal", "urgent", "critical")
OUTCOMES = ("solved", "partial", "explained", "unsolved")
_LONGEST_TEXT = 10_000
_FARTHEST_DAYS = 366


@dataclass
class Step:
    """The case, who acts, with which data, and what comes of it.

    Effects fill ``record`` (kept in the history), ``values`` (for the notice) and may set
    ``notice`` to another template key, or ``target`` where the table leaves it open.
    """

    session: AsyncSession
    case: Case
    transition: Transition
    data: dict[str, Any]
    actor: Actor
    town: Town
    now: datetime
    record: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    notice: str | None = None
    target: State | None = None
    buttons: list[list[dict[str, str]]] = field(default_factory=list)
    #: Actions the bot takes next, in the same transaction: (action, data).
    follow_ups: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    #: Nothing changed: leave no history line and tell nobody.
    silent: bool = False

    def person_looked(self) -> None:
        """Nobody waits for a person any more, unless it was the machine that acted."""
        if self.actor.role is not Role.BOT:
            self.case.wants_person = False

    def text(self, name: str, *, longest: int = _LONGEST_TEXT) -> str:
        """A text of the data, kept in the record. Raises ``InvalidData``."""
        value = self.data.get(name, "")
        if not isinstance(value, str) or len(value) > longest or "\x00" in value:
            raise InvalidData(f"“{label(name)}”应为不超过 {longest} 字的文字。", field=name)
        value = value.strip()
        if value:
            self.record[name] = value
        return value

    def one_of(self, name: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        """A value out of a fixed list, kept in the record. Raises ``InvalidData``."""
        value = self.data.get(name) or default
        if value not in allowed:
            raise InvalidData(f"“{label(name)}”只能是：{'、'.join(allowed)}。", field=name)
        self.record[name] = value
        return str(value)

    def category(self) -> str:
        """A category of the town's taxonomy."""
        code = self.data.get("category")
        if not isinstance(code, str) or code not in self.town.categories:
            if isinstance(code, str) and code in self.town.retired:
                name = self.town.category_name(code)
                raise InvalidData(f"“{name}”已停用，请改选别的类别。", field="category")
            raise InvalidData("没有这个类别，请从列表中选择。", field="category")
        self.record["category"] = code
        return code

    def unit(self, name: str = "unit") -> str:
        """A unit of the town's list."""
        code = self.data.get(name)
        if not isinstance(code, str) or code not in self.town.units:
            raise InvalidData("没有这个单位，请从列表中选择。", field=name)
        self.record[name] = code
        return code

    def units(self, name: str) -> list[str]:
        """Several units: a list of codes, or one text with commas between them."""
        value = self.data.get(name) or []
        codes = value.replace("，", ",").split(",") if isinstance(value, str) else value
        if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
            raise InvalidData("单位应为列表。", field=name)
        codes = [code.strip() for code in codes if code.strip()]
        for code in codes:
            if code not in self.town.units:
                raise InvalidData("没有这个单位，请从列表中选择。", field=name)
        self.record[name] = codes
        return codes

    def day(self, name: str) -> datetime:
        """A date (``2026-11-30``) as the end of that day's office hours."""
        try:
            day = date.fromisoformat(str(self.data.get(name))[:10])
        except ValueError:
            raise InvalidData(f"“{label(name)}”应为日期，如 2026-11-30。", field=name) from None
        calendar = self.town.calendar
        today = self.now.astimezone(calendar.zone).date()
        if not today <= day <= today + timedelta(days=_FARTHEST_DAYS):
            raise InvalidData(f"“{label(name)}”应在今天之后，一年以内。", field=name)
        self.record[name] = day.isoformat()
        return datetime.combine(day, calendar.hours.ends or time(17, 30), tzinfo=calendar.zone)


_LABELS = {
    "text": "内容",
    "reason": "理由",
    "channel": "建议渠道",
    "source": "依据",
    "missing": "缺少的内容",
    "unit": "承办单位",
    "units": "参加单位",
    "category": "类别",
    "request_type": "诉求类型",
    "urgency": "紧急程度",
    "method": "联系方式",
    "content": "联系内容",
    "basis": "退单依据",
    "proposed_unit": "建议单位",
    "minutes": "会商纪要",
    "done_so_far": "已做工作",
    "new_due": "新的期限",
    "interim_reply": "阶段性答复",
    "review_on": "复查日期",
    "outcome": "办理结果",
    "released_units": "不再等候的单位",
    "satisfaction": "满意度",
    "parent": "主件编号",
}


def label(name: str) -> str:
    """The Chinese name of a datum, for the sentence that asks for it."""
    return _LABELS.get(name, name)

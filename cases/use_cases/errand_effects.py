"""What each step of an errand does to its record."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.errands.steps import ErrandState, ErrandStep
from cases.errors import InvalidData, MissingData
from cases.lifecycle import Role
from cases.models import Errand
from cases.town import Town
from cases.use_cases.errand_records import papers_of

APPLICANTS = ("resident", "elderly", "disabled", "pregnant", "enterprise")
_LONGEST = 500


@dataclass
class Doing:
    """One step while it is being taken."""

    session: AsyncSession
    errand: Errand
    data: dict[str, Any]
    actor: Actor
    town: Town
    now: datetime
    record: dict[str, Any] = field(default_factory=dict)
    target: ErrandState | None = None

    def text(self, name: str, *, needed: str = "") -> str:
        """A text of the data, kept in the record. Raises ``InvalidData``, ``MissingData``."""
        value = str(self.data.get(name) or "").strip()
        if len(value) > _LONGEST:
            raise InvalidData(f"内容太长，请控制在 {_LONGEST} 字以内。", field=name)
        if not value and needed:
            raise MissingData(needed, missing=[name])
        if value:
            self.record[name] = value
        return value


async def _change(doing: Doing) -> None:
    """村社区、申请人类型、姓名、电话; another runner where the grid was wrong."""
    errand, data = doing.errand, doing.data
    if doing.actor.role is Role.CITIZEN:
        data = {name: data[name] for name in ("area", "runner") if name in data}
    kind = data.get("applicant_type")
    if kind:
        if kind not in APPLICANTS:
            raise InvalidData("没有这种申请人类型，请从列表中选择。", field="applicant_type")
        errand.applicant_type = doing.record["applicant_type"] = str(kind)
    if "area" in data:
        errand.area = doing.text("area")[:64] or None
    for name, longest in (("applicant_name", 64), ("applicant_phone", 32)):
        if name in data:
            # Not into the record: what says who it is has to be able to go.
            setattr(errand, name, str(data[name] or "").strip()[:longest] or None)
    code = data.get("runner")
    if code and code != errand.runner_code:
        runner = doing.town.errands.runners.get(str(code))
        if runner is None:
            raise InvalidData("没有这位助跑员，请从列表中选择。", field="runner")
        errand.runner_code, errand.runner_name, errand.grid = runner.code, runner.name, runner.grid
        doing.record["runner"] = runner.name


async def _take(doing: Doing) -> None:
    doing.errand.taken_at, doing.errand.taken_by = doing.now, doing.actor.name


async def _receive(doing: Doing) -> None:
    """Tick papers off; the last one makes the errand collected."""
    wanted = {str(position) for position in _listed(doing.data.get("papers"))}
    papers = await papers_of(doing.session, doing.errand)
    fresh = [p for p in papers if str(p.position) in wanted and p.received_at is None]
    if not fresh:
        raise MissingData("请勾选这次收到的材料。", missing=["papers"])
    for paper in fresh:
        paper.received_at, paper.received_by = doing.now, doing.actor.name
    doing.record["papers"] = [paper.name for paper in fresh]
    if all(paper.received_at is not None for paper in papers):
        doing.target = ErrandState.COLLECTED
        doing.errand.collected_at = doing.now


async def _hand_over(doing: Doing) -> None:
    doing.text("note")
    doing.record["unit"] = doing.town.unit_name(doing.errand.unit)
    doing.errand.handed_over_at = doing.now


async def _deliver(doing: Doing) -> None:
    """The runner's signature. What is the town's to decide goes to its counter first."""
    errand = doing.errand
    if errand.state == ErrandState.COLLECTED and errand.level != "village":
        raise InvalidData("镇级事项要先送交窗口，再送达结果。", field="result")
    errand.result = doing.text("result", needed="请写明办理结果，例如证件已送到申请人手中。")
    errand.delivered_at = doing.now


async def _confirm(doing: Doing) -> None:
    doing.errand.confirmed_at = doing.now


async def _object(doing: Doing) -> None:
    doing.text("reason")
    doing.errand.delivered_at = None
    if doing.errand.handed_over_at is None:
        doing.target = ErrandState.COLLECTED


async def _cancel(doing: Doing) -> None:
    needed = "" if doing.actor.role is Role.CITIZEN else "请写明为什么取消，申请人会看到。"
    doing.text("reason", needed=needed)


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else [value] if value else []


EFFECTS: dict[ErrandStep, Callable[[Doing], Awaitable[None]]] = {
    ErrandStep.CHANGE: _change,
    ErrandStep.TAKE: _take,
    ErrandStep.RECEIVE: _receive,
    ErrandStep.HAND_OVER: _hand_over,
    ErrandStep.DELIVER: _deliver,
    ErrandStep.CONFIRM: _confirm,
    ErrandStep.OBJECT: _object,
    ErrandStep.CANCEL: _cancel,
}

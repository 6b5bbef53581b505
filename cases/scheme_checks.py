"""May another scheme of categories take the place of the town's own? Each refusal is one sentence.

    check_rows(rows, targets, town)           codes, names and clocks that the tables can hold
    check_leads(leads, codes, town)           units that are there
    check_nobody_lost(gone, targets, …)       no open case is left without a category

All raise ``InvalidData``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cases.categories import CategoryDraft, check_code
from cases.errors import InvalidData
from cases.town import CategoryRow, Town

_LONGEST_PLATFORM, _LONGEST_PLATFORM_NAME, _LONGEST_NAME = 16, 32, 64
#: Old code -> what it became.
Targets = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class SchemeCategory:
    """A category of the new scheme; empty ``time_class``: as those it comes from."""

    draft: CategoryDraft
    platform_name: str
    lead_hint: str = ""


def check_rows(rows: Sequence[SchemeCategory], targets: Targets, town: Town) -> None:
    """Names, codes and clocks; a code that means something else now is refused."""
    for row in rows:
        draft = row.draft
        if said := check_code(draft.code):
            raise InvalidData(f"类别“{draft.name}”：{said}", field="code")
        lengths = (
            (draft.platform, _LONGEST_PLATFORM, "平台代码"),
            (row.platform_name, _LONGEST_PLATFORM_NAME, "平台名称"),
            (draft.name, _LONGEST_NAME, "名称"),
        )
        for text, most, what in lengths:
            if len(text) > most:
                raise InvalidData(f"类别“{draft.name}”：{what}最多 {most} 个字。", field="name")
        if draft.time_class and draft.time_class not in town.policy["handling"]["days"]:
            raise InvalidData(
                f"类别“{draft.name}”：没有办理时限 {draft.time_class}。", field="time_class"
            )
        known = town.any_category(draft.code)
        meant = draft.code in targets.get(draft.code, ())
        if known is not None and known.name != draft.name and not meant:
            raise InvalidData(
                f"代码 {draft.code} 现在是“{known.name}”，新方案里是“{draft.name}”；请换一个代码，"
                "或在对照表里写明它对应自己。",
                field="code",
            )


def check_leads(leads: Mapping[str, str], codes: set[str], town: Town) -> None:
    """Category -> unit, both known."""
    for code, unit in leads.items():
        if code not in codes:
            raise InvalidData(f"责任清单里的类别 {code} 不在新方案中，请核对代码。", field="leads")
        if unit not in town.units:
            raise InvalidData(f"责任清单里的单位 {unit} 不在单位表中，请先补上。", field="leads")


def check_nobody_lost(
    gone: Sequence[CategoryRow],
    targets: Targets,
    codes: set[str],
    open_cases: Mapping[str, int],
    town: Town,
) -> None:
    """``gone``: categories in use that the scheme has not; ``open_cases``: of each category."""
    for row in gone:
        for code in targets.get(row.code, ()):
            if code not in codes:
                raise InvalidData(
                    f"对照表把“{row.name}”对到 {code}，新方案里没有这个代码。", field="mapping"
                )
    lost = [row.code for row in gone if not targets.get(row.code) and open_cases.get(row.code)]
    # Cases of a category retired earlier lose theirs when its successor goes the same way.
    lost += [
        code
        for code in town.retired
        if open_cases.get(code)
        and code not in codes
        and not {c for known in town.candidates(code) for c in _follow(known, codes, targets)}
    ]
    if lost:
        names = "、".join(f"“{town.category_name(code)}”（{open_cases[code]} 件）" for code in lost)
        raise InvalidData(
            f"还有没办结的诉求会没有类别：{names}；请在对照表的 new_code 里写明它们去哪里。",
            field="mapping",
        )


def _follow(code: str, codes: set[str], targets: Targets) -> tuple[str, ...]:
    return (code,) if code in codes else targets.get(code, ())

"""What makes a category that people can choose and a model can learn: the checks, no storage.

CategoryDraft(...)                        a category as somebody fills it in
check_category(draft, town, …) -> errors  field -> one sentence; empty: it can be used
check_code(code) -> str                   the sentence that is wrong with it, or ""
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cases.personal_data import training_text
from cases.town import Town

#: What forms, links, the API and the buttons of a chat carry alike.
_CODE = re.compile(r"[A-Za-z0-9一-鿿][A-Za-z0-9一-鿿._-]*")
#: The page of a category that is still to be made: ``/training/categories/new``.
NEW = "new"
LONGEST_CODE = 36  # bytes
LONGEST_NAME = 20
LONGEST_TEXT = 1000
LEAST_EXAMPLES = 3
_LEAST_WORDS = 2
_LEAST_DEFINITION = 10
_LEAST_EXAMPLE = 6
_LONGEST_EXAMPLE = 300


@dataclass(frozen=True)
class CategoryDraft:
    """``code`` may be empty: the next free one of the platform is taken. ``lead_unit`` may be
    empty: cases wait for a person until somebody is named."""

    code: str
    platform: str
    name: str
    plain_name: str = ""
    name_en: str = ""
    definition: str = ""
    includes: str = ""
    excludes: str = ""
    neighbours: tuple[str, ...] = ()
    vocabulary: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    urgency_rule: str = ""
    time_class: str = "G3"
    needs_place: bool = True
    lead_unit: str = ""

    @property
    def masked_examples(self) -> list[str]:
        """The examples as training may read them: nobody can be told from them."""
        return [training_text(text) for text in self.examples]


def check_code(code: str) -> str:
    """The sentence that is wrong with a code, or nothing."""
    if not _CODE.fullmatch(code):
        return "代码以字母、数字或汉字开头，只用字母、数字、汉字和 . - _，例如 zf.drone。"
    if code == NEW:
        return "代码 new 有别的用处，请换一个，例如 zf.new。"
    if len(code.encode()) > LONGEST_CODE:
        return "代码太长，最多 36 个字母或 12 个汉字。"
    return ""


def check_category(draft: CategoryDraft, town: Town, *, code: str | None = None) -> dict[str, str]:
    """Field -> sentence, for everything that is wrong. ``code``: the category being changed."""
    errors: dict[str, str] = {}
    if code is None and draft.code:
        if said := check_code(draft.code):
            errors["code"] = said
        elif town.any_category(draft.code):
            errors["code"] = f"代码 {draft.code} 已经有了（{town.category_name(draft.code)}）。"
    if draft.platform not in {row.platform for row in town.categories.values()}:
        errors["platform"] = "请从列表中选择平台。"
    errors |= _check_names(draft, town, code)
    errors |= _check_texts(draft)
    if draft.time_class not in town.policy["handling"]["days"]:
        errors["time_class"] = "请从列表中选择办理时限。"
    if draft.lead_unit and draft.lead_unit not in town.units:
        errors["lead_unit"] = "没有这个单位，请从列表中选择。"
    return errors


def _check_names(draft: CategoryDraft, town: Town, code: str | None) -> dict[str, str]:
    if not draft.name:
        return {"name": "请写名称。"}
    if len(draft.name) > LONGEST_NAME:
        return {"name": f"名称最多 {LONGEST_NAME} 个字。"}
    for row in town.categories.values():
        if row.name == draft.name and row.code != code:
            return {"name": f"已经有叫“{draft.name}”的类别（{row.code}）。"}
    long = {"plain_name": draft.plain_name, "name_en": draft.name_en}
    return {name: "最多 60 个字。" for name, text in long.items() if len(text) > 60}


def _check_texts(draft: CategoryDraft) -> dict[str, str]:
    errors: dict[str, str] = {}
    if len(draft.definition) < _LEAST_DEFINITION:
        errors["definition"] = "请用一两句话写清什么事归这一类，至少 10 个字。"
    for name in ("definition", "includes", "excludes", "urgency_rule"):
        if len(getattr(draft, name)) > LONGEST_TEXT:
            errors[name] = f"最多 {LONGEST_TEXT} 个字。"
    if len(set(draft.vocabulary)) < _LEAST_WORDS:
        errors["vocabulary"] = "请至少写两个群众常说的词，用来查找已有的诉求。"
    elif max(map(len, draft.vocabulary)) > LONGEST_NAME:
        errors["vocabulary"] = f"一个词最多 {LONGEST_NAME} 个字，词之间用顿号或换行隔开。"
    if len(set(draft.examples)) < LEAST_EXAMPLES:
        errors["examples"] = f"请至少写 {LEAST_EXAMPLES} 句不同的例句，一行一句。"
    elif min(map(len, draft.examples)) < _LEAST_EXAMPLE:
        errors["examples"] = "例句太短，请照群众的说法写完整，每句至少 6 个字。"
    elif max(map(len, draft.examples)) > _LONGEST_EXAMPLE:
        errors["examples"] = f"一句例句最多 {_LONGEST_EXAMPLE} 个字。"
    return errors

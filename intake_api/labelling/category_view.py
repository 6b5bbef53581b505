"""What the pages of categories show: rows, figures of the serving model, what a category lacks.

await read_overview(app, town) -> Overview
overview.line(code) -> CategoryLine
read_draft(form) -> CategoryDraft            what was typed, split into words and sentences
form_values(town, row) -> values             the same back, for the form
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from cases.categories import CategoryDraft
from cases.models import Category
from cases.town import Town
from cases.use_cases.category_rows import count_labelled, count_open_cases, read_labels
from classifier.errors import ClassifierError
from classifier.examples import load_shipped_examples
from classifier.registry import ModelRegistry
from classifier.taxonomy import load_shipped
from intake_api.accounts.csrf import Form
from intake_api.accounts.keys import DATABASE, SETTINGS
from intake_api.first_model import models_folder
from intake_api.texts import load_texts
from intake_api.town_keeper import TownKeeper

if TYPE_CHECKING:
    from classifier.category_advice import Advice
    from classifier.category_figures import CategoryFigures

_WORDS = re.compile(r"[|、，,；;\s]+")
_TEXTS = ("code", "platform", "name", "plain_name", "name_en", "definition", "includes",
          "excludes", "urgency_rule", "time_class", "lead_unit")  # fmt: skip


@dataclass(frozen=True)
class CategoryLine:
    """One category in figures; ``shipped`` and ``labelled`` rows teach the next model."""

    shipped: int
    labelled: int
    open_cases: int
    figures: CategoryFigures | None

    @property
    def rows(self) -> int:
        """What the next training has."""
        return self.shipped + self.labelled

    @property
    def missing(self) -> int:
        """How many more it wants."""
        return max(0, int(load_texts("categories")["needs"]["wanted"]) - self.rows)

    @property
    def sentence(self) -> str:
        """The same in words."""
        needs = load_texts("categories")["needs"]
        text = needs["missing"] if self.missing else needs["enough"]
        said: str = text.format(rows=self.rows, missing=self.missing, wanted=needs["wanted"])
        return said

    @property
    def tone(self) -> str:
        """The colour of the mark: done, wait, alarm, or none without figures."""
        limits = load_texts("categories")["found"]
        recall = self.figures.recall if self.figures else None
        if recall is None:
            return ""
        return (
            "done" if recall >= limits["good"] else "wait" if recall >= limits["fair"] else "alarm"
        )


@dataclass(frozen=True)
class Overview:
    """``model_id`` is empty before the first model; ``advice`` is what training found."""

    shipped: Mapping[str, int]
    labelled: Mapping[str, int]
    open_cases: Mapping[str, int]
    figures: Mapping[str, CategoryFigures]
    advice: Sequence[Advice]
    model_id: str

    def line(self, code: str) -> CategoryLine:
        """One category's share of it."""
        return CategoryLine(
            self.shipped.get(code, 0),
            self.labelled.get(code, 0),
            self.open_cases.get(code, 0),
            self.figures.get(code),
        )


async def read_overview(app: web.Application, town: Town) -> Overview:
    """Everything the list shows; retired categories are counted with their successors."""
    async with app[DATABASE].reading() as session:
        labels = await read_labels(session)
        labelled = await count_labelled(session)
        open_cases = await count_open_cases(session)
    shipped = await asyncio.to_thread(_shipped_labels)
    now = {code: town.current_code(code) or "" for code in {*shipped.values(), *labels.values()}}
    truth = {key: now[code] for key, code in (dict(shipped) | dict(labels)).items()}
    folder = await asyncio.to_thread(_serving, models_folder(app[SETTINGS].data_dir))
    figures = await asyncio.to_thread(_measure, folder, truth) if folder else {}
    advice = await asyncio.to_thread(_advice, folder) if folder else []
    return Overview(
        shipped=Counter(now[code] for key, code in shipped.items() if key not in labels),
        labelled=_settled(labelled, town),
        open_cases=open_cases,
        figures=figures,
        advice=[one for one in advice if all(code in town.categories for code in one.categories)],
        model_id=folder.name if folder else "",
    )


async def refresh_town(app: web.Application, provider: object) -> None:
    """Let this process see the change at once; others see it within a minute."""
    if isinstance(provider, TownKeeper):
        await provider.refresh()


def read_draft(form: Form) -> CategoryDraft:
    """What was typed; the checks come later."""
    plain = {name: form.get(name, "").strip() for name in _TEXTS}
    return CategoryDraft(
        **plain,
        neighbours=_words(form.get("neighbours", "")),
        vocabulary=_words(form.get("vocabulary", "")),
        examples=tuple(
            line.strip() for line in form.get("examples", "").splitlines() if line.strip()
        ),
        needs_place=form.get("needs_place", "") == "1",
    )


def form_values(town: Town, row: Category | None) -> dict[str, str]:
    """The form of a category as it is, or an empty one."""
    if row is None:
        return dict.fromkeys(_TEXTS, "") | {
            "neighbours": "", "vocabulary": "", "examples": "", "time_class": "G3",
            "needs_place": "1",
        }  # fmt: skip
    lead = town.responsibilities.get(row.code)
    values = {name: getattr(row, name) or "" for name in _TEXTS if name != "lead_unit"}
    return values | {
        "lead_unit": lead.lead_unit if lead else "",
        "neighbours": "、".join(row.neighbours),
        "vocabulary": "、".join(row.vocabulary),
        "examples": "\n".join(row.examples),
        "needs_place": "1" if row.needs_place else "",
    }


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in _WORDS.split(text) if word)


def _settled(counts: Mapping[str, int], town: Town) -> Mapping[str, int]:
    found: Counter[str] = Counter()
    for code, count in counts.items():
        found[town.current_code(code) or code] += count
    return found


def _serving(root: Path) -> Path | None:
    try:
        return ModelRegistry(root).current()
    except ClassifierError:
        return None


def _advice(folder: Path) -> Sequence[Advice]:
    from classifier.category_advice import read_advice

    return read_advice(folder)


def _measure(folder: Path, truth: Mapping[str, str]) -> Mapping[str, CategoryFigures]:
    from classifier.category_figures import measure_folder

    try:
        return measure_folder(folder, truth)
    except ClassifierError:
        return {}


@lru_cache(maxsize=1)
def _shipped_labels() -> Mapping[str, str]:
    """Key -> category of the rows that came with the program; they never change while it runs."""
    return {row.key: row.category for row in load_shipped_examples(load_shipped()).rows}

"""What a text message says: short, with number and tracking code, never what the matter is.

    write_sms(key, case, town, answering=None) -> str       "" where nothing is said at this moment
    write_answer(key, town, case=None) -> str
    is_sms_key(key) -> bool
    fits(text) -> bool
    read_words(text) -> "stop" | "resume" | "unsolved" | "1" … "5" | ""
    fill_link(text, root) -> str            the place of the link filled, or closed up
    write_aloud(moment, case, town, notice, answering=None) -> str      what is read to a caller

A message is written in the transaction that decides it; the address of the town is known only to
the channel, which fills the place of the link where the whole still fits. Of a case that was merged
the caller hears their own number and code, and what becomes of the one that answers for it.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from cases.models import Case
from cases.town import Town

LONGEST = 70
_FILE = Path(__file__).parents[1] / "message_templates" / "sms.toml"
_ZH = Path(__file__).parents[1] / "message_templates" / "zh.toml"
_LINK = re.compile(r"\{(link|bind):([A-Za-z0-9_-]{8,48})\}")
_TRAILING = " \t\r\n。．.!！?？~～,，、"


@cache
def load_sms_texts() -> dict[str, Any]:
    """The file as it stands."""
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


@cache
def _outcomes() -> dict[str, str]:
    found: dict[str, str] = tomllib.loads(_ZH.read_text(encoding="utf-8"))["outcomes"]
    return found


def write_sms(key: str, case: Case, town: Town, answering: Case | None = None) -> str:
    """The first wording that fits; the last one where none does."""
    texts = load_sms_texts()
    if rules_of(town).get("sms_answers") and f"{key}_answerable" in texts:
        key = f"{key}_answerable"
    if key == "receipt" and case.urgency == "critical":
        key = "receipt_critical"
    elif key == "receipt" and case.lead_unit and case.due_at:
        key = "receipt_dispatched"
    return _choose(texts.get(key, ()), _values(case, town, answering))


def is_sms_key(key: str) -> bool:
    """Whether the file has wordings under this key."""
    return isinstance(load_sms_texts().get(key), list)


def fits(text: str) -> bool:
    """Whether it is one text message, without the link."""
    return len(_LINK.sub("", text)) <= LONGEST


def write_answer(key: str, town: Town, case: Case | None = None) -> str:
    """What we say to a text message that came in."""
    values = _values(case, town) if case is not None else _town_values(town)
    return _choose((load_sms_texts()["answers"][key],), values)


def write_aloud(
    moment: str, case: Case, town: Town, notice: str, answering: Case | None = None
) -> str:
    """What is read to a caller: who is calling, what about, and the notice in full."""
    aloud = load_sms_texts()["aloud"]
    if answering is not None and f"{moment}_merged" in aloud:
        moment = f"{moment}_merged"
    words = str(aloud["opening"]) + str(aloud.get(moment, aloud["other"]))
    values = _values(case, town, answering)
    return words.format(
        town=town.name,
        notice=notice,
        reply=(answering or case).reply_text or "",
        **{key: values[key] for key in ("number", "unit", "outcome")},
    )


def read_words(text: str) -> str:
    """What a reply means as a whole; nothing where it is a sentence of its own."""
    plain = unicodedata.normalize("NFKC", text).strip().strip(_TRAILING).lower()
    if plain in ("1", "2", "3", "4", "5"):
        return plain
    for meaning, words in load_sms_texts()["words"].items():
        if plain in words:
            return str(meaning)
    return ""


def fill_link(text: str, root: str | None) -> str:
    """The short address in its place if the whole fits; without ``https://`` if only that does;
    else, in a receipt, how to follow the case without one."""
    found = _LINK.search(text)
    if found is None:
        return text
    link = load_sms_texts()["link"]
    short = f"{root}/s/{found[2]}" if root else ""
    addresses = (short, short.split("://")[-1]) if short else ()
    choices = [link["words"].format(address=address) for address in addresses]
    if found[1] == "bind":
        choices.append(link["instead"])
    for words in choices:
        whole = _LINK.sub(words, text)
        if len(whole) <= LONGEST:
            return whole
    return _LINK.sub("", text)


def rules_of(town: Town) -> dict[str, Any]:
    """``[callers]`` of the policy; a town without it tells no caller by text message."""
    return dict(town.policy.get("callers", {}))


def _choose(wordings: Any, values: dict[str, str]) -> str:
    text = ""
    for wording in wordings:
        text = str(wording).format_map(values)
        if fits(text):
            return text
    return text


def _town_values(town: Town) -> dict[str, str]:
    sign = rules_of(town).get("sign") or town.name
    return {"sign": f"【{sign}】", "hotline": str(town.policy["hotline"])}


def _values(case: Case, town: Town, answering: Case | None = None) -> dict[str, str]:
    handled = answering or case
    return {
        **_town_values(town),
        "number": case.number,
        "code": case.tracking_code,
        "unit": town.unit_name(handled.lead_unit) or "承办单位",
        "due": _moment(handled.due_at, town),
        "step_due": _moment(handled.step_due_at, town),
        "outcome": _outcomes().get(handled.outcome or "", "已处理"),
        "link": f"{{link:{case.link_token}}}" if case.link_token else "",
        "bind": f"{{bind:{case.link_token}}}" if case.link_token else "",
    }


def _moment(moment: datetime | None, town: Town) -> str:
    """The day, and the hour unless it is the end of a day, as short as can be."""
    if moment is None:
        return "近日"
    local = moment.astimezone(town.calendar.zone)
    ends = town.calendar.hours.ends
    day = f"{local.month}月{local.day}日"
    return day if (local.hour, local.minute) == (ends.hour, ends.minute) else f"{day}{local:%H:%M}"

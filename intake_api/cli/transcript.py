"""``huying transcript``: a call as text into draft cases."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from cases.actors import Actor
from cases.classification import Tag
from cases.lifecycle import Role
from cases.models import Case
from cases.use_cases.file_case import file_case
from intake_api.accounts.keys import utc_now
from intake_api.calls.call_reading import ReadCall, read_with
from intake_api.cli.classify import serving_model
from intake_api.cli.failures import CommandFailed
from intake_api.cli.opened import opened, run_async
from intake_api.cli.options import DatabaseUrl, DataDir, Json, option, settings_from
from intake_api.settings import Settings
from intake_api.texts import load_texts


def transcript(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="text of the call; - reads stdin")],
    as_json: Json = False,
    submit: Annotated[bool, option("--submit", help="file the drafts")] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Read a hotline transcript into draft cases."""
    settings = settings_from(data_dir=data_dir, database_url=database_url)
    call = _read(_text_of(file), settings, data_dir)
    for notice in call.notices:
        print(notice, file=sys.stderr)
    filed = run_async(_file(settings, call)) if submit else []
    if as_json:
        answer: dict[str, Any] = call.to_dict()
        if call.export.segments:
            answer["text"] = call.text  # the spans refer to the export as one text
        if submit:
            answer["cases"] = [
                {"number": case.number, "tracking_code": case.tracking_code} for case in filed
            ]
        print(json.dumps(answer, ensure_ascii=False))
        return
    _print(call)
    for case in filed:
        state = load_texts("labels")["states"][str(case.state)]
        print(f"已立案 {case.number}（查询码 {case.tracking_code}，{state}）")


def _text_of(file: str) -> str:
    raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        break
    else:
        raise CommandFailed(f"{file}: is neither UTF-8 nor GB18030 text.")
    text = text.replace("\x00", "")
    if not text.strip():
        raise CommandFailed(f"{file}: is empty.")
    return text


def _read(text: str, settings: Settings, data_dir: Path | None) -> ReadCall:
    from classifier.model import load_model

    model = load_model(serving_model(data_dir))

    def tag(texts: Sequence[str]) -> list[Tag | None]:
        return [Tag.from_dict(model.tag(some).to_dict()) for some in texts]

    return read_with(tag, text, utc_now().astimezone(settings.timezone))


async def _file(settings: Settings, call: ReadCall) -> list[Case]:
    actor = Actor(Role.AGENT, load_texts("pages")["accounts"]["command_line"])
    async with opened(settings) as (database, town), database.transaction() as session:
        return [
            await file_case(session, draft, actor=actor, town=town, now=utc_now())
            for draft in call.case_drafts(channel="phone")
        ]


def _print(call: ReadCall) -> None:
    print(f"来电人：{call.caller_name or '—'}  {call.caller_phone or '—'}")
    for position, draft in enumerate(call.drafts, start=1):
        tag = draft.tag
        label = f"{tag.platform_name} / {tag.category_name} {tag.confidence:.0%}" if tag else "—"
        print(f"{position}. {label}")
        print(f"   {draft.summary}")
        for name, value in (
            ("地点", draft.place),
            ("时间", draft.time_words),
            ("要求", draft.demand),
        ):
            if value:
                print(f"   {name}：{value}")

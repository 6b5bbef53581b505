"""``huying import``: a day's orders of another system, as cases."""

from __future__ import annotations

import json
import secrets
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from cases.actors import Actor
from cases.imports.columns import Columns, field_labels
from cases.lifecycle import Role
from cases.models import OrderImport, RefusedRow
from cases.storage.database import Database
from cases.use_cases.import_orders import DONE, ImportedFile, Refusal, begin_import, read_refused
from classifier.worker_pool import ClassifierPool
from intake_api.accounts.keys import utc_now
from intake_api.cli.classify import serving_model
from intake_api.cli.failures import CommandFailed
from intake_api.cli.opened import opened, run_async
from intake_api.cli.options import DatabaseUrl, DataDir, Json, option, settings_from
from intake_api.cli.progress import progress_line
from intake_api.imports.order_import import (
    Preview,
    digest_of,
    known_among,
    look_at,
    run_import,
    tagging_with,
)
from intake_api.settings import Settings
from intake_api.texts import load_texts

#: More than this of refused rows help nobody; their number is printed.
_MOST_SHOWN = 50


def import_(
    file: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="XLSX, CSV or JSONL, one order a row")
    ],
    source: Annotated[
        str, option("--source", help="name of the system the orders come from")
    ] = "import",
    dry_run: Annotated[bool, option("--dry-run", help="look, and write nothing")] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Read the orders of a day in. The same file again changes nothing; a killed run goes on."""
    if not source.strip() or len(source) > 64:
        raise typer.BadParameter("--source: between 1 and 64 characters")
    settings = settings_from(data_dir=data_dir, database_url=database_url)
    if dry_run:
        answers = run_async(_look(settings, file, source.strip()))
    else:
        model = serving_model(data_dir)
        answers = run_async(_import(settings, file, source.strip(), model))
    if as_json:
        print(json.dumps({"files": answers}, ensure_ascii=False))
    else:
        for answer in answers:
            _print(answer)
    refused = sum(answer["refused"] for answer in answers)
    stopped = [answer["trouble"] for answer in answers if answer["trouble"]]
    if stopped:
        raise CommandFailed(stopped[0])
    if refused:
        raise CommandFailed(f"{refused} rows were left out, see above.")


async def _look(settings: Settings, files: list[Path], source: str) -> list[dict[str, Any]]:
    answers = []
    async with opened(settings) as (database, town):
        for file in files:
            preview = look_at(file, town, utc_now())
            known = await known_among(database, source, preview)
            answers.append(_previewed(file, preview, known))
    return answers


async def _import(
    settings: Settings, files: list[Path], source: str, model: Path
) -> list[dict[str, Any]]:
    pool = ClassifierPool(model, workers=settings.classifier_workers)
    answers = []
    async with opened(settings) as (database, town):
        previews = [(file, look_at(file, town, utc_now())) for file in files]
        await pool.start()
        try:
            for file, preview in previews:
                what = ImportedFile(source, file.name, digest_of(file), preview.header)
                job = await _begin(database, what)
                with progress_line(file.name) as report:
                    total = preview.rows

                    def tell(job: OrderImport, total: int = total, report: Any = report) -> None:
                        report(f"{job.rows} / {total}", job.rows / total)

                    ended = await run_import(
                        file,
                        job,
                        database=database,
                        tag=tagging_with(pool),
                        town=lambda: town,
                        clock=utc_now,
                        owner=job.owner or "",
                        report=tell,
                    )
                if ended is None:
                    raise CommandFailed(f"{file}: another run has taken this file over.")
                answers.append(await _imported(database, file, preview, ended))
        finally:
            await pool.close()
    return answers


async def _begin(database: Database, what: ImportedFile) -> OrderImport:
    actor = Actor(Role.DISPATCHER, load_texts("pages")["accounts"]["command_line"])
    async with database.transaction() as session:
        return await begin_import(
            session, what, actor=actor, owner=secrets.token_hex(8), now=utc_now()
        )


async def _imported(
    database: Database, file: Path, preview: Preview, job: OrderImport
) -> dict[str, Any]:
    async with database.reading() as session:
        refused = await read_refused(session, job.id, _MOST_SHOWN)
    return {
        "file": str(file),
        "columns": _named(preview.header, preview.columns),
        "rows": job.rows,
        "taken": job.taken,
        "known": job.known,
        "refused": job.refused,
        "cases": job.cases,
        "troubles": [_trouble(row) for row in refused],
        "trouble": "" if job.state == DONE else job.trouble,
    }


def _previewed(file: Path, preview: Preview, known: int) -> dict[str, Any]:
    return {
        "file": str(file),
        "columns": _named(preview.header, preview.columns),
        "rows": preview.rows,
        "new": len(preview.source_ids) - known,
        "known": known,
        "refused": preview.refused,
        "troubles": [_trouble(row) for row in preview.refusals[:_MOST_SHOWN]],
        "trouble": "",
    }


def _named(header: tuple[str, ...], columns: Columns) -> dict[str, str]:
    return {field: header[at] for field, at in columns.items()}


def _trouble(row: RefusedRow | Refusal) -> dict[str, Any]:
    return {"line": row.line, "sentence": row.sentence}


def _print(answer: dict[str, Any]) -> None:
    labels = field_labels()
    columns = "，".join(f"{labels[field]}←{name}" for field, name in answer["columns"].items())
    print(f"{answer['file']}：{columns}")
    for row in answer["troubles"]:
        print(f"第 {row['line']} 行：{row['sentence']}", file=sys.stderr)
    if "new" in answer:
        print(
            f"{answer['rows']} 行：{answer['new']} 行可导入，{answer['known']} 行原已有，"
            f"{answer['refused']} 行要改；没有写入。"
        )
    elif not answer["taken"] and not answer["trouble"]:
        print(
            f"{answer['rows']} 行：没有新工单，{answer['known']} 行原已有，"
            f"{answer['refused']} 行要改；什么都没有改动。"
        )
    else:
        print(
            f"{answer['rows']} 行：收下 {answer['taken']} 行，立案 {answer['cases']} 件，"
            f"{answer['known']} 行原已有，{answer['refused']} 行要改。"
        )

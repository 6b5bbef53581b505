"""``huying audit``: is the history as it was written?"""

from __future__ import annotations

from collections.abc import Sequence

import typer
from sqlalchemy import func, select

from cases.history import verify_history
from cases.models import Case, HistoryEntry
from intake_api.cli.failures import CommandFailed
from intake_api.cli.opened import opened, run_async
from intake_api.cli.options import DatabaseUrl, DataDir, settings_from
from intake_api.settings import Settings

commands = typer.Typer(help="The append-only history.", no_args_is_help=True)
SHOWN = 20


@commands.callback()
def _family() -> None:
    """The append-only history."""


@commands.command("verify")
def verify(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Check the chain of every case; exit 1 names the lines that are not as they were written."""
    settings = settings_from(data_dir=data_dir, database_url=database_url)
    lines, broken = run_async(_verify(settings))
    for number, seq in broken[:SHOWN]:
        print(f"{number} 第 {seq} 步与写入时不一致，或有缺失")
    if broken:
        raise CommandFailed(f"{len(broken)} of {lines} history lines are not as they were written.")
    print(f"{lines} 条办理记录完好。")


async def _verify(settings: Settings) -> tuple[int, Sequence[tuple[str, int]]]:
    async with opened(settings) as (database, _), database.reading() as session:
        lines = await session.scalar(select(func.count()).select_from(HistoryEntry)) or 0
        broken = [pair async for pair in verify_history(session)]
        ids = {case_id for case_id, _ in broken}
        rows = await session.execute(select(Case.id, Case.number).where(Case.id.in_(ids)))
        numbers = {row.id: row.number for row in rows}
    return lines, [(numbers.get(case_id, str(case_id)), seq) for case_id, seq in broken]

"""``huying addresses``: the town's own registry in, and a look at what it says."""

from __future__ import annotations

import json
import resource
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cases.addresses.loading import Loaded, clear_registry, load_registry
from cases.addresses.matching import PlaceMatches, resolve_place
from cases.addresses.names import load_names
from cases.addresses.registry_file import check_registry
from intake_api.accounts.keys import utc_now
from intake_api.cli.failures import CommandFailed
from intake_api.cli.opened import opened, run_async
from intake_api.cli.options import DatabaseUrl, DataDir, Json, option, settings_from
from intake_api.settings import Settings

commands = typer.Typer(help="The town's address registry.", no_args_is_help=True)
_VERDICTS = {"sure": "已确定", "choose": "请确认是哪一处", "unmatched": "没有对上，按原文保留"}
#: More than this of refused rows help nobody; their number is printed.
_MOST_SHOWN = 50


@commands.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="a CSV, one address a line")],
    replace: Annotated[
        bool, option("--replace", help="forget every address first (the sample town's, say)")
    ] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Read a registry in; the same code again is brought up to date."""
    settings = settings_from(data_dir=data_dir, database_url=database_url)
    began = time.monotonic()
    check_registry(file)
    loaded = run_async(_import(settings, file, replace))
    seconds, memory = time.monotonic() - began, _peak_memory()
    print(
        f"新增 {loaded.added} 条，更新 {loaded.changed} 条，未变 {loaded.same} 条，"
        f"另由下级推出 {loaded.derived} 处；{seconds:.0f} 秒，内存 {memory:.0f} MB。"
    )
    if loaded.refused:
        raise CommandFailed(f"{loaded.refused} rows of {file} were left out, see above.")


async def _import(settings: Settings, file: Path, replace: bool) -> Loaded:
    shown = 0

    def refuse(sentence: str) -> None:
        nonlocal shown
        shown += 1
        if shown <= _MOST_SHOWN:
            print(sentence, file=sys.stderr)

    async with opened(settings) as (database, _):
        if replace:
            async with database.transaction() as session:
                await clear_registry(session)
        return await load_registry(database, file, now=utc_now(), refuse=refuse)


@commands.command("find")
def find(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="a place as somebody wrote it")],
    hint: Annotated[
        str | None, option("--hint", help="a community, street or grid it is known to be in")
    ] = None,
    as_json: Json = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Say which place of the registry is meant, if one is."""
    settings = settings_from(data_dir=data_dir, database_url=database_url)
    matches = run_async(_find(settings, text, hint))
    if as_json:
        print(json.dumps(asdict(matches), ensure_ascii=False))
        return
    print(_VERDICTS[matches.verdict])
    for position, found in enumerate(matches.candidates, start=1):
        lacking = f"（地址库里没有 {'、'.join(found.missing)}）" if found.missing else ""
        relation = f"的{found.relation}" if found.relation else ""
        print(f"{position}. {found.full_name}{relation}{lacking}")
        print(f"   {found.code}  {found.grid or '—'}  {found.score:.2f}")


async def _find(settings: Settings, text: str, hint: str | None) -> PlaceMatches:
    async with opened(settings) as (database, _), database.reading() as session:
        return await resolve_place(session, await load_names(session), text, hint=hint)


def _peak_memory() -> float:
    """The most that this process held, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1024)

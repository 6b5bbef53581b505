"""``huying serve``: everything in one process, or some roles of it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from typing import Annotated, Any

import typer

from intake_api.cli.failures import CommandFailed
from intake_api.cli.options import DatabaseUrl, DataDir, option, settings_from
from intake_api.cli.progress import progress_line
from intake_api.logging_setup import configure_logging
from intake_api.ports import PortTaken
from intake_api.settings import ROLES, Settings, describe_rows

EPILOG = "\b\nFurther variables:\n" + "\n".join(
    f"  {variable} (default {default}): {text}" for variable, default, text in describe_rows()
)


def serve(
    host: Annotated[str | None, option("--host")] = None,
    port: Annotated[int | None, option("--port", min=0, max=65535)] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    only: Annotated[
        list[str] | None, option("--only", help="api, bot or worker; repeatable; default: all")
    ] = None,
    demo: Annotated[bool, option("--demo", help="add demo users and cases on first start")] = False,
) -> None:
    """Run API, pages, bot and worker. The first start creates the database and trains the model."""
    roles = tuple(role for item in only or () for role in item.replace(",", " ").split())
    for role in roles:
        if role not in ROLES:
            raise typer.BadParameter(f"--only {role}: choose from {', '.join(ROLES)}")
    settings = settings_from(
        host=host,
        port=port,
        data_dir=data_dir,
        database_url=database_url,
        only=roles or None,
        demo=demo or None,
    )
    configure_logging(settings.log_format)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(settings))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


async def _serve(settings: Settings) -> None:
    from intake_api.startup import started

    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    main_task = asyncio.current_task()
    ready = False

    def stop() -> None:
        stopping.set()
        if not ready and main_task is not None:
            main_task.cancel()  # still starting: nobody to finish for

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop)
    try:
        with progress_line("首次启动，正在训练模型") as report:
            async with started(settings, report=report) as server:
                ready = True
                await _announce(settings, server)
                await stopping.wait()
    except asyncio.CancelledError:
        if not stopping.is_set():
            raise
    except PortTaken as error:
        raise CommandFailed(str(error)) from error


async def _announce(settings: Settings, server: Any) -> None:
    """Addresses, the first administrator's link, the demo's people; on stdout."""
    from intake_api.accounts.keys import utc_now
    from intake_api.accounts.staff_accounts import first_admin_link

    lines = ["呼应已启动，按 Ctrl+C 停止。"]
    if server.port is not None:
        address = server.address
        lines += [
            f"  市民对话    {address}/chat",
            f"  查询进度    {address}/track",
            f"  接单台      {address}/desk",
            f"  接口文档    {address}/docs",
        ]
        link = await first_admin_link(server.database, utc_now())
        if link is not None:
            lines.append(f"  设置管理员口令（一次有效）  {address}/setup?token={link}")
    if settings.demo:
        from intake_api.demo import add_demo

        lines += await add_demo(server.database, server.town(), utc_now())
    print("\n".join(lines), flush=True)

"""``huying models``: which model serves."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from classifier.registry import ModelRegistry
from intake_api.cli.options import DataDir, Json, settings_from
from intake_api.first_model import models_folder

commands = typer.Typer(help="The registry of models.", no_args_is_help=True)


def _registry(data_dir: DataDir) -> ModelRegistry:
    return ModelRegistry(models_folder(settings_from(data_dir=data_dir).data_dir))


@commands.command("list")
def list_models(as_json: Json = False, data_dir: DataDir = None) -> None:
    """Every model, the serving one marked with *."""
    entries = _registry(data_dir).list()
    if as_json:
        rows = [
            {
                "id": entry.id,
                "created": entry.created,
                "strength": entry.strength,
                "rows": entry.rows,
                "metrics": dict(entry.metrics),
                "is_current": entry.is_current,
            }
            for entry in entries
        ]
        print(json.dumps(rows, ensure_ascii=False, default=str))
        return
    for entry in entries:
        mark = "*" if entry.is_current else " "
        print(f"{mark} {entry.id}  {entry.created}  {entry.strength}  {entry.rows} rows")
    if not entries:
        print("还没有模型；首次 `huying serve` 或 `huying train` 会训练一个。")


@commands.command("promote")
def promote(
    model_id: Annotated[str, typer.Argument(metavar="ID")], data_dir: DataDir = None
) -> None:
    """Let a model serve."""
    _registry(data_dir).promote(model_id)
    print(f"{model_id} 已启用；运行中的服务重启后生效。")


@commands.command("rollback")
def rollback(data_dir: DataDir = None) -> None:
    """Go back to the model that served before."""
    print(f"{_registry(data_dir).rollback()} 已启用；运行中的服务重启后生效。")

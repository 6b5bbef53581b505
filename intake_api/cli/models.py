"""``huying models``: which model serves, how good each is, and whether it comes out again."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Any

import typer

from classifier.registry import ModelRegistry
from intake_api.cli.failures import CommandFailed
from intake_api.cli.options import DataDir, Json, option, settings_from
from intake_api.cli.progress import progress_line
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
    print(f"{model_id} 已启用；运行中的服务几秒内自动换上，不用重启。")


@commands.command("rollback")
def rollback(data_dir: DataDir = None) -> None:
    """Go back to the model that served before."""
    print(f"{_registry(data_dir).rollback()} 已启用；运行中的服务几秒内自动换上，不用重启。")


@commands.command("card")
def card(model_id: Annotated[str, typer.Argument(metavar="ID")], data_dir: DataDir = None) -> None:
    """The model card: what it learnt from, how good it is, where it is weak."""
    from classifier.retraining.duel import show_card

    with progress_line("正在写成绩单") as report:
        text = show_card(_registry(data_dir), model_id, progress=report)
    print(text, end="")


@commands.command("compare")
def compare(
    model_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="default: the newest one")
    ] = None,
    against: Annotated[
        str | None, option("--against", help="id of the other model; default: the serving one")
    ] = None,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Ask two models about the same rows, each row by a model that did not train on it."""
    from classifier.retraining.duel import compare_registered

    registry = _registry(data_dir)
    known = registry.list()
    serving = next((entry.id for entry in known if entry.is_current), None)
    challenger = model_id or next((entry.id for entry in known if entry.id != serving), None)
    champion = against or serving
    if challenger is None or champion is None or challenger == champion:
        raise CommandFailed("Two models are needed; see `huying models list`.")
    with progress_line("正在比较模型") as report:
        result = compare_registered(registry, challenger, champion, progress=report)
    if as_json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        _print_comparison(result)


@commands.command("reproduce")
def reproduce(
    model_id: Annotated[str, typer.Argument(metavar="ID")],
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Train again from the recorded inputs; exit code 1 where a number differs."""
    from classifier.retraining.reproduction import reproduce as train_again
    from classifier.retraining.texts import say

    registry = _registry(data_dir)
    with progress_line("正在重新训练") as report:
        result = train_again(registry.path(model_id), registry, progress=report)
    if as_json:
        plain = asdict(result) | {"differences": list(result.differences)}
        print(json.dumps(plain, ensure_ascii=False))
    elif result.same:
        print(say("reproduction", "same", n=result.compared))
    else:
        print(say("reproduction", "different", names="、".join(result.differences[:10])))
    if not result.same:
        raise CommandFailed(f"{model_id} did not come out the same; see `huying models card`.")


def _print_comparison(result: dict[str, Any]) -> None:
    print(f"新 {result['challenger']}  对  旧 {result['champion']}")
    for test in result["tests"]:
        old, new = (test[name]["accuracy"] for name in ("champion", "challenger"))
        print(
            f"{test['title']}：{test['n']} 条，答对 {old:.1%} → {new:.1%}"
            f"（只有新的对 {test['better']}，只有旧的对 {test['worse']}）"
        )
    for reason in result["reasons"]:
        print(f"不可启用：{reason}")
    for warning in result["warnings"]:
        print(f"注意：{warning}")
    if result["passed"]:
        print("新模型不比旧模型差。")

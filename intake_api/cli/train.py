"""``huying train`` and ``huying evaluate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from classifier.registry import ModelRegistry
from intake_api.cli.options import DataDir, Json, option, settings_from
from intake_api.cli.progress import progress_line
from intake_api.first_model import models_folder

TextColumn = Annotated[str, option("--text-column", help="column with the text")]
CategoryColumn = Annotated[str, option("--category-column", help="column with the label")]
FIGURES = ("n", "accuracy", "macro_f1", "top3", "platform_accuracy", "ece")


def train(
    data: Annotated[
        list[Path] | None, option("--data", help="CSV or XLSX with labelled rows, repeatable")
    ] = None,
    taxonomy: Annotated[
        Path | None, option("--taxonomy", help="CSV: code, platform_code, platform_zh, name_zh")
    ] = None,
    text_column: TextColumn = "text",
    category_column: CategoryColumn = "category",
    out: Annotated[
        Path | None, option("--out", help="write a model of its own here, touch no registry")
    ] = None,
    strength: Annotated[str | None, option("--strength")] = None,
    from_scratch: Annotated[
        bool, option("--from-scratch", help="take nothing over from the serving model")
    ] = False,
    engine: Annotated[str, option("--engine", help="local or dask")] = "local",
    scheduler: Annotated[
        str | None, option("--scheduler", help="address of a Dask scheduler")
    ] = None,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Train a model; it serves only when it is not worse than the one that does."""
    if engine not in ("local", "dask"):
        raise typer.BadParameter("--engine is local or dask")
    if scheduler and engine != "dask":
        raise typer.BadParameter("--scheduler goes with --engine dask")
    from cases.personal_data import training_text
    from classifier.training import train_files

    settings = settings_from(data_dir=data_dir, strength=strength)
    registry = None if out else ModelRegistry(models_folder(settings.data_dir))
    with progress_line("正在训练模型") as report:
        result = train_files(
            data or (),
            taxonomy=taxonomy,
            text_column=text_column,
            category_column=category_column,
            registry=registry,
            out=out,
            strength=settings.strength,
            from_scratch=from_scratch,
            # Whoever wrote these rows did not agree to stand in a model's folder.
            clean=training_text,
            engine=engine,
            scheduler=scheduler,
            progress=report,
        )
    if as_json:
        print(json.dumps(result.to_dict(), ensure_ascii=False, default=str))
        return
    for warning in result.warnings:
        print(f"注意：{warning}")
    print(f"模型 {result.model_id}（{result.path}）")
    print(result.verdict)
    for reason in result.reasons:
        print(f"原因：{reason}")


def evaluate(
    data: Annotated[Path, option("--data", help="CSV or XLSX with labelled rows")],
    text_column: TextColumn = "text",
    category_column: CategoryColumn = "category",
    model: Annotated[
        str | None, option("--model", help="id or folder of a model; default: the serving one")
    ] = None,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Score a model on labelled rows."""
    from classifier.evaluation import evaluate_file

    folder = _model_folder(model, data_dir)
    with progress_line("正在评测") as report:
        figures = evaluate_file(
            data,
            folder,
            text_column=text_column,
            category_column=category_column,
            progress=report,
        )
    if as_json:
        print(json.dumps(figures, ensure_ascii=False))
    else:
        _print_figures(figures)


def _model_folder(model: str | None, data_dir: Path | None) -> Path:
    from intake_api.cli.classify import serving_model

    if model is None:
        return serving_model(data_dir)
    if (Path(model) / "model.json").is_file():
        return Path(model)
    return ModelRegistry(models_folder(settings_from(data_dir=data_dir).data_dir)).path(model)


def _print_figures(figures: dict[str, Any]) -> None:
    for name in FIGURES:
        print(f"{name:<24}{_figure(figures.get(name))}")
    for group in ("auto", "critical"):
        for name, value in (figures.get(group) or {}).items():
            print(f"{group + '.' + name:<24}{_figure(value)}")
    print(f"{'request_type_accuracy':<24}{_figure(figures.get('request_type_accuracy'))}")


def _figure(value: Any) -> str:
    if value is None:
        return "—"
    return str(value) if isinstance(value, int) else f"{value:.3f}"

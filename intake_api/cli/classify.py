"""``huying classify``: one text, or a whole table."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from classifier.tag import Tag
from intake_api.cli.failures import CommandFailed
from intake_api.cli.options import DataDir, Engine, Json, Scheduler, option, settings_from
from intake_api.cli.progress import progress_line
from intake_api.first_model import ensure_model, models_folder
from intake_api.texts import load_texts


def classify(
    text: Annotated[str | None, typer.Argument(help="what the citizen said; - reads stdin")] = None,
    as_json: Json = False,
    source: Annotated[Path | None, option("--in", help="CSV or XLSX to tag")] = None,
    target: Annotated[Path | None, option("--out", help="where the tagged copy goes")] = None,
    text_column: Annotated[str, option("--text-column", help="column with the text")] = "text",
    engine: Engine = "local",
    scheduler: Scheduler = None,
    resume: Annotated[
        bool, option("--resume", help="finish a job on Dask with the model it was begun with")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Tag one text, or every row of a CSV or XLSX; many rows on many machines with Dask."""
    if (source is None) != (target is None):
        raise typer.BadParameter("--in and --out go together")
    if (text is None) == (source is None):
        raise typer.BadParameter("give either TEXT or --in and --out")
    if engine not in ("local", "dask"):
        raise typer.BadParameter("--engine is local or dask")
    if engine == "local" and (scheduler or resume):
        raise typer.BadParameter("--scheduler and --resume belong to --engine dask")
    if engine == "dask" and source is None:
        raise typer.BadParameter("--engine dask tags files; give --in and --out")
    model_dir = serving_model(data_dir)
    if source is not None and target is not None:
        if engine == "dask":
            _tag_on_cluster(source, target, model_dir, text_column, scheduler, resume)
        else:
            _tag_file(source, target, model_dir, text_column)
        return
    words = sys.stdin.read() if text == "-" else text or ""
    if not words.strip():
        raise CommandFailed("The text is empty; give the words of the complaint.")
    from classifier.model import load_model

    tag = load_model(model_dir).tag(words)
    if as_json:
        print(json.dumps(tag.to_dict(), ensure_ascii=False))
    else:
        print_tag(tag)


def serving_model(data_dir: Path | None) -> Path:
    """The folder of the serving model; the shipped one is trained where there is none yet."""
    folder = models_folder(settings_from(data_dir=data_dir).data_dir)
    with progress_line("正在训练模型") as report:
        return asyncio.run(ensure_model(folder, report))


def _tag_file(source: Path, target: Path, model_dir: Path, text_column: str) -> None:
    from classifier.bulk import classify_file

    with progress_line("正在分类") as report:
        rows = classify_file(source, target, model_dir, text_column=text_column, progress=report)
    print(f"已分类 {rows} 行，写入 {target}")


def _tag_on_cluster(
    source: Path,
    target: Path,
    model_dir: Path,
    text_column: str,
    scheduler: str | None,
    resume: bool,
) -> None:
    from classifier.cluster.bulk import classify_on_cluster

    with progress_line("正在分类") as report:
        done = classify_on_cluster(
            source,
            target,
            model_dir,
            text_column=text_column,
            scheduler=scheduler,
            resume=resume,
            progress=report,
        )
    earlier = f"（其中 {done.taken_over} 行是上次已完成的）" if done.taken_over else ""
    print(f"已分类 {done.rows} 行{earlier}，写入 {target}")
    for own in done.workers:
        print(f"  {own.worker}：{own.texts} 行，每秒 {own.per_second:.0f} 行")


def print_tag(tag: Tag) -> None:
    """A tag for eyes."""
    labels = load_texts("labels")
    print(
        f"{tag.platform_name} / {tag.category_name}（{tag.category}）"
        f"  {tag.confidence:.0%}  {labels['decisions'][tag.decision]}"
    )
    print(
        f"类型：{labels['request_types'][tag.request_type]}"
        f"  紧急程度：{labels['urgencies'][tag.urgency]}"
    )
    if tag.reasons:
        print("依据：" + "、".join(reason.term for reason in tag.reasons))
    if tag.alternatives:
        others = (f"{other.category} {other.confidence:.0%}" for other in tag.alternatives)
        print("其次：" + "、".join(others))

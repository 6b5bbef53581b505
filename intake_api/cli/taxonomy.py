"""``huying taxonomy``: another scheme of categories, looked at, mapped and adopted."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cases.use_cases.categories import write_taxonomy
from classifier.mapping_file import (
    CHECK,
    ONE,
    SEVERAL,
    Undecided,
    apply_mapping,
    read_mapping,
    read_rows,
)
from classifier.mapping_file import write_mapping as write_map
from classifier.scheme import Scheme, read_scheme, write_scheme
from classifier.tables import write_table
from classifier.taxonomy import make_taxonomy
from intake_api.cli.failures import CommandFailed
from intake_api.cli.opened import opened, run_async
from intake_api.cli.options import DatabaseUrl, DataDir, Json, option, settings_from
from intake_api.cli.progress import progress_line
from intake_api.labelling.scheme_adoption import adopt_file, read_leads, write_open_leads

if TYPE_CHECKING:
    from classifier.encoder import Encoder

commands = typer.Typer(help="The town's list of categories.", no_args_is_help=True)
SchemeFile = Annotated[Path, typer.Argument(metavar="FILE", help="CSV or XLSX of categories")]
MapFile = Annotated[Path, option("--mapping", help="map.csv with new_code filled in")]
Strength = Annotated[str | None, option("--strength", help="lexical: without the encoder")]
CategoryColumn = Annotated[str, option("--category-column", help="column with the label")]
TextColumn = Annotated[str, option("--text-column", help="column with the text")]
_DONE = "对照表 {out}：一对一 {one}，一对多 {several}，请核对 {check}。请逐行看 new_code 再用。"


@commands.command("check")
def check(
    file: SchemeFile,
    out: Annotated[
        Path | None, option("--out", help="write the list with its codes and all columns")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say whether a list can be used, and which code each category has."""
    scheme = read_scheme(file)
    taxonomy = make_taxonomy(scheme)
    if out:
        _refuse_same(file, out)
        write_scheme(out, scheme.live)
    if as_json:
        rows = [asdict(row) for row in scheme.live]
        print(json.dumps(rows, ensure_ascii=False))
        return
    width = max(len(row.code) for row in scheme.live)
    for row in scheme.live:
        texts = len(taxonomy[row.code].texts)
        print(f"{row.code:<{width}}  {row.platform_name} · {row.name}（{texts} 段文字可供训练）")
    origin = "代码取自名称" if scheme.codes_from_names else "代码取自文件"
    print(f"可以使用：{len(taxonomy)} 个类别，{len(taxonomy.platforms)} 个平台，{origin}。")


@commands.command("export")
def export(
    out: Annotated[Path, option("--out", help="where to write the list")],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Write the town's own list, as it is used now."""
    settings = settings_from(data_dir=data_dir, database_url=database_url)

    async def work() -> None:
        async with opened(settings) as (database, _), database.reading() as session:
            await write_taxonomy(session, out)

    run_async(work())
    print(f"{len(read_scheme(out).live)} 个类别：{out}")


@commands.command("suggest-mapping")
def suggest(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="the list used so far")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="the list to come")],
    out: Annotated[Path, option("--out", help="where to write map.csv")],
    data: Annotated[
        list[Path] | None,
        option("--data", help="rows labelled in the old list; default: the shipped ones"),
    ] = None,
    text_column: TextColumn = "text",
    category_column: CategoryColumn = "category",
    strength: Strength = None,
) -> None:
    """Suggest for every old category where it goes; a person confirms each line."""
    from classifier.examples import load_examples
    from classifier.scheme_mapping import suggest_mapping
    from classifier.taxonomy import load_shipped, shipped_folder

    before, after = read_scheme(old), read_scheme(new)
    known = make_taxonomy(before)
    make_taxonomy(after)
    paths: list[Path] = list(data or ())
    if not paths and {row.code for row in before.live} & set(load_shipped().codes):
        paths, known = [shipped_folder() / "examples"], load_shipped()
    examples = (
        load_examples(paths, known, text_column=text_column, category_column=category_column).rows
        if paths
        else ()
    )
    with progress_line("正在比较两套类别") as report:
        rows = suggest_mapping(
            before.live,
            after.live,
            examples,
            encoder=_encoder(strength),
            progress=lambda done: report("reading", done),
        )
    write_map(out, rows)
    counts = {how: sum(row.how == how for row in rows) for how in (ONE, SEVERAL, CHECK)}
    print(_DONE.format(out=out, one=counts[ONE], several=counts[SEVERAL], check=counts[CHECK]))


@commands.command("apply-mapping")
def apply(
    data: Annotated[
        Path, option("--data", help="CSV or XLSX labelled in the old list, or a folder of them")
    ],
    mapping: MapFile,
    out: Annotated[Path, option("--out", help="the same rows with new labels")],
    taxonomy: Annotated[
        Path | None, option("--taxonomy", help="the new list: suggestions are made for each text")
    ] = None,
    text_column: TextColumn = "text",
    category_column: CategoryColumn = "category",
    strength: Strength = None,
) -> None:
    """Carry labels over; rows whose category splits go to a list for a person."""
    _refuse_same(data, out)
    new = read_scheme(taxonomy) if taxonomy else None
    targets = read_mapping(mapping, new=make_taxonomy(new) if new else None)
    table = read_rows(data)
    table.require(text_column)
    applied = apply_mapping(table, targets, category_column=category_column)
    write_table(out, table.header, [[row[name] for name in table.header] for row in applied.rows])
    print(f"{len(applied.rows)} 行换好了类别：{out}")
    if applied.undecided:
        relabel = out.with_name(f"{out.stem}.relabel{out.suffix}")
        guesses = _rank(applied.undecided, new, text_column, strength)
        rows = [
            dict(left.row) | {category_column: codes[0] if codes else ""}
            for left, codes in zip(applied.undecided, guesses, strict=True)
        ]
        write_table(
            relabel,
            (*table.header, "candidates"),
            [
                [*(row[name] for name in table.header), "|".join(codes)]
                for row, codes in zip(rows, guesses, strict=True)
            ],
        )
        print(f"{len(rows)} 行的类别拆开了，要人来定：{relabel}")
        print("其中 category 一列是建议，逐行改好后就能和上面的文件一起用来训练。")


@commands.command("adopt")
def adopt(
    file: SchemeFile,
    mapping: MapFile,
    leads: Annotated[
        Path | None,
        option("--responsibilities", help="CSV: category, lead_unit; who leads what"),
    ] = None,
    undecided: Annotated[
        Path | None, option("--undecided", help="write the categories nobody leads yet here")
    ] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Put a list into the place of the town's own: all of it or nothing."""
    scheme = read_scheme(file)
    targets = read_mapping(mapping, new=make_taxonomy(scheme))
    units = read_leads(leads) if leads else {}
    settings = settings_from(data_dir=data_dir, database_url=database_url)

    async def work() -> None:
        async with opened(settings) as (database, _):
            done = await adopt_file(database, scheme, targets, units)
        print(
            f"已启用：新增 {len(done.added)} 个类别，保留 {len(done.kept)} 个，"
            f"停用 {len(done.retired)} 个；{done.open_cases} 件未办结的诉求保留原来的类别。"
        )
        print(f"主体责任单位：沿用或指定 {len(done.carried)} 个，待定 {len(done.undecided)} 个。")
        for row in done.undecided:
            named = "、".join(f"{name}（{count} 类）" for name, count in row.leads)
            print(f"  {row.code}  {row.name}：{named or '原来没有对应的类别'}")
        if done.split:
            print(f"有 {len(done.split)} 个旧类别拆开了，已有的标注请在 /training/label 重新定。")
        if undecided:
            write_open_leads(undecided, done.undecided)
        print("页面一分钟内生效；请到 /training/retrain 重新训练模型。")

    run_async(work())


def _rank(
    rows: tuple[Undecided, ...], new: Scheme | None, text_column: str, strength: str | None
) -> list[tuple[str, ...]]:
    """The candidates of each row, the likeliest for its text first where the list is given."""
    candidates = [row.candidates for row in rows]
    if new is None:
        return candidates
    from classifier.scheme_mapping import rank_candidates

    everything = tuple(row.code for row in new.live)
    return rank_candidates(
        new.live,
        [row.row[text_column] for row in rows],
        [codes or everything for codes in candidates],
        encoder=_encoder(strength),
    )


def _encoder(strength: str | None) -> Encoder | None:
    """The installed encoder unless the words alone are wanted."""
    from classifier.encoder import encoder_installed, make_encoder

    if strength == "lexical" or (strength is None and not encoder_installed()):
        return None
    return make_encoder()


def _refuse_same(source: Path, out: Path) -> None:
    if source.resolve() == out.resolve():
        raise CommandFailed(f"{out} is the file to read; give another name with --out.")

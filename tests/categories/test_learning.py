"""A category added to the list is known after the next training, and one retired is not."""

from __future__ import annotations

import csv

import pytest

from classifier.model import load_model
from classifier.registry import ModelRegistry
from classifier.retraining.inputs import labelled_row, write_inputs
from classifier.retraining.run import retrain
from classifier.taxonomy import shipped_folder
from classifier.training import train_files

COLUMNS = ("text", "category", "request_type", "urgency", "group")


def write_rows(path, codes):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for code in codes:
            with (shipped_folder() / "examples" / f"{code}.csv").open(encoding="utf-8") as source:
                for row in list(csv.DictReader(source))[:40]:
                    writer.writerow([row[name] for name in COLUMNS])
    return path


def read_rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_list(path, *rows):
    lines = ["code,platform_code,platform_zh,name_zh,active,replaced_by", *rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.slow
def test_the_next_training_knows_it_and_the_serving_model_is_still_compared(tmp_path):
    registry = ModelRegistry(tmp_path / "models")
    rows = write_rows(tmp_path / "rows.csv", ("zf.light", "zf.dog", "sj.food"))
    three = write_list(
        tmp_path / "three.csv",
        "zf.light,zf,综合执法,路灯,1,", "zf.dog,zf,综合执法,犬只,1,", "sj.food,sj,市场监管,食品,1,",
    )  # fmt: skip
    train_files([rows], taxonomy=three, registry=registry, strength="lexical")
    more = write_rows(tmp_path / "more.csv", ("zf.light", "zf.dog", "sj.food", "zz.labor"))
    four = write_list(
        tmp_path / "four.csv",
        "zf.light,zf,综合执法,路灯,1,", "zf.dog,zf,综合执法,犬只,0,zf.light",
        "sj.food,sj,市场监管,食品,1,", "zz.labor,zz,综治工作,欠薪,1,",
    )  # fmt: skip
    labelled = [
        labelled_row(row["text"], row["category"], group=row["group"], at="2026-11-01T00:00:00Z")
        for row in read_rows(more)
    ]
    settings = {"strength": "lexical", "with_shipped": False}
    write_inputs(tmp_path / "inputs", labelled, [], taxonomy=four, settings=settings)
    outcome = retrain(tmp_path / "inputs", registry, tmp_path / "report")
    assert outcome.comparison["champion"] and sum(t["n"] for t in outcome.comparison["tests"]) > 100
    # The serving model never heard of it, and is not asked whether it is labelled right.
    assert not [said for said in outcome.reasons if "欠薪" in said]
    model = load_model(registry.path(outcome.model_id))
    assert model.taxonomy.codes == ("zf.light", "sj.food", "zz.labor")
    assert model.tag("老板拖欠我们三个月工资不给").category == "zz.labor"
    assert model.tag("隔壁的狗天天不牵绳，还咬人").category == "zf.light"  # as its successor

"""What a trained model answers: one consistent decision, honest reasons, the published JSON."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifier.artefact import write_artefact
from classifier.errors import ModelMismatch
from classifier.features import FeatureSpace
from classifier.model import Model, load_model
from classifier.registry import ModelRegistry
from classifier.tag import REQUEST_TYPES, URGENCIES, Tag
from classifier.taxonomy import load_shipped, shipped_folder
from tests.classifier.conftest import CATEGORIES, ROWS_EACH

TEXT = "市民来电反映：风荷路夜宵摊晚上烧烤，油烟呛人，已经投诉过三次，请城管局核实处理。"


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("楼下烧烤店油烟太大了", "zf.fume"),
        ("老板拖欠工资三个月", "zz.labor"),
        ("路灯坏了一个月", "zf.light"),
        ("小区有人遛狗不牵绳", "zf.dog"),
        ("醫保卡怎麼補辦", "bm.social_ins"),  # traditional characters
        ("消防通道被车堵死了", "zz.fire"),
    ],
)
def test_plain_cases_are_right(small_model: Model, text: str, category: str) -> None:
    assert small_model.tag(text).category == category


def test_json_is_the_published_one(small_model: Model) -> None:
    plain = small_model.tag(TEXT).to_dict()
    assert list(plain) == [
        "platform", "platform_name", "category", "category_name", "confidence", "decision",
        "alternatives", "request_type", "urgency", "flags", "reasons", "model",
    ]  # fmt: skip
    assert plain["flags"] == ["repeat"]
    assert len(plain["alternatives"]) == 2
    assert set(plain["alternatives"][0]) == {"platform", "category", "confidence"}
    assert set(plain["reasons"][0]) == {"term", "weight"}
    assert Tag.from_dict(json.loads(json.dumps(plain))).to_dict() == plain


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.text(alphabet=st.sampled_from("路灯油烟狗火工资,。 a1😀\0(要没"), max_size=40))
def test_platform_always_belongs_to_the_category(small_model: Model, text: str) -> None:
    """Whatever the text: one decision, values from the lists, at most three labels, in order."""
    tag = small_model.tag(text)
    assert tag.platform == small_model.taxonomy[tag.category].platform
    ranked = [tag.confidence, *(other.confidence for other in tag.alternatives)]
    assert ranked == sorted(ranked, reverse=True)
    assert len({tag.category, *(other.category for other in tag.alternatives)}) == 3
    assert tag.request_type in REQUEST_TYPES
    assert tag.urgency in URGENCIES
    assert all(reason.term in text for reason in tag.reasons)


def test_probabilities_sum_to_one_and_platforms_over_their_categories(small_model: Model) -> None:
    table = small_model.category_probabilities([TEXT, "", "路灯"])
    assert table.shape == (3, len(CATEGORIES))
    assert np.allclose(table.sum(axis=1), 1.0, atol=1e-5)
    assert (small_model.platform_confidence(table) >= table.max(axis=1) - 1e-6).all()


@pytest.mark.parametrize("text", ["", "   ", "😀😀😀", "！！！？？", "((((((((((", "\0\0"])
def test_nothing_to_read_is_invalid_and_left_to_a_person(small_model: Model, text: str) -> None:
    tag = small_model.tag(text)
    assert (tag.category, tag.decision) == ("na.invalid", "human")


def test_taking_a_reason_out_lowers_the_score(small_model: Model) -> None:
    """Over texts the model never saw: the strongest reason, taken out, costs probability."""
    texts: list[str] = []
    for code in CATEGORIES:
        with (shipped_folder() / "examples" / f"{code}.csv").open(encoding="utf-8") as file:
            texts += [row["text"] for row in csv.DictReader(file)][ROWS_EACH : ROWS_EACH + 10]
    lower = tried = 0
    for text in texts:
        tag = small_model.tag(text)
        if not tag.reasons:
            continue
        column = small_model.taxonomy.codes.index(tag.category)
        without = text.replace(tag.reasons[0].term, "")
        before, after = small_model.category_probabilities([text, without])[:, column]
        tried += 1
        lower += bool(after < before or after > 0.999)  # too sure for the eighth digit to move
    assert tried > len(texts) / 2
    assert lower / tried > 0.95  # the rest: cutting the text anew made other words


def test_reasons_quote_the_text_as_written(small_model: Model) -> None:
    tag = small_model.tag("樓下燒烤店油煙太大了")
    assert tag.reasons
    assert all(reason.term in "樓下燒烤店油煙太大了" for reason in tag.reasons)


def test_routing_phrases_do_not_move_the_label(small_model: Model) -> None:
    plain = small_model.tag("风荷路路灯不亮").category
    dressed = "市民来电反映：风荷路路灯不亮（请职能局按规定在30分钟内联系市民，响应处置）"
    assert small_model.tag(dressed).category == plain


def test_batch_and_single_agree(small_model: Model) -> None:
    texts = [TEXT, "路灯坏了", "", "着火了快来人"] * 20
    assert small_model.tag_many(texts) == [small_model.tag(text) for text in texts]


def test_critical_is_never_dispatched_unseen(small_model: Model) -> None:
    tag = small_model.tag("消防通道堵死，楼道已经着火了，快来人")
    assert (tag.urgency, tag.decision) == ("critical", "suggest")


def test_model_for_another_taxonomy_is_refused(small_registry: ModelRegistry) -> None:
    folder = small_registry.current()
    assert folder is not None
    with pytest.raises(ModelMismatch, match="trained on another taxonomy"):
        load_model(folder, taxonomy=load_shipped())


def test_a_model_of_own_rows_alone_heeds_answers_quoted(small_model: Model) -> None:
    asked = "风荷路路灯不亮。"
    answered = "风荷路路灯不亮。2024-03-05 14:20 某街道办答复：烧烤店已经停业。"
    assert small_model.artefact.keep_answers
    alone, both = small_model.category_probabilities([asked, answered])
    assert not np.allclose(alone, both)
    beside = Model(replace(small_model.artefact, keep_answers=False))
    assert np.allclose(*beside.category_probabilities([asked, answered]))


def test_a_model_of_own_rows_alone_knows_the_mix_of_its_categories(
    small_model: Model, tmp_path: Path
) -> None:
    artefact = small_model.artefact
    assert len(artefact.lexical.offsets) == len(artefact.taxonomy)
    write_artefact(artefact, tmp_path, "own", {})
    assert load_model(tmp_path).artefact.lexical == artefact.lexical


def test_a_model_of_the_format_before_still_serves(small_model: Model, tmp_path: Path) -> None:
    """It knows no openings and no offsets, and does not say whether answers count."""
    known, space = small_model.artefact, small_model.artefact.space
    older = FeatureSpace(space.words, space.characters)
    written = replace(
        known,
        space=older,
        weights=known.weights[: older.width],
        lexical=replace(known.lexical, offsets=()),
        keep_answers=False,
    )
    write_artefact(written, tmp_path, "before", {})
    path = tmp_path / "model.json"
    meta = json.loads(path.read_text(encoding="utf-8"))
    meta |= {"format": 3, "words": len(space.words.index), "shares": meta["shares"][:2]}
    for name in ("terms", "opening_words", "keep_answers"):
        del meta[name]
    del meta["lexical_mixture"]["offsets"]
    path.write_text(json.dumps(meta), encoding="utf-8")
    served = load_model(tmp_path)
    assert served.artefact.space.width == older.width
    assert (
        served.category_probabilities([TEXT]).argmax()
        == Model(written).category_probabilities([TEXT]).argmax()
    )

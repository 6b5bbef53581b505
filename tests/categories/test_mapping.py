"""From one scheme to another: codes, suggestions, labels carried over."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier.errors import BadExamples, TaxonomyError
from classifier.examples import load_examples
from classifier.mapping_file import (
    CHECK,
    ONE,
    SEVERAL,
    apply_mapping,
    read_mapping,
    read_rows,
    write_mapping,
)
from classifier.scheme import LONGEST_CODE, read_scheme, write_scheme
from classifier.scheme_mapping import rank_candidates, suggest_mapping
from classifier.tables import read_table
from classifier.taxonomy import load_taxonomy, make_taxonomy

SCHEMES = Path(__file__).parents[1] / "data" / "schemes"
OLD, NEW, LABELLED = SCHEMES / "old.csv", SCHEMES / "new.csv", SCHEMES / "labelled.csv"
REAL = Path(__file__).parents[2] / "../shared/data/zhejiang_four_platform_labels.csv"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


# --- codes ---


def test_a_list_of_names_gets_codes_that_stay(tmp_path):
    """The same row gives the same code, wherever it stands in the file."""
    rows = NEW.read_text(encoding="utf-8").splitlines()
    turned = write(tmp_path / "turned.csv", "\n".join([rows[0], *rows[:0:-1]]))
    assert set(load_taxonomy(turned).codes) == set(load_taxonomy(NEW).codes)
    assert load_taxonomy(NEW)["其他"].platform == "unassigned"


def test_a_long_name_gives_a_code_that_every_button_carries(tmp_path):
    path = write(
        tmp_path / "t.csv",
        "平台,事项名称\n甲,占道经营（流动摊贩、夜宵排档、沿街晾晒）\n甲,占道经营（流动摊贩、夜宵排档）\n",
    )
    codes = load_taxonomy(path).codes
    assert len(set(codes)) == 2 and codes[0].startswith("占道经营")
    assert all(len(code.encode()) <= LONGEST_CODE and "（" not in code for code in codes)


def test_labels_may_be_given_by_name(tmp_path):
    """A clerk labels with the names of the list, not with its codes."""
    scheme = write(tmp_path / "t.csv", "代码,平台,类别\nk1,甲,路灯\nk2,甲,树木\n")
    rows = write(
        tmp_path / "r.csv", "text,category\n灯坏了,路灯\n灯又坏了,k1\n灯还没好,路灯\n树倒了,树木\n"
    )
    found = load_examples([rows], load_taxonomy(scheme))
    assert [row.category for row in found.rows] == ["k1", "k1", "k1", "k2"]


def test_written_out_it_has_its_codes_for_good(tmp_path):
    scheme = read_scheme(NEW)
    write_scheme(tmp_path / "full.csv", scheme.live)
    again = read_scheme(tmp_path / "full.csv")
    assert not again.codes_from_names
    assert make_taxonomy(again).hash == make_taxonomy(scheme).hash
    assert [label.texts for label in make_taxonomy(again)] == [
        label.texts for label in make_taxonomy(scheme)
    ]


def test_retired_rows_are_successors(tmp_path):
    path = write(
        tmp_path / "t.csv",
        "code,platform_zh,name_zh,active,replaced_by\n"
        "a,甲,一,1,\nb,甲,二,1,\nc,甲,三,0,d\nd,甲,四,0,b\ne,甲,五,0,\n",
    )
    taxonomy = load_taxonomy(path)
    assert taxonomy.codes == ("a", "b")
    assert [taxonomy.settle(code) for code in "abcdef"] == ["a", "b", "b", "b", None, None]
    rows = write(tmp_path / "r.csv", "text,category\n甲乙,a\n丙丁,c\n戊己,d\n庚辛,e\n壬癸,b\n")
    found = load_examples([rows], taxonomy)
    assert [row.category for row in found.rows] == ["a", "b", "b", "b"]
    assert "label them anew" in " ".join(found.warnings)


def test_columns_that_say_nothing_are_named(tmp_path):
    path = write(tmp_path / "t.csv", "甲,乙\n一,二\n")
    with pytest.raises(TaxonomyError, match="row 1: the column platform_zh is missing"):
        read_scheme(path)


# --- suggestions ---


@pytest.fixture(scope="module")
def suggested():
    old = read_scheme(OLD)
    examples = load_examples([LABELLED], make_taxonomy(old)).rows
    return {row.old_code: row for row in suggest_mapping(old.live, read_scheme(NEW).live, examples)}


def test_what_is_plain_is_found(suggested):
    found = {code: suggested[code].targets for code in suggested if code != "l.misc"}
    assert found == {
        "l.lamp": ("市政设施",),
        "l.tree": ("园林绿化",),
        "l.food": ("食品安全",),
        "l.price": ("价格计量",),
        "l.noise": ("环境噪声",),
    }
    assert {row.how for row in suggested.values()} == {ONE, CHECK}


def test_what_was_for_everything_else_still_is(suggested):
    assert (suggested["l.misc"].targets, suggested["l.misc"].how) == (("其他",), CHECK)


def test_a_category_of_two_kinds_is_a_persons_to_decide(tmp_path):
    """Half of the old one's words are of the one, half of the other."""
    old = write(
        tmp_path / "old.csv",
        'code,平台,类别,说明\nboth,甲,街面,"路灯不亮,灯杆倾斜,行道树折断,树枝遮挡"\nl.food,乙,食品,"饭店不卫生,过期食品"\n',
    )
    rows = suggest_mapping(read_scheme(old).live, read_scheme(NEW).live)
    assert rows[0].how == SEVERAL and set(rows[0].targets) == {"市政设施", "园林绿化"}
    assert rows[1].targets == ("食品安全",)


def test_a_text_ranks_its_candidates():
    new = read_scheme(NEW).live
    both = ("市政设施", "园林绿化")
    ranked = rank_candidates(new, ["路灯不亮好几天了", "行道树折断了"], [both, both])
    assert ranked == [("市政设施", "园林绿化"), ("园林绿化", "市政设施")]


def test_the_shipped_list_maps_to_another_towns(tmp_path):
    """Real names: what both lists call alike has to be found."""
    if not REAL.exists():
        pytest.skip("../shared/data is not there: no other town's list to map to")
    from classifier.taxonomy import shipped_folder

    old, new = read_scheme(shipped_folder() / "taxonomy.csv"), read_scheme(REAL)
    found = {row.old_code: row for row in suggest_mapping(old.live, new.live)}
    assert found["zz.fire"].targets == ("消防安全",)
    assert found["zf.safety"].targets == ("安全生产",)
    assert found["zf.pollution"].targets == ("生态环境",)
    assert found["na.unclear"].targets == ("其他.其他",)
    write_mapping(tmp_path / "map.csv", list(found.values()))
    targets = read_mapping(tmp_path / "map.csv", new=make_taxonomy(new))
    assert targets["zz.fire"] == ("消防安全",) and len(targets) == 53


# --- labels carried over ---


def map_file(tmp_path, *lines):
    return write(tmp_path / "map.csv", "\n".join(["old_code,new_code", *lines]))


def test_labels_are_carried_over_and_splits_are_kept_apart(tmp_path):
    targets = read_mapping(map_file(tmp_path, "a,x", "b,x|y", "c,"))
    rows = write(
        tmp_path / "rows.csv",
        "text,category,category_alt,note\n一,a,b,n1\n二,b,,n2\n三,c,,\n四,a,a,\n",
    )
    applied = apply_mapping(read_table(rows), targets, category_column="category")
    assert [dict(row) for row in applied.rows] == [
        {"text": "一", "category": "x", "category_alt": "", "note": "n1"},
        {"text": "四", "category": "x", "category_alt": "", "note": ""},
    ]
    assert [(left.number, left.candidates) for left in applied.undecided] == [
        (3, ("x", "y")),
        (4, ()),
    ]


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (("a,nowhere",), "row 2: the new scheme has no category “nowhere”"),
        (("a,x", "a,y"), "row 3: “a” stands here twice"),
        ((",x",), "row 2: old_code is empty"),
    ],
)
def test_mistakes_in_the_map_are_named(tmp_path, lines, says):
    with pytest.raises(BadExamples, match=says):
        read_mapping(map_file(tmp_path, *lines), new={"x", "y"})


def test_a_label_the_map_forgot_is_named(tmp_path):
    rows = write(tmp_path / "rows.csv", "text,category\n一,z\n")
    with pytest.raises(BadExamples, match="row 2: the mapping says nothing of “z”"):
        apply_mapping(read_rows(rows), {"a": ("x",)}, category_column="category")


def test_a_folder_of_files_is_one_table(tmp_path):
    for name in "ab":
        write(tmp_path / f"{name}.csv", f"text,category\n{name}{name},l.lamp\n")
    assert len(read_rows(tmp_path).rows) == 2
    write(tmp_path / "c.csv", "text,label\nx,y\n")
    with pytest.raises(BadExamples, match="other columns"):
        read_rows(tmp_path)

"""Label sets load, hash what matters, and say what is wrong with a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier.errors import TaxonomyError
from classifier.taxonomy import load_shipped, load_taxonomy

HEADER = "code,platform_code,platform_zh,name_zh\n"
TWO_ROWS = HEADER + "a.one,a,甲,一\na.two,a,甲,二\n"


def write(tmp_path: Path, content: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "taxonomy.csv"
    path.write_text(content, encoding=encoding)
    return path


def test_shipped_taxonomy_has_53_labels_on_four_platforms_and_na() -> None:
    taxonomy = load_shipped()
    assert len(taxonomy) == 53
    assert [code for code, _ in taxonomy.platforms] == ["zz", "sj", "zf", "bm", "na"]
    assert taxonomy["zf.fume"].platform == "zf"
    assert taxonomy.platform_name("zf") == "综合执法"


def test_one_platform_is_enough(tmp_path: Path) -> None:
    assert load_taxonomy(write(tmp_path, TWO_ROWS)).platforms == (("a", "甲"),)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    assert load_taxonomy(write(tmp_path, TWO_ROWS, encoding))["a.two"].name == "二"


def test_hash_follows_codes_and_platforms_not_names(tmp_path: Path) -> None:
    before = load_taxonomy(write(tmp_path, TWO_ROWS)).hash
    renamed = load_taxonomy(write(tmp_path, TWO_ROWS.replace("二", "第二"))).hash
    moved = load_taxonomy(write(tmp_path, TWO_ROWS.replace("a.two,a,甲", "a.two,b,乙"))).hash
    assert before == renamed != moved


def test_names_serve_as_codes_where_there_are_none(tmp_path: Path) -> None:
    content = "platform,category\n甲,道路\n甲,其他\n乙,其他\n"
    assert load_taxonomy(write(tmp_path, content)).codes == ("道路", "甲.其他", "乙.其他")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("code,platform_zh,name_zh\n", "0 categories"),  # no row at all
        ("what,platform\nx,y\n", "row 1: the column name_zh is missing"),  # nothing names it
        (HEADER + "a,p,甲,一\n,p,甲,二\n", "row 3: code is empty"),
        (HEADER + "a,p,甲,一\na,p,甲,二\n", "row 3: the code “a” appears twice"),
        (HEADER + "a,p,甲,一\nb,p,乙,二\n", "platform “p” is called “乙” here and “甲” above"),
        (HEADER + "a,p,甲,一\n", "holds 1 categories"),  # nothing to choose from
    ],
)
def test_says_file_row_and_remedy(tmp_path: Path, content: str, says: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(TaxonomyError, match=r"taxonomy\.csv") as caught:
        load_taxonomy(path)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(TaxonomyError, match="check the path"):
        load_taxonomy(tmp_path / "nowhere.csv")


def test_another_towns_scheme_loads() -> None:
    path = Path(__file__).parents[2] / "../shared/data/zhejiang_four_platform_labels.csv"
    if not path.exists():
        pytest.skip("../shared/data is not there: the other town's label set is not checked")
    taxonomy = load_taxonomy(path)
    assert len(taxonomy) == 25
    assert taxonomy["交通安全"].platform == "unassigned"  # its platform cell is empty

"""The page of texts holds every sentence as it is said."""

from __future__ import annotations

from pathlib import Path

from bot.text_page import write_text_page
from bot.texts import LANGUAGES, load_texts

PAGE = Path(__file__).parents[2] / "docs" / "texts.md"


def test_the_page_is_what_the_files_say() -> None:
    """Written anew with ``python -m bot.text_page docs/texts.md``."""
    assert write_text_page() == PAGE.read_text(encoding="utf-8")


def test_no_sentence_of_either_language_is_left_out() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for language in LANGUAGES:
        texts = load_texts(language)
        for key in sorted(texts.keys()):
            assert texts.template(key).strip().splitlines()[0] in page, (language, key)


def test_every_line_of_a_table_has_its_three_cells() -> None:
    rows = [line for line in write_text_page().splitlines() if line.startswith("| `")]
    assert len(rows) > 250
    for row in rows:
        assert row.replace("\\|", "").count("|") == 4, row

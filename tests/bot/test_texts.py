"""The sentences: every language has all of them, with the same blanks, short and plain."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

import bot
from bot.texts import LANGUAGES, load_texts
from bot.words import Command, normalise, read_command, typed_digit, word_lists

SOURCES = [p for p in Path(bot.__file__).parent.rglob("*") if p.suffix in (".py", ".html")]


def blanks(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def spoken(key: str, code: str) -> bool:
    return f'"{key}"' in code or f"'{key}'" in code


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything(language: str) -> None:
    chinese, other = load_texts("zh"), load_texts(language)
    assert other.keys() == chinese.keys()
    for key in sorted(chinese.keys()):
        assert blanks(other.template(key)) == blanks(chinese.template(key)), key


def test_no_sentence_is_left_that_nobody_says() -> None:
    code = "\n".join(p.read_text(encoding="utf-8") for p in SOURCES)
    built = re.compile(
        # keys put together in code
        r"^(commands\.|button\.(zh|en)$|media\.|chat\.example_|(tag|receipt)\.dispatched|rating\.reopened)"
    )
    keys = sorted(load_texts("zh").keys())
    unused = [key for key in keys if not spoken(key, code) and not built.match(key)]
    assert unused == []


def test_no_chinese_sentence_hides_in_the_code() -> None:
    quoted = re.compile(r"\"[^\"\n]*[\u4e00-\u9fff]{4,}[^\"\n]*\"")
    # History lines, refusals and examples.
    allowed = {"deeds.py", "case_joins.py", "testing.py", "webhook.py"}
    for path in SOURCES:
        if path.suffix == ".py" and path.name not in allowed:
            body = re.sub(r'""".*?"""', "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
            assert not quoted.search(body), path


def test_chinese_sentences_are_short() -> None:
    texts = load_texts("zh")
    for key in sorted(texts.keys()):
        assert len(texts.template(key)) <= 140, key


def test_unknown_language_reads_chinese() -> None:
    assert load_texts("xx").language == "zh"


def test_words_mean_one_thing_each() -> None:
    commands = ("start", "help", "status", "cases", "cancel", "undo", "human", "privacy")
    seen: dict[str, str] = {}
    for meaning in (*commands, "greeting", "thanks"):
        for word in word_lists()[meaning]:
            assert normalise(word) == word, word
            assert word not in seen, (word, meaning, seen.get(word))
            seen[word] = meaning


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/start", Command("start")),
        ("/START@Huying_bot x", Command("start", "x", "Huying_bot")),
        ("／帮助", None),  # a slash before a Chinese word is no command
        ("帮助。", Command("help")),
        ("查詢", Command("status")),
        ("查询 2611", Command("status", "2611")),
        ("取消！", Command("cancel")),
        ("取消那个路灯的事", None),  # inside a sentence it is a sentence
        ("转人工", Command("human")),
    ],
)
def test_reads_commands(text: str, command: Command | None) -> None:
    assert read_command(text) == command


@pytest.mark.parametrize(
    ("text", "digit"),
    [("1", 1), ("２", 2), ("③", 3), (" 4。", 4), ("0", None), ("12", None), ("一", None)],
)
def test_reads_typed_digits(text: str, digit: int | None) -> None:
    assert typed_digit(text) == digit

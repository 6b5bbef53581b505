"""Every text a citizen may read, both languages side by side, on one page.

    python -m bot.text_page [FILE]        prints it, or writes it to FILE

Texts are best reviewed together: two that say the same differently, or one that has grown, show
only beside the others. ``docs/texts.md`` is this output; a test compares.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from cases.callers.texts import load_sms_texts
from cases.notifications import TEMPLATES
from cases.use_cases.tell_reporters import load_follower_texts

Table = Mapping[str, Any]


def write_text_page() -> str:
    """The page as Markdown. Raises ``KeyError`` for a section that has no heading."""
    own = resources.files("bot").joinpath("texts")
    page = tomllib.loads(own.joinpath("page.toml").read_text(encoding="utf-8"))
    followers = load_follower_texts()
    lines = [f"# {page['title']}", "", page["intro"].strip(), ""]
    for title, (chinese, english) in (
        (page["dialogue"], _read_both(own)),
        (page["notices"], _read_both(TEMPLATES)),
        (page["followers"], [{"followers": followers[name]} for name in ("zh", "en")]),
    ):
        lines += [f"## {title}", ""]
        for name, sentences in chinese.items():
            lines += [f"### {page['sections'][name]}", "", "| | 中文 | English |", "|---|---|---|"]
            for key, sentence in sentences.items():
                said = (f"`{key}`", _cell(sentence), _cell(english[name][key]))
                lines.append("| " + " | ".join(said) + " |")
            lines.append("")
    return "\n".join([*lines, *_text_messages(page)]).rstrip() + "\n"


def _read_both(folder: Traversable) -> list[dict[str, Table]]:
    """The Chinese and the English file of a folder, by section."""
    return [
        _sections(tomllib.loads(folder.joinpath(f"{name}.toml").read_text(encoding="utf-8")))
        for name in ("zh", "en")
    ]


def _text_messages(page: Table) -> list[str]:
    """What callers read and hear, in Chinese only: the first wording that fits is sent."""
    lines = [f"## {page['text_messages']}", ""]
    texts = {**_sections(load_sms_texts()), "followers": load_follower_texts()["sms"]}
    for name, sentences in texts.items():
        if name not in page["sms_sections"]:
            continue
        lines += [f"### {page['sms_sections'][name]}", "", "| | 中文 | English |", "|---|---|---|"]
        for key, sentence in sentences.items():
            wordings = sentence if isinstance(sentence, list) else [sentence]
            lines.append(f"| `{key}` | {'<br>'.join(map(_cell, wordings)) or '—'} | — |")
        lines.append("")
    return lines


def _sections(table: Table) -> dict[str, Table]:
    """Sentences outside any section are those of the steps of a case."""
    loose = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
    found = {key: value for key, value in table.items() if isinstance(value, Mapping)}
    return {"notice": loose, **found} if loose else found


def _cell(sentence: object) -> str:
    return str(sentence).strip().replace("|", "\\|").replace("\n", "<br>") or "—"


def main() -> None:
    """Print, or write to the file named."""
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(write_text_page(), encoding="utf-8")
    else:
        sys.stdout.write(write_text_page())


if __name__ == "__main__":
    main()

"""One line that tells a desk what a message is about."""

from __future__ import annotations

import re

LONGEST = 60
_OPENING = re.compile(
    r"^(?:(?:市民|网友|其|来电人|诉求人)?(?:再次)?(?:来电|来信|微信|留言|致电|网络)*"
    r"(?:反映|咨询|投诉|举报|求助|建议|称|表示)+[:：,，\s]*"
    r"|(?:尊敬的?[^，,。：:！!]{0,12}[，,：:！!]\s*)?(?:您好|你好|喂)[，,。！!\s]*"
    r"|(?:我)?(?:免贵)?(?:姓|叫)[\u4e00-\u9fff*]{1,4}[，,。]"
    r"|(?:我的)?(?:手机|电话)(?:号码?)?(?:是|[:：])?[0-9*-]{7,13}[，,。])+"
)
_SENTENCE_END = re.compile(r"[。！!？?\n]")


def summarise(text: str) -> str:
    """The first telling sentence, without greeting or formula, at most 60 characters."""
    plain = re.sub(r"\s+", " ", text).strip()
    trimmed = _OPENING.sub("", plain) or plain
    for sentence in _SENTENCE_END.split(trimmed):
        if len(sentence.strip()) >= 6:
            trimmed = sentence.strip()
            break
    return trimmed if len(trimmed) <= LONGEST else trimmed[: LONGEST - 1] + "…"

"""Segments of a call written the way recognisers and subtitle editors export them.

write_export(form, who, said) -> str     form: srt, vtt, whisper or funasr

The clock is invented: every segment takes two seconds.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

_SECONDS = 2


def write_export(form: str, who: Sequence[str], said: Sequence[str]) -> str:
    """One segment a line of ``said``; ``who`` is empty where nobody is named."""
    return {"srt": _srt, "vtt": _vtt, "whisper": _whisper, "funasr": _funasr}[form](who, said)


def _clock(position: int, mark: str) -> str:
    minutes, seconds = divmod(position * _SECONDS, 60)
    return f"00:{minutes:02d}:{seconds:02d}{mark}000"


def _srt(who: Sequence[str], said: Sequence[str]) -> str:
    blocks = []
    for i, (name, words) in enumerate(zip(who, said, strict=True)):
        label = f"{name}：" if name else ""
        blocks.append(f"{i + 1}\n{_clock(i, ',')} --> {_clock(i + 1, ',')}\n{label}{words}\n")
    return "\n".join(blocks)


def _vtt(who: Sequence[str], said: Sequence[str]) -> str:
    blocks = ["WEBVTT\n"]
    for i, (name, words) in enumerate(zip(who, said, strict=True)):
        label = f"<v {name}>" if name else ""
        blocks.append(f"{_clock(i, '.')} --> {_clock(i + 1, '.')}\n{label}{words}\n")
    return "\n".join(blocks)


def _whisper(who: Sequence[str], said: Sequence[str]) -> str:
    segments = [
        {"id": i, "start": i * _SECONDS, "end": (i + 1) * _SECONDS, "text": words}
        for i, words in enumerate(said)
    ]
    return json.dumps({"text": "".join(said), "segments": segments, "language": "zh"})


def _funasr(who: Sequence[str], said: Sequence[str]) -> str:
    voices = {"坐席": 0, "市民": 1}
    info = [
        {"text": words, "start": i * 2000, "end": i * 2000 + 2000, "spk": voices.get(name, 1)}
        for i, (name, words) in enumerate(zip(who, said, strict=True))
    ]
    return json.dumps([{"key": "call", "text": "".join(said), "sentence_info": info}])

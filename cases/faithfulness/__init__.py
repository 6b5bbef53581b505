"""凭原话核对: what a citizen said on the phone, against the case as it was filed.

    compare_with_transcript(transcript_text, filed) -> tuple[Finding, ...]

    words.py     the word groups and rules of ``rules.toml``, compiled once
    amounts.py   numbers with what they count, written either way: 一百三十六块 is 136元
    heard.py     what the citizen said: clauses of their turns, by matter
    filed.py     the cases as they were filed
    checks.py    one check for each thing that gets lost
    compare.py   all of them over a call

Pure, offline, and cautious: a finding is a quote and a question, never a verdict.
"""

from cases.faithfulness.compare import KINDS, Finding, compare_with_transcript
from cases.faithfulness.filed import FiledText

__all__ = ["KINDS", "FiledText", "Finding", "compare_with_transcript"]

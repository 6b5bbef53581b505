"""Reading what came over the hotline: who spoke, what was said about what, and how many matters.

    formats.py   pasted text, Whisper, FunASR, SRT, WebVTT -> one text with turns and times
    turns.py     who spoke from where to where, and what the desk had asked
    parts.py     complaint, history, earlier reply and demand told apart
    bridges.py   the words that lead over to the next matter
    matters.py   several matters in one call, order, letter or message
    caller.py    name and telephone of the caller
    elements.py  when, where and why
    references.py  a later matter that points at the place of an earlier one
    spans.py     Field, the exact piece of a text that all of them give back

``cases.transcript`` puts them together. The cues are rows in ``cues.toml``, the surnames in
``surnames.toml``, the sentences about bad input in ``notices.toml``.
"""

"""Which texts tell one story, so that a test never holds a variant of what was trained on.

story_of(case_id, source_system, source_id) -> str

A merged case tells its parent's story; drafts of one call tell one.
"""

from __future__ import annotations

import hashlib


def story_of(case_id: int, source_system: str | None, source_id: str | None) -> str:
    """``case-12`` or ``call-3f…``."""
    if not source_id:
        return f"case-{case_id}"
    name = f"{source_system or ''}\n{source_id}"
    return f"call-{hashlib.sha256(name.encode()).hexdigest()[:16]}"

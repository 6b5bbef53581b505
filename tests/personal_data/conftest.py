"""A running application."""

from __future__ import annotations

from tests.intake_api.conftest import house

__all__ = ["house"]

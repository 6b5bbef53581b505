"""A running application."""

from __future__ import annotations

from tests.intake_api.conftest import both_houses, house

__all__ = ["both_houses", "house"]

"""A share out of few cases is not known well; the interval says how well."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

_Z = 1.96  # 95 %


@dataclass(frozen=True)
class Share:
    """``right`` out of ``of``, with Wilson's 95 % interval: honest also for few and for all."""

    right: int
    of: int

    @property
    def value(self) -> float | None:
        """None where nothing was counted."""
        return self.right / self.of if self.of else None

    @property
    def low(self) -> float:
        """The least that fits what was seen; 0 where nothing was."""
        return self._interval()[0]

    @property
    def high(self) -> float:
        """The most; 1 where nothing was seen."""
        return self._interval()[1]

    def _interval(self) -> tuple[float, float]:
        if not self.of:
            return 0.0, 1.0
        n, share = self.of, self.right / self.of
        centre = share + _Z**2 / (2 * n)
        spread = _Z * sqrt(share * (1 - share) / n + _Z**2 / (4 * n * n))
        scale = 1 + _Z**2 / n
        return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)

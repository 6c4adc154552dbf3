"""What this room raises."""

from __future__ import annotations


class TimelineError(ValueError):
    """A timeline that cannot be read or written; one sentence says which, why and what to do."""

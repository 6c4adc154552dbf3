"""What this room raises."""

from __future__ import annotations

from foleyd.errors import FoleyError


class TimelineError(FoleyError, ValueError):
    """A timeline that cannot be read or written; one sentence says which, why and what to do."""

    code = "INVALID_ARGUMENT"
    reason = "TIMELINE_INVALID"


class SpottingError(FoleyError, ValueError):
    """A selection or prompt that no cue can be made of; one sentence says which and why."""

    code = "INVALID_ARGUMENT"
    reason = "SPOTTING_INVALID"

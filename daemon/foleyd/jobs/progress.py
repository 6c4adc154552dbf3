"""Honest progress: stages weighted by what they have cost before, and an ETA once there is one."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping

from foleyd.brief import STAGES, Advance
from foleyd.jobs.events import Progressed

DEFAULT_COSTS = {"spot": 0.02, "look_up": 0.01, "see": 1.0, "hear": 0.5, "conform": 0.3, "place": 0.3}
"""Seconds by stage, used until an engine has a history; only their relation counts.

Loading the engine has none: it differs a thousandfold between engines, and most jobs find theirs loaded.
"""

_SMALLEST_STEP = 0.1
"""Seconds between two reports of the same stage."""
_ETA_FROM = 0.05
_ETA_AFTER = 0.5


class Meter:
    """Adds up the progress of one job's cues; the reported fraction never goes back."""

    def __init__(
        self, costs: Mapping[str, float], report: Callable[[Progressed], None], floor: float = 0.0
    ) -> None:
        """FLOOR is what was reported already, before the daemon was killed."""
        known = {stage: costs.get(stage, 0.0) for stage in STAGES if stage != "load"}
        self._costs = known if sum(known.values()) > 0 else DEFAULT_COSTS
        self._load_cost = costs.get("load", 0.0)
        self._parts: dict[str, dict[Hashable, float]] = {stage: {} for stage in STAGES}
        self._report = report
        self._fraction = floor
        self._began = time.monotonic()
        self._last: tuple[str, str, float] = ("", "", -1.0)
        self.seconds: dict[str, float] = {}

    def spend(self, stage: str, seconds: float) -> None:
        """Adds SECONDS of work to a stage; those of several cues add up."""
        self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds

    def advance(self, advance: Advance, part: Hashable = "", share: float = 1.0) -> None:
        """PART of the job's work, SHARE (0..1) of the whole, has come to ADVANCE of its stage."""
        if advance.stage == "load":
            self._weigh_load()
        parts = self._parts[advance.stage]
        parts[part] = max(parts.get(part, 0.0), share * min(1.0, advance.fraction))
        self._tell(advance)

    def complete(self, stage: str) -> None:
        """The stage is over for the whole job, and with it those before."""
        for name in STAGES[: STAGES.index(stage) + 1]:
            self._parts[name] = {"": 1.0}
        self._last = ("", "", -1.0)
        self._tell(Advance(stage, 1.0))

    def _weigh_load(self) -> None:
        """The engine is being loaded: from now on that is part of the whole, if its cost is known."""
        if self._load_cost:
            self._costs = {**self._costs, "load": self._load_cost}
        else:  # the fraction stands still meanwhile, and nothing can be told from that
            self._began = time.monotonic()

    def _tell(self, advance: Advance) -> None:
        done = sum(
            cost * min(1.0, sum(self._parts[stage].values())) for stage, cost in self._costs.items()
        ) / sum(self._costs.values())
        self._fraction = max(self._fraction, min(1.0, done))
        now = time.monotonic()
        stage, words, told = self._last
        if (stage, words) == (advance.stage, advance.words) and now - told < _SMALLEST_STEP:
            return
        self._last = (advance.stage, advance.words, now)
        eta = self._eta(now - self._began)
        self._report(
            Progressed(advance.stage, self._fraction, advance.step, advance.steps, eta, advance.words)
        )

    def _eta(self, elapsed: float) -> float | None:
        if self._fraction < _ETA_FROM or elapsed < _ETA_AFTER:
            return None
        return elapsed * (1 - self._fraction) / self._fraction

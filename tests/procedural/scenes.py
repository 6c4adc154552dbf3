"""Hand-made sights and the measures that tests of the player share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from foleyd.engines.procedural.options import Settings
from foleyd.engines.procedural.play import play
from foleyd.engines.procedural.prompt import read
from foleyd.engines.procedural.score import Score, compose
from foleyd.engines.procedural.sight import CONTACT, IMPACT, Impacts, Sight

RATE = 48_000
FPS = 25


def impacts(
    times: Sequence[float],
    strength: float | Sequence[float] = 1.0,
    pan: float | Sequence[float] = 0.0,
    kind: int | Sequence[int] = IMPACT,
) -> Impacts:
    m = len(times)
    return Impacts(
        time=np.array(times, dtype=np.float64),
        strength=np.broadcast_to(np.array(strength, dtype=np.float64), m).copy(),
        pan=np.broadcast_to(np.array(pan, dtype=np.float64), m).copy(),
        size=np.full(m, 0.05),
        speed=np.full(m, 0.5),
        kind=np.broadcast_to(np.array(kind, dtype=np.int8), m).copy(),
    )


def sight(
    duration: float,
    hits: Impacts | None = None,
    *,
    motion: npt.NDArray[Any] | float = 0.0,
    speed: npt.NDArray[Any] | float = 0.0,
    cuts: Sequence[float] = (),
    motion_x: float = 0.0,
) -> Sight:
    n = round(duration * FPS)
    return Sight(
        duration=duration,
        frame_times=np.arange(n) / FPS,
        motion=np.broadcast_to(np.asarray(motion, dtype=np.float64), n).copy(),
        motion_x=np.full(n, motion_x),
        motion_size=np.full(n, 0.05),
        motion_speed=np.broadcast_to(np.asarray(speed, dtype=np.float64), n).copy(),
        camera=np.zeros(n),
        brightness=np.full(n, 0.5),
        cuts=np.array(cuts, dtype=np.float64),
        impacts=hits if hits is not None else Impacts.none(),
    )


def walk(duration: float) -> Sight:
    """Footfalls every half second from 0.5 s on, with motion throughout."""
    times = np.arange(0.5, duration - 0.3, 0.5)
    return sight(duration, impacts(times.tolist(), kind=CONTACT), motion=0.3)


def score_of(
    prompt: str, seen: Sight, seconds: float, settings: Settings | None = None, **more: Any
) -> Score:
    return compose(
        read(prompt), seen, settings or Settings(space="dry"), round(seconds * RATE), more.get("character", 1)
    )


def sound_of_score(score: Score, seen: Sight, seconds: float, seed: int = 1, width: float = 0.6) -> Any:
    return play(score, seen, seed, round(seconds * RATE), width=width, on_hop=lambda _: True)


def performed(prompt: str, seen: Sight, seconds: float, seed: int = 1, **settings: Any) -> Any:
    chosen = Settings(**{"space": "dry", **settings})
    return sound_of_score(score_of(prompt, seen, seconds, chosen), seen, seconds, seed, chosen.width)

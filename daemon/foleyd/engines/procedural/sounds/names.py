"""What a struck voice is called in a list of events: "plastic hit", "footstep on gravel", "door slam"."""

from __future__ import annotations

from collections.abc import Callable

from foleyd.engines.procedural.sounds.family import Voice
from foleyd.engines.procedural.sounds.solids import SOLIDS


def name_of(voice: Voice) -> str:
    """A few words for one event of VOICE, from its sound, what it is of and what strikes it.

    Raises KeyError for a sound that is never struck.
    """
    return _NAMES[voice.family, voice.sound](voice)


def _step(voice: Voice) -> str:
    foot = "hoof" if voice.tool == "hooves" else "footstep"
    if not voice.material:
        return foot
    return f"{foot} {'in' if voice.material in {'water', 'mud', 'snow'} else 'on'} {voice.material}"


def _hit(voice: Voice) -> str:
    two = voice.tool and voice.tool != voice.material and (voice.tool not in SOLIDS or voice.material)
    if two:
        return f"{voice.tool} on {voice.material}" if voice.material else f"{voice.tool} hit"
    return _of(voice, "hit")


def _of(voice: Voice, word: str) -> str:
    return f"{voice.material} {word}" if voice.material else word


def _pass(voice: Voice) -> str:
    kind = voice.tool or ("truck" if voice.size > 0.7 else "car")
    return f"{kind} passing"


_NAMES: dict[tuple[str, str], Callable[[Voice], str]] = {
    ("footsteps", "step"): _step,
    ("hits", "hit"): _hit,
    ("breaks", "shatter"): lambda voice: _of(voice, "break"),
    ("breaks", "debris"): lambda voice: _of(voice, "debris"),
    ("doors", "slam"): lambda voice: _of(voice, "door slam" if voice.intensity > 0.6 else "door closing"),
    ("doors", "open"): lambda voice: _of(voice, "door opening"),
    ("doors", "creak"): lambda voice: _of(voice, "door creak"),
    ("doors", "knock"): lambda voice: _of(voice, "door knock"),
    ("doors", "latch"): lambda _: "latch",
    ("water", "drip"): lambda voice: f"drip on {voice.material}" if voice.material else "water drip",
    ("water", "splash"): lambda _: "splash",
    ("fire", "ignite"): lambda _: "flame catching",
    ("engines", "pass"): _pass,
    ("whooshes", "whoosh"): lambda _: "whoosh",
}

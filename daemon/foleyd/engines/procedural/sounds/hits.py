"""Hits: something strikes wood, metal, glass, ceramic, stone, plastic, rubber, cardboard, a body.

Modal synthesis of the struck piece (``solids.py``), driven by a half-sine force whose duration is
the contact's (harder and faster: shorter, hence brighter; K. van den Doel, P. G. Kry and
D. K. Pai, "FoleyAutomatic", SIGGRAPH 2001), with the contact's own click and the thump of what it
stands on. A tool with a ring of its own (a bottle put down on a table) sounds with it.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from foleyd.engines.procedural import dsp
from foleyd.engines.procedural.levels import calibrated
from foleyd.engines.procedural.sounds.family import RATE, Family, Sound, Strike, Trigger, Voice
from foleyd.engines.procedural.sounds.solids import NEAREST, SOLIDS, Body, body, solid, struck

Array = npt.NDArray[np.float64]

_CONTACT = {"hammer": 0.0002, "stick": 0.0004, "": 0.0005}
_THUMP = {"hammer": 0.35, "stick": 0.06, "": 0.15}


@lru_cache(maxsize=64)
def _piece(material: str, size: float, character: int) -> Body:
    return body(solid(material), size, np.random.default_rng([character, len(material)]))


def _hit(voice: Voice, strength: float, rng: np.random.Generator) -> Strike:
    kind = solid(voice.material)
    hardness = 0.6 * strength + 0.4 * voice.intensity
    contact = _CONTACT.get(voice.tool, _CONTACT[""]) * kind.softness * dsp.blend_log(4.0, 0.5, hardness)
    contact *= float(np.exp(rng.normal(0.0, 0.12)))
    rung = voice.tool in SOLIDS and voice.tool != voice.material
    # What is put down tells its own size; what it is put on is a table, a floor.
    piece = _piece(voice.material, 0.35 + 0.3 * voice.size if rung else voice.size, voice.character)
    n = dsp.samples(min(2.5, 0.12 + 1.2 * float(piece.t60s.max())))
    out = struck(piece, contact, n, rng)
    out /= _amplitude(out, piece)
    if rung:
        with_it = _piece(voice.tool, voice.size * 0.6, voice.character)
        tool = struck(with_it, contact, n, rng)
        out += 0.6 * tool / _amplitude(tool, with_it)
    out += kind.click * _click(n, contact, rng)
    out += _THUMP.get(voice.tool, _THUMP[""]) * _thump(n, voice.size, hardness, rng)
    out *= dsp.from_db(8.0 * (voice.intensity - 0.5) + rng.normal(0.0, 0.8))
    return Strike(dsp.faded(dsp.mono32(dsp.filtered(out, "highpass", 30.0, order=1)), 0, n // 5))


def _amplitude(out: Array, piece: Body) -> float:
    """The amplitude that one mode with the piece's longest T60 would have, for the energy of OUT.

    Hits made even by energy stay even in loudness when a softer contact takes the edge off.
    """
    energy = float(np.sum(out**2))
    return float(np.sqrt(max(4.0 * np.log(1000.0) * energy / (RATE * float(piece.t60s.max())), 1e-18)))


def _click(n: int, contact: float, rng: np.random.Generator) -> Array:
    """The contact's noise: a burst as long as the contact, brighter when shorter."""
    length = min(n, dsp.samples(0.05))
    burst = np.zeros(n)
    noise = dsp.white(rng, length) * dsp.decay(length, max(0.006, 8 * contact))
    edge = min(9000.0, 1.5 / contact)
    burst[:length] = dsp.filtered(noise, "lowpass", edge)
    return burst


def _thump(n: int, size: float, hardness: float, rng: np.random.Generator) -> Array:
    """The floor or the table giving way, 70 to 160 Hz."""
    frequency = dsp.vary(rng, dsp.blend_log(160.0, 70.0, size), 80.0)
    out = dsp.ring(dsp.contact_pulse(0.003), n, [frequency, 1.9 * frequency], [0.12, 0.07], [1.0, 0.4])
    return out * dsp.blend(0.5, 1.0, hardness)


def hit(voice: Voice, strength: float, rng: np.random.Generator) -> Strike:
    """One hit on the voice's material with its tool; mono, onset at its first sample."""
    return calibrated(_hit, voice, strength, rng)


FAMILY = Family(
    "hits",
    "hits on wood, metal, glass, ceramic, stone, plastic, rubber, cardboard or a body",
    (
        Sound(
            "hit",
            level=-24.0,
            strike=hit,
            on=Trigger.IMPACT,
            materials=frozenset(SOLIDS) | frozenset(NEAREST),
        ),
    ),
)

"""Solid things that ring when struck: materials, their modes and their damping.

A body's modes lie at multiples of its lowest (a bar's, a plate's, a glass's); each is damped by the
support and by the material's internal friction, which takes the same share of every cycle, so that
high modes die first: T60 = ln(1000) / (pi f eta). Sources: R. P. Wildes and W. A. Richards,
"Recovering material properties from sound", 1988 (friction tells material); K. van den Doel and
D. K. Pai, "The sounds of physical shapes", Presence 7(4), 1998; N. H. Fletcher and T. D. Rossing,
"The Physics of Musical Instruments", 1998 (mode ratios); A. P. French, "In Vino Veritas",
Am. J. Phys. 51, 1983 (the wine glass).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foleyd.engines.procedural import dsp

_BAR = (1.0, 2.756, 5.404, 8.933, 13.345, 18.64)
_GLASS = (1.0, 2.32, 4.25, 6.63, 9.38, 12.6)
_PLATE = (1.0, 1.52, 2.03, 2.71, 3.43, 3.98, 4.76, 5.61, 6.52, 7.37, 8.9, 10.4)
_BOX = (1.0, 1.41, 1.73, 2.24, 2.83, 3.16, 3.74, 4.58)


@dataclass(frozen=True, slots=True)
class Solid:
    """A material in a habitual shape.

    RATIOS of its modes; LOW and HIGH Hz, the lowest mode of a large and a small piece; FRICTION, the
    loss factor eta; SUPPORT, the T60 in seconds that the way it stands allows; CLICK, how much
    noise the contact makes; SOFTNESS, the factor by which it lengthens a contact; TILT dB an
    octave that higher modes are weaker.
    """

    ratios: tuple[float, ...]
    low: float
    high: float
    friction: float
    support: float
    click: float
    softness: float = 1.0
    tilt: float = 3.0


SOLIDS: dict[str, Solid] = {
    "wood": Solid(_BOX, 140.0, 900.0, 0.020, 0.25, 0.25, 1.0, 4.0),
    "metal": Solid((*_BAR, 1.6, 3.9, 7.1), 260.0, 2200.0, 0.0012, 1.3, 0.12, 0.5, 1.5),
    "glass": Solid(_GLASS, 700.0, 3600.0, 0.0022, 0.45, 0.15, 0.5, 2.0),
    "ceramic": Solid((*_GLASS, 1.7, 3.1), 600.0, 2800.0, 0.0060, 0.22, 0.25, 0.6, 2.0),
    "stone": Solid(_PLATE, 380.0, 2600.0, 0.012, 0.10, 0.6, 0.6, 1.5),
    "plastic": Solid(_PLATE, 230.0, 1500.0, 0.045, 0.12, 0.3, 1.4, 3.0),
    "rubber": Solid(_BOX, 90.0, 420.0, 0.16, 0.10, 0.1, 3.0, 7.0),
    "cardboard": Solid(_BOX, 95.0, 380.0, 0.10, 0.12, 0.35, 2.5, 4.0),
    "body": Solid(_BOX, 55.0, 140.0, 0.35, 0.09, 0.25, 4.0, 5.0),
}
"""What can be struck. Any other material is taken for the one it is nearest to (``NEAREST``)."""

NEAREST: dict[str, str] = {
    "": "wood", "concrete": "stone", "tile": "ceramic", "ice": "glass", "carpet": "body", "cotton": "body",
    "leather": "body", "silk": "body", "nylon": "cardboard", "paper": "cardboard", "gravel": "stone",
    "dirt": "body", "grass": "body", "sand": "body", "mud": "body", "snow": "body", "leaves": "cardboard",
    "water": "body", "roof": "metal", "cloth": "body",
}  # fmt: skip


def solid(material: str) -> Solid:
    """The solid called MATERIAL, or the nearest to it."""
    return SOLIDS[material] if material in SOLIDS else SOLIDS[NEAREST.get(material, "wood")]


@dataclass(frozen=True, slots=True)
class Body:
    """One piece: its modes' frequencies (Hz), T60s (s) and habitual gains."""

    frequencies: npt.NDArray[np.float64]
    t60s: npt.NDArray[np.float64]
    gains: npt.NDArray[np.float64]


def body(kind: Solid, size: float, rng: np.random.Generator) -> Body:
    """A piece of KIND, SIZE 0 small .. 1 large; RNG gives it its own shape."""
    lowest = dsp.vary(rng, dsp.blend_log(kind.high, kind.low, size), 150.0)
    ratios = np.sort(np.array(kind.ratios))
    detune = 2.0 ** (rng.normal(0.0, 90.0, len(ratios)) / 1200.0)
    frequencies = np.minimum(lowest * ratios * detune, 20_000.0)
    internal = np.log(1000.0) / (np.pi * frequencies * kind.friction)
    t60s = 1.0 / (1.0 / internal + 1.0 / kind.support)
    gains = 10.0 ** (-kind.tilt * np.log2(ratios) / 20.0)
    return Body(frequencies, t60s, gains)


def struck(
    piece: Body, contact: float, n: int, rng: np.random.Generator, *, unevenness: float = 0.5
) -> npt.NDArray[np.float64]:
    """PIECE hit by a contact of CONTACT seconds, N samples.

    Where it is hit decides how much each mode sounds, anew every time: UNEVENNESS 0 (always the
    same) .. 1.
    """
    place = np.abs(np.cos(rng.uniform(0.0, np.pi, len(piece.gains))))
    gains = piece.gains * ((1.0 - unevenness) + unevenness * place)
    frequencies = piece.frequencies * 2.0 ** (rng.normal(0.0, 6.0) / 1200.0)
    return dsp.ring(dsp.contact_pulse(contact), n, frequencies.tolist(), piece.t60s.tolist(), gains.tolist())

"""Grounds and shoes of footsteps: the figures that make gravel gravel.

The figures are this engine's own, set so that measured steps (``benchmarks/sounds.py``) show what is
described of walked grounds by P. R. Cook, "Modeling Bill's gait" (2002), and Turchet, Serafin,
Dimitrov, Nordahl, "Physically based sound synthesis and control of footsteps sounds" (DAFx 2010).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grains:
    """Loose matter: RATE collisions a second at full force, each a burst of T60 seconds between LOW
    and HIGH Hz; SHARPNESS how rare the strong ones; SPREAD how much longer than the foot's force
    it lasts; GAIN against the step's body."""

    rate: float
    low: float
    high: float
    t60: float
    sharpness: float
    spread: float
    gain: float


@dataclass(frozen=True, slots=True)
class Ground:
    """What is trodden: MODES (Hz, T60 s, gain) of its solid part, GRAINS of its loose parts, how it
    muffles the shoe (HARDNESS 0..1), OFFSET dB against a middling ground."""

    modes: tuple[tuple[float, float, float], ...]
    hardness: float
    grains: tuple[Grains, ...] = ()
    suction: float = 0.0
    offset: float = 0.0


GROUNDS: dict[str, Ground] = {
    "concrete": Ground(
        ((95, 0.05, 1.0), (190, 0.04, 0.6), (410, 0.03, 0.35), (1150, 0.02, 0.16)),
        0.85,
        (Grains(350, 2500, 9000, 0.002, 3.0, 1.2, 0.10),),
    ),
    "stone": Ground(
        ((120, 0.05, 1.0), (330, 0.04, 0.5), (980, 0.035, 0.3), (2300, 0.03, 0.2)),
        0.95,
        (Grains(250, 2500, 9000, 0.002, 3.0, 1.2, 0.08),),
    ),
    "tile": Ground(((140, 0.04, 0.7), (720, 0.05, 0.35), (1650, 0.05, 0.35), (3100, 0.04, 0.3)), 1.0),
    "ice": Ground(
        ((150, 0.05, 0.7), (900, 0.06, 0.3), (2700, 0.06, 0.3)),
        0.95,
        (Grains(140, 2200, 7000, 0.006, 2.0, 1.4, 0.4),),
    ),
    "wood": Ground(
        (
            (98, 0.16, 1.0),
            (172, 0.14, 0.8),
            (285, 0.11, 0.5),
            (460, 0.08, 0.35),
            (880, 0.05, 0.2),
            (1500, 0.03, 0.1),
        ),
        0.75,
        (Grains(25, 400, 1800, 0.02, 2.0, 2.0, 0.12),),
    ),
    "metal": Ground(
        (
            (130, 0.30, 0.8),
            (310, 0.45, 0.5),
            (690, 0.5, 0.4),
            (1270, 0.45, 0.3),
            (2140, 0.35, 0.22),
            (3560, 0.25, 0.15),
        ),
        1.0,
        offset=1.0,
    ),
    "carpet": Ground(
        ((75, 0.06, 1.0), (150, 0.04, 0.3)),
        0.15,
        (Grains(2500, 500, 3000, 0.004, 1.0, 1.3, 0.10),),
        offset=-4.0,
    ),
    "gravel": Ground(
        ((80, 0.04, 0.6), (160, 0.03, 0.3)),
        0.45,
        (Grains(1300, 1400, 5200, 0.007, 1.3, 2.0, 1.0), Grains(2200, 4000, 11000, 0.003, 1.6, 2.2, 0.5)),
    ),
    "dirt": Ground(
        ((72, 0.06, 1.0), (140, 0.05, 0.4)),
        0.3,
        (Grains(1400, 700, 4200, 0.004, 1.2, 2.0, 0.40),),
        offset=-2.0,
    ),
    "grass": Ground(
        ((68, 0.05, 0.7),),
        0.2,
        (Grains(2600, 1800, 8500, 0.004, 1.2, 1.9, 0.55), Grains(120, 500, 1800, 0.01, 2.0, 1.6, 0.2)),
        offset=-2.0,
    ),
    "leaves": Ground(
        ((75, 0.05, 0.4),),
        0.2,
        (Grains(900, 1800, 7500, 0.011, 1.2, 2.1, 0.8), Grains(2600, 4500, 13000, 0.004, 1.5, 2.3, 0.6)),
    ),
    "snow": Ground(
        ((90, 0.05, 0.5), (260, 0.03, 0.3)),
        0.15,
        (Grains(1100, 450, 1700, 0.008, 1.1, 2.1, 1.0), Grains(2600, 2400, 7500, 0.004, 1.4, 2.0, 0.35)),
    ),
    "sand": Ground(((65, 0.05, 0.6),), 0.1, (Grains(8000, 1500, 7500, 0.004, 1.0, 2.2, 0.6),), offset=-3.0),
    "mud": Ground(
        ((70, 0.07, 1.0), (130, 0.06, 0.5)),
        0.15,
        (Grains(300, 250, 1100, 0.02, 1.0, 2.0, 0.6), Grains(800, 900, 3500, 0.006, 1.3, 2.0, 0.3)),
        suction=1.0,
    ),
    "water": Ground(
        ((80, 0.05, 0.4),),
        0.2,
        (Grains(3500, 900, 6500, 0.012, 1.0, 3.2, 0.8), Grains(120, 450, 2200, 0.03, 1.4, 3.6, 0.7)),
        suction=0.25,
    ),
}
"""Grounds by material; any other material is taken for the one named in ``_NEAREST``."""

_NEAREST = {"": "concrete", "glass": "tile", "ceramic": "tile", "plastic": "tile", "roof": "metal",
            "rubber": "carpet", "cloth": "carpet", "cardboard": "wood", "paper": "leaves"}  # fmt: skip
SPLASH = Grains(2600, 1200, 7000, 0.008, 1.2, 2.4, 0.6)
"""Water thrown up from a wet ground."""


@dataclass(frozen=True, slots=True)
class Shoe:
    """CONTACT seconds of the sole's hit; CLICK its own noise at HZ; BALL the second hump's force
    against the heel's; WEIGHT of the low thud; SCUFF of the sole's drag."""

    contact: float
    click: float
    hz: float
    ball: float
    weight: float
    scuff: float


SHOES: dict[str, Shoe] = {
    "boots": Shoe(0.0012, 0.8, 2200.0, 0.65, 1.3, 0.20),
    "heels": Shoe(0.0003, 2.2, 4200.0, 0.40, 0.45, 0.05),
    "shoes": Shoe(0.0007, 1.2, 3000.0, 0.60, 0.8, 0.12),
    "sneakers": Shoe(0.0028, 0.6, 1500.0, 0.75, 0.8, 0.22),
    "slippers": Shoe(0.0030, 0.7, 1200.0, 0.95, 0.5, 0.35),
    "barefoot": Shoe(0.0050, 0.6, 900.0, 0.90, 0.8, 0.08),
    "hooves": Shoe(0.0005, 1.8, 1900.0, 0.12, 1.1, 0.02),
}
"""Shoes by tool; "shoes" when none is named."""


MATERIALS = frozenset(GROUNDS) | frozenset(_NEAREST)
"""Every material that can be trodden."""


def ground_of(material: str) -> Ground:
    """The ground called MATERIAL, or the nearest to it."""
    return GROUNDS[material if material in GROUNDS else _NEAREST.get(material, "concrete")]

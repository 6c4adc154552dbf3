"""Measures every sound of the procedural engine: attack, decay, spectrum, level, variation, speed.

    python -m benchmarks.sounds [FAMILY ...] [--out DIR]

``--out`` also writes a WAV and a spectrogram (PNG) of each voice. Loudness is FFmpeg's ebur128
(through PyAV), not the engine's own. Strikes: eight hits at strength 0.8. Beds: eight seconds at
full activity.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import soundfile
from PIL import Image
from scipy import signal

from foleyd.engines.procedural.sounds.breaks import BREAKS
from foleyd.engines.procedural.sounds.catalogue import FAMILIES
from foleyd.engines.procedural.sounds.cloth import WEAVES
from foleyd.engines.procedural.sounds.family import HOP, RATE, Samples, Sound, Voice
from foleyd.engines.procedural.sounds.grounds import GROUNDS, SHOES
from foleyd.engines.procedural.sounds.solids import SOLIDS

HITS = 8
BED_SECONDS = 8
Array = npt.NDArray[Any]

_VARIANTS: dict[tuple[str, str], list[dict[str, Any]]] = {
    ("footsteps", "step"): [{"material": material} for material in GROUNDS]
    + [{"material": "wood", "tool": shoe} for shoe in SHOES]
    + [{"material": "gravel", "tool": "boots", "wetness": 0.85}, {"speed": 0.9}],
    ("hits", "hit"): [{"material": material} for material in SOLIDS]
    + [{"material": "metal", "tool": "stick"}, {"material": "metal", "size": 0.9}],
    ("breaks", "shatter"): [{"material": material} for material in BREAKS],
    ("breaks", "debris"): [{"material": material} for material in ("stone", "glass", "wood")],
    ("cloth", "rustle"): [{"material": material} for material in WEAVES],
    ("rain", "rain"): [{}, {"intensity": 0.2}, {"intensity": 0.9}]
    + [{"material": material} for material in ("roof", "metal", "leaves", "concrete", "glass", "water")],
    ("wind", "wind"): [{}, {"intensity": 0.2}, {"intensity": 0.9}, {"material": "leaves"}],
    ("wind", "thunder"): [{"distance": 0.05}, {"distance": 0.85}],
    ("engines", "pass"): [{}, {"size": 0.9}, {"tool": "motorcycle"}],
}


@dataclass(frozen=True, slots=True)
class Strikes:
    """Figures of a strike over several hits."""

    attack_ms: float
    decay_s: float
    centroid_hz: float
    level_lufs: float
    peak_db: float
    level_spread_db: float
    spectrum_spread_db: float
    early_ms: float
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Bed:
    """Figures of a bed."""

    level_lufs: float
    peak_db: float
    centroid_hz: float
    slope_db_octave: float
    modulation_db: float
    correlation: float
    seam: float
    times_real_time: float


def voices(families: list[str]) -> Iterator[tuple[Sound, Voice]]:
    """Every sound of FAMILIES with the variants worth measuring."""
    for family in FAMILIES.values():
        if families and family.name not in families:
            continue
        for sound in family.sounds:
            for qualities in _VARIANTS.get((family.name, sound.name), [{}]):
                yield sound, Voice(family.name, sound.name, character=1, **qualities)


def label(voice: Voice) -> str:
    """The voice in a few words."""
    bare = Voice(voice.family, voice.sound)
    told = [
        f"{name}={getattr(voice, name)}"
        for name in ("material", "tool", "intensity", "distance", "size", "speed", "wetness")
        if getattr(voice, name) != getattr(bare, name)
    ]
    return " ".join([f"{voice.family}.{voice.sound}", *told])


def loudness(x: Samples, *, momentary: bool) -> float:
    """LUFS of X, (2, n), by FFmpeg's ebur128: integrated, or the loudest 400 ms."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(format="fltp", sample_rate=RATE, layout="stereo", time_base=Fraction(1, RATE))
    meter = graph.add("ebur128", "metadata=1:framelog=quiet")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(x, dtype=np.float32), "fltp", "stereo")
    frame.sample_rate, frame.pts = RATE, 0
    graph.push(frame)
    graph.push(None)
    read: list[float] = []
    while True:
        try:
            out = graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            break
        if out.metadata:
            read.append(float(out.metadata["lavfi.r128.M" if momentary else "lavfi.r128.I"]))
    return max(read) if momentary else read[-1]


def stereo(x: Samples) -> Samples:
    """Mono in both channels."""
    return np.stack((x, x)) if x.ndim == 1 else x


def envelope(x: Array) -> Array:
    """Amplitude of mono X, smoothed over 1 ms."""
    return np.asarray(np.sqrt(np.convolve(x**2, np.full(48, 1 / 48), "same")))


def attack_ms(x: Array) -> float:
    """Milliseconds from 10 % of the peak to the peak's 90 %, of the smoothed amplitude."""
    env = envelope(x)
    top = env.max()
    high = int(np.argmax(env >= 0.9 * top))
    low = int(np.flatnonzero(env[: high + 1] <= 0.1 * top)[-1]) if np.any(env[:high] <= 0.1 * top) else 0
    return (high - low) / RATE * 1e3


def decay_s(x: Array) -> float:
    """T60 by backward integration (Schroeder 1965), from -5 to -25 dB."""
    tail = np.cumsum((x**2)[::-1])[::-1]
    db = 10 * np.log10(np.maximum(tail / tail[0], 1e-12))
    first, last = int(np.argmax(db <= -5)), int(np.argmax(db <= -25))
    return 3 * (last - first) / RATE


def spectrum(x: Array) -> tuple[Array, Array]:
    """(Hz, power) of mono X."""
    power = np.abs(np.fft.rfft(x, max(len(x), 8192))) ** 2
    return np.fft.rfftfreq(max(len(x), 8192), 1 / RATE), power


def centroid(x: Array) -> float:
    """Spectral centroid, Hz, of the power spectrum."""
    hz, power = spectrum(x)
    return float((hz * power).sum() / max(power.sum(), 1e-20))


def bands(x: Array) -> Array:
    """Levels in octave bands 63 Hz .. 16 kHz, dB."""
    hz, power = spectrum(x)
    edges = 63 * 2.0 ** (np.arange(10) - 0.5)
    sums = [power[(hz >= low) & (hz < high)].sum() for low, high in pairwise(edges)]
    return np.asarray(10 * np.log10(np.maximum(sums, 1e-12)))


def measure_strike(sound: Sound, voice: Voice) -> tuple[Strikes, Samples]:
    """Figures over several hits, and the hits one after the other."""
    assert sound.strike is not None
    sound.strike(voice, 0.8, np.random.default_rng(99))
    begun = time.perf_counter()
    hits = [sound.strike(voice, 0.8, np.random.default_rng(number)) for number in range(HITS)]
    spent = (time.perf_counter() - begun) / HITS
    pieces = [stereo(hit.samples) for hit in hits]
    padded = [np.pad(piece, ((0, 0), (RATE // 2, RATE // 2))) for piece in pieces]
    mono = [piece.mean(axis=0).astype(np.float64) for piece in pieces]
    levels = [loudness(piece, momentary=True) for piece in padded]
    shapes = np.array([bands(x) for x in mono])
    shapes -= shapes.mean(axis=1, keepdims=True)
    first = [int(np.argmax(np.abs(x) > 0.01 * np.abs(x).max())) for x in mono]
    figures = Strikes(
        attack_ms=float(np.median([attack_ms(x) for x in mono])),
        decay_s=float(np.median([decay_s(x) for x in mono])),
        centroid_hz=float(np.median([centroid(x) for x in mono])),
        level_lufs=float(np.mean(levels)),
        peak_db=float(20 * np.log10(max(np.abs(piece).max() for piece in pieces))),
        level_spread_db=float(np.std(levels)),
        spectrum_spread_db=float(shapes.std(axis=0).mean()),
        early_ms=float(max((hit.onset - at) / RATE * 1e3 for hit, at in zip(hits, first, strict=True))),
        milliseconds=spent * 1e3,
    )
    return figures, np.concatenate([np.pad(piece, ((0, 0), (0, RATE // 4))) for piece in pieces], axis=1)


def measure_bed(sound: Sound, voice: Voice) -> tuple[Bed, Samples]:
    """Figures of a bed, and the bed."""
    assert sound.bed is not None
    hops = BED_SECONDS * RATE // HOP
    stream = sound.bed(voice, lambda _: np.ones(HOP, dtype=np.float32), np.random.default_rng(1))
    begun = time.perf_counter()
    x = np.concatenate([next(stream) for _ in range(hops)], axis=1)
    spent = time.perf_counter() - begun
    hz, power = signal.welch(x[0], RATE, nperseg=8192)
    keep = (hz > 100) & (hz < 10_000)
    slope = np.polyfit(np.log2(hz[keep]), 10 * np.log10(power[keep] + 1e-20), 1)[0]
    short = np.sqrt((x[0].reshape(-1, 2400) ** 2).mean(axis=1))
    steps = np.abs(np.diff(x[0]))
    seams = steps[HOP - 1 :: HOP]
    figures = Bed(
        level_lufs=loudness(x, momentary=False),
        peak_db=float(20 * np.log10(np.abs(x).max())),
        centroid_hz=centroid(x[0]),
        slope_db_octave=float(slope),
        modulation_db=float(np.std(20 * np.log10(short + 1e-9))),
        correlation=float(np.corrcoef(x)[0, 1]),
        seam=float(seams.max() / np.quantile(steps, 0.999)),
        times_real_time=BED_SECONDS / spent,
    )
    return figures, x


def spectrogram(x: Samples, path: Path) -> None:
    """A picture of X: time to the right, 0 to 16 kHz upwards (log), 80 dB from black to white."""
    hz, _, power = signal.spectrogram(x.mean(axis=0), RATE, nperseg=2048, noverlap=1536)
    db = 10 * np.log10(power + 1e-14)
    rows = np.searchsorted(hz, 40 * (16_000 / 40) ** np.linspace(1, 0, 256)).clip(0, len(hz) - 1)
    image = np.clip((db[rows] - db.max() + 80) / 80 * 255, 0, 255).astype(np.uint8)
    Image.fromarray(image).resize((min(1400, 4 * image.shape[1]), 256)).save(path)


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("families", nargs="*", help="measure these only")
    parser.add_argument("--out", type=Path, help="folder for WAVs and spectrograms")
    chosen = parser.parse_args()
    if chosen.out:
        chosen.out.mkdir(parents=True, exist_ok=True)
    print("strikes: attack ms, T60 s, centroid Hz, loudest 400 ms LUFS, peak dBFS, spread of level and")
    print("spectrum dB, ms sounding (-40 dB) before the onset, ms to make")
    for sound, voice in voices(chosen.families):
        if sound.strike is not None:
            s, x = measure_strike(sound, voice)
            print(
                f"{label(voice):48} {s.attack_ms:7.1f} {s.decay_s:6.2f} {s.centroid_hz:7.0f} "
                f"{s.level_lufs:7.1f} {s.peak_db:6.1f} {s.level_spread_db:5.1f} {s.spectrum_spread_db:5.1f} "
                f"{s.early_ms:8.1f} {s.milliseconds:6.1f}"
            )
            _keep(chosen.out, voice, "hits", x)
    print("beds: integrated LUFS, peak dBFS, centroid Hz, slope dB/octave, level spread dB (50 ms),")
    print("correlation of the ears, largest step at a seam against the 99.9th percentile, times real time")
    for sound, voice in voices(chosen.families):
        if sound.bed is not None:
            b, x = measure_bed(sound, voice)
            print(
                f"{label(voice):48} {b.level_lufs:7.1f} {b.peak_db:6.1f} {b.centroid_hz:7.0f} "
                f"{b.slope_db_octave:6.1f} {b.modulation_db:5.1f} {b.correlation:6.2f} {b.seam:5.2f} "
                f"{b.times_real_time:7.0f}"
            )
            _keep(chosen.out, voice, "bed", x)


def _keep(folder: Path | None, voice: Voice, kind: str, x: Samples) -> None:
    if folder is not None:
        name = re.sub(r"[^\w.]+", "_", f"{label(voice)}-{kind}")
        soundfile.write(folder / f"{name}.wav", x.T, RATE, subtype="FLOAT")
        spectrogram(x, folder / f"{name}.png")


if __name__ == "__main__":
    main()

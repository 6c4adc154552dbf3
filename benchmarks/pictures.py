"""Draws the spectrograms of docs/pictures: a take over known events, and sounds side by side.

python -m benchmarks.pictures [--out docs/pictures]
"""

from __future__ import annotations

import argparse
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import signal

from benchmarks.sounds import measure_bed, measure_strike
from foleyd.engines.engine import Audio, Item, Window
from foleyd.engines.procedural.engine import ProceduralEngine
from foleyd.engines.procedural.sight import CONTACT, Impacts, Sight
from foleyd.engines.procedural.sounds.catalogue import sound_of
from foleyd.engines.procedural.sounds.family import RATE, Samples, Voice

PROMPT = "heavy boots on wet gravel, distant thunder, light rain"
SECONDS = 10
SHOWN = [
    Voice("footsteps", "step", "concrete", character=1),
    Voice("footsteps", "step", "gravel", "boots", character=1),
    Voice("hits", "hit", "metal", character=1),
    Voice("breaks", "shatter", "glass", character=1),
    Voice("doors", "creak", character=1),
    Voice("rain", "rain", intensity=0.25),
    Voice("fire", "fire"),
    Voice("engines", "pass", size=0.5),
]
_TOP, _BOTTOM, _RANGE = 16_000.0, 40.0, 75.0
_MARGIN = 22


def spectrogram(x: Samples, width: int, height: int) -> Image.Image:
    """X, (2, n), as a picture: 40 Hz to 16 kHz upwards (log), 75 dB from black to white."""
    hz, _, power = signal.spectrogram(x.mean(axis=0), RATE, nperseg=2048, noverlap=1536)
    db = 10 * np.log10(power + 1e-14)
    rows = np.searchsorted(hz, _BOTTOM * (_TOP / _BOTTOM) ** np.linspace(1, 0, height)).clip(0, len(hz) - 1)
    shade = np.clip((db[rows] - db.max() + _RANGE) / _RANGE * 255, 0, 255).astype(np.uint8)
    return Image.fromarray(shade).resize((width, height)).convert("RGB")


def take() -> Image.Image:
    """A take of PROMPT over a walk whose steps are known; ticks on top are the picture's events."""
    times = np.arange(0.6, SECONDS - 0.3, 0.55)
    count = len(times)
    strength = np.tile([0.9, 0.7, 0.8, 0.6], count)[:count]
    even = np.full(count, 0.05)
    steps = Impacts(times, strength, np.zeros(count), even, even, np.full(count, CONTACT, np.int8))
    frames = np.arange(SECONDS * 25) / 25
    still = np.zeros(len(frames))
    seen = Sight(float(SECONDS), frames, still + 0.3, still, still, still, still, still, np.zeros(0), steps)
    window = Window(Fraction(0), SECONDS * RATE)
    item = Item([(window, seen.to_features())], PROMPT, "", 4, SECONDS * RATE)
    made = ProceduralEngine().generate([item], lambda _done, _total: None, lambda _index: False)[0]
    assert isinstance(made, Audio)
    picture = Image.new("RGB", (1200, 300 + _MARGIN), "white")
    picture.paste(spectrogram(made.samples, 1200, 300), (0, _MARGIN))
    draw = ImageDraw.Draw(picture)
    for event in made.events:
        x = round(float(event.time) / SECONDS * 1200)
        draw.line((x, 6, x, _MARGIN - 1), fill=(200, 30, 30), width=2)
    return picture


def sounds() -> Image.Image:
    """The first two seconds of some sounds, side by side."""
    font = ImageFont.load_default(15)
    wide, high = 296, 200
    picture = Image.new("RGB", (4 * (wide + 4) - 4, 2 * (high + _MARGIN)), "white")
    draw = ImageDraw.Draw(picture)
    for number, voice in enumerate(SHOWN):
        sound = sound_of(voice)
        x = measure_strike(sound, voice)[1] if sound.strike else measure_bed(sound, voice)[1]
        seconds = 6 if voice.sound == "pass" else 2
        left, top = number % 4 * (wide + 4), number // 4 * (high + _MARGIN)
        picture.paste(spectrogram(x[:, : seconds * RATE], wide, high), (left, top + _MARGIN))
        told = " ".join(word for word in (voice.sound, voice.material) if word)
        draw.text((left + 2, top + 2), f"{told}, {seconds} s", fill="black", font=font)
    return picture


def main() -> None:
    """Writes take.png and sounds.png."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    folder = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in (("procedural-take", take()), ("procedural-sounds", sounds())):
        picture.quantize(64).save(folder / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()

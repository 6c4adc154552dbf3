"""A take's file as sound, to be cut anew: the samples as they are, exact to the bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from foleyd.media.errors import MediaMissing, MediaUnreadable
from foleyd.media.loudness import Block
from foleyd.timebase import SAMPLE_RATE


class FileSound:
    """Sound of the WAV file at PATH from its sample OFFSET on, SAMPLES long; silence where it has none.

    24-bit samples are whole numbers of 2^-23, which float32 holds exactly. Raises MediaMissing and
    MediaUnreadable.
    """

    def __init__(self, path: Path, offset: int, samples: int) -> None:
        self._path = path
        self._offset = offset
        self._held, self.channels = take_shape(path)
        self.samples = samples

    def read(self, start: int, stop: int) -> Block:
        """Samples START up to STOP, float32 (channels, STOP - START)."""
        first, last = start + self._offset, stop + self._offset
        begin, end = max(0, first), min(self._held, last)
        block = np.zeros((self.channels, stop - start), np.float32)
        if begin < end:
            with soundfile.SoundFile(self._path) as file:
                file.seek(begin)
                found = file.read(end - begin, dtype="float32", always_2d=True).T
            block[:, begin - first : begin - first + found.shape[1]] = found
        return block


def take_shape(path: Path) -> tuple[int, int]:
    """Samples and channels of the 48 kHz WAV at PATH. Raises MediaMissing, MediaUnreadable."""
    try:
        facts = soundfile.info(str(path))
    except soundfile.LibsndfileError as error:
        if not path.exists():
            raise MediaMissing(f"{path} does not exist; put it there or relink it", path) from error
        raise MediaUnreadable(f"{path.name} is no sound file that can be read", path) from error
    if facts.samplerate != SAMPLE_RATE:
        raise MediaUnreadable(f"{path.name} has {facts.samplerate} samples a second, not {SAMPLE_RATE}", path)
    return facts.frames, facts.channels

"""A bench of one emulated Resolve with one timeline, and WAV files whose samples say where they stand."""

from __future__ import annotations

import wave
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from resolve_emulator import Host, build_project


class Bench:
    """A host and the objects a script would hold."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.resolve = host.resolve()
        self.project = self.resolve.GetProjectManager().GetCurrentProject()
        self.pool = self.project.GetMediaPool()
        self.timeline = self.project.GetCurrentTimeline()

    def place(self, clip: Any, at: int, frames: int, track: int = 2, start: int = 0) -> Any:
        return self.pool.AppendToTimeline(
            [
                {
                    "mediaPoolItem": clip,
                    "startFrame": start,
                    "endFrame": start + frames,
                    "mediaType": 2,
                    "trackIndex": track,
                    "recordFrame": at,
                }
            ]
        )

    def spans(self, track: int = 2, kind: str = "audio") -> list[tuple[int, int]]:
        return [(i.GetStart(), i.GetEnd()) for i in self.timeline.GetItemListInTrack(kind, track) or []]


MOVIE = {"path": "/m/a.mov", "kind": "Video + Audio", "frames": 1000, "start_tc": "01:00:00:00"}


@pytest.fixture
def bench() -> Callable[..., Bench]:
    """A timeline from 01:00:00:00 with a movie on V1 and A1, frames 0 to 100, source from 24; A2 is empty."""

    def make(version: str = "20.3", edition: str = "studio", rate: str = "24", **options: Any) -> Bench:
        host = Host(version, edition, **options.pop("quirks", {}))
        clip = {"path": "/m/a.mov", "at": 0, "in": 24, "duration": 100, "audio": 1, **options.pop("clip", {})}
        media = {
            **MOVIE,
            "rate": options.pop("media_rate", rate.replace(" DF", "")),
            **options.pop("media", {}),
        }
        timeline = {"name": "Cut", "video": [[clip]], "audio": [{}, {}], **options.pop("timeline", {})}
        build_project(host, {"rate": rate, "media": [media], "timelines": [timeline], **options})
        return Bench(host)

    return make


@pytest.fixture
def wav(tmp_path: Path) -> Callable[..., str]:
    """A 24-bit WAV; sample n of channel c is n * 16 + c (in 24-bit steps), or what VALUE says."""

    def make(
        name: str, samples: int, channels: int = 2, value: Callable[[int, int], int] | None = None
    ) -> str:
        values = array("i")
        for n in range(samples):
            for c in range(channels):
                step = n * 16 + c if value is None else value(n, c)
                values.append(step << 8)
        raw = values.tobytes()
        data = bytearray(len(values) * 3)
        data[0::3], data[1::3], data[2::3] = raw[1::4], raw[2::4], raw[3::4]
        path = tmp_path / name
        with wave.open(str(path), "wb") as file:
            file.setnchannels(channels)
            file.setsampwidth(3)
            file.setframerate(48000)
            file.writeframes(bytes(data))
        return str(path)

    return make

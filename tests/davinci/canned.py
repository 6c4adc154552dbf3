"""A stage on which foley's part is played at once: one cue of two takes, from files made here."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

import pytest
from foley_davinci import foley_generate
from foley_davinci.exporting import Exported
from foley_davinci.foley_jobs import JobView
from foley_davinci.foley_requests import Ask
from foley_davinci.foley_server import ServerWatch
from foley_davinci.resolve_host import seen_of
from foley_davinci.shots import edges, flatten

from davinci.stage import Stage, clip_spec

RATE, START, FRAMES, HANDLES = 25, 90_000, 50, 12
GOOD = [
    ("Foley: foley", "mono", [(START, START + FRAMES, True)]),
    ("Foley: foley (take 2)", "mono", [(START, START + FRAMES, False)]),
]
"""The new tracks of a job that went well."""


def laid(stage: Stage) -> list[Any]:
    """The tracks below the editor's own one."""
    return stage.tracks()[1:]


def canned_stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *build: str, **quirks: Any) -> Stage:
    """A timeline with the editor's own sound and markers on it; its clip is selected, marked, and shown."""

    def server(visit: Any) -> ServerWatch:
        watch = ServerWatch(lambda: [])
        watch.engines, watch.layers = ["fake"], ["foley"]
        return watch

    def see(visit: Any, ask: Ask, source: Any) -> Any:
        tracks = visit.host.picture_tracks()
        visit.look.cuts = edges(flatten((item.start, item.end) for item in seen_of(tracks)), source.spans)
        return Exported(visit.host, tracks, visit.folder.path)

    def made(visit: Any, ask: Ask, exported: Any) -> JobView:
        job = f"job-{len(list(tmp_path.glob('job*')))}"
        (tmp_path / job).mkdir()
        result = _result(tmp_path / job)
        return JobView("1", "steps", ask, state="done", result=result, engine="fake", job_id=job)

    monkeypatch.setattr(foley_generate.Visit, "_server", server)
    monkeypatch.setattr(foley_generate.Visit, "_see", see)
    monkeypatch.setattr(foley_generate.Visit, "_make", made)
    line = {"path": str(tmp_path / "line.wav"), "at": 3, "in": 0, "duration": 9}
    spec = clip_spec(
        tmp_path / "shot.mov",
        "25",
        FRAMES,
        markers=[{"frame": 0, "name": "mine"}],
        audio=[{"name": "Dialogue", "clips": [line]}],
        selection=["shot.mov"],
        marks=[0, FRAMES - 1],
    )
    spec["media"].append({"path": str(tmp_path / "line.wav"), "kind": "Audio", "rate": "25", "frames": 100})
    return Stage(monkeypatch, spec, *build, **quirks)


def _result(folder: Path) -> dict[str, Any]:
    """A foleyd.v1.Result of one cue with two takes."""
    takes = [_take(number, folder) for number in (1, 2)]
    placements = [
        {
            "cue_id": "cue-1",
            "take_id": take["id"],
            "track_name": name,
            "layer": "foley",
            "range": {"start_frame": 0, "end_frame": FRAMES},
            "enabled": items[0][2],
            "path": take["path"],
        }
        for take, (name, _, items) in zip(takes, GOOD, strict=True)
    ]
    return {"takes": takes, "placements": placements, "cues": [{"id": "cue-1", "prompt": "steps"}]}


def _take(number: int, folder: Path) -> dict[str, Any]:
    path = folder / f"{folder.name}_take{number}.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(3)
        file.setframerate(48_000)
        file.writeframes(b"\1\2\3" * ((HANDLES + FRAMES + 1) * 48_000 // RATE))
    return {
        "id": f"take-{number}",
        "cue_id": "cue-1",
        "path": str(path),
        "seed": number,
        "channels": 1,
        "file_range": {"start_frame": -HANDLES, "end_frame": FRAMES + 1},
    }

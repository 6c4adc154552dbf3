"""Where no Python runs in Resolve: its export goes into a watched folder, and the answer is imported."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from os import environ
from pathlib import Path
from typing import Any

import pytest

from clipmaker import make_clip
from davinci.stage import clip_spec
from resolve_emulator.builder import build_project
from resolve_emulator.host import Host

FRAMES = 60


@pytest.mark.slow
def test_an_export_comes_back_as_a_timeline_with_the_sound_on_its_frames(
    tmp_path: Path, answer: Callable[..., dict[str, Any]]
) -> None:
    answer()  # names the command that knows the engine for the tests
    clip = make_clip(tmp_path / "flashes.mp4", frames=FRAMES, size=(96, 64))
    host = Host("21.1", "free")
    markers = [{"frame": 10, "name": "clicks", "duration": 24}]
    build_project(host, clip_spec(clip, "23.976", FRAMES, start="01:00:00:00", markers=markers))
    resolve = host.resolve()
    project = resolve.GetProjectManager().GetCurrentProject()
    watched = tmp_path / "watched"
    watched.mkdir()
    sent = watched / "Cut 1 2026-11-26 10-00-00.otio"
    assert project.GetCurrentTimeline().Export(str(sent), resolve.EXPORT_OTIO, resolve.EXPORT_NONE)
    command = [
        environ["FOLEYD_COMMAND"],
        "watch",
        watched,
        "--once",
        "--target",
        "resolve",
        "--engine",
        "fake",
    ]
    subprocess.run(command, check=True, timeout=120)
    (made,) = (watched / "foley" / sent.name).glob("*.otio")
    options = {"timelineName": "Cut 1 with Foley", "importSourceClips": True}
    timeline = project.GetMediaPool().ImportTimelineFromFile(str(made), options)
    assert host.refusals == []
    assert timeline.GetTrackName("audio", 2) == "Foley: foley"
    assert [
        (item.GetStart(), item.GetEnd(), item.GetLeftOffset())
        for item in timeline.GetItemListInTrack("audio", 2)
    ] == [(86_410, 86_434, 12)]

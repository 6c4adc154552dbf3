"""What Resolve is asked for, and what is then heard, is what the worked examples say, to the sample."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from wavinfo import WavInfoReader

from clipmaker import make_clip
from davinci.stage import Editor, Stage
from davinci.worked_examples import CLIPS, RATES, Example
from davinci.worked_pictures import PICTURES
from davinci.worked_tracks import TRACKS
from resolve_emulator.mix import mix
from resolve_emulator.rates import half_up

EXAMPLES = [*RATES, *PICTURES, *TRACKS]
BASE = {
    "29.97 DF in out marks off the grid of samples",
    "59.94 DF from 10:00:00;00, handles 30",
    "23.976 at 50 %, handles cut at timecode zero",
    "two layers, two takes, 29.97 DF",
    "25 in a project of 24",
}
"""Those that are run every time."""
CLICK = 48
"""Samples that the engine for the tests makes a click of, each of them 0.5."""


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The clip of a name in CLIPS, made when it is first asked for."""
    folder = tmp_path_factory.mktemp("clips")

    def clip(name: str) -> Path:
        path = folder / name
        return path if path.exists() else _make(path)

    return clip


def _make(path: Path) -> Path:
    about = CLIPS[path.name]
    jumps = about["jumps"]

    def draw(number: int) -> npt.NDArray[np.uint8]:
        bright = sum(number >= jump for jump in jumps) % 2
        return np.full((64, 96, 3), 200 if bright else 40, np.uint8)

    return make_clip(
        path,
        rate=Fraction(*about["exact"]),
        frames=about["frames"],
        size=(96, 64),
        timecode=about.get("timecode", ""),
        draw=draw,
    )


def _project(example: Example, clips: Callable[[str], Path]) -> dict[str, Any]:
    """The project with the clips' names turned into paths, for the emulator's builder."""
    used: set[str] = set()

    def placed(clip: dict[str, Any]) -> dict[str, Any]:
        if "clip" not in clip:
            return clip
        used.add(clip["clip"])
        return {**{key: clip[key] for key in clip if key != "clip"}, "path": str(clips(clip["clip"]))}

    timeline = dict(example.timeline)
    timeline["video"] = [
        {**track, "clips": [placed(clip) for clip in track["clips"]]}
        if isinstance(track, dict)
        else [placed(clip) for clip in track]
        for track in timeline["video"]
    ]
    media = [
        {
            "path": str(clips(name)),
            "kind": "Video",
            "rate": CLIPS[name]["rate"],
            "frames": CLIPS[name]["frames"],
            "start_tc": CLIPS[name].get("timecode", "00:00:00:00"),
        }
        for name in sorted(used)
    ]
    return {**example.project, "media": media, "timelines": [{"name": "Cut 1", **timeline}]}


def _calls(stage: Stage) -> list[tuple[Any, ...]]:
    """The calls that add tracks and sound, in order, as the table writes them."""
    found: list[tuple[Any, ...]] = []
    keys = ("startFrame", "endFrame", "recordFrame", "trackIndex", "mediaType")
    for call in stage.host.journal.calls(
        "Timeline.AddTrack", "Timeline.SetTrackName", "MediaPool.AppendToTimeline"
    ):
        name = call.name.partition(".")[2]
        if name == "AppendToTimeline":
            for wish in call.args[0]:
                assert set(wish) == {"mediaPoolItem", *keys}
                assert all(type(wish[key]) is int for key in keys)
                found.append((name, *(wish[key] for key in keys)))
        else:
            found.append((name, *call.args))
    return found


def _heard(stage: Stage, zero: int, tracks: list[int] | None = None) -> list[tuple[int, float]]:
    """Where clicks begin in the timeline's mix, counted from timecode zero, and how loud they are.

    ZERO is the sample of the timeline's first frame. All that is not a click is silent.
    """
    sound = mix(stage.timeline, tracks=tracks)
    assert sound.left_out == []
    left, right = (np.asarray(channel) for channel in sound.channels)
    assert np.array_equal(left, right), "a mono track is heard on both sides"
    rest, found = left.copy(), []
    while rest.any():
        at = int(np.flatnonzero(rest)[0])
        click = rest[at : at + CLICK]
        assert np.array_equal(click, np.full(CLICK, click[0])), f"no clean click at {at}"
        found.append((zero + sound.first + at, float(click[0])))
        rest[at : at + CLICK] = 0
    return found


def _positions(clicks: list[tuple[int, int, float]]) -> list[tuple[int, float]]:
    """Where CLICKS of the table are heard: at most one sample beside the frame's own."""
    assert all(abs(beside) <= 1 for _, beside, _ in clicks)
    return [(sample + beside, level) for sample, beside, level in clicks]


def _well(person: Editor) -> None:
    assert person.sentence == ""
    assert person.receipt
    assert [cells for cells in person.receipt if cells[0] != "OK"] == []


@pytest.mark.parametrize(
    "example",
    [
        pytest.param(example, id=example.name, marks=[] if example.name in BASE else pytest.mark.slow)
        for example in EXAMPLES
    ],
)
def test_every_frame_and_sample_is_the_one_worked_out_by_hand(
    example: Example,
    make: Callable[..., Stage],
    answer: Callable[..., dict[str, Any]],
    clips: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    stage = make(_project(example, clips), *example.build)
    person = stage.click(example.entry, answer(**example.answer), choices=["Make it all the same"])
    _well(person)
    assert len(person.chosen) == (stage.timeline.rate != stage.host.project.rate)
    assert _calls(stage) == example.calls

    audio = stage.timeline.tracks["audio"]
    assert [
        (number, int(item.start), int(item.end), item.enabled)
        for number, track in enumerate(audio, 1)
        for item in track.items
    ] == example.items

    for wish, (samples, time_reference, lead) in zip(stage.appended(), example.files, strict=True):
        path = str(tmp_path / "sound" / wish["mediaPoolItem"])
        cue = half_up(Fraction(wish["recordFrame"]) * 48_000 / stage.timeline.rate)
        assert time_reference - cue == lead
        assert WavInfoReader(path).bext.time_reference == time_reference
        info = soundfile.info(path)
        assert (info.samplerate, info.subtype) == (48_000, "PCM_24")
        if isinstance(samples, str):
            assert info.frames >= int(samples.removeprefix(">="))
        else:
            assert info.frames == samples

    if example.clicks is not None:
        assert _heard(stage, example.zero) == _positions(example.clicks)
    for number, clicks in example.alternates.items():
        for item in audio[number - 1].items:
            item.enabled = True
        assert _heard(stage, example.zero, [number]) == _positions(clicks)

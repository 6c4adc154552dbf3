"""OpenTimelineIO from and to Blender's File menu, against a real daemon."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from PIL import Image

from clipmaker import make_clip, read_number

np = pytest.importorskip("numpy")

SAMPLES = Path(__file__).parents[1] / "data" / "otio"
RATES = ("24000/1001", "25", "30000/1001", "60")


def sound(path: Path, seconds: int = 4) -> Path:
    import wave

    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(b"\0\0" * 48_000 * seconds)
    return path


def with_sound(blender: Any) -> None:
    if blender.version[:2] == (4, 2):
        pytest.skip("bpy 4.2 is built without sound")


def files(folder: Path, rate: str) -> tuple[Path, Path, Path]:
    other = Fraction(30) if rate != "60" else Fraction(24)
    movie = make_clip(folder / "movie.mp4", rate=Fraction(rate), frames=100)
    return movie, make_clip(folder / "other.mp4", rate=other, frames=101), sound(folder / "sound.wav")


# ------------------------------------------------------------------------------------------ round trip


@pytest.mark.parametrize("rate", RATES)
def test_an_edit_written_and_read_is_the_same_edit(blender: Any, tmp_path: Path, rate: str) -> None:
    with_sound(blender)
    answer = blender("timeline_cases", "round_trip", rate, *files(tmp_path, rate), tmp_path)
    before, after = answer["before"], answer["after"]
    assert len(before["strips"]) == 13
    for one, other in zip(before["strips"], after["strips"], strict=True):
        assert one == other
    assert before == after
    assert before["rate"] == rate
    assert answer["untouched"]
    assert answer["shown"]
    assert before["warnings"] == []


def test_the_written_document_says_what_was_worked_out_by_hand(blender: Any, tmp_path: Path) -> None:
    """Scene frame 1 is record frame 0, labelled 00:00:00:01."""
    with_sound(blender)
    answer = blender("timeline_cases", "round_trip", "25", *files(tmp_path, "25"), tmp_path)
    timeline = otio.adapters.read_from_file(answer["path"])
    assert timeline.global_start_time == otio.opentime.RationalTime(1, 25)
    names = [(track.name, track.kind) for track in timeline.tracks]
    assert names == [
        ("Main", "Video"),
        ("Over", "Video"),
        ("Muted", "Video"),
        ("Sound", "Audio"),
        ("Foley: foley", "Audio"),
    ]
    found = {}
    for track in timeline.tracks:
        for index, item in enumerate(track):
            if isinstance(item, otio.schema.Clip):
                record = track.range_of_child_at_index(index)
                used = item.source_range
                speed = [effect.time_scalar for effect in item.effects]
                numbers = (record.start_time.value, record.duration.value, round(used.start_time.value, 3))
                found[item.name] = (*numbers, used.duration.value, round(speed[0], 3) if speed else 1)
                assert (record.start_time.rate, used.start_time.rate) == (25, 25)
    # Retimed to 50 frames; before 5.0 the last key lies on the last frame: 99 frames in 50, and half a
    # frame more since Blender shows the nearest frame.
    fast = 12 if blender.version >= (5, 0, 0) else 6 * 1.98 + 0.5
    slow = 25 * 0.5 + 0.5
    quick = 2 * 2 if blender.version >= (5, 0, 0) else 2 * 1.98
    assert found == {
        "cut a": (0, 20, 0, 20, 1),
        "cut b": (20, 20, 20, 20, 1),
        "slipped": (59, 20, 15, 20, 1),
        "backward": (109, 15, 75, 15, -1),  # shows 89 first and 75 last
        "frame by frame": (129, 20, round(4 * 25 / 30, 3), 20, round(25 / 30, 3)),
        "frozen": (159, 20, 40, 20, 0),
        "fast": (102, 10, round(fast, 3), 10, 2),
        "slow": (224, 35, slow, 35, 0.5),
        "muted": (4, 10, 4, 10, 1),
        "sound": (13, 16, 4, 16, 1),
        "within": (43, 16, 4.125, 16, 1),
        "quick": (199, 15, round(quick, 3), 15, 2),
        "take": (19, 20, 12, 20, 1),
    }
    clips = {clip.name: clip for clip in timeline.find_clips()}
    assert not clips["muted"].enabled
    assert not timeline.tracks[2].enabled
    take = clips["take"].metadata["foleyd"]
    assert (take["job"], take["seed"], take["negative_prompt"]) == ("j1", str(2**40), "music")
    markers = [
        (m.name, m.marked_range.start_time.value, m.marked_range.duration.value) for m in marks(timeline)
    ]
    assert markers == [("steps", 4, 20), ("door", 69, 1), ("", 89, 1)]
    tool = Path(sys.executable).parent / "otiotool"
    words = [str(tool), "--input", answer["path"], "--verify-ranges", "--list-clips"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert "OUT OF BOUNDS" not in done.stdout


def marks(timeline: otio.schema.Timeline) -> list[otio.schema.Marker]:
    return sorted(timeline.tracks.markers, key=lambda marker: marker.marked_range.start_time)


# --------------------------------------------------------------------------------------------- samples


def test_documents_of_other_tools_are_built_with_named_placeholders(blender: Any) -> None:
    answers = blender("timeline_cases", "samples", SAMPLES)
    newer = answers.pop("08-premiere-via-fcp7xml-newer-schema.otio")
    assert "Marker.3" in newer["refused"]
    assert newer["left"] == []
    counts = {name[:2]: len(answer["strips"]) for name, answer in answers.items()}
    assert counts == dict(zip(counts, (37, 1, 1, 15, 1, 1, 12, 1, 7, 1), strict=True))
    for answer in answers.values():
        for strip in answer["strips"]:
            assert strip["kind"] == "TEXT"
            assert strip["name"].startswith("missing: ")
            assert strip["missing"]
        assert answer["warnings"] == []  # and all of it can be written again
        assert any("placeholders" in sentence for sentence in answer["told"])
    resolve = answers["01-resolve-animatic-24fps.otio"]
    assert resolve["label"] == [86400, False]
    by_channel = [s["lies"][:2] for s in resolve["strips"] if s["channel"] == "Audio 2"]
    assert sorted(by_channel) == [[348, 433], [473, 501]]  # record 347 to 432 and 472 to 500, from frame 1
    retimed = answers["06-hiero-clip-2x-plus-timewarp.otio"]["shots"][0]
    assert retimed[-1] == "2"
    assert answers["10-avid-via-aaf-2997-dropframe.otio"]["label"] == [539460, True]
    assert answers["10-avid-via-aaf-2997-dropframe.otio"]["rate"] == "30000/1001"
    assert [114, "My MArker 1"] in answers["07-premiere-via-fcp7xml-30fps.otio"]["markers"]


# ------------------------------------------------------------------------------------- what is shown


def document(path: Path, rate: float, clips: list[tuple[Path, float, float, int, float]]) -> Path:
    """CLIPS are file, its rate, the first frame used, frames of the record, speed; one after another."""
    timeline = otio.schema.Timeline("shown")
    timeline.global_start_time = otio.opentime.RationalTime(0, rate)
    track = otio.schema.Track("V", kind="Video")
    moment, span = otio.opentime.RationalTime, otio.opentime.TimeRange
    for file, own, first, count, speed in clips:
        reference = otio.schema.ExternalReference(file.as_uri(), span(moment(0, own), moment(100, own)))
        used = span(moment(first * rate / own, rate), moment(count, rate))
        clip = otio.schema.Clip("shot", reference, used)
        if speed == 0:
            clip.effects.append(otio.schema.FreezeFrame())
        elif speed != 1:
            clip.effects.append(otio.schema.LinearTimeWarp(time_scalar=speed))
        track.append(clip)
    timeline.tracks.append(track)
    otio.adapters.write_to_file(timeline, str(path))
    return path


@pytest.mark.parametrize("rate", ["24000/1001", "25", "60"])
def test_the_frames_of_a_document_are_the_frames_that_blender_shows(
    blender: Any, tmp_path: Path, rate: str
) -> None:
    """Rendered and read from the picture: exact at the scene's rate, else within a frame of the file."""
    exact = Fraction(rate)
    same = make_clip(tmp_path / "same.mp4", rate=exact, frames=100)
    other = make_clip(tmp_path / "other.mp4", rate=Fraction(30), frames=100)
    fps = float(exact)
    shots = [
        (same, fps, 20, 20, 1.0),
        (same, fps, 50, 20, -1.0),
        (same, fps, 33, 20, 0.0),
        (same, fps, 10, 20, 2.0),
        (same, fps, 10, 20, 0.5),
        (same, fps, 20, 20, -2.0),
        (other, 30.0, 24, 20, 1.0),
    ]
    path = document(tmp_path / "shown.otio", fps, shots)
    wanted = [1 + 20 * shot + at for shot in range(len(shots)) for at in (0, 1, 7, 13, 19)]
    answer = blender("timeline_cases", "shown_frames", path, json.dumps(wanted))
    assert answer["told"] == []
    for frame in wanted:
        shot, at = divmod(frame - 1, 20)
        _, own, first, count, speed = shots[shot]
        step = Fraction(speed) * Fraction(own).limit_denominator(2000) / exact
        # Backward, the last of the used frames is shown first.
        position = first - step * (count - at) - 1 if speed < 0 else first + step * at
        picture = np.asarray(Image.open(answer["files"][str(frame)]).convert("RGB"))
        shown = read_number(picture)
        if abs(step) in (0, 1):
            assert shown == position, (shots[shot], at)
        else:
            assert abs(shown - math.floor(position)) <= 1, (shots[shot], at, float(position))


# ---------------------------------------------------------------------------------- into what is there


def test_strips_that_are_there_stay_as_they_are(blender: Any, tmp_path: Path) -> None:
    movie, _, wav = files(tmp_path, "25")
    clips = [(movie, 25.0, 10, 20, 1.0), (movie, 25.0, 5, 20, 2.0), (wav, 25.0, 0, 20, 1.0)]
    path = document(tmp_path / "more.otio", 25.0, clips)
    answer = blender("timeline_cases", "here", path, movie, "25")
    assert "could not be built" in answer["failed"]
    assert answer["taken_back"]
    assert answer["channels"] == [5]  # 3 is the highest that is used, 4 is locked
    (before, names, chosen, active, scenes), (after, names_now, *rest) = answer["before"], answer["after"]
    assert rest == [chosen, active, scenes]
    mine = [strip for strip in after["strips"] if strip["name"] in ("mine", "other")]
    assert mine == before["strips"]
    new = [strip for strip in after["strips"] if strip not in mine]
    assert [strip["lies"][:2] for strip in new] == [
        [10, 30],
        [30, 50],
        [50, 70],
    ]  # from the scene's first frame
    assert (after["range"], after["markers"]) == (before["range"], before["markers"])
    assert [name for name in names_now if name not in names] == [[5, "V", False]]
    assert any("cannot read" in sentence for sentence in answer["told"])  # the sound on a picture track


def test_another_rate_goes_into_a_scene_with_its_cuts_on_the_nearest_frames(
    blender: Any, tmp_path: Path
) -> None:
    movie, *_ = files(tmp_path, "25")
    path = document(tmp_path / "more.otio", 25.0, [(movie, 25.0, 10, 25, 1.0), (movie, 25.0, 40, 25, 1.0)])
    answer = blender("timeline_cases", "here", path, movie, "30")
    new = [s for s in answer["after"][0]["strips"] if s["name"].startswith("shot")]
    assert [strip["lies"][:2] for strip in new] == [[10, 40], [40, 70]]
    assert any("another one" in sentence for sentence in answer["told"])


# --------------------------------------------------------------------------------------------- unsayable


def test_what_a_document_cannot_say_is_named(blender: Any, tmp_path: Path) -> None:
    movie = make_clip(tmp_path / "movie.mp4", frames=100)
    answer = blender("timeline_cases", "unsayable", movie, tmp_path)
    said = " | ".join(answer["warnings"])
    for words in ("texts are left out", "colours go in as black: red", "metas go in", "held frames: long"):
        assert words in said
    assert "missing media" in said
    timeline = otio.adapters.read_from_file(answer["path"])
    names = {clip.name for clip in timeline.find_clips()}
    assert names == {"red", "inner", "long", "a scene"}
    inner = next(clip for clip in timeline.find_clips() if clip.name == "inner")
    assert inner.source_range.duration.value == 12  # cut to the meta: scene frames 8 to 20
    assert inner.source_range.start_time.value == 7

"""What people see and hear of a refresh: every take that lies on the timeline, in its place."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile

from foleyd.brief import Brief, Commission, Conformed, Names
from foleyd.cue import FrameRange, Program
from foleyd.looks import mix_of, span_of
from foleyd.refreshed import Outcome, Refreshed, TakeFile
from foleyd.request import Output
from foleyd.shown import lying_takes
from foleyd.take_files import target_of
from foleyd.timebase import Timecode

RATE = Fraction(25)
FRAME = 1920
PROGRAM = Program(Timecode(90_000, RATE), (), 100)
LEAD = 12 * FRAME


def commission(*refreshed: Refreshed, target: str = "") -> Commission:
    brief = Brief("edit", PROGRAM, None, (), refreshed=refreshed)
    when = datetime(2026, 1, 1, tzinfo=UTC)
    return Commission("job-2", when, brief, {}, Output(target=target), Names({}, {}))


def ramp(path: Path, frames: int) -> TakeFile:
    """A file of a cue of so many FRAMES with handles, whose every sample says its number."""
    samples = frames * FRAME + 2 * LEAD
    soundfile.write(path, np.arange(samples) / 2**20, 48_000, subtype="PCM_24")
    return TakeFile(path, LEAD, samples)


@pytest.fixture
def lying(tmp_path: Path) -> Refreshed:
    """A take of 20 frames over 10 to 30 that stayed as it was."""
    return Refreshed(
        at=(1, 1),
        job="job-1",
        cue_id="cue-1",
        take_id="cue-1:7",
        layer="foley",
        prompt="steps",
        seed=7,
        number=1,
        enabled=True,
        track_name="Foley: foley",
        outcome=Outcome.KEPT,
        why="its picture is as it was",
        made=None,
        lies=FrameRange(10, 30),
        record=FrameRange(10, 30),
        zero=Fraction(10, 25),
        file=ramp(tmp_path / "a.wav", 20),
        notes={"engine": "fake", "engine_version": "1", "handles": 12, "negative_prompt": "music",
               "file": {"lead": LEAD, "samples": 20 * FRAME + 2 * LEAD}, "target": "resolve"},
    )  # fmt: skip


def heard(shown: list[Refreshed]) -> np.ndarray:
    takes = lying_takes(commission(*shown), Conformed((), 0.0), shown, {}).takes
    mix = mix_of(takes, PROGRAM, span_of(take.cue.record for take in takes), 0.0)
    return np.round(np.concatenate(list(mix), axis=1)[0] * 2**20).astype(int)


def test_a_take_that_stayed_is_heard_where_it_lies(lying: Refreshed) -> None:
    samples = heard([lying])
    assert len(samples) == 20 * FRAME
    assert (samples[500], samples[-500]) == (LEAD + 500, LEAD + 20 * FRAME - 500)


def test_a_take_is_heard_as_an_editor_trimmed_or_slipped_it(lying: Refreshed) -> None:
    """Frame 15 is the fifth of its cue; slipped by three, the eighth."""
    trimmed = replace(lying, record=FrameRange(15, 30), lies=FrameRange(15, 30))
    assert heard([trimmed])[500] == LEAD + 5 * FRAME + 500
    assert heard([replace(trimmed, zero=Fraction(7, 25))])[500] == LEAD + 8 * FRAME + 500


def test_what_is_muted_is_shown_and_not_heard(lying: Refreshed, tmp_path: Path) -> None:
    beside = replace(
        lying, cue_id="cue-2", record=FrameRange(40, 50), lies=FrameRange(40, 50), zero=Fraction(40, 25),
        file=ramp(tmp_path / "b.wav", 10), enabled=False, outcome=Outcome.LEFT, why="it was muted",
    )  # fmt: skip
    shown = lying_takes(commission(), Conformed((), 0.0), [lying, beside], {}).takes
    assert [(take.cue.id, take.audible, take.became) for take in shown] == [
        ("cue-1", True, "kept: its picture is as it was"),
        ("cue-2", False, "left as edited: it was muted"),
    ]
    assert not heard([lying, beside])[30 * FRAME :].any()


def test_alternates_share_a_cue_and_cues_of_several_jobs_have_names_of_their_own(lying: Refreshed) -> None:
    second = replace(lying, number=2, seed=8, enabled=False)
    other = replace(lying, job="job-9", layer="ambience", prompt="wind")
    dropped = replace(lying, record=None, outcome=Outcome.DROPPED)
    result = lying_takes(commission(), Conformed((), 0.0), [lying, second, other, dropped], {})
    assert [(take.cue.id, take.cue.seeds, take.cue.prompt) for take in result.takes] == [
        ("cue-1", (7, 8), "steps"),
        ("cue-1", (7, 8), "steps"),
        ("cue-1-2", (7,), "wind"),
    ]
    first = result.takes[0]
    assert (first.engine, first.handles, first.cue.negative_prompt) == ("fake 1", 12, "music")
    assert first.events is None
    assert first.loudness.integrated is not None
    assert result.counts == "3 kept, 1 dropped"


def test_what_cannot_be_heard_is_named(lying: Refreshed) -> None:
    retimed, gone = replace(lying, zero=None), replace(lying, file=None, number=2)
    result = lying_takes(commission(), Conformed((), 0.0), [retimed, gone], {})
    assert result.takes == ()
    assert ["retimed by hand" in notice.what for notice in result.left_out] == [True]
    assert [(notice.what, notice.where) for notice in result.missing] == [
        ("the file of cue-1 (take 2) cannot be had", "01:00:00:10")
    ]


def test_the_shape_is_the_one_asked_for_or_that_of_the_takes(lying: Refreshed) -> None:
    odd = replace(lying, notes={"target": "a tool's own"})
    assert target_of(commission()) == "generic"
    assert target_of(commission(odd, odd, lying)) == "resolve"
    assert target_of(commission(lying, target="generic")) == "generic"

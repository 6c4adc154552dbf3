"""Placing takes: lanes, track names, exact ranges for each target, and nothing else touched."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edits import RATES, SAMPLES, clip, cue, gap, span, take, time, timeline, track
from foleyd.cue import Cue, FrameRange, Placement, Program, Take
from foleyd.request import TARGETS
from foleyd.timebase import Timecode, frames_per_day
from foleyd.timeline import placement
from foleyd.timeline.document import read_document, write_document
from foleyd.timeline.errors import TimelineError
from foleyd.timeline.placement import (
    append_tracks,
    place_takes,
    read_placements,
    rebase_references,
    track_name,
)
from foleyd.timeline.program import read_program

PROGRAM = Program(Timecode(86_400, Fraction(24)), (), 1000)
READABLE = sorted(path.name for path in SAMPLES.glob("*.otio") if not path.name.startswith("08"))


def takes_of(cues: list[Cue], program: Program = PROGRAM, **how: Any) -> list[Take]:
    return [take(program, one, number=n, **how) for one in cues for n in range(1, len(one.seeds) + 1)]


def placed(takes: list[Take]) -> list[tuple[str, str, int, int, bool]]:
    return [(p.track_name, p.take.id, p.record.start, p.record.end, p.enabled) for p in place_takes(takes)]


def edit(start: int = 86_400, rate: float = 24) -> otio.schema.Timeline:
    return timeline(track(clip("a", span(0, 1000, rate))), start=time(start, rate))


def nearest_sample(frame: int, rate: Fraction) -> int:
    return (2 * 48_000 * frame * rate.denominator + rate.numerator) // (2 * rate.numerator)


def test_track_names() -> None:
    assert track_name("foley") == "Foley: foley"
    assert track_name("fx", 2) == "Foley: fx 2"
    assert track_name("ambience", 1, 2) == "Foley: ambience (take 2)"
    assert track_name("fx", 3, 2) == "Foley: fx 3 (take 2)"


def test_neighbours_share_a_track_and_overlaps_take_the_next() -> None:
    cues = [cue(1, 0, 10), cue(2, 10, 20), cue(3, 5, 12), cue(4, 12, 30), cue(5, 0, 99, layer="fx")]
    assert placed(takes_of(cues)) == [
        ("Foley: foley", "cue-1-t1", 0, 10, True),
        ("Foley: foley", "cue-2-t1", 10, 20, True),
        ("Foley: foley 2", "cue-3-t1", 5, 12, True),
        ("Foley: foley 2", "cue-4-t1", 12, 30, True),
        ("Foley: fx", "cue-5-t1", 0, 99, True),
    ]


def test_alternates_are_disabled_on_tracks_of_their_own() -> None:
    cues = [cue(1, 0, 10, seeds=(1, 2)), cue(2, 5, 20, seeds=(1, 2, 3))]
    assert placed(takes_of(cues)) == [
        ("Foley: foley", "cue-1-t1", 0, 10, True),
        ("Foley: foley 2", "cue-2-t1", 5, 20, True),
        ("Foley: foley (take 2)", "cue-1-t2", 0, 10, False),
        ("Foley: foley 2 (take 2)", "cue-2-t2", 5, 20, False),
        ("Foley: foley 2 (take 3)", "cue-2-t3", 5, 20, False),
    ]


def test_layers_come_in_the_known_order_and_others_after() -> None:
    cues = [cue(n, 0, 9, layer=layer) for n, layer in enumerate(("vox", "ambience", "fx", "foley", "bed"))]
    assert [name for name, *_ in placed(takes_of(cues))] == [
        f"Foley: {layer}" for layer in ("foley", "fx", "ambience", "bed", "vox")
    ]


def test_mono_and_stereo_never_share_a_track() -> None:
    mono, stereo = take(PROGRAM, cue(1, 0, 10)), take(PROGRAM, cue(2, 10, 20), channels=2)
    assert [name for name, *_ in placed([mono, stereo])] == ["Foley: foley", "Foley: foley 2"]


@given(
    spans=st.lists(
        st.tuples(st.integers(0, 60), st.integers(1, 30), st.sampled_from(["foley", "fx"])), max_size=25
    ),
    seed=st.randoms(use_true_random=False),
)
@settings(max_examples=100)
def test_lanes_are_as_few_as_overlaps_demand_and_do_not_depend_on_order(spans: Any, seed: Any) -> None:
    cues = [cue(n, start, start + length, layer=layer) for n, (start, length, layer) in enumerate(spans)]
    takes = takes_of(cues)
    result = place_takes(takes)
    for layer in ("foley", "fx"):
        mine = [p for p in result if p.take.cue.layer == layer]
        deepest = max(
            (sum(p.record.start <= frame < p.record.end for p in mine) for frame in range(90)), default=0
        )
        assert len({p.track_name for p in mine}) == deepest
    for name in {p.track_name for p in result}:
        lane = [p.record for p in result if p.track_name == name]
        assert all(a.end <= b.start for a, b in pairwise(lane))
    seed.shuffle(takes)
    assert place_takes(takes) == result


def appended(takes: list[Take], target: str, **how: Any) -> otio.schema.Timeline:
    made = edit(**how)
    append_tracks(made, place_takes(takes), PROGRAM, job="job-1", target=target)
    return made


def plain(value: Any) -> Any:
    """OpenTimelineIO's containers as JSON has them."""
    if hasattr(value, "items"):
        return {key: plain(item) for key, item in value.items()}
    return (
        [plain(item) for item in value] if hasattr(value, "__len__") and not isinstance(value, str) else value
    )


def numbers(found: otio.opentime.TimeRange) -> tuple[float, float, float, float]:
    return found.start_time.value, found.start_time.rate, found.duration.value, found.duration.rate


@pytest.mark.parametrize(
    ("target", "url", "first"),
    [
        ("generic", "file:///takes/cue-1%20t1.wav", 86_400 + 88),
        ("resolve", "/takes/cue-1 t1.wav", 86_400 + 88),
        ("premiere", "file:///takes/cue-1%20t1.wav", 0),
        ("kdenlive", "/takes/cue-1 t1.wav", 0),
    ],
)
def test_each_target_gets_its_reference_and_its_zero(target: str, url: str, first: int) -> None:
    made = appended(takes_of([cue(1, 100, 150)]), target)
    ours = made.tracks[-1]
    space, sound = ours[0], ours[1]
    assert ours.kind == "Audio"
    assert numbers(space.source_range) == (0, 24, 100, 24)
    assert sound.media_reference.target_url == url
    assert numbers(sound.media_reference.available_range) == (first, 24, 12 + 50 + 12, 24)
    assert numbers(sound.source_range) == (first + 12, 24, 50, 24)
    assert sound.range_in_parent() == span(100, 50)


def test_no_handles_before_timecode_zero_in_the_document_either() -> None:
    program = Program(Timecode(5, Fraction(24)), (), 100)
    made = edit(start=5)
    append_tracks(made, place_takes(takes_of([cue(1, 0, 10)], program)), program, job="j")
    sound = made.tracks[-1][0]
    assert numbers(sound.media_reference.available_range) == (0, 24, 27, 24)
    assert numbers(sound.source_range) == (5, 24, 10, 24)


@pytest.mark.parametrize(("channels", "layout"), [(1, "Mono"), (2, "Stereo"), (6, "Adaptive 6")])
def test_resolve_is_told_the_channels_and_pads_to_the_end(channels: int, layout: str) -> None:
    made = appended(takes_of([cue(1, 100, 150)], channels=channels), "resolve")
    ours = made.tracks[-1]
    assert dict(ours.metadata["Resolve_OTIO"]) == {"Audio Type": layout, "Locked": False, "SoloOn": False}
    assert [dict(c) for c in ours[1].metadata["Resolve_OTIO"]["Channels"]] == [
        {"Source Channel ID": n, "Source Track ID": 0} for n in range(channels)
    ]
    assert ours.trimmed_range().duration.value == 1000
    assert isinstance(ours[-1], otio.schema.Gap)


def test_premiere_is_told_the_channels() -> None:
    ours = appended(takes_of([cue(1, 0, 150)], channels=2), "premiere").tracks[-1]
    assert ours.metadata["PremierePro_OTIO"]["AudioChannels"]["NumberOfChannels"] == 2


@pytest.mark.parametrize("target", ["generic", "kdenlive"])
def test_other_targets_get_no_foreign_metadata(target: str) -> None:
    ours = appended(takes_of([cue(1, 0, 150)]), target).tracks[-1]
    assert list(ours.metadata) == list(ours[0].metadata) == ["foleyd"]


def test_clips_and_tracks_say_what_they_are() -> None:
    made = appended(takes_of([cue(1, 0, 150, layer="fx")]), "generic")
    notes = plain(made.tracks[-1][0].metadata["foleyd"])
    assert notes.pop("generator").startswith("foleyd ")
    assert notes == {
        "schema": 2,
        "number": 1,
        "enabled": True,
        "job": "job-1",
        "cue": "cue-1",
        "take": "cue-1-t1",
        "layer": "fx",
        "prompt": "prompt 1",
        "negative_prompt": "music",
        "seed": 7,
        "engine": "procedural",
        "engine_version": "1",
        "handles": 12,
        "picture_fingerprint": "0123abcd",
        "machine_generated": True,
        "record": {"start": 0, "frames": 150, "rate": "24/1", "timeline_start": 86400, "drop_frame": False},
        "file": {"lead": 24000, "samples": 348000, "cue_samples": 300000, "starts_at": 86388},
        "picture": {
            "length": "25/4",
            "pieces": [],
            "starts_at_cut": True,
            "ends_at_cut": False,
            "before": None,
            "after": None,
        },
    }
    assert dict(made.tracks[-1].metadata["foleyd"]) == {"job": "job-1", "layer": "fx"}


def test_alternates_are_disabled_clips_on_enabled_tracks() -> None:
    made = appended(takes_of([cue(1, 0, 150, seeds=(2**62, 2))]), "generic")
    heard, alternate = made.tracks[-2], made.tracks[-1]
    assert (heard.enabled, heard[0].enabled) == (True, True)
    assert (alternate.enabled, alternate[0].enabled) == (True, False)
    assert heard[0].metadata["foleyd"]["seed"] == 2**62


@pytest.mark.parametrize("stored", [23.976, 23.976024627685547, 23.98, 95.90409590409591, 24000 / 1001, 12.5])
def test_our_ranges_carry_the_very_number_that_the_timeline_stores(stored: float) -> None:
    document = json.dumps(json.loads(edit(rate=stored).to_json_string())).encode()
    made = read_document(document, "x")
    program = read_program(made, base_folder=None).program
    append_tracks(made, place_takes(takes_of([cue(1, 3, 9)], program)), program, job="j", target="resolve")
    tree = json.loads(write_document(made, document))
    rates = set()

    def collect(node: Any) -> None:
        for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            collect(value)
        if isinstance(node, dict) and node.get("OTIO_SCHEMA") == "RationalTime.1":
            rates.add(node["rate"])

    collect(tree)
    assert rates == {stored}


@given(
    data=st.data(),
    name=st.sampled_from(sorted(RATES)),
    start=st.integers(0, 5_000_000),
    handles=st.integers(0, 30),
    target=st.sampled_from(TARGETS),
)
@settings(max_examples=80, deadline=None)
def test_every_take_lies_on_the_exact_sample_at_every_rate_and_start(
    data: Any, name: str, start: int, handles: int, target: str
) -> None:
    rate, drop = RATES[name]
    label = Timecode(start % (frames_per_day(rate, drop) - 5000), rate, drop)
    program = Program(label, (), 3000)
    cues, edge = [], 0
    for number, (space, length) in enumerate(
        data.draw(
            st.lists(st.tuples(st.sampled_from([0, 1, 50]), st.integers(1, 200)), min_size=1, max_size=8)
        )
    ):
        cues.append(cue(number, edge + space, edge + space + length))
        edge = cues[-1].record.end
    takes = takes_of(cues, program, handles=handles)
    made = edit(start=label.frame, rate=float(rate))
    append_tracks(made, place_takes(takes), program, job="j", target=target)
    made = otio.adapters.read_from_string(write_document(made).decode(), "otio_json")
    (ours,) = made.tracks[1:]
    by_name = {one.path.name: one for one in takes}
    ends = None
    for sound in ours.find_clips():
        one = by_name[sound.name]
        at = sound.range_in_parent()
        # Where the host plays the file's first sample, in frames from the timeline's zero.
        offset = sound.source_range.start_time.value - sound.media_reference.available_range.start_time.value
        frame = label.frame + at.start_time.value - offset
        assert frame == int(frame)
        assert nearest_sample(int(frame), rate) == one.cut.time_reference
        assert at.duration.value == one.cue.record.duration
        begins = one.cut.time_reference + one.cut.source_in
        assert begins == nearest_sample(label.frame + int(at.start_time.value), rate)
        assert begins + one.cut.cue_samples == nearest_sample(
            label.frame + int(at.end_time_exclusive().value), rate
        )
        if ends is not None and at.start_time.value == ends[0]:
            assert begins == ends[1]
        ends = (at.end_time_exclusive().value, begins + one.cut.cue_samples)
        held = sound.media_reference.available_range
        assert held.start_time.value <= sound.source_range.start_time.value
        assert sound.source_range.end_time_exclusive().value < held.end_time_exclusive().value


def three_cues(program: Program) -> list[Take]:
    end = program.duration
    cues = [cue(1, 0, end, seeds=(1, 2)), cue(2, 0, max(1, end // 2), layer="fx"), cue(3, end // 3, end)]
    return takes_of(cues, program)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", READABLE)
def test_real_timelines_come_back_unchanged_with_our_tracks_last(name: str, target: str) -> None:
    document = (SAMPLES / name).read_bytes()
    before = json.loads(write_document(read_document(document, name), document))
    made = read_document(document, name)
    program = read_program(made, base_folder=None).program
    append_tracks(made, place_takes(three_cues(program)), program, job="j", target=target)
    after = json.loads(write_document(made, document))
    count = len(before["tracks"]["children"])
    added = after["tracks"]["children"][count:]
    del after["tracks"]["children"][count:]
    assert after == before
    assert [one["name"] for one in added] == [
        "Foley: foley",
        "Foley: foley 2",
        "Foley: foley (take 2)",
        "Foley: fx",
    ]
    again = read_program(read_document(write_document(made, document), "x"), base_folder=None)
    assert again.program == program


def test_a_second_run_appends_its_own_tracks_and_changes_nothing() -> None:
    made = appended(takes_of([cue(1, 0, 150)]), "generic")
    first = made.tracks[-1].to_json_string()
    append_tracks(made, place_takes(takes_of([cue(1, 0, 150)])), PROGRAM, job="job-2")
    assert [one.name for one in made.tracks] == ["", "Foley: foley", "Foley: foley"]
    assert made.tracks[1].to_json_string() == first
    assert [found.job for found in read_placements(made)] == ["job-1", "job-2"]


def test_what_was_placed_is_read_back_off_the_tracks() -> None:
    takes = takes_of([cue(1, 10, 150, seeds=(1, 2)), cue(2, 40, 90, layer="fx")])
    made = read_document(write_document(appended(takes, "generic")), "x")
    expected = [
        ("job-1", p.take.cue.id, p.take.id, p.take.cue.layer, p.track_name, p.record, p.enabled)
        for p in place_takes(takes)
    ]
    found = read_placements(made)
    assert [
        (f.job, f.cue_id, f.take_id, f.layer, f.track_name, f.record, f.enabled) for f in found
    ] == expected
    assert found[0].url == "file:///takes/cue-1%20t1.wav"
    assert found[0].metadata["seed"] == 1


def test_a_muted_track_reads_back_as_not_enabled_and_a_moved_clip_where_it_is_now() -> None:
    made = appended(takes_of([cue(1, 10, 150), cue(2, 10, 90, layer="fx")]), "generic")
    made.tracks[1].enabled = False
    made.tracks[2].insert(0, gap(30))
    assert [(found.enabled, found.record) for found in read_placements(made)] == [
        (False, FrameRange(10, 150)),
        (True, FrameRange(40, 120)),
    ]


def test_a_trimmed_root_stack_shifts_our_tracks_by_what_is_trimmed() -> None:
    made = edit()
    made.tracks.source_range = span(100, 500)
    program = read_program(made, base_folder=None).program
    append_tracks(made, place_takes(takes_of([cue(1, 20, 50)], program)), program, job="j")
    sound = next(iter(made.tracks[-1].find_clips()))
    assert sound.range_in_parent().start_time.value == 120
    assert read_placements(made)[0].record == FrameRange(20, 50)


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"track_name": "Foley: foley"}, "two takes overlap on track 'Foley: foley' at 01:00:00:10"),
    ],
)
def test_takes_that_overlap_on_one_track_are_refused_before_anything_is_added(
    change: dict[str, str], cause: str
) -> None:
    made = edit()
    takes = takes_of([cue(1, 0, 10), cue(2, 5, 12)])
    both = [Placement(one, change["track_name"], one.cue.record, 0, True) for one in takes]
    with pytest.raises(TimelineError, match=cause):
        append_tracks(made, both, PROGRAM, job="j")
    assert len(made.tracks) == 1


def test_unknown_targets_relative_files_and_retimed_timelines_are_refused() -> None:
    takes = takes_of([cue(1, 0, 10)])
    with pytest.raises(TimelineError, match="no target 'avid': choose one of generic, resolve"):
        append_tracks(edit(), place_takes(takes), PROGRAM, job="j", target="avid")
    with pytest.raises(TimelineError, match="not an absolute path"):
        append_tracks(edit(), place_takes(takes_of([cue(1, 0, 10)], folder="takes")), PROGRAM, job="j")
    retimed = edit()
    retimed.tracks.effects.append(otio.schema.LinearTimeWarp(time_scalar=2.0))
    with pytest.raises(TimelineError, match="retimed as a whole"):
        append_tracks(retimed, place_takes(takes), PROGRAM, job="j")


def test_relative_references_of_the_user_follow_the_document_and_others_stay() -> None:
    urls = ["a%20b.mov", "../x.mov", "/abs.mov", "file:///u%20.mov", "C:\\w.mov", "https://h/p"]
    made = timeline(track(*[clip(str(n), span(0, 5), url=url) for n, url in enumerate(urls)]))
    frames = otio.schema.Clip("f", otio.schema.ImageSequenceReference("seq/", "f.", ".exr"), span(0, 5))
    made.tracks[0].append(frames)
    extra = otio.schema.ExternalReference("proxy.mov")
    made.tracks[0][0].set_media_references(
        {"DEFAULT_MEDIA": made.tracks[0][0].media_reference, "proxy": extra}, "DEFAULT_MEDIA"
    )
    rebase_references(made, Path("/edit"), Path("/edit/out"))
    clips = list(made.find_clips())
    assert [c.media_reference.target_url for c in clips[:-1]] == [
        "../a%20b.mov",
        "../../x.mov",
        *urls[2:],
    ]
    assert clips[0].media_references()["proxy"].target_url == "../proxy.mov"
    assert clips[-1].media_reference.target_url_base == "../seq/"


def test_otiotool_has_nothing_to_say_about_our_tracks(tmp_path: Path) -> None:
    name = "10-avid-via-aaf-2997-dropframe.otio"
    document = (SAMPLES / name).read_bytes()
    made = read_document(document, name)
    program = read_program(made, base_folder=None).program
    append_tracks(made, place_takes(three_cues(program)), program, job="j", target="resolve")
    out = tmp_path / "out.otio"
    out.write_bytes(write_document(made, document))
    said = subprocess.run(
        [
            sys.executable,
            "-m",
            "opentimelineio.console.otiotool",
            "-i",
            str(out),
            "--verify-ranges",
            "--list-clips",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    # It has something to say about the sample's own 29.97 range on 23.976 media, and shows our clips.
    assert "cue-1 t1.wav" in said
    assert not [line for line in said.splitlines() if "OUT OF BOUNDS" in line and ".wav" in line]
    assert [line for line in said.splitlines() if "OUT OF BOUNDS" in line]


def test_a_track_is_counted_through_once_however_many_clips_of_ours_have_crossfades(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sounds: list[Any] = [gap(10, 25)]
    for number in range(40):
        if number % 3 == 1:
            sounds.append(otio.schema.Transition("fade", "SMPTE_Dissolve", time(2, 25), time(2, 25)))
        sounds.append(clip(f"s{number}", span(5, 20, 25), span(0, 100, 25)))
        sounds[-1].metadata["foleyd"] = {"job": "job-1", "cue": f"cue-{number}"}
    made = timeline(
        track(clip("p", span(0, 900, 25))),
        track(*sounds, name="Foley: foley", kind="Audio"),
        start=time(0, 25),
    )
    counted: list[str] = []
    order = placement._Order
    monkeypatch.setattr(placement, "_Order", lambda node: counted.append(node.kind) or order(node))
    found = read_placements(made)
    assert sorted(counted) == ["stack", "track"]
    assert [one.at for one in found] == [(1, number) for number in range(1, 41)]
    assert [one.faded for one in found] == [(n % 3 == 1, n % 3 == 0 and n < 39) for n in range(40)]

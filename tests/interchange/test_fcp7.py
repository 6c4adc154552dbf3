"""FCP7 XML in and out, against texts as Premiere writes them and against the adapter's own reading."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import opentimelineio as otio
import pytest

from edits import SAMPLES, clip, gap, span, stack, time, timeline, track
from foleyd.brief import Notice
from foleyd.interchange.errors import InterchangeError, NotWritable
from foleyd.interchange.fcp7 import read_fcp7
from foleyd.interchange.fcp7_text import as_localhost
from foleyd.interchange.fcp7_writing import write_fcp7
from foleyd.timeline.document import read_document, write_document
from foleyd.timeline.markers import read_markers
from foleyd.timeline.placement import read_placements
from foleyd.timeline.program import ReadProgram, read_program

RATE = 30000 / 1001
HOUR = 107_892

SPEED = """<filter><effect><name>Time Remap</name><effectid>timeremap</effectid>
<parameter><parameterid>variablespeed</parameterid><value>{variable}</value></parameter>
<parameter><parameterid>speed</parameterid><value>{speed}</value></parameter>
<parameter><parameterid>reverse</parameterid><value>{reverse}</value></parameter></effect></filter>"""

CLIP = """<clipitem id="clipitem-{n}"><name>{name}</name><enabled>{enabled}</enabled>
<rate><timebase>30</timebase><ntsc>TRUE</ntsc></rate>
<start>{start}</start><end>{end}</end><in>{first}</in><out>{last}</out>
<file id="file-{n}"><name>{name}</name><pathurl>file://localhost/D%3a/media/{name}</pathurl>
<rate><timebase>30</timebase><ntsc>TRUE</ntsc></rate><duration>900</duration>
<timecode><rate><timebase>30</timebase><ntsc>TRUE</ntsc></rate><string>02:00:00;00</string>
<frame>215784</frame><displayformat>DF</displayformat></timecode></file>{more}</clipitem>"""

SEQUENCE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE xmeml>
<xmeml version="4"><sequence id="sequence-1"><name>cut</name><duration>200</duration>
<rate><timebase>30</timebase><ntsc>TRUE</ntsc></rate>
<timecode><rate><timebase>30</timebase><ntsc>TRUE</ntsc></rate><string>01:00:00;00</string>
<frame>107892</frame><displayformat>{display}</displayformat></timecode>
<marker><name>fx: glass</name><comment>takes=2</comment><in>20</in><out>-1</out>
<color><alpha>0</alpha><red>250</red><green>10</green><blue>5</blue></color></marker>
<media><video><track>{clips}</track></video></media></sequence></xmeml>"""


def item(n: int, start: int, end: int, first: int = 0, *, enabled: str = "TRUE", more: str = "") -> str:
    return CLIP.format(
        n=n, name=f"s{n}.mov", enabled=enabled, start=start, end=end, first=first,
        last=first + end - start, more=more,
    )  # fmt: skip


def sequence(*clips: str, display: str = "DF") -> bytes:
    return SEQUENCE.format(clips="".join(clips), display=display).encode()


def read(path: Path, text: bytes) -> tuple[otio.schema.Timeline, list[Notice]]:
    path.write_bytes(text)
    document, notices = read_fcp7(path)
    return read_document(document, path.name), notices


def program(made: otio.schema.Timeline) -> ReadProgram:
    return read_program(made, base_folder=Path("/edit"))


def shots(read: ReadProgram) -> list[tuple[Any, ...]]:
    return [(s.name, s.record.start, s.record.end, s.source_start, s.speed) for s in read.program.shots]


# ------------------------------------------------------------------------------------------- in


def test_clips_labels_markers_and_disabled_clips_are_read(tmp_path: Path) -> None:
    text = sequence(item(1, 0, 50, 10), item(2, 50, 90, enabled="FALSE"), item(3, 100, 120))
    made, notices = read(tmp_path / "cut.xml", text)
    seen = program(made)
    assert str(seen.program.start) == "01:00:00;00"
    assert shots(seen) == [
        ("s1.mov", 0, 50, Fraction(10 * 1001, 30000), 1),
        ("s3.mov", 100, 120, 0, 1),
    ]
    assert seen.missing[0].reason.startswith("D:/media/s1.mov")
    (marker,) = read_markers(made)
    assert (marker.name, marker.note, marker.colour) == ("fx: glass", "takes=2", "RED")
    assert (marker.record.start, marker.record.duration) == (20, 0)
    assert notices == []


def test_tracks_are_called_as_premiere_calls_them(tmp_path: Path) -> None:
    text = sequence(item(1, 0, 50)).replace(b"<track>", b'<track MZ.TrackName="overlay 1">')
    made, _ = read(tmp_path / "cut.xml", text)
    assert made.tracks[0].name == "overlay 1"


def test_labels_count_as_the_sequence_displays_them(tmp_path: Path) -> None:
    made, _ = read(tmp_path / "cut.xml", sequence(item(1, 0, 50), display="NDF"))
    assert str(program(made).program.start) == "00:59:56:12"


def test_a_constant_speed_is_read_with_its_in_point_in_retimed_frames(tmp_path: Path) -> None:
    half = SPEED.format(variable="0", speed="50", reverse="FALSE")
    made, notices = read(tmp_path / "cut.xml", sequence(item(1, 0, 50, 40, more=half)))
    assert shots(program(made)) == [("s1.mov", 0, 50, Fraction(20 * 1001, 30000), Fraction(1, 2))]
    assert "50 %, is read with its in point in retimed frames" in notices[0].what


def test_premiere_s_own_ticks_say_where_a_retimed_clip_begins(tmp_path: Path) -> None:
    half = SPEED.format(variable="0", speed="50", reverse="FALSE")
    ticks = f"<pproTicksIn>{254_016_000_000 * 2002 // 1000}</pproTicksIn>"
    made, notices = read(tmp_path / "cut.xml", sequence(item(1, 0, 50, 40, more=half + ticks)))
    assert shots(program(made))[0][3:] == (Fraction(2002, 1000), Fraction(1, 2))
    assert notices == []


def test_an_in_point_in_frames_of_the_media_is_told_by_its_length(tmp_path: Path) -> None:
    half = SPEED.format(variable="0", speed="50", reverse="FALSE")
    text = sequence(item(1, 0, 50, 40, more=half)).replace(b"<out>90</out>", b"<out>65</out>")
    made, notices = read(tmp_path / "cut.xml", text)
    assert shots(program(made))[0][3:] == (Fraction(40 * 1001, 30000), Fraction(1, 2))
    assert "in frames of its media" in notices[0].what


@pytest.mark.parametrize(
    ("variable", "speed", "reverse", "word"),
    [("1", "50", "FALSE", "variable speed"), ("0", "x", "TRUE", "reverse"), ("0", "x", "FALSE", "speed")],
)
def test_other_speeds_are_named(tmp_path: Path, variable: str, speed: str, reverse: str, word: str) -> None:
    remap = SPEED.format(variable=variable, speed=speed, reverse=reverse)
    made, notices = read(tmp_path / "cut.xml", sequence(item(1, 0, 50, more=remap)))
    assert shots(program(made))[0][4] == 1
    assert word in notices[0].what
    assert "'s1.mov'" in notices[0].what


def graphed(speed: str, *points: tuple[int, int], variable: str = "0") -> str:
    """A time remap with its graph: which frame of the media at which frame of the clip."""
    keys = "".join(f"<keyframe><when>{at}</when><value>{value}</value></keyframe>" for at, value in points)
    graph = f"<parameter><parameterid>graphdict</parameterid><value>0</value>{keys}</parameter></effect>"
    remap = SPEED.format(variable=variable, speed=speed, reverse="TRUE" if speed[0] == "-" else "FALSE")
    return remap.replace("</effect>", graph)


@pytest.mark.parametrize(
    ("remap", "first", "speed", "words"),
    [
        # The clip's own frame 40 is its in point, 90 its out point; its file has 900 frames.
        (graphed("-100", (0, 901), (40, 861), (90, 811), (900, 1)), 859, -1, ""),
        (graphed("200", (0, 0), (40, 80), (90, 180), (450, 900)), 80, 2, ""),
        (graphed("0", (0, 333), (40, 333), (90, 333), (900, 333)), 333, 0, ""),
        (graphed("60", (0, 0), (40, 100), (60, 110), (90, 130), (200, 900), variable="1"), 100,
         Fraction(3, 5), "the variable speed of 's1.mov' is read at its average, 60 %: its first and last"),
        (graphed("100", (0, 0), (40, 20), (60, 55), (90, 70), (200, 900), variable="1"), 20, 1,
         "the variable speed of 's1.mov' is read at its average, 100 %: its first and last"),
        (SPEED.format(variable="0", speed="-50", reverse="TRUE"), 879, Fraction(-1, 2),
         "the reverse speed of 's1.mov', -50 %, is read with its in point counted from the end of its media"),
        (SPEED.format(variable="0", speed="0", reverse="FALSE"), 40, 0,
         "the freeze of 's1.mov' is read with its in point as the frame that stands"),
        # A graph that says something else than the speed is not believed.
        (graphed("50", (0, 0), (40, 7), (90, 8)), 20, Fraction(1, 2), "in retimed frames"),
    ],
)  # fmt: skip
def test_speeds_are_read_by_their_graph_or_as_editors_count(
    tmp_path: Path, remap: str, first: int, speed: Fraction, words: str
) -> None:
    made, notices = read(tmp_path / "cut.xml", sequence(item(1, 0, 50, 40, more=remap)))
    ((_, start, end, source, played),) = shots(program(made))
    assert (start, end, played) == (0, 50, speed)
    frame = source * 30000 / 1001
    assert round(frame - (Fraction(1, 2) if speed == Fraction(-1, 2) else 0)) == first
    assert words in "".join(notice.what for notice in notices)
    assert bool(notices) == bool(words)
    back, lost, text = written(made, tmp_path)
    assert "<in>40</in>" in text
    assert not any("lost" in notice.what for notice in lost)
    assert shots(program(back)) == shots(program(made))


def test_a_speed_is_named_once_for_picture_and_sound(tmp_path: Path) -> None:
    half = SPEED.format(variable="0", speed="50", reverse="FALSE")
    one = item(1, 0, 50, 40, more=half)
    text = sequence(one).replace(b"</video>", f"</video><audio><track>{one}</track></audio>".encode())
    _, notices = read(tmp_path / "cut.xml", text)
    assert len(notices) == 1


def test_a_clip_s_marker_counts_from_the_start_of_its_media(tmp_path: Path) -> None:
    marker = "<marker><name>step</name><in>15</in><out>-1</out></marker>"
    made, _ = read(tmp_path / "cut.xml", sequence(item(1, 5, 50, 10, more=marker)))
    assert [(m.name, m.record.start) for m in read_markers(made) if m.owner] == [("step", 10)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"<xmeml><sequence>", "not whole XML (no element found, line 1"),
        (b"<fcpxml version='1.9'/>", "XML of another kind (fcpxml)"),
        (b"<xmeml/>", "No top-level sequences"),
        (b"\x00\x01\x02", "not whole XML"),
        (
            b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><xmeml>&b;</xmeml>',
            "declares entities",
        ),
        (b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xmeml>&a;</xmeml>', "declares entities"),
        (b"<xmeml>" + b"<a>" * 300 + b"</a>" * 300 + b"</xmeml>", "beyond all measure"),
        (b"<xmeml><sequence><name>x</name></sequence></xmeml>", "without tracks"),
    ],
)
def test_hostile_and_broken_xml_gets_a_sentence(tmp_path: Path, text: bytes, words: str) -> None:
    path = tmp_path / "cut.xml"
    path.write_bytes(text)
    with pytest.raises((InterchangeError, ValueError)) as refused:
        read_fcp7(path)
    assert words in str(refused.value)


def nested(levels: int, last: str) -> bytes:
    """A sequence that holds the next one twice, and so on: a reference is what it refers to."""
    inner = last
    for number in range(levels, 0, -1):
        clips = "".join(f"<clipitem>{each}</clipitem>" for each in (inner, f'<sequence id="s{number}"/>'))
        body = f"<media><video><track>{clips}</track></video></media>"
        inner = f'<sequence id="s{number - 1}"><name>x</name>{body}</sequence>'
    return f"<xmeml>{inner}</xmeml>".encode()


@pytest.mark.parametrize("last", ['<sequence id="s30"><name>end</name></sequence>', '<sequence id="s0"/>'])
def test_references_that_multiply_or_go_in_circles_are_refused(tmp_path: Path, last: str) -> None:
    path = tmp_path / "cut.xml"
    path.write_bytes(nested(30, last))
    with pytest.raises(InterchangeError, match="beyond all measure"):
        read_fcp7(path)


# ------------------------------------------------------------------------------------------ out


def written(made: otio.schema.Timeline, tmp_path: Path) -> tuple[otio.schema.Timeline, list[Notice], str]:
    """MADE as FCP7 XML, read back by the adapter; what was said; the text."""
    text, notices = write_fcp7(write_document(made), "cut.otio")
    back, _ = read(tmp_path / "back.xml", text)
    return back, notices, text.decode()


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.otio")), ids=lambda path: path.name[:2])
def test_samples_come_back_with_their_cuts(sample: Path, tmp_path: Path) -> None:
    if sample.name.startswith("08"):
        pytest.skip("a schema from the future")
    given = read_document(sample.read_bytes(), sample.name)
    before = program(given)
    back, notices, _ = written(given, tmp_path)
    after = program(back)
    assert after.program.start == before.program.start
    lost = {each.name for each in given.find_clips() if any(is_warp(e) for e in each.effects)}
    told = " ".join(notice.what for notice in notices)
    assert all(name in told for name in lost)
    for one, other in zip(before.program.shots, after.program.shots, strict=True):
        assert (one.name, one.record) == (other.name, other.record)
        if one.name not in lost:
            assert one.speed == other.speed
            assert float(abs(one.source_start - other.source_start) * before.program.rate) <= 0.5


def is_warp(effect: Any) -> bool:
    return isinstance(effect, otio.schema.TimeEffect)


def test_a_clip_s_rate_is_said_once(tmp_path: Path) -> None:
    _, _, text = written(timeline(track(clip("a", span(0, 100), span(0, 200)))), tmp_path)
    items = list(ElementTree.fromstring(text.encode()).iter("clipitem"))
    assert [len(item.findall("rate")) for item in items] == [1]


def test_each_warp_is_named_with_where_it_was(tmp_path: Path) -> None:
    made = timeline(
        track(
            clip("fast", span(0, 24), span(0, 100), speed=2.0),
            clip("still", span(0, 24), span(0, 100), effects=[otio.schema.FreezeFrame()]),
            clip("plain", span(0, 24), span(0, 100)),
        ),
        start=time(86400),
    )
    _, notices, _ = written(made, tmp_path)
    assert [(notice.what.split(" is lost")[0], notice.where) for notice in notices] == [
        ("the speed 200 % of 'fast'", "01:00:00:00"),
        ("the freeze of 'still'", "01:00:01:00"),
    ]


def test_a_speed_that_came_from_xml_goes_back_unchanged(tmp_path: Path) -> None:
    half = SPEED.format(variable="0", speed="50", reverse="FALSE")
    made, _ = read(tmp_path / "cut.xml", sequence(item(1, 0, 50, 40, more=half)))
    back, notices, text = written(made, tmp_path)
    assert not any("lost" in notice.what for notice in notices)
    assert "timeremap" in text
    assert "<in>40</in>" in text
    assert shots(program(back)) == shots(program(made))


def test_references_in_sample_rates_become_frames(tmp_path: Path) -> None:
    sound = clip("wild", span(48_000, 96_000, 48_000), span(0, 480_000, 48_000), url="/media/wild.wav")
    made = timeline(
        track(clip("a", span(0, 96), span(0, 200))),
        track(gap(24), sound, kind="Audio"),
        start=time(0),
    )
    back, notices, _ = written(made, tmp_path)
    (track_out,) = back.audio_tracks()
    place = track_out[1].range_in_parent()
    assert (place.start_time.value, place.duration.value) == (24, 48)
    assert track_out[1].source_range == span(24, 48)
    assert track_out[1].media_reference.available_range == span(0, 240)
    assert notices == []


def test_equal_clips_stay_several_and_disabled_ones_disabled(tmp_path: Path) -> None:
    off = clip("same", span(10, 24), span(0, 100))
    off.enabled = False
    made = timeline(
        track(
            clip("same", span(10, 24), span(0, 100)), gap(12), clip("same", span(10, 24), span(0, 100)), off
        )
    )
    back, _, _ = written(made, tmp_path)
    places = [(c.range_in_parent().start_time.value, c.enabled) for c in back.find_clips()]
    assert places == [(0, True), (36, True), (60, False)]


def test_a_file_that_only_one_clip_describes_has_its_times_for_all(tmp_path: Path) -> None:
    silent = clip("a", span(1010, 24), url="/media/x.mov")
    told = clip("b", span(1050, 24), span(1000, 200), url="file:///media/x.mov")
    back, _, text = written(timeline(track(silent, told)), tmp_path)
    assert [each.source_range for each in back.find_clips()] == [span(1010, 24), span(1050, 24)]
    assert [node.text for node in ElementTree.fromstring(text).iter("in")] == ["10", "50"]


def test_what_the_adapter_cannot_take_is_made_plain(tmp_path: Path) -> None:
    generator = otio.schema.Clip("bars", otio.schema.GeneratorReference("bars", "SMPTEBars"), span(0, 24))
    still = clip("still", span(0, 24), otio.opentime.TimeRange(time(0, 0), time(0, 0)))
    frames = otio.schema.Clip("frames", otio.schema.ImageSequenceReference("/f/", "a.", ".exr"), span(0, 24))
    unknown = clip("silent\x01", span(100, 24))
    nested = stack(track(clip("inner", span(0, 24), span(0, 50))), used=span(0, 24))
    trimmed = track(clip("long", span(0, 100), span(0, 100)), used=span(10, 24))
    subtitles = track(clip("words", span(0, 24)), kind="Subtitle")
    made = timeline(track(generator, still, frames, unknown, nested), trimmed, subtitles)
    back, notices, _ = written(made, tmp_path)
    names = [c.name for c in back.tracks[0]]
    assert names == ["bars", "still", "frames", "silent", "nested"]
    (long,) = back.tracks[1]
    assert long.source_range == span(10, 24)
    told = " ".join(notice.what for notice in notices)
    assert "image sequences" in told
    assert "tracks of another kind" in told


def test_a_rate_that_xml_cannot_say_is_refused() -> None:
    made = timeline(track(clip("a", span(0, 24, 12.5), span(0, 100, 12.5))), start=time(0, 12.5))
    with pytest.raises(NotWritable, match=r"12\.5"):
        write_fcp7(write_document(made), "cut.otio")


def test_our_takes_are_known_again_after_xml(tmp_path: Path) -> None:
    ours = clip("take", span(12, 48), span(0, 72), url="/takes/a b.wav")
    ours.metadata["foleyd"] = {"job": "j", "cue": "cue-1", "take": "cue-1:7", "layer": "foley", "channels": 2}
    ours.enabled = False
    lane = track(gap(24), ours, kind="Audio", name="Foley: foley")
    lane.metadata["foleyd"] = {"job": "j", "layer": "foley"}
    made = timeline(track(clip("a", span(0, 96), span(0, 200))), lane, start=time(86400))
    back, _, text = written(made, tmp_path)
    (found,) = read_placements(back)
    assert (found.job, found.cue_id, found.take_id) == ("j", "cue-1", "cue-1:7")
    assert (found.record.start, found.record.end, found.enabled) == (24, 72, False)
    assert found.track_name == "Foley: foley"
    assert found.url == "file://localhost/takes/a%20b.wav"
    assert back.tracks[1][1].source_range == span(12, 48)
    lanes = ElementTree.fromstring(text).findall(".//audio/track")
    assert [lane.get("currentExplodedTrackIndex") for lane in lanes] == ["0", "1"]
    assert {lane.get("MZ.TrackName") for lane in lanes} == {"Foley: foley"}
    items = [lane.find("clipitem") for lane in lanes]
    assert [each.findtext("sourcetrack/trackindex") for each in items] == ["1", "2"]
    assert [each.get("premiereChannelType") for each in items] == ["stereo", "stereo"]
    links = [[link.findtext("linkclipref") for link in each.findall("link")] for each in items]
    assert links == [[each.get("id") for each in items]] * 2
    assert [link.findtext("trackindex") for link in items[0].findall("link")] == ["1", "2"]


def test_stereo_pairs_of_an_xml_stay_pairs(tmp_path: Path) -> None:
    made = read_document(next(SAMPLES.glob("07*")).read_bytes(), "07")
    _, _, text = written(made, tmp_path)
    lanes = ElementTree.fromstring(text).findall(".//children/sequence/media/audio/track")
    assert [lane.get("currentExplodedTrackIndex") for lane in lanes] == ["0", "1"] * 4
    first, second = (
        [i.findtext("sourcetrack/trackindex") for i in lane.findall("clipitem")] for lane in lanes[:2]
    )
    assert set(first) == {"1"}
    assert set(second) == {"2"}
    assert len(first) == len(second)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("/a b/c.mov", "file://localhost/a%20b/c.mov"),
        ("D:\\media\\c d.mov", "file://localhost/D%3a/media/c%20d.mov"),
        ("file:///a/b.mov", "file://localhost/a/b.mov"),
        ("\\\\server\\share\\c.mov", "file://server/share/c.mov"),
        ("file://localhost/D%3a/x.mov", "file://localhost/D%3a/x.mov"),
    ],
)
def test_references_are_addresses_as_premiere_writes_them(url: str, address: str) -> None:
    assert as_localhost(url) == address


def test_markers_keep_words_colour_and_place(tmp_path: Path) -> None:
    shot = clip("a", span(1100, 48), span(1000, 500))
    shot.markers.append(otio.schema.Marker("step", span(1110, 1), color="BLUE", comment="seed=7"))
    made = timeline(track(shot), start=time(0))
    made.tracks.markers.append(otio.schema.Marker("rain", span(5, 20), color="GREEN"))
    before = read_markers(made)
    back, _, text = written(made, tmp_path)
    assert "<in>110</in>" in text
    assert [(m.name, m.record, m.colour, m.note) for m in read_markers(back)] == [
        (m.name, m.record, m.colour, m.note) for m in before
    ]


def test_metadata_of_the_document_is_not_trusted_as_xml(tmp_path: Path) -> None:
    made = timeline(track(clip("a <b> & c", span(0, 24), span(0, 50))))
    made.tracks[0][0].metadata["other"] = json.loads('{"x": [1, {"y": "z"}]}')
    back, _, _ = written(made, tmp_path)
    assert back.tracks[0][0].name == "a <b> & c"

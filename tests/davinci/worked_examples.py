"""Worked examples: what an editor does in Resolve, and every frame and sample that must come of it.

All figures were worked out by hand from the rates' fractions; nothing here is computed. The rules:

- A second has 48000 samples, so a frame has 48000 x den / num of them:
  23.976: 2002; 24: 2000; 25: 1920; 29.97: 1601.6; 30: 1600; 50: 960; 59.94: 800.8.
- Frame n, counted from timecode zero, begins on sample round(n x samples of a frame): S(n) below.
- Drop frame leaves out 2 labels (29.97) or 4 (59.94) in each minute but every tenth:
  01:00:00;00 is 108000 - 2 x 54 = 107892, 10:00:00;00 is 1080000 - 2 x 540 = 1078920 (59.94: 2157840).
- A file begins H frames before its cue (H: handles, but never before timecode zero), on S(that frame), its
  TimeReference, and ends H frames after it, on S(that frame). Without handles it ends a frame or more later.
- Resolve is asked for source frames [H, H + length of the cue), at the cue's absolute frame. Tracks that
  are there come first: a timeline without sound has one, so ours is the second.
- Every clip is 120 frames, dark, bright from frame 30 on and dark again from 77 on. A clip whose media
  begins at source frame `in` and that lies at record frame r shows media frame j first at
  r + ceil((j - in) x timeline rate / (media rate x speed)); reversed over d frames: r + in + d - j.
- The engine hears a click at each jump of brightness and rounds it within its file: in a file from frame f
  on a click at frame n is on sample round((n - f) x samples of a frame). The cut begins, as the bench reads
  Resolve, on the file's sample round(H x samples of a frame), and is played from S(cue) on. Where samples
  of a frame are whole, that is S(n); at 29.97 and 59.94 it may be a sample beside, which is said in place.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple


class Example(NamedTuple):
    """One example. Frames are absolute, ends exclusive; samples are counted from timecode zero."""

    name: str
    build: tuple[str, str]
    """Version and edition."""
    project: dict[str, Any]
    timeline: dict[str, Any]
    """As the emulator's builder takes it, but for "clip": a name in CLIPS."""
    answer: dict[str, Any]
    """What the editor changes in the window."""
    calls: list[tuple[Any, ...]]
    """In order. AppendToTimeline: startFrame, endFrame, recordFrame, trackIndex, mediaType."""
    items: list[tuple[int, int, int, bool]]
    """What lies on audio tracks afterwards: track, start, end, whether enabled."""
    files: list[tuple[int | str, int, int]]
    """In the order of the calls: samples (">=n": at least), TimeReference, first sample from the cue's."""
    zero: int
    """Sample of the timeline's first frame."""
    clicks: list[tuple[int, int, float]] | None
    """What is heard: S(n) of the frame that jumps, how many samples beside it, level (0.5 for each take).
    None: the sound is not that of the engine for the tests."""
    alternates: Mapping[int, list[tuple[int, int, float]]] = MappingProxyType({})
    """Track: what is heard when the disabled takes on it are enabled and the track is heard alone."""
    entry: str = "generate"


CLIPS: dict[str, dict[str, Any]] = {
    "23976.mp4": {"rate": "23.976", "exact": (24000, 1001), "frames": 120, "jumps": [30, 77]},
    "24.mp4": {"rate": "24", "exact": (24, 1), "frames": 120, "jumps": [30, 77]},
    "25.mp4": {"rate": "25", "exact": (25, 1), "frames": 120, "jumps": [30, 77]},
    "2997.mp4": {"rate": "29.97", "exact": (30000, 1001), "frames": 120, "jumps": [30, 77]},
    "30.mp4": {"rate": "30", "exact": (30, 1), "frames": 120, "jumps": [30, 77]},
    "50.mp4": {"rate": "50", "exact": (50, 1), "frames": 120, "jumps": [30, 77]},
    "5994.mp4": {"rate": "59.94", "exact": (60000, 1001), "frames": 120, "jumps": [30, 77]},
    "25-10h.mov": {
        "rate": "25",
        "exact": (25, 1),
        "frames": 120,
        "jumps": [30, 77],
        "timecode": "10:00:00:00",
    },
    "23976-1h.mov": {
        "rate": "23.976",
        "exact": (24000, 1001),
        "frames": 120,
        "jumps": [30, 77],
        "timecode": "01:00:00:00",
    },
}

MONO = ("AddTrack", "audio", "mono")
FOLEY = ("SetTrackName", "audio", 2, "Foley: foley")

RATES = [
    Example(
        # 01:00:00:00 = 3600 x 25 = 90000; S = 90000 x 1920 = 172800000.
        # The clip lies at 90000 to 90100. File: 89988 to 90112: 124 x 1920 = 238080 samples from
        # 89988 x 1920 = 172776960 on, 12 x 1920 = 23040 before the cue.
        # Jumps at 90000 + 30 and + 77: 90030 x 1920 = 172857600, 90077 x 1920 = 172947840.
        name="25 from 01:00:00:00",
        build=("21.0.4", "studio"),
        project={"rate": "25"},
        timeline={"start": "01:00:00:00", "video": [[{"clip": "25.mp4", "at": 0, "in": 0, "duration": 100}]]},
        answer={},
        calls=[MONO, FOLEY, ("AppendToTimeline", 12, 112, 90000, 2, 2)],
        items=[(2, 90000, 90100, True)],
        files=[(238080, 172776960, -23040)],
        zero=172800000,
        clicks=[(172857600, 0, 0.5), (172947840, 0, 0.5)],
    ),
    Example(
        # 01:00:00:00 = 3600 x 24 = 86400 (timecode counts 24); S = 86400 x 2002 = 172972800.
        # The clip, from source frame 12, lies at 86424 to 86484. File: 86412 to 86496: 84 x 2002 = 168168
        # samples from 86412 x 2002 = 172996824 on, 12 x 2002 = 24024 before the cue.
        # Jump 30: 86424 + 30 - 12 = 86442; x 2002 = 173056884. Jump 77 is beyond source frame 72, where
        # the cut ends: it is in the file's handle, at 86489, and not heard.
        name="23.976 selected, with a source in, after a gap",
        build=("21.0.4", "studio"),
        project={"rate": "23.976"},
        timeline={
            "start": "01:00:00:00",
            "video": [[{"clip": "23976.mp4", "at": 24, "in": 12, "duration": 60}]],
            "selection": ["23976.mp4"],
        },
        answer={},
        calls=[MONO, FOLEY, ("AppendToTimeline", 12, 72, 86424, 2, 2)],
        items=[(2, 86424, 86484, True)],
        files=[(168168, 172996824, -24024)],
        zero=172972800,
        clicks=[(173056884, 0, 0.5)],
    ),
    Example(
        # 01:00:00;00 = 107892; x 1601.6 = 172799827.2, S = 172799827.
        # The clip, from source frame 10, lies at 107892 to 107962. File: 107880 to 107974:
        # S(107880) = 172780608.0, S(107974) = 172931158(.4): 150550 samples; 172780608 - 172799827 = -19219.
        # Jump 30: 107912; x 1601.6 = 172831859.2. Engine: 32 x 1601.6 = 51251.2 -> 51251, less the cut's
        # 12 x 1601.6 = 19219.2 -> 19219, from 172799827 on: 172831859.
        # Jump 77: 107959; x 1601.6 = 172907134.4. Engine: 79 x 1601.6 = 126526.4 -> 126526: 172907134.
        name="29.97 DF from 01:00:00;00",
        build=("19.0.1", "free"),
        project={"rate": "29.97 DF"},
        timeline={
            "start": "01:00:00;00",
            "video": [[{"clip": "2997.mp4", "at": 0, "in": 10, "duration": 70}]],
        },
        answer={},
        calls=[MONO, FOLEY, ("AppendToTimeline", 12, 82, 107892, 2, 2)],
        items=[(2, 107892, 107962, True)],
        files=[(150550, 172780608, -19219)],
        zero=172799827,
        clicks=[(172831859, 0, 0.5), (172907134, 0, 0.5)],
    ),
    Example(
        # In and out marks 9 to 88, the last one among them: cue 107892 + 9 = 107901 to 107981.
        # S(107901) = 172814242 (172814241.6). File: 107889 to 107993: S(107889) = 172795022(.4),
        # S(107993) = 172961589 (172961588.8): 166567 samples; 172795022 - 172814242 = -19220.
        # The cue begins on the file's sample 19220, and frame 12 of the file, where the cut begins, on
        # round(12 x 1601.6 = 19219.2) = 19219: all of it is heard one sample (21 us) late.
        # Jump 30: 107922; x 1601.6 = 172847875.2. Engine: 33 x 1601.6 = 52852.8 -> 52853, less 19219,
        # from 172814242 on: 172847876, one beside.
        # Jump 77: 107969; x 1601.6 = 172923150.4. Engine: 80 x 1601.6 = 128128.0: 172923151, one beside.
        name="29.97 DF in out marks off the grid of samples",
        build=("19.1", "free"),
        project={"rate": "29.97 DF"},
        timeline={
            "start": "01:00:00;00",
            "video": [[{"clip": "2997.mp4", "at": 0, "in": 0, "duration": 100}]],
            "marks": [9, 88],
        },
        answer={},
        calls=[MONO, FOLEY, ("AppendToTimeline", 12, 92, 107901, 2, 2)],
        items=[(2, 107901, 107981, True)],
        files=[(166567, 172795022, -19220)],
        zero=172799827,
        clicks=[(172847875, 1, 0.5), (172923150, 1, 0.5)],
    ),
    Example(
        # 00:59:59;20 = (3599 x 30 + 20) - 2 x 54 = 107990 - 108 = 107882; S = 172783811(.2).
        # The playhead on 01:00:00;00 = 107892 is ten frames into the clip, at 107882 to 107942.
        # File: 107870 to 107954: S(107870) = 172764592.0, S(107954) = 172899126(.4): 134534 samples;
        # 172764592 - 172783811 = -19219.
        # Jump 30, source in 20: 107892; x 1601.6 = 172799827.2. Engine: 22 x 1601.6 = 35235.2 -> 35235,
        # less 19219, from 172783811 on: 172799827.
        # Jump 77: 107939; x 1601.6 = 172875102.4. Engine: 69 x 1601.6 = 110510.4 -> 110510: 172875102.
        name="29.97 DF over the hour, from 00:59:59;20",
        build=("20.1", "free"),
        project={"rate": "29.97 DF"},
        timeline={
            "start": "00:59:59;20",
            "video": [[{"clip": "2997.mp4", "at": 0, "in": 20, "duration": 60}]],
            "playhead": "01:00:00;00",
        },
        answer={},
        calls=[MONO, FOLEY, ("AppendToTimeline", 12, 72, 107882, 2, 2)],
        items=[(2, 107882, 107942, True)],
        files=[(134534, 172764592, -19219)],
        zero=172783811,
        clicks=[(172799827, 0, 0.5), (172875102, 0, 0.5)],
    ),
    Example(
        # 10:00:00;00 = 36000 x 60 - 4 x 540 = 2157840; x 800.8 = 1727998272.0.
        # The clip lies at 2157840 to 2157960. File: 2157810 to 2157990: S(2157810) = 1727974248.0,
        # S(2157990) = 1728118392.0: 144144 samples; 30 x 800.8 = 24024.0 before the cue.
        # Jump 30: 2157870; x 800.8 = 1728022296.0. Jump 77: 2157917; x 800.8 = 1728059933.6 -> ...934.
        # Engine: 107 x 800.8 = 85685.6 -> 85686, less 24024, from 1727998272 on: 1728059934.
        name="59.94 DF from 10:00:00;00, handles 30",
        build=("20.2", "studio"),
        project={"rate": "59.94 DF"},
        timeline={
            "start": "10:00:00;00",
            "video": [[{"clip": "5994.mp4", "at": 0, "in": 0, "duration": 120}]],
        },
        answer={"handles": 30},
        calls=[MONO, FOLEY, ("AppendToTimeline", 30, 150, 2157840, 2, 2)],
        items=[(2, 2157840, 2157960, True)],
        files=[(144144, 1727974248, -24024)],
        zero=1727998272,
        clicks=[(1728022296, 0, 0.5), (1728059934, 0, 0.5)],
    ),
    Example(
        # The cue begins on timecode zero: the file has no handle before it.
        # Clip from source frame 20 at 0 to 60. File: 0 to 72: 72 x 2000 = 144000 samples.
        # Jumps at 10 x 2000 = 20000 and 57 x 2000 = 114000.
        name="24 from 00:00:00:00, a cue at timecode zero",
        build=("18.5.0", "free"),
        project={"rate": "24"},
        timeline={"start": "00:00:00:00", "video": [[{"clip": "24.mp4", "at": 0, "in": 20, "duration": 60}]]},
        answer={},
        calls=[MONO, FOLEY, ("AppendToTimeline", 0, 60, 0, 2, 2)],
        items=[(2, 0, 60, True)],
        files=[(144000, 0, 0)],
        zero=0,
        clicks=[(20000, 0, 0.5), (114000, 0, 0.5)],
    ),
    Example(
        # 10:00:00:00 = 36000 x 30 = 1080000; S = 1728000000.
        # The clip under the playhead (1080030) lies at 1080015 to 1080105. File: 1080003 to 1080117:
        # 114 x 1600 = 182400 samples from 1080003 x 1600 = 1728004800 on, 12 x 1600 = 19200 before the cue.
        # Jumps at 1080045 x 1600 = 1728072000 and 1080092 x 1600 = 1728147200.
        name="30 from 10:00:00:00",
        build=("21.0", "studio"),
        project={"rate": "30"},
        timeline={
            "start": "10:00:00:00",
            "video": [[{"clip": "30.mp4", "at": 15, "in": 0, "duration": 90}]],
            "playhead": "10:00:01:00",
        },
        answer={},
        calls=[MONO, FOLEY, ("AppendToTimeline", 12, 102, 1080015, 2, 2)],
        items=[(2, 1080015, 1080105, True)],
        files=[(182400, 1728004800, -19200)],
        zero=1728000000,
        clicks=[(1728072000, 0, 0.5), (1728147200, 0, 0.5)],
    ),
    Example(
        # Non-drop 01:00:00:00 = 3600 x 30 = 108000; x 1601.6 = 172972800.0.
        # Clip from source frame 7 at 108000 to 108080. No handles: the file begins with the cue and goes on
        # to 108081 at least: S(108081) = 173102530 (173102529.6): 129730 samples or more.
        # Jump 30: 108023; x 1601.6 = 173009636.8 -> ...637. Engine: 23 x 1601.6 = 36836.8 -> 36837: the same.
        # Jump 77: 108070; x 1601.6 = 173084912.0. Engine: 70 x 1601.6 = 112112.0: the same.
        name="29.97 non-drop, no handles",
        build=("21.1", "studio"),
        project={"rate": "29.97"},
        timeline={
            "start": "01:00:00:00",
            "video": [[{"clip": "2997.mp4", "at": 0, "in": 7, "duration": 80}]],
        },
        answer={"handles": 0},
        calls=[MONO, FOLEY, ("AppendToTimeline", 0, 80, 108000, 2, 2)],
        items=[(2, 108000, 108080, True)],
        files=[(">=129730", 172972800, 0)],
        zero=172972800,
        clicks=[(173009637, 0, 0.5), (173084912, 0, 0.5)],
    ),
    Example(
        # 01:00:00:00 = 180000; S = 172800000. Marks 20 to 109: cue 180020 to 180110.
        # Two tracks of sound are there: ours is the third.
        # File: 179990 to 180140: 150 x 960 = 144000 samples from 179990 x 960 = 172790400 on, 28800 before.
        # Clip from source frame 5 at 180010: jumps at 180010 + 25 = 180035 and 180010 + 72 = 180082:
        # x 960 = 172833600 and 172878720.
        name="50 between marks, handles 30, two tracks there",
        build=("20.3", "free"),
        project={"rate": "50"},
        timeline={
            "start": "01:00:00:00",
            "video": [[{"clip": "50.mp4", "at": 10, "in": 5, "duration": 110}]],
            "audio": [{"name": "Dialogue", "subtype": "mono"}, {"name": "Music"}],
            "marks": [20, 109],
        },
        answer={"handles": 30},
        calls=[
            MONO,
            ("SetTrackName", "audio", 3, "Foley: foley"),
            ("AppendToTimeline", 30, 120, 180020, 3, 2),
        ],
        items=[(3, 180020, 180110, True)],
        files=[(144000, 172790400, -28800)],
        zero=172800000,
        clicks=[(172833600, 0, 0.5), (172878720, 0, 0.5)],
    ),
    Example(
        # Marks 5 to 94 from 00:00:00:00: cue 5 to 95, with five of twelve frames before it.
        # File: 0 to 107: 107 x 1920 = 205440 samples from 0 on, 5 x 1920 = 9600 before the cue.
        # Jumps at 30 x 1920 = 57600 and 77 x 1920 = 147840.
        name="25 from 00:00:00:00, handles cut at timecode zero",
        build=("20.3", "studio"),
        project={"rate": "25"},
        timeline={
            "start": "00:00:00:00",
            "video": [[{"clip": "25.mp4", "at": 0, "in": 0, "duration": 100}]],
            "marks": [5, 94],
        },
        answer={},
        calls=[MONO, FOLEY, ("AppendToTimeline", 5, 95, 5, 2, 2)],
        items=[(2, 5, 95, True)],
        files=[(205440, 0, -9600)],
        zero=0,
        clicks=[(57600, 0, 0.5), (147840, 0, 0.5)],
    ),
]
"""Every rate and start, and handles."""

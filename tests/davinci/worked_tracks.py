"""Worked examples: several cues, layers, takes and markers, and timelines of a rate of their own.

The rules by which they were worked out stand in worked_examples.py.
"""

from __future__ import annotations

from davinci.worked_examples import FOLEY, MONO, Example

TRACKS = [
    Example(
        # 10:00:00:00 = 864000; S = 864000 x 2002 = 1729728000. Two lines of prompt are two cues over
        # 864000 to 864090, on a track for each layer; each take's click is 0.5, both together 1.
        # Files: 863988 to 864102: 114 x 2002 = 228228 samples from 863988 x 2002 = 1729703976 on, 24024
        # before. Jumps: 864030 x 2002 = 1729788060, 864077 x 2002 = 1729882154.
        name="23.976 from 10:00:00:00, two layers",
        build=("20.3", "studio"),
        project={"rate": "23.976"},
        timeline={
            "start": "10:00:00:00",
            "video": [[{"clip": "23976.mp4", "at": 0, "in": 0, "duration": 90}]],
        },
        answer={"prompt": "clicks\nambience: clicks"},
        calls=[
            MONO,
            FOLEY,
            MONO,
            ("SetTrackName", "audio", 3, "Foley: ambience"),
            ("AppendToTimeline", 12, 102, 864000, 2, 2),
            ("AppendToTimeline", 12, 102, 864000, 3, 2),
        ],
        items=[(2, 864000, 864090, True), (3, 864000, 864090, True)],
        files=[(228228, 1729703976, -24024), (228228, 1729703976, -24024)],
        zero=1729728000,
        clicks=[(1729788060, 0, 1.0), (1729882154, 0, 1.0)],
    ),
    Example(
        # Clip at 50 to 150. Files: 38 to 162: 124 x 1920 = 238080 samples from 38 x 1920 = 72960 on.
        # Jumps at 80 x 1920 = 153600 and 127 x 1920 = 243840. The second and third take are disabled.
        name="25 from 00:00:00:00, three takes",
        build=("18.6", "free"),
        project={"rate": "25"},
        timeline={
            "start": "00:00:00:00",
            "video": [[{"clip": "25.mp4", "at": 50, "in": 0, "duration": 100}]],
            "playhead": "00:00:03:00",
        },
        answer={"takes": 3},
        calls=[
            MONO,
            FOLEY,
            MONO,
            ("SetTrackName", "audio", 3, "Foley: foley (take 2)"),
            MONO,
            ("SetTrackName", "audio", 4, "Foley: foley (take 3)"),
            ("AppendToTimeline", 12, 112, 50, 2, 2),
            ("AppendToTimeline", 12, 112, 50, 3, 2),
            ("AppendToTimeline", 12, 112, 50, 4, 2),
        ],
        items=[(2, 50, 150, True), (3, 50, 150, False), (4, 50, 150, False)],
        files=[(238080, 72960, -23040)] * 3,
        zero=0,
        clicks=[(153600, 0, 0.5), (243840, 0, 0.5)],
        alternates={3: [(153600, 0, 0.5), (243840, 0, 0.5)], 4: [(153600, 0, 0.5), (243840, 0, 0.5)]},
    ),
    Example(
        # 01:00:00;00 = 107892; S = 172799827(.2). Clip from source frame 25 at 107892 to 107952, handles 30.
        # Files: 107862 to 107982: S(107862) = 172751779(.2), S(107982) = 172943971(.2): 192192 samples; the
        # cue 30 x 1601.6 = 48048.0 in.
        # Jump 30: 107897; x 1601.6 = 172807835.2. Engine: 35 x 1601.6 = 56056.0, less 48048, from 172799827
        # on: 172807835. Jump 77: 107944; x 1601.6 = 172883110.4. Engine: 82 x 1601.6 = 131331.2 -> 131331:
        # 172883110. Heard are the first takes of both layers.
        name="two layers, two takes, 29.97 DF",
        build=("21.1", "studio"),
        project={"rate": "29.97 DF"},
        timeline={
            "start": "01:00:00;00",
            "video": [[{"clip": "2997.mp4", "at": 0, "in": 25, "duration": 60}]],
        },
        answer={"prompt": "clicks\nambience: clicks", "takes": 2, "handles": 30},
        calls=[
            MONO,
            FOLEY,
            MONO,
            ("SetTrackName", "audio", 3, "Foley: foley (take 2)"),
            MONO,
            ("SetTrackName", "audio", 4, "Foley: ambience"),
            MONO,
            ("SetTrackName", "audio", 5, "Foley: ambience (take 2)"),
            ("AppendToTimeline", 30, 90, 107892, 2, 2),
            ("AppendToTimeline", 30, 90, 107892, 3, 2),
            ("AppendToTimeline", 30, 90, 107892, 4, 2),
            ("AppendToTimeline", 30, 90, 107892, 5, 2),
        ],
        items=[
            (2, 107892, 107952, True),
            (3, 107892, 107952, False),
            (4, 107892, 107952, True),
            (5, 107892, 107952, False),
        ],
        files=[(192192, 172751779, -48048)] * 4,
        zero=172799827,
        clicks=[(172807835, 0, 1.0), (172883110, 0, 1.0)],
        alternates={5: [(172807835, 0, 0.5), (172883110, 0, 0.5)]},
    ),
    Example(
        # 01:00:00:00 = 86400; S = 172800000. Two clips of one media, a gap of 20 frames between them: two
        # cues, 86400 to 86440 and 86460 to 86500, on one track.
        # Files: 86388 to 86452 and 86448 to 86512: 64 x 2000 = 128000 samples each, from 172776000 and
        # 172896000 on, 24000 before. The handles reach over one another; the cuts do not.
        # First clip, source 20 to 60: jump 30 at 86410; second, 60 to 100: jump 77 at 86460 + 17 = 86477.
        # x 2000 = 172820000 and 172954000.
        name="24, two selected clips with a gap between",
        build=("21.0.4", "studio"),
        project={"rate": "24"},
        timeline={
            "start": "01:00:00:00",
            "video": [
                [
                    {"clip": "24.mp4", "at": 0, "in": 20, "duration": 40},
                    {"clip": "24.mp4", "at": 60, "in": 60, "duration": 40},
                ]
            ],
            "selection": ["24.mp4"],
        },
        answer={},
        calls=[
            MONO,
            FOLEY,
            ("AppendToTimeline", 12, 52, 86400, 2, 2),
            ("AppendToTimeline", 12, 52, 86460, 2, 2),
        ],
        items=[(2, 86400, 86440, True), (2, 86460, 86500, True)],
        files=[(128000, 172776000, -24000), (128000, 172896000, -24000)],
        zero=172800000,
        clicks=[(172820000, 0, 0.5), (172954000, 0, 0.5)],
    ),
    Example(
        # Both clips are selected: cues 90000 to 90100 and 90020 to 90050, which overlap, so that the second
        # has a track of its own. The picture is V2's where it lies. In the first cue: bright from 90020 on,
        # dark from 90047, bright from 90050, dark from 90077. In the second, whose handle shows its own media
        # (source 38 to 50, bright): dark from 90047 alone, where both are heard.
        # x 1920 = 172838400, 172890240, 172896000, 172947840.
        # Files: 89988 to 90112: 238080 samples from 172776960 on; 90008 to 90062: 54 x 1920 = 103680 from
        # 172815360 on.
        name="25, selected clips above one another",
        build=("21.0.4", "studio"),
        project={"rate": "25"},
        timeline={
            "start": "01:00:00:00",
            "video": [
                [{"clip": "25.mp4", "at": 0, "in": 0, "duration": 100}],
                [{"clip": "25.mp4", "at": 20, "in": 50, "duration": 30}],
            ],
            "selection": ["25.mp4"],
        },
        answer={},
        calls=[
            MONO,
            FOLEY,
            MONO,
            ("SetTrackName", "audio", 3, "Foley: foley 2"),
            ("AppendToTimeline", 12, 112, 90000, 2, 2),
            ("AppendToTimeline", 12, 42, 90020, 3, 2),
        ],
        items=[(2, 90000, 90100, True), (3, 90020, 90050, True)],
        files=[(238080, 172776960, -23040), (103680, 172815360, -23040)],
        zero=172800000,
        clicks=[(172838400, 0, 0.5), (172890240, 0, 1.0), (172896000, 0, 0.5), (172947840, 0, 0.5)],
    ),
    Example(
        # Markers count from the timeline's start. The first lasts 30 frames: 90020 to 90050, layer foley. The
        # second is a point and lasts to the end: 90060 to 90100, layer ambience.
        # Files: 90008 to 90062: 54 x 1920 = 103680 samples from 90008 x 1920 = 172815360 on; 90048 to 90112:
        # 64 x 1920 = 122880 from 90048 x 1920 = 172892160 on; both 23040 before their cues.
        # Jump 30, at 90030, is in the first cue, jump 77, at 90077, in the second: 172857600, 172947840.
        name="25, markers: one with a length, one point, two layers",
        build=("20.3", "free"),
        project={"rate": "25"},
        timeline={
            "start": "01:00:00:00",
            "video": [[{"clip": "25.mp4", "at": 0, "in": 0, "duration": 100}]],
            "markers": [
                {"frame": 20, "name": "clicks", "duration": 30},
                {"frame": 60, "name": "ambience: clicks"},
            ],
        },
        answer={"prompt": ""},
        calls=[
            MONO,
            FOLEY,
            MONO,
            ("SetTrackName", "audio", 3, "Foley: ambience"),
            ("AppendToTimeline", 12, 42, 90020, 2, 2),
            ("AppendToTimeline", 12, 52, 90060, 3, 2),
        ],
        items=[(2, 90020, 90050, True), (3, 90060, 90100, True)],
        files=[(103680, 172815360, -23040), (122880, 172892160, -23040)],
        zero=172800000,
        clicks=[(172857600, 0, 0.5), (172947840, 0, 0.5)],
        entry="markers",
    ),
    Example(
        # Points at 5 and 40: the first lasts to the second, that to the clip's end at 80: 86405 to 86440 and
        # 86440 to 86480, on one track without a gap.
        # Files: 86393 to 86452: 59 x 2002 = 118118 samples from 86393 x 2002 = 172958786 on; 86428 to 86492:
        # 64 x 2002 = 128128 from 86428 x 2002 = 173028856 on.
        # Source in 10: jump 30 at 86420, x 2002 = 173012840; jump 77 at 86467, x 2002 = 173106934.
        name="23.976, markers: points that tile",
        build=("21.0.4", "studio"),
        project={"rate": "23.976"},
        timeline={
            "start": "01:00:00:00",
            "video": [[{"clip": "23976.mp4", "at": 0, "in": 10, "duration": 80}]],
            "markers": [{"frame": 5, "name": "clicks"}, {"frame": 40, "name": "clicks"}],
        },
        answer={"prompt": ""},
        calls=[
            MONO,
            FOLEY,
            ("AppendToTimeline", 12, 47, 86405, 2, 2),
            ("AppendToTimeline", 12, 52, 86440, 2, 2),
        ],
        items=[(2, 86405, 86440, True), (2, 86440, 86480, True)],
        files=[(118118, 172958786, -24024), (128128, 173028856, -24024)],
        zero=172972800,
        clicks=[(173012840, 0, 0.5), (173106934, 0, 0.5)],
        entry="markers",
    ),
    Example(
        # The procedural engine's takes are in stereo, and so is their track. What it hears is its own affair.
        name="25, an engine in stereo",
        build=("20.3", "studio"),
        project={"rate": "25"},
        timeline={"start": "01:00:00:00", "video": [[{"clip": "25.mp4", "at": 0, "in": 0, "duration": 100}]]},
        answer={"engine": "procedural", "prompt": "footsteps"},
        calls=[("AddTrack", "audio", "stereo"), FOLEY, ("AppendToTimeline", 12, 112, 90000, 2, 2)],
        items=[(2, 90000, 90100, True)],
        files=[(238080, 172776960, -23040)],
        zero=172800000,
        clicks=None,
    ),
    Example(
        # Resolve gives the WAV the project's 24 frames a second, in which twelve frames of 25 are 11.52: no
        # whole frame. So the file begins with the cue. 100 frames of 25 last 4 s, 96 frames of 24:
        # floor(96 x 25 / 24) = 100. S(90000) = 172800000; the file holds a frame more than the cue at least:
        # 101 x 1920 = 193920. Jumps: 172857600, 172947840.
        name="25 in a project of 24",
        build=("21.0.4", "studio"),
        project={"rate": "24"},
        timeline={
            "start": "01:00:00:00",
            "rate": "25",
            "video": [[{"clip": "25.mp4", "at": 0, "in": 0, "duration": 100}]],
        },
        answer={},
        calls=[MONO, FOLEY, ("AppendToTimeline", 0, 96, 90000, 2, 2)],
        items=[(2, 90000, 90100, True)],
        files=[(">=193920", 172800000, 0)],
        zero=172800000,
        clicks=[(172857600, 0, 0.5), (172947840, 0, 0.5)],
    ),
    Example(
        # 99 frames of 25 last 3.96 s, 95.04 frames of 24. 95 give floor(95 x 25 / 24 = 98.96) = 98, one
        # short; 96 give 100, one too many, which would lie over what follows. It ends a frame early.
        # The file holds 100 frames of 25 at least: 192000. S(90000) = 172800000. Jumps as above.
        name="25 in a project of 24, a length that cannot be had",
        build=("20.3", "free"),
        project={"rate": "24"},
        timeline={
            "start": "01:00:00:00",
            "rate": "25",
            "video": [[{"clip": "25.mp4", "at": 0, "in": 0, "duration": 99}]],
        },
        answer={},
        calls=[MONO, FOLEY, ("AppendToTimeline", 0, 95, 90000, 2, 2)],
        items=[(2, 90000, 90098, True)],
        files=[(">=192000", 172800000, 0)],
        zero=172800000,
        clicks=[(172857600, 0, 0.5), (172947840, 0, 0.5)],
    ),
    Example(
        # In a project of 25, 90 frames of 24 last 3.75 s, 93.75 frames of 25. 93 would floor to
        # floor(93 x 24 / 25 = 89.28) = 89, one short; 94 to floor(90.24) = 90. The file begins with the cue
        # and holds 94 frames of 25 (180480 samples) and a frame of 24 more than the cue: 91 x 2000 = 182000.
        # S(86400) = 172800000. Jumps: 86430 x 2000 = 172860000, 86477 x 2000 = 172954000.
        name="24 in a project of 25",
        build=("20.3", "studio"),
        project={"rate": "25"},
        timeline={
            "start": "01:00:00:00",
            "rate": "24",
            "video": [[{"clip": "24.mp4", "at": 0, "in": 0, "duration": 90}]],
        },
        answer={},
        calls=[MONO, FOLEY, ("AppendToTimeline", 0, 94, 86400, 2, 2)],
        items=[(2, 86400, 86490, True)],
        files=[(">=182000", 172800000, 0)],
        zero=172800000,
        clicks=[(172860000, 0, 0.5), (172954000, 0, 0.5)],
    ),
    Example(
        # Non-drop 01:00:00:00 = 216000; x 800.8 = 172972800.0. Twelve frames of 59.94 are six of 29.97, so
        # the handles stay. 99 frames are 49.5: 49, or 98 frames of 59.94, one short.
        # File: 215988 to 216111: S(215988) = 172963190(.4), S(216111) = 173061689 (173061688.8): 98499
        # samples; the cue 9610 in. The cut begins on the file's sample round(6 x 1601.6 = 9609.6) = 9610.
        # Jump 30: 216030; x 800.8 = 172996824.0. Engine: 42 x 800.8 = 33633.6 -> 33634, less 9610, from
        # 172972800 on: 172996824.
        # Jump 77: 216077; x 800.8 = 173034461.6 -> ...462. Engine: 89 x 800.8 = 71271.2 -> 71271: 173034461,
        # one before it: the file's first frame and the click were both rounded down.
        name="59.94 in a project of 29.97",
        build=("21.1", "studio"),
        project={"rate": "29.97"},
        timeline={
            "start": "01:00:00:00",
            "rate": "59.94",
            "video": [[{"clip": "5994.mp4", "at": 0, "in": 0, "duration": 99}]],
        },
        answer={},
        calls=[MONO, FOLEY, ("AppendToTimeline", 6, 55, 216000, 2, 2)],
        items=[(2, 216000, 216098, True)],
        files=[(98499, 172963190, -9610)],
        zero=172972800,
        clicks=[(172996824, 0, 0.5), (173034462, -1, 0.5)],
    ),
]

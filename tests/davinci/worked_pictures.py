"""Worked examples: retimes, gaps, cuts, picture over picture, and media of other rates and timecodes.

The rules by which they were worked out stand in worked_examples.py.
"""

from __future__ import annotations

from davinci.worked_examples import FOLEY, MONO, Example

PICTURES = [
    Example(
        # Clip at 12 to 132 at half speed: it shows source frames 20 to 80, each for two.
        # Jump 30: 12 + 2 x 10 = 32; jump 77: 12 + 2 x 57 = 126. x 2002 = 64064 and 252252.
        # Handles 30, of which 12 are left before the cue. File: 0 to 162: 162 x 2002 = 324324 samples
        # from 0 on, 12 x 2002 = 24024 before the cue.
        name="23.976 at 50 %, handles cut at timecode zero",
        build=("20.3", "studio"),
        project={"rate": "23.976"},
        timeline={
            "start": "00:00:00:00",
            "video": [[{"clip": "23976.mp4", "at": 12, "in": 20, "duration": 120, "speed": "1/2"}]],
            "playhead": "00:00:01:00",
        },
        answer={"handles": 30},
        calls=[MONO, FOLEY, ("AppendToTimeline", 12, 132, 12, 2, 2)],
        items=[(2, 12, 132, True)],
        files=[(324324, 0, -24024)],
        zero=0,
        clicks=[(64064, 0, 0.5), (252252, 0, 0.5)],
    ),
    Example(
        # Clip at 90000 to 90050 at double speed: it shows source frames 4, 6, ... 102.
        # Jump 30: (30 - 4) / 2 = 13: 90013. Jump 77: (77 - 4) / 2 = 36.5: 36 shows 76 and 37 shows 78: 90037.
        # x 1920 = 172824960 and 172871040. File: 89988 to 90062: 74 x 1920 = 142080 samples.
        name="25 at 200 %",
        build=("21.1", "studio"),
        project={"rate": "25"},
        timeline={
            "start": "01:00:00:00",
            "video": [[{"clip": "25.mp4", "at": 0, "in": 4, "duration": 50, "speed": "2"}]],
        },
        answer={},
        calls=[MONO, FOLEY, ("AppendToTimeline", 12, 62, 90000, 2, 2)],
        items=[(2, 90000, 90050, True)],
        files=[(142080, 172776960, -23040)],
        zero=172800000,
        clicks=[(172824960, 0, 0.5), (172871040, 0, 0.5)],
    ),
    Example(
        # 10:00:00:00 = 864000; S = 1728000000. Source frames 10 to 90 backwards over 80 frames: the first
        # shown is 89. Bright are 30 to 76: frame 76 is shown at 89 - 76 = 13, frame 29 at 60.
        # 864013 x 2000 = 1728026000, 864060 x 2000 = 1728120000.
        # File: 863988 to 864092: 104 x 2000 = 208000 samples from 1727976000 on, 24000 before.
        name="24 reversed",
        build=("20.3", "free"),
        project={"rate": "24"},
        timeline={
            "start": "10:00:00:00",
            "video": [[{"clip": "24.mp4", "at": 0, "in": 10, "duration": 80, "speed": "-1"}]],
        },
        answer={},
        calls=[MONO, FOLEY, ("AppendToTimeline", 12, 92, 864000, 2, 2)],
        items=[(2, 864000, 864080, True)],
        files=[(208000, 1727976000, -24000)],
        zero=1728000000,
        clicks=[(1728026000, 0, 0.5), (1728120000, 0, 0.5)],
    ),
    Example(
        # 10:00:00;00 = 1078920; x 1601.6 = 1727998272.0. Clip at 1078923 to 1078973 at double speed, source
        # frames 3, 5, ... 101. Jump 30: 27 / 2 = 13.5: the 14th after, 1078937; jump 77: 37: 1078960.
        # S(1078923) = 1728003077 (1728003076.8). File: 1078911 to 1078985: S(1078911) = 1727983858
        # (1727983857.6), S(1078985) = 1728102376.0: 118518 samples; the cue 19219 in.
        # 1078937 x 1601.6 = 1728025499.2. Engine: 26 x 1601.6 = 41641.6 -> 41642, less 19219, from
        # 1728003077 on: 1728025500, one beside: two roundings up, of the file's first frame and of the click.
        # 1078960 x 1601.6 = 1728062336.0. Engine: 49 x 1601.6 = 78478.4 -> 78478: 1728062336.
        name="29.97 DF at 200 %, from 10:00:00;00",
        build=("21.0.4", "studio"),
        project={"rate": "29.97 DF"},
        timeline={
            "start": "10:00:00;00",
            "video": [[{"clip": "2997.mp4", "at": 3, "in": 3, "duration": 50, "speed": "2"}]],
            "selection": ["2997.mp4"],
        },
        answer={},
        calls=[MONO, FOLEY, ("AppendToTimeline", 12, 62, 1078923, 2, 2)],
        items=[(2, 1078923, 1078973, True)],
        files=[(118518, 1727983858, -19219)],
        zero=1727998272,
        clicks=[(1728025499, 1, 0.5), (1728062336, 0, 0.5)],
    ),
    Example(
        # Marks 10 to 79: cue 90010 to 90080. Bright until 90030, black in the gap, bright from 90050 on.
        # x 1920 = 172857600 and 172896000. File: 89998 to 90092: 94 x 1920 = 180480 samples from
        # 172796160 on: two frames before the timeline's start, but not before timecode zero.
        name="25 over a gap",
        build=("20.3", "studio"),
        project={"rate": "25"},
        timeline={
            "start": "01:00:00:00",
            "video": [
                [
                    {"clip": "25.mp4", "at": 0, "in": 40, "duration": 30},
                    {"clip": "25.mp4", "at": 50, "in": 32, "duration": 40},
                ]
            ],
            "marks": [10, 79],
        },
        answer={},
        calls=[MONO, FOLEY, ("AppendToTimeline", 12, 82, 90010, 2, 2)],
        items=[(2, 90010, 90080, True)],
        files=[(180480, 172796160, -23040)],
        zero=172800000,
        clicks=[(172857600, 0, 0.5), (172896000, 0, 0.5)],
    ),
    Example(
        # Non-drop 01:00:00:00 = 216000; x 800.8 = 172972800.0. Marks 10 to 99: cue 216010 to 216100.
        # The first clip turns bright at 216030; the cut to the second, dark again, is at 216050, and that
        # turns bright at 216080. S = 172996824.0, 173012840.0, 173036864.0.
        # S(216010) = 172980808.0. File: 215998 to 216112: S(215998) = 172971198(.4), S(216112) = 173062490
        # (173062489.6): 91292 samples; the cue 9610 in, and 12 x 800.8 = 9609.6 -> 9610.
        # Engine: 32, 52, 82 x 800.8 = 25625.6, 41641.6, 65665.6 -> 25626, 41642, 65666, less 9610, from
        # 172980808 on: 172996824, 173012840, 173036864.
        name="59.94 non-drop across a cut",
        build=("20.0", "studio"),
        project={"rate": "59.94"},
        timeline={
            "start": "01:00:00:00",
            "video": [
                [
                    {"clip": "5994.mp4", "at": 0, "in": 0, "duration": 50},
                    {"clip": "5994.mp4", "at": 50, "in": 0, "duration": 60},
                ]
            ],
            "marks": [10, 99],
        },
        answer={},
        calls=[MONO, FOLEY, ("AppendToTimeline", 12, 102, 216010, 2, 2)],
        items=[(2, 216010, 216100, True)],
        files=[(91292, 172971198, -9610)],
        zero=172972800,
        clicks=[(172996824, 0, 0.5), (173012840, 0, 0.5), (173036864, 0, 0.5)],
    ),
    Example(
        # V2 lies over V1 from 90020 to 90050 and shows source frames 50 to 80 there: bright from 90020 on
        # (V1 was dark), dark at source 77, 90020 + 27 = 90047; V1 comes back bright at 90050 (its frame 50)
        # and turns dark at 90077. x 1920 = 172838400, 172890240, 172896000, 172947840.
        # Marks 5 to 94: cue 90005 to 90095. File: 89993 to 90107: 114 x 1920 = 218880 samples from
        # 89993 x 1920 = 172786560 on.
        name="25, V2 over V1",
        build=("20.3", "studio"),
        project={"rate": "25"},
        timeline={
            "start": "01:00:00:00",
            "video": [
                [{"clip": "25.mp4", "at": 0, "in": 0, "duration": 100}],
                [{"clip": "25.mp4", "at": 20, "in": 50, "duration": 30}],
            ],
            "marks": [5, 94],
        },
        answer={},
        calls=[MONO, FOLEY, ("AppendToTimeline", 12, 102, 90005, 2, 2)],
        items=[(2, 90005, 90095, True)],
        files=[(218880, 172786560, -23040)],
        zero=172800000,
        clicks=[(172838400, 0, 0.5), (172890240, 0, 0.5), (172896000, 0, 0.5), (172947840, 0, 0.5)],
    ),
    Example(
        # 10:00:00:00 = 864000; S = 1728000000. The clip on V2 is disabled, and so is the track V3: V1 is
        # seen throughout. Marks 5 to 94: cue 864005 to 864095. File: 863993 to 864107: 114 x 2000 = 228000
        # samples from 863993 x 2000 = 1727986000 on. Jumps: 864030 x 2000 = 1728060000, 864077 x 2000 =
        # 1728154000.
        name="24, a disabled clip on V2 and a disabled V3",
        build=("20.3", "studio"),
        project={"rate": "24"},
        timeline={
            "start": "10:00:00:00",
            "video": [
                [{"clip": "24.mp4", "at": 0, "in": 0, "duration": 100}],
                [{"clip": "24.mp4", "at": 20, "in": 50, "duration": 30, "enabled": False}],
                {"enabled": False, "clips": [{"clip": "24.mp4", "at": 40, "in": 0, "duration": 60}]},
            ],
            "marks": [5, 94],
        },
        answer={},
        calls=[MONO, FOLEY, ("AppendToTimeline", 12, 102, 864005, 2, 2)],
        items=[(2, 864005, 864095, True)],
        files=[(228000, 1727986000, -24000)],
        zero=1728000000,
        clicks=[(1728060000, 0, 0.5), (1728154000, 0, 0.5)],
    ),
    Example(
        # Media of 25 at 24: record frame i of the clip shows source frame floor(10 + i x 25 / 24).
        # Jump 30: i >= 20 x 24 / 25 = 19.2: 20; jump 77: i >= 67 x 24 / 25 = 64.32: 65. The clip lies at 24:
        # 44 x 2000 = 88000, 89 x 2000 = 178000. File: 12 to 116: 104 x 2000 = 208000 samples from 24000 on.
        name="24 with media of 25",
        build=("20.3", "studio"),
        project={"rate": "24"},
        timeline={
            "start": "00:00:00:00",
            "video": [[{"clip": "25.mp4", "at": 24, "in": 10, "duration": 80}]],
            "playhead": "00:00:02:00",
        },
        answer={},
        calls=[MONO, FOLEY, ("AppendToTimeline", 12, 92, 24, 2, 2)],
        items=[(2, 24, 104, True)],
        files=[(208000, 24000, -24000)],
        zero=0,
        clicks=[(88000, 0, 0.5), (178000, 0, 0.5)],
    ),
    Example(
        # The media's own timecode, 10:00:00:00, moves nothing: source in 12 is its 13th frame.
        # Jumps at 90018 x 1920 = 172834560 and 90065 x 1920 = 172924800.
        # File: 89988 to 90092: 104 x 1920 = 199680 samples from 172776960 on.
        name="25 with embedded timecode",
        build=("20.3", "free"),
        project={"rate": "25"},
        timeline={
            "start": "01:00:00:00",
            "video": [[{"clip": "25-10h.mov", "at": 0, "in": 12, "duration": 80}]],
        },
        answer={},
        calls=[MONO, FOLEY, ("AppendToTimeline", 12, 92, 90000, 2, 2)],
        items=[(2, 90000, 90080, True)],
        files=[(199680, 172776960, -23040)],
        zero=172800000,
        clicks=[(172834560, 0, 0.5), (172924800, 0, 0.5)],
    ),
    Example(
        # Media of 23.976 from 01:00:00:00 (86400 frames, 3603.6 s) on, at 29.97: 4 frames for 5. Record frame
        # i shows source frame floor(10 + 0.8 i). Jump 30: 20 / 0.8 = 25; jump 77: 67 / 0.8 = 83.75: 84.
        # The clip lies at 107892 + 5 = 107897 to 107992; S(107897) = 172807835(.2). File: 107885 to 108004:
        # S(107885) = 172788616.0, S(108004) = 172979206(.4): 190590 samples; the cue 19219 in.
        # 107922 x 1601.6 = 172847875.2. Engine: 37 x 1601.6 = 59259.2 -> 59259, less 19219, from 172807835
        # on: 172847875. 107981 x 1601.6 = 172942369.6 -> ...370. Engine: 96 x 1601.6 = 153753.6 -> 153754:
        # 172942370.
        name="29.97 DF with media of 23.976 and embedded timecode",
        build=("21.0.4", "studio"),
        project={"rate": "29.97 DF"},
        timeline={
            "start": "01:00:00;00",
            "video": [[{"clip": "23976-1h.mov", "at": 5, "in": 10, "duration": 95}]],
            "selection": ["23976-1h.mov"],
        },
        answer={},
        calls=[MONO, FOLEY, ("AppendToTimeline", 12, 107, 107897, 2, 2)],
        items=[(2, 107897, 107992, True)],
        files=[(190590, 172788616, -19219)],
        zero=172799827,
        clicks=[(172847875, 0, 0.5), (172942370, 0, 0.5)],
    ),
    Example(
        # Double speed backwards over 50 frames uses source frames 10 to 110; the last one used, 109, is shown
        # first, then 107, ... 11. 77 and more are dark: 75 is shown at (109 - 75) / 2 = 17, after 77 at 16;
        # 29, dark again, at (109 - 29) / 2 = 40. 90017 x 1920 = 172832640, 90040 x 1920 = 172876800.
        # File: 89988 to 90062: 74 x 1920 = 142080 samples from 172776960 on.
        name="25 reversed at 200 %",
        build=("20.3", "studio"),
        project={"rate": "25"},
        timeline={
            "start": "01:00:00:00",
            "video": [[{"clip": "25.mp4", "at": 0, "in": 10, "duration": 50, "speed": "-2"}]],
        },
        answer={},
        calls=[MONO, FOLEY, ("AppendToTimeline", 12, 62, 90000, 2, 2)],
        items=[(2, 90000, 90050, True)],
        files=[(142080, 172776960, -23040)],
        zero=172800000,
        clicks=[(172832640, 0, 0.5), (172876800, 0, 0.5)],
    ),
    Example(
        # Half speed backwards over 120 frames uses source frames 25 to 85, each for two: 84 first. 76 is
        # bright, at 2 x (84 - 76) = 16; 29, dark, at 2 x (84 - 29) = 110. The clip lies at 20:
        # 36 x 2000 = 72000, 130 x 2000 = 260000. File: 8 to 152: 144 x 2000 = 288000 samples from 16000 on.
        name="24 reversed at 50 %",
        build=("20.3", "studio"),
        project={"rate": "24"},
        timeline={
            "start": "00:00:00:00",
            "video": [[{"clip": "24.mp4", "at": 20, "in": 25, "duration": 120, "speed": "-1/2"}]],
            "playhead": "00:00:01:00",
        },
        answer={},
        calls=[MONO, FOLEY, ("AppendToTimeline", 12, 132, 20, 2, 2)],
        items=[(2, 20, 140, True)],
        files=[(288000, 16000, -24000)],
        zero=0,
        clicks=[(72000, 0, 0.5), (260000, 0, 0.5)],
    ),
    Example(
        # A freeze holds source frame 50, bright, from 90030 to 90060; the clip before it turned bright at
        # 90000 + 30 - 10 = 90020; x 1920 = 172838400. Nothing moves afterwards.
        # Marks 0 to 59. File: 89988 to 90072: 84 x 1920 = 161280 samples from 172776960 on.
        name="25 with a freeze",
        build=("20.3", "studio"),
        project={"rate": "25"},
        timeline={
            "start": "01:00:00:00",
            "video": [
                [
                    {"clip": "25.mp4", "at": 0, "in": 10, "duration": 30},
                    {"clip": "25.mp4", "at": 30, "in": 50, "duration": 30, "speed": "0"},
                ]
            ],
            "marks": [0, 59],
        },
        answer={},
        calls=[MONO, FOLEY, ("AppendToTimeline", 12, 72, 90000, 2, 2)],
        items=[(2, 90000, 90060, True)],
        files=[(161280, 172776960, -23040)],
        zero=172800000,
        clicks=[(172838400, 0, 0.5)],
    ),
    Example(
        # Media of 24 at 23.976: record frame i shows source frame floor(10 + 1.001 i). Jump 30:
        # 20 / 1.001 = 19.98: 20; jump 77: 67 / 1.001 = 66.93: 67. 86420 x 2002 = 173012840,
        # 86467 x 2002 = 173106934. File: 86388 to 86512: 124 x 2002 = 248248 samples from 172948776 on.
        name="23.976 with media of 24",
        build=("19.0.0", "free"),
        project={"rate": "23.976"},
        timeline={
            "start": "01:00:00:00",
            "video": [[{"clip": "24.mp4", "at": 0, "in": 10, "duration": 100}]],
        },
        answer={},
        calls=[MONO, FOLEY, ("AppendToTimeline", 12, 112, 86400, 2, 2)],
        items=[(2, 86400, 86500, True)],
        files=[(248248, 172948776, -24024)],
        zero=172972800,
        clicks=[(173012840, 0, 0.5), (173106934, 0, 0.5)],
    ),
]

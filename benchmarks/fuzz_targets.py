"""Parsers and readers, each with what it is fed. A target takes a case's dice and a folder of its own; it
returns what it did or raises. The service's target is in fuzz_service.py."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import av
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from benchmarks import fuzz_mutate as mutate
from clipmaker import make_clip
from edits import take as take_of
from foleyd import timelines
from foleyd.cli import options
from foleyd.cli.call import _method, _parse, message_json
from foleyd.config import Folders, Settings, load_settings
from foleyd.cue import FileCut, FrameRange, Media, Program, Shot, file_cut
from foleyd.engines.procedural import prompt as prompts
from foleyd.media.bwf import Broadcast, Ixml, read_provenance, write_take
from foleyd.media.loudness import parse_target
from foleyd.media.picture import program_frames
from foleyd.media.probe import MediaInfo, probe
from foleyd.media.sound_file import read_sound_file
from foleyd.names import check_naming
from foleyd.ranges import check_range, parse_frame
from foleyd.request import CueRule, Document, Spread
from foleyd.timebase import Timecode, has_drop_frame, parse_time, parse_timecode, snap_rate
from foleyd.timeline.document import read_document, write_document
from foleyd.timeline.media_url import media_name, rebase_url, resolve_media
from foleyd.timeline.placement import append_tracks, place_takes, read_placements
from foleyd.timeline.program import read_program
from foleyd.timeline.spotting import find_cues
from foleyd.v1 import foleyd_pb2 as pb

Target = Callable[[Random, Path], None]

DATA = Path(__file__).parents[1] / "tests" / "data"
_FRAMES = 24
_LARGEST_DOCUMENT = 120_000

# ------------------------------------------------------------------------------------------ timelines


@lru_cache
def _documents() -> list[bytes]:
    files = sorted((DATA / "otio").glob("*.otio"))
    return [path.read_bytes() for path in files if path.stat().st_size < _LARGEST_DOCUMENT]


@lru_cache
def _trees() -> list[Any]:
    return [json.loads(document) for document in _documents()]


def otio(random: Random, folder: Path) -> None:
    """A document is read, spotted by ranges and by markers, given tracks, written and read again."""
    if random.random() < 0.3:
        content = mutate.damaged(random, random.choice(_documents()))
    else:
        content = mutate.json_bytes(random, random.choice(_trees()))
    edit = read_document(content, "edit.otio")
    read = read_program(edit, base_folder=folder)
    spread = random.choice((Spread.EACH_RANGE, Spread.MARKERS))
    rule = CueRule(spread=spread, prompts=("glass", "fx: wind"), seed=1)
    cues = find_cues(read.program, (), rule, markers=read.markers)
    takes = [take_of(read.program, cue, folder=str(folder)) for cue in cues[:8]]
    append_tracks(
        edit, place_takes(takes), read.program, job="fuzz", target=random.choice(("generic", "resolve"))
    )
    again = read_document(write_document(edit, content), "edit.otio")
    assert len(read_placements(again)) == len(takes), "a take of ours was lost"


def tracks(random: Random, folder: Path) -> None:
    """A document is read track by track, as hosts without OpenTimelineIO ask for it."""
    content = mutate.json_bytes(random, random.choice(_trees()))
    read = timelines.read_timeline(Document(content, folder, "edit"), Settings())
    timelines.write_timeline(read.timeline, random.choice(("generic", "premiere", "kdenlive")))


def urls(random: Random, folder: Path) -> None:
    """References as hosts write them."""
    seeds = (
        "file:///a%20b.mov",
        "C:\\a\\b.mov",
        "//server/share/a.mov",
        "a/b.mov",
        "file://localhost/D%3a/x",
        "http://x/y",
    )
    url = mutate.text(random, seeds)
    resolve_media(url, folder if random.random() < 0.7 else None, media_roots=(folder,))
    media_name(url)
    rebase_url(url, folder, folder / "x" / "y")


# ---------------------------------------------------------------------------------------------- media


@lru_cache
def _clips(folder: Path) -> list[tuple[str, bytes]]:
    """Committed clips and small ones of every container, names and contents."""
    made = folder / "clips"
    made.mkdir(exist_ok=True)
    kinds: dict[str, dict[str, Any]] = {
        "a.mp4": {"sound": "last", "rotation": 90},
        "b.mov": {"timecode": "01:00:00:00"},
        "c.mkv": {"sound": "first"},
        "d.webm": {"codec": "libvpx", "b_frames": 0},
        "e.ts": {"gop": 6},
        "f.avi": {"codec": "mpeg4", "b_frames": 0},
        "g.mp4": {
            "stamps": [n * 40 + n % 3 for n in range(30)],
            "time_base": Fraction(1, 1000),
            "b_frames": 0,
        },
        "h.mp4": {"muxer": {"movflags": "frag_keyframe+empty_moov"}},
    }
    for name, changes in kinds.items():
        if not (made / name).exists():
            make_clip(made / name, **{"frames": 30, **changes})
    paths = [*sorted(made.iterdir()), *sorted((DATA / "clips").glob("*.mp4"))]
    return [(path.name, path.read_bytes()) for path in paths]


def media(random: Random, folder: Path) -> None:
    """A damaged file is probed and played, forward, backward or frozen."""
    av.logging.set_level(None)
    name, content = random.choice(_clips(folder))
    path = folder / f"case{Path(name).suffix}"
    path.write_bytes(mutate.damaged(random, content, 20))
    info = probe(path)
    _play(random, path, info)
    if info.has_sound:
        read_sound_file(path)


def _play(random: Random, path: Path, info: MediaInfo) -> None:
    speed = random.choice((Fraction(1), Fraction(1), Fraction(-1), Fraction(0), Fraction(3, 2)))
    start = random.choice((Fraction(0), info.duration / 2, info.duration))
    shot = Shot("1", "case", Media(path), start, FrameRange(0, _FRAMES), speed)
    for frame in islice(program_frames(Program(Timecode(0, info.rate), (shot,), _FRAMES)), _FRAMES):
        # Of any size: a stream may change it on the way.
        assert frame.rgb.dtype == np.uint8
        assert frame.rgb.ndim == 3
        assert frame.rgb.shape[2] == 3


@lru_cache
def _wave(folder: Path) -> bytes:
    path = folder / "whole.wav"
    if not path.exists():
        cut: FileCut = file_cut(Timecode(90_000, Fraction(25)), FrameRange(0, 5), 0)
        broadcast = Broadcast("a take", "job", datetime(2026, 1, 2), cut.time_reference)
        ixml = Ixml(Fraction(25), False, provenance={"prompt": "глас <&>", "seed": 1})
        blocks = [np.zeros((1, cut.samples), np.float32)]
        write_take(path, blocks, samples=cut.samples, channels=1, broadcast=broadcast, ixml=ixml)
    return path.read_bytes()


def bwf(random: Random, folder: Path) -> None:
    """A damaged Broadcast Wave: its provenance, and what it says of itself."""
    path = folder / "case.wav"
    path.write_bytes(mutate.damaged(random, _wave(folder), 6))
    if random.random() < 0.5:
        read_provenance(path)
    else:
        av.logging.set_level(None)
        read_sound_file(path)


# ---------------------------------------------------------------------------------------------- words

_TIMES = ("01:00:00:00", "00:00:59;29", "23:59:59:23", "2.5", "0", "00:01:00;02", "10:00:00.00")
_PROMPTS = (
    "heavy boots on wet gravel, distant thunder, light rain",
    "glass breaking; no music",
    "fx: door slam | wind",
    "footsteps on wood without creaks",
    "a car passing by slowly",
)


def times(random: Random, folder: Path) -> None:
    """Rates, timecode and TIMEs; what is read prints as itself."""
    rate = snap_rate(
        random.choice(
            (24, 23.976, "29.97", 30, 50, 59.94, "179/6", mutate.text(random, ("24", "30000/1001")))
        )
    )
    word = mutate.text(random, _TIMES)
    start = Timecode(random.randrange(10**7), rate, has_drop_frame(rate) and random.random() < 0.5)
    if random.random() < 0.3:
        read = parse_timecode(word, rate)
        assert parse_timecode(str(read), rate) == read, "a label does not come back"
    else:
        frame = parse_frame(word, start, 1000, "--in")
        check_range(frame, parse_time("2.5", start), start, 1000, "clip.mov")


def words(random: Random, folder: Path) -> None:
    """Prompts, option pairs, loudness and naming as people type them."""
    match random.randrange(4):
        case 0 | 1:
            prompts.read(mutate.text(random, _PROMPTS), mutate.text(random, ("", "music", "no wind")))
        case 2:
            options.parse_options([mutate.text(random, ("a=b", "delay=0.1")) for _ in range(2)])
            parse_target(mutate.text(random, ("-23", "r128", "-18.5 LUFS", "streaming")))
        case _:
            seeds = (
                "{name}_{layer}_{cue}_take{take}",
                "{name:>20}",
                "{seed:05}",
                "{prompt[0]}",
                "{name!r:.3}",
            )
            naming = check_naming(mutate.text(random, seeds))
            values = dict.fromkeys(("name", "cue", "layer", "take", "seed", "prompt", "timecode"), "x" * 20)
            assert len(naming.format(**values)) < 10**6, "a name without end"


def toml(random: Random, folder: Path) -> None:
    """The settings file."""
    values = ['engine = "auto"', 'layers = ["foley", "fx"]', 'roots = ["/tmp"]']
    for name in ("handles", "cache_bytes", "idle_seconds", "queue_limit", "history_days"):
        values.append(f"{name} = {random.choice((1, 12, *mutate.NUMBERS))}")
    whole = "\n".join(random.sample(values, random.randint(1, 4))).encode()
    damage = random.random() < 0.5
    (folder / "foleyd.toml").write_bytes(mutate.damaged(random, whole, 4) if damage else whole)
    settings = load_settings(Folders(folder, folder, folder, folder, folder))
    assert 0 <= settings.handles < 10_000, "handles that nothing takes"
    assert settings.cache_bytes >= 0, "the cache has a negative budget"
    assert math.isfinite(settings.idle_seconds + settings.history_days), "times without end"


# ------------------------------------------------------------------------------------------- foley call


def call(random: Random, folder: Path) -> None:
    """The JSON of ``foley call``: whatever is taken comes back as itself."""
    names = list(pb.DESCRIPTOR.services_by_name["Foley"].methods_by_name)
    method = _method(random.choice(names) if random.random() < 0.95 else mutate.text(random, tuple(names)))
    message: Any = pb.GenerateRequest() if method.name == "Generate" else None
    if message is not None:
        mutate.fill(random, message)
    tree = message_json(message) if message is not None else {"job_id": "x", "paths": ["/a"], "page_size": 3}
    parsed = _parse(method, mutate.json_bytes(random, tree))
    json.dumps(message_json(parsed))


TARGETS: dict[str, Target] = {
    "otio": otio,
    "tracks": tracks,
    "urls": urls,
    "media": media,
    "bwf": bwf,
    "times": times,
    "words": words,
    "toml": toml,
    "call": call,
}

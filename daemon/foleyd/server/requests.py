"""The wire's requests in the words of the house. Everything that comes from outside is checked here.

Raises RequestError naming the field, or PathRefused.
"""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path
from typing import Any

from foleyd.config import Settings, check_path
from foleyd.cue import DEFAULT_LAYER, Cue, FrameRange, Media, Program, Shot
from foleyd.errors import RequestError
from foleyd.refreshed import Refresh
from foleyd.request import (
    AS_IS,
    AUTO_ENGINE,
    FORMATS,
    MAX_TAKES,
    CueRule,
    Document,
    EngineChoice,
    Output,
    Request,
    Selection,
    Spread,
    TypedProgram,
)
from foleyd.timebase import Timecode, TimeError, has_drop_frame, snap_rate
from foleyd.v1 import foleyd_pb2 as pb

MAX_DOCUMENT_BYTES = 64 * 1024**2
MAX_HOURS = 48
MAX_SHOTS = 100_000
MAX_HANDLES_SECONDS = 60
MAX_REQUEST_ID = 128
MAX_MEDIA_ROOTS = 100
_MAX_SEED = 2**63 - 1
_MAX_SPEED = 100
_MAX_SECONDS = 10**9

_SPREADS = {
    pb.CueRule.SPREAD_UNSPECIFIED: Spread.EACH_RANGE,
    pb.CueRule.SPREAD_EACH_RANGE: Spread.EACH_RANGE,
    pb.CueRule.SPREAD_WHOLE_SELECTION: Spread.WHOLE_SELECTION,
    pb.CueRule.SPREAD_MARKERS: Spread.MARKERS,
}
_TARGETS = {
    pb.OTIO_TARGET_UNSPECIFIED: "generic",
    pb.OTIO_TARGET_GENERIC: "generic",
    pb.OTIO_TARGET_RESOLVE: "resolve",
    pb.OTIO_TARGET_PREMIERE: "premiere",
    pb.OTIO_TARGET_KDENLIVE: "kdenlive",
}


def read_request(message: pb.GenerateRequest, settings: Settings) -> Request:
    """A whole GenerateRequest."""
    if len(message.request_id) > MAX_REQUEST_ID:
        raise RequestError(f"the request id is longer than {MAX_REQUEST_ID} characters", field="request_id")
    if message.HasField("refresh") and message.output.loudness not in {"", AS_IS}:
        raise RequestError("a refresh keeps every take's level; ask for no loudness", field="output.loudness")
    return Request(
        selection=read_selection(message.selection, settings),
        spotting=read_spotting(message, settings),
        engine=read_engine(message.engine),
        output=read_output(message.output, settings),
        text_only=message.text_only,
    )


def read_selection(message: pb.Selection, settings: Settings) -> Selection:
    """What to make sound for."""
    source: Document | TypedProgram
    match message.WhichOneof("source"):
        case "otio":
            source = read_document(message.otio, settings, "selection.otio")
        case "program":
            source = read_program(message.program, settings)
        case _:
            raise RequestError("nothing is selected; give a timeline or a program", field="selection")
    ranges = tuple(
        read_range(item, f"selection.ranges[{index}]") for index, item in enumerate(message.ranges)
    )
    return Selection(source, ranges)


def read_document(message: pb.OtioDocument, settings: Settings, field: str) -> Document:
    """An OTIO document, still unread."""
    if not message.json:
        raise RequestError(
            f"{message.name or 'the timeline'} is empty; export the timeline again", field=f"{field}.json"
        )
    if len(message.json) > MAX_DOCUMENT_BYTES:
        raise RequestError(
            f"{message.name or 'the timeline'} is larger than 64 MiB; export a shorter timeline",
            field=f"{field}.json",
        )
    folder = (
        read_path(message.base_folder, settings, f"{field}.base_folder") if message.base_folder else Path("/")
    )
    return Document(
        message.json,
        folder,
        message.name or "timeline",
        media_roots=_media_roots(message, settings, field),
        relinks=_relinks(message, settings, field),
    )


def _media_roots(message: pb.OtioDocument, settings: Settings, field: str) -> tuple[Path, ...]:
    if len(message.media_roots) > MAX_MEDIA_ROOTS or len(message.relinks) > MAX_MEDIA_ROOTS:
        raise RequestError(
            f"more than {MAX_MEDIA_ROOTS} media roots or relinks are given; name folders above them",
            field=f"{field}.media_roots",
        )
    roots = [
        read_path(text, settings, f"{field}.media_roots[{index}]")
        for index, text in enumerate(message.media_roots)
    ]
    for index, root in enumerate(roots):
        if not root.is_dir():
            raise RequestError(
                f"the media root {root} is no folder; correct its name", field=f"{field}.media_roots[{index}]"
            )
    return tuple(dict.fromkeys(roots))


def _relinks(message: pb.OtioDocument, settings: Settings, field: str) -> tuple[tuple[str, Path], ...]:
    found = []
    for index, relink in enumerate(message.relinks):
        where = f"{field}.relinks[{index}]"
        if not relink.old_prefix.strip():
            raise RequestError("a relink says nothing to replace; give FROM=TO", field=f"{where}.old_prefix")
        found.append((relink.old_prefix, read_path(relink.new_prefix, settings, f"{where}.new_prefix")))
    return tuple(found)


def read_program(message: pb.Program, settings: Settings) -> TypedProgram:
    """A program that a host described itself."""
    field = "selection.program"
    start = read_start(message, field)
    if len(message.shots) > MAX_SHOTS:
        raise RequestError(f"a program of more than {MAX_SHOTS} shots is not taken", field=f"{field}.shots")
    shots = tuple(
        read_shot(shot, index, settings, f"{field}.shots[{index}]")
        for index, shot in enumerate(message.shots)
    )
    end = max((shot.record.end for shot in shots), default=0)
    duration = message.duration_frames or end
    if not 0 < duration <= MAX_HOURS * 3600 * start.rate:
        raise RequestError(
            f"the program lasts {duration} frames; it must last between 1 frame and {MAX_HOURS} hours",
            field=f"{field}.duration_frames",
        )
    ordered = tuple(sorted(shots, key=lambda shot: shot.record))
    try:
        return TypedProgram(Program(start, ordered, duration), message.name or "program")
    except ValueError as error:
        raise RequestError(f"the program cannot be used: {error}", field=f"{field}.shots") from error


def read_spotting(message: Any, settings: Settings) -> tuple[Cue, ...] | CueRule | Refresh:
    """The cues given, the rule to find them, or that those of the timeline are meant."""
    match message.WhichOneof("spotting"):
        case "cues":
            if not message.cues.cues:
                raise RequestError("the list of cues is empty", field="cues")
            return tuple(_cue(cue, index, settings) for index, cue in enumerate(message.cues.cues))
        case "rule":
            return _rule(message.rule, settings)
        case "refresh":
            return Refresh()
        case _:
            raise RequestError("there are no cues and no rule to find them; give a prompt", field="rule")


def read_engine(message: pb.EngineChoice) -> EngineChoice:
    """Which engine, and its settings; the engine itself checks its options."""
    if message.steps < 0:
        raise RequestError(f"steps must not be negative, got {message.steps}", field="engine.steps")
    if not math.isfinite(message.guidance_scale) or message.guidance_scale < 0:
        raise RequestError("guidance must be a number of 0 or more", field="engine.guidance_scale")
    return EngineChoice(
        name=message.name or AUTO_ENGINE,
        preset=message.preset,
        steps=message.steps,
        guidance_scale=message.guidance_scale,
        options=dict(message.options),
    )


def read_output(message: pb.Output, settings: Settings) -> Output:
    """What is delivered, and where."""
    handles = settings.handles
    if message.HasField("handles_frames"):
        handles = _handles(message.handles_frames, "output.handles_frames")
    for name in message.formats:
        if name not in FORMATS:
            raise RequestError(
                f"{name!r} is no export format; there are {', '.join(FORMATS)}", field="output.formats"
            )
    return Output(
        folder=read_path(message.folder, settings, "output.folder") if message.folder else None,
        handles=handles,
        loudness=message.loudness,
        formats=tuple(dict.fromkeys(message.formats)),
        naming=message.naming,
        target=read_target(message.otio_target, "output.otio_target") if message.otio_target else "",
        otio_path=read_path(message.otio_path, settings, "output.otio_path") if message.otio_path else None,
        preview=message.preview,
        picture=message.picture,
        audition_mix=message.audition_mix,
        cue_sheet=message.cue_sheet,
    )


def read_target(value: pb.OtioTarget, field: str) -> str:
    """The importer that a timeline is shaped for."""
    if value not in _TARGETS:
        raise RequestError("the OTIO target is not known", field=field)
    return _TARGETS[value]


def read_path(text: str, settings: Settings, field: str) -> Path:
    """An absolute path within the allowed roots."""
    if "\0" in text:
        raise RequestError("a path must not hold a zero byte", field=field)
    path = Path(text)
    if not path.is_absolute():
        raise RequestError(f"the path {text!r} is not absolute", field=field, where=text)
    return check_path(settings, path)


def read_range(message: pb.FrameRange, field: str) -> FrameRange:
    """A range of one frame or more that begins at 0 or later."""
    start, end = message.start_frame, message.end_frame
    if start < 0:
        raise RequestError(f"the range begins at frame {start}, before the first", field=field)
    if end == start:
        raise RequestError(
            f"the range at frame {start} is empty; its end must lie after its start", field=field
        )
    if end < start:
        raise RequestError(f"the range ends (frame {end}) before it starts (frame {start})", field=field)
    return FrameRange(start, end)


def read_rational(message: pb.Rational, field: str) -> Fraction:
    """An exact fraction."""
    if message.den <= 0:
        raise RequestError(f"the fraction {message.num}/{message.den} has no value", field=field)
    return Fraction(message.num, message.den)


def read_seconds(message: pb.Rational, field: str) -> Fraction:
    """A media time that some file may have."""
    value = read_rational(message, field)
    if abs(value) > _MAX_SECONDS:
        raise RequestError(f"no media have a time of {float(value):g} seconds", field=field)
    return value


def read_start(message: pb.Program | pb.Timeline, field: str) -> Timecode:
    """The rate of a program or timeline and the label of its frame zero."""
    try:
        rate = snap_rate(read_rational(message.rate, f"{field}.rate"))
    except TimeError as error:
        raise RequestError(str(error), field=f"{field}.rate") from error
    frames, drop = message.start_timecode.frames, message.start_timecode.drop_frame
    if not 0 <= frames <= MAX_HOURS * 3600 * rate:
        raise RequestError(
            f"the start timecode, frame {frames}, is not within {MAX_HOURS} hours",
            field=f"{field}.start_timecode",
        )
    if drop and not has_drop_frame(rate):
        raise RequestError(
            f"there is no drop-frame timecode at {rate} frames a second", field=f"{field}.start_timecode"
        )
    return Timecode(frames, rate, drop)


def read_shot(message: pb.Shot, index: int, settings: Settings, field: str) -> Shot:
    """One piece of media on the record timeline."""
    if message.record_start_frame < 0 or message.duration_frames <= 0:
        raise RequestError(
            f"shot {message.name or index} starts at frame {message.record_start_frame} and lasts "
            f"{message.duration_frames}; it must start at 0 or later and last a frame or more",
            field=field,
        )
    origin = (
        read_seconds(message.media.origin, f"{field}.media.origin")
        if message.media.HasField("origin")
        else Fraction(0)
    )
    source = (
        read_seconds(message.source_start, f"{field}.source_start")
        if message.HasField("source_start")
        else origin
    )
    speed = read_rational(message.speed, f"{field}.speed") if message.HasField("speed") else Fraction(1)
    if abs(speed) > _MAX_SPEED:
        raise RequestError(f"a speed of {speed} is above {_MAX_SPEED} times", field=f"{field}.speed")
    start = message.record_start_frame
    return Shot(
        id=message.id or str(index + 1),
        name=message.name or message.media.name or f"shot {index + 1}",
        media=_media(message, settings, field),
        source_start=source - origin,
        record=FrameRange(start, start + message.duration_frames),
        speed=speed,
    )


def _media(message: pb.Shot, settings: Settings, field: str) -> Media | None:
    if not message.HasField("media"):
        return None
    match message.media.WhichOneof("location"):
        case "path":
            path = read_path(message.media.path, settings, f"{field}.media.path")
            return Media(path, message.media.name or path.name)
        case "upload_id":
            raise RequestError(
                "uploaded media are not taken yet; give a path", field=f"{field}.media.upload_id"
            )
        case _:
            return Media(None, message.media.name or message.name)


def _handles(frames: int, field: str) -> int:
    if not 0 <= frames <= MAX_HANDLES_SECONDS * 60:
        raise RequestError(
            f"handles of {frames} frames are not possible; give 0 to {MAX_HANDLES_SECONDS * 60}", field=field
        )
    return frames


def _cue(message: pb.Cue, index: int, settings: Settings) -> Cue:
    field = f"cues.cues[{index}]"
    return Cue(
        id=message.id,
        record=read_range(message.range, f"{field}.range"),
        prompt=message.prompt,
        negative_prompt=message.negative_prompt,
        layer=_layer(message.layer, settings, f"{field}.layer"),
        seeds=_seeds(message.seeds, f"{field}.seeds"),
        handles=_handles(message.handles_frames, f"{field}.handles_frames")
        if message.HasField("handles_frames")
        else None,
        engine=message.engine,
    )


def _rule(message: pb.CueRule, settings: Settings) -> CueRule:
    if message.spread not in _SPREADS:
        raise RequestError("the rule's spread is not known", field="rule.spread")
    spread = _SPREADS[message.spread]
    if not message.prompts and spread is not Spread.MARKERS:
        raise RequestError("there is no prompt; say what should be heard", field="rule.prompts")
    if not 0 <= message.takes <= MAX_TAKES:
        raise RequestError(
            f"{message.takes} takes are not possible; ask for 1 to {MAX_TAKES}", field="rule.takes"
        )
    seed = message.seed if message.HasField("seed") else None
    if seed is not None:
        _seeds([seed], "rule.seed")
    return CueRule(
        spread=spread,
        prompts=tuple(message.prompts),
        negative_prompt=message.negative_prompt,
        layer=_layer(message.layer, settings, "rule.layer"),
        takes=message.takes or 1,
        seed=seed,
        marker_colours=tuple(colour.upper() for colour in message.marker_colours),
    )


def _layer(text: str, settings: Settings, field: str) -> str:
    layer = text or DEFAULT_LAYER
    if layer not in settings.layers:
        raise RequestError(
            f"there is no layer {layer!r}; there are {', '.join(settings.layers)}", field=field
        )
    return layer


def _seeds(seeds: Any, field: str) -> tuple[int, ...]:
    if len(seeds) > MAX_TAKES:
        raise RequestError(f"{len(seeds)} takes are not possible; ask for 1 to {MAX_TAKES}", field=field)
    if any(not 0 <= seed <= _MAX_SEED - MAX_TAKES for seed in seeds):
        raise RequestError("a seed must be 0 or more, and below 2^63", field=field)
    return tuple(dict.fromkeys(seeds))

"""What must not be asked is refused with the field at fault, and nothing that is asked breaks the reader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from google.protobuf.message import DecodeError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.messages import messages
from foleyd import spot
from foleyd.config import Settings
from foleyd.errors import FoleyError, PathRefused, RequestError
from foleyd.request import MAX_TAKES, TypedProgram
from foleyd.server.requests import (
    MAX_HANDLES_SECONDS,
    MAX_REQUEST_ID,
    read_request,
    read_selection,
    read_spotting,
)
from foleyd.v1 import foleyd_pb2 as pb

HUGE = 10**18
LARGEST = 2**63 - 1


def sound_request() -> pb.GenerateRequest:
    """A request that is taken: two shots at 24 frames a second and one cue."""
    program = pb.Program(
        rate=pb.Rational(num=24, den=1),
        start_timecode=pb.StartTimecode(frames=86_400),
        shots=[
            pb.Shot(name="a", media=pb.Media(path="/media/a.mov"), duration_frames=24),
            pb.Shot(name="b", media=pb.Media(name="gone.mov"), record_start_frame=24, duration_frames=24),
        ],
    )
    cue = pb.Cue(range=pb.FrameRange(start_frame=0, end_frame=24), prompt="steps", seeds=[1])
    return pb.GenerateRequest(
        selection=pb.Selection(program=program, ranges=[pb.FrameRange(start_frame=0, end_frame=48)]),
        cues=pb.CueList(cues=[cue]),
        output=pb.Output(folder="/takes", handles_frames=12, formats=["flac"]),
    )


def with_rule(request: pb.GenerateRequest, **words: object) -> None:
    request.rule.CopyFrom(pb.CueRule(**{"prompts": ["steps"], **words}))  # type: ignore[arg-type]


def with_document(request: pb.GenerateRequest, **words: object) -> None:
    request.selection.otio.CopyFrom(pb.OtioDocument(**{"json": b"{}", **words}))  # type: ignore[arg-type]


def program(request: pb.GenerateRequest) -> pb.Program:
    return request.selection.program


def shot(request: pb.GenerateRequest) -> pb.Shot:
    return request.selection.program.shots[0]


def cue(request: pb.GenerateRequest) -> pb.Cue:
    return request.cues.cues[0]


def fraction(num: int, den: int) -> pb.Rational:
    return pb.Rational(num=num, den=den)


def frames(start: int, end: int) -> pb.FrameRange:
    return pb.FrameRange(start_frame=start, end_frame=end)


Change = Callable[[pb.GenerateRequest], object]

HOSTILE: list[tuple[str, Change, str]] = [
    # ------------------------------------------------------------------------------------ selection
    ("nothing selected", lambda r: r.ClearField("selection"), "selection"),
    ("rate 0", lambda r: program(r).rate.CopyFrom(fraction(0, 1)), "selection.program.rate"),
    ("rate negative", lambda r: program(r).rate.CopyFrom(fraction(-24, 1)), "selection.program.rate"),
    ("rate over 0", lambda r: program(r).rate.CopyFrom(fraction(24, 0)), "selection.program.rate"),
    ("rate over minus 1", lambda r: program(r).rate.CopyFrom(fraction(24, -1)), "selection.program.rate"),
    ("rate of nothing", lambda r: program(r).ClearField("rate"), "selection.program.rate"),
    ("rate enormous", lambda r: program(r).rate.CopyFrom(fraction(LARGEST, 1)), "selection.program.rate"),
    ("rate minute", lambda r: program(r).rate.CopyFrom(fraction(1, LARGEST)), "selection.program.rate"),
    (
        "start negative",
        lambda r: setattr(program(r).start_timecode, "frames", -1),
        "selection.program.start_timecode",
    ),
    (
        "start enormous",
        lambda r: setattr(program(r).start_timecode, "frames", HUGE),
        "selection.program.start_timecode",
    ),
    (
        "drop frame at 24",
        lambda r: setattr(program(r).start_timecode, "drop_frame", True),
        "selection.program.start_timecode",
    ),
    (
        "program endless",
        lambda r: setattr(program(r), "duration_frames", HUGE),
        "selection.program.duration_frames",
    ),
    (
        "program negative",
        lambda r: setattr(program(r), "duration_frames", -1),
        "selection.program.duration_frames",
    ),
    (
        "program shorter than its shots",
        lambda r: setattr(program(r), "duration_frames", 47),
        "selection.program.shots",
    ),
    (
        "program without anything",
        lambda r: program(r).ClearField("shots"),
        "selection.program.duration_frames",
    ),
    (
        "shots overlap",
        lambda r: setattr(program(r).shots[1], "record_start_frame", 23),
        "selection.program.shots",
    ),
    ("shot before zero", lambda r: setattr(shot(r), "record_start_frame", -1), "selection.program.shots[0]"),
    ("shot of nothing", lambda r: setattr(shot(r), "duration_frames", 0), "selection.program.shots[0]"),
    ("shot negative", lambda r: setattr(shot(r), "duration_frames", -5), "selection.program.shots[0]"),
    (
        "shot of 10^18 frames",
        lambda r: setattr(shot(r), "duration_frames", HUGE),
        "selection.program.duration_frames",
    ),
    (
        "shot at frame 2^63",
        lambda r: setattr(program(r).shots[1], "record_start_frame", LARGEST),
        "selection.program.duration_frames",
    ),
    ("speed over 0", lambda r: shot(r).speed.CopyFrom(fraction(1, 0)), "selection.program.shots[0].speed"),
    (
        "speed enormous",
        lambda r: shot(r).speed.CopyFrom(fraction(-HUGE, 1)),
        "selection.program.shots[0].speed",
    ),
    (
        "source over 0",
        lambda r: shot(r).source_start.CopyFrom(fraction(1, 0)),
        "selection.program.shots[0].source_start",
    ),
    (
        "source after 30 years",
        lambda r: shot(r).source_start.CopyFrom(fraction(HUGE, 1)),
        "selection.program.shots[0].source_start",
    ),
    (
        "origin over 0",
        lambda r: shot(r).media.origin.CopyFrom(fraction(1, 0)),
        "selection.program.shots[0].media.origin",
    ),
    (
        "origin before all time",
        lambda r: shot(r).media.origin.CopyFrom(fraction(-HUGE, 1)),
        "selection.program.shots[0].media.origin",
    ),
    (
        "media relative",
        lambda r: setattr(shot(r).media, "path", "a.mov"),
        "selection.program.shots[0].media.path",
    ),
    (
        "media with a zero byte",
        lambda r: setattr(shot(r).media, "path", "/a\0.mov"),
        "selection.program.shots[0].media.path",
    ),
    (
        "media of no path",
        lambda r: setattr(shot(r).media, "path", ""),
        "selection.program.shots[0].media.path",
    ),
    (
        "media uploaded",
        lambda r: setattr(shot(r).media, "upload_id", "x"),
        "selection.program.shots[0].media.upload_id",
    ),
    ("range empty", lambda r: r.selection.ranges[0].CopyFrom(frames(5, 5)), "selection.ranges[0]"),
    ("range backwards", lambda r: r.selection.ranges[0].CopyFrom(frames(9, 5)), "selection.ranges[0]"),
    ("range before zero", lambda r: r.selection.ranges[0].CopyFrom(frames(-9, 5)), "selection.ranges[0]"),
    ("document empty", lambda r: with_document(r, json=b""), "selection.otio.json"),
    ("document too large", lambda r: with_document(r, json=bytes(64 * 2**20 + 1)), "selection.otio.json"),
    (
        "document's folder relative",
        lambda r: with_document(r, base_folder="edit"),
        "selection.otio.base_folder",
    ),
    # ----------------------------------------------------------------------------------------- cues
    ("no cues and no rule", lambda r: r.ClearField("cues"), "rule"),
    ("no cue in the list", lambda r: r.cues.ClearField("cues"), "cues"),
    ("cue empty", lambda r: cue(r).range.CopyFrom(frames(3, 3)), "cues.cues[0].range"),
    ("cue without range", lambda r: cue(r).ClearField("range"), "cues.cues[0].range"),
    ("cue backwards", lambda r: cue(r).range.CopyFrom(frames(24, 0)), "cues.cues[0].range"),
    ("cue before zero", lambda r: cue(r).range.CopyFrom(frames(-(2**63), 24)), "cues.cues[0].range"),
    ("cue on no layer", lambda r: setattr(cue(r), "layer", "music"), "cues.cues[0].layer"),
    ("seed negative", lambda r: cue(r).seeds.append(-1), "cues.cues[0].seeds"),
    ("seed 2^63 - 1", lambda r: cue(r).seeds.append(LARGEST), "cues.cues[0].seeds"),
    ("seeds too many", lambda r: cue(r).seeds.extend(range(MAX_TAKES + 1)), "cues.cues[0].seeds"),
    # ----------------------------------------------------------------------------------------- rule
    ("rule without prompt", lambda r: with_rule(r, prompts=[]), "rule.prompts"),
    ("rule of unknown spread", lambda r: with_rule(r, spread=7), "rule.spread"),
    ("rule on no layer", lambda r: with_rule(r, layer="music"), "rule.layer"),
    ("takes too many", lambda r: with_rule(r, takes=MAX_TAKES + 1), "rule.takes"),
    ("takes negative", lambda r: with_rule(r, takes=-1), "rule.takes"),
    ("first seed negative", lambda r: with_rule(r, seed=-1), "rule.seed"),
    ("first seed 2^63 - 1", lambda r: with_rule(r, seed=LARGEST), "rule.seed"),
    # ------------------------------------------------------------------------------------------ how
    ("guidance NaN", lambda r: setattr(r.engine, "guidance_scale", float("nan")), "engine.guidance_scale"),
    (
        "guidance infinite",
        lambda r: setattr(r.engine, "guidance_scale", float("inf")),
        "engine.guidance_scale",
    ),
    ("guidance negative", lambda r: setattr(r.engine, "guidance_scale", -0.5), "engine.guidance_scale"),
    ("steps negative", lambda r: setattr(r.engine, "steps", -1), "engine.steps"),
    ("handles negative", lambda r: setattr(r.output, "handles_frames", -1), "output.handles_frames"),
    (
        "handles endless",
        lambda r: setattr(r.output, "handles_frames", MAX_HANDLES_SECONDS * 60 + 1),
        "output.handles_frames",
    ),
    ("format unknown", lambda r: r.output.formats.append("wma"), "output.formats"),
    ("target unknown", lambda r: setattr(r.output, "otio_target", 9), "output.otio_target"),
    ("folder relative", lambda r: setattr(r.output, "folder", "takes"), "output.folder"),
    ("folder with a zero byte", lambda r: setattr(r.output, "folder", "/takes\0"), "output.folder"),
    ("otio relative", lambda r: setattr(r.output, "otio_path", "out.otio"), "output.otio_path"),
    ("request id endless", lambda r: setattr(r, "request_id", "x" * (MAX_REQUEST_ID + 1)), "request_id"),
]


def test_the_sound_request_is_taken() -> None:
    """Else every refusal below would prove nothing."""
    request = read_request(sound_request(), Settings())
    assert isinstance(request.selection.source, TypedProgram)
    assert request.selection.source.program.duration == 48


@pytest.mark.parametrize(
    ("change", "field"), [entry[1:] for entry in HOSTILE], ids=[entry[0] for entry in HOSTILE]
)
def test_a_hostile_request_is_refused_at_its_field(change: Change, field: str) -> None:
    request = sound_request()
    change(request)
    with pytest.raises(RequestError) as refused:
        read_request(request, Settings())
    assert refused.value.field == field
    assert refused.value.code == "INVALID_ARGUMENT"
    sentence = str(refused.value)
    assert 10 < len(sentence) < 400
    assert "\n" not in sentence


@pytest.mark.parametrize(
    "change",
    [
        lambda r: setattr(shot(r).media, "path", "/elsewhere/a.mov"),
        lambda r: setattr(shot(r).media, "path", "/media/../elsewhere/a.mov"),
        lambda r: setattr(r.output, "folder", "/elsewhere"),
        lambda r: setattr(r.output, "otio_path", "/elsewhere/out.otio"),
        lambda r: with_document(r, base_folder="/elsewhere"),
    ],
    ids=["media", "media by dots", "folder", "otio", "document"],
)
def test_paths_outside_the_roots_are_refused(change: Change) -> None:
    roots = Settings(roots=(Path("/media"), Path("/takes")))
    request = sound_request()
    read_request(request, roots)
    change(request)
    with pytest.raises(PathRefused) as refused:
        read_request(request, roots)
    assert refused.value.code == "PERMISSION_DENIED"


def refusal_of(request: pb.GenerateRequest) -> str | None:
    """The sentence with which REQUEST is refused, None where it is taken; other errors go through."""
    try:
        read_request(request, Settings())
    except FoleyError as error:
        return str(error)
    return None


@given(messages(pb.GenerateRequest))
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_request_is_taken_or_refused_in_our_words(request: pb.GenerateRequest) -> None:
    assert refusal_of(request) != ""


@st.composite
def mutated(draw: st.DrawFn) -> pb.GenerateRequest:
    """A sound request with some of its parts replaced by random ones: it gets further."""
    request = sound_request()
    if draw(st.booleans()):
        with_rule(request)
    parts: list[tuple[str, type]] = [
        ("selection.program.shots[0]", pb.Shot),
        ("selection.program.rate", pb.Rational),
        ("selection.ranges[0]", pb.FrameRange),
        ("cues.cues[0]", pb.Cue),
        ("rule", pb.CueRule),
        ("output", pb.Output),
        ("engine", pb.EngineChoice),
    ]
    for path, kind in draw(
        st.lists(st.sampled_from(parts), min_size=1, max_size=3, unique_by=lambda part: part[0])
    ):
        chosen = request.WhichOneof("spotting")
        if path.split(".")[0] in {"cues", "rule"} and path.split(".")[0] != chosen:
            continue
        target = _at(request, path)
        target.MergeFrom(draw(messages(kind, 3)))
    return request


def _at(message: object, path: str) -> pb.Shot:
    for step in path.split("."):
        name, _, index = step.partition("[")
        message = getattr(message, name)
        if index:
            message = message[int(index.rstrip("]"))]  # type: ignore[index]
    return message  # type: ignore[return-value]


@given(mutated())
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_taken_can_be_spotted_or_is_refused_in_our_words(request: pb.GenerateRequest) -> None:
    house = Settings()
    try:
        selection = read_selection(request.selection, house)
        spotted = spot.spot(selection, read_spotting(request, house), house)
    except FoleyError:
        return
    assert spotted.cues
    assert all(0 <= cue.record.start < cue.record.end <= spotted.program.duration for cue in spotted.cues)


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_bytes_that_parse_are_taken_or_refused_in_our_words(body: bytes) -> None:
    try:
        request = pb.GenerateRequest.FromString(body)
    except DecodeError:
        return
    assert refusal_of(request) != ""

import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.rpc import status_pb2 as _status_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OtioTarget(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OTIO_TARGET_UNSPECIFIED: _ClassVar[OtioTarget]
    OTIO_TARGET_GENERIC: _ClassVar[OtioTarget]
    OTIO_TARGET_RESOLVE: _ClassVar[OtioTarget]
    OTIO_TARGET_PREMIERE: _ClassVar[OtioTarget]
    OTIO_TARGET_KDENLIVE: _ClassVar[OtioTarget]

class Priority(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PRIORITY_UNSPECIFIED: _ClassVar[Priority]
    PRIORITY_INTERACTIVE: _ClassVar[Priority]
    PRIORITY_BATCH: _ClassVar[Priority]

class OnDisconnect(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ON_DISCONNECT_UNSPECIFIED: _ClassVar[OnDisconnect]
    ON_DISCONNECT_DETACH: _ClassVar[OnDisconnect]
    ON_DISCONNECT_CANCEL: _ClassVar[OnDisconnect]

class JobState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    JOB_STATE_UNSPECIFIED: _ClassVar[JobState]
    JOB_STATE_QUEUED: _ClassVar[JobState]
    JOB_STATE_RUNNING: _ClassVar[JobState]
    JOB_STATE_DONE: _ClassVar[JobState]
    JOB_STATE_FAILED: _ClassVar[JobState]
    JOB_STATE_CANCELLED: _ClassVar[JobState]
OTIO_TARGET_UNSPECIFIED: OtioTarget
OTIO_TARGET_GENERIC: OtioTarget
OTIO_TARGET_RESOLVE: OtioTarget
OTIO_TARGET_PREMIERE: OtioTarget
OTIO_TARGET_KDENLIVE: OtioTarget
PRIORITY_UNSPECIFIED: Priority
PRIORITY_INTERACTIVE: Priority
PRIORITY_BATCH: Priority
ON_DISCONNECT_UNSPECIFIED: OnDisconnect
ON_DISCONNECT_DETACH: OnDisconnect
ON_DISCONNECT_CANCEL: OnDisconnect
JOB_STATE_UNSPECIFIED: JobState
JOB_STATE_QUEUED: JobState
JOB_STATE_RUNNING: JobState
JOB_STATE_DONE: JobState
JOB_STATE_FAILED: JobState
JOB_STATE_CANCELLED: JobState

class Rational(_message.Message):
    __slots__ = ("num", "den")
    NUM_FIELD_NUMBER: _ClassVar[int]
    DEN_FIELD_NUMBER: _ClassVar[int]
    num: int
    den: int
    def __init__(self, num: _Optional[int] = ..., den: _Optional[int] = ...) -> None: ...

class FrameRange(_message.Message):
    __slots__ = ("start_frame", "end_frame")
    START_FRAME_FIELD_NUMBER: _ClassVar[int]
    END_FRAME_FIELD_NUMBER: _ClassVar[int]
    start_frame: int
    end_frame: int
    def __init__(self, start_frame: _Optional[int] = ..., end_frame: _Optional[int] = ...) -> None: ...

class StartTimecode(_message.Message):
    __slots__ = ("frames", "drop_frame")
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    DROP_FRAME_FIELD_NUMBER: _ClassVar[int]
    frames: int
    drop_frame: bool
    def __init__(self, frames: _Optional[int] = ..., drop_frame: bool = ...) -> None: ...

class Selection(_message.Message):
    __slots__ = ("otio", "program", "ranges")
    OTIO_FIELD_NUMBER: _ClassVar[int]
    PROGRAM_FIELD_NUMBER: _ClassVar[int]
    RANGES_FIELD_NUMBER: _ClassVar[int]
    otio: OtioDocument
    program: Program
    ranges: _containers.RepeatedCompositeFieldContainer[FrameRange]
    def __init__(self, otio: _Optional[_Union[OtioDocument, _Mapping]] = ..., program: _Optional[_Union[Program, _Mapping]] = ..., ranges: _Optional[_Iterable[_Union[FrameRange, _Mapping]]] = ...) -> None: ...

class OtioDocument(_message.Message):
    __slots__ = ("json", "base_folder", "name", "media_roots", "relinks")
    JSON_FIELD_NUMBER: _ClassVar[int]
    BASE_FOLDER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    MEDIA_ROOTS_FIELD_NUMBER: _ClassVar[int]
    RELINKS_FIELD_NUMBER: _ClassVar[int]
    json: bytes
    base_folder: str
    name: str
    media_roots: _containers.RepeatedScalarFieldContainer[str]
    relinks: _containers.RepeatedCompositeFieldContainer[Relink]
    def __init__(self, json: _Optional[bytes] = ..., base_folder: _Optional[str] = ..., name: _Optional[str] = ..., media_roots: _Optional[_Iterable[str]] = ..., relinks: _Optional[_Iterable[_Union[Relink, _Mapping]]] = ...) -> None: ...

class Relink(_message.Message):
    __slots__ = ("old_prefix", "new_prefix")
    OLD_PREFIX_FIELD_NUMBER: _ClassVar[int]
    NEW_PREFIX_FIELD_NUMBER: _ClassVar[int]
    old_prefix: str
    new_prefix: str
    def __init__(self, old_prefix: _Optional[str] = ..., new_prefix: _Optional[str] = ...) -> None: ...

class Program(_message.Message):
    __slots__ = ("rate", "start_timecode", "shots", "name", "duration_frames")
    RATE_FIELD_NUMBER: _ClassVar[int]
    START_TIMECODE_FIELD_NUMBER: _ClassVar[int]
    SHOTS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DURATION_FRAMES_FIELD_NUMBER: _ClassVar[int]
    rate: Rational
    start_timecode: StartTimecode
    shots: _containers.RepeatedCompositeFieldContainer[Shot]
    name: str
    duration_frames: int
    def __init__(self, rate: _Optional[_Union[Rational, _Mapping]] = ..., start_timecode: _Optional[_Union[StartTimecode, _Mapping]] = ..., shots: _Optional[_Iterable[_Union[Shot, _Mapping]]] = ..., name: _Optional[str] = ..., duration_frames: _Optional[int] = ...) -> None: ...

class Shot(_message.Message):
    __slots__ = ("id", "name", "media", "source_start", "record_start_frame", "duration_frames", "speed", "disabled", "metadata")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    MEDIA_FIELD_NUMBER: _ClassVar[int]
    SOURCE_START_FIELD_NUMBER: _ClassVar[int]
    RECORD_START_FRAME_FIELD_NUMBER: _ClassVar[int]
    DURATION_FRAMES_FIELD_NUMBER: _ClassVar[int]
    SPEED_FIELD_NUMBER: _ClassVar[int]
    DISABLED_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    media: Media
    source_start: Rational
    record_start_frame: int
    duration_frames: int
    speed: Rational
    disabled: bool
    metadata: _struct_pb2.Struct
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., media: _Optional[_Union[Media, _Mapping]] = ..., source_start: _Optional[_Union[Rational, _Mapping]] = ..., record_start_frame: _Optional[int] = ..., duration_frames: _Optional[int] = ..., speed: _Optional[_Union[Rational, _Mapping]] = ..., disabled: bool = ..., metadata: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class Media(_message.Message):
    __slots__ = ("path", "upload_id", "name", "origin", "duration")
    PATH_FIELD_NUMBER: _ClassVar[int]
    UPLOAD_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    path: str
    upload_id: str
    name: str
    origin: Rational
    duration: Rational
    def __init__(self, path: _Optional[str] = ..., upload_id: _Optional[str] = ..., name: _Optional[str] = ..., origin: _Optional[_Union[Rational, _Mapping]] = ..., duration: _Optional[_Union[Rational, _Mapping]] = ...) -> None: ...

class Cue(_message.Message):
    __slots__ = ("id", "range", "prompt", "negative_prompt", "layer", "seeds", "handles_frames", "engine")
    ID_FIELD_NUMBER: _ClassVar[int]
    RANGE_FIELD_NUMBER: _ClassVar[int]
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_PROMPT_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    SEEDS_FIELD_NUMBER: _ClassVar[int]
    HANDLES_FRAMES_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    id: str
    range: FrameRange
    prompt: str
    negative_prompt: str
    layer: str
    seeds: _containers.RepeatedScalarFieldContainer[int]
    handles_frames: int
    engine: str
    def __init__(self, id: _Optional[str] = ..., range: _Optional[_Union[FrameRange, _Mapping]] = ..., prompt: _Optional[str] = ..., negative_prompt: _Optional[str] = ..., layer: _Optional[str] = ..., seeds: _Optional[_Iterable[int]] = ..., handles_frames: _Optional[int] = ..., engine: _Optional[str] = ...) -> None: ...

class CueList(_message.Message):
    __slots__ = ("cues",)
    CUES_FIELD_NUMBER: _ClassVar[int]
    cues: _containers.RepeatedCompositeFieldContainer[Cue]
    def __init__(self, cues: _Optional[_Iterable[_Union[Cue, _Mapping]]] = ...) -> None: ...

class CueRule(_message.Message):
    __slots__ = ("spread", "prompts", "negative_prompt", "layer", "takes", "seed", "marker_colours")
    class Spread(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        SPREAD_UNSPECIFIED: _ClassVar[CueRule.Spread]
        SPREAD_EACH_RANGE: _ClassVar[CueRule.Spread]
        SPREAD_WHOLE_SELECTION: _ClassVar[CueRule.Spread]
        SPREAD_MARKERS: _ClassVar[CueRule.Spread]
    SPREAD_UNSPECIFIED: CueRule.Spread
    SPREAD_EACH_RANGE: CueRule.Spread
    SPREAD_WHOLE_SELECTION: CueRule.Spread
    SPREAD_MARKERS: CueRule.Spread
    SPREAD_FIELD_NUMBER: _ClassVar[int]
    PROMPTS_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_PROMPT_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    TAKES_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    MARKER_COLOURS_FIELD_NUMBER: _ClassVar[int]
    spread: CueRule.Spread
    prompts: _containers.RepeatedScalarFieldContainer[str]
    negative_prompt: str
    layer: str
    takes: int
    seed: int
    marker_colours: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, spread: _Optional[_Union[CueRule.Spread, str]] = ..., prompts: _Optional[_Iterable[str]] = ..., negative_prompt: _Optional[str] = ..., layer: _Optional[str] = ..., takes: _Optional[int] = ..., seed: _Optional[int] = ..., marker_colours: _Optional[_Iterable[str]] = ...) -> None: ...

class Refresh(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RefreshedTake(_message.Message):
    __slots__ = ("job_id", "cue_id", "take_id", "layer", "prompt", "seed", "number", "outcome", "why", "made_range", "made_rate", "made_start_timecode", "found_range", "range", "track_name", "enabled", "path", "new_cue_id")
    class Outcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        OUTCOME_UNSPECIFIED: _ClassVar[RefreshedTake.Outcome]
        OUTCOME_KEPT: _ClassVar[RefreshedTake.Outcome]
        OUTCOME_MOVED: _ClassVar[RefreshedTake.Outcome]
        OUTCOME_RECUT: _ClassVar[RefreshedTake.Outcome]
        OUTCOME_REMADE: _ClassVar[RefreshedTake.Outcome]
        OUTCOME_DROPPED: _ClassVar[RefreshedTake.Outcome]
        OUTCOME_LEFT: _ClassVar[RefreshedTake.Outcome]
        OUTCOME_FAILED: _ClassVar[RefreshedTake.Outcome]
    OUTCOME_UNSPECIFIED: RefreshedTake.Outcome
    OUTCOME_KEPT: RefreshedTake.Outcome
    OUTCOME_MOVED: RefreshedTake.Outcome
    OUTCOME_RECUT: RefreshedTake.Outcome
    OUTCOME_REMADE: RefreshedTake.Outcome
    OUTCOME_DROPPED: RefreshedTake.Outcome
    OUTCOME_LEFT: RefreshedTake.Outcome
    OUTCOME_FAILED: RefreshedTake.Outcome
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    CUE_ID_FIELD_NUMBER: _ClassVar[int]
    TAKE_ID_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    MADE_RANGE_FIELD_NUMBER: _ClassVar[int]
    MADE_RATE_FIELD_NUMBER: _ClassVar[int]
    MADE_START_TIMECODE_FIELD_NUMBER: _ClassVar[int]
    FOUND_RANGE_FIELD_NUMBER: _ClassVar[int]
    RANGE_FIELD_NUMBER: _ClassVar[int]
    TRACK_NAME_FIELD_NUMBER: _ClassVar[int]
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    NEW_CUE_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    cue_id: str
    take_id: str
    layer: str
    prompt: str
    seed: int
    number: int
    outcome: RefreshedTake.Outcome
    why: str
    made_range: FrameRange
    made_rate: Rational
    made_start_timecode: StartTimecode
    found_range: FrameRange
    range: FrameRange
    track_name: str
    enabled: bool
    path: str
    new_cue_id: str
    def __init__(self, job_id: _Optional[str] = ..., cue_id: _Optional[str] = ..., take_id: _Optional[str] = ..., layer: _Optional[str] = ..., prompt: _Optional[str] = ..., seed: _Optional[int] = ..., number: _Optional[int] = ..., outcome: _Optional[_Union[RefreshedTake.Outcome, str]] = ..., why: _Optional[str] = ..., made_range: _Optional[_Union[FrameRange, _Mapping]] = ..., made_rate: _Optional[_Union[Rational, _Mapping]] = ..., made_start_timecode: _Optional[_Union[StartTimecode, _Mapping]] = ..., found_range: _Optional[_Union[FrameRange, _Mapping]] = ..., range: _Optional[_Union[FrameRange, _Mapping]] = ..., track_name: _Optional[str] = ..., enabled: bool = ..., path: _Optional[str] = ..., new_cue_id: _Optional[str] = ...) -> None: ...

class EngineChoice(_message.Message):
    __slots__ = ("name", "preset", "steps", "guidance_scale", "options")
    class OptionsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    PRESET_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    GUIDANCE_SCALE_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    name: str
    preset: str
    steps: int
    guidance_scale: float
    options: _containers.ScalarMap[str, str]
    def __init__(self, name: _Optional[str] = ..., preset: _Optional[str] = ..., steps: _Optional[int] = ..., guidance_scale: _Optional[float] = ..., options: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Output(_message.Message):
    __slots__ = ("folder", "handles_frames", "loudness", "formats", "naming", "otio_target", "otio_path", "preview", "picture", "audition_mix", "cue_sheet")
    FOLDER_FIELD_NUMBER: _ClassVar[int]
    HANDLES_FRAMES_FIELD_NUMBER: _ClassVar[int]
    LOUDNESS_FIELD_NUMBER: _ClassVar[int]
    FORMATS_FIELD_NUMBER: _ClassVar[int]
    NAMING_FIELD_NUMBER: _ClassVar[int]
    OTIO_TARGET_FIELD_NUMBER: _ClassVar[int]
    OTIO_PATH_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_FIELD_NUMBER: _ClassVar[int]
    PICTURE_FIELD_NUMBER: _ClassVar[int]
    AUDITION_MIX_FIELD_NUMBER: _ClassVar[int]
    CUE_SHEET_FIELD_NUMBER: _ClassVar[int]
    folder: str
    handles_frames: int
    loudness: str
    formats: _containers.RepeatedScalarFieldContainer[str]
    naming: str
    otio_target: OtioTarget
    otio_path: str
    preview: bool
    picture: bool
    audition_mix: bool
    cue_sheet: bool
    def __init__(self, folder: _Optional[str] = ..., handles_frames: _Optional[int] = ..., loudness: _Optional[str] = ..., formats: _Optional[_Iterable[str]] = ..., naming: _Optional[str] = ..., otio_target: _Optional[_Union[OtioTarget, str]] = ..., otio_path: _Optional[str] = ..., preview: bool = ..., picture: bool = ..., audition_mix: bool = ..., cue_sheet: bool = ...) -> None: ...

class GenerateRequest(_message.Message):
    __slots__ = ("request_id", "selection", "cues", "rule", "refresh", "engine", "output", "priority", "on_disconnect", "text_only", "client")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SELECTION_FIELD_NUMBER: _ClassVar[int]
    CUES_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    REFRESH_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    ON_DISCONNECT_FIELD_NUMBER: _ClassVar[int]
    TEXT_ONLY_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    selection: Selection
    cues: CueList
    rule: CueRule
    refresh: Refresh
    engine: EngineChoice
    output: Output
    priority: Priority
    on_disconnect: OnDisconnect
    text_only: bool
    client: str
    def __init__(self, request_id: _Optional[str] = ..., selection: _Optional[_Union[Selection, _Mapping]] = ..., cues: _Optional[_Union[CueList, _Mapping]] = ..., rule: _Optional[_Union[CueRule, _Mapping]] = ..., refresh: _Optional[_Union[Refresh, _Mapping]] = ..., engine: _Optional[_Union[EngineChoice, _Mapping]] = ..., output: _Optional[_Union[Output, _Mapping]] = ..., priority: _Optional[_Union[Priority, str]] = ..., on_disconnect: _Optional[_Union[OnDisconnect, str]] = ..., text_only: bool = ..., client: _Optional[str] = ...) -> None: ...

class SpotRequest(_message.Message):
    __slots__ = ("selection", "cues", "rule", "refresh")
    SELECTION_FIELD_NUMBER: _ClassVar[int]
    CUES_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    REFRESH_FIELD_NUMBER: _ClassVar[int]
    selection: Selection
    cues: CueList
    rule: CueRule
    refresh: Refresh
    def __init__(self, selection: _Optional[_Union[Selection, _Mapping]] = ..., cues: _Optional[_Union[CueList, _Mapping]] = ..., rule: _Optional[_Union[CueRule, _Mapping]] = ..., refresh: _Optional[_Union[Refresh, _Mapping]] = ...) -> None: ...

class SpotResponse(_message.Message):
    __slots__ = ("cues", "program", "warnings", "refreshed")
    CUES_FIELD_NUMBER: _ClassVar[int]
    PROGRAM_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    REFRESHED_FIELD_NUMBER: _ClassVar[int]
    cues: _containers.RepeatedCompositeFieldContainer[Cue]
    program: Program
    warnings: _containers.RepeatedCompositeFieldContainer[Warning]
    refreshed: _containers.RepeatedCompositeFieldContainer[RefreshedTake]
    def __init__(self, cues: _Optional[_Iterable[_Union[Cue, _Mapping]]] = ..., program: _Optional[_Union[Program, _Mapping]] = ..., warnings: _Optional[_Iterable[_Union[Warning, _Mapping]]] = ..., refreshed: _Optional[_Iterable[_Union[RefreshedTake, _Mapping]]] = ...) -> None: ...

class JobEvent(_message.Message):
    __slots__ = ("job_id", "sequence", "time", "queued", "stage", "cue_found", "take_ready", "warning", "done", "failed", "cancelled", "engine_chosen", "cue_failed")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    QUEUED_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    CUE_FOUND_FIELD_NUMBER: _ClassVar[int]
    TAKE_READY_FIELD_NUMBER: _ClassVar[int]
    WARNING_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    CANCELLED_FIELD_NUMBER: _ClassVar[int]
    ENGINE_CHOSEN_FIELD_NUMBER: _ClassVar[int]
    CUE_FAILED_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    sequence: int
    time: _timestamp_pb2.Timestamp
    queued: Queued
    stage: Stage
    cue_found: CueFound
    take_ready: TakeReady
    warning: Warning
    done: Result
    failed: _status_pb2.Status
    cancelled: CancelledEvent
    engine_chosen: EngineChosen
    cue_failed: CueFailed
    def __init__(self, job_id: _Optional[str] = ..., sequence: _Optional[int] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., queued: _Optional[_Union[Queued, _Mapping]] = ..., stage: _Optional[_Union[Stage, _Mapping]] = ..., cue_found: _Optional[_Union[CueFound, _Mapping]] = ..., take_ready: _Optional[_Union[TakeReady, _Mapping]] = ..., warning: _Optional[_Union[Warning, _Mapping]] = ..., done: _Optional[_Union[Result, _Mapping]] = ..., failed: _Optional[_Union[_status_pb2.Status, _Mapping]] = ..., cancelled: _Optional[_Union[CancelledEvent, _Mapping]] = ..., engine_chosen: _Optional[_Union[EngineChosen, _Mapping]] = ..., cue_failed: _Optional[_Union[CueFailed, _Mapping]] = ...) -> None: ...

class Queued(_message.Message):
    __slots__ = ("position",)
    POSITION_FIELD_NUMBER: _ClassVar[int]
    position: int
    def __init__(self, position: _Optional[int] = ...) -> None: ...

class Stage(_message.Message):
    __slots__ = ("name", "fraction", "step", "steps", "eta", "words")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FRACTION_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    ETA_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    name: str
    fraction: float
    step: int
    steps: int
    eta: _duration_pb2.Duration
    words: str
    def __init__(self, name: _Optional[str] = ..., fraction: _Optional[float] = ..., step: _Optional[int] = ..., steps: _Optional[int] = ..., eta: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., words: _Optional[str] = ...) -> None: ...

class CueFound(_message.Message):
    __slots__ = ("cue",)
    CUE_FIELD_NUMBER: _ClassVar[int]
    cue: Cue
    def __init__(self, cue: _Optional[_Union[Cue, _Mapping]] = ...) -> None: ...

class EngineChosen(_message.Message):
    __slots__ = ("name", "version", "reason", "summary")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    reason: str
    summary: str
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., reason: _Optional[str] = ..., summary: _Optional[str] = ...) -> None: ...

class TakeReady(_message.Message):
    __slots__ = ("cue_id", "take", "cached")
    CUE_ID_FIELD_NUMBER: _ClassVar[int]
    TAKE_FIELD_NUMBER: _ClassVar[int]
    CACHED_FIELD_NUMBER: _ClassVar[int]
    cue_id: str
    take: Take
    cached: bool
    def __init__(self, cue_id: _Optional[str] = ..., take: _Optional[_Union[Take, _Mapping]] = ..., cached: bool = ...) -> None: ...

class CueFailed(_message.Message):
    __slots__ = ("cue_id", "status")
    CUE_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    cue_id: str
    status: _status_pb2.Status
    def __init__(self, cue_id: _Optional[str] = ..., status: _Optional[_Union[_status_pb2.Status, _Mapping]] = ...) -> None: ...

class Warning(_message.Message):
    __slots__ = ("what", "where", "fix")
    WHAT_FIELD_NUMBER: _ClassVar[int]
    WHERE_FIELD_NUMBER: _ClassVar[int]
    FIX_FIELD_NUMBER: _ClassVar[int]
    what: str
    where: str
    fix: str
    def __init__(self, what: _Optional[str] = ..., where: _Optional[str] = ..., fix: _Optional[str] = ...) -> None: ...

class CancelledEvent(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: str
    def __init__(self, reason: _Optional[str] = ...) -> None: ...

class Result(_message.Message):
    __slots__ = ("otio", "placements", "takes", "stage_seconds", "peak_memory_bytes", "cached", "otio_path", "preview_path", "picture_path", "audition_path", "preview_note", "failed_cues", "warnings", "engine", "cues", "rate", "start_timecode", "gain_db", "missing_media", "peak_device_memory_bytes", "refreshed", "cue_sheet_path", "cue_page_path", "loudness_target")
    class StageSecondsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    OTIO_FIELD_NUMBER: _ClassVar[int]
    PLACEMENTS_FIELD_NUMBER: _ClassVar[int]
    TAKES_FIELD_NUMBER: _ClassVar[int]
    STAGE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    PEAK_MEMORY_BYTES_FIELD_NUMBER: _ClassVar[int]
    CACHED_FIELD_NUMBER: _ClassVar[int]
    OTIO_PATH_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_PATH_FIELD_NUMBER: _ClassVar[int]
    PICTURE_PATH_FIELD_NUMBER: _ClassVar[int]
    AUDITION_PATH_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_NOTE_FIELD_NUMBER: _ClassVar[int]
    FAILED_CUES_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    CUES_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    START_TIMECODE_FIELD_NUMBER: _ClassVar[int]
    GAIN_DB_FIELD_NUMBER: _ClassVar[int]
    MISSING_MEDIA_FIELD_NUMBER: _ClassVar[int]
    PEAK_DEVICE_MEMORY_BYTES_FIELD_NUMBER: _ClassVar[int]
    REFRESHED_FIELD_NUMBER: _ClassVar[int]
    CUE_SHEET_PATH_FIELD_NUMBER: _ClassVar[int]
    CUE_PAGE_PATH_FIELD_NUMBER: _ClassVar[int]
    LOUDNESS_TARGET_FIELD_NUMBER: _ClassVar[int]
    otio: OtioDocument
    placements: _containers.RepeatedCompositeFieldContainer[Placement]
    takes: _containers.RepeatedCompositeFieldContainer[Take]
    stage_seconds: _containers.ScalarMap[str, float]
    peak_memory_bytes: int
    cached: bool
    otio_path: str
    preview_path: str
    picture_path: str
    audition_path: str
    preview_note: str
    failed_cues: _containers.RepeatedCompositeFieldContainer[CueFailed]
    warnings: _containers.RepeatedCompositeFieldContainer[Warning]
    engine: EngineChosen
    cues: _containers.RepeatedCompositeFieldContainer[Cue]
    rate: Rational
    start_timecode: StartTimecode
    gain_db: float
    missing_media: _containers.RepeatedCompositeFieldContainer[Warning]
    peak_device_memory_bytes: int
    refreshed: _containers.RepeatedCompositeFieldContainer[RefreshedTake]
    cue_sheet_path: str
    cue_page_path: str
    loudness_target: str
    def __init__(self, otio: _Optional[_Union[OtioDocument, _Mapping]] = ..., placements: _Optional[_Iterable[_Union[Placement, _Mapping]]] = ..., takes: _Optional[_Iterable[_Union[Take, _Mapping]]] = ..., stage_seconds: _Optional[_Mapping[str, float]] = ..., peak_memory_bytes: _Optional[int] = ..., cached: bool = ..., otio_path: _Optional[str] = ..., preview_path: _Optional[str] = ..., picture_path: _Optional[str] = ..., audition_path: _Optional[str] = ..., preview_note: _Optional[str] = ..., failed_cues: _Optional[_Iterable[_Union[CueFailed, _Mapping]]] = ..., warnings: _Optional[_Iterable[_Union[Warning, _Mapping]]] = ..., engine: _Optional[_Union[EngineChosen, _Mapping]] = ..., cues: _Optional[_Iterable[_Union[Cue, _Mapping]]] = ..., rate: _Optional[_Union[Rational, _Mapping]] = ..., start_timecode: _Optional[_Union[StartTimecode, _Mapping]] = ..., gain_db: _Optional[float] = ..., missing_media: _Optional[_Iterable[_Union[Warning, _Mapping]]] = ..., peak_device_memory_bytes: _Optional[int] = ..., refreshed: _Optional[_Iterable[_Union[RefreshedTake, _Mapping]]] = ..., cue_sheet_path: _Optional[str] = ..., cue_page_path: _Optional[str] = ..., loudness_target: _Optional[str] = ...) -> None: ...

class Placement(_message.Message):
    __slots__ = ("cue_id", "take_id", "track_name", "layer", "range", "source_in_samples", "enabled", "path", "download_id")
    CUE_ID_FIELD_NUMBER: _ClassVar[int]
    TAKE_ID_FIELD_NUMBER: _ClassVar[int]
    TRACK_NAME_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    RANGE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_IN_SAMPLES_FIELD_NUMBER: _ClassVar[int]
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    DOWNLOAD_ID_FIELD_NUMBER: _ClassVar[int]
    cue_id: str
    take_id: str
    track_name: str
    layer: str
    range: FrameRange
    source_in_samples: int
    enabled: bool
    path: str
    download_id: str
    def __init__(self, cue_id: _Optional[str] = ..., take_id: _Optional[str] = ..., track_name: _Optional[str] = ..., layer: _Optional[str] = ..., range: _Optional[_Union[FrameRange, _Mapping]] = ..., source_in_samples: _Optional[int] = ..., enabled: bool = ..., path: _Optional[str] = ..., download_id: _Optional[str] = ...) -> None: ...

class Take(_message.Message):
    __slots__ = ("id", "cue_id", "path", "seed", "samples", "source_in_samples", "cue_samples", "sample_rate", "channels", "events", "provenance", "loudness", "time_reference_samples", "export_paths", "file_range")
    ID_FIELD_NUMBER: _ClassVar[int]
    CUE_ID_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    SOURCE_IN_SAMPLES_FIELD_NUMBER: _ClassVar[int]
    CUE_SAMPLES_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_RATE_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    LOUDNESS_FIELD_NUMBER: _ClassVar[int]
    TIME_REFERENCE_SAMPLES_FIELD_NUMBER: _ClassVar[int]
    EXPORT_PATHS_FIELD_NUMBER: _ClassVar[int]
    FILE_RANGE_FIELD_NUMBER: _ClassVar[int]
    id: str
    cue_id: str
    path: str
    seed: int
    samples: int
    source_in_samples: int
    cue_samples: int
    sample_rate: int
    channels: int
    events: _containers.RepeatedCompositeFieldContainer[SoundEvent]
    provenance: _struct_pb2.Struct
    loudness: Loudness
    time_reference_samples: int
    export_paths: _containers.RepeatedScalarFieldContainer[str]
    file_range: FrameRange
    def __init__(self, id: _Optional[str] = ..., cue_id: _Optional[str] = ..., path: _Optional[str] = ..., seed: _Optional[int] = ..., samples: _Optional[int] = ..., source_in_samples: _Optional[int] = ..., cue_samples: _Optional[int] = ..., sample_rate: _Optional[int] = ..., channels: _Optional[int] = ..., events: _Optional[_Iterable[_Union[SoundEvent, _Mapping]]] = ..., provenance: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., loudness: _Optional[_Union[Loudness, _Mapping]] = ..., time_reference_samples: _Optional[int] = ..., export_paths: _Optional[_Iterable[str]] = ..., file_range: _Optional[_Union[FrameRange, _Mapping]] = ...) -> None: ...

class SoundEvent(_message.Message):
    __slots__ = ("time", "kind", "strength", "pan")
    TIME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    STRENGTH_FIELD_NUMBER: _ClassVar[int]
    PAN_FIELD_NUMBER: _ClassVar[int]
    time: Rational
    kind: str
    strength: float
    pan: float
    def __init__(self, time: _Optional[_Union[Rational, _Mapping]] = ..., kind: _Optional[str] = ..., strength: _Optional[float] = ..., pan: _Optional[float] = ...) -> None: ...

class Loudness(_message.Message):
    __slots__ = ("integrated_lufs", "true_peak_dbtp", "range_lu")
    INTEGRATED_LUFS_FIELD_NUMBER: _ClassVar[int]
    TRUE_PEAK_DBTP_FIELD_NUMBER: _ClassVar[int]
    RANGE_LU_FIELD_NUMBER: _ClassVar[int]
    integrated_lufs: float
    true_peak_dbtp: float
    range_lu: float
    def __init__(self, integrated_lufs: _Optional[float] = ..., true_peak_dbtp: _Optional[float] = ..., range_lu: _Optional[float] = ...) -> None: ...

class Job(_message.Message):
    __slots__ = ("id", "request_id", "state", "priority", "created", "started", "finished", "stage", "stage_seconds", "queue_wait_seconds", "peak_memory_bytes", "cache_hits", "cache_misses", "title", "engine", "client", "error", "last_sequence", "paths", "attempts", "result", "peak_device_memory_bytes")
    class StageSecondsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    STARTED_FIELD_NUMBER: _ClassVar[int]
    FINISHED_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    STAGE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    QUEUE_WAIT_SECONDS_FIELD_NUMBER: _ClassVar[int]
    PEAK_MEMORY_BYTES_FIELD_NUMBER: _ClassVar[int]
    CACHE_HITS_FIELD_NUMBER: _ClassVar[int]
    CACHE_MISSES_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    PATHS_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    PEAK_DEVICE_MEMORY_BYTES_FIELD_NUMBER: _ClassVar[int]
    id: str
    request_id: str
    state: JobState
    priority: Priority
    created: _timestamp_pb2.Timestamp
    started: _timestamp_pb2.Timestamp
    finished: _timestamp_pb2.Timestamp
    stage: Stage
    stage_seconds: _containers.ScalarMap[str, float]
    queue_wait_seconds: float
    peak_memory_bytes: int
    cache_hits: int
    cache_misses: int
    title: str
    engine: str
    client: str
    error: _status_pb2.Status
    last_sequence: int
    paths: _containers.RepeatedScalarFieldContainer[str]
    attempts: int
    result: Result
    peak_device_memory_bytes: int
    def __init__(self, id: _Optional[str] = ..., request_id: _Optional[str] = ..., state: _Optional[_Union[JobState, str]] = ..., priority: _Optional[_Union[Priority, str]] = ..., created: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., started: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., finished: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., stage: _Optional[_Union[Stage, _Mapping]] = ..., stage_seconds: _Optional[_Mapping[str, float]] = ..., queue_wait_seconds: _Optional[float] = ..., peak_memory_bytes: _Optional[int] = ..., cache_hits: _Optional[int] = ..., cache_misses: _Optional[int] = ..., title: _Optional[str] = ..., engine: _Optional[str] = ..., client: _Optional[str] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ..., last_sequence: _Optional[int] = ..., paths: _Optional[_Iterable[str]] = ..., attempts: _Optional[int] = ..., result: _Optional[_Union[Result, _Mapping]] = ..., peak_device_memory_bytes: _Optional[int] = ...) -> None: ...

class WatchJobRequest(_message.Message):
    __slots__ = ("job_id", "after_sequence")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    after_sequence: int
    def __init__(self, job_id: _Optional[str] = ..., after_sequence: _Optional[int] = ...) -> None: ...

class GetJobRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class ListJobsRequest(_message.Message):
    __slots__ = ("states", "page_size", "page_token")
    STATES_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    states: _containers.RepeatedScalarFieldContainer[JobState]
    page_size: int
    page_token: str
    def __init__(self, states: _Optional[_Iterable[_Union[JobState, str]]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListJobsResponse(_message.Message):
    __slots__ = ("jobs", "next_page_token")
    JOBS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    jobs: _containers.RepeatedCompositeFieldContainer[Job]
    next_page_token: str
    def __init__(self, jobs: _Optional[_Iterable[_Union[Job, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CancelJobRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class RemoveJobRequest(_message.Message):
    __slots__ = ("job_id", "delete_files")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    DELETE_FILES_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    delete_files: bool
    def __init__(self, job_id: _Optional[str] = ..., delete_files: bool = ...) -> None: ...

class RemoveJobResponse(_message.Message):
    __slots__ = ("deleted_paths", "kept_paths", "missing_paths")
    DELETED_PATHS_FIELD_NUMBER: _ClassVar[int]
    KEPT_PATHS_FIELD_NUMBER: _ClassVar[int]
    MISSING_PATHS_FIELD_NUMBER: _ClassVar[int]
    deleted_paths: _containers.RepeatedScalarFieldContainer[str]
    kept_paths: _containers.RepeatedScalarFieldContainer[str]
    missing_paths: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, deleted_paths: _Optional[_Iterable[str]] = ..., kept_paths: _Optional[_Iterable[str]] = ..., missing_paths: _Optional[_Iterable[str]] = ...) -> None: ...

class MoveJobFilesRequest(_message.Message):
    __slots__ = ("job_id", "paths")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    PATHS_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    paths: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, job_id: _Optional[str] = ..., paths: _Optional[_Iterable[str]] = ...) -> None: ...

class GetServerInfoRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ServerInfo(_message.Message):
    __slots__ = ("version", "pid", "started", "address", "engines", "slots", "queued_jobs", "running_jobs", "cache", "memory_bytes", "idle_timeout", "auto_engine", "layers", "roots", "python_version")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    STARTED_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    ENGINES_FIELD_NUMBER: _ClassVar[int]
    SLOTS_FIELD_NUMBER: _ClassVar[int]
    QUEUED_JOBS_FIELD_NUMBER: _ClassVar[int]
    RUNNING_JOBS_FIELD_NUMBER: _ClassVar[int]
    CACHE_FIELD_NUMBER: _ClassVar[int]
    MEMORY_BYTES_FIELD_NUMBER: _ClassVar[int]
    IDLE_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    AUTO_ENGINE_FIELD_NUMBER: _ClassVar[int]
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    ROOTS_FIELD_NUMBER: _ClassVar[int]
    PYTHON_VERSION_FIELD_NUMBER: _ClassVar[int]
    version: str
    pid: int
    started: _timestamp_pb2.Timestamp
    address: str
    engines: _containers.RepeatedCompositeFieldContainer[EngineInfo]
    slots: _containers.RepeatedCompositeFieldContainer[SlotInfo]
    queued_jobs: int
    running_jobs: int
    cache: CacheInfo
    memory_bytes: int
    idle_timeout: _duration_pb2.Duration
    auto_engine: EngineChosen
    layers: _containers.RepeatedScalarFieldContainer[str]
    roots: _containers.RepeatedScalarFieldContainer[str]
    python_version: str
    def __init__(self, version: _Optional[str] = ..., pid: _Optional[int] = ..., started: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., address: _Optional[str] = ..., engines: _Optional[_Iterable[_Union[EngineInfo, _Mapping]]] = ..., slots: _Optional[_Iterable[_Union[SlotInfo, _Mapping]]] = ..., queued_jobs: _Optional[int] = ..., running_jobs: _Optional[int] = ..., cache: _Optional[_Union[CacheInfo, _Mapping]] = ..., memory_bytes: _Optional[int] = ..., idle_timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., auto_engine: _Optional[_Union[EngineChosen, _Mapping]] = ..., layers: _Optional[_Iterable[str]] = ..., roots: _Optional[_Iterable[str]] = ..., python_version: _Optional[str] = ...) -> None: ...

class EngineInfo(_message.Message):
    __slots__ = ("name", "version", "sample_rate", "channels", "needs_gpu", "licence", "summary", "loaded", "ready", "why_not", "options", "best_window_seconds", "longest_window_seconds", "shortest_window_seconds", "device", "profile", "note")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_RATE_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    NEEDS_GPU_FIELD_NUMBER: _ClassVar[int]
    LICENCE_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    LOADED_FIELD_NUMBER: _ClassVar[int]
    READY_FIELD_NUMBER: _ClassVar[int]
    WHY_NOT_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    BEST_WINDOW_SECONDS_FIELD_NUMBER: _ClassVar[int]
    LONGEST_WINDOW_SECONDS_FIELD_NUMBER: _ClassVar[int]
    SHORTEST_WINDOW_SECONDS_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    sample_rate: int
    channels: int
    needs_gpu: bool
    licence: str
    summary: str
    loaded: bool
    ready: bool
    why_not: str
    options: _containers.RepeatedCompositeFieldContainer[EngineOption]
    best_window_seconds: Rational
    longest_window_seconds: Rational
    shortest_window_seconds: Rational
    device: str
    profile: str
    note: str
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., sample_rate: _Optional[int] = ..., channels: _Optional[int] = ..., needs_gpu: bool = ..., licence: _Optional[str] = ..., summary: _Optional[str] = ..., loaded: bool = ..., ready: bool = ..., why_not: _Optional[str] = ..., options: _Optional[_Iterable[_Union[EngineOption, _Mapping]]] = ..., best_window_seconds: _Optional[_Union[Rational, _Mapping]] = ..., longest_window_seconds: _Optional[_Union[Rational, _Mapping]] = ..., shortest_window_seconds: _Optional[_Union[Rational, _Mapping]] = ..., device: _Optional[str] = ..., profile: _Optional[str] = ..., note: _Optional[str] = ...) -> None: ...

class EngineOption(_message.Message):
    __slots__ = ("name", "default_value", "choices", "help")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    HELP_FIELD_NUMBER: _ClassVar[int]
    name: str
    default_value: str
    choices: _containers.RepeatedScalarFieldContainer[str]
    help: str
    def __init__(self, name: _Optional[str] = ..., default_value: _Optional[str] = ..., choices: _Optional[_Iterable[str]] = ..., help: _Optional[str] = ...) -> None: ...

class SlotInfo(_message.Message):
    __slots__ = ("device", "engine", "queued", "job_ids")
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    QUEUED_FIELD_NUMBER: _ClassVar[int]
    JOB_IDS_FIELD_NUMBER: _ClassVar[int]
    device: str
    engine: str
    queued: int
    job_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, device: _Optional[str] = ..., engine: _Optional[str] = ..., queued: _Optional[int] = ..., job_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class StopServerRequest(_message.Message):
    __slots__ = ("grace_seconds",)
    GRACE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    grace_seconds: float
    def __init__(self, grace_seconds: _Optional[float] = ...) -> None: ...

class StopServerResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class LoadEngineRequest(_message.Message):
    __slots__ = ("name", "device", "profile")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    name: str
    device: str
    profile: str
    def __init__(self, name: _Optional[str] = ..., device: _Optional[str] = ..., profile: _Optional[str] = ...) -> None: ...

class LoadEngineEvent(_message.Message):
    __slots__ = ("fraction", "message", "engine")
    FRACTION_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    fraction: float
    message: str
    engine: EngineInfo
    def __init__(self, fraction: _Optional[float] = ..., message: _Optional[str] = ..., engine: _Optional[_Union[EngineInfo, _Mapping]] = ...) -> None: ...

class UnloadEngineRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class UnloadEngineResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetCacheInfoRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CacheInfo(_message.Message):
    __slots__ = ("folder", "bytes", "budget_bytes", "entries", "hits", "misses", "evictions")
    FOLDER_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    BUDGET_BYTES_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    HITS_FIELD_NUMBER: _ClassVar[int]
    MISSES_FIELD_NUMBER: _ClassVar[int]
    EVICTIONS_FIELD_NUMBER: _ClassVar[int]
    folder: str
    bytes: int
    budget_bytes: int
    entries: int
    hits: int
    misses: int
    evictions: int
    def __init__(self, folder: _Optional[str] = ..., bytes: _Optional[int] = ..., budget_bytes: _Optional[int] = ..., entries: _Optional[int] = ..., hits: _Optional[int] = ..., misses: _Optional[int] = ..., evictions: _Optional[int] = ...) -> None: ...

class PurgeCacheRequest(_message.Message):
    __slots__ = ("older_than", "larger_than_bytes", "engine")
    OLDER_THAN_FIELD_NUMBER: _ClassVar[int]
    LARGER_THAN_BYTES_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    older_than: _duration_pb2.Duration
    larger_than_bytes: int
    engine: str
    def __init__(self, older_than: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., larger_than_bytes: _Optional[int] = ..., engine: _Optional[str] = ...) -> None: ...

class PurgeCacheResponse(_message.Message):
    __slots__ = ("entries", "bytes")
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    entries: int
    bytes: int
    def __init__(self, entries: _Optional[int] = ..., bytes: _Optional[int] = ...) -> None: ...

class ProbeMediaRequest(_message.Message):
    __slots__ = ("paths",)
    PATHS_FIELD_NUMBER: _ClassVar[int]
    paths: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, paths: _Optional[_Iterable[str]] = ...) -> None: ...

class ProbeMediaResponse(_message.Message):
    __slots__ = ("media",)
    MEDIA_FIELD_NUMBER: _ClassVar[int]
    media: _containers.RepeatedCompositeFieldContainer[MediaInfo]
    def __init__(self, media: _Optional[_Iterable[_Union[MediaInfo, _Mapping]]] = ...) -> None: ...

class MediaInfo(_message.Message):
    __slots__ = ("path", "error", "duration", "rate", "frames", "width", "height", "variable_rate", "timecode", "streams")
    PATH_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    VARIABLE_RATE_FIELD_NUMBER: _ClassVar[int]
    TIMECODE_FIELD_NUMBER: _ClassVar[int]
    STREAMS_FIELD_NUMBER: _ClassVar[int]
    path: str
    error: _status_pb2.Status
    duration: Rational
    rate: Rational
    frames: int
    width: int
    height: int
    variable_rate: bool
    timecode: StartTimecode
    streams: _containers.RepeatedCompositeFieldContainer[StreamInfo]
    def __init__(self, path: _Optional[str] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ..., duration: _Optional[_Union[Rational, _Mapping]] = ..., rate: _Optional[_Union[Rational, _Mapping]] = ..., frames: _Optional[int] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., variable_rate: bool = ..., timecode: _Optional[_Union[StartTimecode, _Mapping]] = ..., streams: _Optional[_Iterable[_Union[StreamInfo, _Mapping]]] = ...) -> None: ...

class StreamInfo(_message.Message):
    __slots__ = ("kind", "codec", "sample_rate", "channels")
    KIND_FIELD_NUMBER: _ClassVar[int]
    CODEC_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_RATE_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    kind: str
    codec: str
    sample_rate: int
    channels: int
    def __init__(self, kind: _Optional[str] = ..., codec: _Optional[str] = ..., sample_rate: _Optional[int] = ..., channels: _Optional[int] = ...) -> None: ...

class Timeline(_message.Message):
    __slots__ = ("rate", "start_timecode", "tracks", "markers", "name", "duration_frames")
    RATE_FIELD_NUMBER: _ClassVar[int]
    START_TIMECODE_FIELD_NUMBER: _ClassVar[int]
    TRACKS_FIELD_NUMBER: _ClassVar[int]
    MARKERS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DURATION_FRAMES_FIELD_NUMBER: _ClassVar[int]
    rate: Rational
    start_timecode: StartTimecode
    tracks: _containers.RepeatedCompositeFieldContainer[Track]
    markers: _containers.RepeatedCompositeFieldContainer[Marker]
    name: str
    duration_frames: int
    def __init__(self, rate: _Optional[_Union[Rational, _Mapping]] = ..., start_timecode: _Optional[_Union[StartTimecode, _Mapping]] = ..., tracks: _Optional[_Iterable[_Union[Track, _Mapping]]] = ..., markers: _Optional[_Iterable[_Union[Marker, _Mapping]]] = ..., name: _Optional[str] = ..., duration_frames: _Optional[int] = ...) -> None: ...

class Track(_message.Message):
    __slots__ = ("name", "kind", "shots", "disabled")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[Track.Kind]
        KIND_PICTURE: _ClassVar[Track.Kind]
        KIND_SOUND: _ClassVar[Track.Kind]
    KIND_UNSPECIFIED: Track.Kind
    KIND_PICTURE: Track.Kind
    KIND_SOUND: Track.Kind
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SHOTS_FIELD_NUMBER: _ClassVar[int]
    DISABLED_FIELD_NUMBER: _ClassVar[int]
    name: str
    kind: Track.Kind
    shots: _containers.RepeatedCompositeFieldContainer[Shot]
    disabled: bool
    def __init__(self, name: _Optional[str] = ..., kind: _Optional[_Union[Track.Kind, str]] = ..., shots: _Optional[_Iterable[_Union[Shot, _Mapping]]] = ..., disabled: bool = ...) -> None: ...

class Marker(_message.Message):
    __slots__ = ("range", "name", "colour", "note")
    RANGE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    COLOUR_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    range: FrameRange
    name: str
    colour: str
    note: str
    def __init__(self, range: _Optional[_Union[FrameRange, _Mapping]] = ..., name: _Optional[str] = ..., colour: _Optional[str] = ..., note: _Optional[str] = ...) -> None: ...

class ReadTimelineRequest(_message.Message):
    __slots__ = ("otio",)
    OTIO_FIELD_NUMBER: _ClassVar[int]
    otio: OtioDocument
    def __init__(self, otio: _Optional[_Union[OtioDocument, _Mapping]] = ...) -> None: ...

class ReadTimelineResponse(_message.Message):
    __slots__ = ("timeline", "warnings")
    TIMELINE_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    timeline: Timeline
    warnings: _containers.RepeatedCompositeFieldContainer[Warning]
    def __init__(self, timeline: _Optional[_Union[Timeline, _Mapping]] = ..., warnings: _Optional[_Iterable[_Union[Warning, _Mapping]]] = ...) -> None: ...

class WriteTimelineRequest(_message.Message):
    __slots__ = ("timeline", "target")
    TIMELINE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    timeline: Timeline
    target: OtioTarget
    def __init__(self, timeline: _Optional[_Union[Timeline, _Mapping]] = ..., target: _Optional[_Union[OtioTarget, str]] = ...) -> None: ...

class WriteTimelineResponse(_message.Message):
    __slots__ = ("otio",)
    OTIO_FIELD_NUMBER: _ClassVar[int]
    otio: OtioDocument
    def __init__(self, otio: _Optional[_Union[OtioDocument, _Mapping]] = ...) -> None: ...

class UploadMediaRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class DownloadAudioRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

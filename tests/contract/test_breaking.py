"""The contract only grows: everything in the committed baseline is still there, as it was."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    MethodDescriptorProto,
)

from foleyd.v1 import foleyd_pb2
from tools.contract_baseline import breaks, current, load, main, surface


def test_what_was_promised_is_kept() -> None:
    assert breaks(load(), current()) == []


def test_what_was_added_is_promised_too() -> None:
    added = sorted(current().keys() - load().keys())
    assert added == [], "run `python -m tools.contract_baseline` and commit tests/contract/baseline.json"


# ------------------------------------------------------- proof that each kind of break is noticed


def contract() -> FileDescriptorProto:
    file = FileDescriptorProto()
    foleyd_pb2.DESCRIPTOR.CopyToProto(file)
    return file


def message(file: FileDescriptorProto, name: str) -> DescriptorProto:
    return next(item for item in file.message_type if item.name == name)


def field(file: FileDescriptorProto, owner: str, name: str) -> FieldDescriptorProto:
    return next(item for item in message(file, owner).field if item.name == name)


def enum(file: FileDescriptorProto, name: str) -> EnumDescriptorProto:
    return next(item for item in file.enum_type if item.name == name)


def call(file: FileDescriptorProto, name: str) -> MethodDescriptorProto:
    return next(item for item in file.service[0].method if item.name == name)


def remove_field(file: FileDescriptorProto) -> None:
    message(file, "Shot").field.remove(field(file, "Shot", "speed"))


def renumber_field(file: FileDescriptorProto) -> None:
    field(file, "Shot", "speed").number = 99


def swap_fields(file: FileDescriptorProto) -> None:
    field(file, "FrameRange", "start_frame").name = "swap"
    field(file, "FrameRange", "end_frame").name = "start_frame"
    field(file, "FrameRange", "swap").name = "end_frame"


def rename_field(file: FileDescriptorProto) -> None:
    field(file, "Cue", "prompt").name = "text"


def change_scalar(file: FileDescriptorProto) -> None:
    field(file, "Take", "samples").type = FieldDescriptorProto.TYPE_INT32


def change_message(file: FileDescriptorProto) -> None:
    field(file, "Shot", "speed").type_name = ".foleyd.v1.FrameRange"


def change_label(file: FileDescriptorProto) -> None:
    field(file, "Cue", "seeds").label = FieldDescriptorProto.LABEL_OPTIONAL


def lose_presence(file: FileDescriptorProto) -> None:
    field(file, "CueRule", "seed").proto3_optional = False


def leave_choice(file: FileDescriptorProto) -> None:
    field(file, "Selection", "otio").ClearField("oneof_index")


def remove_message(file: FileDescriptorProto) -> None:
    file.message_type.remove(message(file, "Loudness"))


def remove_enum_value(file: FileDescriptorProto) -> None:
    del enum(file, "JobState").value[-1]


def renumber_enum_value(file: FileDescriptorProto) -> None:
    enum(file, "JobState").value[-1].number = 9


def remove_nested_enum(file: FileDescriptorProto) -> None:
    del message(file, "Track").enum_type[0]


def remove_call(file: FileDescriptorProto) -> None:
    file.service[0].method.remove(call(file, "Spot"))


def stop_streaming(file: FileDescriptorProto) -> None:
    call(file, "Generate").server_streaming = False


def change_answer(file: FileDescriptorProto) -> None:
    call(file, "GetJob").output_type = ".foleyd.v1.JobEvent"


def move_package(file: FileDescriptorProto) -> None:
    file.package = "foleyd.v2"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (remove_field, "field foleyd.v1.Shot.7"),
        (renumber_field, "field foleyd.v1.Shot.7"),
        (swap_fields, "field foleyd.v1.FrameRange.1: name was 'start_frame'"),
        (rename_field, "field foleyd.v1.Cue.3: name was 'prompt' and is 'text'"),
        (change_scalar, "field foleyd.v1.Take.5: type was 'int64' and is 'int32'"),
        (change_message, "field foleyd.v1.Shot.7: type was '.foleyd.v1.Rational'"),
        (change_label, "field foleyd.v1.Cue.6: label was 'repeated' and is 'plain'"),
        (lose_presence, "field foleyd.v1.CueRule.6: label was 'optional' and is 'plain'"),
        (leave_choice, "field foleyd.v1.Selection.1: oneof was 'source'"),
        (remove_message, "message foleyd.v1.Loudness"),
        (remove_enum_value, "value foleyd.v1.JobState.5"),
        (renumber_enum_value, "value foleyd.v1.JobState.5"),
        (remove_nested_enum, "enum foleyd.v1.Track.Kind"),
        (remove_call, "rpc foleyd.v1.Foley.Spot"),
        (stop_streaming, "rpc foleyd.v1.Foley.Generate: response_streams was True and is False"),
        (change_answer, "rpc foleyd.v1.Foley.GetJob: response was '.foleyd.v1.Job'"),
        (move_package, "message foleyd.v1.Shot"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_break_is_named(change: Callable[[FileDescriptorProto], None], named: str) -> None:
    file = contract()
    change(file)
    found = breaks(load(), surface(file))
    assert any(sentence.startswith(named) for sentence in found), found


def test_growing_is_no_break() -> None:
    file = contract()
    message(file, "Shot").field.add(name="colour", number=10, type=FieldDescriptorProto.TYPE_STRING)
    enum(file, "JobState").value.add(name="JOB_STATE_PAUSED", number=6)
    file.message_type.add(name="Extra")
    file.service[0].method.add(name="More", input_type=".foleyd.v1.Extra", output_type=".foleyd.v1.Extra")
    assert breaks(load(), surface(file)) == []
    assert len(surface(file).keys() - load().keys()) == 4


def test_the_baseline_is_not_extended_by_a_contract_that_breaks_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = contract()
    remove_field(file)
    before = load()
    monkeypatch.setattr("tools.contract_baseline.current", lambda: surface(file))
    assert main() == 1
    assert "field foleyd.v1.Shot.7" in capsys.readouterr().err
    assert load() == before

"""The contract's own style: names, comments, units."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)

from contract.generator import describe

PASCAL = re.compile(r"^([A-Z][a-z0-9]*)+$")
SNAKE = re.compile(r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")
MESSAGE, ENUM, SERVICE = 4, 5, 6
FIELD, NESTED, NESTED_ENUM = 2, 3, 4
METHOD = 2


@dataclass(frozen=True)
class Said:
    """A thing of the contract by its full name, and the comment on it."""

    name: str
    item: Any
    comment: str


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> FileDescriptorProto:
    file = tmp_path_factory.mktemp("described") / "contract.bin"
    describe(file)
    (described,) = FileDescriptorSet.FromString(file.read_bytes()).file
    return described


def comments(contract: FileDescriptorProto) -> dict[tuple[int, ...], str]:
    return {
        tuple(place.path): (place.leading_comments + place.trailing_comments).strip()
        for place in contract.source_code_info.location
    }


def walk(contract: FileDescriptorProto) -> Iterator[Said]:
    """Every message, enum and field."""
    said = comments(contract)

    def message(item: DescriptorProto, path: tuple[int, ...], scope: str) -> Iterator[Said]:
        if item.options.map_entry:
            return
        name = f"{scope}{item.name}"
        yield Said(name, item, said.get(path, ""))
        for index, field in enumerate(item.field):
            yield Said(f"{name}.{field.name}", field, said.get((*path, FIELD, index), ""))
        for index, nested in enumerate(item.nested_type):
            yield from message(nested, (*path, NESTED, index), f"{name}.")
        for index, enum in enumerate(item.enum_type):
            yield Said(f"{name}.{enum.name}", enum, said.get((*path, NESTED_ENUM, index), ""))

    for index, item in enumerate(contract.message_type):
        yield from message(item, (MESSAGE, index), "")
    for index, enum in enumerate(contract.enum_type):
        yield Said(enum.name, enum, said.get((ENUM, index), ""))


def fields(contract: FileDescriptorProto) -> list[Said]:
    return [said for said in walk(contract) if isinstance(said.item, FieldDescriptorProto)]


def enums(contract: FileDescriptorProto) -> list[EnumDescriptorProto]:
    return [said.item for said in walk(contract) if isinstance(said.item, EnumDescriptorProto)]


def test_the_contract_is_versioned_proto3(contract: FileDescriptorProto) -> None:
    assert (contract.package, contract.syntax) == ("foleyd.v1", "proto3")
    assert all(name.startswith("google/") for name in contract.dependency)


def test_messages_and_enums_are_pascal_case_and_fields_snake_case(contract: FileDescriptorProto) -> None:
    wrong = [
        said.name
        for said in walk(contract)
        if not (SNAKE if isinstance(said.item, FieldDescriptorProto) else PASCAL).match(said.item.name)
    ]
    assert wrong == []


def test_enum_values_carry_their_enum_and_begin_with_unspecified(contract: FileDescriptorProto) -> None:
    assert enums(contract)
    for enum in enums(contract):
        prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", enum.name).upper()
        assert (enum.value[0].number, enum.value[0].name) == (0, f"{prefix}_UNSPECIFIED")
        assert [
            v.name for v in enum.value if not re.match(rf"^{prefix}_[A-Z0-9]+(_[A-Z0-9]+)*$", v.name)
        ] == []


def test_calls_are_named_like_their_messages_and_documented(contract: FileDescriptorProto) -> None:
    said = comments(contract)
    (service,) = contract.service
    assert said[SERVICE, 0]
    for index, call in enumerate(service.method):
        assert PASCAL.match(call.name)
        assert call.input_type == f".foleyd.v1.{call.name}Request"
        assert said.get((SERVICE, 0, METHOD, index)), f"{call.name} has no comment"


def test_every_message_enum_and_field_says_what_it_is(contract: FileDescriptorProto) -> None:
    """Numbers too: their unit is in the name or in the comment."""
    assert len(fields(contract)) > 250
    assert [said.name for said in walk(contract) if not said.comment] == []


def test_a_comment_says_more_than_the_name(contract: FileDescriptorProto) -> None:
    for said in fields(contract):
        words = re.sub(r"[^a-z ]", "", said.comment.lower()).split()
        assert set(words) - {"the", "a", "of"} - set(said.item.name.split("_")), said.name


def test_media_and_record_time_is_never_floating_point(contract: FileDescriptorProto) -> None:
    floating = {FieldDescriptorProto.TYPE_FLOAT, FieldDescriptorProto.TYPE_DOUBLE}
    time = re.compile(r"(^|_)(time|start|end|duration|frames?|samples?|rate|origin|speed|length)(_|$)")
    wrong = [
        said.name for said in fields(contract) if said.item.type in floating and time.search(said.item.name)
    ]
    assert wrong == []


def test_positions_and_sizes_have_64_bits(contract: FileDescriptorProto) -> None:
    counts = re.compile(r"((start|end)_frame|samples|bytes|^frames|duration_frames)$")
    found = [said for said in fields(contract) if counts.search(said.item.name)]
    assert len(found) > 15
    assert [said.name for said in found if said.item.type != FieldDescriptorProto.TYPE_INT64] == []


def test_names_of_far_clients_are_kept(contract: FileDescriptorProto) -> None:
    kept = {item.name: set(item.reserved_name) for item in contract.message_type if item.reserved_name}
    assert kept == {
        "UploadMediaRequest": {"content_hash", "offset_bytes", "data"},
        "DownloadAudioRequest": {"download_id", "offset_bytes"},
    }

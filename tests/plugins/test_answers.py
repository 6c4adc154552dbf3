from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from foley.foley_answers import FREE_FIELDS, INT64_FIELDS, refusal, with_ints
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from foleyd.cli.call import message_json
from foleyd.cli.exits import error_json
from foleyd.errors import Failure
from foleyd.server.status import status_of
from foleyd.v1 import foleyd_pb2 as pb

SHARED = Path(__file__).parents[2] / "plugins" / "shared"
WHOLE_64 = {FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT64}


def messages(found: Any = None) -> Iterator[Descriptor]:
    for message in found or pb.DESCRIPTOR.message_types_by_name.values():
        yield message
        if message.nested_types:
            yield from messages(message.nested_types)


FIELDS = [field for message in messages() for field in message.fields]


def test_the_int64_fields_are_those_of_the_proto() -> None:
    whole = {field.name for field in FIELDS if field.cpp_type in WHOLE_64}
    assert whole == INT64_FIELDS
    others = {field.name for field in FIELDS if field.cpp_type not in WHOLE_64 and not _of_map(field)}
    assert not whole & others, "a name must not be a whole number here and a text there"


def _of_map(field: FieldDescriptor) -> bool:
    return bool(field.containing_type.GetOptions().map_entry)


def test_fields_with_free_keys_are_left_alone() -> None:
    free = {
        field.name
        for field in FIELDS
        if field.message_type is not None
        and (
            field.message_type.full_name == "google.protobuf.Struct"
            or (
                field.message_type.GetOptions().map_entry
                and field.message_type.fields_by_name["value"].cpp_type == FieldDescriptor.CPPTYPE_STRING
            )
        )
    }
    assert free <= FREE_FIELDS


def test_int64_become_ints_all_the_way_down_and_nothing_else_does() -> None:
    event = pb.JobEvent(job_id="7", sequence=2**60)
    take = event.done.takes.add(id="12", seed=2**62, samples=96_000)
    take.provenance.update({"seed": "9007199254740993", "num": "seven"})
    take.events.add(kind="hit").time.num = -3
    event.done.cues.add(id="1", prompt="5", seeds=[2**62, 4])
    event.done.stage_seconds["seed"] = 1.5
    event.done.placements.add(take_id="12").range.end_frame = 50
    found = with_ints(message_json(event))
    assert (found["job_id"], found["sequence"]) == ("7", 2**60)
    (told,) = found["done"]["takes"]
    assert (told["id"], told["seed"], told["samples"]) == ("12", 2**62, 96_000)
    assert told["provenance"] == {"seed": "9007199254740993", "num": "seven"}
    assert told["events"][0]["time"]["num"] == -3
    assert found["done"]["cues"][0]["seeds"] == [2**62, 4]
    assert found["done"]["cues"][0]["prompt"] == "5"
    assert found["done"]["stage_seconds"] == {"seed": 1.5}
    assert found["done"]["placements"][0]["range"] == {"start_frame": 0, "end_frame": 50}


def test_a_status_becomes_a_sentence_with_its_fix() -> None:
    failure = Failure(
        "FAILED_PRECONDITION", "NOT_READY", "its weights are missing", fix="foley models pull xl"
    )
    refused = refusal(message_json(status_of(failure)))
    assert (refused.code, refused.reason) == ("FAILED_PRECONDITION", "NOT_READY")
    assert refused.sentence == "its weights are missing; run foley models pull xl in a terminal"
    told = refusal(message_json(status_of(Failure("NOT_FOUND", "X", "run foley doctor", fix="foley doctor"))))
    assert told.sentence == "run foley doctor"


def test_details_help_where_the_message_is_empty() -> None:
    status = {
        "code": 3,
        "details": [
            {"field_violations": [{"field": "rule.takes", "description": "ask for 1 to 32"}]},
            {"links": [{"description": "foley doctor", "url": ""}]},
        ],
    }
    assert refusal(status).sentence == "ask for 1 to 32; run foley doctor in a terminal"


def test_an_error_line_becomes_a_refusal() -> None:
    line = error_json("UNAVAILABLE", "DAEMON_UNAVAILABLE", "no daemon is running")["error"]
    assert (refusal(line).code, refusal(line).reason) == ("UNAVAILABLE", "DAEMON_UNAVAILABLE")


@pytest.mark.parametrize("status", [None, [], {}, {"code": 99}])
def test_a_refusal_that_says_nothing_is_still_a_sentence(status: Any) -> None:
    assert refusal(status).code == "UNKNOWN"
    assert "foley doctor" in refusal(status).sentence


def test_the_shared_modules_are_python_3_8_and_import_only_its_library() -> None:
    for path in SHARED.glob("*.py"):
        tree = ast.parse(path.read_text(), feature_version=(3, 8))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                assert {alias.name for alias in node.names} <= sys.stdlib_module_names
            if isinstance(node, ast.ImportFrom):
                assert (node.module or "").startswith("foley_") or node.module in sys.stdlib_module_names

"""What the contract has promised, and whether it still does.

``tests/contract/baseline.json`` holds every message, field, enum value and call that was ever in
``foleyd.proto``. The contract may only grow. After adding to it on purpose, run

    python -m tools.contract_baseline

which writes the additions down; it refuses to forget anything.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)

BASELINE = Path(__file__).parents[1] / "tests" / "contract" / "baseline.json"

Surface = dict[str, dict[str, Any]]
"""What callers rely on, by its full name: ``field foleyd.v1.Shot.4``, ``value foleyd.v1.JobState.1``, …"""


def surface(file: FileDescriptorProto) -> Surface:
    """All that callers of FILE rely on; names of fields count, since JSON travels by them."""
    found: Surface = {}
    for message in file.message_type:
        found.update(_message(message, file.package))
    for enum in file.enum_type:
        found.update(_enum(enum, file.package))
    for service in file.service:
        for call in service.method:
            found[f"rpc {file.package}.{service.name}.{call.name}"] = {
                "request": call.input_type,
                "response": call.output_type,
                "request_streams": call.client_streaming,
                "response_streams": call.server_streaming,
            }
    return found


def breaks(old: Surface, new: Surface) -> list[str]:
    """One sentence for everything of OLD that NEW lacks or says otherwise."""
    return list(_breaks(old, new))


def _breaks(old: Surface, new: Surface) -> Iterator[str]:
    for name, promised in old.items():
        now = new.get(name)
        if now is None:
            yield f"{name} ({_words(promised)}) is gone"
            continue
        for part, value in promised.items():
            if now.get(part) != value:
                yield f"{name}: {part} was {value!r} and is {now.get(part)!r}"


def _words(promised: dict[str, Any]) -> str:
    return ", ".join(f"{part} {value}" for part, value in promised.items() if value)


def _message(message: DescriptorProto, scope: str) -> Surface:
    full = f"{scope}.{message.name}"
    found: Surface = {f"message {full}": {}}
    for field in message.field:
        found[f"field {full}.{field.number}"] = _field(field, message)
    for nested in message.nested_type:
        found.update(_message(nested, full))
    for enum in message.enum_type:
        found.update(_enum(enum, full))
    return found


def _field(field: FieldDescriptorProto, message: DescriptorProto) -> dict[str, Any]:
    choice = field.HasField("oneof_index") and not field.proto3_optional
    kind = FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()
    repeated = field.label == FieldDescriptorProto.LABEL_REPEATED
    presence = "optional" if field.proto3_optional else "plain"
    return {
        "name": field.name,
        "type": field.type_name or kind,
        "label": "repeated" if repeated else presence,
        "oneof": message.oneof_decl[field.oneof_index].name if choice else "",
    }


def _enum(enum: EnumDescriptorProto, scope: str) -> Surface:
    full = f"{scope}.{enum.name}"
    return {
        f"enum {full}": {},
        **{f"value {full}.{value.number}": {"name": value.name} for value in enum.value},
    }


def load(path: Path = BASELINE) -> Surface:
    """The baseline as it is committed."""
    read: Surface = json.loads(path.read_text(encoding="utf-8"))
    return read


def current() -> Surface:
    """The contract as the committed stubs have it."""
    from foleyd.v1 import foleyd_pb2

    file = FileDescriptorProto()
    foleyd_pb2.DESCRIPTOR.CopyToProto(file)
    return surface(file)


def _lines(promised: Surface) -> str:
    """JSON with a line for each promise, so that a change is a line of a diff."""
    lines = [
        f" {json.dumps(name)}: {json.dumps(promised[name], sort_keys=True)}" for name in sorted(promised)
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> int:
    """Extends the baseline; 1 where the contract no longer keeps it."""
    old = load() if BASELINE.exists() else {}
    new = current()
    broken = breaks(old, new)
    for sentence in broken:
        print(sentence, file=sys.stderr)
    if broken:
        print("the contract must keep these; nothing was written", file=sys.stderr)
        return 1
    BASELINE.write_text(_lines(new), encoding="utf-8")
    print(f"{len(new.keys() - old.keys())} additions written to {BASELINE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Random messages of the contract: any field, present or not, with the values nobody should send."""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from hypothesis import strategies as st

_INTS = [0, 1, 2, -1, 24, 1001, 24_000, 10**6, 10**9, 10**18, 2**62, 2**63 - 1, -(2**63)]
_WORDS = [
    "",
    "foley",
    "fx: glass",
    "/tmp",
    "relative/path",
    "\0",
    "/a\0b",
    "é😀\u202e",
    "x" * 3000,
    "../..",
    "NaN",
]
_BYTES = [b"", b"{}", b'{"OTIO_SCHEMA": "Timeline.1"}', b"\xff\x00", b"[" * 400]


def integers(bits: int) -> st.SearchStrategy[int]:
    """Small, large and extreme values that BITS can hold."""
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    return st.sampled_from([value for value in _INTS if low <= value <= high]) | st.integers(low, high)


TEXTS = st.sampled_from(_WORDS) | st.text(st.characters(codec="utf-8"), max_size=8)
_SCALARS: dict[int, st.SearchStrategy[Any]] = {
    FieldDescriptor.CPPTYPE_INT32: integers(32),
    FieldDescriptor.CPPTYPE_INT64: integers(64),
    FieldDescriptor.CPPTYPE_DOUBLE: st.floats() | st.sampled_from([0.0, 1.0, 4.5]),
    FieldDescriptor.CPPTYPE_BOOL: st.booleans(),
    FieldDescriptor.CPPTYPE_ENUM: st.integers(-1, 6) | st.integers(-(2**31), 2**31 - 1),
}


def _scalar(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return st.sampled_from(_BYTES) if field.type == FieldDescriptor.TYPE_BYTES else TEXTS
    return _SCALARS[field.cpp_type]


@st.composite
def messages(draw: st.DrawFn, kind: type[Message], depth: int = 6) -> Any:
    """A random message of KIND, at most DEPTH levels deep."""
    message = kind()
    _fill(draw, message, depth)
    return message


def _fill(draw: st.DrawFn, message: Any, depth: int) -> None:
    descriptor: Any = message.DESCRIPTOR
    for field in (
        draw(st.lists(st.sampled_from(list(descriptor.fields)), unique_by=id)) if descriptor.fields else ()
    ):
        nested = field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE
        value = getattr(message, field.name)
        if nested and field.message_type.GetOptions().map_entry:
            _fill_map(draw, value, field)
        elif hasattr(value, "extend") and not isinstance(value, Message):
            for _ in range(draw(st.integers(0, 3))):
                if nested:
                    _fill(draw, value.add(), depth - 1)
                else:
                    value.append(draw(_scalar(field)))
        elif not nested:
            setattr(message, field.name, draw(_scalar(field)))
        elif depth > 0:
            value.SetInParent()
            _fill(draw, value, depth - 1)


def _fill_map(draw: st.DrawFn, entries: Any, field: Any) -> None:
    held = field.message_type.fields_by_name["value"]
    for key in draw(st.lists(TEXTS, max_size=2)):
        if held.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
            _fill(draw, entries[key], 1)
        else:
            entries[key] = draw(_scalar(held))

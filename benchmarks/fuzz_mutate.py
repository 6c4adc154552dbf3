"""Damage, done by a seeded hand: bytes, texts, JSON trees and messages that nobody should send."""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

NUMBERS: tuple[Any, ...] = (
    *(0, 1, -1, 2, 24, 1001, 86_400, 1e-9, 0.5, -0.0, 23.976, 1e9, 1e18, 1e300, -1e300),
    *(2**31, 2**53 + 1, 2**63 - 1, -(2**63), 2**70, float("nan"), float("inf"), -float("inf")),
)
WORDS = (
    *(
        "",
        " ",
        "\0",
        "\n",
        "\x1b[2J",
        "é😀\u202e",
        "\ud800",
        "x" * 3000,
        "../..",
        "NaN",
        "null",
        "-",
        "%",
        "%zz",
    ),
    *("01:00:00:00", "23:59:59;29", "1e999", "Infinity", "1" * 400, "٣", "{", "{name}", "{name!r:>9}"),
    *("foley", "fx: glass", "ambience:", "|", "heavy boots on gravel | music", "file://", "C:\\a"),
    *("Clip.99", "Timeline.1"),
)
TOKENS = (
    *(
        b"",
        b"\0",
        b"\xff",
        b"\xff\xff\xff\xff",
        b"\x7f\xff\xff\xff",
        b"\xef\xbb\xbf",
        b"RIFF",
        b"data",
        b"moov",
    ),
    *(b"[", b"{", b"]", b"}", b'"', b"\\", b"\\ud800", b",", b":", b"null"),
    *(b"NaN", b"Inf", b"-", b"1e999", b"99999999999999999999"),
)


def damaged(random: Random, content: bytes, most: int = 8) -> bytes:
    """CONTENT after up to MOST cuts, flips, swaps and insertions; most often near its start or end."""
    body = bytearray(content)
    for _ in range(random.randint(1, most)):
        if not body:
            return random.randbytes(random.randint(0, 40))
        at = _place(random, len(body))
        length = min(len(body) - at, random.choice((1, 1, 2, 4, 8, 64, 4096)))
        match random.randrange(8):
            case 0:
                body[at] ^= 1 << random.randrange(8)
            case 1:
                body[at] = random.randrange(256)
            case 2:
                del body[at : at + length]
            case 3:
                body[at:at] = body[at : at + length]
            case 4:
                body[at : at + length] = random.randbytes(length)
            case 5:
                body[at:at] = random.choice(TOKENS)
            case 6:
                body[at : at + 4] = random.choice((0, 1, 2**31, 2**32 - 1, random.getrandbits(32))).to_bytes(
                    4, "big"
                )
            case _:
                if random.random() < 0.3:
                    del body[at:]
    return bytes(body)


def _place(random: Random, length: int) -> int:
    near = random.random()
    if near < 0.4:
        return random.randrange(min(length, 1024))
    return length - 1 - random.randrange(min(length, 4096)) if near < 0.6 else random.randrange(length)


def text(random: Random, seeds: tuple[str, ...]) -> str:
    """One of SEEDS, words put together, or any characters."""
    match random.randrange(4):
        case 0:
            return random.choice(seeds)
        case 1:
            return " ".join(random.choice((*seeds, *WORDS)) for _ in range(random.randint(0, 5)))
        case 2:
            return "".join(
                chr(random.choice((random.randrange(128), random.randrange(0x2000))))
                for _ in range(random.randint(0, 30))
            )
        case _:
            chosen = list(random.choice(seeds))
            for _ in range(random.randint(1, 3)):
                chosen.insert(random.randint(0, len(chosen)), random.choice((*"0123456789:;.,-|{}", *WORDS)))
                del chosen[random.randrange(len(chosen))]
            return "".join(chosen)


def altered(random: Random, tree: Any, most: int = 5) -> Any:
    """A copy of a JSON TREE with up to MOST of its values replaced, removed, doubled or swapped."""
    tree = copy.deepcopy(tree)
    for _ in range(random.randint(1, most)):
        places = list(_places(tree))
        if not places:
            return tree
        owner, key = random.choice(places)
        match random.randrange(6):
            case 0:
                owner[key] = random.choice(NUMBERS)
            case 1:
                owner[key] = random.choice(WORDS)
            case 2:
                owner[key] = random.choice(([], {}, None, True, [[]], {"OTIO_SCHEMA": random.choice(WORDS)}))
            case 3:
                del owner[key]
            case 4:
                other, name = random.choice(places)
                # Never below itself: a copy is put there.
                owner[key] = copy.deepcopy(other[name]) if _has(other, name) else None
            case _:
                if isinstance(owner, list):
                    owner.insert(key, copy.deepcopy(owner[key]))
                else:
                    owner[random.choice(WORDS)] = random.choice(NUMBERS)
    return tree


def json_bytes(random: Random, tree: Any) -> bytes:
    """TREE altered, as text, and sometimes damaged again."""
    content = json.dumps(altered(random, tree)).encode("utf-8", "surrogatepass")
    return damaged(random, content, 2) if random.random() < 0.1 else content


def _has(owner: Any, key: Any) -> bool:
    return key in owner if isinstance(owner, dict) else key < len(owner)


def _places(tree: Any) -> list[tuple[Any, Any]]:
    """Every container and key of TREE, down to 12 levels."""
    found: list[tuple[Any, Any]] = []
    pending = [(tree, 0)]
    while pending and len(found) < 20_000:
        node, depth = pending.pop()
        entries = (
            node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        )
        for key, value in entries:
            found.append((node, key))
            if depth < 12:
                pending.append((value, depth + 1))
    return found


def fill(random: Random, message: Any, depth: int = 5) -> None:
    """Sets some fields of MESSAGE to values nobody should send."""
    for field in message.DESCRIPTOR.fields:
        if random.random() < 0.5:
            continue
        nested = field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE
        value = getattr(message, field.name)
        if nested and field.message_type.GetOptions().map_entry:
            if field.message_type.fields_by_name["value"].cpp_type != FieldDescriptor.CPPTYPE_MESSAGE:
                key = scalar(random, field.message_type.fields_by_name["key"])
                value[key] = scalar(random, field.message_type.fields_by_name["value"])
        elif hasattr(value, "extend") and not isinstance(value, Message):
            for _ in range(random.randint(0, 3)):
                if nested:
                    fill(random, value.add(), depth - 1)
                else:
                    value.append(scalar(random, field))
        elif not nested:
            setattr(message, field.name, scalar(random, field))
        elif depth > 0:
            value.SetInParent()
            fill(random, value, depth - 1)


def scalar(random: Random, field: Any) -> Any:
    """A value that FIELD can hold."""
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_INT32 | FieldDescriptor.CPPTYPE_ENUM:
            return random.choice((0, 1, 2, 3, 12, -1, 2**31 - 1, -(2**31), random.randint(0, 6)))
        case FieldDescriptor.CPPTYPE_INT64:
            return random.choice(
                (0, 1, 2, 24, 1001, 50, -1, 10**18, 2**63 - 1, -(2**63), random.randint(0, 100))
            )
        case FieldDescriptor.CPPTYPE_DOUBLE:
            return float(random.choice(NUMBERS))
        case FieldDescriptor.CPPTYPE_BOOL:
            return random.random() < 0.5
        case _ if field.type == FieldDescriptor.TYPE_BYTES:
            return random.choice(
                (b"", b"{}", b'{"OTIO_SCHEMA": "Timeline.1"}', b"[" * 400, random.randbytes(20))
            )
        case _:
            return random.choice(WORDS).encode("utf-8", "replace").decode()

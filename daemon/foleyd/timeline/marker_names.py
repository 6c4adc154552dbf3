"""Names of markers: those that somebody gave, and those that a program gave by itself, which say nothing."""

from __future__ import annotations

import re

# What Resolve calls a new marker, in the languages that it speaks.
_BY_PROGRAM = re.compile(r"(marker|marke|marcador|marqueur|маркер|标记|マーカー)\s*[0-9]*", re.IGNORECASE)


def given_name(name: str) -> str:
    """NAME without space around it, as somebody gave it; "" where its program did, or nobody."""
    return "" if is_by_program(name) else name.strip()


def is_by_program(name: str) -> bool:
    """Whether NAME is one that programs give by themselves, such as “Marker 12”."""
    return _BY_PROGRAM.fullmatch(name.strip()) is not None

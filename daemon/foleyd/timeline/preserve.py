"""What came in goes out: every number and all metadata of a document, exactly as it was written.

OpenTimelineIO's reader is not exact: it moves about one double in ten by a unit in the last place
and integers beyond 63 bits to 0. So the document it writes is laid over the one that came.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

_ULPS = 1e-12


def restored(
    original: dict[str, Any],
    written: dict[str, Any],
    change: Callable[[dict[str, Any]], None] = lambda _: None,
) -> dict[str, Any]:
    """WRITTEN, the JSON tree of a timeline read from ORIGINAL with tracks added at the end of its
    stack, with ORIGINAL's own numbers and metadata back in place, then changed by CHANGE. Changes WRITTEN."""
    rates: dict[float, float] = {}
    old, new = _counterparts(original, written)
    _lay_over(old, new, rates)
    change(written)
    changed = {ours: theirs for ours, theirs in rates.items() if ours != theirs}
    if changed:
        _mend_rates(written, changed)
    return written


def in_collection(original: dict[str, Any], timeline: dict[str, Any], moved: Callable[[str], str]) -> Any:
    """TIMELINE in its place in ORIGINAL, where that is a collection; else itself. All else in the collection
    is as it was, but for its references to files, which MOVED makes fit. Changes ORIGINAL."""
    if not _schema(original).endswith("Collection"):
        return timeline
    members = original["children"]
    place = next(number for number, node in enumerate(members) if _schema(node) == "Timeline")
    pending = [*members[:place], *members[place + 1 :]]
    members[place] = timeline
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            pending.extend(node)
        elif isinstance(node, dict):
            for key in ("target_url", "target_url_base"):
                if isinstance(node.get(key), str) and node[key]:
                    node[key] = moved(node[key])
            pending.extend(value for key, value in node.items() if key != "metadata")
    return original


def _schema(node: Any) -> str:
    schema = node.get("OTIO_SCHEMA", "") if isinstance(node, dict) else ""
    return str(schema).split(".", maxsplit=1)[0]


def _counterparts(original: dict[str, Any], written: dict[str, Any]) -> tuple[Any, Any]:
    """The original and what it has become: a timeline itself, or what was made into one."""
    kind, stack = _schema(original), written["tracks"]
    if kind == "Timeline":
        return original, written
    if kind == "Stack":
        return original, stack
    if kind.endswith("Collection"):
        return next(node for node in original["children"] if _schema(node) == "Timeline"), written
    track = stack["children"][0]
    return (original, track) if _schema(track) == kind else (original, _only_child(track, original))


def _only_child(track: dict[str, Any], original: dict[str, Any]) -> Any:
    """A bare track under its old schema name is the track; a bare clip or gap is inside it."""
    return track if "children" in original else track["children"][0]


def _lay_over(original: Any, written: Any, rates: dict[float, float]) -> None:
    """Puts ORIGINAL's numbers and metadata into WRITTEN wherever both have the same place."""
    pending = [(original, written)]
    while pending:
        old, new = pending.pop()
        if isinstance(old, dict) and isinstance(new, dict):
            if "media_reference" in old and "media_references" in new:
                pending.append((old["media_reference"], new["media_references"].get("DEFAULT_MEDIA")))
            for key in old.keys() & new.keys():
                if key == "metadata" or _same_number(old[key], new[key]):
                    if key == "rate":
                        rates[new[key]] = old[key]
                    new[key] = old[key]
                else:
                    pending.append((old[key], new[key]))
        elif isinstance(old, list) and isinstance(new, list):
            for index, (before, after) in enumerate(zip(old, new, strict=False)):
                if _same_number(before, after):
                    new[index] = before
                else:
                    pending.append((before, after))


def _same_number(old: Any, new: Any) -> bool:
    """Whether NEW is OLD but for what reading and writing it did."""
    numbers = isinstance(old, int | float) and isinstance(new, int | float)
    if not numbers or isinstance(old, bool) or isinstance(new, bool):
        return False
    return math.isclose(old, new, rel_tol=_ULPS)


def _mend_rates(tree: Any, rates: dict[float, float]) -> None:
    """Gives our own items the document's rate to the last bit: some readers compare doubles."""
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            pending.extend(node)
        elif isinstance(node, dict):
            if _schema(node) == "RationalTime" and node.get("rate") in rates:
                node["rate"] = rates[node["rate"]]
            pending.extend(value for key, value in node.items() if key != "metadata")

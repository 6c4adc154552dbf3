# SPDX-License-Identifier: Apache-2.0
"""The open timeline as a file that foley reads: Resolve's own OTIO, with what it leaves out.

Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

import base64
import json
import os
import uuid
from fractions import Fraction
from typing import Any, Iterator, List, Mapping, Sequence, Tuple

from .frames import read_rate
from .placed import colon_name
from .resolve_calls import HostProblem, NotThere, call
from .resolve_host import PICTURE, Host, Item

Tracks = Sequence[Tuple[bool, List[Item]]]
"""As Host.picture_tracks gives them."""


class Exported:
    """The open timeline, whose picture tracks are TRACKS, as Resolve's own OTIO, as a request shows it.

    FOLDER takes the file. Raises HostProblem.
    """

    def __init__(self, host: Host, tracks: Tracks, folder: str) -> None:
        text = json.dumps(export(host, tracks, folder)).encode("utf-8")
        self._otio = {
            "json": base64.b64encode(text).decode("ascii"),
            "base_folder": folder,
            "name": host.name,
        }
        self.zero = host.clock.start

    def selection(self) -> dict[str, Any]:
        """It as a foleyd.v1.Selection."""
        return {"otio": dict(self._otio)}


def export(host: Host, tracks: Tracks, folder: str) -> dict[str, Any]:
    """The open timeline as Resolve's own OTIO, written into FOLDER and read back, with what the format or
    Resolve leaves out: of its picture TRACKS those that are switched off, titles that are looked through,
    drop frame, and the colon in the names of our tracks.

    Raises HostProblem.
    """
    document = _written(host, folder)
    exported = document["tracks"]["children"]
    pictures = [track for track in exported if str(track.get("kind", "")).lower() == PICTURE]
    for track, (on, items) in zip(pictures, tracks):
        if not on:
            track["enabled"] = False
        clips = {item.start for item in items if item.pooled}  # where a fade may begin as well
        titles = {item.start for item in items if not item.pooled} - clips
        for start, child in _children(host, track):
            if start in titles:
                child["enabled"] = False
    for track in exported:  # so that foley sees which of its names are taken
        track["name"] = colon_name(str(track.get("name") or ""))
    document["metadata"] = dict(document.get("metadata") or {}, foleyd={"drop_frame": host.clock.drop})
    return document


def _written(host: Host, folder: str) -> dict[str, Any]:
    path = os.path.join(folder, f"timeline-{uuid.uuid4().hex}.otio")
    kind, none = getattr(host.resolve, "EXPORT_OTIO", None), getattr(host.resolve, "EXPORT_NONE", None)
    if kind is None or none is None:
        raise NotThere("this version of Resolve cannot export OTIO; foleyd needs 18.5 or later")
    said = call(host.timeline, "Export", path, kind, none)
    try:
        with open(path, encoding="utf-8") as file:
            document = dict(json.load(file))
        list(document["tracks"]["children"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = "it said that it did" if said else "it said no"
        raise HostProblem(
            f"Resolve did not export the timeline as OTIO ({why}; {error});"
            " close its dialogs, check the disk, and try again"
        ) from None
    return document


def _children(host: Host, track: Mapping[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The clips of an exported TRACK, each with its first frame, absolute."""
    start = Fraction(host.clock.start)
    for child in track.get("children", ()):
        if child["OTIO_SCHEMA"].startswith("Transition."):
            continue
        if child["OTIO_SCHEMA"].startswith("Clip."):
            yield round(start), child
        length = child["source_range"]["duration"]
        start += Fraction(length["value"]) * host.clock.rate / read_rate(length["rate"])[0]

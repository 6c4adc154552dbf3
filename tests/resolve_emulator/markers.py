"""Markers of timelines, items and pool clips (sections 6 and 7).

A timeline's are counted from its start (0-based, relative); an item's are an "offset in clip", whose first
frame the facts do not state. One marker a frame, 16 colours, keys are floats in Python. D

The facts are silent on the calls that delete or look up markers; they are in Resolve's public API, so they
are built here: DeleteMarkerAtFrame, DeleteMarkerByCustomData, DeleteMarkersByColor, GetMarkerByCustomData,
UpdateMarkerCustomData, GetMarkerCustomData.
"""

from __future__ import annotations

from typing import Any

from .objects import ApiObject, api

COLOURS = [
    "Blue",
    "Cyan",
    "Green",
    "Yellow",
    "Red",
    "Pink",
    "Purple",
    "Fuchsia",
    "Rose",
    "Lavender",
    "Sky",
    "Mint",
    "Lemon",
    "Sand",
    "Cocoa",
    "Cream",
]


class Marked(ApiObject):
    """The marker calls."""

    @api(writes=True)
    def AddMarker(
        self, frame: Any, color: str, name: str, note: str, duration: Any, custom: str = ""
    ) -> bool:
        markers = self._model.markers
        if isinstance(frame, bool) or not isinstance(frame, (int, float)) or frame < 0:
            return False
        if not isinstance(duration, (int, float)) or duration < 1:
            return False
        if color not in COLOURS or float(frame) in markers:
            return False
        if not all(isinstance(text, str) for text in (name, note, custom)):
            return False
        rule = self._host.quirks["marker_colon"]
        if rule != "taken" and set(name) & set(":/"):
            return bool(rule == "silent")
        markers[float(frame)] = {
            "color": color,
            "duration": float(duration),
            "note": note,
            "name": name,
            "customData": custom,
        }
        return True

    @api(fails=None)
    def GetMarkers(self) -> Any:
        return {frame: dict(marker) for frame, marker in sorted(self._model.markers.items())}

    @api(writes=True)
    def DeleteMarkerAtFrame(self, frame: Any) -> bool:
        return self._model.markers.pop(float(frame), None) is not None

    @api(writes=True)
    def DeleteMarkerByCustomData(self, custom: str) -> bool:
        """Deletes the first marker with this text."""
        for frame, marker in sorted(self._model.markers.items()):
            if marker["customData"] == custom:
                del self._model.markers[frame]
                return True
        return False

    @api(writes=True)
    def DeleteMarkersByColor(self, color: str) -> bool:
        markers = self._model.markers
        gone = [frame for frame, marker in markers.items() if color in ("All", marker["color"])]
        for frame in gone:
            del markers[frame]
        return bool(gone)

    @api(fails=None)
    def GetMarkerByCustomData(self, custom: str) -> Any:
        for _, marker in sorted(self._model.markers.items()):
            if marker["customData"] == custom:
                return dict(marker)
        return {}

    @api(fails=None)
    def GetMarkerCustomData(self, frame: Any) -> Any:
        marker = self._model.markers.get(float(frame))
        return marker["customData"] if marker else ""

    @api(writes=True)
    def UpdateMarkerCustomData(self, frame: Any, custom: str) -> bool:
        marker = self._model.markers.get(float(frame))
        if marker is None:
            return False
        marker["customData"] = custom
        return True

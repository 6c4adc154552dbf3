"""Everything of a host as plain data, so that a test can say "all is as it was". Makes no API calls."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from .model import KINDS, Folder, Item, PoolItem, Timeline


def snapshot(host: Any) -> dict[str, Any]:
    """Page, project, bins, timelines; ids included; numbers as ints where whole."""
    project = host.project
    return {
        "page": host.page,
        "modal": host.modal,
        "project": {
            "name": project.name,
            "id": project.id,
            "rate": str(project.rate),
            "drop": project.drop,
            "settings": dict(project.settings),
            "current": project.current.id if project.current is not None else None,
        },
        "bins": _bin(project.root),
        "current_bin": project.folder.id,
        "pool_selection": [clip.id for clip in project.pool_selection],
        "timelines": [_timeline(one) for one in project.timelines],
    }


def _number(value: Any) -> Any:
    value = Fraction(value)
    return int(value) if value.denominator == 1 else str(value)


def _bin(folder: Folder) -> dict[str, Any]:
    return {
        "id": folder.id,
        "name": folder.name,
        "clips": [_clip(clip) for clip in folder.clips],
        "bins": [_bin(child) for child in folder.folders],
    }


def _clip(clip: PoolItem) -> dict[str, Any]:
    return {
        "id": clip.id,
        "name": clip.name,
        "path": clip.media.path if clip.media is not None else "",
        "kind": clip.kind,
        "fps": str(clip.fps),
        "frames": clip.frames,
        "online": clip.online,
        "markers": _markers(clip.markers),
    }


def _markers(markers: dict[float, dict[str, Any]]) -> list[Any]:
    return [dict(marker, frame=frame) for frame, marker in sorted(markers.items())]


def _timeline(timeline: Timeline) -> dict[str, Any]:
    return {
        "id": timeline.id,
        "name": timeline.name,
        "rate": str(timeline.rate),
        "drop": timeline.drop,
        "own_rate": timeline.own_rate,
        "start": timeline.start,
        "end": timeline.end(),
        "markers": _markers(timeline.markers),
        "marks": {kind: dict(marks) for kind, marks in timeline.marks.items()},
        "playhead": timeline.playhead,
        "selection": [item.id for item in timeline.selection],
        "settings": dict(timeline.settings),
        "tracks": {
            kind: [
                {
                    "id": track.id,
                    "name": track.name,
                    "subtype": track.subtype,
                    "enabled": track.enabled,
                    "locked": track.locked,
                    "items": [_item(item) for item in track.items],
                }
                for track in timeline.tracks[kind]
            ]
            for kind in KINDS
        },
    }


def _item(item: Item) -> dict[str, Any]:
    return {
        "id": item.id,
        "name": item.name,
        "kind": item.kind,
        "clip": item.pool.id if item.pool is not None else None,
        "path": item.pool.media.path if item.pool is not None and item.pool.media is not None else "",
        "start": _number(item.start),
        "end": _number(item.end),
        "source": _number(item.source),
        "speed": _number(item.speed),
        "enabled": item.enabled,
        "link": item.link,
        "markers": _markers(item.markers),
        "fades": dict(item.fades),
        "properties": dict(item.properties),
    }

# SPDX-License-Identifier: GPL-3.0-or-later
"""The strips of a scene as a :class:`timeline.Timeline`. Nothing is changed.

Record frame 0 is the scene's first frame (``frame_start``), or the first frame of what lies before it. Its
timecode is the number that Blender shows there, or what the imported timeline called it.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import bpy

from . import fitting, timing, vse_host
from .marks import SILENCED
from .strip_words import MISSING, SILENCE, kept_words, stands_for
from .timeline import Marker, Media, Timeline, Track, TrackShot, lanes, with_scene

TIMECODE = "foley_timecode"
"""On a scene: a frame of it, that frame's timecode in frames, and whether labels drop frames."""
LAST_KEY_SHOWS_END = bpy.app.version >= (5, 0, 0)

_MISSING_TYPES = {"SCENE", "MOVIECLIP", "MASK"}
_DROP = (Fraction(30000, 1001), Fraction(60000, 1001))

META = "metas go in as the strips within them, on tracks of their own"
EFFECT = (
    "effects and texts are left out, what they work on goes in as it is; render them to a movie to keep them"
)
VARIABLE = "changing speeds go in as their average; render the strip to a movie for its exact picture"
UNSAID = "scenes, masks and image sequences go in as missing media; render them to movies to bring them along"
COLOUR = "colours go in as black"
LOOK = "modifiers, opacity and volume are not written; the strips go in without them"
HELD = "strips longer than their media go in as several clips, with held frames"
OVERLAP = "strips that overlap on one channel go in on tracks of their own"
LATE = "sound that begins within a frame goes in from the next whole frame on"
UNKNOWN_RATE = "it is not known how fast files that are missing were played; they go in frame by frame"


class Says:
    """What has to be told the editor, each sentence once, with the names it is about."""

    def __init__(self) -> None:
        self._names: dict[str, list[str]] = {}

    def add(self, sentence: str, name: str) -> None:
        """SENTENCE holds for the strip or track NAME."""
        names = self._names.setdefault(sentence, [])
        if name not in names:
            names.append(name)

    def sentences(self) -> list[str]:
        """All of them, naming at most five each."""
        found = []
        for sentence, names in self._names.items():
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            found.append(f"{sentence}: {', '.join(names[:5])}{more}")
        return found


# ---------------------------------------------------------------------------------------- the question


def read_timeline(scene: Any) -> tuple[Timeline, list[str]]:
    """SCENE as a timeline, and what it cannot say, in sentences that name the strips."""
    reader = _Reader(scene)
    markers = read_markers(scene)
    if scene.sequence_editor is not None:
        reader.visit(scene.sequence_editor, None, (), False)
    starts = [shot.start for shots in reader.rows.values() for shot in shots]
    zero = min([int(scene.frame_start), *starts, *(marker.start for marker in markers)])
    frame, label, drop = _timecode(scene)
    words = {"zero": zero, "frame_start": int(scene.frame_start), "frame_end": int(scene.frame_end)}
    timeline = Timeline(
        name=scene.name,
        rate=reader.rate,
        tracks=with_scene(reader.tracks(zero), words),
        markers=tuple(replace(m, start=m.start - zero, end=m.end - zero) for m in markers),
        label=max(0, label + zero - frame),
        drop=drop and reader.rate in _DROP,
    )
    return timeline, reader.says.sentences()


def read_markers(scene: Any) -> list[Marker]:
    """The scene's markers in scene frames; two of one name are a range, as for :func:`vse_host.cue_markers`.

    A name that Blender gave (“F_25”) is none.
    """
    found: list[Marker] = []
    ordered = sorted((marker.frame, _marker_name(marker)) for marker in scene.timeline_markers)
    while ordered:
        frame, name = ordered.pop(0)
        pair = next((other for other in ordered if name and other[1] == name and other[0] > frame), None)
        if pair is not None:
            ordered.remove(pair)
        found.append(Marker(frame, pair[0] if pair else frame, name))
    return found


def _marker_name(marker: Any) -> str:
    return "" if re.fullmatch(r"F_-?\d+", marker.name.strip()) else marker.name


def _timecode(scene: Any) -> tuple[int, int, bool]:
    kept = scene.get(TIMECODE)
    return (int(kept[0]), int(kept[1]), bool(kept[2])) if kept else (0, 0, False)


# ----------------------------------------------------------------------------------------- strip facts


def file_of(strip: Any) -> str:
    """The absolute path of a movie's, sound's or single image's file."""
    if strip.type == "SOUND":
        path = strip.sound.filepath if strip.sound is not None else ""
    elif strip.type == "IMAGE":
        path = os.path.join(strip.directory, strip.elements[0].filename)
    else:
        path = strip.filepath
    return vse_host.absolute(path, strip.id_data)


def full_length(strip: Any) -> int:
    """Scene frames that the content lasts, hidden ends included."""
    before, after = vse_host.offsets(strip)
    return round(vse_host.right(strip) - vse_host.left(strip) + before + after)


def sound_frames(scene: Any, path: str) -> int:
    """Frames of SCENE that Blender counts in the sound at PATH; 0 where it cannot be read.

    No property of a retimed strip tells, so it is laid into a scene of its own for a moment.
    """
    if not os.path.isfile(path):
        return 0
    known = {sound.name for sound in bpy.data.sounds}
    aside = bpy.data.scenes.new("foley")
    try:
        aside.render.fps, aside.render.fps_base = scene.render.fps, scene.render.fps_base
        return int(vse_host.strips(aside.sequence_editor_create()).new_sound("", path, 1, 1).frame_duration)
    except RuntimeError:
        return 0
    finally:
        bpy.data.scenes.remove(aside)
        for sound in [sound for sound in bpy.data.sounds if sound.name not in known and not sound.users]:
            bpy.data.sounds.remove(sound)


def _keys(strip: Any) -> int:
    return len(strip.retiming_keys) if hasattr(strip, "retiming_keys") else 0


def _changes_look(strip: Any) -> bool:
    return (
        len(strip.modifiers) > 0
        or (strip.type == "SOUND" and abs(strip.volume - 1) > 1e-6)
        or (strip.type != "SOUND" and strip.blend_alpha < 1)
    )


# ------------------------------------------------------------------------------------------ the reader


class _Reader:
    """Collects the shots of a scene by channel and kind, in scene frames."""

    def __init__(self, scene: Any) -> None:
        self._scene = scene
        self.rate = vse_host.rate(scene)
        self.says = Says()
        self.rows: dict[tuple[tuple[int, ...], bool], list[TrackShot]] = {}
        self._names: dict[tuple[int, ...], str] = {}
        self._muted: dict[int, bool] = {}

    def visit(self, place: Any, span: tuple[int, int] | None, above: tuple[int, ...], muted: bool) -> None:
        """The strips of PLACE, an editor or a meta that is seen over SPAN and lies on the channels ABOVE."""
        for strip in vse_host.strips(place):
            channel = place.channels[strip.channel]
            where = (*above, strip.channel)
            self._names[where] = f"{self._names[above]} / {channel.name}" if above else channel.name
            if not above:
                self._muted[strip.channel] = channel.mute
            start, end = int(vse_host.left(strip)), int(vse_host.right(strip))
            if span is not None:
                start, end = max(start, span[0]), min(end, span[1])
            if end <= start:
                continue
            silent = muted or (strip.mute and SILENCED not in strip) or (bool(above) and channel.mute)
            if strip.type == "META":
                self.says.add(META, strip.name)
                self.visit(strip, (start, end), where, silent)
                continue
            for picture, shot in self._shots(strip, start, end):
                self.rows.setdefault((where, picture), []).append(replace(shot, muted=silent))

    def tracks(self, zero: int) -> list[Track]:
        """A track for each channel and kind, picture first, in record frames from scene frame ZERO."""
        found: list[Track] = []
        for where, picture in sorted(self.rows, key=lambda key: (not key[1], key[0])):
            name = self._names[where]
            rows = lanes(replace(shot, start=shot.start - zero) for shot in self.rows[where, picture])
            if len(rows) > 1:
                self.says.add(OVERLAP, name)
            for number, row in enumerate(rows):
                found.append(
                    Track(f"{name} {number + 1}" if number else name, picture, row, self._muted[where[0]])
                )
        return found

    def _shots(self, strip: Any, start: int, end: int) -> Iterator[tuple[bool, TrackShot]]:
        """What STRIP shows or sounds from START to END: whether it is picture, and the shots."""
        made = TrackShot(strip.name, start, end - start, metadata=kept_words(strip))
        if MISSING in strip:
            picture, shot = stands_for(strip, start - int(vse_host.left(strip)), self.rate)
            yield picture, replace(shot, start=start, duration=made.duration)
            return
        if strip.type not in _MISSING_TYPES and _changes_look(strip) and SILENCE not in strip:
            self.says.add(LOOK, strip.name)
        if strip.type == "MOVIE":
            yield from ((True, shot) for shot in self._movie(strip, made))
        elif strip.type == "SOUND":
            yield from ((False, shot) for shot in self._sound(strip, made))
        elif strip.type == "IMAGE" and len(strip.elements) == 1:
            path = file_of(strip)
            held = made.duration / self.rate
            yield True, replace(made, media=Media(path, os.path.basename(path), held=held))
        elif strip.type == "COLOR":
            if SILENCE not in strip and max(strip.color) > 0:
                self.says.add(COLOUR, strip.name)
            yield SILENCE not in strip, made
        elif strip.type in _MISSING_TYPES or strip.type == "IMAGE":
            self.says.add(UNSAID, strip.name)
            yield True, replace(made, media=Media(name=strip.name))
        else:
            self.says.add(EFFECT, strip.name)

    def _movie(self, strip: Any, made: TrackShot) -> list[TrackShot]:
        path = file_of(strip)
        media = Media(path, os.path.basename(path))
        played = self._played(strip, made, path)
        stretches = _joined(list(timing.stretches(played, self.rate)), played.rate)
        if len(stretches) > 1:
            self.says.add(HELD, strip.name)
        shots = []
        for stretch in stretches:
            speed = stretch.speed
            if played.keys and speed:
                frames = played.frames if LAST_KEY_SHOWS_END else played.frames - 1
                span = int(played.keys[1] - played.keys[0])
                meant = fitting.speed_meant(frames, span, self.rate / played.rate)
                speed = meant if speed > 0 else -meant
            duration = stretch.end - stretch.start
            part = replace(made, start=stretch.start, duration=duration, media=media)
            shots.append(replace(part, source_start=stretch.source_start, speed=speed))
        return shots

    def _played(self, strip: Any, made: TrackShot, path: str) -> timing.Played:
        played = replace(vse_host.played(strip, self._scene, path), left=made.start, right=made.end)
        count = _keys(strip)
        if not os.path.isfile(path) and (count or timing.file_rate(strip.fps or 1) != self.rate):
            self.says.add(UNKNOWN_RATE, strip.name)
        elif count > 2:
            self.says.add(VARIABLE, strip.name)
        return played

    def _sound(self, strip: Any, made: TrackShot) -> list[TrackShot]:
        path = file_of(strip)
        content, full = int(vse_host.content(strip)), full_length(strip)
        step = speed = Fraction(1)
        count = _keys(strip)
        frames = sound_frames(self._scene, path) if count >= 2 else 0
        if frames > 1:
            played, span = (frames, full) if LAST_KEY_SHOWS_END else (frames - 1, full - 1)
            step, speed = Fraction(played, span), fitting.speed_meant(played, span, Fraction(1))
            if count > 2:
                self.says.add(VARIABLE, strip.name)
        elif count >= 2:
            self.says.add(UNKNOWN_RATE, strip.name)
        later = Fraction(getattr(strip, "sound_offset", 0.0)).limit_denominator(1_000_000)
        start = max(made.start, content)
        source = (start - content) * step / self.rate - later
        if source < 0:
            self.says.add(LATE, strip.name)
            whole = math.ceil(-source * self.rate / step)
            start, source = start + whole, source + whole * step / self.rate
        # A file may last part of a frame longer than Blender counts; what is beyond is silence.
        end = min(made.end, content + full + 1)
        if end <= start:
            return []
        part = replace(made, start=start, duration=end - start, media=Media(path, os.path.basename(path)))
        return [replace(part, source_start=source, speed=speed)]


def _joined(stretches: list[timing.Stretch], rate: Fraction) -> list[timing.Stretch]:
    """STRETCHES with a single frame that is held before or after it counted as held."""
    found: list[timing.Stretch] = []
    for stretch in stretches:
        if found and _same_frame(found[-1], stretch, rate):
            found.append(replace(found.pop(), end=stretch.end, speed=Fraction(0)))
        else:
            found.append(stretch)
    return found


def _same_frame(first: timing.Stretch, second: timing.Stretch, rate: Fraction) -> bool:
    single = [s for s in (first, second) if s.speed and s.end - s.start == 1]
    held = [s for s in (first, second) if not s.speed]
    return (
        len(single) + len(held) == 2
        and bool(held)
        and math.floor(first.source_start * rate) == math.floor(second.source_start * rate)
    )

# SPDX-License-Identifier: GPL-3.0-or-later
"""A :class:`timeline.Timeline` as strips of a scene, on channels above everything that is there.

What cannot be played stands as a placeholder of the right length that remembers what it stands for. Strips,
channels and markers of the user's stay as they are; where building fails, all that it added goes again.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import bpy

from . import channels, fitting, timing, vse_host
from .strip_words import SILENCE, remember, set_words
from .timeline import Marker, Media, Timeline, Track, TrackShot
from .timeline_strips import LAST_KEY_SHOWS_END, TIMECODE, Says, full_length

LAST_FRAME = 1_048_574
"""Blender's timeline ends here."""
_SAMPLE = Fraction(1, 96_000)
_FIT = "FIT"

MISSING_FILES = "missing media stand as placeholders; put the files in place and import again"
UNREADABLE = "Blender cannot read these files; they stand as placeholders"
ELSEWHERE = "these shots lie outside of their files; they stand as placeholders"
SPEED_NOT_SET = "Blender could not set the speed; leave the open meta strip and import again"
SUBFRAME = "sound that begins within a frame was moved to the nearest whole frame (Blender 4.2)"
NOTES = "notes of markers are not kept; Blender's markers have a name only"


class ImportFailed(Exception):
    """Nothing was built; the text is a sentence with the fix."""


class _Unplayable(Exception):
    """A shot needs a placeholder; the text is the sentence to tell."""


# ------------------------------------------------------------------------------------------- the scene


def new_scene(like: Any, timeline: Timeline, name: str) -> Any:
    """A new scene called NAME at TIMELINE's exact rate, with the picture size and colours of LIKE."""
    scene = bpy.data.scenes.new(name)
    for key in ("resolution_x", "resolution_y", "resolution_percentage"):
        setattr(scene.render, key, getattr(like.render, key))
    scene.view_settings.view_transform = like.view_settings.view_transform
    nominal = math.ceil(timeline.rate)
    scene.render.fps, scene.render.fps_base = nominal, float(nominal / timeline.rate)
    zero = first_frame(scene, timeline)
    scene.frame_start = int(timeline.scene.get("frame_start", zero))
    last = int(timeline.scene.get("frame_end", zero + timeline.duration - 1))
    scene.frame_end = max(scene.frame_start, last)
    scene.frame_current = scene.frame_start
    scene[TIMECODE] = [zero, timeline.label, int(timeline.drop)]
    return scene


def first_frame(scene: Any, timeline: Timeline) -> int:
    """The frame of SCENE where TIMELINE's record frame 0 goes: where it was, or the scene's first frame."""
    return int(timeline.scene.get("zero", scene.frame_start))


# ------------------------------------------------------------------------------------------ the strips


def build(scene: Any, timeline: Timeline, says: Says) -> Iterator[float]:
    """Builds TIMELINE into SCENE, one strip for each step; yields how much is done, 0 to 1.

    TIMELINE has the scene's rate. Raises ImportFailed; then, and where the steps are not gone to their end,
    the scene is as it was. What had to be simplified goes into SAYS.
    """
    builder = _Builder(scene, timeline, says)
    try:
        yield from builder.steps()
    except BaseException as problem:
        builder.take_back()
        if isinstance(problem, (ImportFailed, GeneratorExit, KeyboardInterrupt)):
            raise
        raise ImportFailed(f"the timeline could not be built: {problem}") from problem


class _Builder:
    def __init__(self, scene: Any, timeline: Timeline, says: Says) -> None:
        self._scene_name = scene.name
        self._timeline, self._says = timeline, says
        self._rate = timeline.rate
        self._zero = first_frame(scene, timeline)
        self._had_editor = scene.sequence_editor is not None
        self._scratch = 0
        self._built: list[str] = []
        self._markers: list[tuple[str, int]] = []
        self._channels: dict[int, tuple[str, bool]] = {}

    @property
    def _scene(self) -> Any:
        """Looked up each time: between two steps the user may undo."""
        scene = bpy.data.scenes.get(self._scene_name)
        if scene is None:
            raise ImportFailed("the scene was taken away while the timeline was being built; import it again")
        return scene

    def steps(self) -> Iterator[float]:
        tracks = [track for track in self._timeline.tracks if track.shots]
        self._check(tracks)
        editor = self._scene.sequence_editor or self._scene.sequence_editor_create()
        numbers = self._free(editor, len(tracks) + 1)
        self._scratch = numbers.pop()
        count, done = sum(len(track.shots) for track in tracks), 0
        pictures = sounds = 0
        for track, number in zip(tracks, numbers, strict=True):
            pictures, sounds = pictures + track.picture, sounds + (not track.picture)
            name = track.name or (f"Video {pictures}" if track.picture else f"Audio {sounds}")
            self._name_channel(number, name, track.muted)
            for shot in track.shots:
                self._lay(shot, track.picture, number, name)
                done += 1
                yield done / count
        self._mark()

    def take_back(self) -> None:
        """Removes what was built so far."""
        scene = bpy.data.scenes.get(self._scene_name)
        if scene is None:
            return
        editor = scene.sequence_editor
        if editor is not None:
            strips = vse_host.strips(editor)
            for strip in [strip for strip in strips if strip.name in self._built]:
                strips.remove(strip)
            for number, (name, mute) in self._channels.items():
                editor.channels[number].name, editor.channels[number].mute = name, mute
        for marker in list(scene.timeline_markers):
            if (marker.name, marker.frame) in self._markers:
                self._markers.remove((marker.name, marker.frame))
                scene.timeline_markers.remove(marker)
        if not self._had_editor:
            scene.sequence_editor_clear()

    def _check(self, tracks: list[Track]) -> None:
        if not tracks:
            raise ImportFailed("there is no clip on this timeline")
        end = max(shot.end for track in tracks for shot in track.shots) + self._zero
        if end > LAST_FRAME:
            raise ImportFailed(
                f"the timeline ends at frame {end}, Blender's last one is {LAST_FRAME}; export a part of it"
            )

    def _free(self, editor: Any, count: int) -> list[int]:
        highest = max((strip.channel for strip in vse_host.strips(editor)), default=0)
        above = range(highest + 1, channels.LAST + 1)
        free = [n for n in above if not editor.channels[n].lock and channels.is_nameless(editor, n)]
        if len(free) < count:
            raise ImportFailed(
                f"the timeline needs {count} free channels above your strips and there are {len(free)}; "
                "import it into a new scene"
            )
        return free[:count]

    def _name_channel(self, number: int, name: str, mute: bool) -> None:
        channel = self._scene.sequence_editor.channels[number]
        self._channels[number] = (channel.name, channel.mute)
        channel.name, channel.mute = channels.channel_name(name), mute

    # ------------------------------------------------------------------------------------- one strip

    def _lay(self, shot: TrackShot, picture: bool, channel: int, track: str) -> None:
        editor = self._scene.sequence_editor
        active = editor.active_strip
        try:
            strip = self._strip(shot, picture, channel)
        except (_Unplayable, fitting.CannotFit) as problem:
            self._says.add(str(problem), shot.name)
            strip = self._placeholder(shot, picture, channel)
        strip.select = False
        editor.active_strip = active
        strip.mute = shot.muted
        if strip.type in ("MOVIE", "SOUND", "IMAGE"):
            set_words(strip, shot.metadata, track, int(vse_host.left(strip)), int(vse_host.right(strip)))

    def _strip(self, shot: TrackShot, picture: bool, channel: int) -> Any:
        if shot.media is None:
            return self._empty(shot, picture, channel)
        if not shot.media.path or not os.path.isfile(shot.media.path):
            raise _Unplayable(MISSING_FILES)
        if not picture:
            return self._sound(shot, shot.media, channel)
        suffix = os.path.splitext(shot.media.path)[1].lower()
        if suffix in bpy.path.extensions_image:
            return self._image(shot, shot.media, channel)
        return self._movie(shot, shot.media, channel)

    def _movie(self, shot: TrackShot, media: Media, channel: int) -> Any:
        strips = vse_host.strips(self._scene.sequence_editor)
        strip = self._made(strips.new_movie(shot.name, media.path, self._scratch, 0, fit_method=_FIT))
        frames = int(strip.frame_duration)
        if strip.fps <= 0 or frames < 1:
            raise self._refused(strip, UNREADABLE)
        try:
            fit = fitting.fit_picture(
                at=shot.start + self._zero,
                source_start=shot.source_start,
                speed=shot.speed,
                scene_rate=self._rate,
                rate=timing.file_rate(strip.fps),
                frames=frames,
                last_key_shows_end=LAST_KEY_SHOWS_END,
            )
        except fitting.CannotFit as problem:
            raise self._refused(strip, str(problem)) from None
        if fit.hold >= 0:
            _trim(strip, fit.hold, frames - 1 - fit.hold)
        strip.use_reverse_frames = fit.reverse
        return self._placed(strip, fit, shot, channel)

    def _sound(self, shot: TrackShot, media: Media, channel: int) -> Any:
        strips = vse_host.strips(self._scene.sequence_editor)
        try:
            strip = self._made(strips.new_sound(shot.name, media.path, self._scratch, 0))
        except RuntimeError:
            raise _Unplayable(UNREADABLE) from None
        if strip.sound is None or strip.sound.samplerate == 0:
            raise self._refused(strip, UNREADABLE)
        try:
            fit = fitting.fit_sound(
                at=shot.start + self._zero,
                source_start=shot.source_start,
                speed=shot.speed,
                scene_rate=self._rate,
                frames=int(strip.frame_duration),
                last_key_shows_end=LAST_KEY_SHOWS_END,
            )
        except fitting.CannotFit as problem:
            raise self._refused(strip, str(problem)) from None
        if abs(fit.offset) > _SAMPLE:
            if hasattr(strip, "sound_offset"):
                strip.sound_offset = float(fit.offset)
            else:
                self._says.add(SUBFRAME, shot.name)
        return self._placed(strip, fit, shot, channel)

    def _image(self, shot: TrackShot, media: Media, channel: int) -> Any:
        strips = vse_host.strips(self._scene.sequence_editor)
        strip = self._made(strips.new_image(shot.name, media.path, self._scratch, 0, fit_method=_FIT))
        return self._placed(strip, fitting.Fit(shot.start + self._zero), shot, channel)

    def _empty(self, shot: TrackShot, picture: bool, channel: int) -> Any:
        strip = self._effect(shot.name, "COLOR", shot)
        strip.color = (0.0, 0.0, 0.0)
        if not picture:
            strip.blend_alpha = 0.0
            strip[SILENCE] = True
        return self._placed(strip, fitting.Fit(shot.start + self._zero), shot, channel)

    def _placeholder(self, shot: TrackShot, picture: bool, channel: int) -> Any:
        """A text in place of SHOT; on a track of sound it is not seen."""
        media = shot.media or Media()
        there = bool(media.path) and os.path.isfile(media.path)
        name = f"{'not playable' if there else 'missing'}: {shot.name or media.name}"
        strip = self._effect(name, "TEXT", shot)
        strip.text = name
        strip.wrap_width = 0.9
        if picture:
            strip.blend_type = "REPLACE"
        else:
            strip.blend_alpha = 0.0
        remember(strip, shot, picture)
        return self._placed(strip, fitting.Fit(shot.start + self._zero), shot, channel)

    def _effect(self, name: str, kind: str, shot: TrackShot) -> Any:
        strips = vse_host.strips(self._scene.sequence_editor)
        length = {"length": shot.duration} if LAST_KEY_SHOWS_END else {"frame_end": shot.duration}
        return self._made(strips.new_effect(name, kind, self._scratch, frame_start=0, **length))

    def _made(self, strip: Any) -> Any:
        self._built.append(strip.name)
        return strip

    def _refused(self, strip: Any, why: str) -> _Unplayable:
        """Takes STRIP away again; what to raise."""
        self._built.remove(strip.name)
        vse_host.strips(self._scene.sequence_editor).remove(strip)
        return _Unplayable(why)

    def _placed(self, strip: Any, fit: fitting.Fit, shot: TrackShot, channel: int) -> Any:
        """Gives STRIP its speed, its place and, last of all, its channel, where it then overlaps nothing."""
        start, end = shot.start + self._zero, shot.end + self._zero
        if fit.span:
            self._retime(strip, fit)
        vse_host.set_content(strip, fit.content)
        if end > vse_host.left(strip):
            vse_host.set_right(strip, end)
            vse_host.set_left(strip, start)
        else:
            vse_host.set_left(strip, start)
            vse_host.set_right(strip, end)
        if strip.channel == self._scratch:
            strip.channel = channel
        found = (strip.channel, vse_host.left(strip), vse_host.right(strip), vse_host.content(strip))
        if found == (channel, start, end, fit.content):
            return strip
        if strip.type in ("MOVIE", "SOUND", "IMAGE"):
            raise self._refused(strip, ELSEWHERE)
        raise ImportFailed(f"Blender laid “{strip.name}” elsewhere {found}; import into a new scene")

    def _retime(self, strip: Any, fit: fitting.Fit) -> None:
        """Two keys. Blender crashes on retiming_keys.add(), and gives a key's frame a wrong origin: its own
        operator does it, which works on what is selected."""
        scene = self._scene
        editor = scene.sequence_editor
        selected = [other for other in vse_host.strips_all(editor) if other.select]
        for other in selected:
            other.select = False
        strip.select, editor.active_strip = True, strip
        context = {"scene": scene, "area": None, "region": None}
        if hasattr(bpy.context, "sequencer_scene"):
            context["sequencer_scene"] = scene
        length = fit.span if LAST_KEY_SHOWS_END else fit.span + 1
        try:
            with bpy.context.temp_override(**context):
                for percent in _percents(fit):
                    _set_speed(percent)
                    if full_length(strip) == length:
                        return
        except RuntimeError as problem:
            raise self._refused(strip, f"{SPEED_NOT_SET} ({problem})") from None
        finally:
            for other in selected:
                other.select = True
        raise self._refused(strip, SPEED_NOT_SET)

    # -------------------------------------------------------------------------------------- markers

    def _mark(self) -> None:
        scene = self._scene
        for marker in self._timeline.markers:
            if marker.note:
                self._says.add(NOTES, marker.name or "a marker")
            for frame in _ends(marker):
                at = frame + self._zero
                made = scene.timeline_markers.new(marker.name or f"F_{at}", frame=at)
                self._markers.append((made.name, made.frame))


def _percents(fit: fitting.Fit) -> tuple[float, float]:
    """Speeds that give FIT's span: Blender 4.2 counts one frame more, and cuts off where others round."""
    played = fit.percent * fit.span / 100
    return fit.percent, 100 * (played + 1) / (fit.span + 0.5)


def _set_speed(percent: float) -> None:
    set_speed = bpy.ops.sequencer.retiming_segment_speed_set
    known = set_speed.get_rna_type().properties
    set_speed(speed=percent, **({"keep_retiming": False} if "keep_retiming" in known else {}))


def _ends(marker: Marker) -> list[int]:
    return [marker.start] if marker.end <= marker.start else [marker.start, marker.end]


def _trim(strip: Any, before: int, after: int) -> None:
    if hasattr(strip, "content_trim_start"):
        strip.content_trim_start, strip.content_trim_end = before, after
    else:
        strip.animation_offset_start, strip.animation_offset_end = before, after

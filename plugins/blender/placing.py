# SPDX-License-Identifier: GPL-3.0-or-later
"""A job's result becomes sound strips on channels of their own; and they are taken back.

Nothing that was there is touched. What was placed is read back, and where it does not lie as it must,
all of it is taken away again.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

import bpy

from . import channels, marks, vse_host
from .marks import (
    CUE,
    ENGINE,
    HANDLES,
    JOB,
    LAYER,
    NEGATIVE,
    PROMPT,
    RANGE,
    SEED,
    TAKE,
    TEXT_ONLY,
    TRACK,
)

_NAME_BYTES = 60
_SAME_RATE = Fraction(1, 2000)
"""Rates nearer than this are one: 23.98 and 23.976, but not 23.976 and 24."""


class PlacingFailed(Exception):
    """The result was not placed and the scene is as it was; the text is a sentence with the fix."""


class Placeable(Protocol):
    """What placing needs of a job."""

    id: str
    zero: int
    result: dict[str, Any] | None


@dataclass(frozen=True)
class Piece:
    """One take and where it goes, in scene frames, ends exclusive."""

    path: str
    track: str
    start: int
    end: int
    file_start: int
    """Frame on which its file begins."""
    file_end: int
    """Frame at which its file has ended."""
    audible: bool
    marks: dict[str, Any]
    """Custom properties of its strip."""


def place(scene: Any, job: Placeable) -> list[Any]:
    """Lays the takes of JOB onto SCENE, alternates muted; returns the strips in the order of the result.

    Raises PlacingFailed; then nothing is added, named or selected.
    """
    rate, pieces = read_result(job)
    _check_scene(scene, job, rate)
    _check_files(pieces)
    if not pieces:
        return []
    had_editor = scene.sequence_editor is not None
    editor = scene.sequence_editor or scene.sequence_editor_create()
    laid: dict[int, Any] = {}
    named: dict[str, dict[str, Any]] = {}
    try:
        numbers = _channels_for(editor, pieces)
        for track, number in numbers.items():
            named[track] = channels.give_name(editor, number, track)
        # From left to right: each begins under the end of the one before it until its left end is trimmed.
        for index in sorted(range(len(pieces)), key=lambda index: pieces[index].start):
            piece = pieces[index]
            laid[index] = strip = new_strip(
                editor, _strip_name(piece), stored_path(piece.path), numbers[piece.track], piece.file_start
            )
            trim(strip, piece.start, piece.end)
            strip.mute = not piece.audible
            for key, value in {**piece.marks, TRACK: piece.track, **named[piece.track]}.items():
                strip[key] = value
        for index, strip in laid.items():
            _read_back(strip, pieces[index], numbers[pieces[index].track])
    except Exception as problem:
        remove_strips(scene, laid.values())
        for strip_marks in named.values():
            channels.take_back_name(editor, strip_marks)
        if not had_editor:
            scene.sequence_editor_clear()
        if isinstance(problem, PlacingFailed):
            raise
        raise PlacingFailed(_sentence(problem)) from problem
    return [laid[index] for index in range(len(pieces))]


def remove_job(scene: Any, job: str) -> int:
    """Takes the strips of JOB away, wherever they lie now, and its names off channels that are empty then.

    The WAV files stay. Returns how many strips it were.
    """
    strips = strips_of(scene, job)
    remove_strips(scene, strips)
    return len(strips)


def strips_of(scene: Any, job: str | None = None, cue: str | None = None) -> list[Any]:
    """The strips of ours in SCENE, also those in metas; only those of JOB and CUE where given."""
    editor = scene.sequence_editor
    if editor is None:
        return []
    return [
        strip
        for strip in vse_host.strips_all(editor)
        if marks.is_ours(strip)
        and (job is None or strip[JOB] == job)
        and (cue is None or strip.get(CUE) == cue)
    ]


def place_of(scene: Any, strip: Any) -> Any:
    """What holds STRIP: a meta strip or the editor."""
    return strip.parent_meta() or scene.sequence_editor


def remove_strips(scene: Any, strips: Iterable[Any]) -> None:
    """Takes STRIPS of ours away, with what only they used: sounds in the file and names of channels."""
    named = []
    for strip in list(strips):
        where = place_of(scene, strip)
        named.append(channels.marks_of(strip))
        sound = strip.sound
        vse_host.strips(where).remove(strip)
        if sound is not None and sound.users == 0:
            bpy.data.sounds.remove(sound)
    for strip_marks in named:
        channels.take_back_name(scene.sequence_editor, strip_marks)


def new_strip(where: Any, name: str, path: str, channel: int, first: int) -> Any:
    """A sound strip in WHERE of the whole file at PATH, which begins at frame FIRST; not selected, since the
    editor is at work on something else."""
    strip = vse_host.strips(where).new_sound(name, path, channel, first)
    strip.select = False
    return strip


def trim(strip: Any, start: int, end: int) -> None:
    """Makes STRIP be heard from frame START until END; its file stays where it is."""
    if start >= vse_host.right(strip):  # ends may not pass each other
        vse_host.set_right(strip, end)
    vse_host.set_left(strip, start)
    vse_host.set_right(strip, end)


# -------------------------------------------------------------------------------------- the result


def read_result(job: Placeable) -> tuple[Fraction, list[Piece]]:
    """Frames per second of JOB's foleyd.v1.Result, and its placements in scene frames.

    Raises PlacingFailed where it is none.
    """
    result = job.result or {}
    try:
        takes = {take["id"]: take for take in result["takes"]}
        cues = {cue["id"]: cue for cue in result["cues"]}
        numbers: dict[str, int] = {}
        counted: dict[str, int] = {}
        for take in result["takes"]:
            numbers[take["id"]] = counted[take["cue_id"]] = counted.get(take["cue_id"], 0) + 1
        rate = Fraction(int(result["rate"]["num"]), int(result["rate"]["den"]))
        return rate, [
            _piece(job, placement, takes[placement["take_id"]], cues[placement["cue_id"]], numbers)
            for placement in result["placements"]
        ]
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as problem:
        raise PlacingFailed(
            f"the answer of foley was not understood ({problem!r}); "
            "update foley and this extension to one version"
        ) from problem


def _piece(
    job: Placeable,
    placement: dict[str, Any],
    take: dict[str, Any],
    cue: dict[str, Any],
    numbers: dict[str, int],
) -> Piece:
    start, end = (int(placement["range"][key]) + job.zero for key in ("start_frame", "end_frame"))
    file_start, file_end = (int(take["file_range"][key]) + job.zero for key in ("start_frame", "end_frame"))
    if not file_start <= start < end <= file_end:
        raise ValueError(
            f"{take['id']} is to lie at {start} to {end}, its file at {file_start} to {file_end}"
        )
    provenance = take.get("provenance") or {}
    return Piece(
        path=placement["path"] or take["path"],
        track=placement["track_name"],
        start=start,
        end=end,
        file_start=file_start,
        file_end=file_end,
        audible=placement["enabled"],
        marks={
            JOB: job.id,
            CUE: cue["id"],
            TAKE: numbers[take["id"]],
            SEED: str(take["seed"]),
            PROMPT: cue["prompt"],
            NEGATIVE: cue["negative_prompt"],
            LAYER: placement["layer"],
            ENGINE: str(provenance.get("engine") or job.result["engine"]["name"]),  # type: ignore[index]
            RANGE: (start, end),
            HANDLES: int(provenance.get("handles", start - file_start)),
            TEXT_ONLY: bool(provenance.get("text_only", False)),
        },
    )


def _strip_name(piece: Piece) -> str:
    """The prompt as far as it fits, with the number of an alternate take."""
    number = piece.marks[TAKE]
    tail = f" (take {number})" if number > 1 else ""
    room = _NAME_BYTES - len(tail)
    return piece.marks[PROMPT].encode()[:room].decode(errors="ignore").strip() + tail


# ------------------------------------------------------------------------------------ checks before


def _check_scene(scene: Any, job: Placeable, wanted: Fraction) -> None:
    now = vse_host.rate(scene)
    if abs(wanted - now) > wanted * _SAME_RATE:
        raise PlacingFailed(
            f"the sound was made for {float(wanted):.6g} frames per second and the scene has "
            f"{float(now):.6g} now; set the frame rate back and generate again, which takes no time"
        )
    if strips_of(scene, job.id):
        raise PlacingFailed("this job lies on the timeline already; remove it first")


def _check_files(pieces: Sequence[Piece]) -> None:
    for path in dict.fromkeys(piece.path for piece in pieces):
        try:
            with open(path, "rb") as file:
                head = file.read(12)
        except OSError as problem:
            raise PlacingFailed(
                f"the sound file {path} cannot be read ({problem.strerror}); generate again"
            ) from problem
        if head[:4] not in {b"RIFF", b"RF64"} or head[8:] != b"WAVE":
            raise PlacingFailed(
                f"the sound file {path} is no WAV file any more; move it away and generate again"
            )


# ------------------------------------------------------------------------------------------ placing


def _channels_for(editor: Any, pieces: Sequence[Piece]) -> dict[str, int]:
    """A channel for each track, above all that lies where any of the files will."""
    spans: dict[str, list[channels.Span]] = {}
    for piece in pieces:
        spans.setdefault(piece.track, []).append((piece.file_start, piece.file_end))
    everywhere = [span for track in spans.values() for span in track]
    lowest = channels.lowest_above(vse_host.strips(editor), everywhere)
    numbers: dict[str, int] = {}
    for track, track_spans in spans.items():
        numbers[track] = channels.free_channel(editor, track, track_spans, lowest, numbers.values())
    return numbers


def stored_path(path: str) -> str:
    """PATH as this file's settings want it: relative to the .blend where that is saved."""
    if bpy.data.filepath and bpy.context.preferences.filepaths.use_relative_paths:
        try:
            return str(bpy.path.relpath(path))
        except ValueError:
            pass  # on another drive
    return path


def _read_back(strip: Any, piece: Piece, channel: int) -> None:
    """Raises PlacingFailed where STRIP does not lie as PIECE says."""
    before, after = vse_host.offsets(strip)
    left, right = vse_host.left(strip), vse_host.right(strip)
    length = right - left + before + after
    file_length = piece.file_end - piece.file_start
    if abs(length - file_length) > 1 or after < 0:
        raise PlacingFailed(_mismatch(piece, f"has a file of {length:g} frames instead of {file_length}"))
    for what, found, wanted in (
        ("begins at frame", left, piece.start),
        ("ends before frame", right, piece.end),
        ("has its file begin at frame", vse_host.content(strip), piece.file_start),
        ("hides frames before it", before, piece.start - piece.file_start),
        ("lies on channel", strip.channel, channel),
    ):
        if found != wanted:
            raise PlacingFailed(_mismatch(piece, f"{what} {found:g} instead of {wanted}"))
    stored = strip.sound.filepath if strip.sound is not None else ""
    if os.path.realpath(bpy.path.abspath(stored)) != os.path.realpath(piece.path):
        raise PlacingFailed(_mismatch(piece, f"plays {stored or 'nothing'}"))


def _mismatch(piece: Piece, what: str) -> str:
    return f"the strip of {os.path.basename(piece.path)} {what}; nothing was placed: generate again"


def _sentence(problem: Exception) -> str:
    if isinstance(problem, channels.NoChannel):
        return str(problem)
    words = " ".join(str(problem).split()).rstrip(".")
    return f"Blender would not lay the sound ({words}); nothing was placed"

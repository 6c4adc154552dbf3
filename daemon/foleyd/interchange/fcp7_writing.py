"""FCP7 XML out, through its adapter, which is given only what it can carry; the rest is named.

The adapter (otio-fcp-adapter 1.0) drops speed changes and track markers without a word, raises on references
in sample rates, on stills, generators and image sequences, ignores trimmed tracks and the enabled flag, and
writes one clip item where two clips are equal. So every clip is made plain before, and what is lost becomes a
notice.
"""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import PureWindowsPath
from typing import Any
from urllib.parse import quote

import opentimelineio as otio

from foleyd.brief import Notice
from foleyd.interchange.errors import NotWritable
from foleyd.interchange.fcp7 import COLOURS, NAMESPACE, NOTE_MARK, REMAP_NAME, media_start, notes_of
from foleyd.timebase import Timecode, has_drop_frame
from foleyd.timeline.clock import read_clock
from foleyd.timeline.document import read_document
from foleyd.timeline.numbers import exact_rate, seconds
from foleyd.timeline.tree import METADATA_KEY

_UNSAYABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_DRIVE = re.compile(r"^[A-Za-z]:[\\/]")
_KINDS = {"video": otio.schema.TrackKind.Video, "audio": otio.schema.TrackKind.Audio}
_NAMES_SHOWN = 3

moment, span = otio.opentime.RationalTime, otio.opentime.TimeRange


def write_fcp7(document: bytes, name: str) -> tuple[bytes, list[Notice]]:
    """DOCUMENT, OpenTimelineIO JSON with absolute references, as FCP7 XML.

    Raises TimelineError, NotWritable.
    """
    timeline = read_document(document, name)
    clock = read_clock(timeline)
    rate = float(clock.rate)
    if not otio.opentime.RationalTime.is_smpte_timecode_rate(rate):
        raise NotWritable(f"FCP7 XML has no rate of {rate:.6g} frames a second; write the timeline as .otio")
    plain = _Plain(clock.rate, clock.start)
    plain.timeline(timeline)
    text: str = otio.adapters.write_to_string(timeline, adapter_name="fcp_xml")
    return text.replace("?>\n", "?>\n<!DOCTYPE xmeml>\n", 1).encode("utf-8"), plain.notices()


@dataclass(slots=True)
class _Lost:
    """A thing that the format cannot carry, told once with where it was."""

    what: str
    verb: str
    names: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Plain:
    """Makes a timeline at RATE, whose frame zero is labelled START, into what the adapter can write."""

    rate: Fraction
    start: Timecode
    count: int = 0
    warps: list[Notice] = field(default_factory=list)
    lost: dict[str, _Lost] = field(default_factory=dict)

    # ------------------------------------------------------------------------------------ timeline

    def timeline(self, timeline: otio.schema.Timeline) -> None:
        timeline.global_start_time = moment(self.start.frame, float(self.rate))
        self._say(timeline, {"timecode": {"displayformat": "DF" if self.start.drop else "NDF"}})
        timeline.name = _said(timeline.name) or "timeline"
        whole = timeline.tracks.source_range
        timeline.tracks.source_range = None
        kept = []
        for track in list(timeline.tracks):
            kind = _KINDS.get(str(getattr(track, "kind", "")).strip().lower())
            if not isinstance(track, otio.schema.Track) or kind is None:
                self._lose("kind", "tracks of another kind than picture and sound", track.name)
                continue
            kept.append(self._track(track, kind, whole))
        del timeline.tracks[:]
        timeline.tracks.extend(kept)
        self._markers(timeline.tracks, self.rate, Fraction(0))

    def _track(self, track: Any, kind: str, whole: Any) -> otio.schema.Track:
        for used in (track.source_range, whole):
            track.source_range = None
            if used is not None and used != track.available_range():
                track = _trimmed(track, used)
        made = otio.schema.Track(_said(track.name), kind=kind)
        made.metadata.update(track.metadata)
        made.enabled = track.enabled
        self._say(made, {"enabled": _truth(track.enabled), **({"name": made.name} if made.name else {})})
        if track.markers:
            self._lose("marker", "markers on tracks", track.name)
        ours = METADATA_KEY in track.metadata
        at = Fraction(0)
        for child in list(track):
            made.append(self._child(copy.deepcopy(child), at, ours))
            if isinstance(child, otio.core.Item):
                at += seconds(child.trimmed_range().duration)
        if ours:
            layout = next((notes_of(clip).get("@premiereChannelType") for clip in made.find_clips()), "")
            self._say(made, {"@premiereTrackType": str(layout).capitalize()} if layout else {})
        return made

    def _child(self, child: Any, at: Fraction, ours: bool) -> Any:
        if isinstance(child, otio.schema.Transition):
            child.in_offset = self._offset(child.in_offset)
            child.out_offset = self._offset(child.out_offset)
            child.name = _said(child.name)
            return child
        if isinstance(child, otio.schema.Gap):
            return otio.schema.Gap(source_range=self._in_rate(child.source_range, float(self.rate)))
        if isinstance(child, otio.schema.Clip):
            self._clip(child, at, ours)
        else:
            child = self._nest(child, at)
        return child

    # --------------------------------------------------------------------------------------- items

    def _clip(self, clip: otio.schema.Clip, at: Fraction, ours: bool) -> None:
        try:
            used = clip.trimmed_range()
        except Exception as error:
            raise NotWritable(
                f"clip {clip.name!r} has no range, which FCP7 XML needs; write the timeline as .otio"
            ) from error
        rate = self._sayable(used.start_time.rate, used.duration.rate)
        used = self._in_rate(used, rate)
        self._reference(clip, used, rate)
        clip.source_range = self._effects(clip, used, at)
        clip.name = _said(clip.name)
        self._whole(clip.source_range, clip.name)
        self.count += 1
        self._say(clip, {"@id": f"clipitem-{self.count}", "enabled": _truth(clip.enabled)})
        if ours:
            self._say(clip, _sound_notes(clip))
        self._markers(clip, exact_rate(rate), seconds(media_start(clip, rate)))
        if "link" in notes_of(clip):
            self._lose("link", "links between picture and sound", clip.name)

    def _nest(self, nest: Any, at: Fraction) -> Any:
        used = self._in_rate(nest.trimmed_range(), float(self.rate))
        inside = nest if isinstance(nest, otio.schema.Stack) else otio.schema.Stack(nest.name)
        tracks = list(nest) if isinstance(nest, otio.schema.Stack) else [nest]
        made = otio.schema.Stack(_said(inside.name))
        made.metadata.update(inside.metadata)
        for each in tracks:
            track = copy.deepcopy(each) if isinstance(each, otio.schema.Track) else _alone(each)
            kind = _KINDS.get(str(track.kind).strip().lower(), otio.schema.TrackKind.Video)
            made.append(self._track(track, kind, None))
        made.source_range = self._effects(nest, used, at)
        self.count += 1
        self._say(made, {"@id": f"clipitem-{self.count}", "enabled": _truth(nest.enabled)})
        return made

    def _effects(self, item: Any, used: Any, at: Fraction) -> Any:
        """The used range as the XML counts it; every effect that does not travel is named."""
        for effect in item.effects:
            known = NAMESPACE in effect.metadata
            if isinstance(effect, otio.schema.LinearTimeWarp) and known and effect.name == REMAP_NAME:
                origin = media_start(item, used.start_time.rate)
                local = (used.start_time.value - origin.value) / effect.time_scalar
                used = span(moment(origin.value + local, used.start_time.rate), used.duration)
            elif isinstance(effect, otio.schema.TimeEffect):
                self.warps.append(
                    Notice(
                        f"{_speed_words(effect)} of {item.name!r} is lost in FCP7 XML: "
                        "it plays at normal speed",
                        where=str(self._label(at)),
                        fix="set it again there, or render the clip with its speed change",
                    )
                )
            elif not known:
                self._lose("effect", "effects", item.name)
        return used

    def _reference(self, clip: otio.schema.Clip, used: Any, rate: float) -> None:
        """The clip's media as a file with a range at a rate that has timecode, or as an empty place."""
        reference = clip.media_reference
        if isinstance(reference, otio.schema.MissingReference):
            resolve: Any = reference.metadata.get("Resolve_OTIO")
            url = resolve.get("Media Url") if hasattr(resolve, "get") else None
            if isinstance(url, str) and url:
                found = otio.schema.ExternalReference(url, reference.available_range)
                found.name = reference.name
                reference = found
        if isinstance(reference, otio.schema.GeneratorReference) and "effecttype" not in notes_of(reference):
            self._generator(reference, used)
        elif isinstance(reference, otio.schema.ImageSequenceReference):
            self._lose("sequence", "image sequences", clip.name)
            reference = otio.schema.MissingReference(clip.name, reference.available_range)
        if isinstance(reference, otio.schema.ExternalReference):
            reference.target_url = _said(as_localhost(reference.target_url))
            reference.name = _said(reference.name)
            if reference.available_range is None or reference.available_range.duration.rate <= 0:
                # Stills, and media of which the document says nothing.
                still = reference.available_range is not None
                first = used.start_time if still else moment(0, rate)
                reference.available_range = span(first, used.end_time_exclusive() - first)
        if reference.available_range is not None:
            held = reference.available_range
            if held.start_time.rate <= 0 or held.duration.rate <= 0:
                reference.available_range = None
            else:
                own = self._sayable(held.start_time.rate, held.duration.rate, fallback=rate)
                reference.available_range = self._in_rate(held, own)
                self._whole(reference.available_range, clip.name)
        shown = reference.available_range or used
        drop = self.start.drop and has_drop_frame(exact_rate(shown.start_time.rate))
        self._say(reference, {"timecode": {"displayformat": "DF" if drop else "NDF"}})
        clip.media_reference = reference

    def _generator(self, reference: otio.schema.GeneratorReference, used: Any) -> None:
        """A generator as Premiere writes one: a file without a path, of picture."""
        reference.name = _said(reference.name)
        reference.generator_kind = _said(reference.generator_kind) or "Slug"
        if reference.available_range is None:
            reference.available_range = used
        if "media" not in notes_of(reference):
            self._say(reference, {"media": {"video": ""}})

    def _markers(self, item: Any, rate: Fraction, origin: Fraction) -> None:
        """In XML markers count from the start of their media, and have words and colour of their own."""
        for marker in item.markers:
            marked = marker.marked_range
            first = round((seconds(marked.start_time) - origin) * rate)
            length = round(seconds(marked.duration) * rate) if marked.duration.rate > 0 else 0
            marker.marked_range = span(moment(first, float(rate)), moment(length, float(rate)))
            marker.name = _said(marker.name)
            words: dict[str, Any] = {"comment": _said(marker.comment)} if marker.comment else {}
            colour = COLOURS.get(str(marker.color or "").upper())
            if colour is not None:
                red, green, blue = (str(part) for part in colour)
                words["color"] = {"alpha": "0", "red": red, "green": green, "blue": blue}
            self._say(marker, words)

    # ---------------------------------------------------------------------------------------- times

    def _sayable(self, *rates: float, fallback: float | None = None) -> float:
        """The one of RATES to count in, exactly; the FALLBACK, or the timeline's own, for sample rates."""
        for rate in rates:
            exact = float(exact_rate(rate)) if rate > 0 else 0.0
            if exact and otio.opentime.RationalTime.is_smpte_timecode_rate(exact):
                return exact
        return float(self.rate) if fallback is None else fallback

    def _in_rate(self, given: Any, rate: float) -> Any:
        """GIVEN in frames of RATE, from exact seconds: a stored 23.976 keeps its frame values."""
        exact = exact_rate(rate)
        start, length = seconds(given.start_time) * exact, seconds(given.duration) * exact
        return span(moment(float(start), rate), moment(float(length), rate))

    def _offset(self, given: Any) -> Any:
        return moment(float(round(seconds(given) * self.rate)), float(self.rate))

    def _whole(self, used: Any, name: str) -> None:
        if any(abs(time.value - round(time.value)) > 1e-3 for time in (used.start_time, used.duration)):
            self._lose("frame", "times between two frames", name, verb="move to the nearest one")

    def _label(self, at: Fraction) -> Timecode:
        return Timecode(self.start.frame + round(at * self.rate), self.rate, self.start.drop)

    # --------------------------------------------------------------------------------------- words

    def _say(self, item: Any, words: dict[str, Any]) -> None:
        """WORDS among those that the adapter writes of ITEM."""
        known = {**_plain(item.metadata.get(NAMESPACE) or {}), **words}
        if isinstance(known.get("timecode"), dict) and isinstance(words.get("timecode"), dict):
            known["timecode"] = words["timecode"]
        item.metadata[NAMESPACE] = known

    def _lose(self, kind: str, what: str, name: str, verb: str = "do not travel") -> None:
        self.lost.setdefault(kind, _Lost(what, verb)).names.append(str(name or "unnamed"))

    def notices(self) -> list[Notice]:
        """A notice for each warp, then one for each other kind of thing."""
        return [*self.warps, *(_told(lost) for lost in self.lost.values())]


def _told(lost: _Lost) -> Notice:
    names = list(dict.fromkeys(lost.names))
    shown = ", ".join(repr(name) for name in names[:_NAMES_SHOWN])
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return Notice(f"{lost.what} {lost.verb} in FCP7 XML: {shown}{more}", fix="the .otio beside it has them")


def as_localhost(url: str) -> str:
    """URL as a ``file://localhost/`` address, the form that Premiere writes; others as they are."""
    text = url.strip()
    if _DRIVE.match(text):
        return f"file://localhost/{text[0]}%3a{quote(PureWindowsPath(text).as_posix()[2:])}"
    if text.startswith("\\\\"):
        return "file:" + quote(text.replace("\\", "/"))
    if text.startswith("/"):
        return f"file://localhost{quote(text)}"
    lowered = text.lower()
    if lowered.startswith("file:///"):
        return f"file://localhost/{text[8:]}"
    return text


def _sound_notes(clip: otio.schema.Clip) -> dict[str, Any]:
    """What Premiere's own XML says of a sound clip, and our own notes where its reader keeps words."""
    ours: Any = clip.metadata.get(METADATA_KEY)
    words: dict[str, Any] = {"sourcetrack": {"mediatype": "audio", "trackindex": "1"}}
    if not hasattr(ours, "get"):
        return words
    layout = {1: "mono", 2: "stereo"}.get(ours.get("channels"))
    if layout:
        words["@premiereChannelType"] = layout
    words["logginginfo"] = {"lognote": NOTE_MARK + json.dumps(_plain(ours), ensure_ascii=True)}
    return words


def _trimmed(track: otio.schema.Track, used: Any) -> otio.schema.Track:
    try:
        return otio.algorithms.track_trimmed_to_range(track, used)
    except Exception as error:
        raise NotWritable(
            f"track {track.name!r} is trimmed within a transition, which FCP7 XML cannot say; "
            "write the timeline as .otio"
        ) from error


def _alone(item: Any) -> otio.schema.Track:
    made = otio.schema.Track(kind=otio.schema.TrackKind.Video)
    made.append(copy.deepcopy(item))
    return made


def _speed_words(effect: Any) -> str:
    scalar = getattr(effect, "time_scalar", None)
    if isinstance(effect, otio.schema.FreezeFrame) or scalar == 0:
        return "the freeze"
    return f"the speed {scalar * 100:g} %" if isinstance(scalar, float) else "the variable speed"


def _truth(value: bool) -> str:
    return "TRUE" if value else "FALSE"


def _said(text: Any) -> str:
    """TEXT without the characters that XML cannot hold."""
    return _UNSAYABLE.sub("", str(text or ""))


def _plain(value: Any) -> Any:
    """OpenTimelineIO's containers as dictionaries and lists, texts without what XML cannot hold."""
    if isinstance(value, str):
        return _said(value)
    if hasattr(value, "items"):
        return {str(key): _plain(item) for key, item in value.items()}
    if hasattr(value, "__iter__"):
        return [_plain(item) for item in value]
    return value

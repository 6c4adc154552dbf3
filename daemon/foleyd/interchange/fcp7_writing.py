"""FCP7 XML out, through its adapter, which is given only what it can carry; the rest is named.

The adapter (otio-fcp-adapter 1.0) drops speed changes and track markers without a word, raises on references
in sample rates, on stills, generators and image sequences, ignores trimmed tracks and the enabled flag, and
writes one clip item where two clips are equal. So every clip is made plain before, and what is lost becomes a
notice.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any
from xml.etree import ElementTree

import opentimelineio as otio

from foleyd.brief import Notice
from foleyd.interchange.errors import NotWritable
from foleyd.interchange.fcp7 import COLOURS, NOTE_MARK, TRACK_NAME
from foleyd.interchange.fcp7_speed import NAMESPACE, REMAP_NAME, as_written, media_start, notes_of
from foleyd.interchange.fcp7_text import as_localhost, link, plain, said, say_once
from foleyd.timebase import Timecode, has_drop_frame
from foleyd.timeline.clock import read_clock
from foleyd.timeline.document import read_document
from foleyd.timeline.numbers import exact_rate, seconds
from foleyd.timeline.tree import METADATA_KEY

_KINDS = {"video": otio.schema.TrackKind.Video, "audio": otio.schema.TrackKind.Audio}
_NAMES_SHOWN = 3
_LAYOUTS = {1: "Mono", 2: "Stereo"}
_MOST_CHANNELS = 32

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
    ready = _Plain(clock.rate, clock.start)
    ready.timeline(timeline)
    text: str = otio.adapters.write_to_string(timeline, adapter_name="fcp_xml")
    tree = ElementTree.fromstring(text)
    link(tree, ready.linked)
    say_once(tree)
    ElementTree.indent(tree)
    written = ElementTree.tostring(tree, encoding="unicode")
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE xmeml>\n'
    return f"{head}{written}\n".encode(), ready.notices()


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
    linked: list[list[str]] = field(default_factory=list)
    files: dict[str, Any] = field(default_factory=dict)

    # ------------------------------------------------------------------------------------ timeline

    def timeline(self, timeline: otio.schema.Timeline) -> None:
        timeline.global_start_time = moment(self.start.frame, float(self.rate))
        self._say(timeline, {"timecode": {"displayformat": "DF" if self.start.drop else "NDF"}})
        timeline.name = said(timeline.name) or "timeline"
        whole = timeline.tracks.source_range
        timeline.tracks.source_range = None
        # The adapter writes a file once, as the first clip has it: what any clip says of it holds for all.
        for held in (clip.media_reference for clip in timeline.find_clips()):
            if isinstance(held, otio.schema.ExternalReference) and _has_times(held.available_range):
                self.files.setdefault(as_localhost(held.target_url), held.available_range)
        kept = []
        for track in list(timeline.tracks):
            kind = _KINDS.get(str(getattr(track, "kind", "")).strip().lower())
            if not isinstance(track, otio.schema.Track) or kind is None:
                self._lose("kind", "tracks of another kind than picture and sound", track.name)
                continue
            kept += self._exploded(self._track(track, kind, whole), timeline)
        del timeline.tracks[:]
        timeline.tracks.extend(kept)
        self._markers(timeline.tracks, self.rate, Fraction(0))

    def _track(self, track: Any, kind: str, whole: Any) -> otio.schema.Track:
        for used in (track.source_range, whole):
            track.source_range = None
            if used is not None and used != track.available_range():
                track = _trimmed(track, used)
        made = otio.schema.Track(said(track.name), kind=kind)
        made.metadata.update(track.metadata)
        made.enabled = track.enabled
        self._say(made, {"enabled": _truth(track.enabled), **_named(made.name)})
        if track.markers:
            self._lose("marker", "markers on tracks", track.name)
        ours = METADATA_KEY in track.metadata
        at = Fraction(0)
        for child in list(track):
            made.append(self._child(copy.deepcopy(child), at, ours))
            if isinstance(child, otio.core.Item):
                at += seconds(child.trimmed_range().duration)
        return made

    def _exploded(self, track: otio.schema.Track, timeline: otio.schema.Timeline) -> list[otio.schema.Track]:
        """A track of sound of several channels as one for each, which is how the format has stereo; the
        adapter has read such a group as its first."""
        count = _channels_of(track)
        if not count:
            return [track]
        self._say(timeline, {"@explodedTracks": "true"} if count > 1 else {})
        lanes = []
        for channel in range(count):
            lane = copy.deepcopy(track)
            place = {"@currentExplodedTrackIndex": str(channel), "@totalExplodedTrackCount": str(count)}
            layout = notes_of(track).get("@premiereTrackType") or _LAYOUTS.get(count, "Multichannel")
            self._say(lane, {"@premiereTrackType": layout, **place})
            for clip in (item for item in lane if isinstance(item, otio.schema.Clip)):
                self.count += 1
                source = {"mediatype": "audio", "trackindex": str(_source_channel(clip) + channel)}
                self._say(clip, {"@id": f"clipitem-{self.count}", "sourcetrack": source})
            lanes.append(lane)
        if count > 1:
            ids = [[notes_of(c)["@id"] for c in lane if isinstance(c, otio.schema.Clip)] for lane in lanes]
            self.linked += [list(group) for group in zip(*ids, strict=True)]
        return lanes

    def _child(self, child: Any, at: Fraction, ours: bool) -> Any:
        if isinstance(child, otio.schema.Transition):
            child.in_offset = self._offset(child.in_offset)
            child.out_offset = self._offset(child.out_offset)
            child.name = said(child.name)
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
        clip.name = said(clip.name)
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
        made = otio.schema.Stack(said(inside.name))
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
                used = as_written(item, effect, used)
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
            address = as_localhost(reference.target_url)
            reference.target_url, reference.name = said(address), said(reference.name)
            reference.available_range = self.files.get(address, reference.available_range)
            if not _has_times(reference.available_range):
                # Stills, and media of which the document says nothing.
                still = reference.available_range is not None
                first = used.start_time if still else moment(0, rate)
                reference.available_range = span(first, used.end_time_exclusive() - first)
        if reference.available_range is not None:
            held = reference.available_range
            if not _has_times(held):
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
        reference.name = said(reference.name)
        reference.generator_kind = said(reference.generator_kind) or "Slug"
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
            marker.name = said(marker.name)
            words: dict[str, Any] = {"comment": said(marker.comment)} if marker.comment else {}
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
        known = {**plain(item.metadata.get(NAMESPACE) or {}), **words}
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


def _has_times(held: Any) -> bool:
    return held is not None and held.start_time.rate > 0 and held.duration.rate > 0


def _named(name: str) -> dict[str, str]:
    """A track's name for the adapter, which reads an element, and for Premiere, which reads an attribute."""
    return {"name": name, TRACK_NAME: name} if name else {}


def _channels_of(track: otio.schema.Track) -> int:
    """How many tracks TRACK stands for; 0 for what is no group of channels."""
    clips = [item for item in track if isinstance(item, otio.schema.Clip)]
    if METADATA_KEY in track.metadata:
        counts = {_channels(clip) for clip in clips}
        return counts.pop() if len(counts) == 1 else 0
    notes = notes_of(track)
    total = str(notes.get("@totalExplodedTrackCount", ""))
    grouped = notes.get("@currentExplodedTrackIndex") == "0" and total.isascii() and total.isdigit()
    return int(total) if grouped and 1 < int(total[:3]) <= _MOST_CHANNELS else 0


def _source_channel(clip: otio.schema.Clip) -> int:
    """Which channel of its file a clip begins with, from 1."""
    source: Any = notes_of(clip).get("sourcetrack")
    number = str(source.get("trackindex") if hasattr(source, "get") else "")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 4 else 1


def _channels(clip: otio.schema.Clip) -> int:
    """Channels of a sound of ours; 1 where that was not written down."""
    ours: Any = clip.metadata.get(METADATA_KEY)
    count = ours.get("channels") if hasattr(ours, "get") else None
    return count if isinstance(count, int) and 1 <= count <= _MOST_CHANNELS else 1


def _sound_notes(clip: otio.schema.Clip) -> dict[str, Any]:
    """What Premiere's own XML says of a sound clip, and our own notes where its reader keeps words."""
    ours: Any = clip.metadata.get(METADATA_KEY)
    if not hasattr(ours, "get"):
        return {}
    layout = _LAYOUTS.get(_channels(clip), "Multichannel").lower()
    note = NOTE_MARK + json.dumps(plain(ours), ensure_ascii=True)
    return {"@premiereChannelType": layout, "logginginfo": {"lognote": note}}


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

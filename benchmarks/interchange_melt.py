"""The sound of a timeline, rendered by others: the OTIO project's MLT adapter writes it, melt plays it.

The adapter (otio-mlt-adapter 0.3) and MLT leave some of what OpenTimelineIO says aside. What is done about
that to a copy of the timeline, and nothing else:

1. Only tracks of sound are kept: nothing is looked at, and sound beneath an equal picture is dropped there.
2. Clips and tracks that are off become gaps or go: the adapter plays them.
3. Ranges count from the file's first frame, since the adapter hands timecodes to MLT as frames of the file,
   and ``file:`` addresses become paths, since MLT decodes no percent signs.
4. The profile has the timeline's exact rate (the adapter knows it only from ``global_start_time``).
5. Every track has a name of its own (the adapter's ids are names) and is mixed in: a multitrack of MLT plays
   the topmost sound alone.
"""

from __future__ import annotations

import copy
import shutil
import subprocess
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt
import opentimelineio as otio
import soundfile

Samples = npt.NDArray[np.float32]
SAMPLES_PER_SECOND = 48_000
TRIES, SECONDS = 4, 20


def lacking() -> str:
    """What is not here to render with; empty when all is."""
    if shutil.which("melt") is None:
        return "melt is not installed (on Debian: apt-get install melt)"
    if "mlt_xml" not in otio.adapters.available_adapter_names():
        return "otio-mlt-adapter is not installed"
    return ""


def local_path(url: str, folder: Path) -> Path:
    """The file that a reference of foleyd's names."""
    path = unquote(urlsplit(url).path) if url.startswith("file:") else url
    return Path(folder, path)


def playable(timeline: Any, folder: Path, names: list[str]) -> Any:
    """A copy of TIMELINE, which lies in FOLDER, for the adapter: its tracks with NAMES, as said above."""
    made = otio.schema.Timeline("sound")
    for number, track in enumerate(timeline.tracks):
        if track.kind != otio.schema.TrackKind.Audio or track.name not in names or not track.enabled:
            continue
        lane = otio.schema.Track(f"sound {number}", kind=otio.schema.TrackKind.Audio)
        lane.extend([_playable_item(copy.deepcopy(child), folder) for child in track])
        made.tracks.append(lane)
    return made


def _playable_item(item: Any, folder: Path) -> Any:
    used = item.trimmed_range()
    if isinstance(item, otio.schema.Gap) or not item.enabled:
        zero = otio.opentime.RationalTime(0, used.duration.rate)
        return otio.schema.Gap(source_range=otio.opentime.TimeRange(zero, used.duration))
    held = item.media_reference.available_range
    path = local_path(item.media_reference.target_url, folder)
    zero = otio.opentime.RationalTime(0, held.duration.rate)
    reference = otio.schema.ExternalReference(str(path), otio.opentime.TimeRange(zero, held.duration))
    reference.name = str(path)
    return otio.schema.Clip(
        item.name, reference, otio.opentime.TimeRange(used.start_time - held.start_time, used.duration)
    )


def render(
    timeline: Any, folder: Path, rate: Fraction, names: list[str], out: Path
) -> tuple[Samples, list[str]]:
    """The sound of TIMELINE's tracks with NAMES as melt plays them, one channel, and what melt said; all
    intermediate files are OUT with other suffixes."""
    profile = {
        "frame_rate_num": rate.numerator,
        "frame_rate_den": rate.denominator,
        "width": 96,
        "height": 64,
    }
    ready = playable(timeline, folder, names)
    text = otio.adapters.write_to_string(ready, "mlt_xml", **{key: str(v) for key, v in profile.items()})
    tree = ElementTree.fromstring(text)
    _mix(tree, len(ready.tracks))
    project = out.with_suffix(".mlt")
    ElementTree.ElementTree(tree).write(project, encoding="utf-8", xml_declaration=True)
    wav = out.with_suffix(".wav")
    consumer = ["acodec=pcm_f32le", f"ar={SAMPLES_PER_SECOND}", "channels=1", "vn=1", "video_off=1"]
    command = ["melt", "-silent", str(project), "-consumer", f"avformat:{wav}", *consumer, "real_time=0"]
    said = _patiently(command)
    samples, found = soundfile.read(wav, dtype="float32", always_2d=True)
    assert found == SAMPLES_PER_SECOND
    return samples[:, 0], said


def _patiently(command: list[str]) -> list[str]:
    """What COMMAND says. melt 7.12 stands still at times, about once in a hundred runs, before its first
    sample: then it is started again."""
    for _ in range(TRIES - 1):
        with suppress(subprocess.TimeoutExpired):
            return _once(command)
    return _once(command)


def _once(command: list[str]) -> list[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=SECONDS)
    return done.stderr.splitlines()


def _mix(tree: ElementTree.Element, count: int) -> None:
    tractor = tree.find("./tractor[@id='tractor0']")
    assert tractor is not None
    for number in range(1, count + 1):
        transition = ElementTree.SubElement(tractor, "transition", {"id": f"mix{number}"})
        words = {
            "mlt_service": "mix",
            "a_track": "0",
            "b_track": str(number),
            "always_active": "1",
            "sum": "1",
        }
        for name, value in words.items():
            ElementTree.SubElement(transition, "property", {"name": name}).text = value

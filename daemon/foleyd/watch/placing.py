"""Results to their place: made whole in a hidden folder, then named in one step."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from html import escape
from pathlib import Path

from foleyd.errors import Failure, FoleyError
from foleyd.files import output_error, remove_leftovers, replace_file
from foleyd.interchange.bundle import MEDIA
from foleyd.interchange.kinds import BUNDLE_SUFFIX
from foleyd.interchange.writing import write_any
from foleyd.request import Document
from foleyd.v1 import foleyd_pb2 as pb
from foleyd.watch.places import REPORT, Places
from foleyd.watch.pointing import Move, moved_path, repointed
from foleyd.watch.report import Story, failure, success

_NOTED = 12


def is_whole(result: pb.Result) -> bool:
    """Whether all that the daemon says it has written is there."""
    named = (
        *(result.otio_path, result.preview_path, result.picture_path, result.audition_path),
        *(result.cue_sheet_path, result.cue_page_path),
    )
    paths = [*(take.path for take in result.takes), *(path for path in named if path)]
    return all(os.path.isfile(path) for path in paths)


def dress(source: Path, moves: Sequence[Move], result: pb.Result) -> list[tuple[str, str]]:
    """Makes RESULT's files ready for their place: the timeline's references follow MOVES, and a timeline from
    FCP7 XML at SOURCE becomes one again. Returns what each file is. May be done twice. Raises OSError.
    """
    timeline = Path(result.otio_path)
    replace_file(timeline, repointed(timeline.read_bytes(), moves))
    if result.cue_page_path:
        page = Path(result.cue_page_path)
        text = page.read_text("utf-8")
        for old, new in moves:
            text = text.replace(escape(str(old)), escape(str(new)))
        replace_file(page, text.encode())
    files = [(timeline.name, "the timeline with the sound on new tracks")]
    if source.suffix.casefold() == BUNDLE_SUFFIX and (timeline.parent / MEDIA).is_dir():
        files.append((MEDIA, f"what {source.name} had in it, unpacked"))
    if source.suffix.casefold() == ".xml":
        other = timeline.with_suffix(".xml")
        files += _as_xml(timeline, other, moves, result)
    named = (
        (result.preview_path, "the picture with the sound in it"),
        (result.picture_path, "filmstrip, waveforms and events"),
        (result.audition_path, "all first takes in one file"),
        (result.cue_page_path, "the cues with pictures and sound, for the browser"),
        (result.cue_sheet_path, "the cues as a table"),
    )
    files += [(Path(path).name, what) for path, what in named if path]
    files += [(Path(take.path).name, f"take of {take.cue_id}") for take in result.takes[:_NOTED]]
    if len(result.takes) > _NOTED:
        files.append((f"and {len(result.takes) - _NOTED} more", "takes"))
    return files


def tell(making: Path, story: Story, result: pb.Result, seconds: float) -> None:
    """Writes the report into MAKING."""
    replace_file(making / REPORT, success(story, result, seconds).encode())


def files_of(making: Path) -> tuple[str, ...]:
    """The files in MAKING, by their names within it ("/" between folders), without what killed runs left."""
    remove_leftovers(making)
    return tuple(path.relative_to(making).as_posix() for path in sorted(making.rglob("*")) if path.is_file())


def name_results(making: Path, results: Path) -> None:
    """Gives MAKING the name RESULTS, which is free. Raises OSError."""
    os.rename(making, results)


def put_away(paths: Sequence[tuple[Path, Path]]) -> None:
    """Moves what was dropped into the archive; what is gone already is left."""
    for source, target in paths:
        if source.exists() and not os.path.lexists(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            os.rename(source, target)


def report_failure(places: Places, story: Story, error: Failure) -> bool:
    """Writes the report on what failed, over an earlier one of ours; whether that could be done."""
    path = places.failure(story.name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, failure(story, error).encode())
    except OSError:
        return False
    return True


def withdraw_failure(places: Places, name: str) -> None:
    """Takes back the report that NAME failed."""
    path = places.failure(name)
    with suppress(OSError):
        path.unlink()
    for folder in (path.parent, places.failed):
        with suppress(OSError):
            folder.rmdir()


def explained(path: Path, error: OSError) -> FoleyError | OSError:
    """ERROR met while writing at PATH as a sentence, where there is one."""
    return output_error(path, error) or error


def _as_xml(timeline: Path, out: Path, moves: Sequence[Move], result: pb.Result) -> list[tuple[str, str]]:
    with suppress(FileNotFoundError):
        out.unlink()
    document = Document(timeline.read_bytes(), timeline.parent, out.name)
    ours = [Path(moved_path(take.path, moves)) for take in result.takes]
    try:
        notices = write_any(document, out, ours)
    except FoleyError as error:
        return [(f"no {out.name}", str(error))]
    lost = "; ".join(dict.fromkeys(notice.what for notice in notices))
    return [(out.name, f"the same as FCP7 XML{f' ({lost})' if lost else ''}")]

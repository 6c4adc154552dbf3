"""What documents point at: media of a timeline in the folder, and references that must follow files."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foleyd.interchange.bundle import references
from foleyd.timeline.media_url import file_uri, is_relative, media_name, resolve_media
from foleyd.watch.kinds import alike, is_video

Move = tuple[Path, Path]
"""A file or folder, and where it lies instead."""

MOST_RELINKS = 100
_REFERENCE = re.compile(rb'("(?:target_url|media)"\s*:\s*)("(?:[^"\\]|\\.)*")')


@dataclass(frozen=True, slots=True)
class Pointed:
    """What a timeline refers to: NAMES of files in the watch folder, there or not; LOST are references, as
    written, that lead nowhere although a file of that name may lie in the folder."""

    names: tuple[str, ...]
    lost: tuple[str, ...]


def pointed_at(document: bytes, base_folder: Path, folder: Path, *, bundled: bool = False) -> Pointed:
    """What the OTIO text DOCUMENT refers to; nothing where it cannot be read.

    What a BUNDLED document calls by relative names is inside of it.
    """
    try:
        urls = [str(reference.get("target_url") or "") for _, reference in references(json.loads(document))]
    except (ValueError, RecursionError):
        return Pointed((), ())
    names: dict[str, None] = {}
    lost: dict[str, None] = {}
    for url in dict.fromkeys(urls):
        if bundled and is_relative(url):
            continue
        found = resolve_media(url, base_folder).path
        if found is not None:
            if found.parent == folder:
                names[found.name] = None
            continue
        name = media_name(url)
        if name and (is_video(name) or not Path(name).suffix):
            names[name], lost[url] = None, None
    return Pointed(tuple(names), tuple(lost))


def belongs(name: str, uses: Collection[str]) -> bool:
    """Whether the file called NAME is among USES, in the form of :func:`alike`; a reel has no suffix."""
    return alike(name) in uses or alike(Path(name).stem) in uses


def relinks(lost: Iterable[str], folder: Path, there: Collection[str]) -> list[tuple[str, Path]]:
    """Pairs that lead references that are LOST to the files of their names in FOLDER, which holds THERE.

    A whole folder of the document goes at once: there is a limit to how many the daemon takes.
    """
    found: dict[str, Path] = {}
    wholes = {alike(other): other for other in there}
    stems = {alike(Path(other).stem): other for other in there if is_video(other)}
    for url in lost:
        name = media_name(url)
        if name in there:
            cut = max(url.rfind("/"), url.rfind("\\"))
            found.setdefault(*((url[:cut], folder) if cut > 0 else (url, folder / name)))
        elif same := wholes.get(alike(name)) or stems.get(alike(name)):
            found.setdefault(url, folder / same)
    return list(found.items())[:MOST_RELINKS]


def repointed(document: bytes, moves: Sequence[Move]) -> bytes:
    """The OTIO text DOCUMENT with its references following MOVES; all else is as it was, to the letter."""

    def follow(found: re.Match[bytes]) -> bytes:
        url: Any = json.loads(found[2])
        for old, new in moves:
            moved = moved_text(url, old, new)
            if moved != url:
                return found[1] + json.dumps(moved, ensure_ascii=False).encode()
        return found[0]

    return _REFERENCE.sub(follow, document)


def moved_text(url: str, old: Path, new: Path) -> str:
    """URL, a ``file:`` URI or a plain path, as it is once OLD lies at NEW."""
    for before, after in ((file_uri(old), file_uri(new)), (str(old), str(new))):
        rest = url[len(before) :]
        if url.startswith(before) and (not rest or rest[0] in "/\\"):
            return after + rest
    return url


def moved_path(path: str, moves: Sequence[Move]) -> str:
    """PATH once everything has gone where MOVES say."""
    for old, new in moves:
        moved = moved_text(path, old, new)
        if moved != path:
            return moved
    return path

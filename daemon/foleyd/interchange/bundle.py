"""``.otioz`` bundles in and out: a zip of ``content.otio``, ``version.txt`` and ``media/``.

What comes from outside is unpacked by its own rules: nothing lands outside of the folder, nothing is
written over, and nothing larger than the disk or than an archive of that size can honestly hold.
"""

from __future__ import annotations

import json
import mmap
import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

from foleyd.brief import Notice
from foleyd.files import DiskFull, OutputExists, new_file, output_error
from foleyd.interchange.errors import InterchangeError
from foleyd.request import Document
from foleyd.timeline.media_url import file_uri, is_relative, resolve_media
from foleyd.timeline.tree import METADATA_KEY

CONTENT = "content.otio"
VERSION = "version.txt"
MEDIA = "media"
BUNDLE_VERSION = "1.0.0"
MAX_CONTENT = 64 * 1024**2
MAX_ENTRIES = 100_000
_GROWTH = 20
_ALLOWANCE = 1024**3
_CHUNK = 1024**2
_HEAD = 4 * 1024**2
_HEADS = 1024**3
"""Bytes of one sound, and of all together, that are unpacked where only names are wanted."""
_MARK = b"FOLEYD_PROVENANCE"
"""In every take that foleyd has written (its iXML)."""

_FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)
_FORBIDDEN = set('\\:<>"|?*')


def open_bundle(
    path: Path, unpack_to: Path | None, *, names_only: bool = False
) -> tuple[bytes, tuple[Path, ...]]:
    """The document in the bundle at PATH, and what was made for its media below UNPACK_TO (None: nothing).

    A file that is there already with the same content is taken as it is. With NAMES_ONLY the files have their
    names and lengths, and WAVs what is before the sound: enough to tell which media are there, and what our
    takes say of themselves. Raises InterchangeError; OutputError for what cannot be written, and then takes
    back what it made.
    """
    with _opened(path) as archive:
        entries = archive.infolist()
        if len(entries) > MAX_ENTRIES:
            raise InterchangeError(f"{path.name} holds {len(entries):,} files; bundle a shorter timeline")
        text = _content(archive, path)
        media = [entry for entry in entries if _is_media(entry)]
        if unpack_to is None or not media:
            return text, ()
        places = _places(media, unpack_to, path)
        if names_only:
            _outline(archive, places)
            return text, tuple(places.values())
        _check_sizes(media, path, unpack_to)
        return text, _unpack(archive, places, path)


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, EOFError, ValueError, OSError) as error:
        raise _damaged(path, error) from error


def _content(archive: zipfile.ZipFile, path: Path) -> bytes:
    try:
        with archive.open(CONTENT) as file:
            text = file.read(MAX_CONTENT + 1)
    except KeyError:
        raise InterchangeError(f"{path.name} holds no {CONTENT}, so it is no OTIO bundle") from None
    except _FAULTS as error:
        raise _damaged(path, error) from error
    if len(text) > MAX_CONTENT:
        raise InterchangeError(
            f"the timeline in {path.name} is larger than {MAX_CONTENT >> 20} MiB; bundle a shorter one"
        )
    return text


def _is_media(entry: zipfile.ZipInfo) -> bool:
    return not entry.is_dir() and entry.filename not in {CONTENT, VERSION}


def _places(media: Collection[zipfile.ZipInfo], folder: Path, path: Path) -> dict[str, Path]:
    """Where each entry goes. Raises InterchangeError for names that no honest bundle has."""
    places: dict[str, Path] = {}
    taken: set[str] = set()
    for entry in media:
        name = entry.filename
        parts = PurePosixPath(name).parts
        link = stat.S_ISLNK(entry.external_attr >> 16)
        odd = any(character in _FORBIDDEN or ord(character) < 32 for character in name)
        if odd or link or not parts or name.startswith("/") or {".", ".."} & set(name.split("/")):
            raise InterchangeError(
                f"{path.name} holds a file that would land elsewhere or is none ({name[:60]!r}); "
                "bundle the timeline again"
            )
        if parts[0] != MEDIA:
            continue  # nothing that a bundle's document refers to
        if name.casefold() in taken:
            raise InterchangeError(f"{path.name} holds {name[:60]!r} twice; bundle the timeline again")
        if entry.flag_bits & 1:
            raise InterchangeError(f"{path.name} is encrypted; bundle the timeline without a password")
        taken.add(name.casefold())
        places[name] = folder.joinpath(*parts)
    return places


def _check_sizes(media: Collection[zipfile.ZipInfo], path: Path, folder: Path) -> None:
    size = sum(entry.file_size for entry in media)
    if size > _GROWTH * path.stat().st_size + _ALLOWANCE:
        raise InterchangeError(
            f"{path.name} would unpack to {size / 2**30:.0f} GiB, more than media of its size can; "
            "bundle the timeline again"
        )
    there = next(part for part in (folder, *folder.parents) if part.exists())
    if size > shutil.disk_usage(there).free:
        raise DiskFull(f"the disk of {folder} has no room for the media in {path.name}", folder)


def _unpack(archive: zipfile.ZipFile, places: dict[str, Path], path: Path) -> tuple[Path, ...]:
    made: list[Path] = []
    folders: list[Path] = []
    try:
        for name, place in places.items():
            entry = archive.getinfo(name)
            if place.exists():
                _check_same(entry, place)
                continue
            missing = [parent for parent in place.parents if not parent.exists()]
            folders += missing
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise output_error(place, error) or error from error
            with new_file(place) as temporary:
                _copy(archive, entry, temporary, path)
            made.append(place)
    except BaseException:
        remove_unpacked((*made, *folders))
        raise
    return (*made, *sorted(folders, key=lambda folder: len(folder.parts), reverse=True))


def _outline(archive: zipfile.ZipFile, places: dict[str, Path]) -> None:
    """Files of the names and lengths of those in ARCHIVE, empty but for how WAVs begin."""
    room = _HEADS
    for name, place in places.items():
        entry = archive.getinfo(name)
        with suppress(*_FAULTS):  # a name or length that this disk cannot have is missing here, too
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("wb") as file:
                if place.suffix.lower() == ".wav" and room >= _HEAD:
                    with archive.open(entry) as source:
                        room -= file.write(source.read(_HEAD))
                file.truncate(entry.file_size)


def with_content(source: Path, out: Path, text: bytes) -> None:
    """The bundle at SOURCE as a new one at OUT, with TEXT as its document.

    Raises InterchangeError, OutputError.
    """
    with new_file(out) as temporary, _opened(source) as old, zipfile.ZipFile(temporary, "x") as new:
        for entry in old.infolist():
            if entry.filename == CONTENT:
                new.writestr(entry, text, zipfile.ZIP_DEFLATED)
                continue
            plain = zipfile.ZipInfo(entry.filename, entry.date_time)
            plain.compress_type, plain.external_attr = entry.compress_type, entry.external_attr
            plain.file_size = entry.file_size
            try:
                with old.open(entry) as before, new.open(plain, "w") as after:
                    shutil.copyfileobj(before, after, _CHUNK)
            except _FAULTS as error:
                raise output_error(out, error) or _damaged(source, error) from error


def _copy(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, temporary: Path, path: Path) -> None:
    """The zip's own checksum is compared at its end; an entry that holds more than it says is cut off."""
    written = 0
    with temporary.open("xb") as file:
        try:
            source = archive.open(entry)
        except _FAULTS as error:
            raise _damaged(path, error) from error
        with source:
            while True:
                try:
                    block = source.read(_CHUNK)
                except _FAULTS as error:
                    raise _damaged(path, error) from error
                if not block:
                    break
                written += len(block)
                file.write(block)
    if written != entry.file_size:
        raise InterchangeError(f"{path.name} is cut off; copy it again from its source")


def _check_same(entry: zipfile.ZipInfo, place: Path) -> None:
    """Raises OutputExists unless the file at PLACE is what ENTRY holds."""
    checksum = 0
    if place.is_file() and not place.is_symlink() and place.stat().st_size == entry.file_size:
        with place.open("rb") as file:
            while block := file.read(_CHUNK):
                checksum = zlib.crc32(block, checksum)
        if checksum == entry.CRC:
            return
    raise OutputExists(
        f"{place} is there already and is another file than the bundle's; move it away or choose another "
        "name with -o",
        place,
    )


def remove_unpacked(paths: Collection[Path]) -> None:
    """Takes back what :func:`open_bundle` made: files, and folders where they are empty."""
    for path in paths:
        with suppress(OSError):
            if path.is_dir() and not path.is_symlink():
                path.rmdir()
            else:
                path.unlink()


def _damaged(path: Path, error: Exception) -> InterchangeError:
    words = " ".join(str(error).split())[:120] or type(error).__name__
    return InterchangeError(f"{path.name} is no whole OTIO bundle ({words}); copy it again from its source")


# ------------------------------------------------------------------------------------------- out


def write_bundle(
    document: Document, out: Path, ours: Collection[Path], carried: Path | None = None
) -> tuple[Notice, ...]:
    """DOCUMENT as a bundle at OUT, a new file, with OURS and all other takes that foleyd has made inside.

    So are media that came out of a bundle into the folder CARRIED, under the names that they had there. Other
    references stay as they are, but relative ones become absolute: inside of a bundle they would mean
    something else. Raises OutputError.
    """
    tree = json.loads(document.json)
    inside: dict[Path, str] = {}
    if carried is not None:
        carried = Path(os.path.normpath(carried))
    made_absolute = 0
    own = {path.resolve() for path in ours}
    for clip, reference in references(tree):
        url = str(reference.get("target_url") or "")
        found = resolve_media(url, document.base_folder).path
        inner = _name_before(found, carried) if found is not None else ""
        if found is not None and (inner or _is_ours(clip, found, own)):
            reference["target_url"] = inside.setdefault(found, inner or _name(found, inside))
        elif is_relative(url):
            reference["target_url"] = absolute_uri(document.base_folder, found, url)
            made_absolute += 1
    text = json.dumps(tree, indent=4, ensure_ascii=False) + "\n"
    with new_file(out) as temporary, zipfile.ZipFile(temporary, "x", allowZip64=True) as archive:
        archive.writestr(VERSION, BUNDLE_VERSION, zipfile.ZIP_DEFLATED)
        archive.writestr(CONTENT, text, zipfile.ZIP_DEFLATED)
        for path, name in inside.items():
            archive.write(path, name, zipfile.ZIP_STORED)
    if not made_absolute:
        return ()
    return (
        Notice(
            f"{made_absolute} references relative to the timeline's folder are absolute in the bundle",
            where=out.name,
        ),
    )


def absolute_uri(base_folder: Path, found: Path | None, url: str) -> str:
    """A relative URL of a document in BASE_FOLDER by its whole path, without steps up; FOUND is its file."""
    return file_uri(Path(os.path.normpath(Path(base_folder, found or url))))


def references(tree: Any) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Every clip with each of its references to a file."""
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            pending.extend(reversed(node))
        elif isinstance(node, dict):
            if str(node.get("OTIO_SCHEMA", "")).startswith("Clip."):
                several = node.get("media_references")
                found = list(several.values()) if isinstance(several, dict) else [node.get("media_reference")]
                for reference in found:
                    if isinstance(reference, dict) and "target_url" in reference:
                        yield node, reference
            pending.extend(value for key, value in reversed(node.items()) if key != "metadata")


def _is_ours(clip: dict[str, Any], path: Path, own: Collection[Path]) -> bool:
    """Whether the file of CLIP is one that foleyd has made: a document alone could name any file."""
    if path.resolve() in own:
        return True
    metadata = clip.get("metadata")
    if not isinstance(metadata, dict) or METADATA_KEY not in metadata or path.suffix.lower() != ".wav":
        return False
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return content.find(_MARK) >= 0
    except (OSError, ValueError):  # not there, or empty
        return False


def _name_before(path: Path, carried: Path | None) -> str:
    """The name that PATH had in the bundle that was unpacked into CARRIED; empty for other files."""
    plain = Path(os.path.normpath(path))
    inside = carried is not None and plain.is_relative_to(carried / MEDIA)
    return plain.relative_to(carried).as_posix() if carried is not None and inside else ""


def _name(path: Path, inside: dict[Path, str]) -> str:
    """A name in the bundle for PATH that no other file has there."""
    taken = {name.casefold() for name in inside.values()}
    name, number = f"{MEDIA}/{path.name}", 1
    while name.casefold() in taken:
        number += 1
        name = f"{MEDIA}/{path.stem} ({number}){path.suffix}"
    return name

"""What the files of a job are called, and how to know them again as ours."""

from __future__ import annotations

import errno
import mmap
import os
import re
import shutil
import string
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from foleyd.brief import PREVIEW_SUFFIXES, Brief, CuePlan, Heard, Names
from foleyd.errors import RequestError, at_field
from foleyd.files import (
    OUTPUT_FIELD,
    DiskFull,
    OutputError,
    OutputExists,
    output_error,
    remove_leftovers,
)
from foleyd.media.export import check_format
from foleyd.media.loudness import target_of
from foleyd.request import Output

DEFAULT_NAMING = "{name}_{layer}_{cue}_take{take}"
_FIELDS = ("stem", "tc", "layer", "slug", "take", "cue", "seed", "name", "prompt", "timecode")
_SAMPLE_BYTES = 3
_LONGEST_STEM = 120
_LONGEST_PART = 60
SHEET_SUFFIXES = (".csv", ".html")
_SUFFIXES = {"flac": ".flac", "mp3": ".mp3", "aac": ".m4a"}
# What Windows, macOS or a shell cannot have in a name; a colon is a path separator to old Macs.
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
_VERSION = re.compile(r"_v(\d{1,4})$")
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


class NamingError(RequestError):
    """The naming template cannot be used."""

    reason = "NAMING_INVALID"


def check_naming(template: str) -> str:
    """TEMPLATE, or the default for an empty one. Raises NamingError."""
    try:
        fields = [name for _, name, _, _ in string.Formatter().parse(template) if name is not None]
    except ValueError as error:
        raise NamingError(
            f"the naming {template!r} cannot be read ({error})", field="output.naming"
        ) from error
    if any(spec or conversion for _, _, spec, conversion in string.Formatter().parse(template)):
        raise NamingError(
            f"the naming {template!r} has more than names in braces; take out what follows : or !",
            field="output.naming",
        )
    unknown = [name for name in fields if name not in _FIELDS]
    if unknown:
        known = ", ".join("{" + name + "}" for name in _FIELDS)
        raise NamingError(
            f"the naming {template!r} asks for {unknown[0]!r}; there are {known}", field="output.naming"
        )
    return template or DEFAULT_NAMING


def check_output(output: Output, own_folder: Path, samples: int) -> None:
    """Refuses at once what could only fail after the work: OUTPUT's words, its folder, the room there.

    SAMPLES is how many 24-bit samples the takes will hold, all channels. Raises NamingError,
    LoudnessError, UnknownFormat, OutputError.
    """
    check_naming(output.naming)
    with at_field("output.loudness"):
        target_of(output.loudness)
    with at_field("output.formats"):
        for name in output.formats:
            check_format(name)
    folder = output.folder or own_folder
    there = _existing_part(folder)
    if output.otio_path is not None:
        _check_new_file(output.otio_path)
    if shutil.disk_usage(there).free < samples * _SAMPLE_BYTES:
        raise DiskFull(f"the disk of {folder} has no room for the takes; free some space there", folder)


def _existing_part(folder: Path) -> Path:
    """The part of FOLDER that is there, checked: the rest can be made in it."""
    ways = (folder, *folder.parents)
    there = next(path for path in ways if os.path.lexists(path))
    _check_folder(there)
    for path in ways[: ways.index(there)]:
        _check_length(there / path.name)
    return there


def _check_new_file(path: Path) -> None:
    if os.path.lexists(path):
        raise OutputExists(f"{path} exists already; choose another name", path, "output.otio_path")
    _check_folder(path.parent, "output.otio_path")
    _check_length(path, "output.otio_path")


def _check_folder(path: Path, field: str = OUTPUT_FIELD) -> None:
    if not path.is_dir():
        raise OutputError(f"{path} is not a folder; choose another place for the files", path, field)
    if not os.access(path, os.W_OK | os.X_OK):
        raise OutputError(
            f"{path} cannot be written to; choose another or change its permissions", path, field
        )


def _check_length(path: Path, field: str = OUTPUT_FIELD) -> None:
    """Asks the disk itself how long a name may be; PATH lies in a folder that is there."""
    try:
        path.lstat()
    except OSError as error:
        explained = output_error(path, error)
        if error.errno == errno.ENAMETOOLONG and explained is not None:
            explained.field = field
            raise explained from error


def choose_names(
    brief: Brief,
    heard: Mapping[str, Sequence[Heard]],
    output: Output,
    own_folder: Path,
    claimed: Iterable[Path] = (),
) -> Names:
    """Free names for all that OUTPUT asks for, in its folder (or OWN_FOLDER), which is made.

    Those that other jobs have CLAIMED, and not written yet, are not free.

    Raises NamingError and OutputError.
    """
    template = check_naming(output.naming)
    folder = output.folder or own_folder
    made = _make_folder(folder)
    remove_leftovers(folder)
    # A take that replaces another must not bear its name, not in another folder either: hosts relink by name.
    old = [folder / one.file.path.name for one in brief.refreshed if one.file is not None]
    taken = _Taken(folder, [*claimed, *old])
    takes = {
        (plan.cue.id, take.seed): taken.free(_take_stem(template, brief, plan, take, number), ".wav")
        for plan in brief.plans
        for number, take in enumerate(heard.get(plan.cue.id, ()), 1)
    }
    recuts = {
        one.at: taken.free(_next_version(one.file.path.stem), ".wav")
        for one in brief.refreshed
        if one.new_file and one.at is not None and one.file is not None
    }
    exports = {
        path: tuple(taken.free(path.stem, _SUFFIXES[name]) for name in output.formats)
        for path in (*takes.values(), *recuts.values())
    }
    base = safe_name(brief.name) or "foley"
    lies = takes or any(one.record and one.file and one.zero is not None for one in brief.refreshed)
    sheet = taken.free_stem(f"{base}_cues", SHEET_SUFFIXES) if output.cue_sheet and lies else None
    wants_otio = output.otio_path is None and output.folder is not None
    return Names(
        takes=takes,
        exports=exports,
        otio=taken.free(base, ".otio") if wants_otio else output.otio_path,
        preview=taken.free_stem(f"{base}_preview", PREVIEW_SUFFIXES) if output.preview and takes else None,
        picture=taken.free(base, ".png") if output.picture and takes else None,
        mix=taken.free(f"{base}_mix", ".wav") if output.audition_mix and lies else None,
        cue_sheet=sheet.with_name(f"{sheet.name}.csv") if sheet else None,
        cue_page=sheet.with_name(f"{sheet.name}.html") if sheet else None,
        made=made,
        recuts=recuts,
    )


class _Taken:
    """Names in a folder that are taken, by files there or by jobs; compared as strict systems do."""

    def __init__(self, folder: Path, claimed: Iterable[Path]) -> None:
        self._folder = folder
        self._claimed = {_folded(path.name) for path in claimed if path.parent == folder}

    def free(self, stem: str, suffix: str) -> Path:
        return self.free_stem(stem, (suffix,)).with_name(self._last + suffix)

    def free_stem(self, stem: str, suffixes: Iterable[str]) -> Path:
        number = 1
        while True:
            candidate = stem if number == 1 else f"{stem} ({number})"
            names = [candidate + suffix for suffix in suffixes]
            if not any(self._is_taken(name) for name in names):
                self._claimed.update(_folded(name) for name in names)
                self._last = candidate
                return self._folder / candidate
            number += 1

    def _is_taken(self, name: str) -> bool:
        return _folded(name) in self._claimed or os.path.lexists(self._folder / name)


def safe_name(text: str, longest: int = _LONGEST_PART) -> str:
    """TEXT as part of a file name on every system; letters of every script stay."""
    flat = _UNSAFE.sub(" ", unicodedata.normalize("NFC", text))
    words = " ".join("".join(c for c in flat if unicodedata.category(c)[0] != "C").split())
    name = _shortened(words, longest).strip(" .")
    return f"_{name}" if _RESERVED.match(name) else name


def slug(text: str, longest: int = 40) -> str:
    """TEXT as words joined by hyphens, small: letters and digits of every script, at most LONGEST bytes."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = ""
    for char in folded:
        # A mark belongs to the letter before it.
        mark = unicodedata.category(char)[0] == "M" and kept and not kept.endswith(" ")
        kept += char if char.isalnum() or mark else " "
    return _shortened(unicodedata.normalize("NFC", "-".join(kept.split())), longest).strip("-")


def withdraw(paths: Iterable[Path], job: str) -> None:
    """Deletes those of PATHS that JOB wrote, known by its id inside, then its folders if empty."""
    paths = list(paths)
    for folder in {path.parent for path in paths}:
        remove_leftovers(folder)
    for path in sorted(paths, key=lambda path: len(path.parts), reverse=True):
        with suppress(OSError):
            if path.is_dir():
                path.rmdir()
            elif _holds(path, job):
                path.unlink()


def _make_folder(folder: Path) -> tuple[Path, ...]:
    """Makes FOLDER; returns the folders that were not there before. Raises OutputError."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        for made in missing:
            with suppress(OSError):
                made.rmdir()
        raise output_error(folder / "take", error) or error from error
    return tuple(missing)


def _take_stem(template: str, brief: Brief, plan: CuePlan, take: Heard, number: int) -> str:
    cue = plan.cue
    label = str(brief.program.label(cue.record.start)).replace(";", ":")
    name = safe_name(brief.name)
    values = {
        "stem": name,
        "tc": label.replace(":", ""),
        "slug": slug(cue.prompt),
        "name": name,
        "cue": safe_name(cue.id),
        "layer": safe_name(cue.layer),
        "take": str(number),
        "seed": str(take.seed),
        "prompt": safe_name(cue.prompt, 40),
        "timecode": label.replace(":", "."),
    }
    return safe_name(template.format(**values), _LONGEST_STEM) or f"take {number}"


def _next_version(stem: str) -> str:
    """STEM of a take's file as its next cut bears it: ``…_v2``, ``…_v3``."""
    found = _VERSION.search(stem)
    number = int(found[1]) + 1 if found else 2
    return f"{stem[: found.start()] if found else stem}_v{number}"


def _shortened(text: str, longest: int) -> str:
    """TEXT with at most LONGEST bytes of UTF-8, no character broken: disks count bytes."""
    return text.encode("utf-8")[:longest].decode("utf-8", "ignore")


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _holds(path: Path, job: str) -> bool:
    """Whether the file at PATH has the id of JOB in it, as all files that a job writes do."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return content.find(job.encode()) >= 0
    except (OSError, ValueError):  # not there, or empty
        return False
